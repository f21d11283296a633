//! `promptopt estimate`: what it reads, what it assumes, what it simulates.

use std::time::Duration;

use clap::Args;
use jiff::civil::Date;
use promptopt::usage::ServiceTier;
use promptopt::usd::Usd;

use super::{GateArgs, OutputArgs, duration, usd};

/// Arguments of `promptopt estimate`.
#[derive(Args, Debug, Default)]
#[command(after_help = EXAMPLES)]
#[allow(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
pub(crate) struct EstimateArgs {
    /// Files or folders; `-` for stdin
    #[arg(value_name = "PATH", default_value = "-", hide_default_value = true)]
    pub(crate) paths: Vec<String>,

    /// Format of the files [default: told from their content]
    #[arg(long, value_name = "NAME", help_heading = "Input")]
    pub(crate) format: Option<String>,
    /// Stop at the first line that cannot be read, instead of reporting it as skipped
    #[arg(long, help_heading = "Input")]
    pub(crate) strict: bool,
    /// Count tokens and simulate the prompt cache, even where the log has usage
    #[arg(long, help_heading = "Input")]
    pub(crate) ignore_usage: bool,
    /// Take what usage says of prompt-cache reads and writes for plain input, and simulate the cache instead
    #[arg(long, help_heading = "Input")]
    pub(crate) ignore_cache_fields: bool,

    /// Model of prompts and requests that name none
    #[arg(long, value_name = "MODEL", help_heading = "Assumptions")]
    pub(crate) model: Option<String>,
    /// Host that serves them, where the log does not say (openai, azure, anthropic, bedrock, …)
    #[arg(long, value_name = "HOST", help_heading = "Assumptions")]
    pub(crate) provider: Option<String>,
    /// Prices of this day, instead of those of each call's own
    #[arg(long, value_name = "DATE", value_parser = date, help_heading = "Assumptions")]
    pub(crate) as_of: Option<Date>,
    /// Output of calls that have neither usage nor an answer, in tokens
    #[arg(long, value_name = "N", help_heading = "Assumptions")]
    pub(crate) output_tokens: Option<u64>,
    /// Service tier of calls that name none (batch, flex, standard, priority)
    #[arg(long, value_name = "TIER", value_parser = tier, help_heading = "Assumptions")]
    pub(crate) tier: Option<ServiceTier>,
    /// Region of calls that name none
    #[arg(long, value_name = "REGION", help_heading = "Assumptions")]
    pub(crate) region: Option<String>,

    /// The same calls on other models: names separated by commas
    #[arg(long, value_name = "MODEL,…", value_delimiter = ',', help_heading = "What if")]
    pub(crate) what_if: Vec<String>,
    /// Send the calls of one model to another: the step that a cheaper model would be; may be repeated
    #[arg(long, value_name = "FROM=TO", value_parser = route, help_heading = "What if")]
    pub(crate) route: Vec<(String, String)>,
    /// How long a response cache would keep an answer (90s, 15m, 24h, 7d)
    #[arg(long, value_name = "DURATION", value_parser = duration, help_heading = "What if")]
    pub(crate) cache_ttl: Option<Duration>,
    /// How many answers a response cache would keep
    #[arg(long, value_name = "N", help_heading = "What if")]
    pub(crate) cache_capacity: Option<u64>,
    /// Calls that can wait for the batch or flex tier: all, none, or those with a tag (feature=digest); may be repeated
    #[arg(long, value_name = "TAG=VALUE", value_parser = batchable, help_heading = "What if")]
    pub(crate) batchable: Vec<Batchable>,

    /// Show what rewriting the prompts would save without changing what they say (promptopt optimize)
    #[arg(long, help_heading = "What if")]
    pub(crate) optimize: bool,
    /// … and what shortening each to at most N tokens would save, with what is left of what the answers used
    #[arg(long, value_name = "N", help_heading = "What if")]
    pub(crate) optimize_budget: Option<u64>,

    #[command(flatten)]
    pub(crate) output: OutputArgs,
    #[command(flatten)]
    pub(crate) gates: GateArgs,
    /// Fail if a single call costs more than this
    #[arg(long, value_name = "USD", value_parser = usd, help_heading = "Gates (exit code 1)")]
    pub(crate) max_cost: Option<Usd>,

    /// Threads [default: one a core]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1024), help_heading = "Input")]
    pub(crate) threads: Option<u32>,
}

/// Which calls can wait.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Batchable {
    /// All.
    All,
    /// None.
    None,
    /// Those with this tag.
    Tag {
        /// The tag's key.
        key: String,
        /// Its value.
        value: String,
    },
}

fn batchable(text: &str) -> Result<Batchable, String> {
    match (text, text.split_once('=')) {
        ("all", _) => Ok(Batchable::All),
        ("none", _) => Ok(Batchable::None),
        (_, Some((key, value))) if !key.is_empty() => {
            Ok(Batchable::Tag { key: key.to_owned(), value: value.to_owned() })
        }
        _ => Err(format!("`{text}` is neither `all` nor `none` nor TAG=VALUE")),
    }
}

fn route(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((from, to)) if !from.is_empty() && !to.is_empty() => Ok((from.to_owned(), to.to_owned())),
        _ => Err(format!("`{text}` is not FROM=TO, such as gpt-6-sol=gpt-6-luna")),
    }
}

fn date(text: &str) -> Result<Date, String> {
    text.parse().map_err(|_| format!("`{text}` is not a day, such as 2026-11-01"))
}

fn tier(text: &str) -> Result<ServiceTier, String> {
    ServiceTier::from_wire(text).ok_or_else(|| format!("there is no service tier `{text}`"))
}

const EXAMPLES: &str = "\
Examples:
  promptopt estimate logs/                       what a folder of logs cost, and what would save
  promptopt estimate calls.jsonl --tag team      and by team
  promptopt estimate prompts/ --model gpt-6-luna --output-tokens 300
                                                 what a folder of prompts costs, a call each
  promptopt estimate logs/ --what-if gpt-6-luna,claude-sonnet-5-5
                                                 the same calls on other models
  zstdcat old.jsonl.zst | promptopt estimate -   from a pipe
  promptopt estimate logs/ -o html --out bill.html
  promptopt estimate prompts/ --budget 5 --base main.json --fail-on-increase 10
                                                 a check in CI";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_wait_is_all_none_or_a_tag() {
        assert_eq!(batchable("all"), Ok(Batchable::All));
        let digest = Batchable::Tag { key: "feature".into(), value: "a=b".into() };
        assert_eq!(batchable("feature=a=b"), Ok(digest));
        assert!(batchable("=x").is_err());
        assert!(batchable("some").is_err());
        assert!(route("a=").is_err());
        assert_eq!(route("a=b"), Ok(("a".into(), "b".into())));
    }
}
