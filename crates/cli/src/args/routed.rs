//! `promptopt chat`, `promptopt route`: the router from the command line.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// Who asks, and by which configuration.
#[derive(Args, Debug)]
pub(crate) struct CallerArgs {
    /// The configuration: providers, routes, limits, budgets [default: promptopt.toml]
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Whose data it is: answers are not shared between tenants
    #[arg(long, value_name = "NAME", default_value = "cli")]
    pub(crate) tenant: String,
    /// Who asks
    #[arg(long, value_name = "NAME")]
    pub(crate) caller: Option<String>,
    /// Their team
    #[arg(long, value_name = "NAME")]
    pub(crate) team: Option<String>,
    /// What it is for; may be repeated
    #[arg(long, value_name = "NAME=VALUE", value_parser = tag)]
    pub(crate) tag: Vec<(String, String)>,
}

/// `promptopt chat`.
#[derive(Args, Debug)]
pub(crate) struct ChatArgs {
    /// A request: chat completions, responses or messages, as JSON (`-` for standard input)
    #[arg(value_name = "FILE", default_value = "-")]
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) who: CallerArgs,
    /// Print the answer as it comes
    #[arg(long)]
    pub(crate) stream: bool,
    /// Print the whole body instead of its text
    #[arg(long, conflicts_with = "stream")]
    pub(crate) json: bool,
}

/// `promptopt route`.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  promptopt route --explain request.json --config promptopt.toml")]
pub(crate) struct RouteArgs {
    /// A request (`-` for standard input)
    #[arg(value_name = "FILE", default_value = "-")]
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) who: CallerArgs,
    /// Show where it would go, at what price, and why; nothing is sent (this is all the command does)
    #[arg(long)]
    pub(crate) explain: bool,
    /// Form: text, json
    #[arg(long, short, value_name = "FORM", value_enum, default_value_t, hide_possible_values = true)]
    pub(crate) output: RouteForm,
}

/// Forms of a plan.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum RouteForm {
    /// For a terminal.
    #[default]
    Text,
    /// For a program.
    Json,
}

fn tag(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("expected NAME=VALUE".to_owned()),
    }
}
