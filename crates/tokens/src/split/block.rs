//! The starts of all pieces of a block of text, as one bit a byte: windows one after the other, 48 bytes apart where nothing
//! is in doubt.

use super::masks::Masks;
use super::window::{self, AFTER, BEFORE};
use super::{Pattern, piece_end};
use crate::isa::{Isa, WINDOW};

/// Bytes of text that are split before their pieces are looked up.
pub(crate) const BLOCK: usize = 4096;

/// Bytes behind a block that must be there to be read, whatever they are.
pub(crate) const PADDING: usize = 2 * WINDOW;

/// A stretch of text that begins with a piece.
#[derive(Clone, Copy)]
pub(crate) struct Block<'a> {
    /// The text up to `end`, then padding: at least [`BLOCK`] + [`PADDING`] bytes, or `end` + [`PADDING`].
    pub(crate) bytes: &'a [u8],
    /// Where the text ends.
    pub(crate) end: usize,
}

/// A bit for each byte of a block that begins a piece.
pub(crate) struct Bits([u8; BLOCK / 8 + 3 * WINDOW / 8]);

impl Bits {
    pub(crate) const fn new() -> Bits {
        Bits([0; BLOCK / 8 + 3 * WINDOW / 8])
    }

    /// Bits 64 `n` to 64 `n` + 63.
    #[inline(always)]
    pub(crate) fn word(&self, n: usize) -> u64 {
        self.at(n * 8)
    }

    #[inline(always)]
    fn at(&self, byte: usize) -> u64 {
        self.0[byte..].first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes))
    }

    #[inline(always)]
    fn put(&mut self, byte: usize, word: u64) {
        if let Some(bytes) = self.0[byte..].first_chunk_mut() {
            *bytes = word.to_le_bytes();
        }
    }

    pub(crate) fn set(&mut self, bit: usize) {
        self.0[bit / 8] |= 1 << (bit % 8);
    }

    /// Forgets all from `bit` on.
    fn cut(&mut self, bit: usize) {
        self.0[bit / 8] &= !(0xFF << (bit % 8));
        self.0[bit / 8 + 1..].fill(0);
    }

    /// The last one that is not after `bit`, else 0.
    fn last(&self, bit: usize) -> usize {
        let mut byte = bit / 8;
        let mut found = self.0[byte] & !(0xFE_u8.unbounded_shl(bit as u32 % 8));
        while found == 0 && byte > 0 {
            byte -= 1;
            found = self.0[byte];
        }
        byte * 8 + found.checked_ilog2().unwrap_or(0) as usize
    }
}

/// Marks the pieces of the first [`BLOCK`] bytes and tells how many bytes whole pieces take up: `None` if the first piece is
/// longer. The end of the last piece is marked too.
#[inline(always)]
pub(crate) fn mark<I: Isa>(pattern: Pattern, block: Block<'_>, bits: &mut Bits) -> Option<usize> {
    let limit = block.end.min(BLOCK);
    bits.0.fill(0);
    bits.set(0);
    match pattern {
        Pattern::O200k => windows::<I, true>(pattern, block, limit, bits),
        Pattern::Cl100k => windows::<I, false>(pattern, block, limit, bits),
        Pattern::Gpt2 => {
            step(pattern, block, 0, limit, limit, bits);
        }
    }
    bits.cut(limit);
    if limit == block.end {
        bits.set(limit);
        return Some(limit);
    }
    match bits.last(limit) {
        0 => None,
        end => Some(end),
    }
}

#[inline(always)]
fn windows<I: Isa, const CASED: bool>(pattern: Pattern, block: Block<'_>, limit: usize, bits: &mut Bits) {
    // A window begins at a multiple of 8, so that what it tells is whole bytes of `bits`.
    let (mut base, mut start) = (0, Some(0));
    loop {
        let text_end = (block.end - base).min(WINDOW);
        let (first, kept) = start.map_or((BEFORE, 0), |start| (start - base, start - base));
        let masks = Masks::new::<I>(block.bytes, base, kept, text_end);
        let has_more = base + WINDOW < block.end;
        let told = window::starts::<CASED>(block.bytes, base, &masks, first, start.is_some(), has_more);
        let mask = told.mask & u64::MAX << first & !(u64::MAX << told.end);
        if start.is_some() {
            bits.put(base / 8, bits.at(base / 8) | mask);
        } else {
            bits.put(base / 8 + 1, mask >> 8);
        }
        let reached = base + told.end;
        if reached >= limit {
            return;
        }
        if told.in_doubt {
            let Some(next) = step(pattern, block, bits.last(reached), reached, limit, bits) else { return };
            (base, start) = (next & !7, Some(next));
        } else {
            (base, start) = ((reached & !7) - BEFORE, None);
        }
    }
}

/// Lets the scalar machine decide, from the piece that begins at `at` until one begins behind `doubt`, where that one does;
/// `None` if that is not before `limit`.
#[inline(never)]
fn step(
    pattern: Pattern,
    block: Block<'_>,
    mut at: usize,
    doubt: usize,
    limit: usize,
    bits: &mut Bits,
) -> Option<usize> {
    while at <= doubt {
        at = piece_end(pattern, &block.bytes[..block.end], at);
        if at >= limit {
            return None;
        }
        bits.set(at);
    }
    Some(at)
}

const _: () = assert!(AFTER.is_multiple_of(8) && BEFORE == 8);
