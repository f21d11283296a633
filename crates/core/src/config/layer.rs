//! One configuration file as it is written, before others are laid under it.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};

use jiff::civil::Date;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::check::{self, Checker};
use super::{keys, values};
use crate::catalog::Catalog;
use crate::error::Error;
use crate::lint::Severity;
use crate::usd::Usd;

/// What one file sets, or what the command line does. Nothing is resolved: patterns are as written.
#[derive(Clone, Debug, Default)]
pub struct Layer {
    /// The folder from which its patterns and paths are seen; absolute.
    pub folder: PathBuf,
    /// The file as shown; empty for the command line.
    pub file: String,
    /// `extends`.
    pub extends: Option<String>,
    /// `lint.model`.
    pub model: Option<String>,
    /// `lint.host`.
    pub host: Option<String>,
    /// `lint.fallbacks`.
    pub fallbacks: Option<Vec<String>>,
    /// `lint.select`: replaces what the layers below select.
    pub select: Option<Vec<String>>,
    /// `lint.ignore`.
    pub ignore: Vec<String>,
    /// `lint.extend-select`.
    pub extend_select: Vec<String>,
    /// `lint.include`.
    pub include: Option<Vec<String>>,
    /// `lint.exclude`.
    pub exclude: Option<Vec<String>>,
    /// `lint.fail-on`; the inner `None` is `never`.
    pub fail_on: Option<Option<Severity>>,
    /// `lint.baseline`.
    pub baseline: Option<PathBuf>,
    /// `lint.severity`: selector and severity, `None` for `off`.
    pub severity: Vec<(String, Option<Severity>)>,
    /// `lint.rules`: by rule name, then by option.
    pub options: BTreeMap<String, BTreeMap<String, toml::Value>>,
    /// `lint.per-file-ignores`: pattern and what is left out.
    pub ignores: Vec<(String, IgnoreEntry)>,
    /// `lint.budget`.
    pub budgets: Vec<BudgetEntry>,
    /// `lint.traffic`: pattern and calls a month.
    pub traffic: Vec<(String, u64)>,
    /// `lint.override`.
    pub overrides: Vec<OverrideEntry>,
}

/// What is left out.
#[derive(Clone, Debug, Default)]
pub struct IgnoreEntry {
    /// Selectors.
    pub rules: Vec<String>,
    /// The last day.
    pub until: Option<Date>,
    /// Why.
    pub reason: Option<String>,
    /// The line it stands in, from 1.
    pub line: usize,
}

/// A budget.
#[derive(Clone, Debug, Default)]
pub struct BudgetEntry {
    /// Patterns.
    pub paths: Vec<String>,
    /// Most input tokens a call.
    pub max_tokens: Option<u64>,
    /// Most money per 1,000 calls.
    pub max_usd_per_1k: Option<Usd>,
}

/// Another model for some prompts.
#[derive(Clone, Debug, Default)]
pub struct OverrideEntry {
    /// Patterns.
    pub paths: Vec<String>,
    /// Their model.
    pub model: Option<String>,
    /// Its host.
    pub host: Option<String>,
    /// Their fallbacks.
    pub fallbacks: Option<Vec<String>>,
}

/// A file read, with what is wrong with it.
pub(super) struct Read {
    pub(super) layer: Layer,
    pub(super) problems: Vec<Error>,
    /// Where `extends` is set, for errors about the file that it names.
    pub(super) extends_at: Option<Range<usize>>,
}

/// Reads a `promptopt.toml`. What is wrong is left out of the layer and stands in the problems.
pub(super) fn read(path: &Path, shown: &str, text: &str, catalog: &Catalog) -> Read {
    let mut checker = Checker::new(shown, text, catalog);
    let table = checker.parse();
    checker.members("", 0..0, &table, &keys::file());
    let mut layer = Layer {
        folder: path.parent().map(Path::to_owned).unwrap_or_default(),
        file: shown.to_owned(),
        extends: text_of(&table, "extends"),
        ..Layer::default()
    };
    if let Some(lint) = table.get("lint").and_then(|value| value.get_ref().as_table()) {
        fill(&mut layer, lint, &checker);
    }
    if let (Some(model), Some(host)) = (&layer.model, &layer.host)
        && catalog.host(host).is_some()
        && catalog.find(None, model).is_some()
        && catalog.find(Some(host), model).is_none()
    {
        let span = table.get("lint").and_then(|lint| Some(lint.get_ref().as_table()?.get("model")?.span()));
        let error = catalog.unknown_model(Some(host), model);
        let at = checker.error_at(&span.unwrap_or(0..0), "lint.model", error.message());
        checker.problems.push(match error.advice() {
            Some(help) => at.help(help),
            None => at,
        });
    }
    let extends_at = table.get("extends").map(Spanned::span);
    let mut problems = checker.problems;
    problems.sort_by_key(|error| error.place().map(|place| (place.line, place.column)));
    Read { layer, problems, extends_at }
}

