//! The time a budget is for, cut into buckets: a day or a month is one, a rolling time has sixty and the one that is going.
//!
//! What counts are all buckets from the oldest of now on, those that lie ahead too: a clock that is set back frees nothing.

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::settings::Period;
use crate::clock::Timestamp;
use crate::usd::Usd;

/// Buckets of a rolling time. The oldest counts whole until it is past, so money is held for at most a sixtieth of the time too long,
/// never too short.
const N_ROLLING: i64 = 60;

/// Money by bucket, and the sum of what counts.
#[derive(Clone, Debug)]
pub(super) struct Window {
    buckets: BTreeMap<i64, Usd>,
    /// The sum of the buckets from `counted_from` on.
    counted: Usd,
    counted_from: i64,
}

impl Default for Window {
    fn default() -> Self {
        Window { buckets: BTreeMap::new(), counted: Usd::ZERO, counted_from: i64::MIN }
    }
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
            Period::Rolling(seconds) => at.as_microsecond().div_euclid(bucket_us(seconds)),
        }
    }

    /// How many buckets count, the current one included.
    fn n_counting(self) -> i64 {
        match self {
            Period::Day | Period::Month => 1,
            Period::Rolling(_) => N_ROLLING + 1,
        }
    }

    /// The oldest bucket that counts at an instant.
    fn oldest(self, at: Timestamp) -> i64 {
        self.bucket(at) - (self.n_counting() - 1)
    }

    /// When a bucket begins; the end of time for those that never do.
    fn start(self, bucket: i64) -> Timestamp {
        let end = if bucket < 0 { Timestamp::MIN } else { Timestamp::MAX };
        match self {
            Period::Day => Timestamp::from_second(bucket.saturating_mul(86_400)).unwrap_or(end),
            Period::Month => month(bucket).unwrap_or(end),
            Period::Rolling(seconds) => {
                Timestamp::from_microsecond(bucket.saturating_mul(bucket_us(seconds))).unwrap_or(end)
            }
        }
    }

    /// When a bucket's money is free again.
    fn freed(self, bucket: i64) -> Timestamp {
        self.start(bucket.saturating_add(self.n_counting()))
    }

    /// From when on money counts at an instant, and when the current bucket's money is free again.
    pub fn bounds(self, at: Timestamp) -> (Timestamp, Timestamp) {
        (self.start(self.oldest(at)), self.freed(self.bucket(at)))
    }

    /// In words, for errors.
    pub fn words(self) -> String {
        match self {
            Period::Day => "a UTC day".to_owned(),
            Period::Month => "a UTC month".to_owned(),
            Period::Rolling(86_400) => "the last day".to_owned(),
            Period::Rolling(seconds) if seconds > 0 && seconds % 86_400 == 0 => {
                format!("the last {} days", seconds / 86_400)
            }
            Period::Rolling(seconds) => format!("the last {seconds} s"),
        }
    }
}

/// Rounded up: sixty buckets are never shorter than the time.
fn bucket_us(seconds: u64) -> i64 {
    let width = (u128::from(seconds) * 1_000_000).div_ceil(60);
    i64::try_from(width).unwrap_or(i64::MAX).max(1)
}

fn month(index: i64) -> Option<Timestamp> {
    let year = i16::try_from(index.div_euclid(12)).ok()?;
    let month = i8::try_from(index.rem_euclid(12) + 1).ok()?;
    Some(Date::new(year, month, 1).ok()?.to_zoned(TimeZone::UTC).ok()?.timestamp())
}

impl Window {
    /// Adds money to a bucket.
    pub(super) fn add(&mut self, bucket: i64, usd: Usd) {
        let slot = self.buckets.entry(bucket).or_default();
        *slot = slot.saturating_add(usd);
        if bucket >= self.counted_from {
            self.counted = self.counted.saturating_add(usd);
        }
    }

    /// What counts now. O(1) within a bucket, else O(buckets).
    pub(super) fn sum(&mut self, period: Period, now: Timestamp) -> Usd {
        let from = period.oldest(now);
        if from != self.counted_from {
            // Twice the buckets that count: a clock that was ahead finds them again.
            let n_kept = usize::try_from(period.n_counting() * 2).unwrap_or(usize::MAX);
            while self.buckets.len() > n_kept
                && let Some(oldest) = self.buckets.first_entry()
                && *oldest.key() < from
            {
                oldest.remove();
            }
            self.counted = self.buckets.range(from..).map(|(_, usd)| *usd).sum();
            self.counted_from = from;
        }
        self.counted
    }

    /// When so much of what counts now does not any more; `None` if less than that counts.
    pub(super) fn frees(&self, period: Period, now: Timestamp, needed: Usd) -> Option<Timestamp> {
        let mut freed = Usd::ZERO;
        self.buckets.range(period.oldest(now)..).find_map(|(bucket, usd)| {
            freed = freed.saturating_add(*usd);
            (freed >= needed).then(|| period.freed(*bucket))
        })
    }

    /// The same money under another period: all that counts now counts as spent now, which is never too little.
    pub(super) fn recast(&mut self, before: Period, after: Period, now: Timestamp) {
        let counted = self.sum(before, now);
        *self = Window::default();
        if counted > Usd::ZERO {
            self.add(after.bucket(now), counted);
        }
    }

    /// True if nothing was ever added.
    pub(super) fn is_empty(&self) -> bool {
        self.buckets.is_empty()
    }
}
