//! What is known of pieces: a bounded cache from a piece to its number of tokens, of one thread at a time, for one encoding. Keys are
//! compared in full, so that a hit is exact. Nothing grows with what is counted: an entry takes the place of another.
//!
//! Pieces of up to 15 bytes, by far the most, are entries of 8 or 16 bytes in two small tables (`front`), and behind these in
//! the vocabulary's own table or a larger one. Pieces of 16 to 31 bytes are entries of 32 bytes. Longer ones stand in a
//! buffer behind an index; when it is full, it begins again.

mod front;
mod growing;
mod long;

use std::hint::select_unpredictable;

use zerocopy::FromBytes;

use crate::hash;
use crate::prefetch::prefetch;
use crate::vocab::Vocabulary;
pub(crate) use front::Front;
use front::{ShortTable, TinyTable, count_if};
use growing::{Buckets, Entry, Growing, Growth};
use long::LongPieces;

/// Up to 8 MB each.
type BackTable = Buckets<u128, 4>;
type MiddleTable = Buckets<Pair, 2>;

/// A piece of 16 to 31 bytes.
type Pair = [u128; 2];

/// The longest piece of the middle table.
const MIDDLE: usize = 31;

/// Bytes of a cache line.
const LINE: usize = 64;

const N_BYTES: usize =
    size_of::<TinyTable>() + size_of::<ShortTable>() + size_of::<BackTable>() + size_of::<MiddleTable>();

/// The memory of a cache.
pub(crate) struct Memory {
    /// Empty before the first count. Zeros that are not there before they are touched.
    bytes: Vec<u8>,
    back: Growth,
    middle: Growth,
    long: LongPieces,
}

/// A cache, open.
pub(crate) struct Cache<'a> {
    pub(crate) front: Front<'a>,
    back: Growing<'a, u128, 4>,
    middle: Growing<'a, Pair, 2>,
    long: &'a mut LongPieces,
}

impl Memory {
    /// Of an empty cache, not taken yet.
    pub(crate) const fn new() -> Memory {
        Memory { bytes: Vec::new(), back: Growth::new(), middle: Growth::new(), long: LongPieces::new() }
    }

    /// The cache; takes the memory, if that was not done. `None` never happens: an allocator that has no memory
    /// ends the program, and the tables fit into what was asked for.
    #[inline(always)]
    pub(crate) fn open(&mut self) -> Option<Cache<'_>> {
        if self.bytes.is_empty() {
            self.bytes = vec![0; N_BYTES + LINE];
        }
        // A bucket must not lie across two cache lines.
        let start = self.bytes.as_ptr().align_offset(LINE).min(LINE);
        let (tiny, rest) = TinyTable::mut_from_prefix(&mut self.bytes[start..]).ok()?;
        let (short, rest) = ShortTable::mut_from_prefix(rest).ok()?;
        let (back, rest) = BackTable::mut_from_prefix(rest).ok()?;
        let (middle, _) = MiddleTable::mut_from_prefix(rest).ok()?;
        let back = Growing { buckets: back, growth: &mut self.back };
        let middle = Growing { buckets: middle, growth: &mut self.middle };
        Some(Cache { front: Front { tiny, short }, back, middle, long: &mut self.long })
    }
}

impl Cache<'_> {
    /// Has what [`Cache::short`] will read fetched.
    #[inline(always)]
    pub(crate) fn fetch(&self, vocabulary: &Vocabulary, key: u128) {
        let hash = hash::short(key);
        prefetch(self.back.bucket(hash));
        prefetch(vocabulary.bucket(hash));
    }

    /// Has what [`Cache::longer`] will read fetched.
    #[inline(always)]
    pub(crate) fn fetch_longer(&self, piece: &[u8]) {
        if piece.len() <= MIDDLE {
            prefetch(self.middle.bucket(hash::long(piece)));
        }
    }

    /// The number of tokens of a piece of 2 to 15 bytes that is not in the front tables, by its key; 0 if it is not known.
    #[inline(always)]
    pub(crate) fn short(&mut self, vocabulary: &Vocabulary, key: u128) -> u32 {
        let hash = hash::short(key);
        let count = self.back.bucket(hash).iter().fold(0, |count, entry| count | count_if(*entry, key));
        if count > 0 {
            self.front.put(hash, key | u128::from(count) << 124);
            return count;
        }
        if vocabulary.has_short(key, hash) {
            // The vocabulary will have it again.
            self.front.put(hash, key | 1 << 124);
            return 1;
        }
        0
    }

    #[inline(always)]
    pub(crate) fn put_short(&mut self, key: u128, count: u32) {
        let hash = hash::short(key);
        let entry = key | u128::from(count) << 124;
        self.back.put(hash, entry);
        self.front.put(hash, entry);
    }

    /// The number of tokens of a piece of more than 15 bytes; 0 if it is not known.
    #[inline(always)]
    pub(crate) fn longer(&self, piece: &[u8]) -> u32 {
        let hash = hash::long(piece);
        let Some([low, high]) = middle_key(piece) else { return self.long.get(piece, hash) };
        self.middle
            .bucket(hash)
            .iter()
            .fold(0, |count, entry| count | select_unpredictable(entry[0] == low, count_if(entry[1], high), 0))
    }

    #[inline(always)]
    pub(crate) fn put_longer(&mut self, piece: &[u8], count: u64) {
        let hash = hash::long(piece);
        let Some([low, high]) = middle_key(piece) else { return self.long.put(piece, hash, count) };
        // More do not fit, and are rare.
        if count < 16 {
            self.middle.put(hash, [low, high | u128::from(count) << 124]);
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

/// Of a piece of up to 15 bytes.
impl Entry for u128 {
    const NONE: u128 = 0;

    fn hash(&self) -> u64 {
        hash::short(self & u128::MAX >> 4)
    }
}

impl Entry for Pair {
    const NONE: Pair = [0; 2];

    fn hash(&self) -> u64 {
        let [low, high] = self.map(u128::to_le_bytes);
        let mut piece = [0; MIDDLE];
        piece[..16].copy_from_slice(&low);
        piece[16..].copy_from_slice(&high[..15]);
        hash::long(&piece[..16 + usize::from(high[15] & 0xF)])
    }
}

#[cfg(test)]
mod tests;
