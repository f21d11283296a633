//! Use over time: when calls come and what they cost by weekday and hour, and how many come in a minute (what rate limits
//! are measured in). All in UTC, all exact: one pair of counters a minute in which there was a call.

use std::collections::HashMap;

use crate::clock::Timestamp;
use crate::estimate::report::{Quantiles, TimeUse};
use crate::usd::Usd;

/// Minutes counted on their own: two years of calls in every minute. About 40 MB.
pub const MAX_MINUTES: usize = 1_000_000;

const SECONDS_A_MINUTE: i64 = 60;
const HOURS_A_WEEK: i64 = 7 * 24;
/// 1 January 1970 was a Thursday; the week here begins on Monday.
const EPOCH_HOUR: i64 = 3 * 24;

/// Counts calls by when they came.
#[derive(Debug, Default)]
pub struct TimeUseBuilder {
    first_last: Option<(Timestamp, Timestamp)>,
    n_requests: u64,
    heat_requests: [[u64; 24]; 7],
    heat_usd: [[Usd; 24]; 7],
    /// Minute since 1970 to calls and tokens.
    minutes: HashMap<i64, (u64, u64)>,
    is_full: bool,
}

impl TimeUseBuilder {
    /// Adds a call.
    pub fn observe(&mut self, at: Timestamp, tokens: u64, cost: Usd) {
        self.observe_within(at, tokens, cost, MAX_MINUTES);
    }

    /// Whether there were calls in more than [`MAX_MINUTES`] minutes: then the quantiles a minute rest on the minutes
    /// that came first in the corpus, and a note should say so. All other figures cover all calls.
    pub const fn is_full(&self) -> bool {
        self.is_full
    }

    /// The figures; `None` without a call.
    pub fn finish(self) -> Option<TimeUse> {
        let (first, last) = self.first_last?;
        let (mut requests, mut tokens): (Vec<u64>, Vec<u64>) = self.minutes.into_values().unzip();
        Some(TimeUse {
            first: first.to_string(),
            last: last.to_string(),
            requests: self.n_requests,
            peak: peak(&self.heat_requests),
            heat_requests: self.heat_requests,
            heat_usd: self.heat_usd.iter().map(|hours| hours.to_vec()).collect(),
            requests_per_minute: quantiles(&mut requests),
            tokens_per_minute: quantiles(&mut tokens),
        })
    }

    fn observe_within(&mut self, at: Timestamp, tokens: u64, cost: Usd, max_minutes: usize) {
        let (first, last) = self.first_last.unwrap_or((at, at));
        self.first_last = Some((first.min(at), last.max(at)));
        self.n_requests += 1;

        // Division that rounds down: instants before 1970 have their weekday too, and a call half a second before a
        // full minute belongs to the minute before.
        let minute = at.as_millisecond().div_euclid(SECONDS_A_MINUTE * 1_000);
        let hour_of_week = (minute.div_euclid(60) + EPOCH_HOUR).rem_euclid(HOURS_A_WEEK) as usize;
        let (weekday, hour) = (hour_of_week / 24, hour_of_week % 24);
        self.heat_requests[weekday][hour] += 1;
        let usd = &mut self.heat_usd[weekday][hour];
        *usd = usd.saturating_add(cost);

        if self.minutes.len() >= max_minutes && !self.minutes.contains_key(&minute) {
            self.is_full = true;
            return;
        }
        let (n_requests, n_tokens) = self.minutes.entry(minute).or_default();
        *n_requests += 1;
        *n_tokens = n_tokens.saturating_add(tokens);
    }
}

/// The hour of the week with most calls, the first of several.
fn peak(heat: &[[u64; 24]; 7]) -> (u8, u8) {
    let mut peak = (0, 0);
    for (weekday, hours) in (0_u8..).zip(heat) {
        for (hour, n_requests) in (0_u8..).zip(hours) {
            if *n_requests > heat[usize::from(peak.0)][usize::from(peak.1)] {
                peak = (weekday, hour);
            }
        }
    }
    peak
}

