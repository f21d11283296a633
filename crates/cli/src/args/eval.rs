//! `promptopt eval`: what survives compression, on the user's own questions.

use clap::{Args, Subcommand, ValueEnum};
use promptopt::compress::budget::Stage;
use promptopt::compress::measure::Method;

/// Measures on question and answer sets.
#[derive(Args, Debug)]
pub(crate) struct EvalArgs {
    #[command(subcommand)]
    pub(crate) command: EvalCommand,
}

/// What is measured.
#[derive(Subcommand, Debug)]
pub(crate) enum EvalCommand {
    /// What survives when texts are compressed to a token budget around a question
    ///
    /// Compresses every text of the sets to its tokens ÷ ratio around its question, and measures what is kept.
    ///
    /// A line of a set is `{question, documents: [{title, text}], answers: […]}` (kept: the share of the items of which an answer
    /// string stands in what is kept, compared as `SQuAD` does), `{question, turns: […], evidence: [turn, …]}` (kept: the share of
    /// the evidence's tokens) or `{json, key, value}` (kept: the share of the items whose output is valid JSON with the value).
    /// Shares are in per cent. Headers of documents are charged; `over` counts results above their budget.
    Compression(CompressionArgs),
    /// What the optimizer would have saved on conversations that were had, through the provider's prompt cache
    Savings(SavingsArgs),
}

/// What is measured with what.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct CompressionArgs {
    /// JSONL files, also compressed with gzip or zstd; `-` for stdin
    #[arg(value_name = "DATA", required = true)]
    pub(crate) data: Vec<String>,
    /// How many times shorter; several with commas
    #[arg(long, value_name = "R", value_delimiter = ',', default_value = "4", value_parser = ratio)]
    pub(crate) ratio: Vec<f64>,
    /// Method: ours, bm25-docs, bm25-sentences, head, random; several with commas, or `all`
    #[arg(long, value_name = "NAME", value_delimiter = ',', default_value = "ours", value_parser = method)]
    pub(crate) method: Vec<Methods>,
    /// Steps of our method to leave out, to see what they are worth: titles, neighbours, documents, priors, hop, coverage
    #[arg(long, value_name = "STEP", value_delimiter = ',', value_parser = stage)]
    pub(crate) without: Vec<Stage>,
    /// Count tokens as this model does
    #[arg(long, value_name = "MODEL", conflicts_with = "encoding")]
    pub(crate) model: Option<String>,
    /// Count tokens with this encoding: `o200k_base`, `cl100k_base`, …
    #[arg(long, value_name = "NAME", default_value = "o200k_base")]
    pub(crate) encoding: String,
    /// Form of the answer: text, json
    #[arg(long, short, value_name = "FORM", value_enum, default_value_t, hide_possible_values = true)]
    pub(crate) output: CompressionForm,
}

/// Bills every call of the conversations three times, each through the provider's prompt cache as simulated: as it was sent,
/// with edits that keep the content, and with results of tools shortened too (lossy).
///
/// A conversation is one line of the log (an agent's run) or the calls of one session. What shortening lost is measured: of
/// the lines of results that the model wrote again later, those that still stood in its prompt.
#[derive(Args, Debug)]
#[command(after_help = SAVINGS_EXAMPLES)]
pub(crate) struct SavingsArgs {
    /// Logs of conversations, also compressed with gzip or zstd; `-` for stdin
    #[arg(value_name = "PATH", required = true)]
    pub(crate) paths: Vec<String>,
    /// Format of the files [default: told from their content]
    #[arg(long, value_name = "NAME")]
    pub(crate) format: Option<String>,
    /// Bill by these models' prices and cache rules [default: the model of each conversation's first call]
    #[arg(long, value_name = "MODEL", value_delimiter = ',')]
    pub(crate) model: Vec<String>,
    /// Tokens to which a result of a tool is cut when it arrives; 0 leaves it whole
    #[arg(long, value_name = "N", default_value_t = 220)]
    pub(crate) max_result: u64,
    /// Shorten older results again, in batches, when that is expected to pay for the cache it breaks; the latest N stay
    #[arg(long, value_name = "N")]
    pub(crate) compact: Option<usize>,
    /// List every conversation
    #[arg(long)]
    pub(crate) full: bool,
    /// Form of the answer: text, json
    #[arg(long, short, value_name = "FORM", value_enum, default_value_t, hide_possible_values = true)]
    pub(crate) output: CompressionForm,
}

const SAVINGS_EXAMPLES: &str = "\
Examples:
  promptopt eval savings runs.jsonl.gz
  promptopt eval savings runs.jsonl.gz --model deepseek-chat,gpt-6-sol,claude-sonnet-5-5
  promptopt eval savings runs.jsonl.gz --max-result 0 --compact 6    batches alone";

/// One method, or all of them.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Methods {
    /// This one.
    One(Method),
    /// All of them.
    All,
}

/// Forms of the answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum CompressionForm {
    /// For a terminal.
    #[default]
    Text,
    /// For a program.
    Json,
}

const EXAMPLES: &str = "\
Examples:
  promptopt eval compression questions.jsonl.gz --ratio 2,4,8
  promptopt eval compression questions.jsonl --method all --output json
  promptopt eval compression questions.jsonl --without hop    what is the second step worth?";

fn ratio(text: &str) -> Result<f64, String> {
    let ratio: f64 = text.trim_end_matches('x').parse().map_err(|_| format!("expected a number, found `{text}`"))?;
    if ratio.is_finite() && ratio >= 1.0 { Ok(ratio) } else { Err("must be at least 1".to_owned()) }
}

fn method(text: &str) -> Result<Methods, String> {
    if text == "all" {
        return Ok(Methods::All);
    }
    let known = Method::ALL.into_iter().find(|method| method.name() == text);
    known.map(Methods::One).ok_or_else(|| unknown(text, &Method::ALL.map(Method::name)))
}

fn stage(text: &str) -> Result<Stage, String> {
    let known = Stage::ALL.into_iter().find(|stage| stage.name() == text);
    known.ok_or_else(|| unknown(text, &Stage::ALL.map(Stage::name)))
}

fn unknown(text: &str, names: &[&'static str]) -> String {
    let near = promptopt::text::did_you_mean(text, names.iter().copied());
    format!("`{text}` is none of {}{}", names.join(", "), near.map_or_else(String::new, |near| format!(" ({near})")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_ratios_are_read() {
        assert!(matches!(method("bm25-docs"), Ok(Methods::One(Method::Bm25Docs))));
        assert!(method("bm25").unwrap_err().contains("did you mean `bm25-docs`"));
        assert!(stage("hops").unwrap_err().contains("did you mean `hop`"));
        assert!(ratio("8x").is_ok() && ratio("0.5").is_err() && ratio("x").is_err());
    }
}
