//! `promptopt models`: the price catalogue.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use jiff::civil::Date;

/// Arguments of `promptopt models`.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES, arg_required_else_help = true)]
pub(crate) struct ModelsArgs {
    #[command(subcommand)]
    pub(crate) command: ModelsCommand,
}

const EXAMPLES: &str = "\
Examples:
  promptopt models list sonnet                     what Sonnet costs, on every host
  promptopt models show claude-sonnet-5-5          all its prices, and where they were read
  promptopt models show deepseek-chat --as-of 2026-04-10
  promptopt models audit --max-age 60              prices that look wrong or were not looked at for long
  promptopt models import api.json                 models that the catalogue lacks, from models.dev or LiteLLM";

/// What to do with the catalogue.
#[derive(Subcommand, Debug)]
pub(crate) enum ModelsCommand {
    /// Models with their prices per million tokens
    List(ListArgs),
    /// Everything about one model
    Show(ShowArgs),
    /// Looks for prices that cannot be right, and for old ones; exit code 1 if there is an error
    Audit(AuditArgs),
    /// What changed between two catalogues
    ///
    /// Each side is a catalogue file (TOML), a price list of LiteLLM or models.dev (JSON), or the word `embedded`.
    Diff(ModelsDiffArgs),
    /// Reads a price list of LiteLLM or models.dev into your own price files
    ///
    /// Takes the models that the catalogue lacks; with --replace the others too. What makes no sense is left out and listed.
    Import(ImportArgs),
    /// Compares every price with a list of LiteLLM or models.dev; exit code 1 if a difference has no known reason
    Crosscheck(CrosscheckArgs),
}

/// Forms of a list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum ListForm {
    /// For a terminal.
    #[default]
    Text,
    /// For programs.
    Json,
}

/// Arguments of `promptopt models list`.
#[derive(Args, Debug)]
pub(crate) struct ListArgs {
    /// Only models with this in their name
    #[arg(value_name = "TEXT")]
    pub(crate) text: Option<String>,
    /// Only this host: openai, azure, bedrock, …
    #[arg(long, value_name = "HOST")]
    pub(crate) host: Option<String>,
    /// Only this kind: chat, embedding, rerank
    #[arg(long, value_name = "KIND")]
    pub(crate) kind: Option<String>,
    /// Form of the list: text, json
    #[arg(long, short, value_name = "FORM", value_enum, default_value_t, hide_possible_values = true)]
    pub(crate) output: ListForm,
}

/// Arguments of `promptopt models show`.
#[derive(Args, Debug)]
pub(crate) struct ShowArgs {
    /// The model, as requests spell it
    #[arg(value_name = "MODEL")]
    pub(crate) model: String,
    /// On this host; without it on the maker's own
    #[arg(long, value_name = "HOST")]
    pub(crate) host: Option<String>,
    /// The prices of this day [default: the newest]
    #[arg(long, value_name = "DATE")]
    pub(crate) as_of: Option<Date>,
    /// Form: text, json
    #[arg(long, short, value_name = "FORM", value_enum, default_value_t, hide_possible_values = true)]
    pub(crate) output: ListForm,
}

/// Arguments of `promptopt models audit`.
#[derive(Args, Debug)]
pub(crate) struct AuditArgs {
    /// Also list prices that nobody has looked at for so many days
    #[arg(long, value_name = "DAYS")]
    pub(crate) max_age: Option<u32>,
    /// Also list what is odd, but known to be right
    #[arg(long)]
    pub(crate) all: bool,
    /// Form: text, json
    #[arg(long, short, value_name = "FORM", value_enum, default_value_t, hide_possible_values = true)]
    pub(crate) output: ListForm,
}

/// Arguments of `promptopt models diff`.
#[derive(Args, Debug)]
pub(crate) struct ModelsDiffArgs {
    /// Before: a file, or `embedded`
    #[arg(value_name = "OLD")]
    pub(crate) old: PathBuf,
    /// After
    #[arg(value_name = "NEW")]
    pub(crate) new: PathBuf,
    /// Form: text, json
    #[arg(long, short, value_name = "FORM", value_enum, default_value_t, hide_possible_values = true)]
    pub(crate) output: ListForm,
}

/// Arguments of `promptopt models import`.
#[derive(Args, Debug)]
pub(crate) struct ImportArgs {
    /// LiteLLM's model_prices_and_context_window.json or models.dev's api.json
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// Write to FILE [default: the list's name in your own folder of price files]; `-` for stdout
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Also models that the catalogue has: the list's prices then replace them
    #[arg(long)]
    pub(crate) replace: bool,
    /// The day on which the list was read [default: today]
    #[arg(long, value_name = "DATE")]
    pub(crate) observed: Option<Date>,
}

/// Arguments of `promptopt models crosscheck`.
#[derive(Args, Debug)]
pub(crate) struct CrosscheckArgs {
    /// LiteLLM's model_prices_and_context_window.json or models.dev's api.json
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// Also list differences that have a reason
    #[arg(long)]
    pub(crate) all: bool,
    /// Form: text, json
    #[arg(long, short, value_name = "FORM", value_enum, default_value_t, hide_possible_values = true)]
    pub(crate) output: ListForm,
}
