//! Pieces that were never met: they wait until there are enough to be merged side by side, and are then remembered.

use crate::cache::Cache;
use crate::hash::{self, SHORT};
use crate::merge::short::LANES;
use crate::merge::{self, short};
use crate::vocab::Vocabulary;

/// Pieces that were never met, until there are enough to be merged side by side.
#[derive(Default)]
pub(super) struct New<'a> {
    short: Lanes<'a, 16>,
    middle: Lanes<'a, 32>,
    long: Lanes<'a, 64>,
}

impl<'a> New<'a> {
    /// The tokens of this piece, or of this and others that waited, or none, if it waits.
    pub(super) fn add(&mut self, cache: &mut Cache, vocabulary: &Vocabulary, piece: &'a [u8]) -> u64 {
        if piece.len() <= SHORT {
            return self.short.add(cache, vocabulary, piece);
        }
        if vocabulary.whole(piece).is_some() {
            cache.put_longer(piece, 1);
            return 1;
        }
        match piece.len() {
            16..=32 => self.middle.add(cache, vocabulary, piece),
            33..=64 => self.long.add(cache, vocabulary, piece),
            _ => {
                let count = merge::count(vocabulary, piece);
                cache.put_longer(piece, count);
                count
            }
        }
    }

    /// The tokens of all that wait.
    pub(super) fn finish(mut self, cache: &mut Cache, vocabulary: &Vocabulary) -> u64 {
        self.short.merge(cache, vocabulary) + self.middle.merge(cache, vocabulary) + self.long.merge(cache, vocabulary)
    }
}

/// Pieces of up to `N` bytes that are merged side by side.
#[derive(Default)]
struct Lanes<'a, const N: usize> {
    pieces: [&'a [u8]; LANES],
    n_pieces: usize,
}

impl<'a, const N: usize> Lanes<'a, N> {
    fn add(&mut self, cache: &mut Cache, vocabulary: &Vocabulary, piece: &'a [u8]) -> u64 {
        self.pieces[self.n_pieces % LANES] = piece;
        self.n_pieces += 1;
        if self.n_pieces < LANES { 0 } else { self.merge(cache, vocabulary) }
    }

    fn merge(&mut self, cache: &mut Cache, vocabulary: &Vocabulary) -> u64 {
        if self.n_pieces == 0 {
            return 0;
        }
        let pieces = std::mem::take(self).pieces;
        let counts = short::counts::<N>(vocabulary, pieces);
        for (piece, count) in pieces.iter().zip(counts).filter(|(_, count)| *count > 0) {
            if piece.len() <= SHORT {
                cache.put_short(hash::key(piece), count);
            } else {
                cache.put_longer(piece, u64::from(count));
            }
        }
        counts.iter().map(|count| u64::from(*count)).sum()
    }
}
