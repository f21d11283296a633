//! The class of a character: all that the splitting patterns ask of one. The tables are built from the Unicode data of
//! `regex-syntax` (`build/classes.rs`), which the references' regex engine uses too.

/// What the patterns tell apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Class {
    /// Punctuation, symbols, control characters.
    Other = 0,
    /// `\p{Lu}` and `\p{Lt}`.
    Upper = 1,
    /// `\p{Ll}`.
    Lower = 2,
    /// `\p{Lm}` and `\p{Lo}`: letters without case.
    Letter = 3,
    /// `\p{M}`.
    Mark = 4,
    /// `\p{N}`.
    Number = 5,
    /// White space that is none of the next two.
    Blank = 6,
    /// `\r` and `\n`.
    Newline = 7,
    /// U+0020.
    Space = 8,
    /// Past the end of the text.
    End = 9,
}

include!(concat!(env!("OUT_DIR"), "/sizes_classes.rs"));

static INDEX: [u16; 0x11_0000 / 64] = zerocopy::transmute!(*include_bytes!(concat!(env!("OUT_DIR"), "/classes.index")));
static BLOCKS: [[u8; 64]; CLASS_BLOCKS] =
    zerocopy::transmute!(*include_bytes!(concat!(env!("OUT_DIR"), "/classes.blocks")));

const BY_NUMBER: [Class; 16] = [
    Class::Other,
    Class::Upper,
    Class::Lower,
    Class::Letter,
    Class::Mark,
    Class::Number,
    Class::Blank,
    Class::Newline,
    Class::Space,
    Class::End,
    Class::End,
    Class::End,
    Class::End,
    Class::End,
    Class::End,
    Class::End,
];

/// The class of the character that begins at `at` of valid UTF-8, and where the next one begins. [`Class::End`] and `at`
/// at the end of the text.
#[inline(always)]
pub(crate) fn class_at(text: &[u8], at: usize) -> (Class, usize) {
    let Some(first) = text.get(at) else { return (Class::End, at) };
    let (block, within, length) = place(text, at, *first);
    let number = BLOCKS[usize::from(INDEX[block]) % CLASS_BLOCKS][within];
    (BY_NUMBER[usize::from(number) % 16], at + length)
}

/// Block and place within it of a character, and its length in bytes.
#[inline(always)]
fn place(text: &[u8], at: usize, first: u8) -> (usize, usize, usize) {
    let next = |offset: usize| usize::from(text.get(at + offset).copied().unwrap_or(0) & 0x3F);
    let lead = usize::from(first);
    match first {
        0..0x80 => (lead >> 6, lead & 0x3F, 1),
        0x80..0xE0 => (lead & 0x1F, next(1), 2),
        0xE0..0xF0 => ((lead & 0x0F) << 6 | next(1), next(2), 3),
        _ => (((lead & 0x07) << 12 | next(1) << 6 | next(2)).min(INDEX.len() - 1), next(3), 4),
    }
}

#[cfg(test)]
mod tests {
    use regex_syntax::hir::{Class as Set, HirKind};

    use super::*;

    /// The step that builds the tables, repeated with the patterns that each class is defined by.
    #[test]
    fn every_character_has_the_class_of_the_unicode_tables() {
        let set = |pattern: &str| {
            let mut members = vec![false; 0x11_0000];
            let HirKind::Class(Set::Unicode(set)) = regex_syntax::parse(pattern).unwrap().into_kind() else {
                panic!("{pattern} is not a class")
            };
            for range in set.ranges() {
                members[range.start() as usize..=range.end() as usize].fill(true);
            }
            members
        };
        let sets = [
            (Class::Upper, set(r"[\p{Lu}\p{Lt}]")),
            (Class::Lower, set(r"\p{Ll}")),
            (Class::Letter, set(r"[\p{L}--\p{Lu}--\p{Lt}--\p{Ll}]")),
            (Class::Mark, set(r"\p{M}")),
            (Class::Number, set(r"\p{N}")),
            (Class::Blank, set(r"[\s--\r\n ]")),
            (Class::Newline, set(r"[\r\n]")),
            (Class::Space, (0..0x11_0000).map(|c| c == 0x20).collect()),
            (Class::Other, set(r"[^\s\p{L}\p{N}\p{M}]")),
        ];
        for c in '\0'..=char::MAX {
            let text = c.to_string();
            let (class, end) = class_at(text.as_bytes(), 0);
            assert_eq!(end, text.len());
            let expected: Vec<Class> =
                sets.iter().filter(|(_, members)| members[c as usize]).map(|(class, _)| *class).collect();
            assert_eq!(vec![class], expected, "{c:?}");
        }
    }

    /// Both the tables and the references follow `regex-syntax`: that they are those of Unicode 16, as in tiktoken 0.14, no
    /// comparison would tell. If a new version is taken on purpose, compare with Python's tiktoken (`examples/exact`,
    /// `benches/peers/tokens/exact.py`), then change the number.
    #[test]
    fn the_characters_are_those_of_unicode_16() {
        let classes = ('\0'..=char::MAX).map(|c| class_at(c.to_string().as_bytes(), 0).0 as u64);
        let fingerprint = classes.fold(0, |sum: u64, class| sum.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ class);
        assert_eq!(format!("{fingerprint:x}"), "7083784e58b72553");
    }
}
