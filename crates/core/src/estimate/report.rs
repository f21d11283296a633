//! The report of an estimate: plain data, every figure with what it rests on. This is the documented JSON of
//! `promptopt estimate --output json`; money is a decimal string, tokens are integers, shares are left to the reader.
//!
//! A total that has unpriced parts says so: [`Sum`] carries how many calls and tokens it leaves out.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::usd::Usd;

/// Version of this schema. The number rises when a field changes its meaning or goes; new fields may come without.
pub const SCHEMA: &str = "promptopt.estimate/1";

/// What a corpus cost, where it went, what would save how much, and how sure that is.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Report {
    /// [`SCHEMA`].
    pub schema: String,
    /// The version of promptopt that made it.
    pub version: String,
    /// The newest observation among the prices used, `YYYY-MM-DD`.
    pub prices_observed: String,
    /// The files read.
    pub inputs: Vec<InputFile>,
    /// What it cost.
    pub baseline: Baseline,
    /// By model and host, dearest first.
    pub models: Vec<Group>,
    /// By part of the input (`system`, `tools`, `history`, …) and the output, dearest first.
    pub sections: Vec<SectionCost>,
    /// By tag: key (`user`, `team`, …) to groups, dearest first. At most [`MAX_GROUPS`] a key, the rest summed in a group
    /// named `(others)`.
    pub tags: BTreeMap<String, Vec<Group>>,
    /// When: absent if no call has a time.
    pub time: Option<TimeUse>,
    /// Kinds of request, found by their constant skeleton, dearest first.
    pub templates: Vec<Template>,
    /// The waterfall, in causal order.
    pub steps: Vec<Step>,
    /// The table of `--what-if`.
    pub what_if: Vec<WhatIf>,
    /// What was not counted, the first [`MAX_SKIPPED`].
    pub skipped: Vec<Skipped>,
    /// How many were not counted in all.
    pub skipped_total: u64,
    /// Files found in a folder that are no corpus, and why.
    #[serde(default)]
    pub not_corpora: Vec<Skipped>,
    /// What a reader should know (limits reached, assumptions made, calibrations).
    pub notes: Vec<String>,
}

/// Groups listed a breakdown.
pub const MAX_GROUPS: usize = 50;
/// Skipped places listed.
pub const MAX_SKIPPED: usize = 50;

/// One file read.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct InputFile {
    /// Path as given.
    pub path: String,
    /// The format found.
    pub format: String,
    /// Records read.
    pub records: u64,
    /// Bytes on disk.
    pub bytes: u64,
}

/// A sum of money that says what it leaves out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sum {
    /// The priced part.
    pub usd: Usd,
    /// Calls that have no price and are not in it.
    pub unpriced_requests: u64,
    /// Their tokens, as far as known.
    pub unpriced_tokens: u64,
}

/// The bill as it is: from usage where the log has it, from counted tokens where not.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Baseline {
    /// Calls.
    pub requests: u64,
    /// Input tokens, cached or not.
    pub input_tokens: u64,
    /// Of them, read from the provider's prompt cache.
    pub cache_read_tokens: u64,
    /// Of them, written to it.
    pub cache_write_tokens: u64,
    /// Output tokens, reasoning included.
    pub output_tokens: u64,
    /// Of them, reasoning.
    pub reasoning_tokens: u64,
    /// What it costs. `cost.unpriced_requests` calls are left out.
    pub cost_usd: Usd,
    /// No less than this: the interval of approximate counts and unknown cache hits.
    pub lower_usd: Usd,
    /// No more than this.
    pub upper_usd: Usd,
    /// Of the cost, input.
    pub input_usd: Usd,
    /// Of the cost, output.
    pub output_usd: Usd,
    /// Of the cost, fees (searches, requests).
    pub fees_usd: Usd,
    /// The dearest call …
    pub dearest_call_usd: Usd,
    /// … and where it stands, as `file:line`.
    pub dearest_call: Option<String>,
    /// What the log itself says was billed, where it says so, and the cost computed for the same calls.
    pub billed: Option<Billed>,
    /// Calls priced from the usage that the provider reported.
    pub from_usage: u64,
    /// Calls whose tokens were counted here with the model's own vocabulary.
    pub counted_exact: u64,
    /// Calls whose tokens were approximated.
    pub counted_approx: u64,
    /// Calls without usage and without an answer: their output is assumed (see `notes`).
    pub output_assumed: u64,
    /// Calls that a response cache of the sender answered: cost nothing.
    pub from_cache: u64,
    /// Calls that failed (HTTP status 400 and above): cost nothing.
    pub failed: u64,
    /// Calls without a price.
    pub unpriced_requests: u64,
    /// Their tokens.
    pub unpriced_tokens: u64,
    /// Why, most frequent first.
    pub unpriced: Vec<Unpriced>,
    /// Usage that contradicts itself: not priced, not clamped.
    pub flawed_requests: u64,
}

/// A comparison with the bill that the log carries.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct Billed {
    /// Calls with a billed amount and a computed cost.
    pub requests: u64,
    /// What the log says.
    pub billed_usd: Usd,
    /// What we compute for the same calls.
    pub computed_usd: Usd,
    /// Calls where both are equal to the pico-dollar.
    pub equal: u64,
}

