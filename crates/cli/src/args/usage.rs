//! `promptopt usage`: which ledger, which time, in what form.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};
use jiff::Timestamp;
use jiff::civil::Date;
use promptopt::labels::By;
use promptopt::ledger::GroupBy;

use super::{Percent, duration, percent};

/// `promptopt usage`.
#[derive(Args, Debug)]
#[command(args_conflicts_with_subcommands = true, after_help = EXAMPLES)]
pub(crate) struct UsageArgs {
    #[command(subcommand)]
    pub(crate) command: Option<UsageCommand>,
    /// The ledger, instead of --ledger
    #[arg(value_name = "LEDGER", conflicts_with = "ledger")]
    pub(crate) file: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) which: WhichArgs,
    /// Group by model, provider, target, caller, team, tenant, route, tag:NAME, hour (of the day), day, template
    #[arg(long, value_name = "WHAT", value_parser = group_by, default_value = "model")]
    pub(crate) by: GroupBy,
    /// Only calls whose label has this value, such as team=support; may be repeated
    #[arg(long, value_name = "LABEL=VALUE", value_parser = only)]
    pub(crate) only: Vec<(By, String)>,
    /// Form: text, json, csv, markdown
    #[arg(long, short, value_name = "FORM", value_enum, default_value_t, hide_possible_values = true)]
    pub(crate) output: UsageForm,
    /// Write to FILE instead of stdout; it is complete or not there at all
    #[arg(long, value_name = "FILE", conflicts_with = "watch")]
    pub(crate) out: Option<PathBuf>,
    /// Rows of a table [default: 10; json and csv: all]
    #[arg(long, value_name = "N")]
    pub(crate) top: Option<usize>,
    /// Draw it again whenever the ledger changes, until Ctrl-C
    #[arg(long)]
    pub(crate) watch: bool,
    /// Take this instant for now: what the month and the budgets are counted to
    #[arg(long, value_name = "INSTANT", value_parser = when)]
    pub(crate) as_of: Option<When>,
}

const EXAMPLES: &str = "\
Examples:
  promptopt usage                                    what the ledger of this folder says
  promptopt usage --by team --since 30d              who spent what in thirty days
  promptopt usage --by day --only tag:feature=search -o csv
  promptopt usage --watch                            while the router runs
  promptopt usage reconcile openai-costs.json        does the provider say the same
  promptopt usage export -o focus --out bill.csv     for the FinOps tool
  promptopt usage feedback 019ab3… 900 --label helpful";

/// Which ledger, and which part of it.
#[derive(Args, Debug)]
pub(crate) struct WhichArgs {
    /// The ledger [default: that of promptopt.toml, or promptopt.sqlite]
    #[arg(long, value_name = "FILE")]
    pub(crate) ledger: Option<PathBuf>,
    /// The configuration: where the ledger is, and the budgets [default: promptopt.toml, if it is there]
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// From then on: a UTC day, an instant, or 24h, 7d, … ago
    #[arg(long, value_name = "WHEN", value_parser = when)]
    pub(crate) since: Option<When>,
    /// Until then: a UTC day (which still counts), an instant, or 24h, 7d, … ago
    #[arg(long, value_name = "WHEN", value_parser = when)]
    pub(crate) until: Option<When>,
}

/// A point in time as people say it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum When {
    /// A UTC day.
    Day(Date),
    /// An instant.
    At(Timestamp),
    /// Before now.
    Ago(Duration),
}

/// What else can be done with a ledger.
#[derive(Subcommand, Debug)]
pub(crate) enum UsageCommand {
    /// Holds the ledger beside a provider's own report: day by day and model by model, what differs and why
    ///
    /// Reads OpenAI's usage and costs reports, Anthropic's usage and cost reports (JSON as their admin interfaces give it, several pages
    /// one after the other), and FOCUS tables (CSV). Exit code 1 if the two are further apart than --tolerance.
    Reconcile(ReconcileArgs),
    /// The records themselves
    Export(ExportArgs),
    /// Says how good an answer was
    Feedback(FeedbackArgs),
}

/// `promptopt usage reconcile`.
#[derive(Args, Debug)]
pub(crate) struct ReconcileArgs {
    /// A provider's report
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) which: LedgerArgs,
    /// All differences together, whatever their sign, may be this share of the report's total
    #[arg(long, value_name = "PERCENT", value_parser = percent, default_value = "0.5")]
    pub(crate) tolerance: Percent,
    /// Rows that agree too
    #[arg(long)]
    pub(crate) full: bool,
    /// Form: text, json
    #[arg(long, short, value_name = "FORM", value_enum, default_value_t, hide_possible_values = true)]
    pub(crate) output: super::RouteForm,
}

