//! The command line as the user writes it. Every command owns its arguments in a file of its own; here stand what they
//! share and the list of commands.

use std::path::PathBuf;
use std::time::Duration;

use clap::builder::styling::{AnsiColor, Effects, Styles};
use clap::{Args, Parser, Subcommand, ValueEnum};
use promptopt::usd::Usd;

mod dedup;
mod diff;
mod estimate;
mod eval;
mod explain;
mod init;
mod lint;
#[cfg(feature = "lsp")]
mod lsp;
mod migrate;
mod models;
mod optimize;
mod report;
#[cfg(feature = "router")]
mod routed;
mod tokens;
#[cfg(feature = "router")]
mod usage;

pub(crate) use dedup::{DedupArgs, DedupForm, What};
pub(crate) use diff::{DiffArgs, DiffForm};
pub(crate) use estimate::{Batchable, EstimateArgs};
pub(crate) use eval::{CompressionArgs, CompressionForm, EvalArgs, EvalCommand, Methods, SavingsArgs};
pub(crate) use explain::{ExplainArgs, ExplainForm};
pub(crate) use init::InitArgs;
pub(crate) use lint::{
    CacheArgs, FailOn, FixArgs, LintArgs, LintForm, LintRulesArgs, RuleArgs, RulesArgs, RulesForm, ScopeArgs,
    ShowFindingsArgs, SortBy,
};
#[cfg(feature = "lsp")]
pub(crate) use lsp::LspArgs;
pub(crate) use migrate::{MigrateArgs, MigrateForm};
pub(crate) use models::{
    AuditArgs, CrosscheckArgs, ImportArgs, ListArgs, ListForm, ModelsArgs, ModelsCommand, ModelsDiffArgs, ShowArgs,
};
pub(crate) use optimize::{EditArgs, GoalArgs, OptimizeArgs, OptimizeForm, TransformsArgs};
pub(crate) use report::ReportArgs;
#[cfg(feature = "router")]
pub(crate) use routed::{CallerArgs, ChatArgs, RouteArgs, RouteForm};
pub(crate) use tokens::{AccuracyArgs, AccuracyForm, TokensArgs, TokensCommand};
#[cfg(feature = "router")]
pub(crate) use usage::{
    ExportArgs, ExportForm, FeedbackArgs, ReconcileArgs, UsageArgs, UsageCommand, UsageForm, When, WhichArgs,
};

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().effects(Effects::BOLD))
    .usage(AnsiColor::Green.on_default().effects(Effects::BOLD))
    .literal(AnsiColor::Cyan.on_default().effects(Effects::BOLD))
    .placeholder(AnsiColor::Cyan.on_default());

/// Shows where LLM money goes, and what would save how much.
///
/// Everything but `chat` runs on this machine: no prompt leaves it, and no key is needed.
#[derive(Parser, Debug)]
#[command(name = "promptopt", version, styles = STYLES, max_term_width = 100, arg_required_else_help = true)]
#[command(propagate_version = true, disable_help_subcommand = true, after_help = EXIT_CODES)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
    #[command(flatten)]
    pub(crate) screen: ScreenArgs,
}

const EXIT_CODES: &str = "\
Exit codes:
  0  all well
  1  lint found something, or a gate that was asked for says no (--budget, --max-cost, --fail-on-increase)
  2  the command line or the input is wrong, or a file cannot be read or written";

