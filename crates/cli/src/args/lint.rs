//! `promptopt lint`, `promptopt rule` and `promptopt rules`: prompts checked as code is, and what they are checked for.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use jiff::civil::Date;
use promptopt::lint::Severity;

/// What to lint, and how.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct LintArgs {
    /// Files, or folders in which prompts are looked for; `-` for stdin
    #[arg(value_name = "PATH", default_value = ".", hide_default_value = true)]
    pub(crate) paths: Vec<PathBuf>,
    /// What stdin is read as
    #[arg(long, value_name = "NAME", default_value = "stdin.md")]
    pub(crate) stdin_filename: String,
    #[command(flatten)]
    pub(crate) rules: LintRulesArgs,
    #[command(flatten)]
    pub(crate) scope: ScopeArgs,
    #[command(flatten)]
    pub(crate) fix: FixArgs,
    #[command(flatten)]
    pub(crate) show: ShowFindingsArgs,
    #[command(flatten)]
    pub(crate) cache: CacheArgs,
}

/// What is remembered between runs.
#[derive(Args, Debug, Clone, Default)]
#[command(next_help_heading = "Cache")]
pub(crate) struct CacheArgs {
    /// Lint every file, also those that are as they were in the last run, and remember nothing
    #[arg(long)]
    pub(crate) no_cache: bool,
    /// Where findings are remembered [default: `.promptopt_cache` beside `promptopt.toml`; without one, the user's cache
    /// folder]
    #[arg(long, value_name = "DIR", conflicts_with = "no_cache")]
    pub(crate) cache_dir: Option<PathBuf>,
}

/// What is looked for, and for which model.
#[derive(Args, Debug, Clone, Default)]
#[command(next_help_heading = "Rules")]
pub(crate) struct LintRulesArgs {
    /// Only these rules: codes (FMT006), beginnings of codes (FMT), names (padded-table), ALL or DEFAULT
    #[arg(long, value_name = "CODES", value_delimiter = ',')]
    pub(crate) select: Vec<String>,
    /// These rules too
    #[arg(long, value_name = "CODES", value_delimiter = ',')]
    pub(crate) extend_select: Vec<String>,
    /// Not these rules
    #[arg(long, value_name = "CODES", value_delimiter = ',')]
    pub(crate) ignore: Vec<String>,
    /// Only rules of at least this severity: error, warning, info
    #[arg(long, value_name = "LEAST", value_parser = severity)]
    pub(crate) severity: Option<Severity>,
    /// The model of prompts that name none: its tokenizer, prices, limits and cache rules
    #[arg(long, short, value_name = "MODEL")]
    pub(crate) model: Option<String>,
    /// The model's host, where several offer it
    #[arg(long, value_name = "HOST")]
    pub(crate) host: Option<String>,
    /// Models that the prompts may be sent to instead, by preference
    #[arg(long, value_name = "MODEL", value_delimiter = ',')]
    pub(crate) fallback: Vec<String>,
    /// Prices and deadlines as of this day [default: today]
    #[arg(long, value_name = "DATE", value_parser = date)]
    pub(crate) as_of: Option<Date>,
}

/// What the team has set, and which findings count.
#[derive(Args, Debug, Clone, Default)]
#[command(next_help_heading = "Scope")]
pub(crate) struct ScopeArgs {
    /// This configuration instead of the `promptopt.toml` nearest to each prompt (`promptopt init` writes one)
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// No configuration file at all
    #[arg(long, conflicts_with = "config")]
    pub(crate) isolated: bool,
    /// Only findings on lines that changed since a Git revision; of a branch, since the commit at which the two parted
    #[arg(long, value_name = "REV")]
    pub(crate) since: Option<String>,
    /// Leave out the findings that this file knows
    #[arg(long, value_name = "FILE")]
    pub(crate) baseline: Option<PathBuf>,
    /// Make the baseline of all findings if there is none; else take out of it what is found no more
    #[arg(long)]
    pub(crate) write_baseline: bool,
    /// Logs of requests: how often each prompt is called, for dollars a month
    #[arg(long, value_name = "LOG")]
    pub(crate) traffic: Vec<String>,
    /// Run again whenever a prompt or a configuration file changes, until interrupted
    #[arg(long, conflicts_with_all = ["fix", "unsafe_fixes", "diff", "out"])]
    pub(crate) watch: bool,
}

/// What is mended.
#[derive(Args, Debug, Clone, Default)]
#[command(next_help_heading = "Fixes")]
pub(crate) struct FixArgs {
    /// Apply the safe fixes: what says the same for less
    #[arg(long)]
    pub(crate) fix: bool,
    /// Apply those too that may change what the model does
    #[arg(long)]
    pub(crate) unsafe_fixes: bool,
    /// Show what would be changed, as a patch, and write nothing; exit code 1 if there is anything
    #[arg(long, conflicts_with = "output")]
    pub(crate) diff: bool,
}

