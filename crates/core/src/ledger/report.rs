//! What `promptopt usage` shows: the figures of a ledger between two instants. As JSON it is `promptopt.usage/1`; money is a decimal
//! string of dollars, times are milliseconds, instants are RFC 3339 in UTC.

use serde::Serialize;

use crate::usd::Usd;

/// The form's name.
pub const SCHEMA: &str = "promptopt.usage/1";

/// The figures.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct UsageReport {
    /// [`SCHEMA`].
    pub schema: &'static str,
    /// When it was made.
    pub now: String,
    /// From when on calls are counted; `None` is from the first.
    pub since: Option<String>,
    /// Until when, exclusive; `None` is to the last.
    pub until: Option<String>,
    /// The first attempt that is counted.
    pub first: Option<String>,
    /// The last.
    pub last: Option<String>,
    /// By what [`groups`](Self::groups) tells calls apart.
    pub by: String,
    /// All together.
    pub total: Group,
    /// The groups: dearest first, or in order of time.
    pub groups: Vec<Group>,
    /// Attempts by weekday (Monday first) and hour, UTC.
    pub heat: [[u64; 24]; 7],
    /// What went wrong, most frequent first.
    pub errors: Vec<Trouble>,
    /// The current month, whatever the period above.
    pub month: Month,
    /// Prompts that share their standing part (instructions and tools), dearest first.
    pub templates: Vec<Template>,
    /// Templates in all.
    pub n_templates: u64,
}

/// Sums of attempts. Every attempt is one of `answered`, `from_cache`, `coalesced` and `failed`.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Group {
    /// The group's name; `None` for calls without such a label.
    pub name: Option<String>,
    /// Rows of the ledger: tries of calls at a provider, and answers that needed none.
    pub attempts: u64,
    /// Answered in full by a provider.
    pub answered: u64,
    /// Answered by the response cache.
    pub from_cache: u64,
    /// Answered by another caller's call under way.
    pub coalesced: u64,
    /// Not answered in full, for whatever reason.
    pub failed: u64,
    /// Input tokens, cached or not.
    pub input_tokens: u64,
    /// Of them read from the provider's prompt cache.
    pub cache_read_tokens: u64,
    /// Of them written to it.
    pub cache_write_tokens: u64,
    /// Output tokens with reasoning.
    pub output_tokens: u64,
    /// Of them reasoning.
    pub reasoning_tokens: u64,
    /// What it cost.
    pub cost_usd: Usd,
    /// Attempts that cost something unknown; not in `cost_usd`.
    pub unpriced: u64,
    /// Of the cost: reservations that stand in for attempts of which nothing was learned.
    pub reserved_usd: Usd,
    /// What the response cache and coalescing saved.
    pub saved_usd: Usd,
    /// Time from sending to the end, of answered attempts.
    pub latency: Option<Quantiles>,
    /// Time from sending to the first byte, of answered attempts.
    pub first_byte: Option<Quantiles>,
    /// What was said of its answers.
    pub feedback: Option<Rating>,
}

/// Two quantiles, in milliseconds, each within 1/64.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Quantiles {
    /// Half took no longer.
    pub p50_ms: u64,
    /// 95 of a hundred took no longer.
    pub p95_ms: u64,
}

/// Scores of answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Rating {
    /// Scores.
    pub n: u64,
    /// Their mean, from 0 to 1,000.
    pub mean_permille: u64,
}

/// Attempts that failed in the same way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Trouble {
    /// `failed`, `truncated`, `aborted`, `timed_out`, `crashed`.
    pub outcome: String,
    /// HTTP status.
    pub status: Option<u16>,
    /// The provider's error code.
    pub error: Option<String>,
    /// How many.
    pub attempts: u64,
    /// What they cost all the same.
    pub cost_usd: Usd,
}

/// What the current calendar month has cost and may cost. Projected is what was spent, and for the rest of the month the pace of the
/// last seven days (or of all days since the first record, if they are fewer): seven, because a week has its rhythm.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Month {
    /// `2026-11`.
    pub month: String,
    /// Spent until now.
    pub spent_usd: Usd,
    /// Attempts without a price; not in the figures.
    pub unpriced: u64,
    /// At its end; `None` where there is less than an hour to go by.
    pub projected_usd: Option<Usd>,
    /// Hours that the pace was taken from.
    pub pace_hours: u64,
    /// What they cost.
    pub pace_usd: Usd,
    /// Hours until the month ends, rounded up.
    pub hours_left: u64,
}

/// Calls that share instructions and tools.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Template {
    /// The first half of the digest of the standing part, hexadecimal.
    pub template: String,
    /// Attempts.
    pub attempts: u64,
    /// Input tokens.
    pub input_tokens: u64,
    /// Of them read from the provider's prompt cache.
    pub cache_read_tokens: u64,
    /// Output tokens.
    pub output_tokens: u64,
    /// What they cost.
    pub cost_usd: Usd,
    /// Answers from the response cache, or of another's call.
    pub saved: u64,
}
