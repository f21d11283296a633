//! What a provider says of a time, whatever file it stands in.

use std::path::Path;
use std::sync::Arc;

use serde_json::Value;

use super::{costs, focus, name_of};
use crate::catalog::Catalog;
use crate::clock::Timestamp;
use crate::error::{Error, Kind, Result};
use crate::format::open::Source;
use crate::format::walk::Input;
use crate::format::{ReadOptions, by_name, read_all};
use crate::usage::Usage;
use crate::usd::Usd;

const DAY_US: i64 = 86_400_000_000;
/// A longer file is no report of days.
const MAX_BYTES: u64 = 1 << 30;

/// What a provider says.
#[derive(Clone, Debug, Default)]
pub struct Statement {
    /// Which kind of file it was.
    pub kind: &'static str,
    /// Hosts that it is of, as the catalogue names them; empty if it does not tell.
    pub hosts: Vec<Arc<str>>,
    /// Its lines.
    pub lines: Vec<Line>,
    /// The time that it covers.
    pub covers: Vec<(Timestamp, Timestamp)>,
}

/// A line of it.
#[derive(Clone, Debug)]
pub struct Line {
    /// The start of what it sums up.
    pub from: Timestamp,
    /// The model in the catalogue.
    pub model: Option<String>,
    /// What it is for, if it is for no model.
    pub what: Option<String>,
    /// Calls.
    pub calls: Option<u64>,
    /// Tokens.
    pub tokens: Option<Tokens>,
    /// The charge.
    pub cost: Option<Usd>,
    /// What rounding may have changed in it.
    pub rounding: Usd,
}

/// Tokens of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tokens {
    /// By kind.
    Split(Usage),
    /// All together.
    Total(u64),
}

impl Statement {
    /// Reads a file: pages of OpenAI's or Anthropic's usage or cost report (JSON, one or more pages, in an array or one after the other),
    /// or a FOCUS table (CSV).
    pub fn read(file: &Path, catalog: &Catalog) -> Result<Statement> {
        let name = file.display().to_string();
        let length = std::fs::metadata(file).map_err(|cause| Error::io(&name, cause))?.len();
        if length > MAX_BYTES {
            return Err(Error::new(Kind::Input, "it is longer than a gigabyte").in_file(name));
        }
        let bytes = std::fs::read(file).map_err(|cause| Error::io(&name, cause))?;
        let begin = bytes.iter().find(|byte| !byte.is_ascii_whitespace() && !matches!(byte, 0xef | 0xbb | 0xbf));
        let statement = match begin {
            None => Err(Error::new(Kind::Input, "the file is empty")),
            Some(b'{' | b'[') => read_json(file, &bytes, catalog),
            Some(_) => focus::read(&bytes, catalog),
        };
        let statement = statement.map_err(|error| error.in_file(name.clone()))?;
        if statement.covers.is_empty() {
            return Err(Error::new(Kind::Input, "it has no line with a time").in_file(name).help(KNOWN));
        }
        Ok(statement)
    }

    /// The periods that rows are made of: days, or what longer lines cover. They do not overlap, and are in order.
    pub(super) fn periods(&self) -> Vec<(Timestamp, Timestamp)> {
        let day = |micros: i64| Timestamp::from_microsecond(micros).unwrap_or(Timestamp::UNIX_EPOCH);
        let mut covers: Vec<(i64, i64)> = self
            .covers
            .iter()
            .map(|(from, to)| {
                let from = from.as_microsecond().div_euclid(DAY_US) * DAY_US;
                let to =
                    to.as_microsecond().saturating_sub(1).div_euclid(DAY_US).saturating_add(1).saturating_mul(DAY_US);
                (from, to.max(from.saturating_add(DAY_US)))
            })
            .collect();
        covers.sort_unstable();
        let mut periods: Vec<(i64, i64)> = Vec::new();
        for (from, to) in covers {
            match periods.last_mut() {
                Some(last) if from < last.1 => last.1 = last.1.max(to),
                _ => periods.push((from, to)),
            }
        }
        periods.into_iter().map(|(from, to)| (day(from), day(to))).collect()
    }
}

/// What can be read.
pub(super) const KNOWN: &str = "expected pages of OpenAI's /v1/organization/usage/completions or /v1/organization/costs, of Anthropic's \
                                usage_report/messages or cost_report, or a FOCUS CSV";

fn read_json(file: &Path, bytes: &[u8], catalog: &Catalog) -> Result<Statement> {
    let mut pages = Vec::new();
    for value in serde_json::Deserializer::from_slice(bytes).into_iter::<Value>() {
        match value {
            Ok(Value::Array(values)) => pages.extend(values),
            Ok(value) => pages.push(value),
            Err(cause) => {
                let line = cause.line() as u64;
                return Err(Error::new(Kind::Input, "is not valid JSON").at_line(line).because(cause));
            }
        }
    }
    let buckets = |page: &Value| match page.get("data") {
        Some(Value::Array(buckets)) => buckets.clone(),
        _ => vec![page.clone()],
    };
    let buckets: Vec<Value> = pages.iter().flat_map(buckets).collect();
    let results = |bucket: &Value| bucket.get("results").and_then(Value::as_array).cloned().unwrap_or_default();
    if !buckets.iter().any(|bucket| bucket.get("results").is_some_and(Value::is_array)) {
        return Err(Error::new(Kind::Input, "it is no usage or cost report").help(KNOWN));
    }
    let has_more = pages.last().and_then(|page| page.get("has_more")).and_then(Value::as_bool).unwrap_or(false);
    if has_more {
        return Err(Error::new(Kind::Input, "its last page says that there are more (`has_more`)")
            .help("fetch the next pages too and put them into the same file"));
    }
    let mut statement = if buckets.iter().flat_map(results).any(|result| result.get("amount").is_some()) {
        costs::read(&buckets, catalog)?
    } else {
        let source = Source::File(file.to_owned());
        read_usage(&Input { source, is_named: true }, catalog)?
    };
    for bucket in &buckets {
        statement.covers.extend(costs::period(bucket));
    }
    Ok(statement)
}

/// Through the reader of corpora, which knows these reports.
fn read_usage(input: &Input, catalog: &Catalog) -> Result<Statement> {
    let options = ReadOptions { format: Some(by_name("usage_reports")?), ..ReadOptions::default() };
    let mut statement = Statement { kind: "openai usage", ..Statement::default() };
    let mut failed = None;
    read_all(
        std::slice::from_ref(input),
        &options,
        |record| record,
        |record| match record {
            Ok(record) => {
                let usage = match record.usage {
                    Some(Ok(reading)) => reading.usage,
                    Some(Err(flaw)) => {
                        failed.get_or_insert_with(|| {
                            Error::new(Kind::Usage, flaw.to_string()).at_line(record.origin.line)
                        });
                        return;
                    }
                    None => return,
                };
                let Some(from) = record.at else { return };
                let host = record.provider.unwrap_or_default();
                if &*host == "anthropic" {
                    statement.kind = "anthropic usage";
                }
                let model = record.model.map(|model| name_of(catalog, Some(&host), &model));
                if !statement.hosts.contains(&host) {
                    statement.hosts.push(host);
                }
                statement.lines.push(Line {
                    from,
                    model,
                    what: None,
                    calls: record.n_calls,
                    tokens: Some(Tokens::Split(usage)),
                    cost: None,
                    rounding: Usd::ZERO,
                });
            }
            Err(error) => _ = failed.get_or_insert(error),
        },
    );
    match failed {
        Some(error) => Err(error),
        None => Ok(statement),
    }
}
