//! What 64 bytes of text are, a bit a byte: one mask for each class, all bytes of a character alike. ASCII is classified by
//! wide instructions ([`Isa`]), other characters one after the other by table.

use crate::classes::{Class, class_at};
use crate::isa::{Ascii, Isa, WINDOW};

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
