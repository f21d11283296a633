//! The tables that most pieces are found in. They are larger than the second-level cache, so a run of pieces is asked for
//! before the first of them is looked at: the fetches are under way side by side.

use std::hint::select_unpredictable;

use crate::hash::{self, TINY};
use crate::prefetch::prefetch;

/// Logarithms of the numbers of buckets: 2 MB each.
const TINY_BITS: u32 = 17;
const SHORT_BITS: u32 = 16;

/// Two pieces of up to 7 bytes: the bytes; then a byte, the length below, the number of tokens above.
pub(super) type TinyTable = [[u64; 2]; 1 << TINY_BITS];

/// Two pieces of 8 to 15 bytes, likewise.
pub(super) type ShortTable = [[u128; 2]; 1 << SHORT_BITS];

/// Where a piece would stand.
pub(crate) type Place = u32;

pub(crate) struct Front<'a> {
    pub(super) tiny: &'a mut TinyTable,
    pub(super) short: &'a mut ShortTable,
}

impl Front<'_> {
    /// Has what [`Front::tiny`] will read fetched.
    #[inline(always)]
    pub(crate) fn fetch_tiny(&self, key: u64) -> Place {
        let place = hash::tiny(key) >> (64 - TINY_BITS);
        prefetch(&self.tiny[place as usize]);
        place as Place
    }

    /// The number of tokens of the piece of up to 7 bytes with this key, 0 if it is not here.
    #[inline(always)]
    pub(crate) fn tiny(&self, key: u64, place: Place) -> u32 {
        let [first, second] = self.tiny[place as usize % (1 << TINY_BITS)];
        let count = |entry: u64| select_unpredictable((entry ^ key) << 4 == 0, (entry >> 60) as u32, 0);
        count(first) | count(second)
    }

    /// Has what [`Front::short`] will read fetched.
    #[inline(always)]
    pub(crate) fn fetch_short(&self, key: u128) -> Place {
        let place = hash::short(key) >> (64 - SHORT_BITS);
        prefetch(&self.short[place as usize]);
        place as Place
    }

    /// The number of tokens of the piece of 8 to 15 bytes with this key, 0 if it is not here.
    #[inline(always)]
    pub(crate) fn short(&self, key: u128, place: Place) -> u32 {
        let [first, second] = &self.short[place as usize % (1 << SHORT_BITS)];
        count_if(*first, key) | count_if(*second, key)
    }

    /// `entry` is of a piece with the key that hashes to `hash`.
    #[inline(always)]
    pub(super) fn put(&mut self, hash: u64, entry: u128) {
        let (low, high) = (entry as u64, (entry >> 64) as u64);
        if high >> 56 & 15 <= TINY as u64 {
            let entry = low | high;
            let place = hash::tiny(entry & u64::MAX >> 4) >> (64 - TINY_BITS);
            let entries = &mut self.tiny[place as usize];
            *entries = [entry, entries[0]];
        } else {
            let entries = &mut self.short[(hash >> (64 - SHORT_BITS)) as usize];
            *entries = [entry, entries[0]];
        }
    }
}

/// The number of tokens in an entry if it is of this key, else 0.
#[inline(always)]
pub(super) fn count_if(entry: u128, key: u128) -> u32 {
    let (low, high) = (entry as u64, (entry >> 64) as u64);
    let differs = (low ^ key as u64) | (high ^ (key >> 64) as u64) << 4;
    // Which entry it is cannot be foreseen, so no branch may depend on it.
    select_unpredictable(differs == 0, (high >> 60) as u32, 0)
}
