//! `promptopt migrate`: what moving away from a model means, place by place.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use jiff::civil::Date;

/// From which model to which, and what to do about it.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct MigrateArgs {
    /// Files, or folders in which prompts and programs are looked for
    #[arg(value_name = "PATH", default_value = ".", hide_default_value = true)]
    pub(crate) paths: Vec<PathBuf>,
    /// The model to move away from, in any of its spellings; `deprecated` for every model whose shutdown is announced
    #[arg(long, value_name = "MODEL")]
    pub(crate) from: String,
    /// The model to move to [default: the successor that the provider names]
    #[arg(long, value_name = "MODEL")]
    pub(crate) to: Option<String>,
    /// Write the changes: the model's name, parameters that the new model renames or rejects
    #[arg(long, conflicts_with = "diff")]
    pub(crate) write: bool,
    /// Show the changes as a patch, and write nothing; exit code 1 if there are any
    #[arg(long, conflicts_with = "output")]
    pub(crate) diff: bool,
    /// Days left as of this day [default: today]
    #[arg(long, value_name = "DATE", value_parser = super::lint::date)]
    pub(crate) as_of: Option<Date>,
    /// Form: text, json
    #[arg(long, short, value_name = "FORM", value_enum, default_value_t, hide_possible_values = true)]
    pub(crate) output: MigrateForm,
    /// Write the report to FILE instead of stdout
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}

/// Forms.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum MigrateForm {
    /// For a terminal.
    #[default]
    Text,
    /// For a program.
    Json,
}

const EXAMPLES: &str = "\
Examples:
  promptopt migrate --from deprecated                    every place that will stop working, and when
  promptopt migrate --from gpt-4o src/ prompts/          to the successor that the provider names
  promptopt migrate --from gpt-4o --to gpt-6-luna --diff what would be changed
  promptopt migrate --from gpt-4o --to gpt-6-luna --write";
