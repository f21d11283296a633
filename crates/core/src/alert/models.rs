//! Models in use: which of them shut down soon, and which prices they go by were seen long ago.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::standing::{Level, Reading};
use super::{Figure, Figures, shown};
use crate::catalog::{Catalog, ModelSpec};
use crate::clock::Timestamp;
use crate::ledger::{Outcome, UsageRecord};
use crate::usage::ServiceTier;

/// A model is in use for so long after its last answer.
const IN_USE: Duration = Duration::from_secs(7 * 86_400);
/// Models beyond this are not watched.
const MAX_MODELS: usize = 4096;

/// Models that answered, by host and id.
#[derive(Debug, Default)]
pub(super) struct Models(BTreeMap<(Arc<str>, Arc<str>), Use>);

#[derive(Debug)]
struct Use {
    last: Timestamp,
    tiers: BTreeSet<ServiceTier>,
}

impl Models {
    /// Counts a record.
    pub(super) fn add(&mut self, record: &UsageRecord, at: Timestamp) {
        let key = (Arc::clone(&record.host), Arc::clone(&record.model));
        let is_room = self.0.len() < MAX_MODELS || self.0.contains_key(&key);
        if record.outcome != Outcome::Answered || !is_room {
            return;
        }
        let used = self.0.entry(key).or_insert_with(|| Use { last: at, tiers: BTreeSet::new() });
        used.last = used.last.max(at);
        used.tiers.insert(record.tier);
    }

    /// Lets go what is not in use any more.
    pub(super) fn sweep(&mut self, now: Timestamp) {
        self.0.retain(|_, used| used.last >= now || now.duration_since(used.last).unsigned_abs() <= IN_USE);
    }

    fn known<'a>(&'a self, catalog: &'a Catalog) -> impl Iterator<Item = (&'a ModelSpec, &'a Use)> {
        self.0.iter().filter_map(|((host, model), used)| Some((catalog.find(Some(host), model)?, used)))
    }

    /// Models that end within so many days, or have.
    pub(super) fn shutdowns(
        &self,
        catalog: &Catalog,
        ending: &dyn Fn(&ModelSpec) -> Option<Date>,
        now: Timestamp,
        days: u32,
    ) -> Vec<Reading> {
        let reading = |(spec, _): (&ModelSpec, &Use)| {
            let day = ending(spec)?;
            let left = n_days(today(now), day);
            let name = format!("{}/{}", shown(&spec.host), shown(&spec.id));
            let when = match left {
                ..0 => format!("should have shut down on {day}"),
                0 => format!("shuts down today, {day}"),
                1 => format!("shuts down tomorrow, {day}"),
                _ => format!("shuts down on {day}, in {left} days"),
            };
            let instead = spec.successor.as_ref().map(|next| format!("; its successor is `{}`", shown(next)));
            Some(Reading {
                key: format!("{}/{}", spec.host, spec.id).into(),
                subject: name.as_str().into(),
                level: if left <= i64::from(days) { Level::Over } else { Level::Under },
                text: format!("`{name}` {when}{}", instead.unwrap_or_default()),
                figures: Figures::from([("days", Figure::Count(left)), ("shutdown", Figure::Text(day.to_string()))]),
            })
        };
        distinct(self.known(catalog).filter_map(reading))
    }

    /// Models of which a price was last seen more than so many days ago.
    pub(super) fn stale_prices(&self, catalog: &Catalog, now: Timestamp, days: u32) -> Vec<Reading> {
        let reading = |(spec, used): (&ModelSpec, &Use)| {
            let day = oldest(spec, &used.tiers, today(now))?;
            let age = n_days(day, today(now));
            let name = format!("{}/{}", shown(&spec.host), shown(&spec.id));
            Some(Reading {
                key: format!("{}/{}", spec.host, spec.id).into(),
                subject: name.as_str().into(),
                level: if age > i64::from(days) { Level::Over } else { Level::Under },
                text: format!("a price of `{name}` was last seen on {day}, {age} days ago"),
                figures: Figures::from([("days", Figure::Count(age)), ("observed", Figure::Text(day.to_string()))]),
            })
        };
        distinct(self.known(catalog).filter_map(reading))
    }
}

/// The oldest day on which a price was seen that a model goes by: those of the tiers in use, in any band.
fn oldest(spec: &ModelSpec, tiers: &BTreeSet<ServiceTier>, today: Date) -> Option<Date> {
    let sheet = spec.prices.iter().rev().find(|sheet| sheet.holds_on(today))?;
    let cards = tiers.iter().flat_map(|tier| sheet.bands.iter().filter_map(move |band| band.tiers.get(tier)));
    cards.flat_map(|card| card.cells.values()).map(|cell| cell.observed).min()
}

/// Several names in use may be one row of the catalogue.
fn distinct(readings: impl Iterator<Item = Reading>) -> Vec<Reading> {
    let mut by_key: BTreeMap<Arc<str>, Reading> = BTreeMap::new();
    for reading in readings {
        let known = by_key.get(&reading.key);
        if known.is_none_or(|known| known.level != Level::Over) {
            by_key.insert(Arc::clone(&reading.key), reading);
        }
    }
    by_key.into_values().collect()
}

fn today(now: Timestamp) -> Date {
    now.to_zoned(TimeZone::UTC).date()
}

fn n_days(from: Date, to: Date) -> i64 {
    from.until(to).map_or(0, |span| i64::from(span.get_days()))
}
