//! What 64 bytes of text are, a bit a byte: one mask for each class, all bytes of a character alike. ASCII is classified by
//! vector instructions ([`Isa`]), other characters one after the other by table.

use crate::classes::{Class, class_at};

/// Bytes of a window.
pub(crate) const WINDOW: usize = 64;

/// The masks of ASCII, and those of the encoding.
#[derive(Clone, Copy, Default)]
pub(crate) struct Ascii {
    pub(crate) upper: u64,
    pub(crate) lower: u64,
    pub(crate) number: u64,
    pub(crate) space: u64,
    pub(crate) newline: u64,
    pub(crate) blank: u64,
    pub(crate) slash: u64,
    pub(crate) quote: u64,
    /// Bytes beyond ASCII.
    pub(crate) high: u64,
    /// Those that continue a character.
    pub(crate) continued: u64,
}

/// What wide instructions are used for.
pub(crate) trait Isa {
    /// Classifies 64 bytes.
    fn ascii(bytes: &[u8; WINDOW]) -> Ascii;

    /// Writes the numbers of the bits of a mask, each with `base` added, and anything behind them. At most 32 bits are set.
    #[inline(always)]
    fn positions(mut mask: u64, base: u16, list: &mut [u16; 32]) {
        let (rounds, _) = list.as_chunks_mut::<8>();
        for round in rounds {
            // More than there are, to be overwritten: the number of rounds is better foreseen than that of bits.
            for place in round {
                *place = base + mask.trailing_zeros() as u16;
                mask &= mask.wrapping_sub(1);
            }
            if mask == 0 {
                return;
            }
        }
    }
}

/// The definition, a byte at a time.
pub(crate) struct Scalar;

impl Isa for Scalar {
    fn ascii(bytes: &[u8; WINDOW]) -> Ascii {
        let mut masks = Ascii::default();
        for (at, byte) in bytes.iter().enumerate() {
            let bit = 1 << at;
            match byte {
                b'A'..=b'Z' => masks.upper |= bit,
                b'a'..=b'z' => masks.lower |= bit,
                b'0'..=b'9' => masks.number |= bit,
                b' ' => masks.space |= bit,
                b'\r' | b'\n' => masks.newline |= bit,
                b'\t' | 0x0B | 0x0C => masks.blank |= bit,
                b'/' => masks.slash |= bit,
                b'\'' => masks.quote |= bit,
                0x80..0xC0 => {
                    masks.high |= bit;
                    masks.continued |= bit;
                }
                0xC0.. => masks.high |= bit,
                _ => {}
            }
        }
        masks
    }
}

/// The classes of a window's bytes.
#[derive(Clone, Copy, Default)]
pub(crate) struct Masks {
    pub(crate) upper: u64,
    pub(crate) lower: u64,
    /// Letters without case.
    pub(crate) letter: u64,
    pub(crate) mark: u64,
    pub(crate) number: u64,
    pub(crate) space: u64,
    pub(crate) newline: u64,
    /// Other white space.
    pub(crate) blank: u64,
    /// All else.
    pub(crate) other: u64,
    pub(crate) slash: u64,
    pub(crate) quote: u64,
    pub(crate) high: u64,
    pub(crate) continued: u64,
}

impl Masks {
    /// Of the 64 bytes from `base` on, without those before `base + first` and those from `base + end` on. The text has
    /// at least 64 bytes from `base` on, and what is before `base` is there or is of no character that begins there.
    #[inline(always)]
    pub(crate) fn new<I: Isa>(text: &[u8], base: usize, first: usize, end: usize) -> Masks {
        let Some(bytes) = text[base..].first_chunk() else { return Masks::default() };
        let ascii = I::ascii(bytes);
        let wanted = (u64::MAX << first) & (u64::MAX >> (WINDOW - end));
        let high = ascii.high & wanted;
        let Ascii { upper, lower, number, space, newline, blank, slash, quote, .. } = ascii;
        let known = upper | lower | number | space | newline | blank | ascii.high;
        let mut masks = Masks {
            upper: upper & wanted,
            lower: lower & wanted,
            letter: 0,
            mark: 0,
            number: number & wanted,
            space: space & wanted,
            newline: newline & wanted,
            blank: blank & wanted,
            other: !known & wanted,
            slash: slash & wanted,
            quote: quote & wanted,
            high,
            continued: ascii.continued & wanted,
        };
        if high != 0 {
            masks.add_beyond_ascii(text, base, wanted);
        }
        masks
    }

    #[inline(always)]
    fn add_beyond_ascii(&mut self, text: &[u8], base: usize, wanted: u64) {
        let mut classes = [0_u64; 16];
        // A character that begins before the window.
        let n_before = (!self.continued).trailing_zeros();
        if n_before > 0 {
            let begin = (base.saturating_sub(3)..base).rev().find(|at| text[*at] >= 0xC0).unwrap_or(base);
            classes[class_at(text, begin).0 as usize] |= !(u64::MAX << n_before);
        }
        let mut leads = self.high & !self.continued;
        while leads != 0 {
            let at = leads.trailing_zeros() as usize;
            leads &= leads - 1;
            let (class, next) = class_at(text, base + at);
            classes[class as usize % 16] |= !(u64::MAX << ((next - base - at) & 7)) << at;
        }
        let of = |class: Class| classes[class as usize] & wanted;
        self.upper |= of(Class::Upper);
        self.lower |= of(Class::Lower);
        self.letter = of(Class::Letter);
        self.mark = of(Class::Mark);
        self.number |= of(Class::Number);
        self.blank |= of(Class::Blank);
        self.other |= of(Class::Other);
    }
}
