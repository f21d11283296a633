//! What alerts are told.

use std::path::PathBuf;
use std::time::Duration;

use super::Kind;
use crate::secret::SecretRef;

/// An alert: what is watched, and who is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlertSpec {
    /// Its name; no two have the same.
    pub name: String,
    /// What is watched.
    pub watch: Watch,
    /// Who is told, besides the callbacks of the embedding service.
    pub to: Vec<Receiver>,
    /// Not told again within this time while it holds.
    pub repeat: Duration,
}

/// What is watched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Watch {
    /// What is settled in a budget reaches a share of its hard limit (of the soft one where there is no other), or all of its soft
    /// limit. What is only set aside for calls under way is not spent yet.
    Spent {
        /// The name of the budget; `None` for every budget.
        budget: Option<String>,
        /// Thousandths of its limit.
        permille: u32,
    },
    /// At the pace of the last hour a budget ends before its period does.
    BurnRate {
        /// The name of the budget; `None` for every budget.
        budget: Option<String>,
        /// How many times too fast, in thousandths: 1,500 is one and a half times.
        permille: u32,
    },
    /// An hour's spend is far above what is usual at that hour of the week.
    Spike {
        /// Median absolute deviations above the median, in thousandths.
        permille: u32,
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
    /// The provider's prompt cache, or the response cache, hits far less in the last hour than in the day before it. A rate that
    /// stays low is the usual one a day later, and the alert is over.
    HitRateFalls {
        /// Thousandths of what it was.
        permille: u32,
    },
}

/// Who is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Receiver {
    /// A POST with a Slack-compatible body, to an address that is a secret.
    Webhook(SecretRef),
    /// A command and its arguments, with the alert as JSON on its standard input. No shell.
    Command(Vec<String>),
    /// A line of JSON in this file.
    Log(PathBuf),
}

impl Watch {
    /// What its alerts are about.
    pub fn kind(&self) -> Kind {
        match self {
            Watch::Spent { .. } => Kind::Spent,
            Watch::BurnRate { .. } => Kind::BurnRate,
            Watch::Spike { .. } => Kind::Spike,
            Watch::Shutdown { .. } => Kind::Shutdown,
            Watch::StalePrice { .. } => Kind::StalePrice,
            Watch::HitRateFalls { .. } => Kind::HitRateFalls,
        }
    }

    /// Whether it looks at a budget of this name.
    pub fn covers(&self, name: &str) -> bool {
        match self {
            Watch::Spent { budget, .. } | Watch::BurnRate { budget, .. } => {
                budget.as_ref().is_none_or(|budget| budget == name)
            }
            _ => false,
        }
    }
}
