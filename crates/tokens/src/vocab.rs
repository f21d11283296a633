//! The vocabularies, laid out by the build step as tables in the binary: nothing is loaded. Three questions are asked of
//! one: is this piece a token ([`Vocabulary::whole`]), what do two bytes merge into ([`Vocabulary::byte_pair`]), and what
//! do two tokens merge into ([`Vocabulary::pair`]). `build/pieces.rs` and `build/pairs.rs` explain the layouts.

mod tables;

pub(crate) use tables::{CL100K, O200K, P50K, R50K};

use crate::hash;

/// No token. Small enough that it can be shifted into the key of a merge.
pub(crate) const NONE: u32 = 0x7F_FFFF;

/// Views of one vocabulary's tables.
pub(crate) struct Vocabulary {
    short: &'static [[u128; 4]],
    short_ids: &'static [[u32; 4]],
    long: &'static [u64],
    long_bytes: &'static [u8],
    shifts: &'static [u16],
    pairs: &'static [u64],
    bytes: &'static [u32; 256],
    byte_pairs: &'static [u32; 1 << 16],
    /// Ids from here on are of another vocabulary that shares the tables.
    end: u32,
}

const SPILLED: u128 = 1 << 127;

impl Vocabulary {
    /// The id of the token that these bytes are.
    pub(crate) fn whole(&self, piece: &[u8]) -> Option<u32> {
        match piece {
            [byte] => Some(self.byte(*byte)),
            _ if piece.len() <= hash::SHORT => {
                let key = hash::key(piece);
                self.whole_short(key, hash::short(key))
            }
            _ => self.whole_long(piece),
        }
    }

    /// The id of the token of 2 to 15 bytes with this key and its hash.
    #[inline]
    pub(crate) fn whole_short(&self, key: u128, hash: u64) -> Option<u32> {
        let n_buckets = self.short.len();
        let mut bucket = (hash >> (64 - n_buckets.trailing_zeros())) as usize;
        loop {
            let entries = &self.short[bucket % n_buckets];
            for (n, entry) in entries.iter().enumerate() {
                if entry & !SPILLED == key {
                    let id = self.short_ids[bucket % n_buckets][n];
                    return (id < self.end).then_some(id);
                }
            }
            if entries[3] & SPILLED == 0 {
                return None;
            }
            bucket += 1;
        }
    }

    fn whole_long(&self, piece: &[u8]) -> Option<u32> {
        const LONGEST: usize = 128;
        if piece.len() > LONGEST {
            return None;
        }
        let n_slots = self.long.len();
        let mut slot = (hash::long(piece) >> (64 - n_slots.trailing_zeros())) as usize;
        loop {
            let entry = self.long[slot % n_slots];
            if entry == 0 {
                return None;
            }
            let (offset, length) = ((entry >> 20) as usize & 0xFFF_FFFF, (entry >> 48) as usize);
            if length == piece.len() && self.long_bytes.get(offset..offset + length) == Some(piece) {
                let id = (entry & 0xF_FFFF) as u32 - 1;
                return (id < self.end).then_some(id);
            }
            slot += 1;
        }
    }

    /// The id of a byte: every vocabulary has them all.
    #[inline(always)]
    pub(crate) fn byte(&self, byte: u8) -> u32 {
        self.bytes[usize::from(byte)]
    }

    /// What two bytes merge into, or [`NONE`].
    #[inline(always)]
    pub(crate) fn byte_pair(&self, left: u8, right: u8) -> u32 {
        let id = self.byte_pairs[usize::from(left) << 8 | usize::from(right)];
        if id < self.end { id } else { NONE }
    }

    /// What two tokens merge into, or [`NONE`]. The order of ids is the order of merging.
    #[inline(always)]
    pub(crate) fn pair(&self, left: u32, right: u32) -> u32 {
        let hash = hash::pair(left, right);
        let n_groups = self.shifts.len();
        let shift = self.shifts[(hash >> (64 - n_groups.trailing_zeros())) as usize % n_groups];
        let entry = self.pairs[hash::pair_slot(hash, shift) as usize % self.pairs.len()];
        let id = (entry & 0x3_FFFF) as u32;
        #[allow(clippy::needless_bitwise_bool, reason = "`&&` would be a branch")]
        let is_it = (entry >> 18 == (u64::from(left) << 18 | u64::from(right))) & (id < self.end);
        // Whether a pair merges cannot be foreseen.
        std::hint::select_unpredictable(is_it, id, NONE)
    }

    /// The four entries where a short piece with this hash would stand, to be fetched ahead.
    #[inline(always)]
    pub(crate) fn bucket(&self, hash: u64) -> &'static [u128; 4] {
        let n_buckets = self.short.len();
        &self.short[(hash >> (64 - n_buckets.trailing_zeros())) as usize % n_buckets]
    }
}

#[cfg(test)]
mod tests;
