//! The ledger beside a provider's own report: by day and model, what differs and why.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use serde::Serialize;

use super::record::{Outcome, UsageRecord};
use crate::clock::Timestamp;
use crate::format::Record;
use crate::usd::Usd;

/// What one side says of one model on one UTC day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Side {
    /// Calls, where that is told.
    pub calls: u64,
    /// Input tokens, cached or not.
    pub input: u64,
    /// Output tokens.
    pub output: u64,
    /// Money; `None` if that side tells none.
    pub usd: Option<Usd>,
}

/// A day and a model on which the two sides differ, or agree.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Compared {
    /// The UTC day.
    pub day: String,
    /// The model.
    pub model: String,
    /// The ledger.
    pub ours: Side,
    /// The provider's report.
    pub theirs: Side,
    /// What explains the difference; `None` if there is none.
    pub why: Option<Why>,
}

/// Why two sides differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// The provider has no such calls: they went to another account, or its report is not whole yet.
    MissingThere,
    /// The ledger has no such calls: somebody calls the provider past the router.
    MissingHere,
    /// Both have calls, but tokens differ.
    Tokens,
    /// The same tokens at another price: a discount, a tier, or an old price in the catalogue.
    Price,
}

/// A model's sums by day.
pub type Sides = BTreeMap<(String, String), Side>;

/// Adds a record of the ledger. What was answered from the cache never reached the provider.
pub fn add_ours(sides: &mut Sides, record: &UsageRecord) {
    if matches!(record.outcome, Outcome::FromCache | Outcome::Coalesced)
        || (record.usage.total() == 0 && record.cost == Some(Usd::ZERO))
    {
        return;
    }
    let side = sides.entry((day(record.at), record.model.to_string())).or_default();
    side.calls += 1;
    side.input = side.input.saturating_add(record.usage.input());
    side.output = side.output.saturating_add(record.usage.output());
    side.usd = Some(side.usd.unwrap_or_default().saturating_add(record.cost.unwrap_or_default()));
}

/// Adds a record of the provider's report. `named` gives the catalogue's name of a model.
pub fn add_theirs(sides: &mut Sides, record: &Record, named: impl Fn(Option<&str>, &str) -> Option<String>) {
    let Some(at) = record.at else { return };
    let written = record.model.as_deref().unwrap_or("(not told)");
    let model = named(record.provider.as_deref(), written).unwrap_or_else(|| written.to_owned());
    let side = sides.entry((day(at), model)).or_default();
    if let Some(Ok(reading)) = &record.usage {
        side.calls += record.n_calls.unwrap_or(1);
        side.input = side.input.saturating_add(reading.usage.input());
        side.output = side.output.saturating_add(reading.usage.output());
    }
    if let Some(billed) = record.billed {
        side.usd = Some(side.usd.unwrap_or_default().saturating_add(billed));
    }
}

/// The two beside each other, by day and model. Tokens may differ by `tolerance_permille` of theirs, money by as much.
pub fn compare(ours: &Sides, theirs: &Sides, tolerance_permille: u64) -> Vec<Compared> {
    let keys: std::collections::BTreeSet<_> = ours.keys().chain(theirs.keys()).collect();
    let near = |a: u64, b: u64| a.abs_diff(b).saturating_mul(1000) <= b.saturating_mul(tolerance_permille);
    let compared = keys.into_iter().map(|key| {
        let (mine, yours) = (ours.get(key).copied(), theirs.get(key).copied());
        let why = match (&mine, &yours) {
            (Some(_), None) => Some(Why::MissingThere),
            (None, Some(_)) => Some(Why::MissingHere),
            (Some(mine), Some(yours)) => {
                let tells_tokens = yours.input > 0 || yours.output > 0;
                let same_tokens = !tells_tokens || (near(mine.input, yours.input) && near(mine.output, yours.output));
                let same_money = match (mine.usd, yours.usd) {
                    (Some(mine), Some(yours)) => {
                        let off = mine.pico().abs_diff(yours.pico());
                        off.saturating_mul(1000)
                            <= yours.pico().unsigned_abs().saturating_mul(u128::from(tolerance_permille))
                    }
                    _ => true,
                };
                match (same_tokens, same_money) {
                    (false, _) => Some(Why::Tokens),
                    (true, false) => Some(Why::Price),
                    (true, true) => None,
                }
            }
            (None, None) => None,
        };
        Compared {
            day: key.0.clone(),
            model: key.1.clone(),
            ours: mine.unwrap_or_default(),
            theirs: yours.unwrap_or_default(),
            why,
        }
    });
    compared.collect()
}

fn day(at: Timestamp) -> String {
    at.to_zoned(TimeZone::UTC).date().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sides(rows: &[(&str, &str, u64, u64, Option<i128>)]) -> Sides {
        rows.iter()
            .map(|(day, model, input, output, pico)| {
                let side = Side { calls: 1, input: *input, output: *output, usd: pico.map(Usd::from_pico) };
                (((*day).to_owned(), (*model).to_owned()), side)
            })
            .collect()
    }

    #[test]
    fn differences_are_explained() {
        let ours = sides(&[
            ("d", "same", 10, 5, Some(100)),
            ("d", "only-here", 1, 1, Some(1)),
            ("d", "tokens", 10, 5, Some(9)),
            ("d", "price", 10, 5, Some(100)),
            ("d", "near", 1000, 5, Some(100)),
        ]);
        let theirs = sides(&[
            ("d", "same", 10, 5, Some(100)),
            ("d", "only-there", 1, 1, Some(1)),
            ("d", "tokens", 20, 5, Some(9)),
            ("d", "price", 10, 5, Some(50)),
            ("d", "near", 1004, 5, None),
        ]);
        let why: Vec<(String, Option<Why>)> =
            compare(&ours, &theirs, 5).into_iter().map(|row| (row.model, row.why)).collect();
        let expected = [
            ("near", None),
            ("only-here", Some(Why::MissingThere)),
            ("only-there", Some(Why::MissingHere)),
            ("price", Some(Why::Price)),
            ("same", None),
            ("tokens", Some(Why::Tokens)),
        ];
        assert_eq!(why, expected.map(|(model, why)| (model.to_owned(), why)));
    }
}
