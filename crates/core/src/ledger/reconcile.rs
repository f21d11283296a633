//! The ledger beside what a provider says: for each day and model the figures of both, and why they differ.
//!
//! What a provider says comes from its usage or cost report, or from a FOCUS table ([`Statement::read`]). Days are UTC, as the providers'
//! are. Only hosts that the statement is of are compared, and only the time that it covers.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Serialize;

use super::books::Books;
use super::record::UsageSource;
use crate::catalog::Catalog;
use crate::clock::Timestamp;
use crate::error::Result;
use crate::usage::Usage;
use crate::usd::Usd;

mod costs;
mod explain;
mod focus;
mod statement;

pub use statement::{Line, Statement, Tokens};

/// The form's name.
pub const SCHEMA: &str = "promptopt.reconcile/1";

/// Both sides, row by row.
#[derive(Clone, Debug, Serialize)]
pub struct Reconciliation {
    /// [`SCHEMA`].
    pub schema: &'static str,
    /// What was read: `openai usage`, `openai costs`, `anthropic usage`, `anthropic costs`, `focus`.
    pub statement: &'static str,
    /// The hosts that it is of; empty: all of the ledger's.
    pub hosts: Vec<String>,
    /// The first day.
    pub from: String,
    /// The last day, inclusive.
    pub to: String,
    /// A row a period and model, in order of time.
    pub rows: Vec<Compared>,
    /// Sums of both sides.
    pub total: Compared,
    /// How far the rows are apart, all together: sum of their distances, of the statement's total, in millionths. Money where the statement
    /// has it, else tokens. `None` if the statement's total is nothing and the ledger's is not.
    pub apart_ppm: Option<u64>,
}

/// Both sides of a period and model.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Compared {
    /// The day, or `2026-11-01 to 2026-11-30`.
    pub period: String,
    /// The model in the catalogue, or what the statement calls the charge.
    pub model: String,
    /// What the statement says.
    pub theirs: Figures,
    /// What the ledger says.
    pub ours: Figures,
    /// Their cost less ours; `None` if one is unknown.
    pub difference_usd: Option<Usd>,
    /// Their tokens less ours; `None` if the statement has none.
    pub difference_tokens: Option<i64>,
    /// What kind of difference.
    pub verdict: Verdict,
    /// Why, in words; most likely first.
    pub because: Vec<String>,
}

/// Figures of one side.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Figures {
    /// Calls, if they are told.
    pub calls: Option<u64>,
    /// Tokens, input and output, if they are told.
    pub tokens: Option<u64>,
    /// What they cost, if it is told.
    pub cost_usd: Option<Usd>,
}

/// Kinds of difference, the gravest last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// None.
    #[default]
    Equal,
    /// No more than the statement's rounding.
    Rounding,
    /// The same tokens, or tokens that are not told, at another price.
    PriceDiffers,
    /// Other tokens.
    TokensDiffer,
    /// The ledger has it, the statement does not.
    MissingThere,
    /// The statement has it, the ledger does not.
    MissingHere,
}

/// What the ledger has of a period and model.
#[derive(Clone, Debug, Default)]
struct Ours {
    calls: u64,
    usage: Usage,
    cost: Usd,
    unpriced: u64,
    counted: u64,
    counted_tokens: u64,
    reserved: u64,
    reserved_cost: Usd,
}

/// What the statement has of it.
#[derive(Clone, Debug, Default)]
struct Theirs {
    calls: Option<u64>,
    split: Option<Usage>,
    tokens: Option<u64>,
    cost: Option<Usd>,
    /// The most that its rounding can make.
    rounding: Usd,
    is_call: bool,
}

impl Verdict {
    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Verdict::Equal => "equal",
            Verdict::Rounding => "rounding",
            Verdict::PriceDiffers => "price differs",
            Verdict::TokensDiffer => "tokens differ",
            Verdict::MissingThere => "missing there",
            Verdict::MissingHere => "missing here",
        }
    }
}

