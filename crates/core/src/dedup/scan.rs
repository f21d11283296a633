//! Reads a text once: words for the shingles, hard tokens for the guard, in their order. Plain English words take the short
//! way, eight bytes at a time; everything else is looked at character by character. Linear in the text, whatever it is.

use std::ops::Range;

use super::class::{ASCII, Ascii, Class, class};
use super::guard::HardKind;
use super::hash;
use super::lexicon::{self, Lexicon, Listed};
use super::{run, spans};

/// Takes what is found.
pub(super) trait Sink {
    /// A word that duplicates may differ in, by the hash of its folded form.
    fn word(&mut self, hash: u64);
    /// A token that no duplicate may differ in. `folded` is what it counts as among the words, and what is compared where
    /// case does not matter (negations, number words, units).
    fn hard(&mut self, kind: HardKind, range: Range<usize>, bytes: &[u8], folded: Option<u64>);
    /// A word inside a quoted string, which is compared as a whole.
    fn quoted_word(&mut self, hash: u64);
}

/// Where the scanner stands.
pub(super) struct Scanner<'a, S> {
    pub(super) text: &'a str,
    pub(super) at: usize,
    pub(super) sink: &'a mut S,
    pub(super) lexicon: &'static Lexicon,
    /// The token just read was a number: a unit may follow.
    pub(super) after_number: bool,
    /// A quotation mark that has no partner makes the rest of its line hard, up to here.
    pub(super) hard_until: usize,
    /// Up to where no closing mark of a kind is to be found, so that it is looked for once and not for every opening one.
    pub(super) barren: Vec<(char, usize)>,
    /// Word being folded.
    pub(super) folded: String,
}

/// Reads the whole text.
pub(super) fn scan<S: Sink>(text: &str, sink: &mut S) {
    let mut scanner = Scanner {
        text,
        at: 0,
        sink,
        lexicon: Lexicon::get(),
        after_number: false,
        hard_until: 0,
        barren: Vec::new(),
        folded: String::new(),
    };
    while scanner.at < text.len() {
        scanner.step();
    }
}

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = 0x8080_8080_8080_8080;
/// The bit between upper and lower case.
const CASE: u64 = 0x20 * ONES;

/// The high bit of every byte that is an ASCII letter.
#[inline]
const fn letters(block: u64) -> u64 {
    let folded = (block | CASE) & !HIGH;
    (folded + (0x80 - 0x61) * ONES) & !(folded + (0x7f - 0x7a) * ONES) & !block & HIGH
}

