//! The generic cell rate algorithm: one instant an account, up to which its allowance is used. Unlike a counter by the minute it has no
//! edge at which twice the limit passes.
//!
//! Ours and not a library's, because what was taken can be given back: tokens are taken before a call, by an upper bound, and settled
//! after it.

/// Microseconds of a minute.
const MINUTE_US: u128 = 60_000_000;

/// How much a minute, and how much of it at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rate {
    /// Units a minute.
    pub per_minute: u64,
    /// Microseconds of allowance that may be used at once.
    pub burst_us: u64,
}

/// What is used of an account's allowance.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Cell {
    /// The instant (ticks) at which all that was taken is paid for.
    until_us: u64,
}

impl Rate {
    /// How long so many units take, rounded up: rounding down would let a little more through each time.
    fn cost_us(self, n_units: u64) -> u64 {
        let cost = (u128::from(n_units) * MINUTE_US).div_ceil(u128::from(self.per_minute.max(1)));
        u64::try_from(cost).unwrap_or(u64::MAX)
    }

    /// The most units that can be taken at once.
    pub(super) fn most(self) -> u64 {
        let most = u128::from(self.burst_us) * u128::from(self.per_minute) / MINUTE_US;
        u64::try_from(most).unwrap_or(u64::MAX)
    }
}

impl Cell {
    /// How long until so many units can be taken; zero for now. `None` if they are more than can ever be taken at once.
    pub(super) fn wait_us(self, rate: Rate, n_units: u64, now_us: u64) -> Option<u64> {
        let cost = rate.cost_us(n_units);
        if cost > rate.burst_us {
            return None;
        }
        Some(self.until_us.max(now_us).saturating_add(cost).saturating_sub(now_us.saturating_add(rate.burst_us)))
    }

    /// Takes units, also more than are left: what was used was used.
    pub(super) fn take(&mut self, rate: Rate, n_units: u64, now_us: u64) {
        self.until_us = self.until_us.max(now_us).saturating_add(rate.cost_us(n_units));
    }

    /// Gives units back that were taken and not used.
    pub(super) fn give_back(&mut self, rate: Rate, n_units: u64) {
        // Rounded up as when they were taken; what is past is past.
        self.until_us = self.until_us.saturating_sub(rate.cost_us(n_units));
    }

    /// True if nothing is held against the account any more.
    pub(super) fn is_idle(self, now_us: u64) -> bool {
        self.until_us <= now_us
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SECOND: u64 = 1_000_000;

    #[test]
    fn a_burst_passes_and_then_one_at_a_time() {
        let rate = Rate { per_minute: 60, burst_us: 3 * SECOND };
        let mut cell = Cell::default();
        for _ in 0..3 {
            assert_eq!(cell.wait_us(rate, 1, 0), Some(0));
            cell.take(rate, 1, 0);
        }
        assert_eq!(cell.wait_us(rate, 1, 0), Some(SECOND));
        assert_eq!(cell.wait_us(rate, 1, SECOND), Some(0));
        assert_eq!(cell.wait_us(rate, 4, 100 * SECOND), None);
        assert_eq!(rate.most(), 3);
    }

    #[test]
    fn what_was_not_used_is_there_again() {
        let rate = Rate { per_minute: 6_000, burst_us: 60 * SECOND };
        let mut cell = Cell::default();
        cell.take(rate, 6_000, 0);
        assert_eq!(cell.wait_us(rate, 100, 0), Some(SECOND));
        cell.give_back(rate, 5_900);
        assert_eq!(cell.wait_us(rate, 5_900, 0), Some(0));
    }

    proptest! {
        /// In any minute no more than the limit and the burst passes.
        #[test]
        fn no_minute_has_more_than_the_limit_and_the_burst(
            per_minute in 1_u64..500,
            burst_s in 1_u64..90,
            calls in proptest::collection::vec((0_u64..4 * SECOND, 1_u64..20), 1..300),
        ) {
            let rate = Rate { per_minute, burst_us: burst_s * SECOND };
            let mut cell = Cell::default();
            let (mut now, mut taken) = (0, Vec::new());
            for (pause, n_units) in calls {
                now += pause;
                if cell.wait_us(rate, n_units, now) == Some(0) {
                    cell.take(rate, n_units, now);
                    taken.push((now, n_units));
                }
            }
            for (from, _) in &taken {
                let minute = taken.iter().filter(|(at, _)| (*from..*from + 60 * SECOND).contains(at));
                let n_units: u64 = minute.map(|(_, n_units)| n_units).sum();
                prop_assert!(n_units <= per_minute + rate.most() + 1, "{} in a minute", n_units);
            }
        }
    }
}
