//! `promptopt init`: where the configuration is written.

use std::path::PathBuf;

use clap::Args;

/// Arguments of `promptopt init`.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct InitArgs {
    /// Folder to write `promptopt.toml` into
    #[arg(value_name = "DIR", default_value = ".", hide_default_value = true)]
    pub(crate) folder: PathBuf,
    /// Replace one that is there
    #[arg(long)]
    pub(crate) force: bool,
    /// Print the JSON schema of `promptopt.toml` instead, for editors and checks
    #[arg(long, conflicts_with_all = ["force", "folder"])]
    pub(crate) schema: bool,
}

const EXAMPLES: &str = "\
Examples:
  promptopt init                  a commented promptopt.toml here; it changes nothing yet
  promptopt init prompts/         for a folder; the nearest promptopt.toml up the tree holds
  promptopt init --schema > promptopt.schema.json";
