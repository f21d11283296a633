//! What retries and breakers are told.

use std::time::Duration;

/// Retries of one call, and of all calls to a target together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RetrySettings {
    /// Attempts of one call in all, over retries and fallbacks.
    pub max_attempts: u32,
    /// The first pause; each next one is twice as long, with jitter.
    pub first_pause: Duration,
    /// The longest pause.
    pub max_pause: Duration,
    /// A `retry-after` above this is not waited for: the next target is asked, or the error handed on.
    pub max_retry_after: Duration,
    /// Tokens in a target's bucket of retries (the standard mode of AWS' SDKs has 500).
    pub bucket: u32,
    /// Tokens that a retry costs (5 there; 10 after a timeout).
    pub cost: u32,
    /// After a timeout.
    pub timeout_cost: u32,
    /// Tokens that an answer without retry gives back (1 there).
    pub refund: u32,
}

/// When a target is left alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BreakerSettings {
    /// Failures in a row that open it.
    pub failures: u32,
    /// Share of failures among the calls of the window that opens it, in thousandths.
    pub failure_permille: u32,
    /// Calls that the window must hold before the share counts.
    pub min_calls: u32,
    /// The window.
    pub window: Duration,
    /// How long it stays open before one call is let through to see.
    pub cooldown: Duration,
}

impl Default for RetrySettings {
    fn default() -> Self {
        RetrySettings {
            max_attempts: 4,
            first_pause: Duration::from_millis(250),
            max_pause: Duration::from_secs(20),
            max_retry_after: Duration::from_secs(30),
            bucket: 500,
            cost: 5,
            timeout_cost: 10,
            refund: 1,
        }
    }
}

impl Default for BreakerSettings {
    fn default() -> Self {
        BreakerSettings {
            failures: 5,
            failure_permille: 500,
            min_calls: 20,
            window: Duration::from_secs(120),
            cooldown: Duration::from_secs(15),
        }
    }
}
