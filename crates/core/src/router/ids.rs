//! Ids of calls and attempts: 48 bits of milliseconds, then a counter and chance, so that they sort by time, never repeat within
//! a process and are not guessed across processes.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::clock::Clock;
use crate::ledger::AttemptId;

/// Makes ids.
#[derive(Debug)]
pub(super) struct Ids {
    n_made: AtomicU64,
}

impl Ids {
    pub(super) fn new() -> Ids {
        // Where the count begins differs from process to process.
        Ids { n_made: AtomicU64::new(fastrand::u64(..1 << 40)) }
    }

    /// A new id.
    pub(super) fn next(&self, clock: &dyn Clock) -> AttemptId {
        let millis = u128::try_from(clock.now().as_millisecond()).unwrap_or(0) & ((1 << 48) - 1);
        let count = u128::from(self.n_made.fetch_add(1, Ordering::Relaxed)) & ((1 << 48) - 1);
        AttemptId(millis << 80 | count << 32 | u128::from(fastrand::u32(..)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::{ManualClock, Timestamp};

    #[test]
    fn ids_sort_by_time_and_do_not_repeat() {
        let clock = ManualClock::at(Timestamp::UNIX_EPOCH);
        let ids = Ids::new();
        let mut made: Vec<AttemptId> = (0..1000).map(|_| ids.next(&clock)).collect();
        let last = made.iter().copied().max();
        made.sort();
        made.dedup();
        assert_eq!(made.len(), 1000);
        clock.advance_micros(1_000);
        assert!(Some(ids.next(&clock)) > last);
    }
}
