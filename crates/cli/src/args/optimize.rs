//! `promptopt optimize` and `promptopt transforms`: prompts made cheaper, and what is done to them.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use promptopt::compress::SegmentKind;
use regex::Regex;

/// What to rewrite, and how.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct OptimizeArgs {
    /// A request (JSON), requests or log lines (JSONL), or a prompt as text; gzip and zstd too; `-` for stdin
    #[arg(value_name = "FILE", default_value = "-", hide_default_value = true)]
    pub(crate) files: Vec<PathBuf>,
    /// Count tokens, prices and cache rules for this model [default: the one that the request names, else `o200k_base`]
    #[arg(long, short, value_name = "MODEL")]
    pub(crate) model: Option<String>,
    /// The model's host, where several offer it
    #[arg(long, value_name = "HOST")]
    pub(crate) host: Option<String>,
    #[command(flatten)]
    pub(crate) edits: EditArgs,
    #[command(flatten)]
    pub(crate) goal: GoalArgs,
    #[command(flatten)]
    pub(crate) show: ShowEditsArgs,
}

/// Which edits are made.
#[derive(Args, Debug, Clone, Default)]
#[command(next_help_heading = "Edits")]
pub(crate) struct EditArgs {
    /// Apply these transforms too (`promptopt transforms` lists them); naming a lossy one allows it
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub(crate) with: Vec<String>,
    /// Leave these transforms out
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub(crate) without: Vec<String>,
    /// Edit these too: system, user, assistant. Without it, only results of tools, documents, tool definitions and bare
    /// prompts are edited
    #[arg(long, value_name = "KIND", value_delimiter = ',', value_parser = kind)]
    pub(crate) touch: Vec<SegmentKind>,
    /// Never touch what matches this regular expression; nor what stands between `<!-- promptopt: keep -->` and
    /// `<!-- promptopt: end -->`
    #[arg(long, value_name = "REGEX")]
    pub(crate) keep: Vec<Regex>,
}

/// How short it is to be; lossy.
#[derive(Args, Debug, Clone, Default)]
#[command(next_help_heading = "Lossy: content is removed")]
pub(crate) struct GoalArgs {
    /// At most this many tokens a request, by what the last user message (or --query) asks
    #[arg(long, value_name = "N", conflicts_with = "ratio")]
    pub(crate) budget: Option<u64>,
    /// At most a part of its tokens: 4 for a quarter
    #[arg(long, value_name = "R", value_parser = ratio)]
    pub(crate) ratio: Option<u64>,
    /// Cut each result of a tool to at most N tokens, around what its call asked for; the cut never changes later, so the
    /// provider's prompt cache stays valid
    #[arg(long, value_name = "N")]
    pub(crate) max_result: Option<u64>,
    /// What is asked, where that is not the last user message
    #[arg(long, value_name = "TEXT")]
    pub(crate) query: Option<String>,
    /// No `[…]` where something was removed, but for messages of which nothing is left
    #[arg(long)]
    pub(crate) no_markers: bool,
}

/// What is shown.
#[derive(Args, Debug, Clone, Default)]
#[command(next_help_heading = "Output")]
pub(crate) struct ShowEditsArgs {
    /// Show what changes, with the tokens saved by each edit, instead of the rewritten text
    #[arg(long, conflicts_with_all = ["explain", "in_place"])]
    pub(crate) diff: bool,
    /// Say where content went: of all edits, or of TEXT alone
    #[arg(long, value_name = "TEXT", num_args = 0..=1, default_missing_value = "", conflicts_with = "in_place")]
    pub(crate) explain: Option<String>,
    /// Write each file anew, if anything changed; it is complete or as it was
    #[arg(long)]
    pub(crate) in_place: bool,
    /// Write to FILE instead of stdout
    #[arg(long, value_name = "FILE", conflicts_with = "in_place")]
    pub(crate) out: Option<PathBuf>,
    /// Form: text (the rewritten text), json (text, edits and tokens)
    #[arg(long, short, value_name = "FORM", value_enum, default_value_t, hide_possible_values = true)]
    pub(crate) output: OptimizeForm,
    /// No summary on stderr
    #[arg(long, short)]
    pub(crate) quiet: bool,
}

/// Forms of what is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum OptimizeForm {
    /// The rewritten text.
    #[default]
    Text,
    /// For a program.
    Json,
}

/// Which transform to show.
#[derive(Args, Debug)]
pub(crate) struct TransformsArgs {
    /// Its manual page; without a name, all are listed
    #[arg(value_name = "NAME")]
    pub(crate) name: Option<String>,
}

fn kind(name: &str) -> Result<SegmentKind, String> {
    match SegmentKind::from_name(name) {
        Some(kind @ (SegmentKind::System | SegmentKind::User | SegmentKind::Assistant)) => Ok(kind),
        Some(_) => Err(format!("`{name}` is edited without being named, or never; expected system, user or assistant")),
        None => Err(format!("there is no kind `{name}`; expected system, user or assistant")),
    }
}

/// Hundredths: `4`, `2.5`.
fn ratio(text: &str) -> Result<u64, String> {
    let bad = || format!("`{text}` is no ratio, such as 2 or 4.5; it must be above 1");
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let digits = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || part.len() > 2 || !digits(whole) || !digits(part) {
        return Err(bad());
    }
    let hundredths: u64 = format!("{whole}{part:0<2}").parse().map_err(|_| bad())?;
    if hundredths > 100 { Ok(hundredths) } else { Err(bad()) }
}

const EXAMPLES: &str = "\
Examples:
  promptopt optimize request.json > shorter.json    without changing what it says; a summary goes to stderr
  promptopt optimize request.json --diff            what changes, and what each edit saves
  promptopt optimize request.json --explain \"order 4711\"
  promptopt optimize requests.jsonl --in-place      each line a request or a log entry that holds one
  promptopt optimize request.json --budget 4000     lossy: what matters for the question, in 4,000 tokens
  promptopt transforms json_table                   what a transform does, and what it promises";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratios_and_kinds_are_read_as_people_write_them() {
        assert_eq!((ratio("4"), ratio("2.5"), ratio("1.05")), (Ok(400), Ok(250), Ok(105)));
        for wrong in ["1", "0.5", "x", "", "4.123", "-2", "."] {
            assert!(ratio(wrong).is_err(), "{wrong}");
        }
        assert_eq!(kind("user"), Ok(SegmentKind::User));
        assert!(kind("tool_result").is_err() && kind("users").is_err());
    }
}
