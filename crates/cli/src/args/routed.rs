//! `promptopt chat`, `promptopt route`, `promptopt usage`: the router from the command line.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use jiff::civil::Date;

/// Who asks, and by which configuration.
#[derive(Args, Debug)]
pub(crate) struct CallerArgs {
    /// The configuration: providers, routes, limits, budgets [default: promptopt.toml]
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Whose data it is: answers are not shared between tenants
    #[arg(long, value_name = "NAME", default_value = "cli")]
    pub(crate) tenant: String,
    /// Who asks
    #[arg(long, value_name = "NAME")]
    pub(crate) caller: Option<String>,
    /// Their team
    #[arg(long, value_name = "NAME")]
    pub(crate) team: Option<String>,
    /// What it is for; may be repeated
    #[arg(long, value_name = "NAME=VALUE", value_parser = tag)]
    pub(crate) tag: Vec<(String, String)>,
}

/// `promptopt chat`.
#[derive(Args, Debug)]
pub(crate) struct ChatArgs {
    /// A request: chat completions, responses or messages, as JSON (`-` for standard input)
    #[arg(value_name = "FILE", default_value = "-")]
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) who: CallerArgs,
    /// Print the answer as it comes
    #[arg(long)]
    pub(crate) stream: bool,
    /// Print the whole body instead of its text
    #[arg(long, conflicts_with = "stream")]
    pub(crate) json: bool,
}

/// `promptopt route`.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  promptopt route --explain request.json --config promptopt.toml")]
pub(crate) struct RouteArgs {
    /// A request (`-` for standard input)
    #[arg(value_name = "FILE", default_value = "-")]
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) who: CallerArgs,
    /// Show where it would go, at what price, and why; nothing is sent (this is all the command does)
    #[arg(long)]
    pub(crate) explain: bool,
    /// Form: text, json
    #[arg(long, short, value_name = "FORM", value_enum, default_value_t, hide_possible_values = true)]
    pub(crate) output: RouteForm,
}

/// Forms of a plan.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum RouteForm {
    /// For a terminal.
    #[default]
    Text,
    /// For a program.
    Json,
}

/// `promptopt usage`.
#[derive(Args, Debug)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "Examples:\n  promptopt usage --by team --since 2026-11-01\n  promptopt usage reconcile openai-usage.json\n  promptopt usage export -o csv"
)]
pub(crate) struct UsageArgs {
    #[command(subcommand)]
    pub(crate) command: Option<UsageCommand>,
    #[command(flatten)]
    pub(crate) which: WhichArgs,
    /// Group by model, provider, caller, team, tenant, route, tag:NAME, hour, day, template
    #[arg(long, value_name = "WHAT", default_value = "model")]
    pub(crate) by: String,
    /// Form: text, json, csv
    #[arg(long, short, value_name = "FORM", value_enum, default_value_t, hide_possible_values = true)]
    pub(crate) output: UsageForm,
    /// Show it again whenever the ledger changes
    #[arg(long)]
    pub(crate) watch: bool,
}

/// Which ledger, and which part of it.
#[derive(Args, Debug)]
pub(crate) struct WhichArgs {
    /// The ledger [default: that of promptopt.toml, or promptopt.sqlite]
    #[arg(long, value_name = "FILE")]
    pub(crate) ledger: Option<PathBuf>,
    /// From this UTC day on
    #[arg(long, value_name = "DATE", value_parser = super::lint::date)]
    pub(crate) since: Option<Date>,
    /// Up to this UTC day, which still counts
    #[arg(long, value_name = "DATE", value_parser = super::lint::date)]
    pub(crate) until: Option<Date>,
}

/// What else can be done with a ledger.
#[derive(Subcommand, Debug)]
pub(crate) enum UsageCommand {
    /// Hold the ledger against a provider's own report: by day and model, what differs and why
    Reconcile(ReconcileArgs),
    /// The records themselves
    Export(ExportArgs),
    /// Say how good an answer was
    Feedback(FeedbackArgs),
}

/// `promptopt usage reconcile`.
#[derive(Args, Debug)]
pub(crate) struct ReconcileArgs {
    /// A usage or cost report that `promptopt estimate` reads: OpenAI's, Anthropic's, OpenRouter's, …
    #[arg(value_name = "FILE", required = true)]
    pub(crate) files: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) which: WhichArgs,
    /// Differences up to this share are none, in thousandths
    #[arg(long, value_name = "PERMILLE", default_value_t = 5)]
    pub(crate) tolerance: u64,
    /// Form: text, json
    #[arg(long, short, value_name = "FORM", value_enum, default_value_t, hide_possible_values = true)]
    pub(crate) output: RouteForm,
}

/// `promptopt usage export`.
#[derive(Args, Debug)]
pub(crate) struct ExportArgs {
    #[command(flatten)]
    pub(crate) which: WhichArgs,
    /// Form: csv, json (a record a line)
    #[arg(long, short, value_name = "FORM", value_enum, default_value_t = ExportForm::Csv, hide_possible_values = true)]
    pub(crate) output: ExportForm,
    /// Write to FILE instead of stdout
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}

/// `promptopt usage feedback`.
#[derive(Args, Debug)]
pub(crate) struct FeedbackArgs {
    /// The call, as in `x-promptopt-call` or an export
    #[arg(value_name = "CALL")]
    pub(crate) call: String,
    /// From 0 (useless) to 1000 (perfect)
    #[arg(value_name = "SCORE")]
    pub(crate) score: u16,
    /// Why
    #[arg(long, value_name = "TEXT")]
    pub(crate) label: Option<String>,
    /// The ledger [default: that of promptopt.toml, or promptopt.sqlite]
    #[arg(long, value_name = "FILE")]
    pub(crate) ledger: Option<PathBuf>,
}

/// Forms of a ledger's sums.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum UsageForm {
    /// For a terminal.
    #[default]
    Text,
    /// For a program.
    Json,
    /// For a spreadsheet.
    Csv,
}

/// Forms of records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExportForm {
    /// For a spreadsheet.
    Csv,
    /// For a program.
    Json,
}

fn tag(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("expected NAME=VALUE".to_owned()),
    }
}
