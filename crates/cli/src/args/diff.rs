//! `promptopt diff`: two sides, and how each is to be read.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{Percent, percent};

/// Arguments of `promptopt diff`.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
#[command(
    override_usage = "promptopt diff [OPTIONS] BASE HEAD\n       promptopt diff [OPTIONS] --git REV [REV] -- PATH…"
)]
pub(crate) struct DiffArgs {
    /// Saved report (.json), or a file or folder to estimate: before
    #[arg(value_name = "BASE", required_unless_present = "git", conflicts_with = "git")]
    pub(crate) base: Option<String>,
    /// The same: after
    #[arg(value_name = "HEAD", required_unless_present = "git", conflicts_with = "git")]
    pub(crate) head: Option<String>,
    /// Compare files as of a Git revision with those of another, or with the working tree
    #[arg(long, value_name = "REV", num_args = 1..=2)]
    pub(crate) git: Vec<String>,
    /// Files or folders to compare, with --git
    #[arg(last = true, value_name = "PATH", requires = "git")]
    pub(crate) paths: Vec<String>,

    /// Model of prompts and requests that name none
    #[arg(long, value_name = "MODEL", help_heading = "Assumptions")]
    pub(crate) model: Option<String>,
    /// Host that serves them, where the log does not say
    #[arg(long, value_name = "HOST", help_heading = "Assumptions")]
    pub(crate) provider: Option<String>,
    /// Output of calls that have neither usage nor an answer, in tokens
    #[arg(long, value_name = "N", help_heading = "Assumptions")]
    pub(crate) output_tokens: Option<u64>,

    /// Form of the comparison: text, markdown (for a pull request), json
    #[arg(long, short, value_name = "FORM", value_enum, default_value_t, hide_possible_values = true)]
    #[arg(help_heading = "Output")]
    pub(crate) output: DiffForm,
    /// Write to FILE instead of stdout; it is complete or not there at all
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub(crate) out: Option<PathBuf>,
    /// Rows of a table [default: 10]
    #[arg(long, value_name = "N", help_heading = "Output")]
    pub(crate) top: Option<usize>,
    /// Fail if it costs more than this many percent more than before
    #[arg(long, value_name = "PERCENT", value_parser = percent, help_heading = "Gates (exit code 1)")]
    pub(crate) fail_on_increase: Option<Percent>,
}

/// Forms of a comparison.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum DiffForm {
    /// For a terminal.
    #[default]
    Text,
    /// For a pull request.
    #[value(alias = "md")]
    Markdown,
    /// For programs.
    Json,
}

const EXAMPLES: &str = "\
Examples:
  promptopt diff october.json november.json          two saved reports
  promptopt diff logs/october logs/november          two folders of logs
  promptopt diff --git main -- prompts/              what this branch does to the prompts' cost
  promptopt diff -o markdown --git v1.2 v1.3 -- prompts/
  promptopt diff base.json head.json --fail-on-increase 5";