/// Calls without a price, by reason.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Unpriced {
    /// The reason, in words.
    pub reason: String,
    /// Calls.
    pub requests: u64,
    /// Tokens.
    pub tokens: u64,
    /// What to do about it.
    pub help: Option<String>,
}

/// A group of calls in a breakdown.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Group {
    /// Model, or the tag's value.
    pub name: String,
    /// Host, for models.
    pub host: Option<String>,
    /// Calls.
    pub requests: u64,
    /// Input tokens.
    pub input_tokens: u64,
    /// Of them, read from the prompt cache.
    pub cache_read_tokens: u64,
    /// Output tokens.
    pub output_tokens: u64,
    /// Cost.
    pub cost: Sum,
    /// Days until the model is shut down, and its successor, if announced.
    pub shutdown: Option<String>,
}

/// Cost of a part of the input, or of the output.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct SectionCost {
    /// `system`, `tools`, `schema`, `documents`, `tool_results`, `history`, `user`, `media`, `framing`, `output`,
    /// `reasoning`, `fees`, `unknown` (usage without a request).
    pub name: String,
    /// Tokens.
    pub tokens: u64,
    /// Cost, cache discounts shared out over the prefix they were given for.
    pub cost_usd: Usd,
}

/// Use over time. All times UTC.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct TimeUse {
    /// First call, RFC 3339.
    pub first: String,
    /// Last call.
    pub last: String,
    /// Calls that have a time.
    pub requests: u64,
    /// Weekday (Monday first) × hour: calls.
    pub heat_requests: [[u64; 24]; 7],
    /// Weekday × hour: cost.
    pub heat_usd: Vec<Vec<Usd>>,
    /// Calls a minute, over minutes in which there was one.
    pub requests_per_minute: Quantiles,
    /// Tokens a minute, over the same minutes.
    pub tokens_per_minute: Quantiles,
    /// Busiest hour of the week, as weekday 0–6 (Monday first) and hour 0–23.
    pub peak: (u8, u8),
}

/// Quantiles by nearest rank.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quantiles {
    /// Median.
    pub p50: u64,
    /// 95th percentile.
    pub p95: u64,
    /// 99th percentile.
    pub p99: u64,
    /// Maximum.
    pub max: u64,
}

/// A kind of request.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Template {
    /// Constant text with `{…}` where it varies, shortened.
    pub skeleton: String,
    /// Calls.
    pub requests: u64,
    /// Input tokens.
    pub input_tokens: u64,
    /// Of the input, tokens that are the same in every call of the kind.
    pub constant_tokens: u64,
    /// Cost.
    pub cost: Sum,
    /// Variables in the skeleton.
    pub variables: u64,
}

/// A step of the waterfall.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Step {
    /// `response_cache`, `near_duplicates`, `prompt_cache`, `cheaper_model`, `service_tier`, ….
    pub name: String,
    /// In words.
    pub title: String,
    /// The bill after this step and all before it.
    pub cost_usd: Usd,
    /// Saved by this step, given those before it. Negative if it would cost.
    pub saved_usd: Usd,
    /// It saves no less than this …
    pub lower_usd: Usd,
    /// … and no more than this.
    pub upper_usd: Usd,
    /// Saved by all steps so far.
    pub cumulative_saved_usd: Usd,
    /// Calls it bears on.
    pub requests: u64,
    /// Whether its saving is part of the waterfall. An opportunity (near-duplicates) is shown and never counted.
    pub counted: bool,
    /// For `prompt_cache`: tokens read from the cache, over the calls that were simulated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache_read_tokens: Option<TokenRange>,
    /// What it rests on: the assumption that dominates it.
    pub rests_on: String,
    /// Whether the answers stay the same: `identical`, `may_differ`.
    pub answers: String,
}

/// A number of tokens that is not known exactly.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenRange {
    /// No fewer.
    pub lower: u64,
    /// Expected.
    pub expected: u64,
    /// No more.
    pub upper: u64,
}

/// The same corpus on another model.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct WhatIf {
    /// Model.
    pub model: String,
    /// Host.
    pub host: String,
    /// Calls that could run there.
    pub requests: u64,
    /// Input tokens, counted anew with its tokenizer.
    pub input_tokens: u64,
    /// Output tokens, scaled to its tokenizer.
    pub output_tokens: u64,
    /// Cost without a prompt cache … with as many hits as simulated is `cost`.
    pub cost_uncached: Sum,
    /// Cost with the provider's prompt cache simulated (expected).
    pub cost: Sum,
    /// No less than this.
    pub lower_usd: Usd,
    /// No more than this.
    pub upper_usd: Usd,
    /// Saved against the baseline; negative if dearer.
    pub saved_usd: Usd,
    /// Whether its tokens are counted with its own vocabulary.
    pub exact: bool,
    /// Calls beyond a price cliff (a context band above the base one).
    pub over_price_cliff: u64,
    /// Calls that do not fit its context window: not in the cost.
    pub over_context: u64,
    /// Calls that need something the model does not offer (tools, vision, structured output): not in the cost.
    pub lacking: u64,
    /// What they need.
    pub lacks: Vec<String>,
}

/// A place that was not counted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Skipped {
    /// File.
    pub file: String,
    /// Line or record, from 1; 0 for the whole file.
    pub line: u64,
    /// Why, and what to do.
    pub reason: String,
}
