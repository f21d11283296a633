//! The time a budget is for, cut into buckets: a day or a month is one, a rolling time has sixty.

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::settings::Period;
use crate::clock::Timestamp;
use crate::usd::Usd;

/// Buckets of a rolling time. The oldest counts whole until it is past, so at most a sixtieth too much is held against a caller,
/// never too little.
const N_ROLLING: i64 = 60;

/// Money by bucket, and its sum.
#[derive(Clone, Debug, Default)]
pub(super) struct Window {
    buckets: BTreeMap<i64, Usd>,
    sum: Usd,
    /// The newest bucket that was current: a clock that is set back frees nothing.
    newest: i64,
}

impl Period {
    /// The bucket of an instant.
    pub(super) fn bucket(self, at: Timestamp) -> i64 {
        match self {
            Period::Day => at.as_second().div_euclid(86_400),
            Period::Month => {
                let date = at.to_zoned(TimeZone::UTC).date();
                i64::from(date.year()) * 12 + i64::from(date.month()) - 1
            }
            Period::Rolling(seconds) => at.as_second().div_euclid(bucket_s(seconds)),
        }
    }

    /// The oldest bucket that counts at an instant.
    fn oldest(self, current: i64) -> i64 {
        match self {
            Period::Day | Period::Month => current,
            Period::Rolling(_) => current - N_ROLLING,
        }
    }

    /// From when on money counts at an instant, and when the current bucket's money is free again.
    pub fn bounds(self, at: Timestamp) -> (Timestamp, Timestamp) {
        let second = |second: i64| Timestamp::from_second(second).unwrap_or(at);
        let current = self.bucket(at);
        match self {
            Period::Day => (second(current * 86_400), second((current + 1) * 86_400)),
            Period::Month => (month(current, at), month(current + 1, at)),
            Period::Rolling(seconds) => {
                let width = bucket_s(seconds);
                (second((current - N_ROLLING) * width), second((current + N_ROLLING + 1) * width))
            }
        }
    }

    /// In words, for errors.
    pub fn words(self) -> String {
        match self {
            Period::Day => "a UTC day".to_owned(),
            Period::Month => "a UTC month".to_owned(),
            Period::Rolling(seconds) if seconds % 86_400 == 0 => format!("the last {} days", seconds / 86_400),
            Period::Rolling(seconds) => format!("the last {seconds} s"),
        }
    }
}

fn bucket_s(seconds: u64) -> i64 {
    (i64::try_from(seconds).unwrap_or(i64::MAX) / N_ROLLING).max(1)
}

fn month(index: i64, fallback: Timestamp) -> Timestamp {
    let year = i16::try_from(index.div_euclid(12)).ok();
    let month = i8::try_from(index.rem_euclid(12) + 1).ok();
    let date = year.zip(month).and_then(|(year, month)| Date::new(year, month, 1).ok());
    date.and_then(|date| date.to_zoned(TimeZone::UTC).ok()).map_or(fallback, |zoned| zoned.timestamp())
}

impl Window {
    /// Adds money to the bucket in which it was spent.
    pub(super) fn add(&mut self, bucket: i64, usd: Usd) {
        let slot = self.buckets.entry(bucket).or_default();
        *slot = slot.saturating_add(usd);
        self.sum = self.sum.saturating_add(usd);
    }

    /// What counts now. Past buckets are dropped.
    pub(super) fn sum(&mut self, period: Period, now: Timestamp) -> Usd {
        self.newest = self.newest.max(period.bucket(now));
        let oldest = period.oldest(self.newest);
        while let Some(entry) = self.buckets.first_entry().filter(|entry| *entry.key() < oldest) {
            let gone = entry.remove();
            self.sum = self.sum.checked_sub(gone).unwrap_or_default();
        }
        self.sum
    }

    /// True if nothing is held.
    pub(super) fn is_empty(&self) -> bool {
        self.buckets.is_empty()
    }
}