impl Reconciliation {
    /// Compares a ledger with a file. The catalogue tells which names are the same model.
    pub fn of(books: &Books, file: &Path, catalog: &Catalog) -> Result<Reconciliation> {
        compare(books, &Statement::read(file, catalog)?, catalog)
    }

    /// Whether both sides are further apart than so many millionths.
    pub fn is_beyond(&self, tolerance_ppm: u64) -> bool {
        self.apart_ppm.is_none_or(|apart| apart > tolerance_ppm)
    }
}

/// Compares a ledger with a statement.
pub fn compare(books: &Books, statement: &Statement, catalog: &Catalog) -> Result<Reconciliation> {
    let periods = statement.periods();
    let has_models = statement.lines.iter().any(|line| line.model.is_some());
    let mut pairs: BTreeMap<(usize, String), (Theirs, Ours)> = BTreeMap::new();
    for line in &statement.lines {
        let Some(period) = periods.iter().position(|(from, to)| line.from >= *from && line.from < *to) else {
            continue;
        };
        let name = match (&line.model, has_models) {
            (Some(model), _) => model.clone(),
            (None, true) => line.what.clone().unwrap_or_else(|| "(other charges)".to_owned()),
            (None, false) => ALL.to_owned(),
        };
        pairs.entry((period, name)).or_default().0.add(line, !has_models);
    }
    let (since, until) = (periods.first().map(|(from, _)| *from), periods.last().map(|(_, to)| *to));
    books.each(since, until, |record| {
        let is_of_it = statement.hosts.is_empty() || statement.hosts.iter().any(|host| **host == *record.host);
        let period = periods.iter().position(|(from, to)| record.at >= *from && record.at < *to);
        // What nothing was consumed by, no provider bills: errors, answers from the cache.
        let (true, Some(period), false) = (is_of_it, period, record.source == UsageSource::None) else { return Ok(()) };
        let name = if has_models { name_of(catalog, Some(&record.host), &record.model) } else { ALL.to_owned() };
        pairs.entry((period, name)).or_default().1.add(&record);
        Ok(())
    })?;
    let span = |index: usize| periods.get(index).map(|(from, to)| days(*from, *to)).unwrap_or_default();
    let mut rows = Vec::new();
    let (mut all_theirs, mut all_ours) = (Theirs::default(), Ours::default());
    for ((period, model), (theirs, ours)) in pairs {
        rows.push(explain::row(span(period), model, &theirs, &ours));
        all_theirs.merge(&theirs);
        all_ours.merge(&ours);
    }
    let (from, to) = since.zip(until).map(|(from, to)| (day(from), last_day(to))).unwrap_or_default();
    let total = explain::row(String::new(), "all".to_owned(), &all_theirs, &all_ours);
    let apart_ppm = apart(&rows, &total);
    let hosts = statement.hosts.iter().map(ToString::to_string).collect();
    Ok(Reconciliation { schema: SCHEMA, statement: statement.kind, hosts, from, to, rows, total, apart_ppm })
}

/// The row of a statement that tells no models.
const ALL: &str = "all models";

/// One name for a model, however it is written.
fn name_of(catalog: &Catalog, host: Option<&str>, model: &str) -> String {
    catalog
        .find(host, model)
        .or_else(|| catalog.find(None, model))
        .map_or_else(|| model.to_owned(), |spec| spec.id.to_string())
}

