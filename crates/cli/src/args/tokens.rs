//! `promptopt tokens`: how tokens are counted, and how well.

use clap::{Args, Subcommand, ValueEnum};

/// How requests are weighed in tokens.
#[derive(Args, Debug)]
pub(crate) struct TokensArgs {
    #[command(subcommand)]
    pub(crate) command: TokensCommand,
}

/// What about the tokens.
#[derive(Subcommand, Debug)]
pub(crate) enum TokensCommand {
    /// Weighs the requests of logs that state their usage, and compares with what was billed
    Accuracy(AccuracyArgs),
}

/// Weighs the requests of a log anew, as if its usage were not known, and shows how far that is from what was billed.
///
/// One row a provider, dialect and kind of request. `exact` and `within 2%` are shares of the requests; `mean error` is
/// the mean of |weighed − billed| ÷ billed; `ratio` is all weighed tokens ÷ all billed ones, the error of the bill;
/// `coverage` is the share of requests whose billed input lies in the interval that an estimate would state.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct AccuracyArgs {
    /// Files or folders with requests and their usage; `-` for stdin
    #[arg(value_name = "PATH", required = true)]
    pub(crate) paths: Vec<String>,
    /// Format of the files [default: told from their content]
    #[arg(long, value_name = "NAME")]
    pub(crate) format: Option<String>,
    /// Form of the answer: text, json
    #[arg(long, short, value_name = "FORM", value_enum, default_value_t, hide_possible_values = true)]
    pub(crate) output: AccuracyForm,
    /// List this many of the requests that are furthest off
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    pub(crate) worst: usize,
}

/// Forms of the answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum AccuracyForm {
    /// For a terminal.
    #[default]
    Text,
    /// For a program.
    Json,
}

const EXAMPLES: &str = "\
Examples:
  promptopt tokens accuracy calls.jsonl.gz
  promptopt tokens accuracy logs/ --worst 20    and which requests are weighed worst";