/// The commands.
#[derive(Subcommand, Debug)]
pub(crate) enum Command {
    /// What did these prompts cost, where did it go, and what would save how much
    ///
    /// Replays a corpus: prompts, logged requests and responses, or usage records. Where the log says what was consumed,
    /// that is priced; where not, tokens are counted here, and the report says how far off the count may be. A call
    /// without a known price is reported as unpriced, never as free.
    Estimate(Box<EstimateArgs>),
    /// Rewrites prompts so that they cost less and say the same
    ///
    /// Results of tools, documents, tool definitions and bare prompts are said in fewer tokens: JSON without its white space,
    /// lists as tables, repeated blocks as references, logs as templates. What user, system and model say is left alone.
    /// Every edit is counted with the model's tokenizer and dropped if it does not pay; the rewritten form of a conversation
    /// stays a prefix of its continuation, so that the provider's prompt cache stays valid. With --budget or --ratio, content
    /// is removed as well.
    Optimize(Box<OptimizeArgs>),
    /// The transforms of `optimize`: what each does, and what it promises
    Transforms(TransformsArgs),
    /// Checks prompts as code is checked: what makes them dear, uncacheable, outdated, ambiguous or unsafe
    ///
    /// Looks for prompts in files and folders, says where something is wrong, what it costs in tokens and dollars, and what to
    /// do; --fix does it. A claim of cost is made only where counting with the model's tokenizer shows a saving.
    Lint(Box<LintArgs>),
    /// The manual page of a lint rule: what it looks for, why, on what evidence, and its options
    Rule(RuleArgs),
    /// The lint rules
    Rules(RulesArgs),
    /// What changed between two logs, saved reports or Git revisions of prompts
    ///
    /// Each side is a report saved with `estimate --output json`, a file or folder of logs or prompts, or, with --git, a
    /// revision of the files under PATH.
    Diff(Box<DiffArgs>),
    /// Which prompts, instructions, documents and tools are copies, and what they cost
    ///
    /// Near duplicates are told by their word trigrams. Texts that differ in a number, a negation, an identifier, a quoted
    /// string or a symbol are never taken for duplicates, however similar they are.
    Dedup(DedupArgs),
    /// Where a request would go, at what price, and why
    ///
    /// Goes by the routes, providers and prices of promptopt.toml, as the router does; nothing is sent.
    #[cfg(feature = "router")]
    Route(RouteArgs),
    /// Sends a request through the router, and prints the answer
    ///
    /// The request is one of chat completions, responses or messages, as the provider's SDK would send it. What it took (target, cost,
    /// cache, attempts) is said on standard error, and stands in the ledger.
    #[cfg(feature = "router")]
    Chat(ChatArgs),
    /// What the router's ledger says: spent on what, when, how fast, what the cache saved
    ///
    /// The ledger is the file that a router writes. It may be read while it is written.
    #[cfg(feature = "router")]
    Usage(Box<UsageArgs>),
    /// Shows a saved report (estimate --output json) in another form
    ///
    /// The logs are not read again.
    Report(ReportArgs),
    /// Where a prompt's tokens and money go, part by part, and what the provider can cache of it
    ///
    /// Parts and sections add up to the whole request. The prefix that is the same in every call is marked: what stands in
    /// it can be read from the provider's prompt cache.
    Explain(ExplainArgs),
    /// The language server for editors: findings as one types, costs on hover, fixes as code actions
    #[cfg(feature = "lsp")]
    Lsp(LspArgs),
    /// What moving away from a model means, for every place that names it: deadlines, prices, tokens, caches, parameters
    ///
    /// Prompts, requests and programs are looked at. The changes that can be made are: the model's name, and the parameters that
    /// the new model renames or rejects.
    Migrate(MigrateArgs),
    /// What survives compression, measured on questions with known answers
    Eval(EvalArgs),
    /// How requests are weighed in tokens, and how well
    Tokens(TokensArgs),
    /// Writes a commented `promptopt.toml`, by which a team steers `promptopt lint`
    ///
    /// Every key is in it, with what it does and an example, commented out: it changes nothing until a `#` is taken away.
    Init(InitArgs),
    /// The price catalogue: what models cost, where that was read, and what looks wrong
    ///
    /// The catalogue is in the program. Your own prices lie over it: TOML files of the same form in the folder `catalog` of
    /// the configuration folder (`$PROMPTOPT_CONFIG_DIR`, else `~/.config/promptopt`).
    Models(ModelsArgs),
}

/// What the screen can show.
#[derive(Args, Debug, Clone)]
#[command(next_help_heading = "Screen")]
pub(crate) struct ScreenArgs {
    #[arg(help = "When to use colours: auto, always, never")]
    #[arg(long, global = true, value_name = "WHEN", value_enum, default_value_t, hide_possible_values = true)]
    #[arg(long_help = "When to use colours: auto (on a terminal, unless NO_COLOR is set; also into a pipe if \
                       CLICOLOR_FORCE is set), always, never")]
    pub(crate) color: ColorChoice,
    /// Columns of the text [default: as wide as the terminal, at most 140; 100 into a file]
    #[arg(long, global = true, value_name = "N")]
    pub(crate) width: Option<usize>,
    /// No progress line on stderr
    #[arg(long, global = true)]
    pub(crate) no_progress: bool,
}