fn apart(rows: &[Compared], total: &Compared) -> Option<u64> {
    let distance = |row: &Compared| -> Option<u128> {
        match (row.verdict, total.theirs.cost_usd) {
            (Verdict::Equal | Verdict::Rounding, _) => Some(0),
            (_, Some(_)) => {
                let cost = |figures: &Figures| figures.cost_usd.unwrap_or_default().pico();
                Some(cost(&row.theirs).abs_diff(cost(&row.ours)))
            }
            (_, None) => row.difference_tokens.map(|tokens| u128::from(tokens.unsigned_abs())),
        }
    };
    let sum: u128 = rows.iter().filter_map(distance).sum();
    let whole = match total.theirs.cost_usd {
        Some(cost) => cost.pico().unsigned_abs(),
        None => u128::from(total.theirs.tokens.unwrap_or(0)),
    };
    match (sum, whole) {
        (0, _) => Some(0),
        (_, 0) => None,
        // Nothing but nothing is nothing.
        _ => Some(u64::try_from(sum.saturating_mul(1_000_000).div_ceil(whole)).unwrap_or(u64::MAX)),
    }
}

fn day(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d").to_string()
}

fn last_day(end: Timestamp) -> String {
    day(Timestamp::from_microsecond(end.as_microsecond().saturating_sub(1)).unwrap_or(end))
}

fn days(from: Timestamp, to: Timestamp) -> String {
    let (first, last) = (day(from), last_day(to));
    if first == last { first } else { format!("{first} to {last}") }
}

impl Theirs {
    fn add(&mut self, line: &Line, is_call: bool) {
        self.is_call |= line.model.is_some() || is_call;
        let more = |sum: Option<u64>, n: Option<u64>| n.map(|n| sum.unwrap_or(0).saturating_add(n)).or(sum);
        self.calls = more(self.calls, line.calls);
        match line.tokens {
            Some(Tokens::Split(usage)) => {
                self.split = Some(self.split.unwrap_or_default().plus(usage));
                self.tokens = more(self.tokens, Some(usage.total()));
            }
            Some(Tokens::Total(n)) => self.tokens = more(self.tokens, Some(n)),
            None => {}
        }
        if let Some(cost) = line.cost {
            self.cost = Some(self.cost.unwrap_or_default().saturating_add(cost));
            self.rounding = self.rounding.saturating_add(line.rounding);
        }
    }

    fn merge(&mut self, other: &Theirs) {
        let more = |a: Option<u64>, b: Option<u64>| a.map_or(b, |a| Some(a.saturating_add(b.unwrap_or(0))));
        self.calls = more(self.calls, other.calls);
        self.tokens = more(self.tokens, other.tokens);
        self.cost = self.cost.map_or(other.cost, |cost| Some(cost.saturating_add(other.cost.unwrap_or_default())));
        self.rounding = self.rounding.saturating_add(other.rounding);
        self.split = self.split.map_or(other.split, |split| Some(split.plus(other.split.unwrap_or_default())));
        self.is_call |= other.is_call;
    }

    fn is_nothing(&self) -> bool {
        self.calls.unwrap_or(0) == 0 && self.tokens.unwrap_or(0) == 0 && self.cost.unwrap_or_default().is_zero()
    }
}

impl Ours {
    fn add(&mut self, record: &super::UsageRecord) {
        self.calls += 1;
        self.usage = self.usage.plus(record.usage);
        match record.cost {
            Some(cost) => self.cost = self.cost.saturating_add(cost),
            None => self.unpriced += 1,
        }
        match record.source {
            UsageSource::Reserved => {
                self.reserved += 1;
                self.reserved_cost = self.reserved_cost.saturating_add(record.cost.unwrap_or_default());
            }
            UsageSource::Counted => {
                self.counted += 1;
                self.counted_tokens = self.counted_tokens.saturating_add(record.usage.total());
            }
            UsageSource::Provider | UsageSource::None => {}
        }
    }

    fn merge(&mut self, other: &Ours) {
        self.calls += other.calls;
        self.usage = self.usage.plus(other.usage);
        self.cost = self.cost.saturating_add(other.cost);
        self.unpriced += other.unpriced;
        self.counted += other.counted;
        self.counted_tokens += other.counted_tokens;
        self.reserved += other.reserved;
        self.reserved_cost = self.reserved_cost.saturating_add(other.reserved_cost);
    }
}
