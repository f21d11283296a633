//! Answers in memory: moka, bounded by bytes. How long an answer is fresh is kept with it and held against the clock that everything
//! goes by; moka decides only what has to go when there is no room.
//!
//! moka may refuse a new entry that it thinks will not be asked for again, and forget any: nothing here is a store of record.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;

use super::body_key::BodyKey;
use super::settings::{CachePolicy, CacheSettings};
use crate::clock::Clock;
use crate::target::Target;
use crate::usage::Usage;
use crate::usd::Usd;

/// What an entry takes besides its bytes: key, structures, moka's own.
const OVERHEAD: usize = 512;

/// A kept answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Who gave it.
    pub target: Target,
    /// The whole body.
    pub whole: Bytes,
    /// The events of the stream as which it came, at their own boundaries.
    pub events: Option<Vec<Bytes>>,
    /// What it consumed.
    pub usage: Usage,
    /// What it cost: what is saved by giving it again.
    pub cost: Option<Usd>,
    /// Ticks at which it was kept; negative for what another instance kept before this one began.
    pub kept_us: i64,
}

/// What was found.
#[derive(Clone, Debug)]
pub enum Found {
    /// An answer that is fresh.
    Fresh(Arc<Entry>),
    /// One that is past its time and may be given while a new one is fetched.
    Stale(Arc<Entry>),
    /// None.
    Nothing,
}

/// How the cache has fared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Looks that found an answer.
    pub hits: u64,
    /// Looks that did not.
    pub misses: u64,
    /// Answers kept now (moka counts them now and then).
    pub entries: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// The response cache.
pub struct Responses {
    cache: moka::sync::Cache<BodyKey, Arc<Entry>>,
    settings: CacheSettings,
    clock: Arc<dyn Clock>,
    hits: AtomicU64,
    misses: AtomicU64,
}

impl Responses {
    /// An empty cache.
    pub fn new(settings: &CacheSettings, clock: Arc<dyn Clock>) -> Responses {
        let cache = moka::sync::Cache::builder()
            .max_capacity(settings.max_bytes)
            .weigher(|_key, entry: &Arc<Entry>| u32::try_from(entry.n_bytes()).unwrap_or(u32::MAX))
            .build();
        Responses { cache, settings: settings.clone(), clock, hits: AtomicU64::new(0), misses: AtomicU64::new(0) }
    }

    /// Looks an answer up.
    pub fn find(&self, key: &BodyKey, policy: &CachePolicy) -> Found {
        let found = self.cache.get(key).map(|entry| (self.age(&entry), entry));
        let fresh = self.fresh_for(key, policy);
        match found {
            Some((age, entry)) if age < fresh => {
                self.hits.fetch_add(1, Ordering::Relaxed);
                Found::Fresh(entry)
            }
            Some((age, entry)) if age < fresh.saturating_add(policy.stale) => {
                self.hits.fetch_add(1, Ordering::Relaxed);
                Found::Stale(entry)
            }
            Some(_) => {
                self.cache.invalidate(key);
                self.misses.fetch_add(1, Ordering::Relaxed);
                Found::Nothing
            }
            None => {
                self.misses.fetch_add(1, Ordering::Relaxed);
                Found::Nothing
            }
        }
    }

    /// How long an answer under this key is fresh.
    pub fn fresh_for(&self, key: &BodyKey, policy: &CachePolicy) -> Duration {
        jittered(policy.time_to_live, key)
    }

    /// Keeps an answer that [`super::storable::answer`] allows.
    pub fn keep(&self, key: BodyKey, entry: Arc<Entry>) {
        self.cache.insert(key, entry);
    }

    /// Now, as answers kept now tell it.
    pub fn now_us(&self) -> i64 {
        i64::try_from(self.clock.ticks_us()).unwrap_or(i64::MAX)
    }

    /// How old an answer is.
    pub fn age(&self, entry: &Entry) -> Duration {
        let age_us = self.now_us().saturating_sub(entry.kept_us);
        Duration::from_micros(u64::try_from(age_us).unwrap_or(0))
    }

    /// The longest answer that is kept, in bytes.
    pub fn max_entry_bytes(&self) -> u32 {
        self.settings.max_entry_bytes
    }

    /// moka does its work when somebody calls: to be called now and then, or what it let go stays in memory.
    pub fn tidy(&self) {
        self.cache.run_pending_tasks();
    }

