//! The commands, one file each. A command takes its arguments, writes its report and says which gates failed.

use promptopt::error::{Error, Result};

use crate::args::Command;
use crate::settings::Settings;

#[cfg(feature = "router")]
mod chat;
pub(crate) mod dedup;
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
mod tokens;
#[cfg(feature = "router")]
mod usage;

/// What a command that did its work has to say.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// Gates that say no, in words.
    pub(crate) failed_gates: Vec<Error>,
    /// Whether it fails without a word: the report says why.
    pub(crate) is_failed: bool,
    /// What was at fault while the rest was done.
    pub(crate) errors: Vec<Error>,
}

/// Runs a command.
pub(crate) fn run(command: Command, settings: &Settings) -> Result<Outcome> {
    match command {
        Command::Estimate(args) => estimate::run(&args, settings),
        Command::Optimize(args) => optimize::run(&args, settings),
        Command::Transforms(args) => optimize::transforms(&args, settings),
        Command::Lint(args) => lint::run(&args, settings),
        Command::Rule(args) => lint::rule(&args, settings),
        Command::Rules(args) => lint::rules(&args, settings),
        Command::Dedup(args) => dedup::run(&args, settings),
        Command::Diff(args) => diff::run(&args, settings),
        Command::Report(args) => report::run(&args, settings),
        Command::Init(args) => init::run(&args),
        Command::Models(args) => models::run(&args, settings),
        Command::Eval(args) => eval::run(&args, settings),
        Command::Explain(args) => explain::run(&args, settings),
        #[cfg(feature = "lsp")]
        Command::Lsp(args) => lsp::run(&args, settings),
        Command::Migrate(args) => migrate::run(&args, settings),
        #[cfg(feature = "router")]
        Command::Route(args) => chat::route(&args, settings),
        #[cfg(feature = "router")]
        Command::Chat(args) => chat::run(&args, settings),
        #[cfg(feature = "router")]
        Command::Usage(args) => usage::run(&args, settings),
        Command::Tokens(args) => tokens::run(&args),
    }
}
