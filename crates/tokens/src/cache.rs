//! What is known of pieces: a bounded cache from a piece to its number of tokens, one for each thread and encoding. Keys are
//! compared in full, so that a hit is exact. Nothing grows with what is counted: an entry takes the place of another.
//!
//! Pieces of up to 15 bytes, by far the most, are an entry of 16 bytes in a table that fits into the second-level cache,
//! and behind it in the vocabulary's own table or a larger one. Pieces of 16 to 31 bytes are entries of 32 bytes. Longer
//! ones stand in a buffer behind an index; when it is full, it begins again.

mod long;

use crate::hash;
use crate::merge;
use crate::vocab::Vocabulary;
use long::LongPieces;

/// Two entries of 16 bytes. Byte 15: the length below, the number of tokens above.
type Pair = [u128; 2];

const FRONT_BITS: u32 = 14;
const BACK_BITS: u32 = 16;
const MIDDLE_BITS: u32 = 14;

/// All but the number of tokens.
const KEY: u128 = u128::MAX >> 4;

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
    pub(crate) fn prepare(&mut self) {
        if self.front.is_empty() {
            self.front = vec![[0; 2]; 1 << FRONT_BITS];
            self.back = vec![[0; 4]; 1 << BACK_BITS];
            self.middle = vec![[[0; 2]; 2]; 1 << MIDDLE_BITS];
        }
    }

    /// The table that most pieces are found in.
    #[inline(always)]
    pub(crate) fn front(&self) -> Front<'_> {
        Front(&self.front)
    }

    /// The number of tokens of a piece of 2 to 15 bytes that is not in the front table, by its key.
    #[inline(always)]
    pub(crate) fn short(&mut self, vocabulary: &Vocabulary, key: u128) -> u32 {
        let hash = hash::short(key);
        let count = if vocabulary.whole_short(key, hash).is_some() {
            1
        } else {
            let n_back = self.back.len();
            let entries = &mut self.back[(hash >> (64 - BACK_BITS)) as usize % n_back];
            match entries.iter().find(|entry| *entry & KEY == key) {
                Some(entry) => (entry >> 124) as u32,
                None => {
                    let bytes = key.to_le_bytes();
                    let count = merge::short::count(vocabulary, &bytes[..usize::from(bytes[15])]);
                    self.turn += 1;
                    entries[self.turn % 4] = key | u128::from(count) << 124;
                    count
                }
            }
        };
        let n_front = self.front.len();
        let entries = &mut self.front[(hash >> (64 - FRONT_BITS)) as usize % n_front];
        entries[1] = entries[0];
        entries[0] = key | u128::from(count) << 124;
        count
    }

    /// The number of tokens of a piece of more than 15 bytes.
    pub(crate) fn longer(&mut self, vocabulary: &Vocabulary, piece: &[u8]) -> u64 {
        let hash = hash::long(piece);
        if piece.len() > MIDDLE {
            return self.long.count(piece, hash, || merge::count(vocabulary, piece));
        }
        // The last byte: 16 less than the length below, the number of tokens above, of which there are at most 15.
        let mut key = [0; 32];
        key[..piece.len()].copy_from_slice(piece);
        key[31] = (piece.len() - 16) as u8;
        let (low, high) = key.split_at(16);
        let pack = |half: &[u8]| half.first_chunk().map_or(0, |half| u128::from_le_bytes(*half));
        let (low, high) = (pack(low), pack(high));
        let n_middle = self.middle.len();
        let entries = &mut self.middle[(hash >> (64 - MIDDLE_BITS)) as usize % n_middle];
        // No count is zero, so an empty entry is not taken for one.
        if let Some(entry) = entries.iter().find(|entry| entry[0] == low && entry[1] & KEY == high && entry[1] > KEY) {
            return (entry[1] >> 124) as u64;
        }
        let count = merge::count(vocabulary, piece);
        if count < 16 {
            self.turn += 1;
            entries[self.turn % 2] = [low, high | u128::from(count) << 124];
        }
        count
    }
}

/// The table that most pieces are found in, to be asked many times.
pub(crate) struct Front<'a>(&'a [Pair]);

impl Front<'_> {
    /// The number of tokens of the piece with this key, 0 if it is not here.
    #[inline(always)]
    pub(crate) fn get(&self, key: u128) -> u32 {
        let [first, second] = self.0[(hash::short(key) >> (64 - FRONT_BITS)) as usize % self.0.len()];
        let count = |entry: u128| if (entry ^ key) & KEY == 0 { (entry >> 124) as u32 } else { 0 };
        count(first) | count(second)
    }
}

#[cfg(test)]
mod tests;
