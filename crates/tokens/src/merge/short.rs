//! Merging of up to 64 bytes: the keys of all pairs stand in one array, places stay where they are, and a bit mask says
//! which places still begin a token.

use std::hint::select_unpredictable;

use super::{NO_KEY, Sink, key_of};
use crate::vocab::{NONE, Vocabulary};

/// The longest piece.
pub(crate) const MOST: usize = 64;

/// Pieces that are merged side by side: while one waits for a table, the others go on.
pub(crate) const LANES: usize = 4;

/// The numbers of tokens of pieces of up to `N` bytes; 0 of an empty one.
#[inline(never)]
pub(crate) fn counts<const N: usize>(vocabulary: &Vocabulary, pieces: [&[u8]; LANES]) -> [u32; LANES] {
    // Written out, because a closure would not be compiled for the caller's wide instructions.
    let mut merges: [Merge<N>; LANES] = [const { Merge::EMPTY }; LANES];
    for (merge, piece) in merges.iter_mut().zip(pieces) {
        *merge = Merge::new(vocabulary, piece);
    }
    loop {
        let mut goes_on = false;
        for merge in &mut merges {
            goes_on |= merge.step(vocabulary);
        }
        if !goes_on {
            break;
        }
    }
    let mut counts = [0; LANES];
    for (count, merge) in counts.iter_mut().zip(&merges) {
        *count = merge.starts.count_ones();
    }
    counts
}

/// The number of tokens of 1 to 64 bytes.
pub(crate) fn count(vocabulary: &Vocabulary, piece: &[u8]) -> u32 {
    let mut merge = Merge::<MOST>::new(vocabulary, piece);
    while merge.step(vocabulary) {}
    merge.starts.count_ones()
}

/// The tokens of 1 to 64 bytes.
pub(super) fn tokens(vocabulary: &Vocabulary, piece: &[u8], sink: &mut impl Sink) {
    let mut merge = Merge::<MOST>::new(vocabulary, piece);
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
struct Merge<const N: usize> {
    /// The places that begin a token.
    starts: u64,
    keys: [i32; N],
    /// The token that begins at a place; [`NONE`] behind the end.
    ids: [u32; N],
}

impl<const N: usize> Merge<N> {
    const EMPTY: Merge<N> = Merge { starts: 0, keys: [NO_KEY; N], ids: [NONE; N] };

    #[inline(always)]
    fn new(vocabulary: &Vocabulary, piece: &[u8]) -> Merge<N> {
        let length = piece.len().min(N);
        let (mut ids, mut keys) = ([NONE; N], [NO_KEY; N]);
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
        let (at, id) = ((least & 0xFF) as usize % N, (least >> 8) as u32);
        let behind = self.starts & (u64::MAX - 1) << at;
        let gone = behind.trailing_zeros() as usize % N;
        self.starts ^= 1 << gone;
        self.ids[at] = id;
        self.keys[gone] = NO_KEY;
        let behind = behind & behind.wrapping_sub(1);
        let next = select_unpredictable(behind == 0, NONE, self.ids[behind.trailing_zeros() as usize % N]);
        let before = self.starts & !(u64::MAX << at);
        let previous = 63 - (before | 1).leading_zeros() as usize % 64;
        let previous_id = select_unpredictable(before == 0, NONE, self.ids[previous % N]);
        self.keys[previous % N] = key_of(vocabulary.pair(previous_id, id), previous);
        // The last, because without a token before, `previous` is this place.
        self.keys[at] = key_of(vocabulary.pair(id, next), at);
        true
    }
}