/// When to use colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum ColorChoice {
    /// On a terminal.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// Where a report goes and how much of it.
#[derive(Args, Debug, Clone, Default)]
#[command(next_help_heading = "Output")]
pub(crate) struct OutputArgs {
    /// Form of the report: text, json, markdown (for a pull request), html (one file), csv, focus (FinOps FOCUS 1.3)
    #[arg(long, short, value_name = "FORM", value_enum, default_value_t, hide_possible_values = true)]
    pub(crate) output: OutputForm,
    /// Write to FILE instead of stdout; it is complete or not there at all
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Break the bill down by this tag too (user, key, team, feature, …); may be repeated
    #[arg(long, value_name = "KEY")]
    pub(crate) tag: Vec<String>,
    /// Rows of a table [default: 5]
    #[arg(long, value_name = "N")]
    pub(crate) top: Option<usize>,
    /// Everything the report knows, not one screen of it
    #[arg(long)]
    pub(crate) full: bool,
}

/// Forms of a report.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum OutputForm {
    /// For a terminal.
    #[default]
    Text,
    /// The documented report, complete.
    Json,
    /// For a pull request.
    #[value(alias = "md")]
    Markdown,
    /// One self-contained file.
    Html,
    /// Flat rows.
    Csv,
    /// FinOps FOCUS 1.3.
    Focus,
}

/// What makes the command fail with exit code 1.
#[derive(Args, Debug, Clone, Default)]
#[command(next_help_heading = "Gates (exit code 1)")]
pub(crate) struct GateArgs {
    /// Fail if all of it costs more than this, or if a part has no known price
    #[arg(long, value_name = "USD", value_parser = usd)]
    pub(crate) budget: Option<Usd>,
    /// Fail if it costs more than this many percent above the report given with --base
    #[arg(long, value_name = "PERCENT", value_parser = percent, requires = "base")]
    pub(crate) fail_on_increase: Option<Percent>,
    /// Report to compare with, made by estimate --output json
    #[arg(long, value_name = "FILE")]
    pub(crate) base: Option<PathBuf>,
}

/// A share of a hundred, in exact decimal: 10⁻¹² percent apiece, so that a gate is arithmetic on integers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Percent(pub(crate) i128);

/// `10`, `10.50`, `$10`.
pub(crate) fn usd(text: &str) -> Result<Usd, String> {
    let amount = Usd::parse(text.trim().trim_start_matches('$')).map_err(|error| error.message().to_owned())?;
    if amount < Usd::ZERO { Err("expected an amount of 0 or more".to_owned()) } else { Ok(amount) }
}

/// `5`, `2.5`, `5%`.
pub(crate) fn percent(text: &str) -> Result<Percent, String> {
    let number = text.trim().trim_end_matches('%').trim_end();
    let parsed = Usd::parse(number).map_err(|_| format!("`{text}` is not a number of percent, such as 5 or 2.5"))?;
    if parsed < Usd::ZERO { Err("expected 0 or more".to_owned()) } else { Ok(Percent(parsed.pico())) }
}

/// `90s`, `15m`, `24h`, `7d`.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let bad = || format!("`{text}` is not a duration, such as 90s, 15m, 24h or 7d");
    let text_only = text.trim();
    let split = text_only.find(|c: char| !c.is_ascii_digit()).ok_or_else(bad)?;
    let (digits, unit) = text_only.split_at(split);
    let seconds_per_unit: u64 = match unit {
        "s" => 1,
        "m" | "min" => 60,
        "h" => 3600,
        "d" => 86_400,
        _ => return Err(bad()),
    };
    let n_units: u64 = digits.parse().map_err(|_| bad())?;
    n_units.checked_mul(seconds_per_unit).map(Duration::from_secs).ok_or_else(bad)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn amounts_percentages_and_durations_are_read_as_people_write_them() {
        assert_eq!(usd("$10.50").unwrap().to_decimal(), "10.5");
        assert!(usd("-1").is_err());
        assert_eq!(percent("2.5%").unwrap(), percent("2.5").unwrap());
        assert!(percent("five").is_err());
        assert_eq!(duration("24h").unwrap(), Duration::from_secs(86_400));
        assert_eq!(duration("7d").unwrap(), Duration::from_secs(604_800));
        for wrong in ["24", "h", "1 h", "99999999999999999999d", "1w"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }
}
