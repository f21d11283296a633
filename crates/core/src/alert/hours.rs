//! Spend by the hour, and how far an hour is from what is usual then: the distance from the median in median absolute deviations, which
//! a few wild hours among those before do not move.

use std::collections::BTreeMap;

use super::standing::{Level, Reading};
use super::{Figure, Figures, count, times};
use crate::clock::Timestamp;
use crate::usd::Usd;

const HOUR_S: i64 = 3600;
const DAY: i64 = 24;
const WEEK: i64 = 7 * DAY;
/// Weeks that are remembered.
pub(super) const KEPT_WEEKS: i64 = 8;
/// So many of the same hour of the week are enough to know it.
const MIN_WEEKS: usize = 4;
/// Until then, so many of the same hour of other days.
const MIN_DAYS: usize = 7;
/// Days among which those are looked for.
const NEAR_DAYS: i64 = 28;
/// A deviation is at least this part of the median, and of what an hour costs that is not free: where all hours are alike, or usually
/// nothing is spent, a cent more is no spike.
const LEAST_PART: i128 = 10;

/// Money by hour since the epoch.
#[derive(Debug, Default)]
pub(super) struct Hours {
    by_hour: BTreeMap<i64, Usd>,
    /// The first hour of which anything is known.
    first: Option<i64>,
}

/// How an hour compares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Score {
    hour: i64,
    spent: Usd,
    median: Usd,
    deviation: Usd,
    /// Deviations above the median, in thousandths; negative below.
    permille: i128,
    n_hours: usize,
    /// Of the same hour of the week, or only of the day.
    is_of_week: bool,
}

impl Hours {
    /// Counts money. In any order: a history may be read while calls come in.
    pub(super) fn add(&mut self, at: Timestamp, cost: Usd) {
        let hour = hour(at);
        let sum = self.by_hour.entry(hour).or_default();
        *sum = sum.saturating_add(cost);
        self.first = Some(self.first.map_or(hour, |first| first.min(hour)));
    }

    /// Lets go what is too old.
    pub(super) fn sweep(&mut self, now: Timestamp) {
        let oldest = hour(now) - KEPT_WEEKS * WEEK - 1;
        self.by_hour.retain(|hour, _| *hour >= oldest);
        self.first = self.first.map(|first| first.max(oldest));
    }

    /// Days of which spend is known.
    pub(super) fn known_days(&self, now: Timestamp) -> i64 {
        self.first.map_or(0, |first| (hour(now) - first).max(0) / DAY)
    }

    /// The wilder of the hour that is going and the one before it: what was one is one until a quiet hour has ended. `None` while too
    /// little is known.
    pub(super) fn reading(&self, now: Timestamp, permille: u32) -> Option<Reading> {
        let hour = hour(now);
        let score =
            [hour, hour - 1].into_iter().filter_map(|hour| self.score(hour)).max_by_key(|score| score.permille)?;
        let begin = Timestamp::from_second(score.hour.saturating_mul(HOUR_S)).unwrap_or(now);
        let usual = if score.is_of_week { "at this hour of the week" } else { "at this hour of the day" };
        let text = format!(
            "{} was spent in the hour from {begin}; usual {usual} is {} (median of {}), and this is {} deviations of {} above it",
            score.spent,
            score.median,
            score.n_hours,
            times(score.permille.max(0)),
            score.deviation,
        );
        Some(Reading {
            key: "".into(),
            subject: "".into(),
            level: Level::of(score.permille, i128::from(permille)),
            text,
            figures: Figures::from([
                ("spent", Figure::Usd(score.spent)),
                ("median", Figure::Usd(score.median)),
                ("deviation", Figure::Usd(score.deviation)),
                ("permille", count(score.permille)),
                ("hour", Figure::Text(begin.to_string())),
            ]),
        })
    }

    fn score(&self, hour: i64) -> Option<Score> {
        let spent = self.of(hour);
        let mut before = self.every(hour, WEEK, KEPT_WEEKS);
        let is_of_week = before.len() >= MIN_WEEKS;
        if !is_of_week {
            before = self.every(hour, DAY, NEAR_DAYS);
            if before.len() < MIN_DAYS {
                return None;
            }
        }
        let median = median(before.clone())?;
        let distances = before.iter().map(|cost| cost.pico().abs_diff(median.pico()).cast_signed()).map(Usd::from_pico);
        let paid = self.by_hour.range(..hour).map(|(_, cost)| *cost).filter(|cost| !cost.is_zero()).collect();
        let least = self::median(paid)?.pico().max(median.pico()) / LEAST_PART;
        let deviation = self::median(distances.collect())?.pico().max(least).max(1);
        let permille = spent.saturating_sub(median).pico().saturating_mul(1000) / deviation;
        let (deviation, n_hours) = (Usd::from_pico(deviation), before.len());
        Some(Score { hour, spent, median, deviation, permille, n_hours, is_of_week })
    }

