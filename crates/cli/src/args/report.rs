//! `promptopt report`: a saved report, shown again.

use std::path::PathBuf;

use clap::Args;

use super::{GateArgs, OutputArgs};

/// Arguments of `promptopt report`.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ReportArgs {
    /// Report made by estimate --output json; `-` for stdin
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
    #[command(flatten)]
    pub(crate) gates: GateArgs,
}

const EXAMPLES: &str = "\
Examples:
  promptopt estimate logs/ -o json --out bill.json
  promptopt report bill.json                          on one screen
  promptopt report bill.json -o html --out bill.html  to send around
  promptopt report bill.json -o focus                 for the FinOps tool";
