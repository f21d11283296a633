//! What is known of pieces: a bounded cache from a piece to its number of tokens, one for each thread and encoding. Keys are
//! compared in full, so that a hit is exact. Nothing grows with what is counted: an entry takes the place of another.
//!
//! Pieces of up to 15 bytes, by far the most, are an entry of 16 bytes in a table that fits into the second-level cache,
//! and behind it in the vocabulary's own table or a larger one. Pieces of 16 to 31 bytes are entries of 32 bytes. Longer
//! ones stand in a buffer behind an index; when it is full, it begins again.

mod long;

use std::hint::select_unpredictable;

use crate::hash;
use crate::prefetch::prefetch;
use crate::vocab::Vocabulary;
use long::LongPieces;

/// Two entries of 16 bytes. Byte 15: the length below, the number of tokens above.
type Pair = [u128; 2];

/// Logarithms of the numbers of buckets: 2 MB, 8 MB and 8 MB, of which no more is taken than is written to.
const FRONT_BITS: u32 = 16;
const BACK_BITS: u32 = 17;
const MIDDLE_BITS: u32 = 17;

/// The longest piece of the middle table.
const MIDDLE: usize = 31;

pub(crate) struct Cache {
    front: Vec<Pair>,
    back: Vec<[u128; 4]>,
    middle: Vec<[Pair; 2]>,
    long: LongPieces,
    /// Selects which entry goes.
    turn: usize,
}

impl Cache {
    /// Empty, and without memory.
    pub(crate) const fn new() -> Cache {
        Cache { front: Vec::new(), back: Vec::new(), middle: Vec::new(), long: LongPieces::new(), turn: 0 }
    }

    /// Takes the memory, if that was not done.
    #[inline(always)]
    pub(crate) fn prepare(&mut self) {
        if self.front.is_empty() {
            self.take_memory();
        }
    }

    #[cold]
    fn take_memory(&mut self) {
        self.front = vec![[0; 2]; 1 << FRONT_BITS];
        self.back = vec![[0; 4]; 1 << BACK_BITS];
        self.middle = vec![[[0; 2]; 2]; 1 << MIDDLE_BITS];
    }

    /// The table that most pieces are found in; `None` before it is prepared.
    #[inline(always)]
    pub(crate) fn front(&self) -> Option<Front<'_>> {
        self.front.first_chunk().map(Front)
    }

    /// Has what [`Cache::short`] will read fetched.
    #[inline(always)]
    pub(crate) fn fetch(&self, vocabulary: &Vocabulary, key: u128) {
        let hash = hash::short(key);
        prefetch(&self.back[place::<BACK_BITS>(hash)]);
        prefetch(vocabulary.bucket(hash));
    }

    /// Has what [`Cache::longer`] will read fetched.
    #[inline(always)]
    pub(crate) fn fetch_longer(&self, piece: &[u8]) {
        if piece.len() <= MIDDLE {
            prefetch(&self.middle[place::<MIDDLE_BITS>(hash::long(piece))]);
        }
    }

    /// The number of tokens of a piece of 2 to 15 bytes that is not in the front table, by its key; 0 if it is not known.
    #[inline(always)]
    pub(crate) fn short(&mut self, vocabulary: &Vocabulary, key: u128) -> u32 {
        let hash = hash::short(key);
        let entries = &self.back[place::<BACK_BITS>(hash)];
        let count = entries.iter().fold(0, |count, entry| count | count_if(*entry, key));
        if count > 0 {
            self.put_in_front(hash, key | u128::from(count) << 124);
            return count;
        }
        if vocabulary.whole_short(key, hash).is_some() {
            self.put_short(key, 1);
            return 1;
        }
        0
    }

    #[inline(always)]
    pub(crate) fn put_short(&mut self, key: u128, count: u32) {
        let hash = hash::short(key);
        let entry = key | u128::from(count) << 124;
        let entries = &mut self.back[place::<BACK_BITS>(hash)];
        self.turn += 1;
        entries[self.turn % 4] = entry;
        self.put_in_front(hash, entry);
    }

    #[inline(always)]
    fn put_in_front(&mut self, hash: u64, entry: u128) {
        let entries = &mut self.front[place::<FRONT_BITS>(hash)];
        entries[1] = entries[0];
        entries[0] = entry;
    }

    /// The number of tokens of a piece of more than 15 bytes; 0 if it is not known.
    #[inline(always)]
    pub(crate) fn longer(&mut self, piece: &[u8]) -> u32 {
        let hash = hash::long(piece);
        let Some([low, high]) = middle_key(piece) else { return self.long.get(piece, hash) };
        let entries = &self.middle[place::<MIDDLE_BITS>(hash)];
        entries
            .iter()
            .fold(0, |count, entry| count | select_unpredictable(entry[0] == low, count_if(entry[1], high), 0))
    }

    #[inline(always)]
    pub(crate) fn put_longer(&mut self, piece: &[u8], count: u64) {
        let hash = hash::long(piece);
        let Some([low, high]) = middle_key(piece) else { return self.long.put(piece, hash, count) };
        // More do not fit, and are rare.
        if count < 16 {
            let entries = &mut self.middle[place::<MIDDLE_BITS>(hash)];
            self.turn += 1;
            entries[self.turn % 2] = [low, high | u128::from(count) << 124];
        }
    }
}

/// The key of a piece of 16 to 31 bytes. The last byte is 16 less than the length.
#[inline(always)]
fn middle_key(piece: &[u8]) -> Option<Pair> {
    if piece.len() > MIDDLE {
        return None;
    }
    // Two reads that overlap; what the second has twice is shifted out.
    let low = u128::from_le_bytes(*piece.first_chunk()?);
    let high = u128::from_le_bytes(*piece.last_chunk()?);
    let n_high = piece.len() - 16;
    let high = high.checked_shr(128 - 8 * n_high as u32).unwrap_or(0);
    Some([low, high | (n_high as u128) << 120])
}

/// The table that most pieces are found in, to be asked many times.
pub(crate) struct Front<'a>(&'a [Pair; 1 << FRONT_BITS]);

impl Front<'_> {
    /// The number of tokens of the piece with this key, 0 if it is not here.
    #[inline(always)]
    pub(crate) fn get(&self, key: u128) -> u32 {
        let [first, second] = &self.0[place::<FRONT_BITS>(hash::short(key))];
        count_if(*first, key) | count_if(*second, key)
    }
}

/// The bucket of a table of 2^`BITS`.
#[inline(always)]
const fn place<const BITS: u32>(hash: u64) -> usize {
    (hash >> (64 - BITS)) as usize
}

/// The number of tokens in an entry if it is of this key, else 0.
#[inline(always)]
fn count_if(entry: u128, key: u128) -> u32 {
    let (low, high) = (entry as u64, (entry >> 64) as u64);
    let differs = (low ^ key as u64) | (high ^ (key >> 64) as u64) << 4;
    // Which entry it is cannot be foreseen, so no branch may depend on it.
    select_unpredictable(differs == 0, (high >> 60) as u32, 0)
}

#[cfg(test)]
mod tests;