/// By nearest rank: the least value that so many hundredths of all values do not exceed.
fn quantiles(values: &mut [u64]) -> Quantiles {
    values.sort_unstable();
    let rank = |percent: usize| {
        let at = (values.len() * percent).div_ceil(100).saturating_sub(1);
        values.get(at).copied().unwrap_or_default()
    };
    Quantiles { p50: rank(50), p95: rank(95), p99: rank(99), max: rank(100) }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use jiff::tz::TimeZone;
    use proptest::prelude::*;

    use super::*;

    fn build(calls: &[(&str, u64, i128)]) -> Option<TimeUse> {
        let mut builder = TimeUseBuilder::default();
        for (at, tokens, pico) in calls {
            builder.observe(at.parse().unwrap(), *tokens, Usd::from_pico(*pico));
        }
        builder.finish()
    }

    #[test]
    fn no_call_is_no_figure() {
        assert!(build(&[]).is_none());
    }

    #[test]
    fn calls_fall_on_their_weekday_and_hour() {
        // 5 October 2026 is a Monday, the 11th a Sunday; 31 December 1969 was a Wednesday.
        let calls = [
            ("2026-10-05T09:59:59.999Z", 10, 5),
            ("2026-10-11T23:00:00Z", 20, 7),
            ("2026-10-11T23:00:59Z", 30, 1),
            ("1969-12-31T23:59:59.5Z", 40, 2),
        ];
        let time = build(&calls).unwrap();
        assert_eq!((time.heat_requests[0][9], time.heat_requests[6][23], time.heat_requests[2][23]), (1, 2, 1));
        assert_eq!(time.heat_usd[6][23], Usd::from_pico(8));
        assert_eq!((time.peak, time.requests), ((6, 23), 4));
        assert_eq!((&*time.first, &*time.last), ("1969-12-31T23:59:59.5Z", "2026-10-11T23:00:59Z"));
        assert_eq!(time.requests_per_minute, Quantiles { p50: 1, p95: 2, p99: 2, max: 2 });
        assert_eq!(time.tokens_per_minute, Quantiles { p50: 40, p95: 50, p99: 50, max: 50 });
    }

    #[test]
    fn quantiles_by_nearest_rank() {
        assert_eq!(quantiles(&mut []), Quantiles::default());
        assert_eq!(quantiles(&mut [7]), Quantiles { p50: 7, p95: 7, p99: 7, max: 7 });
        let mut hundred: Vec<u64> = (1..=100).rev().collect();
        assert_eq!(quantiles(&mut hundred), Quantiles { p50: 50, p95: 95, p99: 99, max: 100 });
    }

    #[test]
    fn minutes_are_bounded_and_say_so() {
        let mut builder = TimeUseBuilder::default();
        for minute in [0, 1, 2, 0] {
            builder.observe_within(Timestamp::from_second(minute * 60).unwrap(), 1, Usd::ZERO, 2);
        }
        assert!(builder.is_full());
        let time = builder.finish().unwrap();
        assert_eq!((time.requests, time.requests_per_minute.max, time.tokens_per_minute.p50), (4, 2, 1));
    }

    /// Second, tokens, pico-dollars.
    fn call() -> impl Strategy<Value = (i64, u64, i128)> {
        (-2_000_000_000_i64..4_000_000_000, 0_u64..9_000, 0_i128..1_000_000)
    }

    proptest! {
        /// The calendar of `jiff` and plain lists say the same.
        #[test]
        fn equals_the_naive_count(calls in prop::collection::vec(call(), 1..80)) {
            let mut builder = TimeUseBuilder::default();
            let mut minutes: BTreeMap<String, (u64, u64)> = BTreeMap::new();
            let mut heat = [[0_u64; 24]; 7];
            let mut usd = [[0_i128; 24]; 7];
            for (second, tokens, pico) in &calls {
                // Some calls share a minute.
                let at = Timestamp::from_second(second / 1_000_000 * 30).unwrap();
                builder.observe(at, *tokens, Usd::from_pico(*pico));
                let civil = at.to_zoned(TimeZone::UTC);
                let (day, hour) = (civil.weekday().to_monday_zero_offset() as usize, civil.hour() as usize);
                heat[day][hour] += 1;
                usd[day][hour] += pico;
                let minute = minutes.entry(civil.strftime("%Y-%m-%d %H:%M").to_string()).or_default();
                *minute = (minute.0 + 1, minute.1 + tokens);
            }
            let time = builder.finish().unwrap();
            prop_assert_eq!(time.heat_requests, heat);
            prop_assert_eq!(time.heat_usd.iter().flatten().map(|usd| usd.pico()).collect::<Vec<_>>(), usd.concat());
            let at_peak = heat[usize::from(time.peak.0)][usize::from(time.peak.1)];
            prop_assert_eq!(Some(at_peak), heat.concat().into_iter().max());
            let naive = |values: Vec<u64>, percent: u64| {
                let n_needed = |value: u64| values.iter().filter(|other| **other <= value).count() as u64 * 100;
                values.iter().copied().filter(|value| n_needed(*value) >= percent * values.len() as u64).min().unwrap()
            };
            for (found, values) in [
                (time.requests_per_minute, minutes.values().map(|minute| minute.0).collect::<Vec<_>>()),
                (time.tokens_per_minute, minutes.values().map(|minute| minute.1).collect::<Vec<_>>()),
            ] {
                let expected = [50, 95, 99, 100].map(|percent| naive(values.clone(), percent));
                prop_assert_eq!([found.p50, found.p95, found.p99, found.max], expected);
            }
        }
    }
}
