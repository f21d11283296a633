//! The count of a text, a block at a time: its pieces are marked, those of more than one byte are listed, and the lists are
//! looked up (`count/lists.rs`). A piece of one byte is one token.

mod levels;
mod lists;
mod pool;

use std::cell::RefCell;

use crate::Encoding;
use crate::cache::{Cache, Memory};
use crate::isa::Isa;
use crate::merge;
use crate::merge::batch::Batch;
use crate::split::block::{BLOCK, Bits, Block, PADDING, mark};
use crate::split::piece_end;
use crate::vocab::Vocabulary;
use lists::{Lists, new_long};
use pool::POOL;

/// The tokens of a text, or some number above `limit` if there are more.
pub(crate) fn count(encoding: Encoding, text: &str, limit: u64) -> u64 {
    thread_local! {
        static COUNTERS: Counters = const { Counters([const { RefCell::new(None) }; Encoding::ALL.len()]) };
    }
    let counted = COUNTERS.try_with(|Counters(counters)| {
        let mut counter = counters[encoding as usize].borrow_mut();
        let counter = counter.get_or_insert_with(|| POOL.take(encoding));
        (counter.run)(counter, encoding, text.as_bytes(), limit)
    });
    // A thread that is ending has none any more.
    counted.unwrap_or_else(|_| without_cache(encoding, text.as_bytes(), limit))
}

/// A thread's counters, by encoding; other threads go on with them when it ends.
struct Counters([RefCell<Option<Box<Counter>>>; Encoding::ALL.len()]);

impl Drop for Counters {
    fn drop(&mut self) {
        for (encoding, counter) in Encoding::ALL.into_iter().zip(&mut self.0) {
            if let Some(counter) = counter.take() {
                POOL.give(encoding, counter);
            }
        }
    }
}

/// What a thread keeps for an encoding.
struct Counter {
    memory: Memory,
    bits: Bits,
    lists: Lists,
    batch: Batch,
    /// The end of a text, with padding.
    tail: [u8; BLOCK + 2 * PADDING],
    run: Run,
}

type Run = fn(&mut Counter, Encoding, &[u8], u64) -> u64;

impl Default for Counter {
    fn default() -> Counter {
        Counter {
            memory: Memory::new(),
            bits: Bits::new(),
            lists: Lists::new(),
            batch: Batch::new(),
            tail: [0; BLOCK + 2 * PADDING],
            run: levels::best(),
        }
    }
}

#[inline(always)]
fn run<I: Isa>(counter: &mut Counter, encoding: Encoding, text: &[u8], limit: u64) -> u64 {
    if text.is_empty() {
        return 0;
    }
    let Counter { memory, bits, lists, batch, tail, .. } = counter;
    let Some(mut cache) = memory.open() else { return without_cache(encoding, text, limit) };
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
            total += lists.count::<I>(&mut cache, batch, vocabulary, block.bytes);
            end
        } else {
            let end = piece_end(pattern, rest, 0);
            total += long_piece::<I>(&mut cache, batch, vocabulary, &rest[..end]);
            end
        }
    }
    total
}

#[inline(always)]
fn long_piece<I: Isa>(cache: &mut Cache<'_>, batch: &mut Batch, vocabulary: &Vocabulary, piece: &[u8]) -> u64 {
    let known = cache.longer(piece);
    if known > 0 {
        return u64::from(known);
    }
    new_long::<I>(cache, batch, vocabulary, piece)
}

/// The definition, and what is left if there is no cache.
#[cold]
fn without_cache(encoding: Encoding, text: &[u8], limit: u64) -> u64 {
    let mut total = 0;
    encoding.each_piece(text, |piece| {
        total += merge::count(encoding.vocabulary(), piece);
        total <= limit
    });
    total
}

#[cfg(test)]
mod tests;