    /// The same hour some times before. The first known hour was not whole.
    fn every(&self, hour: i64, step: i64, n_steps: i64) -> Vec<Usd> {
        let known = |before: &i64| self.first.is_some_and(|first| *before > first);
        (1..=n_steps).map(|i| hour - i * step).filter(known).map(|before| self.of(before)).collect()
    }

    fn of(&self, hour: i64) -> Usd {
        self.by_hour.get(&hour).copied().unwrap_or_default()
    }
}

fn hour(at: Timestamp) -> i64 {
    at.as_second().div_euclid(HOUR_S)
}

/// The lower one of the two in the middle. `None` of nothing.
fn median(mut amounts: Vec<Usd>) -> Option<Usd> {
    amounts.sort_unstable();
    amounts.get(amounts.len().checked_sub(1)? / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    const CENT: i128 = 10_000_000_000;

    fn at(hour: i64) -> Timestamp {
        Timestamp::from_second(hour * HOUR_S).unwrap()
    }

    /// Hours from 1 on, each with so many cents.
    fn hours(cents: impl Iterator<Item = i128>) -> Hours {
        let mut hours = Hours::default();
        hours.add(at(0), Usd::from_pico(CENT));
        for (i, cents) in (1..).zip(cents) {
            hours.add(at(i), Usd::from_pico(cents * CENT));
        }
        hours
    }

    fn permille(hours: &Hours, hour: i64) -> Option<i128> {
        hours.score(hour).map(|score| score.permille)
    }

    #[test]
    fn a_spike_is_seen_against_the_same_hour() {
        // Busy by day, quiet by night, for six weeks.
        let mut known = hours((1..=6 * WEEK).map(|hour| if hour % DAY >= 8 { 1000 + i128::from(hour % 3) } else { 1 }));
        let next = 6 * WEEK + 1;
        // Nothing yet in the hour that is going; 10 dollars by night; as much is usual by day.
        assert!(permille(&known, next).unwrap() <= 0);
        known.add(at(next), Usd::from_pico(1000 * CENT));
        assert_eq!(permille(&known, next), Some(9_990));
        known.add(at(next + 9), Usd::from_pico(1100 * CENT));
        assert!(permille(&known, next + 9).unwrap() < 1_100);
        // Wild hours before do not hide it, as a mean and its deviation would.
        for week in 1..=2 {
            known.add(at(next - week * WEEK), Usd::from_pico(100_000 * CENT));
        }
        assert!(permille(&known, next).unwrap() > 9_000);
    }

    #[test]
    fn where_little_is_known_nothing_is_said() {
        let short = hours(std::iter::repeat_n(5, 6 * DAY as usize));
        assert_eq!(permille(&short, 6 * DAY + 1), None);
        assert_eq!((short.known_days(at(6 * DAY)), Hours::default().known_days(at(5))), (6, 0));
        // After a week, by the hour of the day.
        let week = hours(std::iter::repeat_n(5, WEEK as usize));
        let score = week.score(WEEK + 1).unwrap();
        assert!(!score.is_of_week && score.n_hours == MIN_DAYS && score.median == Usd::from_pico(5 * CENT));
        let four = hours(std::iter::repeat_n(5, 4 * WEEK as usize));
        assert!(four.score(4 * WEEK + 1).unwrap().is_of_week);
        assert!(Hours::default().score(0).is_none());
    }

    #[test]
    fn a_spike_lasts_until_a_quiet_hour_has_ended_and_memory_is_bounded() {
        let mut known = hours(std::iter::repeat_n(5, 5 * WEEK as usize));
        let wild = 5 * WEEK + 1;
        known.add(at(wild), Usd::from_pico(500 * CENT));
        let level = |known: &Hours, hour| known.reading(at(hour), 5_000).map(|reading| reading.level);
        assert_eq!(level(&known, wild), Some(Level::Over));
        assert_eq!(level(&known, wild + 1), Some(Level::Over));
        assert_eq!(level(&known, wild + 2), Some(Level::Under));
        known.sweep(at(100 * WEEK));
        assert!(known.by_hour.is_empty());
    }
}
