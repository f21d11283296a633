//! What the response cache is told.

use std::time::Duration;

use crate::secret::SecretRef;

/// The response cache, for all routes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CacheSettings {
    /// Memory for answers.
    pub max_bytes: u64,
    /// A larger answer is not kept.
    pub max_entry_bytes: u32,
    /// The second level, shared by several instances.
    pub redis: Option<RedisSettings>,
}

/// Redis or Valkey as the second level.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RedisSettings {
    /// Its address, with credentials: a secret.
    pub url: SecretRef,
    /// The secret from which the keys of answers and of their encryption are derived, the same for all instances.
    pub seal: SecretRef,
    /// How long an answer is waited for before the provider is asked.
    pub budget: Duration,
}

/// How long the second level is waited for, where nobody says.
pub const BUDGET: Duration = Duration::from_millis(20);

/// What a route lets the cache do.
#[allow(clippy::struct_excessive_bools, reason = "each is a switch of the configuration")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CachePolicy {
    /// Whether answers are kept and found at all.
    pub is_on: bool,
    /// How long an answer is fresh.
    pub time_to_live: Duration,
    /// How long after that it may still be given while a new one is fetched; zero for never.
    pub stale: Duration,
    /// Requests without `temperature: 0` too.
    pub sampled: bool,
    /// Answers that end in tool calls too.
    pub tool_calls: bool,
    /// End users of one tenant do not share answers.
    pub per_user: bool,
    /// Rises when what the answers depend on changes outside of the request (guardrails, prompt templates).
    pub epoch: u64,
}

impl Default for CacheSettings {
    fn default() -> Self {
        CacheSettings { max_bytes: 256 << 20, max_entry_bytes: 256 << 10, redis: None }
    }
}

impl Default for CachePolicy {
    fn default() -> Self {
        CachePolicy {
            is_on: true,
            time_to_live: Duration::from_secs(3600),
            stale: Duration::ZERO,
            sampled: false,
            tool_calls: false,
            per_user: false,
            epoch: 0,
        }
    }
}
