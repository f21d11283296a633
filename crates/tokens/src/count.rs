//! The count of a text.

use crate::Encoding;
use crate::merge::{self, Count};

pub(crate) fn count(encoding: Encoding, text: &str) -> u64 {
    let mut total = 0;
    encoding.each_piece(text, |piece| {
        total += piece_count(encoding, piece);
        true
    });
    total
}

pub(crate) fn count_up_to(encoding: Encoding, text: &str, limit: u64) -> Option<u64> {
    let mut total = 0;
    encoding.each_piece(text, |piece| {
        total += piece_count(encoding, piece);
        total <= limit
    });
    (total <= limit).then_some(total)
}

fn piece_count(encoding: Encoding, piece: &[u8]) -> u64 {
    let mut count = Count::default();
    merge::tokens(encoding.vocabulary(), piece, &mut count);
    count.0
}
