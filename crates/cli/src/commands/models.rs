//! `promptopt models`: shows, audits, compares and extends the price catalogue.

use promptopt::error::Result;

use super::Outcome;
use crate::args::{ModelsArgs, ModelsCommand};
use crate::settings::Settings;

mod as_json;
mod audit;
mod crosscheck;
mod diff;
mod import;
mod list;
mod read;
mod show;

/// Runs one of the subcommands.
pub(crate) fn run(args: &ModelsArgs, settings: &Settings) -> Result<Outcome> {
    match &args.command {
        ModelsCommand::List(args) => list::run(args, settings),
        ModelsCommand::Show(args) => show::run(args, settings),
        ModelsCommand::Audit(args) => audit::run(args, settings),
        ModelsCommand::Diff(args) => diff::run(args, settings),
        ModelsCommand::Import(args) => import::run(args, settings),
        ModelsCommand::Crosscheck(args) => crosscheck::run(args, settings),
    }
}
