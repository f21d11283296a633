//! Merging of up to 64 bytes: the keys of all pairs stand in one array, places stay where they are, and a bit mask says
//! which places still begin a token.

use super::{NO_KEY, Sink, key_of};
use crate::vocab::Vocabulary;

/// The longest piece.
pub(crate) const MOST: usize = 64;

/// The number of tokens of 2 to 64 bytes.
#[inline(always)]
pub(crate) fn count(vocabulary: &Vocabulary, piece: &[u8]) -> u32 {
    match piece.len() {
        ..=16 => merge::<16>(vocabulary, piece).1,
        ..=32 => merge::<32>(vocabulary, piece).1,
        _ => merge::<MOST>(vocabulary, piece).1,
    }
    .count_ones()
}

/// The tokens of 2 to 64 bytes.
pub(super) fn tokens(vocabulary: &Vocabulary, piece: &[u8], sink: &mut impl Sink) {
    let (ids, mut starts) = merge::<MOST>(vocabulary, piece);
    while starts != 0 {
        let at = starts.trailing_zeros() as usize;
        starts &= starts - 1;
        let end = if starts == 0 { piece.len() } else { starts.trailing_zeros() as usize };
        sink.token(ids[at], end - at);
    }
}

/// The ids by the places where tokens begin, and a mask of these places.
#[inline(always)]
fn merge<const N: usize>(vocabulary: &Vocabulary, piece: &[u8]) -> ([u32; N], u64) {
    let length = piece.len().min(N);
    let (mut ids, mut keys) = ([0; N], [NO_KEY; N]);
    for (id, byte) in ids.iter_mut().zip(piece) {
        *id = vocabulary.byte(*byte);
    }
    for (at, (key, pair)) in keys.iter_mut().zip(piece.windows(2)).enumerate() {
        *key = key_of(vocabulary.byte_pair(pair[0], pair[1]), at);
    }
    let mut starts = u64::MAX >> (64 - length);
    loop {
        let least = keys.iter().copied().fold(NO_KEY, i32::min);
        if least == NO_KEY {
            return (ids, starts);
        }
        let (at, id) = ((least & 0xFF) as usize % N, (least >> 8) as u32);
        let after = starts & (u64::MAX - 1) << at;
        let gone = after.trailing_zeros() as usize % N;
        starts ^= 1 << gone;
        ids[at] = id;
        keys[gone] = NO_KEY;
        let after = after & after.wrapping_sub(1);
        keys[at] =
            if after == 0 { NO_KEY } else { key_of(vocabulary.pair(id, ids[after.trailing_zeros() as usize % N]), at) };
        let before = starts & !(u64::MAX << at);
        if before != 0 {
            let previous = before.ilog2() as usize % N;
            keys[previous] = key_of(vocabulary.pair(ids[previous], id), previous);
        }
    }
}
