//! The count of a text, a block at a time: its pieces are marked, those of more than one byte are listed, the list is looked up
//! in the cache's front table, and what is not there is looked up or merged one by one. Doing one thing at a time keeps
//! each loop free of unforeseeable branches. A piece of one byte is one token.

mod levels;
mod new;

use std::cell::RefCell;

use crate::Encoding;
use crate::cache::Cache;
use crate::hash::SHORT;
use crate::isa::Isa;

use crate::merge;
use crate::split::block::{BLOCK, Bits, Block, PADDING, mark};
use crate::split::piece_end;
use crate::vocab::Vocabulary;
use new::New;

/// The tokens of a text, or some number above `limit` if there are more.
pub(crate) fn count(encoding: Encoding, text: &str, limit: u64) -> u64 {
    thread_local! {
        static COUNTERS: [RefCell<Option<Box<Counter>>>; Encoding::ALL.len()] =
            const { [const { RefCell::new(None) }; Encoding::ALL.len()] };
    }
    COUNTERS.with(|counters| {
        let mut counter = counters[encoding as usize].borrow_mut();
        let counter = counter.get_or_insert_with(Box::default);
        (counter.run)(counter, encoding, text.as_bytes(), limit)
    })
}

/// What a thread keeps for an encoding.
struct Counter {
    cache: Cache,
    bits: Bits,
    lists: Lists,
    /// The end of a text, with padding.
    tail: [u8; BLOCK + 2 * PADDING],
    run: Run,
}

type Run = fn(&mut Counter, Encoding, &[u8], u64) -> u64;

/// The pieces of a block.
struct Lists {
    /// Where those of more than one byte begin and end.
    starts: [u16; LISTED],
    ends: [u16; LISTED],
    /// Numbers of those that the front table does not have.
    missed: [u16; LISTED],
    n_listed: usize,
}

/// Room for the pieces of more than one byte in a block, and for what a round of listing writes too much; a power of two.
const LISTED: usize = BLOCK;

impl Default for Counter {
    fn default() -> Counter {
        let lists = Lists { starts: [0; LISTED], ends: [0; LISTED], missed: [0; LISTED], n_listed: 0 };
        Counter { cache: Cache::new(), bits: Bits::new(), lists, tail: [0; BLOCK + 2 * PADDING], run: levels::best() }
    }
}

#[inline(always)]
fn run<I: Isa>(counter: &mut Counter, encoding: Encoding, text: &[u8], limit: u64) -> u64 {
    let Counter { cache, bits, lists, tail, .. } = counter;
    let (pattern, vocabulary) = (encoding.pattern(), encoding.vocabulary());
    let (mut total, mut at) = (0, 0);
    while at < text.len() && total <= limit {
        cache.prepare();
        let rest = &text[at..];
        let mut block = Block { bytes: rest, end: rest.len() };
        if rest.len() < BLOCK + PADDING {
            tail[..rest.len()].copy_from_slice(rest);
            tail[rest.len()..rest.len() + PADDING].fill(0);
            block.bytes = tail;
        }
        at += if let Some(end) = mark::<I>(pattern, block, bits) {
            total += lists.fill::<I>(bits, end);
            total += lists.count(cache, vocabulary, block.bytes);
            end
        } else {
            let end = piece_end(pattern, rest, 0);
            // No token has more than 128 bytes: a piece that cannot stay within the limit is not merged.
            let least = end as u64 / 128;
            total += if total.saturating_add(least) > limit {
                least + 1
            } else {
                long_piece(cache, vocabulary, &rest[..end])
            };
            end
        }
    }
    total
}

#[inline(never)]
fn long_piece(cache: &mut Cache, vocabulary: &Vocabulary, piece: &[u8]) -> u64 {
    let known = cache.longer(piece);
    if known > 0 {
        return u64::from(known);
    }
    let count = merge::count(vocabulary, piece);
    cache.put_longer(piece, count);
    count
}

impl Lists {
    /// Lists the pieces of more than one byte that are marked, the last of which ends at `end`; the number of the others.
    #[inline(always)]
    fn fill<I: Isa>(&mut self, bits: &Bits, end: usize) -> u64 {
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
    fn count(&mut self, cache: &mut Cache, vocabulary: &Vocabulary, text: &[u8]) -> u64 {
        let Some(front) = cache.front() else { return 0 };
        let (mut total, mut n_missed) = (0, 0);
        for (n, (start, end)) in self.starts[..self.n_listed].iter().zip(&self.ends[..self.n_listed]).enumerate() {
            let length = usize::from(end - start);
            let count = front.get(key(text, usize::from(*start), length));
            let count = std::hint::select_unpredictable(length > SHORT, 0, count);
            total += u64::from(count);
            self.missed[n_missed % LISTED] = n as u16;
            n_missed += usize::from(count == 0);
        }
        let missed = &self.missed[..n_missed % LISTED];
        for missed in missed {
            let piece = usize::from(*missed) % LISTED;
            let (start, end) = (usize::from(self.starts[piece]), usize::from(self.ends[piece]));
            if end - start <= SHORT {
                cache.fetch(vocabulary, key(text, start, end - start));
            } else {
                cache.fetch_longer(&text[start..end]);
            }
        }
        let mut new = New::default();
        for missed in missed {
            let piece = usize::from(*missed) % LISTED;
            let (start, end) = (usize::from(self.starts[piece]), usize::from(self.ends[piece]));
            let count = if end - start <= SHORT {
                cache.short(vocabulary, key(text, start, end - start))
            } else {
                cache.longer(&text[start..end])
            };
            total += u64::from(count);
            if count == 0 {
                total += new.add(cache, vocabulary, &text[start..end]);
            }
        }
        total + new.finish(cache, vocabulary)
    }
}

/// Appends the numbers of the bits of a mask, of which no two are neighbours.
#[inline(always)]
fn append<I: Isa>(mask: u64, base: u16, list: &mut [u16; LISTED], n: usize) -> usize {
    if let Some(room) = list[n..].first_chunk_mut() {
        I::positions(mask, base, room);
    }
    n + mask.count_ones() as usize
}

/// The key of a piece of up to 15 bytes, something else for a longer one.
#[inline(always)]
fn key(text: &[u8], start: usize, length: usize) -> u128 {
    let word = text[start..].first_chunk().map_or(0, |bytes| u128::from_le_bytes(*bytes));
    let (mask, top) = KEYS[length % 16];
    word & mask | top
}

/// For each length the mask of the bytes and the length in its place.
static KEYS: [(u128, u128); 16] = {
    let mut keys = [(0, 0); 16];
    let mut length = 1;
    while length < 16 {
        keys[length] = ((1 << (8 * length)) - 1, (length as u128) << 120);
        length += 1;
    }
    keys
};

#[cfg(test)]
mod tests;
