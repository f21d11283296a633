//! Merging of up to 64 bytes: the keys of all pairs stand in one array, places stay where they are, and a bit mask says
//! which places still begin a token.

use std::hint::select_unpredictable;

use super::{NO_KEY, Sink, key_of};
use crate::vocab::{NONE, Vocabulary};

/// The longest piece.
pub(crate) const MOST: usize = 64;

/// The number of tokens of 1 to 64 bytes.
pub(crate) fn count(vocabulary: &Vocabulary, piece: &[u8]) -> u32 {
    let mut merge = Merge::new(vocabulary, piece);
    while merge.step(vocabulary) {}
    merge.starts.count_ones()
}

/// The tokens of 1 to 64 bytes.
pub(super) fn tokens(vocabulary: &Vocabulary, piece: &[u8], sink: &mut impl Sink) {
    let mut merge = Merge::new(vocabulary, piece);
    while merge.step(vocabulary) {}
    let mut starts = merge.starts;
    while starts != 0 {
        let at = starts.trailing_zeros() as usize;
        starts &= starts - 1;
        let end = if starts == 0 { piece.len() } else { starts.trailing_zeros() as usize };
        sink.token(merge.ids[at], end - at);
    }
}

/// A piece on its way.
struct Merge {
    /// The places that begin a token.
    starts: u64,
    keys: [i32; MOST],
    /// The token that begins at a place; [`NONE`] behind the end.
    ids: [u32; MOST],
}

impl Merge {
    #[inline(always)]
    fn new(vocabulary: &Vocabulary, piece: &[u8]) -> Merge {
        let length = piece.len().min(MOST);
        let (mut ids, mut keys) = ([NONE; MOST], [NO_KEY; MOST]);
        for (id, byte) in ids.iter_mut().zip(piece) {
            *id = vocabulary.byte(*byte);
        }
        for (at, (key, pair)) in keys.iter_mut().zip(piece.windows(2)).enumerate() {
            *key = key_of(vocabulary.byte_pair(pair[0], pair[1]), at);
        }
        Merge { starts: u64::MAX.checked_shr(64 - length as u32).unwrap_or(0), keys, ids }
    }

    /// Merges the pair with the lowest rank; `false` if there is none.
    ///
    /// Whether there is a token before or behind the new one cannot be foreseen, so no branch depends on it: what is not there
    /// has no id, and no pair.
    #[inline(always)]
    fn step(&mut self, vocabulary: &Vocabulary) -> bool {
        let least = self.keys.iter().copied().fold(NO_KEY, i32::min);
        if least == NO_KEY {
            return false;
        }
        let (at, id) = ((least & 0xFF) as usize % MOST, (least >> 8) as u32);
        let behind = self.starts & (u64::MAX - 1) << at;
        let gone = behind.trailing_zeros() as usize % MOST;
        self.starts ^= 1 << gone;
        self.ids[at] = id;
        self.keys[gone] = NO_KEY;
        let behind = behind & behind.wrapping_sub(1);
        let next = select_unpredictable(behind == 0, NONE, self.ids[behind.trailing_zeros() as usize % MOST]);
        let before = self.starts & !(u64::MAX << at);
        let previous = 63 - (before | 1).leading_zeros() as usize % 64;
        let previous_id = select_unpredictable(before == 0, NONE, self.ids[previous % MOST]);
        self.keys[previous % MOST] = key_of(vocabulary.pair(previous_id, id), previous);
        // The last, because without a token before, `previous` is this place.
        self.keys[at] = key_of(vocabulary.pair(id, next), at);
        true
    }
}
