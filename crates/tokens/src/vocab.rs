//! The vocabularies: packed in the binary, laid out as tables when one is first asked for (`vocab/unpack.rs`). Three questions
//! are asked of one: is this piece a token ([`Vocabulary::whole`]), what do two bytes merge into ([`Vocabulary::byte_pair`]),
//! and what do two tokens merge into ([`Vocabulary::pair`]).

mod tables;
mod unpack;

use std::sync::OnceLock;

use crate::hash;
use crate::prefetch::prefetch;
pub(crate) use tables::{CL100K, O200K, P50K, R50K};
use unpack::Packed;

/// No token. Small enough that it can be shifted into the key of a merge.
pub(crate) const NONE: u32 = 0x7F_FFFF;

/// Where in a table an entry would stand.
pub(crate) type Place = u32;

/// One vocabulary's tables.
pub(crate) struct Vocabulary {
    packed: Packed,
    /// Tokens of 2 to 15 bytes.
    short: &'static [Bucket],
    /// Their ids, when first asked for.
    short_ids: OnceLock<Vec<[u32; 4]>>,
    /// Tokens of more bytes.
    long: &'static [u64],
    long_bytes: &'static [u8],
    /// Pairs of tokens by a perfect hash (`build/pairs.rs`): the left id, the right id and the merged id have 18 bits each,
    /// from the highest of 54 down; the highest bit of all is set where there is none.
    pairs: &'static [u64],
    /// The id of each byte.
    bytes: [u32; 256],
    /// The id of two bytes, [`NONE`] if they do not merge.
    byte_pairs: &'static [[u32; 256]],
}

/// Four tokens: the bytes, then the length. The highest bit of the last says that tokens of this bucket stand in the next. In
/// one cache line.
#[derive(Clone)]
#[repr(align(64))]
struct Bucket([u128; 4]);

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

    /// Whether there is a token of 2 to 15 bytes with this key and its hash.
    #[inline(always)]
    pub(crate) fn has_short(&self, key: u128, hash: u64) -> bool {
        self.short_place(key, hash).is_some()
    }

    /// The id of the token of 2 to 15 bytes with this key and its hash.
    #[inline]
    fn whole_short(&self, key: u128, hash: u64) -> Option<u32> {
        let (bucket, n) = self.short_place(key, hash)?;
        Some(self.short_ids.get_or_init(|| self.packed.short_ids(self))[bucket][n])
    }

    /// Bucket and number of the token of 2 to 15 bytes with this key and its hash.
    #[inline(always)]
    fn short_place(&self, key: u128, hash: u64) -> Option<(usize, usize)> {
        let n_buckets = self.short.len();
        let mut bucket = hash::place(hash, n_buckets);
        loop {
            let Bucket(entries) = &self.short[bucket];
            if let Some(n) = entries.iter().position(|entry| entry & !SPILLED == key) {
                return Some((bucket, n));
            }
            if entries[3] & SPILLED == 0 {
                return None;
            }
            bucket = (bucket + 1) & (n_buckets - 1);
        }
    }

    fn whole_long(&self, piece: &[u8]) -> Option<u32> {
        if piece.len() > hash::LONGEST {
            return None;
        }
        let n_slots = self.long.len();
        let mut slot = hash::place(hash::long(piece), n_slots);
        loop {
            let entry = self.long[slot & (n_slots - 1)];
            if entry == 0 {
                return None;
            }
            let (offset, length) = ((entry >> 20) as usize & 0xFFF_FFFF, (entry >> 48) as usize);
            if length == piece.len() && self.long_bytes.get(offset..offset + length) == Some(piece) {
                return Some((entry & 0xF_FFFF) as u32 - 1);
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
        self.byte_pairs[usize::from(left)][usize::from(right)]
    }

    /// What two tokens merge into, or [`NONE`]. The order of ids is the order of merging.
    #[inline(always)]
    pub(crate) fn pair(&self, left: u32, right: u32) -> u32 {
        self.pair_at(self.place_of_pair(left, right), left, right)
    }

    /// Has what [`Vocabulary::pair_at`] will read fetched.
    #[inline(always)]
    pub(crate) fn fetch_pair(&self, left: u32, right: u32) -> Place {
        let place = self.place_of_pair(left, right);
        prefetch(&self.pairs[place as usize & (self.pairs.len() - 1)]);
        place
    }

    #[inline(always)]
    fn place_of_pair(&self, left: u32, right: u32) -> Place {
        self.packed.place_of_pair(left, right, self.pairs.len()) as Place
    }

    /// What two tokens merge into, or [`NONE`], by the place that [`Vocabulary::fetch_pair`] told.
    #[inline(always)]
    pub(crate) fn pair_at(&self, place: Place, left: u32, right: u32) -> u32 {
        let entry = self.pairs[place as usize & (self.pairs.len() - 1)];
        let id = (entry & 0x3_FFFF) as u32;
        let is_it = entry >> 18 == (u64::from(left) << 18 | u64::from(right));
        // Whether a pair merges cannot be foreseen.
        std::hint::select_unpredictable(is_it, id, NONE)
    }

    /// The id of a character of two or three bytes if merging may begin with it, between the bytes before and behind it.
    #[inline(always)]
    pub(crate) fn atom(&self, c: u32, before: Option<u8>, (first, last): (u8, u8), behind: Option<u8>) -> Option<u32> {
        let block = usize::from(self.packed.atom_index[(c >> 6) as usize % 1024]);
        let id = self.packed.atom_blocks[block][c as usize % 64];
        let is_before = |edge: u8| hash::level(id) < edge;
        let is_atom = id != 0
            && before
                .is_none_or(|byte| is_before(self.packed.left_edges[usize::from(byte)][usize::from(first & 0x3F)]))
            && behind
                .is_none_or(|byte| is_before(self.packed.right_edges[usize::from(last & 0x3F)][usize::from(byte)]));
        is_atom.then_some(id)
    }

    /// The four entries where a short piece with this hash would stand, to be fetched ahead.
    #[inline(always)]
    pub(crate) fn bucket(&self, hash: u64) -> &'static [u128; 4] {
        let Bucket(entries) = &self.short[hash::place(hash, self.short.len())];
        entries
    }
}

#[cfg(test)]
mod tests;
