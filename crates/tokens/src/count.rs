//! The count of a text, a block at a time: its pieces are marked, those of more than one byte are listed, the list is looked up
//! in the cache's front table, and what is not there is looked up or merged one by one. Doing one thing at a time keeps
//! each loop free of unforeseeable branches. A piece of one byte is one token.

use std::cell::RefCell;

use crate::Encoding;
use crate::cache::Cache;
use crate::hash::{self, SHORT};

use crate::merge::short::LANES;
use crate::merge::{self, short};
use crate::split::block::{BLOCK, Bits, Block, PADDING, mark};
use crate::split::masks::{Isa, Scalar};
#[cfg(target_arch = "x86_64")]
use crate::split::simd;
use crate::split::piece_end;
use crate::vocab::Vocabulary;

/// The tokens of a text, or some number above `limit` if there are more.
pub(crate) fn count(encoding: Encoding, text: &str, limit: u64) -> u64 {
    thread_local! {
        static COUNTERS: [RefCell<Option<Box<Counter>>>; Encoding::ALL.len()] =
            const { [const { RefCell::new(None) }; Encoding::ALL.len()] };
    }
    COUNTERS.with(|counters| {
        let mut counter = counters[encoding as usize].borrow_mut();
        let counter = counter.get_or_insert_with(Box::default);
        counter.cache.prepare();
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
        Counter { cache: Cache::new(), bits: Bits::new(), lists, tail: [0; BLOCK + 2 * PADDING], run: best() }
    }
}

/// With the widest instructions that the machine has.
fn best() -> Run {
    levels().into_iter().next_back().map_or(run::<Scalar>, |(_, run)| run)
}

/// All ways that the machine has, the slowest first.
fn levels() -> Vec<(&'static str, Run)> {
    let mut levels: Vec<(&'static str, Run)> = vec![("scalar", run::<Scalar>)];
    #[cfg(target_arch = "x86_64")]
    levels.extend(wide::levels());
    levels
}

#[inline(always)]
fn run<I: Isa>(counter: &mut Counter, encoding: Encoding, text: &[u8], limit: u64) -> u64 {
    let Counter { cache, bits, lists, tail, .. } = counter;
    let (pattern, vocabulary) = (encoding.pattern(), encoding.vocabulary());
    let (mut total, mut at) = (0, 0);
    while at < text.len() && total <= limit {
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
            total += if total.saturating_add(least) > limit { least + 1 } else { merge::count(vocabulary, &rest[..end]) };
            end
        }
    }
    total
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

/// Pieces that were never met, until there are enough to be merged side by side.
#[derive(Default)]
struct New<'a> {
    short: Lanes<'a, 16>,
    middle: Lanes<'a, 32>,
    long: Lanes<'a, 64>,
}

impl<'a> New<'a> {
    /// The tokens of this piece, or of this and others that waited, or none, if it waits.
    #[inline(always)]
    fn add(&mut self, cache: &mut Cache, vocabulary: &Vocabulary, piece: &'a [u8]) -> u64 {
        if piece.len() <= SHORT {
            return self.short.add(cache, vocabulary, piece);
        }
        if vocabulary.whole(piece).is_some() {
            cache.put_longer(piece, 1);
            return 1;
        }
        match piece.len() {
            ..=32 => self.middle.add(cache, vocabulary, piece),
            ..=64 => self.long.add(cache, vocabulary, piece),
            _ => {
                let count = merge::count(vocabulary, piece);
                cache.put_longer(piece, count as u32);
                count
            }
        }
    }

    /// The tokens of all that wait.
    #[inline(always)]
    fn finish(mut self, cache: &mut Cache, vocabulary: &Vocabulary) -> u64 {
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
    #[inline(always)]
    fn add(&mut self, cache: &mut Cache, vocabulary: &Vocabulary, piece: &'a [u8]) -> u64 {
        self.pieces[self.n_pieces % LANES] = piece;
        self.n_pieces += 1;
        if self.n_pieces < LANES { 0 } else { self.merge(cache, vocabulary) }
    }

    #[inline(always)]
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
                cache.put_longer(piece, count);
            }
        }
        counts.iter().map(|count| u64::from(*count)).sum()
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

#[cfg(target_arch = "x86_64")]
mod wide {
    //! The same function, compiled for wider instructions.

    #![allow(unsafe_code, reason = "functions for wider instructions than the build's may only be called where these exist")]

    use super::{Counter, Encoding, Run, run, simd};

    /// Those that the machine has, the slowest first.
    pub(super) fn levels() -> Vec<(&'static str, Run)> {
        let mut levels: Vec<(&'static str, Run)> = vec![("SSE2", run::<simd::Sse2>)];
        let has_bits = is_x86_feature_detected!("bmi1")
            && is_x86_feature_detected!("bmi2")
            && is_x86_feature_detected!("lzcnt")
            && is_x86_feature_detected!("popcnt");
        if is_x86_feature_detected!("sse4.2") && is_x86_feature_detected!("popcnt") {
            // SAFETY: the instructions of `run_sse4` were found.
            levels.push(("SSE4.2", |counter, encoding, text, limit| unsafe { run_sse4(counter, encoding, text, limit) }));
        }
        if has_bits && is_x86_feature_detected!("avx2") {
            // SAFETY: the instructions of `run_avx2` were found.
            levels.push(("AVX2", |counter, encoding, text, limit| unsafe { run_avx2(counter, encoding, text, limit) }));
            if is_x86_feature_detected!("avx512bw")
                && is_x86_feature_detected!("avx512vl")
                && is_x86_feature_detected!("avx512vbmi2")
            {
                // SAFETY: the instructions of `run_avx512` were found.
                levels.push(("AVX-512", |counter, encoding, text, limit| unsafe {
                    run_avx512(counter, encoding, text, limit)
                }));
            }
        }
        levels
    }

    #[target_feature(enable = "sse4.2,popcnt")]
    fn run_sse4(counter: &mut Counter, encoding: Encoding, text: &[u8], limit: u64) -> u64 {
        run::<simd::Sse2>(counter, encoding, text, limit)
    }

    #[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt")]
    fn run_avx2(counter: &mut Counter, encoding: Encoding, text: &[u8], limit: u64) -> u64 {
        run::<simd::Avx2>(counter, encoding, text, limit)
    }

    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vbmi2,avx2,bmi1,bmi2,lzcnt,popcnt")]
    fn run_avx512(counter: &mut Counter, encoding: Encoding, text: &[u8], limit: u64) -> u64 {
        run::<simd::Avx512>(counter, encoding, text, limit)
    }
}

#[cfg(test)]
mod tests;