    /// Forgets everything.
    pub fn clear(&self) {
        self.cache.invalidate_all();
    }

    /// How it has fared.
    pub fn counts(&self) -> Counts {
        Counts {
            hits: self.hits.load(Ordering::Relaxed),
            misses: self.misses.load(Ordering::Relaxed),
            entries: self.cache.entry_count(),
            bytes: self.cache.weighted_size(),
        }
    }
}

impl Entry {
    /// Bytes in memory.
    pub fn n_bytes(&self) -> usize {
        let events = self.events.iter().flatten().map(|event| event.len() + size_of::<Bytes>()).sum::<usize>();
        OVERHEAD + self.whole.len() + events
    }
}

/// A tenth more or less, by the key: what was kept in one moment does not end in one.
fn jittered(time: Duration, key: &BodyKey) -> Duration {
    let permille = 900 + u32::try_from(key.number() % 201).unwrap_or(0);
    time.saturating_mul(permille) / 1000
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::cache::Kept;
    use crate::clock::{ManualClock, Timestamp};
    use crate::usage::ServiceTier;

    /// As several instances keep it.
    pub(in crate::cache) fn kept(body: &str) -> Kept {
        let at = Timestamp::UNIX_EPOCH;
        let entry = Entry { whole: body.to_owned().into(), cost: Some(Usd::from_pico(123)), ..full(0, 0) };
        Kept { entry, at }
    }

    fn entry(clock: &ManualClock, n_bytes: usize) -> Arc<Entry> {
        Arc::new(full(i64::try_from(clock.ticks_us()).unwrap(), n_bytes))
    }

    fn full(kept_us: i64, n_bytes: usize) -> Entry {
        Entry {
            target: Target {
                provider: "p".into(),
                host: "openai".into(),
                model: "m".into(),
                tier: ServiceTier::Standard,
            },
            whole: vec![b'x'; n_bytes].into(),
            events: None,
            usage: Usage::default(),
            cost: None,
            kept_us,
        }
    }

    fn cache(max_bytes: u64) -> (Responses, Arc<ManualClock>) {
        let clock = Arc::new(ManualClock::at(Timestamp::UNIX_EPOCH));
        let settings = CacheSettings { max_bytes, ..CacheSettings::default() };
        (Responses::new(&settings, Arc::clone(&clock) as Arc<_>), clock)
    }

    #[test]
    fn an_answer_is_fresh_then_stale_then_gone() {
        let (cache, clock) = cache(1 << 20);
        let policy = CachePolicy {
            time_to_live: Duration::from_secs(100),
            stale: Duration::from_secs(50),
            ..CachePolicy::default()
        };
        let key = BodyKey([7; 32]);
        assert!(matches!(cache.find(&key, &policy), Found::Nothing));
        cache.keep(key, entry(&clock, 10));
        clock.advance_micros(89_000_000);
        assert!(matches!(cache.find(&key, &policy), Found::Fresh(_)));
        clock.advance_micros(30_000_000);
        assert!(matches!(cache.find(&key, &policy), Found::Stale(_)));
        assert!(matches!(cache.find(&key, &CachePolicy { stale: Duration::ZERO, ..policy.clone() }), Found::Nothing));
        cache.keep(key, entry(&clock, 10));
        clock.advance_micros(200_000_000);
        assert!(matches!(cache.find(&key, &policy), Found::Nothing));
        assert_eq!((cache.counts().hits, cache.counts().misses), (2, 3));
    }

    #[test]
    fn times_differ_by_key_and_by_a_tenth_at_most() {
        let hour = Duration::from_secs(3600);
        let times: Vec<Duration> = (0..=255).map(|n| jittered(hour, &BodyKey([n; 32]))).collect();
        assert!(times.iter().all(|time| *time >= hour * 9 / 10 && *time <= hour * 11 / 10));
        assert!(times.iter().any(|time| time != &times[0]));
        assert_eq!(times[3], jittered(hour, &BodyKey([3; 32])));
    }

    #[test]
    fn memory_is_bounded_by_bytes() {
        let (cache, clock) = cache(100_000);
        for n in 0..200_u8 {
            cache.keep(BodyKey([n; 32]), entry(&clock, 10_000));
            cache.tidy();
            assert!(cache.counts().bytes <= 100_000);
        }
        assert!(cache.counts().entries > 0);
    }
}
