//! `promptopt explain`: where a prompt's tokens and money go.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use jiff::civil::Date;

/// Which prompts, for which model, in which form.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ExplainArgs {
    /// Prompt files of any kind that `lint` reads
    #[arg(value_name = "FILE", required = true)]
    pub(crate) files: Vec<PathBuf>,
    /// The model of prompts that name none
    #[arg(long, short, value_name = "MODEL")]
    pub(crate) model: Option<String>,
    /// Its host, where several offer it
    #[arg(long, value_name = "HOST")]
    pub(crate) host: Option<String>,
    /// Prices as of this day [default: today]
    #[arg(long, value_name = "DATE", value_parser = super::lint::date)]
    pub(crate) as_of: Option<Date>,
    /// Form: text, json, html (a heat map of the text, one self-contained file)
    #[arg(long, short, value_name = "FORM", value_enum, default_value_t, hide_possible_values = true)]
    pub(crate) output: ExplainForm,
    /// The same as --output html
    #[arg(long, conflicts_with = "output")]
    pub(crate) html: bool,
    /// Write to FILE instead of stdout; it is complete or not there at all
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Sections of a part that are shown, the dearest first [default: 12]
    #[arg(long, value_name = "N", default_value_t = 12, hide_default_value = true)]
    pub(crate) top: usize,
}

/// Forms.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExplainForm {
    /// For a terminal.
    #[default]
    Text,
    /// For a program.
    Json,
    /// For a browser.
    Html,
}

const EXAMPLES: &str = "\
Examples:
  promptopt explain AGENTS.md --model claude-opus-5-5
  promptopt explain request.json --html --out prompt.html";