/// Reads a sidecar.
pub(super) fn read_sidecar(shown: &str, text: &str) -> (Vec<IgnoreEntry>, Vec<Error>) {
    let mut checker = Checker::new(shown, text, Catalog::embedded());
    let table = checker.parse();
    checker.table("", 0..0, &table, keys::SIDECAR);
    let entries = tables(&table, "ignore").map(|entry| ignore_table(entry.get_ref(), checker.line(entry.span().start)));
    let entries = entries.collect();
    (entries, checker.problems)
}

fn fill(layer: &mut Layer, lint: &DeTable<'_>, checker: &Checker<'_>) {
    layer.model = text_of(lint, "model");
    layer.host = text_of(lint, "host");
    layer.fallbacks = texts_of(lint, "fallbacks");
    layer.select = texts_of(lint, "select");
    layer.ignore = texts_of(lint, "ignore").unwrap_or_default();
    layer.extend_select = texts_of(lint, "extend-select").unwrap_or_default();
    layer.include = texts_of(lint, "include");
    layer.exclude = texts_of(lint, "exclude");
    layer.fail_on = text_of(lint, "fail-on").map(|name| check::level(&name));
    layer.baseline = text_of(lint, "baseline").map(|path| super::paths::plain(&layer.folder.join(path)));
    layer.severity = in_order(lint, "severity")
        .filter_map(|(name, value)| Some((name, check::level(value.get_ref().as_str()?))))
        .collect();
    for (name, value) in in_order(lint, "rules") {
        let (Some(rule), Some(table)) = (check::by_name(&name), value.get_ref().as_table()) else { continue };
        let options = layer.options.entry(rule.name.to_owned()).or_default();
        for spec in rule.options {
            if let Some(value) = table.get(spec.name).and_then(|value| check::option(spec, value.get_ref())) {
                options.insert(spec.name.to_owned(), value);
            }
        }
    }
    layer.ignores = in_order(lint, "per-file-ignores")
        .map(|(pattern, value)| {
            let number = checker.line(value.span().start);
            let entry = match value.get_ref() {
                DeValue::Array(_) => {
                    IgnoreEntry { rules: texts(value.get_ref()), line: number, ..IgnoreEntry::default() }
                }
                table => ignore_table(table, number),
            };
            (pattern, entry)
        })
        .collect();
    layer.budgets = tables(lint, "budget")
        .filter_map(|entry| {
            let table = entry.get_ref().as_table()?;
            Some(BudgetEntry {
                paths: texts_of(table, "paths")?,
                max_tokens: table.get("max-tokens").and_then(|value| count(value.get_ref())),
                max_usd_per_1k: table.get("max-usd-per-1k").and_then(|value| check::usd(value.get_ref())?.ok()),
            })
        })
        .collect();
    layer.traffic =
        in_order(lint, "traffic").filter_map(|(pattern, value)| Some((pattern, count(value.get_ref())?))).collect();
    layer.overrides = tables(lint, "override")
        .filter_map(|entry| {
            let table = entry.get_ref().as_table()?;
            Some(OverrideEntry {
                paths: texts_of(table, "paths")?,
                model: text_of(table, "model"),
                host: text_of(table, "host"),
                fallbacks: texts_of(table, "fallbacks"),
            })
        })
        .collect();
}

fn ignore_table(value: &DeValue<'_>, line: usize) -> IgnoreEntry {
    let Some(table) = value.as_table() else { return IgnoreEntry::default() };
    IgnoreEntry {
        rules: texts_of(table, "rules").unwrap_or_default(),
        until: table.get("until").and_then(|value| values::date(value.get_ref())),
        reason: text_of(table, "reason"),
        line,
    }
}

fn count(value: &DeValue<'_>) -> Option<u64> {
    check::whole(value).and_then(|n| u64::try_from(n).ok())
}

fn text_of(table: &DeTable<'_>, name: &str) -> Option<String> {
    table.get(name)?.get_ref().as_str().map(str::to_owned)
}

fn texts_of(table: &DeTable<'_>, name: &str) -> Option<Vec<String>> {
    let value = table.get(name)?.get_ref();
    value.as_array().is_some().then(|| texts(value))
}

fn texts(value: &DeValue<'_>) -> Vec<String> {
    let items = value.as_array().into_iter().flat_map(|array| array.iter());
    items.filter_map(|item| item.get_ref().as_str().map(str::to_owned)).collect()
}

/// The entries of a table as they stand in the file: the last that matches holds.
fn in_order<'v, 'i>(
    table: &'v DeTable<'i>,
    name: &str,
) -> impl Iterator<Item = (String, &'v Spanned<DeValue<'i>>)> + use<'v, 'i> {
    let inner = table.get(name).and_then(|value| value.get_ref().as_table());
    let mut entries: Vec<_> = inner.into_iter().flat_map(|table| table.iter()).collect();
    entries.sort_by_key(|(key, _)| key.span().start);
    entries.into_iter().map(|(key, value)| (key.get_ref().to_string(), value))
}

fn tables<'v, 'i>(table: &'v DeTable<'i>, name: &str) -> impl Iterator<Item = &'v Spanned<DeValue<'i>>> + use<'v, 'i> {
    table.get(name).and_then(|value| value.get_ref().as_array()).into_iter().flat_map(|array| array.iter())
}
