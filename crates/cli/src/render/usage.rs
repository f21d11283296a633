//! The ledger's figures: for a terminal, a program, a spreadsheet, a wiki.

use std::path::Path;

use promptopt::budget::Spent;
use promptopt::error::Result;
use promptopt::labels::readable;
use promptopt::ledger::Query;
use promptopt::ledger::report::{Group, Quantiles, UsageReport};
use promptopt::usd::Usd;
use serde::Serialize;

use super::clean;

pub(crate) mod focus;
mod markdown;
mod reconciled;
pub(crate) mod records;
mod table;
mod text;

pub(crate) use markdown::markdown;
pub(crate) use reconciled::text as reconciled;
pub(crate) use table::csv;
pub(crate) use text::text;

/// All that is shown.
pub(crate) struct Figures<'a> {
    /// The figures.
    pub(crate) report: &'a UsageReport,
    /// What is spent of each budget.
    pub(crate) budgets: &'a [Spent],
    /// What was asked.
    pub(crate) query: &'a Query,
    /// Of which ledger.
    pub(crate) ledger: &'a Path,
}

#[derive(Serialize)]
struct Json<'a> {
    #[serde(flatten)]
    report: &'a UsageReport,
    budgets: Vec<Budget>,
}

#[derive(Serialize)]
struct Budget {
    #[serde(rename = "budget")]
    name: String,
    subject: String,
    from: String,
    to: String,
    spent_usd: Usd,
    hard_usd: Option<Usd>,
    soft_usd: Option<Usd>,
}

/// `promptopt.usage/1`.
pub(crate) fn json(figures: &Figures<'_>) -> Result<String> {
    let budget = |spent: &Spent| Budget {
        name: spent.budget.to_string(),
        subject: readable(&spent.subject),
        from: spent.from.to_string(),
        to: spent.to.to_string(),
        spent_usd: spent.settled,
        hard_usd: spent.hard,
        soft_usd: spent.soft,
    };
    super::json_of(&Json { report: figures.report, budgets: figures.budgets.iter().map(budget).collect() })
}

/// A group's name.
fn name(group: &Group) -> String {
    group.name.as_deref().map_or_else(|| "(none)".to_owned(), clean)
}

/// `812 ms`, `12.3 s`, `4 min`.
fn time(ms: u64) -> String {
    match ms {
        0..10_000 => format!("{ms} ms"),
        10_000..600_000 => format!("{}.{} s", ms / 1000, ms % 1000 / 100),
        _ => format!("{} min", ms / 60_000),
    }
}

fn median(times: Option<Quantiles>) -> String {
    times.map(|times| time(times.p50_ms)).unwrap_or_default()
}

fn most(times: Option<Quantiles>) -> String {
    times.map(|times| time(times.p95_ms)).unwrap_or_default()
}

/// `2026-11-01 to 2026-11-26`.
fn span(report: &UsageReport) -> Option<String> {
    let day = |at: &str| at.get(..10).unwrap_or(at).to_owned();
    let (first, last) = (day(report.first.as_deref()?), day(report.last.as_deref()?));
    Some(if first == last { first } else { format!("{first} to {last}") })
}

/// How the month will end, and how that is known.
fn month(report: &UsageReport) -> (String, String) {
    let month = &report.month;
    let spent = format!("{} until now", month.spent_usd);
    let Some(projected) = month.projected_usd else {
        return (spent, "less than an hour to go by: no projection".to_owned());
    };
    let days = |hours: u64| if hours < 48 { format!("{hours} h") } else { format!("{} days", (hours + 12) / 24) };
    let how = format!(
        "if the {} left go on as the last {} ({})",
        days(month.hours_left),
        days(month.pace_hours),
        month.pace_usd
    );
    (format!("{spent}, {projected} at its end"), how)
}
