//! The count of a text, a block at a time: its pieces are marked, those of more than one byte are listed, the list is looked up
//! in the cache's front table, and what is not there is looked up or merged one by one. Doing one thing at a time keeps
//! each loop free of unforeseeable branches. A piece of one byte is one token.

use std::cell::RefCell;

use crate::Encoding;
use crate::cache::Cache;
use crate::merge;
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
    /// Where the pieces of more than one byte begin and end.
    starts: [u16; LISTED],
    ends: [u16; LISTED],
    /// Numbers of the pieces that the front table does not have.
    missed: [u16; LISTED],
    run: Run,
}

type Tail = [u8; BLOCK + 2 * PADDING];

type Run = fn(&mut Counter, Encoding, &[u8], u64) -> u64;

/// Pieces of more than one byte in a block, and what a round of listing writes too much.
const LISTED: usize = BLOCK / 2 + 64;

impl Default for Counter {
    fn default() -> Counter {
        Counter {
            cache: Cache::new(),
            bits: Bits::new(),
            starts: [0; LISTED],
            ends: [0; LISTED],
            missed: [0; LISTED],
            run: best(),
        }
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
    let (pattern, vocabulary) = (encoding.pattern(), encoding.vocabulary());
    let (mut total, mut at) = (0, 0);
    let mut tail: Tail = [0; BLOCK + 2 * PADDING];
    while at < text.len() && total <= limit {
        let rest = &text[at..];
        let mut block = Block { bytes: rest, end: rest.len() };
        if rest.len() < BLOCK + PADDING {
            tail[..rest.len()].copy_from_slice(rest);
            tail[rest.len()..rest.len() + PADDING].fill(0);
            block.bytes = &tail;
        }
        match mark::<I>(pattern, block, &mut counter.bits) {
            Some(end) => {
                total += counter.pieces(vocabulary, block.bytes, end);
                at += end;
            }
            None => {
                let end = piece_end(pattern, rest, 0);
                // No token has more than 128 bytes: a piece that cannot stay within the limit is not merged.
                let least = end as u64 / 128;
                total += if total + least > limit { least + 1 } else { merge::count(vocabulary, &rest[..end]) };
                at += end;
            }
        }
    }
    total
}

impl Counter {
    /// The tokens of the pieces that are marked, the last of which ends at `end`.
    #[inline(always)]
    fn pieces(&mut self, vocabulary: &Vocabulary, text: &[u8], end: usize) -> u64 {
        let (n_listed, mut total) = self.list(end);
        let mut n_missed = 0;
        let front = self.cache.front();
        for (n, (start, end)) in self.starts[..n_listed].iter().zip(&self.ends[..n_listed]).enumerate() {
            let length = usize::from(end - start);
            let count = front.get(key(text, usize::from(*start), length));
            let count = if length > 15 { 0 } else { count };
            total += u64::from(count);
            self.missed[n_missed % LISTED] = n as u16;
            n_missed += usize::from(count == 0);
        }
        for n in 0..n_missed {
            let piece = usize::from(self.missed[n]) % LISTED;
            let (start, end) = (usize::from(self.starts[piece]), usize::from(self.ends[piece]));
            total += if end - start <= 15 {
                u64::from(self.cache.short(vocabulary, key(text, start, end - start)))
            } else {
                self.cache.longer(vocabulary, &text[start..end])
            };
        }
        total
    }

    /// Lists the pieces of more than one byte; their number, and the number of the others.
    #[inline(always)]
    fn list(&mut self, end: usize) -> (usize, u64) {
        let (mut n_starts, mut n_ends, mut n_single) = (0, 0, 0);
        // Before the block a piece ended.
        let mut before = 1;
        let mut word = self.bits.word(0);
        for n in 0..=end / 64 {
            let next = self.bits.word(n + 1);
            let followed = word >> 1 | next << 63;
            n_single += u64::from((word & followed).count_ones());
            let base = (n * 64) as u16;
            n_starts = positions(word & !followed, base, &mut self.starts, n_starts);
            n_ends = positions(word & !(word << 1 | before), base, &mut self.ends, n_ends);
            (before, word) = (word >> 63, next);
        }
        (n_ends, n_single)
    }
}

/// Appends the numbers of the bits of a mask.
#[inline(always)]
fn positions(mut mask: u64, base: u16, list: &mut [u16; LISTED], n: usize) -> usize {
    let after = n + mask.count_ones() as usize;
    let mut at = n;
    while at < after {
        // More than there are, to be overwritten: the number of rounds is better foreseen than that of bits.
        let Some(round) = list[at..].first_chunk_mut::<8>() else { return after };
        for place in round {
            *place = base + mask.trailing_zeros() as u16;
            mask &= mask.wrapping_sub(1);
        }
        at += 8;
    }
    after
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
            if is_x86_feature_detected!("avx512bw") && is_x86_feature_detected!("avx512vl") {
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

    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx2,bmi1,bmi2,lzcnt,popcnt")]
    fn run_avx512(counter: &mut Counter, encoding: Encoding, text: &[u8], limit: u64) -> u64 {
        run::<simd::Avx512>(counter, encoding, text, limit)
    }
}

#[cfg(test)]
mod tests;
