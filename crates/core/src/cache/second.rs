//! The second level of the cache, shared by several instances: a trait, and the guard around it. Whatever happens there, a
//! request neither fails nor waits longer than the budget; a level that keeps failing is left alone for a while.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::future::{BoxFuture, join_all};

use super::{BodyKey, Entry};
use crate::clock::{Clock, Timestamp};
use crate::error::Result;
use crate::labels::Partition;

/// An answer as several instances keep it. Ticks are one process's own, so its age goes by the wall clock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// The answer; its ticks say nothing.
    pub entry: Entry,
    /// When it was first kept.
    pub at: Timestamp,
}

/// Keeps answers for several instances. What it gives back must be what was put under the same key of the same partition, and
/// nothing that anybody else wrote there.
pub trait SecondLevel: Send + Sync {
    /// The answer under a key, if there is one.
    fn get<'a>(&'a self, key: BodyKey, partition: &'a Partition) -> BoxFuture<'a, Result<Option<Kept>>>;

    /// Keeps an answer for some time.
    fn put<'a>(
        &'a self,
        key: BodyKey,
        partition: &'a Partition,
        kept: &'a Kept,
        keep: Duration,
    ) -> BoxFuture<'a, Result<()>>;
}

/// Failures in a row after which the level is left alone.
const PATIENCE: u32 = 5;

const FIRST_PAUSE_US: u64 = 1_000_000;
const LONGEST_PAUSE_US: u64 = 60_000_000;

/// A second level that cannot hurt.
pub struct Guarded {
    level: Arc<dyn SecondLevel>,
    budget: Duration,
    clock: Arc<dyn Clock>,
    breaker: Mutex<Breaker>,
}

#[derive(Debug, Default)]
struct Breaker {
    n_failures: u32,
    pause_us: u64,
    /// Ticks until which nobody tries.
    shut_until_us: u64,
}

impl Guarded {
    /// `budget` is the longest that anybody waits for it.
    pub fn new(level: Arc<dyn SecondLevel>, budget: Duration, clock: Arc<dyn Clock>) -> Guarded {
        Guarded { level, budget, clock, breaker: Mutex::default() }
    }

    /// The answers under these keys, asked for at once.
    pub async fn get(&self, keys: &[BodyKey], partition: &Partition) -> Vec<Option<Kept>> {
        let all = keys.iter().map(|key| async { self.tried(self.level.get(*key, partition)).await.flatten() });
        join_all(all).await
    }

    /// Keeps an answer, if the level can.
    pub async fn put(&self, key: BodyKey, partition: &Partition, kept: &Kept, keep: Duration) {
        self.tried(self.level.put(key, partition, kept, keep)).await;
    }

    async fn tried<T>(&self, call: BoxFuture<'_, Result<T>>) -> Option<T> {
        if !self.breaker().admits(self.clock.ticks_us()) {
            return None;
        }
        let told = match tokio::time::timeout(self.budget, call).await {
            Ok(Ok(told)) => Some(told),
            Ok(Err(_)) | Err(_) => None,
        };
        self.breaker().note(told.is_some(), self.clock.ticks_us());
        told
    }

    fn breaker(&self) -> MutexGuard<'_, Breaker> {
        self.breaker.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Breaker {
    /// Past its time a shut breaker lets one call through, and waits for what it tells.
    fn admits(&mut self, now_us: u64) -> bool {
        if self.n_failures < PATIENCE {
            return true;
        }
        let is_time = now_us >= self.shut_until_us;
        if is_time {
            self.shut_until_us = now_us.saturating_add(self.pause_us);
        }
        is_time
    }

    fn note(&mut self, is_well: bool, now_us: u64) {
        if is_well {
            *self = Breaker::default();
            return;
        }
        self.n_failures = self.n_failures.saturating_add(1);
        if self.n_failures >= PATIENCE {
            self.pause_us = (self.pause_us * 2).clamp(FIRST_PAUSE_US, LONGEST_PAUSE_US);
            self.shut_until_us = now_us.saturating_add(self.pause_us);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;
    use crate::cache::settings::BUDGET;
    use crate::cache::store::tests::kept;
    use crate::clock::ManualClock;
    use crate::error::{Error, Kind};

    /// Fails, hangs or answers, as told, and counts.
    #[derive(Default)]
    struct Moody {
        mood: AtomicU32,
        n_calls: AtomicU32,
    }

    const FAILS: u32 = 1;
    const HANGS: u32 = 2;

    impl SecondLevel for Moody {
        fn get<'a>(&'a self, _: BodyKey, _: &'a Partition) -> BoxFuture<'a, Result<Option<Kept>>> {
            Box::pin(async {
                self.n_calls.fetch_add(1, Ordering::Relaxed);
                match self.mood.load(Ordering::Relaxed) {
                    FAILS => Err(Error::new(Kind::Unreachable, "no")),
                    HANGS => std::future::pending().await,
                    _ => Ok(Some(kept("kept"))),
                }
            })
        }

        fn put<'a>(&'a self, key: BodyKey, of: &'a Partition, _: &'a Kept, _: Duration) -> BoxFuture<'a, Result<()>> {
            Box::pin(async move { self.get(key, of).await.map(drop) })
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_level_that_fails_or_hangs_is_a_miss_and_is_left_alone_after_a_while() {
        for mood in [FAILS, HANGS] {
            let level = Arc::new(Moody::default());
            let clock = Arc::new(ManualClock::at(Timestamp::UNIX_EPOCH));
            let guarded = Guarded::new(Arc::clone(&level) as _, BUDGET, Arc::clone(&clock) as _);
            let (key, partition) = (BodyKey([1; 32]), Partition::default());
            let get = async || guarded.get(&[key], &partition).await.remove(0);
            let n_calls = || level.n_calls.load(Ordering::Relaxed);
            assert_eq!(get().await, Some(kept("kept")));
            level.mood.store(mood, Ordering::Relaxed);
            let before = tokio::time::Instant::now();
            for _ in 0..20 {
                assert_eq!(get().await, None);
                guarded.put(key, &partition, &kept("x"), BUDGET).await;
            }
            assert_eq!(n_calls(), 1 + PATIENCE);
            assert!(before.elapsed() <= BUDGET * (PATIENCE + 1));
            // One probe a pause, and pauses double.
            clock.advance_micros(1_000_000);
            assert_eq!((get().await, get().await, n_calls()), (None, None, 2 + PATIENCE));
            clock.advance_micros(1_000_000);
            assert_eq!((get().await, n_calls()), (None, 2 + PATIENCE));
            clock.advance_micros(1_000_000);
            level.mood.store(0, Ordering::Relaxed);
            assert_eq!(get().await, Some(kept("kept")));
            assert_eq!(get().await, Some(kept("kept")));
        }
    }
}
