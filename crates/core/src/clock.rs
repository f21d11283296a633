//! The only reader of time. Everything else gets an instant as an argument, so that an estimate of yesterday's log is the
//! same tomorrow and a test never sleeps.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Instant;

pub use jiff::Timestamp;

/// Tells the time.
pub trait Clock: Send + Sync {
    /// Now, in UTC. Jumps when the machine's clock is set.
    fn now(&self) -> Timestamp;

    /// Microseconds since some fixed instant; never goes back. For limits, ages and durations.
    fn ticks_us(&self) -> u64;
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

#[allow(clippy::disallowed_methods, reason = "this is the door to the monotonic clock")]
static START: LazyLock<Instant> = LazyLock::new(Instant::now);

impl Clock for SystemClock {
    #[allow(clippy::disallowed_methods, reason = "this is the door to the wall clock")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    fn ticks_us(&self) -> u64 {
        u64::try_from(START.elapsed().as_micros()).unwrap_or(u64::MAX)
    }
}

/// A clock that stands until it is moved.
#[derive(Debug)]
pub struct ManualClock {
    now_us: AtomicI64,
    ticks_us: AtomicI64,
}

impl ManualClock {
    /// Stands at an instant.
    pub fn at(instant: Timestamp) -> Self {
        ManualClock { now_us: AtomicI64::new(instant.as_microsecond()), ticks_us: AtomicI64::new(0) }
    }

    /// Moves on by some microseconds.
    pub fn advance_micros(&self, micros: i64) {
        self.now_us.fetch_add(micros, Ordering::Relaxed);
        self.ticks_us.fetch_add(micros.max(0), Ordering::Relaxed);
    }

    /// Sets the wall clock, as an administrator would: forth or back. Ticks do not move.
    pub fn set(&self, instant: Timestamp) {
        self.now_us.store(instant.as_microsecond(), Ordering::Relaxed);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_microsecond(self.now_us.load(Ordering::Relaxed)).unwrap_or(Timestamp::MAX)
    }

    fn ticks_us(&self) -> u64 {
        self.ticks_us.load(Ordering::Relaxed).unsigned_abs()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manual_clock_moves_only_when_told() {
        let clock = ManualClock::at(Timestamp::UNIX_EPOCH);
        assert_eq!(clock.now(), clock.now());
        clock.advance_micros(1_500_000);
        assert_eq!(clock.now().as_millisecond(), 1_500);
        assert_eq!(clock.ticks_us(), 1_500_000);
    }

    #[test]
    fn ticks_do_not_follow_a_wall_clock_that_is_set_back() {
        let clock = ManualClock::at(Timestamp::UNIX_EPOCH);
        clock.advance_micros(10);
        clock.set(Timestamp::MIN);
        assert_eq!(clock.ticks_us(), 10);
        let before = SystemClock.ticks_us();
        assert!(SystemClock.ticks_us() >= before);
    }
}
