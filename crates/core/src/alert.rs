//! Alerts: on money spent, on its pace, on hours that cost far more than usual, on models about to shut down, on old prices, and on
//! caches that stopped to hit. Each is told once when it begins, again after a while as long as it holds, and once when it is over.
//!
//! [`Alerts`] is the pure half: it is shown every record and looks around when told to, with the time as an argument. [`Deliveries`]
//! brings what it says to callbacks, webhooks, commands and files, and never keeps a request waiting.

pub mod settings;

mod burn;
mod caches;
mod hours;
mod models;
mod standing;
mod watch;

#[cfg(feature = "router")]
mod deliver;
#[cfg(feature = "router")]
mod way;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Serialize, Serializer};

use crate::clock::Timestamp;
use crate::text::shorten;
use crate::usd::Usd;

#[cfg(feature = "router")]
pub use deliver::{Callback, Delivered, Deliveries};
pub use watch::{Alerts, SOFT_LIMIT, World};

/// Longer names of subjects are cut in texts: they come from callers.
const SUBJECT_CHARS: usize = 120;

/// What is told. As JSON, money is a decimal text and instants are RFC 3339.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Alert {
    /// The alert's name in the configuration; [`SOFT_LIMIT`] for soft limits that no alert watches.
    pub name: Arc<str>,
    /// What it is about.
    pub kind: Kind,
    /// Whether it begins, still holds, or is over.
    pub state: State,
    /// What of: a budget and whose share of it, a model, a cache; empty for all spend together.
    pub subject: Arc<str>,
    /// In one sentence.
    pub text: String,
    /// The figures in that sentence.
    pub figures: Figures,
    /// When that was seen.
    #[serde(serialize_with = "as_text")]
    pub at: Timestamp,
}

/// Figures by name: `settled`, `limit`, `days`, …
pub type Figures = BTreeMap<&'static str, Figure>;

/// One figure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Figure {
    /// Money.
    Usd(Usd),
    /// A number: days, thousandths, seconds.
    Count(i64),
    /// A day or an instant.
    Text(String),
}

/// What an alert is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A share of a budget is spent.
    Spent,
    /// A budget will end before its period does.
    BurnRate,
    /// An hour costs far more than usual.
    Spike,
    /// A model in use is about to shut down.
    Shutdown,
    /// A price in use was seen long ago.
    StalePrice,
    /// A cache hits far less than it did.
    HitRateFalls,
}

/// Where an alert stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// It begins.
    Raised,
    /// It still holds.
    Repeated,
    /// It is over.
    Cleared,
}

/// A budget's or model's name as it may stand in a sentence: short, on one line, its parts joined with a stroke.
fn shown(name: &str) -> String {
    shorten(&name.replace('\u{1f}', "/"), SUBJECT_CHARS)
}

/// Thousandths as a percentage: `81`, `8.5`.
fn percent(permille: i128) -> String {
    let (whole, tenth) = (permille / 10, (permille % 10).abs());
    if tenth == 0 { whole.to_string() } else { format!("{whole}.{tenth}") }
}

/// Thousandths as a factor: `2.1`.
fn times(permille: i128) -> String {
    format!("{}.{}", permille / 1000, (permille % 1000).abs() / 100)
}

/// A number as a figure; the end of the range for what leaves it.
fn count(number: i128) -> Figure {
    let end = if number < 0 { i64::MIN } else { i64::MAX };
    Figure::Count(i64::try_from(number).unwrap_or(end))
}

fn as_text<S: Serializer>(at: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(at)
}

#[cfg(test)]
mod tests;
