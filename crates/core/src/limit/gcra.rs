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

/// Notes on what was held against an account; more are put together.
const MAX_LOWS: usize = 32;

/// What is used of an account's allowance.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Cell {
    /// The instant (ticks) at which all that was taken is paid for.
    until_us: u64,
    /// How little was held when somebody took, `(when, how much)`, both rising. A call that took before such an instant can give back
    /// no more than was held then: the rest time has paid for, and it would have passed unused.
    lows: Vec<(u64, u64)>,
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
    pub(super) fn wait_us(&self, rate: Rate, n_units: u64, now_us: u64) -> Option<u64> {
        let cost = rate.cost_us(n_units);
        if cost > rate.burst_us {
            return None;
        }
        Some(self.until_us.max(now_us).saturating_add(cost).saturating_sub(now_us.saturating_add(rate.burst_us)))
    }

    /// Takes units, also more than are left: what was used was used.
    pub(super) fn take(&mut self, rate: Rate, n_units: u64, now_us: u64) {
        let held = self.until_us.saturating_sub(now_us);
        while self.lows.last().is_some_and(|(_, low)| *low >= held) {
            self.lows.pop();
        }
        if self.lows.last().is_none_or(|(at, _)| *at < now_us) {
            self.lows.push((now_us, held));
        }
        if self.lows.len() > MAX_LOWS {
            // Two and two become one that promises less to those in between.
            self.lows = self.lows.chunks(2).filter_map(|pair| Some((pair.last()?.0, pair.first()?.1))).collect();
        }
        self.until_us = self.until_us.max(now_us).saturating_add(rate.cost_us(n_units));
    }

    /// Gives back what was taken at `taken_us` and not used. The account is as if only `n_used` had been taken then, or stricter.
    pub(super) fn give_back(&mut self, rate: Rate, n_taken: u64, n_used: u64, taken_us: u64) {
        let extra = rate.cost_us(n_taken).saturating_sub(rate.cost_us(n_used));
        let first = self.lows.partition_point(|(at, _)| *at <= taken_us);
        let left = self.lows.get(first).map_or(extra, |(_, low)| extra.min(*low));
        self.until_us = self.until_us.saturating_sub(left);
        for (_, low) in &mut self.lows[first..] {
            *low = low.saturating_sub(extra);
        }
        // What was held before is now no less than what was held after: the later note says it all.
        if let Some((_, least)) = self.lows.get(first).copied() {
            let kept = self.lows[..first].iter().take_while(|(_, low)| *low < least).count();
            self.lows.drain(kept..first);
        }
    }

    /// No call is under way any more that could give something back.
    pub(super) fn forget_lows(&mut self) {
        self.lows.clear();
    }

    /// True if nothing is held against the account any more.
    pub(super) fn is_idle(&self, now_us: u64) -> bool {
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
        cell.give_back(rate, 6_000, 100, 0);
        assert_eq!(cell.wait_us(rate, 5_900, 0), Some(0));
    }

    #[test]
    fn what_time_has_paid_for_is_not_given_back_again() {
        let rate = Rate { per_minute: 60, burst_us: 10 * SECOND };
        let mut cell = Cell::default();
        cell.take(rate, 10, 0);
        // Ten seconds later the account is whole again. Who takes now does not profit from the first call's end.
        cell.take(rate, 10, 12 * SECOND);
        cell.give_back(rate, 10, 0, 0);
        assert_eq!(cell.wait_us(rate, 1, 12 * SECOND), Some(SECOND));
        // Its own is given back.
        cell.give_back(rate, 10, 4, 12 * SECOND);
        assert_eq!(cell.wait_us(rate, 6, 12 * SECOND), Some(0));
    }

    /// A call that came after a pause, took so much, used a share of it (thousandths), and ended a while after.
    type Call = (u64, u64, u64, u64);

    /// What was used of what was taken when, if it was let in.
    fn played(rate: Rate, calls: &[Call]) -> Vec<(u64, u64)> {
        let mut cell = Cell::default();
        let (mut now, mut under_way, mut used) = (0, Vec::<(u64, u64, u64, u64)>::new(), Vec::new());
        let end = |cell: &mut Cell, under_way: &mut Vec<(u64, u64, u64, u64)>, until: u64| {
            under_way.sort_unstable();
            while under_way.first().is_some_and(|(ends, ..)| *ends <= until) {
                let (_, taken, used, at) = under_way.remove(0);
                cell.give_back(rate, taken, used, at);
            }
        };
        for (pause, n_taken, share, lasts) in calls {
            now += pause;
            end(&mut cell, &mut under_way, now);
            if cell.wait_us(rate, *n_taken, now) == Some(0) {
                if under_way.is_empty() {
                    cell.forget_lows();
                }
                cell.take(rate, *n_taken, now);
                let n_used = n_taken * share / 1000;
                under_way.push((now + lasts, *n_taken, n_used, now));
                used.push((now, n_used));
            }
            assert!(
                cell.lows.len() <= MAX_LOWS && cell.lows.is_sorted_by(|one, next| one.0 < next.0 && one.1 <= next.1)
            );
        }
        used
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 500, ..ProptestConfig::default() })]

        /// In any minute no more than the limit and the burst passes, however late calls give back what they did not use.
        #[test]
        fn no_minute_has_more_than_the_limit_and_the_burst(
            per_minute in 1_u64..500,
            burst_s in 1_u64..90,
            calls in proptest::collection::vec(
                (0_u64..4 * SECOND, 1_u64..60, prop_oneof![Just(1000_u64), 0_u64..1000], 0_u64..100 * SECOND),
                1..300,
            ),
        ) {
            let rate = Rate { per_minute, burst_us: burst_s * SECOND };
            let used = played(rate, &calls);
            for (from, _) in &used {
                let minute = used.iter().filter(|(at, _)| (*from..*from + 60 * SECOND).contains(at));
                let n_units: u64 = minute.map(|(_, n_units)| n_units).sum();
                prop_assert!(n_units <= per_minute + rate.most() + 1, "{} in a minute", n_units);
            }
        }

        /// Who gives back before anybody else takes has given back all of it: the rounding of costs leaves nothing on either side.
        #[test]
        fn what_is_given_back_at_once_leaves_what_was_used(
            per_minute in 1_u64..1_000_000_000,
            n_taken in 0_u64..1_000_000,
            share in 0_u64..=1000,
        ) {
            let rate = Rate { per_minute, burst_us: 60 * SECOND };
            let n_used = n_taken * share / 1000;
            let (mut cell, mut plain) = (Cell::default(), Cell::default());
            cell.take(rate, n_taken, SECOND);
            cell.give_back(rate, n_taken, n_used, SECOND);
            plain.take(rate, n_used, SECOND);
            prop_assert_eq!(cell.until_us, plain.until_us);
        }
    }
}
