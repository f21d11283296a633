//! A row of the ledger: one attempt at one provider, or one answer from the response cache.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::labels::Tags;
use crate::usage::{ServiceTier, Usage};
use crate::usd::Usd;

/// Names an attempt: 128 bits, of which the first 48 are milliseconds since the epoch, so that ids sort by time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AttemptId(pub u128);

/// What is kept of an attempt. No prompt, no answer: those are kept only where the configuration asks for it, elsewhere.
#[derive(Clone, Debug, PartialEq)]
pub struct UsageRecord {
    /// Its id.
    pub id: AttemptId,
    /// The call that it belongs to: retries and fallbacks share it. `router.feedback` names a call.
    pub call: AttemptId,
    /// When the attempt began.
    pub at: Timestamp,
    /// Digest of the request: equal requests of one tenant have equal digests.
    pub request: [u8; 16],
    /// Digest of the prompt's standing part (system instructions and tools): calls of one template share it.
    pub template: [u8; 16],
    /// Tenant.
    pub tenant: Arc<str>,
    /// Caller.
    pub caller: Option<Arc<str>>,
    /// Team.
    pub team: Option<Arc<str>>,
    /// Tags.
    pub tags: Tags,
    /// The route's name.
    pub route: Option<Arc<str>>,
    /// The model that the caller asked for, as written.
    pub asked: Option<Arc<str>>,
    /// The provider's name in the configuration.
    pub provider: Arc<str>,
    /// The host in the catalogue.
    pub host: Arc<str>,
    /// The model it went to, as in the catalogue.
    pub model: Arc<str>,
    /// The tier that served it: what the provider says, else what was asked.
    pub tier: ServiceTier,
    /// What was consumed.
    pub usage: Usage,
    /// Where the counters come from.
    pub source: UsageSource,
    /// What it cost; `None` is unpriced, never zero.
    pub cost: Option<Usd>,
    /// What the response cache saved: the price of the answer had it been asked for again.
    pub saved: Usd,
    /// By what.
    pub saved_by: Option<SavedBy>,
    /// Time in the queue, microseconds.
    pub queued_us: u64,
    /// Until the first byte of the answer (streams) or the whole answer, microseconds from sending.
    pub first_byte_us: Option<u64>,
    /// Until the end, microseconds from sending.
    pub total_us: u64,
    /// What became of it.
    pub outcome: Outcome,
    /// HTTP status, if there was one.
    pub status: Option<u16>,
    /// The provider's error code, if there was one.
    pub error: Option<Arc<str>>,
}

/// Where a record's counters come from, the surest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UsageSource {
    /// The provider said so.
    Provider,
    /// Counted here, from what was sent and received.
    Counted,
    /// The reservation stands in for it: the process died or the answer was cut off before anything could be counted.
    Reserved,
    /// Nothing was consumed (an error before the model began, an answer from the cache).
    None,
}

/// What became of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// A whole answer.
    Answered,
    /// Answered by the response cache.
    FromCache,
    /// Answered by another caller's call that was under way.
    Coalesced,
    /// The provider refused or failed.
    Failed,
    /// The answer was cut off.
    Truncated,
    /// The caller went away.
    Aborted,
    /// No answer in time.
    TimedOut,
    /// The process ended in between; found at the next start.
    Crashed,
}

/// By what an answer was saved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SavedBy {
    /// The response cache.
    ResponseCache,
    /// A call under way with the same request.
    Coalescing,
}

/// How good an answer was, as somebody said later.
#[derive(Clone, Debug, PartialEq)]
pub struct Feedback {
    /// The call.
    pub call: AttemptId,
    /// When it was said.
    pub at: Timestamp,
    /// From 0 (useless) to 1,000 (perfect).
    pub permille: u16,
    /// In words.
    pub label: Option<Arc<str>>,
}

impl fmt::Display for AttemptId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl AttemptId {
    /// From its 32 hexadecimal digits.
    pub fn from_text(text: &str) -> Option<AttemptId> {
        (text.len() == 32).then(|| u128::from_str_radix(text, 16).ok().map(AttemptId))?
    }
}