/// Which ledger.
#[derive(Args, Debug)]
pub(crate) struct LedgerArgs {
    /// The ledger [default: that of promptopt.toml, or promptopt.sqlite]
    #[arg(long, value_name = "FILE")]
    pub(crate) ledger: Option<PathBuf>,
    /// The configuration: where the ledger is [default: promptopt.toml, if it is there]
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

/// `promptopt usage export`.
#[derive(Args, Debug)]
pub(crate) struct ExportArgs {
    #[command(flatten)]
    pub(crate) which: WhichArgs,
    /// Form: csv, json (a record a line), focus (FinOps FOCUS 1.3, a row a day and model), parquet
    #[arg(long, short, value_name = "FORM", value_enum, default_value_t, hide_possible_values = true)]
    pub(crate) output: ExportForm,
    /// Write to FILE instead of stdout; parquet needs it
    #[arg(long, value_name = "FILE", required_if_eq("output", "parquet"))]
    pub(crate) out: Option<PathBuf>,
}

/// `promptopt usage feedback`.
#[derive(Args, Debug)]
pub(crate) struct FeedbackArgs {
    /// The call, as in `x-promptopt-call` or an export: 32 hexadecimal digits
    #[arg(value_name = "CALL")]
    pub(crate) call: String,
    /// From 0 (useless) to 1000 (perfect)
    #[arg(value_name = "SCORE", value_parser = clap::value_parser!(u16).range(0..=1000))]
    pub(crate) score: u16,
    /// In words
    #[arg(long, value_name = "TEXT")]
    pub(crate) label: Option<String>,
    #[command(flatten)]
    pub(crate) which: LedgerArgs,
}

/// Forms of a ledger's figures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum UsageForm {
    /// For a terminal.
    #[default]
    Text,
    /// For a program: `promptopt.usage/1`.
    Json,
    /// For a spreadsheet: the groups.
    Csv,
    /// For a pull request or a wiki.
    #[value(alias = "md")]
    Markdown,
}

/// Forms of records.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExportForm {
    /// For a spreadsheet.
    #[default]
    Csv,
    /// For a program.
    #[value(alias = "jsonl")]
    Json,
    /// `FinOps` FOCUS 1.3.
    Focus,
    /// Apache Parquet.
    Parquet,
}

impl Default for When {
    fn default() -> Self {
        When::Ago(Duration::ZERO)
    }
}

fn when(text: &str) -> Result<When, String> {
    let day = text.parse::<Date>().ok().filter(|_| !text.contains(['T', ' '])).map(When::Day);
    let at = || text.parse::<Timestamp>().ok().map(When::At);
    day.or_else(at).or_else(|| duration(text).ok().map(When::Ago)).ok_or_else(|| {
        format!(
            "`{text}` is not a day (2026-11-22), an instant (2026-11-22T14:00:00Z) or a time ago (90s, 15m, 24h, 7d)"
        )
    })
}

const LABELS: &str = "model, provider, target, caller, team, tenant, route, tag:NAME";

fn group_by(text: &str) -> Result<GroupBy, String> {
    GroupBy::from_name(text).ok_or_else(|| format!("expected {LABELS}, hour, day or template"))
}

fn only(text: &str) -> Result<(By, String), String> {
    let (name, value) = text.split_once('=').ok_or("expected LABEL=VALUE, such as team=support")?;
    let by = By::from_name(name).ok_or_else(|| format!("`{name}` is no label: expected {LABELS}"))?;
    Ok((by, value.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_in_time_are_read_as_people_write_them() {
        assert_eq!(when("2026-11-22"), Ok(When::Day(Date::constant(2026, 11, 22))));
        assert_eq!(when("2026-11-22T14:00:00Z"), Ok(When::At("2026-11-22T14:00:00Z".parse().unwrap())));
        assert_eq!(when("7d"), Ok(When::Ago(Duration::from_secs(604_800))));
        for wrong in ["", "yesterday", "2026-13-01", "7"] {
            assert!(when(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn labels_are_checked() {
        assert_eq!(only("tag:feature=a=b"), Ok((By::Tag("feature".into()), "a=b".to_owned())));
        assert!(only("team").is_err() && only("user=jo").is_err() && group_by("user").is_err());
        assert!(group_by("tag:user").is_ok());
    }
}
