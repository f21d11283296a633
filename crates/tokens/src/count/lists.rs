//! The pieces of a block of more than one byte: listed, sorted by length, looked up in the cache's front tables; what is not
//! there is looked up behind them, and what was never met is merged. One thing is done at a time, for many pieces: that
//! keeps each loop free of unforeseeable branches, and the fetches of many pieces are under way at once.

use crate::cache::Cache;
use crate::hash::{self, SHORT};
use crate::isa::{GROUP, Isa, PLACE_BITS, Sorted};
use crate::merge;
use crate::merge::batch::{self, Batch};
use crate::split::block::{BLOCK, Bits};
use crate::vocab::Vocabulary;

/// Room for the pieces of more than one byte in a block, and for what a round of listing writes too much; a power of two.
const LISTED: usize = BLOCK;

/// Pieces that are fetched before the first of them is looked at.
const RUN: usize = 64;

pub(super) struct Lists {
    /// Where pieces begin and end.
    starts: [u16; LISTED],
    ends: [u16; LISTED],
    /// Pieces of up to 7 bytes: where each begins, the length above; the numbers of the others.
    tiny: [u16; LISTED],
    others: [u16; LISTED],
    /// Pieces that the front tables do not have, and of these the ones that were never met.
    missed: [Span; LISTED],
    new: [Span; LISTED],
    n_listed: usize,
}

/// Where a piece stands.
#[derive(Clone, Copy)]
struct Span {
    start: u16,
    length: u16,
}

impl Span {
    #[inline(always)]
    fn of(self, text: &[u8]) -> &[u8] {
        &text[usize::from(self.start)..usize::from(self.start) + usize::from(self.length)]
    }

    /// The key of up to 15 bytes, 0 for more, which is no piece's.
    #[inline(always)]
    fn key(self, text: &[u8]) -> u128 {
        let word = text[usize::from(self.start)..].first_chunk().map_or(0, |bytes| u128::from_le_bytes(*bytes));
        let (mask, top) = KEYS[usize::from(self.length).min(SHORT + 1)];
        word & mask | top
    }
}

impl Lists {
    pub(super) const fn new() -> Lists {
        const NOWHERE: Span = Span { start: 0, length: 0 };
        Lists {
            starts: [0; LISTED],
            ends: [0; LISTED],
            tiny: [0; LISTED],
            others: [0; LISTED],
            missed: [NOWHERE; LISTED],
            new: [NOWHERE; LISTED],
            n_listed: 0,
        }
    }

    /// Lists the pieces of more than one byte that are marked, the last of which ends at `end`; the number of the others.
    #[inline(always)]
    pub(super) fn fill<I: Isa>(&mut self, bits: &Bits, end: usize) -> u64 {
        let (mut n_starts, mut n_ends, mut n_single) = (0, 0, 0);
        // Before the block a piece ended.
        let mut before = 1;
        let mut word = bits.word(0);
        for n in 0..=end / 64 {
            let next = bits.word(n + 1);
            let followed = word >> 1 | next << 63;
            n_single += u64::from((word & followed).count_ones());
            let base = (n * 64) as u16;
            n_starts = append::<I>(word & !followed, base, &mut self.starts, n_starts);
            n_ends = append::<I>(word & !(word << 1 | before), base, &mut self.ends, n_ends);
            (before, word) = (word >> 63, next);
        }
        self.n_listed = n_ends;
        n_single
    }

    /// The tokens of the pieces that are listed.
    #[inline(always)]
    pub(super) fn count<I: Isa>(
        &mut self,
        cache: &mut Cache<'_>,
        batch: &mut Batch,
        vocabulary: &Vocabulary,
        text: &[u8],
    ) -> u64 {
        let (n_tiny, n_others) = self.sort::<I>();
        let (of_tiny, n_missed) = self.find_tiny(n_tiny, cache, text);
        let (of_others, n_missed) = self.find_others(n_others, n_missed, cache, text);
        let (of_missed, n_new) = self.find_missed(n_missed, cache, vocabulary, text);
        of_tiny + of_others + of_missed + self.merge_new::<I>(n_new, cache, batch, vocabulary, text)
    }

    /// Sorts the pieces: how many are tiny, how many are not.
    #[inline(always)]
    fn sort<I: Isa>(&mut self) -> (usize, usize) {
        let (mut n_tiny, mut n_others, mut n) = (0, 0, 0);
        let mut sorted = Sorted { tiny: [0; GROUP], others: [0; GROUP], n_tiny: 0 };
        while let (true, Some(starts), Some(ends), Some(tiny), Some(others)) = (
            n < self.n_listed,
            self.starts[n..].first_chunk(),
            self.ends[n..].first_chunk(),
            self.tiny[n_tiny..].first_chunk_mut(),
            self.others[n_others..].first_chunk_mut(),
        ) {
            let here = (self.n_listed - n).min(GROUP);
            I::sort(starts, ends, here, n as u16, &mut sorted);
            (*tiny, *others) = (sorted.tiny, sorted.others);
            n_tiny += sorted.n_tiny;
            n_others += here - sorted.n_tiny;
            n += GROUP;
        }
        (n_tiny, n_others)
    }