impl<S: Sink> Scanner<'_, S> {
    #[inline]
    fn step(&mut self) {
        let byte = self.text.as_bytes()[self.at];
        match ASCII[usize::from(byte)] {
            Ascii::Blank => self.at += 1,
            Ascii::Letter => {
                if !self.plain_word() {
                    run::read(self);
                }
            }
            _ => self.odd(byte),
        }
    }

    /// A word of ASCII letters between blanks or with punctuation behind it. False, and nothing done, for anything else.
    #[inline]
    fn plain_word(&mut self) -> bool {
        let bytes = self.text.as_bytes();
        let mut at = self.at;
        let mut hash = hash::WORD;
        let mut is_camel = false;
        let mut last_was_lower = 0;
        loop {
            let block = match bytes.get(at..at + 8) {
                Some(eight) => u64::from_le_bytes(eight.try_into().unwrap_or_default()),
                None => short_block(&bytes[at..]),
            };
            let n = ((!letters(block) & HIGH).trailing_zeros() / 8) as usize;
            if n == 0 {
                break;
            }
            let mask = if n == 8 { u64::MAX } else { (1 << (n * 8)) - 1 };
            hash = hash::take(hash, (block | CASE) & mask);
            let lower = block & CASE & mask;
            let upper = !block & CASE & mask;
            is_camel |= ((lower << 8) | last_was_lower) & upper != 0;
            last_was_lower = lower >> 56;
            at += n;
            if n < 8 {
                break;
            }
        }
        // `deadbeef` is an identifier too.
        let is_hex = at - self.at >= 8 && bytes[self.at..at].iter().all(u8::is_ascii_hexdigit);
        if is_camel || is_hex || at <= self.hard_until {
            return false;
        }
        let end = at;
        match bytes.get(at).map_or(Ascii::Blank, |byte| ASCII[usize::from(*byte)]) {
            Ascii::Blank => {}
            Ascii::Soft if bytes.get(at + 1).is_none_or(|next| ASCII[usize::from(*next)] == Ascii::Blank) => at += 1,
            _ => return false,
        }
        let start = std::mem::replace(&mut self.at, at);
        self.soft_or_listed(hash, start..end);
        true
    }

    /// Passes a folded word on, as what the lists say it is.
    #[inline]
    pub(super) fn soft_or_listed(&mut self, hash: u64, range: Range<usize>) {
        match self.lexicon.find(hash) {
            Some(Listed::Negation) => self.hard(HardKind::Negation, range, Some(hash)),
            Some(Listed::Number) => self.hard(HardKind::Number, range, Some(hash)),
            Some(Listed::Unit) if self.after_number => self.hard(HardKind::Unit, range, Some(hash)),
            _ => {
                self.after_number = false;
                self.sink.word(hash);
            }
        }
    }

    /// Passes a hard token on.
    pub(super) fn hard(&mut self, kind: HardKind, range: Range<usize>, folded: Option<u64>) {
        self.after_number = kind == HardKind::Number;
        self.sink.hard(kind, range.clone(), &self.text.as_bytes()[range], folded);
    }

    /// What does not begin with an ASCII letter.
    fn odd(&mut self, byte: u8) {
        match ASCII[usize::from(byte)] {
            Ascii::Opening => spans::read(self, byte),
            Ascii::Star => {
                let n = self.text.as_bytes()[self.at..].iter().take_while(|byte| **byte == b'*').count();
                self.symbol(n);
            }
            Ascii::Beyond => self.beyond(),
            _ => run::read(self),
        }
    }

    /// Whether looking for the closing mark is in vain.
    pub(super) fn is_barren(&self, closing: char) -> bool {
        self.barren.iter().any(|(known, until)| *known == closing && self.at < *until)
    }

    /// Looking for the closing mark was in vain up to there.
    pub(super) fn barren(&mut self, closing: char, until: usize) {
        self.barren.retain(|(known, _)| *known != closing);
        self.barren.push((closing, until));
    }

    /// A symbol of so many bytes.
    pub(super) fn symbol(&mut self, n_bytes: usize) {
        let end = self.at + n_bytes;
        let range = self.at..end;
        self.at = end;
        self.hard(HardKind::Symbol, range, None);
    }

    fn beyond(&mut self) {
        let Some(c) = self.text[self.at..].chars().next() else { return };
        match class(c) {
            Class::Blank | Class::Soft => self.at += c.len_utf8(),
            Class::Word => run::read(self),
            Class::Symbol => self.symbol(c.len_utf8()),
            Class::Quote(closing) => spans::between(self, c, closing),
            Class::Unspaced => self.unspaced(c),
        }
    }

    fn unspaced(&mut self, c: char) {
        let start = self.at;
        let listed = lexicon::unspaced(&self.text[start..]);
        self.at += listed.map_or(c.len_utf8(), |(n, _)| n);
        let hash = hash::word(&self.text.as_bytes()[start..self.at]);
        match listed {
            Some((_, Listed::Negation)) => self.hard(HardKind::Negation, start..self.at, Some(hash)),
            Some(_) => self.hard(HardKind::Number, start..self.at, Some(hash)),
            None if self.at <= self.hard_until => self.hard(HardKind::Quote, start..self.at, Some(hash)),
            None => {
                self.after_number = false;
                self.sink.word(hash);
            }
        }
    }
}

fn short_block(rest: &[u8]) -> u64 {
    let mut block = [0; 8];
    let n = rest.len().min(8);
    block[..n].copy_from_slice(&rest[..n]);
    u64::from_le_bytes(block)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_told_from_their_neighbours() {
        for byte in 0..=255_u8 {
            let block = u64::from_le_bytes([byte; 8]);
            let expected = if byte.is_ascii_alphabetic() { HIGH } else { 0 };
            assert_eq!(letters(block), expected, "{byte}");
        }
    }
}
