//! What merging begins with: the bytes of a piece, or whole characters where nothing else can come of theirs. `build/atoms.rs`
//! says why that is the same.

use crate::vocab::Vocabulary;

/// Passes the ids of the symbols of `bytes` on, each with the place where it begins.
#[inline(always)]
pub(super) fn symbols(vocabulary: &Vocabulary, bytes: &[u8], mut take: impl FnMut(u32, usize)) {
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let atom = if *byte >= 0xC2 { atom(vocabulary, bytes, at) } else { None };
        let (id, length) = atom.unwrap_or((vocabulary.byte(*byte), 1));
        take(id, at);
        at += length;
    }
}

/// The character that begins at `at` and its length, if merging may begin with it.
#[inline(always)]
fn atom(vocabulary: &Vocabulary, bytes: &[u8], at: usize) -> Option<(u32, usize)> {
    let first = bytes[at];
    let second = *bytes.get(at + 1)?;
    let (c, last, length) = match first {
        0xC2..0xE0 => (u32::from(first & 0x1F) << 6 | u32::from(second & 0x3F), second, 2),
        0xE0..0xF0 => {
            let third = *bytes.get(at + 2)?;
            let c = u32::from(first & 0x0F) << 12 | u32::from(second & 0x3F) << 6 | u32::from(third & 0x3F);
            (c, third, 3)
        }
        _ => return None,
    };
    // What is no valid UTF-8: a continuation is missing, or the character has a shorter form.
    if second & 0xC0 != 0x80 || last & 0xC0 != 0x80 || length == 3 && c < 0x800 {
        return None;
    }
    let before = at.checked_sub(1).map(|place| bytes[place]);
    let behind = bytes.get(at + length).copied();
    // Nor is a character with one continuation too many; the tables know only of text.
    if behind.is_some_and(|byte| byte & 0xC0 == 0x80) {
        return None;
    }
    vocabulary.atom(c, before, (first, last), behind).map(|id| (id, length))
}
