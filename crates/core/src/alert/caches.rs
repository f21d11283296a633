//! How often caches hit: the providers' prompt caches, each by its target, by tokens of input; the response cache, by calls. The last
//! hour is held against the 23 before it.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::standing::{Level, Reading};
use super::{Figures, count, percent, shown};
use crate::clock::Timestamp;
use crate::ledger::{Outcome, UsageRecord, UsageSource};

const BUCKET_S: i64 = 600;
/// Buckets of the last hour.
const RECENT: i64 = 6;
/// Buckets that are remembered.
const KEPT: i64 = 144;
/// Less tells nothing of the last hour …
const MIN_RECENT_CALLS: u64 = 50;
/// … and of the time before.
const MIN_PAST_CALLS: u64 = 200;
/// What hit less than that cannot collapse.
const MIN_PAST_PERMILLE: i128 = 50;
/// Targets beyond this are not watched: a caller can name many models.
const MAX_SUBJECTS: usize = 1024;

/// What hit, by cache and time.
#[derive(Debug, Default)]
pub(super) struct Caches(BTreeMap<Cache, BTreeMap<i64, Hits>>);

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Cache {
    Responses,
    /// By provider and model.
    Prompts(Arc<str>, Arc<str>),
}

#[derive(Clone, Copy, Debug, Default)]
struct Hits {
    held: u64,
    all: u64,
    n_calls: u64,
}

impl Caches {
    /// Counts a record.
    pub(super) fn add(&mut self, record: &UsageRecord, at: Timestamp) {
        match record.outcome {
            Outcome::FromCache => self.count(Cache::Responses, at, Hits { held: 1, all: 1, n_calls: 1 }),
            Outcome::Answered => {
                self.count(Cache::Responses, at, Hits { held: 0, all: 1, n_calls: 1 });
                // Only the provider knows what its cache did.
                if record.source == UsageSource::Provider && record.usage.input() > 0 {
                    let cache = Cache::Prompts(Arc::clone(&record.provider), Arc::clone(&record.model));
                    let (held, all) = (record.usage.cache_read, record.usage.input());
                    self.count(cache, at, Hits { held, all, n_calls: 1 });
                }
            }
            _ => {}
        }
    }

    fn count(&mut self, cache: Cache, at: Timestamp, hits: Hits) {
        if self.0.len() >= MAX_SUBJECTS && !self.0.contains_key(&cache) {
            return;
        }
        self.0.entry(cache).or_default().entry(bucket(at)).or_default().add(hits);
    }

    /// Lets go what is too old, whatever the clock did.
    pub(super) fn sweep(&mut self, now: Timestamp) {
        let now = bucket(now);
        self.0.retain(|_, buckets| {
            buckets.retain(|bucket, _| (now - KEPT + 1..=now).contains(bucket));
            !buckets.is_empty()
        });
    }

    /// Each cache of which anything is known.
    pub(super) fn readings(&self, now: Timestamp, permille: u32) -> Vec<Reading> {
        let now = bucket(now);
        self.0.iter().map(|(cache, buckets)| reading(cache, buckets, now, permille)).collect()
    }
}

fn reading(cache: &Cache, buckets: &BTreeMap<i64, Hits>, now: i64, permille: u32) -> Reading {
    let recent = Hits::sum(buckets.range(now - RECENT + 1..=now));
    let past = Hits::sum(buckets.range(now - KEPT + 1..=now - RECENT));
    let (rate, was) = (recent.permille(), past.permille());
    let left = if was == 0 { 1000 } else { rate.saturating_mul(1000) / was };
    let is_known = recent.n_calls >= MIN_RECENT_CALLS && past.n_calls >= MIN_PAST_CALLS && was >= MIN_PAST_PERMILLE;
    let (key, subject, did) = match cache {
        Cache::Responses => (String::new(), "response cache".to_owned(), "answered"),
        Cache::Prompts(provider, model) => (
            format!("{provider}\u{1f}{model}"),
            format!("prompt cache of {}/{}", shown(provider), shown(model)),
            "held",
        ),
    };
    let of = if *cache == Cache::Responses { "of calls" } else { "of input tokens" };
    let text =
        format!("{subject}: {did} {} % {of} in the last hour, {} % in the day before", percent(rate), percent(was));
    Reading {
        key: key.into(),
        subject: subject.into(),
        level: if is_known { Level::of_low(left, i128::from(permille)) } else { Level::Near },
        text,
        figures: Figures::from([
            ("permille", count(rate)),
            ("was_permille", count(was)),
            ("calls", count(i128::from(recent.n_calls))),
        ]),
    }
}

impl Hits {
    fn add(&mut self, more: Hits) {
        self.held = self.held.saturating_add(more.held);
        self.all = self.all.saturating_add(more.all);
        self.n_calls = self.n_calls.saturating_add(more.n_calls);
    }

    fn sum<'a>(buckets: impl Iterator<Item = (&'a i64, &'a Hits)>) -> Hits {
        let mut sum = Hits::default();
        buckets.for_each(|(_, hits)| sum.add(*hits));
        sum
    }

    fn permille(self) -> i128 {
        if self.all == 0 { 0 } else { i128::from(self.held) * 1000 / i128::from(self.all) }
    }
}

fn bucket(at: Timestamp) -> i64 {
    at.as_second().div_euclid(BUCKET_S)
}
