//! Merging of one piece of up to 64 bytes, of which the tokens are wanted, or for which others are not waited.

use super::Sink;
use super::batch::Lane;
use crate::vocab::Vocabulary;

pub(crate) use super::batch::MOST;

/// The number of tokens of 1 to 64 bytes.
pub(crate) fn count(vocabulary: &Vocabulary, piece: &[u8]) -> u32 {
    Lane::merged(vocabulary, piece).starts.count_ones()
}

/// The tokens of 1 to 64 bytes.
pub(super) fn tokens(vocabulary: &Vocabulary, piece: &[u8], sink: &mut impl Sink) {
    let Lane { mut starts, ids, .. } = Lane::merged(vocabulary, piece);
    while starts != 0 {
        let at = starts.trailing_zeros() as usize;
        starts &= starts - 1;
        let end = if starts == 0 { piece.len() } else { starts.trailing_zeros() as usize };
        sink.token(ids[at], end - at);
    }
}
