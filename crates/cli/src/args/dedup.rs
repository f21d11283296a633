//! `promptopt dedup`: what is compared, how strictly, and what is shown.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use promptopt::dedup::{LEVELS, Level};

/// Arguments of `promptopt dedup`.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct DedupArgs {
    /// Files or folders; `-` for stdin
    #[arg(value_name = "PATH", required = true)]
    pub(crate) paths: Vec<String>,
    /// Format of the files [default: told from their content]
    #[arg(long, value_name = "NAME")]
    pub(crate) format: Option<String>,
    /// Loosest level that is looked for: exact (same bytes), normalised (case, blanks and punctuation may differ), near
    #[arg(long, value_name = "LEVEL", value_parser = level, default_value = "near")]
    pub(crate) level: Level,
    /// Least Jaccard similarity of near duplicates, by their word trigrams
    #[arg(long, value_name = "N", value_parser = threshold, default_value = "0.8")]
    pub(crate) threshold: f64,
    /// What is compared: prompts (user messages), system, messages (all but system), tools, documents, all
    #[arg(long, value_name = "WHAT", value_enum, default_value_t, hide_possible_values = true)]
    pub(crate) what: What,
    /// Leave out texts of fewer tokens
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    pub(crate) min_tokens: u64,
    /// Model of prompts and requests that name none
    #[arg(long, value_name = "MODEL")]
    pub(crate) model: Option<String>,
    /// Form of the answer: text, json
    #[arg(long, short, value_name = "FORM", value_enum, default_value_t, hide_possible_values = true)]
    pub(crate) output: DedupForm,
    /// Write to FILE instead of stdout; it is complete or not there at all
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Clusters shown, the dearest first [default: 10; json: all]
    #[arg(long, value_name = "N")]
    pub(crate) top: Option<usize>,
}

/// Which texts are compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum What {
    /// User messages and prompt files.
    Prompts,
    /// System and developer instructions.
    System,
    /// All messages but the system's.
    Messages,
    /// Tool definitions.
    Tools,
    /// Documents in messages.
    Documents,
    /// Everything.
    #[default]
    All,
}

/// Forms of the answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum DedupForm {
    /// For a terminal.
    #[default]
    Text,
    /// For a program: `promptopt.dedup/1`.
    Json,
}

fn level(text: &str) -> Result<Level, String> {
    let found = LEVELS.iter().find(|(_, name)| *name == text || (*name == "normalised" && text == "normalized"));
    found.map(|(level, _)| *level).ok_or_else(|| format!("`{text}` is not a level: exact, normalised, near"))
}

fn threshold(text: &str) -> Result<f64, String> {
    let number = text.parse::<f64>().ok().filter(|number| (0.1..=1.0).contains(number));
    number.ok_or_else(|| format!("`{text}` is not a similarity between 0.1 and 1"))
}

const EXAMPLES: &str = "\
Examples:
  promptopt dedup prompts/                       copies among a folder of prompts
  promptopt dedup calls.jsonl --what system      system prompts that are nearly the same
  promptopt dedup prompts.csv --model gpt-6-luna --level exact
                                                 and what they would cost on that model
  promptopt dedup logs/ -o json --out duplicates.json";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_and_thresholds_are_checked() {
        assert_eq!(level("normalized"), Ok(Level::Normalised));
        assert!(level("fuzzy").is_err());
        for wrong in ["0", "1.5", "x", "NaN", "80%"] {
            assert!(threshold(wrong).is_err(), "{wrong}");
        }
        assert!(threshold("0.85").is_ok());
    }
}
