//! Byte-pair merging of a piece that is no token: the pair with the lowest rank, the leftmost of several, becomes one token,
//! until no pair is left that merges. Ids are ranks.
//!
//! `merge/batch.rs` keeps the ranks of up to 64 bytes in an array and looks for the least one; `merge/window.rs` does so with
//! up to 256; `merge/long.rs` joins such windows into the tokens of a piece of any length, in linear time unless what a piece
//! ends with decides about more than four kilobytes before it (the longest known is 243 bytes); `merge/heap.rs` is what
//! remains if windows cannot be joined, and the definition that the others are tested against.

#![allow(clippy::cast_possible_wrap, reason = "a rank has 18 bits, a place 8")]

pub(crate) mod batch;
pub(crate) mod heap;
mod long;
pub(crate) mod short;
pub(crate) mod stretches;
mod symbols;
mod window;

use crate::vocab::{NONE, Vocabulary};

/// What becomes of the tokens of a piece.
pub(crate) trait Sink {
    /// The next token and its length in bytes.
    fn token(&mut self, id: u32, length: usize);

    /// The tokens of this piece come again from its start.
    fn restart(&mut self);
}

/// The number of tokens.
#[derive(Default)]
struct Count(u64);

impl Sink for Count {
    fn token(&mut self, _: u32, _: usize) {
        self.0 += 1;
    }

    fn restart(&mut self) {
        self.0 = 0;
    }
}

/// Ids and lengths of the tokens.
#[derive(Default)]
pub(crate) struct Tokens(pub(crate) Vec<(u32, usize)>);

impl Sink for Tokens {
    fn token(&mut self, id: u32, length: usize) {
        self.0.push((id, length));
    }

    fn restart(&mut self) {
        self.0.clear();
    }
}

/// The tokens of a piece. The piece must not be empty.
pub(crate) fn tokens(vocabulary: &Vocabulary, piece: &[u8], sink: &mut impl Sink) {
    if let Some(id) = vocabulary.whole(piece) {
        sink.token(id, piece.len());
    } else if piece.len() <= short::MOST {
        short::tokens(vocabulary, piece, sink);
    } else {
        long::tokens(vocabulary, piece, sink);
    }
}

/// The number of tokens of a piece. The piece must not be empty.
pub(crate) fn count(vocabulary: &Vocabulary, piece: &[u8]) -> u64 {
    if vocabulary.whole(piece).is_some() {
        1
    } else if piece.len() <= short::MOST {
        u64::from(short::count(vocabulary, piece))
    } else {
        count_long(vocabulary, piece)
    }
}

/// The same of a piece of more than 64 bytes that is no token.
pub(crate) fn count_long(vocabulary: &Vocabulary, piece: &[u8]) -> u64 {
    let mut count = Count::default();
    long::tokens(vocabulary, piece, &mut count);
    count.0
}

/// A rank and the place of the left one of a pair as one number: the least is what merges next.
#[inline(always)]
fn key_of(id: u32, at: usize) -> i32 {
    (id << 8) as i32 | at as i32
}

/// Keys from here on are of pairs that do not merge.
const NO_KEY: i32 = (NONE << 8) as i32;

#[cfg(test)]
mod tests;
