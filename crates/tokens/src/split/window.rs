//! Where pieces begin in a window of 64 bytes, by integer logic on its masks: no step depends on where the last piece began.
//!
//! A window tells the truth about the bytes from [`BEFORE`] to [`AFTER`]: what stands before and behind them decides about
//! them, and 8 bytes on either side are enough but for a few cases, which are told from the masks. Then the scalar machine
//! decides the piece in doubt, and the next window begins afresh behind it, as at the start of a text: no pattern looks
//! behind a piece's first byte.

use super::masks::Masks;
use super::scalar::contraction;
use crate::isa::WINDOW;

/// The first byte of a window that it decides about, unless a piece is known to begin in it.
pub(super) const BEFORE: usize = 8;

/// The first byte that it does not decide about any more.
pub(super) const AFTER: usize = 56;

/// What a window tells.
pub(super) struct Starts {
    /// The bytes that begin a piece.
    pub(super) mask: u64,
    /// Where it stops telling the truth.
    pub(super) end: usize,
    /// Whether the scalar machine has to go on there.
    pub(super) in_doubt: bool,
}

/// The pattern of `o200k_base` (`CASED`) or `cl100k_base`, for the bytes from number `first` on of the window at `base`. `fresh`:
/// a piece begins at `first`, and the masks hold nothing before it. `has_more`: the text goes on behind the window.
#[inline(always)]
pub(super) fn starts<const CASED: bool>(
    text: &[u8],
    base: usize,
    masks: &Masks,
    first: usize,
    fresh: bool,
    has_more: bool,
) -> Starts {
    let Masks { space, quote, high, continued, .. } = *masks;
    let (letter, symbol) = if CASED {
        (masks.upper | masks.lower | masks.letter | masks.mark, masks.other)
    } else {
        (masks.upper | masks.lower | masks.letter, masks.other | masks.mark)
    };
    // Line ends behind symbols, in `o200k_base` slashes too, belong to the symbols' piece.
    let tail = if CASED { masks.newline | masks.slash } else { masks.newline };
    let tail_starts = masks.newline & symbol << 1;
    let swallowed = tail & !tail.wrapping_add(tail_starts) | tail_starts;
    let (symbol, newline) = (symbol & !swallowed, masks.newline & !swallowed);
    let blank = space | masks.blank;
    let white = blank | newline;

    // Symbols: one piece with a space before them; a single one belongs to a word behind it, unless a space is before.
    let symbol_starts = symbol & !(symbol << 1) & !(space << 1);
    let mut single = symbol_starts;
    if high != 0 {
        for _ in 0..3 {
            single |= single << 1 & continued;
        }
    }
    // Words, with one blank or symbol before.
    let word_starts = letter & !(letter << 1) & !(blank << 1) & !(single << 1);
    // White space: what is up to the last line end, what is behind that, and its last character if something follows.
    let solid = letter | symbol | masks.number;
    let mut last_blanks = blank & solid >> 1;
    if last_blanks & continued != 0 {
        last_blanks = last_blanks & !continued | (last_blanks & continued) >> 1;
        last_blanks = last_blanks & !continued | (last_blanks & continued) >> 1;
    }
    let mut indents = blank & newline << 1;
    let mut blank_lines = blank.wrapping_add(indents) & !blank & newline;
    while blank_lines != 0 {
        // Another line end follows these blanks.
        indents &=
            !(1 << (indents & (blank_lines & blank_lines.wrapping_neg()).wrapping_sub(1)).checked_ilog2().unwrap_or(0));
        blank_lines &= blank_lines - 1;
    }
    let white_starts = white & !(white << 1);
    // Numbers, three digits a piece.
    let mut number_starts = masks.number & !(masks.number << 1);
    let four = masks.number & masks.number << 1 & masks.number << 2 & masks.number << 3;
    if four != 0 {
        let mut next = number_starts << 3 & four;
        while next != 0 {
            number_starts |= next;
            next = next << 3 & four;
        }
    }
    let mut mask = symbol_starts | word_starts | last_blanks | indents | white_starts | number_starts;
    if CASED {
        mask |= masks.upper & masks.lower << 1;
    }
    let mut doubts = masks.number & high;
    let mut is_chain = false;
    let mut quotes = quote & if CASED { letter << 1 } else { symbol_starts };
    let mut last_end = WINDOW + 1;
    while quotes != 0 {
        let at = quotes.trailing_zeros() as usize;
        quotes &= quotes - 1;
        let length = contraction(text, base + at);
        if length == 0 || at + 4 > WINDOW {
            continue;
        }
        if CASED && at == last_end {
            // Behind a contraction the quote begins a piece. Whether there is one before depends on what is before that.
            is_chain |= at <= 6;
            mask |= 1 << at;
            continue;
        }
        let end = at + length;
        let within = !(u64::MAX << length) << at;
        mask &= if CASED { !within } else { !(within & within << 1) };
        mask |= 1 << end;
        last_end = end;
    }
    if CASED {
        // A capital behind a letter without case: what follows the capitals decides. A mark behind a symbol: whether the
        // symbol is single decides.
        doubts |= masks.upper & (masks.letter | masks.mark) << 1 | masks.mark & symbol << 1;
    }

    let mut end = AFTER;
    let mut in_doubt = false;
    if has_more && white >> (WINDOW - 1) == 1 {
        // The end of this white space is not in sight. The next window sees it, if it begins later than this.
        end = end.min(WINDOW - (!white).leading_zeros() as usize);
        in_doubt = end < 2 * BEFORE;
    }
    if fresh {
        mask |= 1 << first;
    } else if is_unknown::<CASED>(masks, tail, doubts) || is_chain {
        return Starts { mask: 0, end: first, in_doubt: true };
    }
    let doubts = doubts & (u64::MAX << first);
    if (doubts.trailing_zeros() as usize) < end {
        end = doubts.trailing_zeros() as usize;
        in_doubt = true;
    }
    Starts { mask, end, in_doubt }
}

/// Whether what begins before a window decides about more than its first bytes: line ends behind symbols, digits, marks.
#[inline(always)]
fn is_unknown<const CASED: bool>(masks: &Masks, tail: u64, doubts: u64) -> bool {
    let of_digits = masks.number & 0x1FF == 0x1FF || masks.number & masks.high & 0x1FF != 0;
    let of_tail = tail & 0xF == 0xF;
    let of_marks = CASED && masks.mark & 0xFF != 0 && {
        let length = (!masks.mark).trailing_zeros();
        length >= 8 || length >= 4 && masks.other >> length & 1 != 0 || doubts & masks.mark & 0xFF != 0
    };
    of_digits || of_tail || of_marks
}
