//! Quantiles of durations in little memory: buckets that grow with the value, each within 1/64 of it. The result does not depend on the
//! order of what came.

use std::collections::BTreeMap;

/// Bits of a value that a bucket keeps: buckets are at most 1/64 of their value wide.
const BITS: u32 = 6;

/// Counts of durations, in microseconds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Histogram {
    counts: BTreeMap<u64, u64>,
    n: u64,
}

impl Histogram {
    /// Counts one.
    pub(super) fn add(&mut self, micros: u64) {
        *self.counts.entry(bucket(micros)).or_default() += 1;
        self.n += 1;
    }

    /// The smallest value that at least so many of a hundred do not exceed, to 1/64; `None` of nothing.
    pub(super) fn percentile(&self, percent: u64) -> Option<u64> {
        let rank = (u128::from(self.n) * u128::from(percent)).div_ceil(100).max(1);
        let mut seen = 0_u128;
        self.counts
            .iter()
            .find(|(_, n)| {
                seen += u128::from(**n);
                seen >= rank
            })
            .map(|(bucket, _)| *bucket)
    }
}

/// The middle of the bucket that a value falls into.
fn bucket(micros: u64) -> u64 {
    let length = u64::BITS - micros.leading_zeros();
    let Some(dropped @ 1..) = length.checked_sub(BITS + 1) else { return micros };
    (micros >> dropped << dropped) | (1 << (dropped - 1))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn small_numbers_are_exact_and_nothing_has_no_percentile() {
        let mut histogram = Histogram::default();
        assert_eq!(histogram.percentile(50), None);
        for micros in 1..=100 {
            histogram.add(micros);
        }
        assert_eq!((histogram.percentile(50), histogram.percentile(95)), (Some(50), Some(95)));
        assert_eq!((histogram.percentile(0), histogram.percentile(100)), (Some(1), Some(100)));
    }

    proptest! {
        #[test]
        fn percentiles_are_within_a_sixty_fourth(mut values in prop::collection::vec(any::<u64>(), 1..200), percent in 1_u64..=100) {
            let mut histogram = Histogram::default();
            for value in &values {
                histogram.add(*value);
            }
            values.sort_unstable();
            let exact = values[(values.len() * percent as usize).div_ceil(100) - 1];
            let found = histogram.percentile(percent).unwrap();
            prop_assert!(found.abs_diff(exact) <= exact / 64, "{found} instead of {exact}");
        }
    }
}
