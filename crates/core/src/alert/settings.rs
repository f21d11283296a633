//! What alerts are told.

use std::time::Duration;

use crate::secret::SecretRef;

/// An alert: what is watched, and who is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlertSpec {
    /// Its name.
    pub name: String,
    /// What is watched.
    pub watch: Watch,
    /// Who is told, besides the callback of the embedding service.
    pub to: Vec<Receiver>,
    /// Not told again within this time while it holds.
    pub repeat: Duration,
}

/// What is watched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Watch {
    /// A budget's settled and reserved money reaches a share of its limit, in thousandths (soft limits raise one at 1,000 of the
    /// soft limit). The name of the budget; `None` for every budget.
    Spent {
        /// Which budget.
        budget: Option<String>,
        /// Thousandths of its limit.
        permille: u32,
    },
    /// At the rate of the last hour the budget ends before its period does.
    BurnRate {
        /// Which budget.
        budget: Option<String>,
        /// How many times too fast, in thousandths: 1,500 is one and a half times.
        permille: u32,
    },
    /// An hour's spend is far above what is usual at that hour of the week.
    Spike {
        /// Robust deviations (median absolute deviation) above the median, in thousandths.
        deviations: u32,
    },
    /// A model in use shuts down within so many days.
    Shutdown {
        /// Days before.
        days: u32,
    },
    /// A price in use was last seen more than so many days ago.
    StalePrice {
        /// Days.
        days: u32,
    },
    /// The provider's prompt cache, or the response cache, hits far less than it did.
    HitRateFalls {
        /// Thousandths of what it was.
        permille: u32,
    },
}

/// Who is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Receiver {
    /// A POST with a Slack-compatible body to an address that is a secret.
    Webhook(SecretRef),
    /// A command with the alert as JSON on its standard input.
    Command(Vec<String>),
    /// A line in this file.
    Log(String),
}