/// What is shown.
#[derive(Args, Debug, Clone, Default)]
#[command(next_help_heading = "Output")]
pub(crate) struct ShowFindingsArgs {
    /// Form: text, concise (a line a finding), json, sarif, github (annotations), gitlab (Code Quality), junit, markdown
    /// (for a pull request)
    #[arg(
        long,
        short,
        alias = "format",
        value_name = "FORM",
        value_enum,
        default_value_t,
        hide_possible_values = true
    )]
    pub(crate) output: LintForm,
    /// Write to FILE instead of stdout; it is complete or not there at all
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Findings by: place, money (what saves most first)
    #[arg(long, value_name = "BY", value_enum, default_value_t, hide_possible_values = true)]
    pub(crate) sort: SortBy,
    /// Show at most N findings; all of them count
    #[arg(long, value_name = "N")]
    pub(crate) max_findings: Option<usize>,
    /// How often each rule found something, and what that would save, instead of the findings
    #[arg(long)]
    pub(crate) statistics: bool,
    /// Exit with 1 if there is a finding of at least this severity: error, warning, info, or never
    /// [default: what promptopt.toml says, else warning]
    #[arg(long, value_name = "LEAST", value_enum, hide_possible_values = true)]
    pub(crate) fail_on: Option<FailOn>,
    /// Nothing on stdout but findings, nothing at all if there are none
    #[arg(long, short)]
    pub(crate) quiet: bool,
}

/// Forms of findings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum LintForm {
    /// The source, annotated.
    #[default]
    Text,
    /// A line a finding.
    Concise,
    /// Everything, for a program.
    Json,
    /// SARIF 2.1.0.
    Sarif,
    /// Annotations of a GitHub workflow.
    Github,
    /// GitLab Code Quality.
    Gitlab,
    /// `JUnit` XML.
    Junit,
    /// For a pull request.
    #[value(alias = "md")]
    Markdown,
}

/// Orders of findings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum SortBy {
    /// File, line, column.
    #[default]
    Place,
    /// What saves most first.
    Money,
}

/// What makes the command fail.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum FailOn {
    /// Errors alone.
    Error,
    /// Errors and warnings.
    #[default]
    Warning,
    /// Anything.
    Info,
    /// Nothing.
    Never,
}

/// Which rule to show.
#[derive(Args, Debug)]
pub(crate) struct RuleArgs {
    /// Its code (FMT006) or its name (padded-table)
    #[arg(value_name = "CODE|NAME")]
    pub(crate) rule: String,
}

/// How to list the rules.
#[derive(Args, Debug)]
pub(crate) struct RulesArgs {
    /// Form: text, json, markdown (the reference, with every manual page)
    #[arg(
        long,
        short,
        alias = "format",
        value_name = "FORM",
        value_enum,
        default_value_t,
        hide_possible_values = true
    )]
    pub(crate) output: RulesForm,
    /// Write to FILE instead of stdout
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}

/// Forms of the list of rules.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum RulesForm {
    /// A table a family.
    #[default]
    Text,
    /// For a program.
    Json,
    /// The reference.
    #[value(alias = "md")]
    Markdown,
}

impl FailOn {
    /// From what a configuration says: the least severity, or none.
    pub(crate) fn from_config(least: Option<Severity>) -> FailOn {
        match least {
            Some(Severity::Error) => FailOn::Error,
            Some(Severity::Warning) => FailOn::Warning,
            Some(Severity::Info) => FailOn::Info,
            None => FailOn::Never,
        }
    }

    /// Whether a finding of some severity makes the command fail.
    pub(crate) fn is_met_by(self, severity: Severity) -> bool {
        match self {
            FailOn::Error => severity >= Severity::Error,
            FailOn::Warning => severity >= Severity::Warning,
            FailOn::Info => true,
            FailOn::Never => false,
        }
    }
}

fn severity(name: &str) -> Result<Severity, String> {
    Severity::from_name(name).ok_or_else(|| format!("there is no severity `{name}`; expected error, warning or info"))
}

pub(super) fn date(text: &str) -> Result<Date, String> {
    text.parse().map_err(|_| format!("`{text}` is not a day, such as 2026-11-22"))
}

const EXAMPLES: &str = "\
Examples:
  promptopt lint                                      every prompt under this folder
  promptopt lint prompts/ --model gpt-6-luna          what the findings cost, in dollars
  promptopt lint prompts/ --fix                       mend what can be mended without changing what it says
  promptopt lint prompts/ --unsafe-fixes --diff       what all fixes would change
  promptopt lint -o sarif --out lint.sarif            for GitHub code scanning and other viewers
  promptopt lint --sort money --max-findings 10       what to mend first
  promptopt lint --since origin/main                  only what a branch changed
  promptopt lint --write-baseline --baseline known.json   live with what is there, see what is new
  cat prompt.md | promptopt lint - --stdin-filename prompts/prompt.md
  promptopt rule padded-table                         what a rule looks for, and why

Exit codes:
  0  nothing found of the severity that --fail-on names (warning, unless set)
  1  something found; with --diff, something would change
  2  the command line is wrong, or a file cannot be read or written";