    /// The tokens of those tiny pieces that the front table has, and how many it does not have.
    #[inline(always)]
    fn find_tiny(&mut self, n_tiny: usize, cache: &Cache<'_>, text: &[u8]) -> (u64, usize) {
        let (mut total, mut n_missed) = (0, 0);
        for pieces in self.tiny[..n_tiny].chunks(RUN) {
            let (mut keys, mut places) = ([0; RUN], [0; RUN]);
            for ((key, place), piece) in keys.iter_mut().zip(&mut places).zip(pieces) {
                *key = tiny_key(text, *piece);
                *place = cache.front.fetch_tiny(*key);
            }
            for ((key, place), piece) in keys.iter().zip(&places).zip(pieces) {
                let count = cache.front.tiny(*key, *place);
                total += u64::from(count);
                self.missed[n_missed % LISTED] = Span { start: piece % BLOCK as u16, length: piece >> PLACE_BITS };
                n_missed += usize::from(count == 0);
            }
        }
        (total, n_missed)
    }

    /// The same of the other pieces.
    #[inline(always)]
    fn find_others(&mut self, n_others: usize, n_missed: usize, cache: &Cache<'_>, text: &[u8]) -> (u64, usize) {
        let (mut total, mut n_missed) = (0, n_missed);
        for numbers in self.others[..n_others].chunks(RUN) {
            let mut pieces = [Span { start: 0, length: 0 }; RUN];
            let (mut keys, mut places) = ([0; RUN], [0; RUN]);
            for (((piece, key), place), number) in pieces.iter_mut().zip(&mut keys).zip(&mut places).zip(numbers) {
                let number = usize::from(*number) % LISTED;
                let start = self.starts[number];
                *piece = Span { start, length: self.ends[number].wrapping_sub(start) };
                *key = piece.key(text);
                *place = cache.front.fetch_short(*key);
            }
            for ((piece, key), place) in pieces[..numbers.len()].iter().zip(&keys).zip(&places) {
                let count = cache.front.short(*key, *place);
                total += u64::from(count);
                self.missed[n_missed % LISTED] = *piece;
                n_missed += usize::from(count == 0);
            }
        }
        (total, n_missed)
    }

    /// The tokens of the pieces that were missed and are known elsewhere, and how many are not.
    #[inline(always)]
    fn find_missed(
        &mut self,
        n_missed: usize,
        cache: &mut Cache<'_>,
        vocabulary: &Vocabulary,
        text: &[u8],
    ) -> (u64, usize) {
        let (mut total, mut n_new) = (0, 0);
        let missed = &self.missed[..n_missed % LISTED];
        for piece in missed {
            if usize::from(piece.length) <= SHORT {
                cache.fetch(vocabulary, piece.key(text));
            } else {
                cache.fetch_longer(piece.of(text));
            }
        }
        for piece in missed {
            let count = if usize::from(piece.length) <= SHORT {
                cache.short(vocabulary, piece.key(text))
            } else {
                cache.longer(piece.of(text))
            };
            total += u64::from(count);
            self.new[n_new % LISTED] = *piece;
            n_new += usize::from(count == 0);
        }
        (total, n_new)
    }

    /// The tokens of the pieces that were never met; they are known from here on.
    #[inline(always)]
    fn merge_new<I: Isa>(
        &self,
        n_new: usize,
        cache: &mut Cache<'_>,
        batch: &mut Batch,
        vocabulary: &Vocabulary,
        text: &[u8],
    ) -> u64 {
        let mut total = 0;
        let (mut waiting, mut n_waiting) = ([&text[..0]; batch::LANES], 0);
        let mut new = self.new[..n_new % LISTED].iter();
        while let Some(piece) = new.next() {
            let piece = piece.of(text);
            if piece.len() > SHORT && vocabulary.whole(piece).is_some() {
                cache.put_longer(piece, 1);
                total += 1;
            } else if piece.len() > batch::MOST {
                total += new_long::<I>(cache, batch, vocabulary, piece);
            } else {
                waiting[n_waiting % batch::LANES] = piece;
                n_waiting += 1;
            }
            if n_waiting == batch::LANES || new.len() == 0 {
                let pieces = &waiting[..n_waiting];
                for (piece, starts) in pieces.iter().zip(I::merge(batch, vocabulary, pieces)) {
                    let count = starts.count_ones();
                    total += u64::from(count);
                    if piece.len() <= SHORT {
                        cache.put_short(hash::key(piece), count);
                    } else {
                        cache.put_longer(piece, u64::from(count));
                    }
                }
                n_waiting = 0;
            }
        }
        total
    }
}

/// The tokens of a piece of more than 64 bytes that was never met and is no token.
#[inline(always)]
pub(super) fn new_long<I: Isa>(cache: &mut Cache<'_>, batch: &mut Batch, vocabulary: &Vocabulary, piece: &[u8]) -> u64 {
    let count = I::merge_long(batch, vocabulary, piece).unwrap_or_else(|| merge::count_long(vocabulary, piece));
    cache.put_longer(piece, count);
    count
}

/// Appends the numbers of the bits of a mask, of which no two are neighbours.
#[inline(always)]
fn append<I: Isa>(mask: u64, base: u16, list: &mut [u16; LISTED], n: usize) -> usize {
    if let Some(room) = list[n..].first_chunk_mut() {
        I::positions(mask, base, room);
    }
    n + mask.count_ones() as usize
}

/// The key of a piece of up to 7 bytes.
#[inline(always)]
fn tiny_key(text: &[u8], piece: u16) -> u64 {
    let (start, length) = (usize::from(piece) % BLOCK, u64::from(piece) >> PLACE_BITS);
    let word = text[start..].first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes));
    word & !(u64::MAX << (8 * length % 64)) | length << 56
}

/// For each length the mask of the bytes and the length in its place; the last for what is longer.
static KEYS: [(u128, u128); SHORT + 2] = {
    let mut keys = [(0, 0); SHORT + 2];
    let mut length = 1;
    while length <= SHORT {
        keys[length] = ((1 << (8 * length)) - 1, (length as u128) << 120);
        length += 1;
    }
    keys
};
