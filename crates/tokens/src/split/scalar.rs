//! The patterns of `o200k_base` and `cl100k_base` as state machines over characters.

use crate::classes::{Class, class_at};

/// ```text
/// [^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?
/// |[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?
/// |\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+
/// ```
pub(super) fn o200k(text: &[u8], start: usize) -> usize {
    let (first, second) = class_at(text, start);
    match first {
        Class::Number => return numbers(text, second),
        Class::Newline => return blanks(text, start),
        _ => {}
    }
    // A mark may stand before the word and in it: that makes the same word.
    let word = if is_cased(first) { start } else { second };
    if let Some(end) = cased_word(text, word) {
        return end + contraction(text, end);
    }
    let symbols = match first {
        Class::Other => start,
        Class::Space if class_at(text, second).0 == Class::Other => second,
        _ => return blanks(text, start),
    };
    let mut at = run(text, symbols, |class| matches!(class, Class::Other | Class::Mark));
    while let Some(b'\r' | b'\n' | b'/') = text.get(at) {
        at += 1;
    }
    at
}

/// ```text
/// '(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+
/// |\s++$|\s*[\r\n]|\s+(?!\S)|\s
/// ```
/// but for `\s++$`: white space at the end of the text is cut after its last line end, as within the text. No token goes
/// over that cut, so the tokens are the same (a test of the vocabulary holds that).
pub(super) fn cl100k(text: &[u8], start: usize) -> usize {
    let contraction = contraction(text, start);
    if contraction > 0 {
        return start + contraction;
    }
    let (first, second) = class_at(text, start);
    match first {
        Class::Number => return numbers(text, second),
        Class::Newline => return blanks(text, start),
        _ => {}
    }
    let word = if is_letter(first) { start } else { second };
    let end = run(text, word, is_letter);
    if end > word {
        return end;
    }
    let is_symbol = |class| matches!(class, Class::Other | Class::Mark);
    let symbols = match first {
        Class::Space if is_symbol(class_at(text, second).0) => second,
        _ if is_symbol(first) => start,
        _ => return blanks(text, start),
    };
    let mut at = run(text, symbols, is_symbol);
    while let Some(b'\r' | b'\n') = text.get(at) {
        at += 1;
    }
    at
}

fn is_letter(class: Class) -> bool {
    matches!(class, Class::Upper | Class::Lower | Class::Letter)
}

fn is_cased(class: Class) -> bool {
    is_letter(class) || class == Class::Mark
}

/// The first place from `at` on whose class is not one of these.
#[inline(always)]
pub(super) fn run(text: &[u8], mut at: usize, of: impl Fn(Class) -> bool) -> usize {
    loop {
        let (class, next) = class_at(text, at);
        if !of(class) {
            return at;
        }
        at = next;
    }
}

/// The end of the word that begins here, if one does: capitals and letters without case, then small letters and letters
/// without case. Where no small letter follows, the word has to end in a letter without case, if it has one.
fn cased_word(text: &[u8], start: usize) -> Option<usize> {
    let (mut at, mut after_letter) = (start, None);
    loop {
        let (class, next) = class_at(text, at);
        match class {
            Class::Upper => {}
            Class::Letter | Class::Mark => after_letter = Some(next),
            Class::Lower => {
                let is_small = |class| matches!(class, Class::Lower | Class::Letter | Class::Mark);
                return Some(run(text, next, is_small));
            }
            _ => break,
        }
        at = next;
    }
    after_letter.or((at > start).then_some(at))
}

/// Length of `'s`, `'t`, `'re`, `'ve`, `'m`, `'ll`, `'d` in any case, 0 if there is none. `ſ` (U+017F) is an `s`.
pub(super) fn contraction(text: &[u8], at: usize) -> usize {
    if text.get(at) != Some(&b'\'') {
        return 0;
    }
    let byte = |offset: usize| text.get(at + offset).copied().unwrap_or(0);
    match (byte(1).to_ascii_lowercase(), byte(2).to_ascii_lowercase()) {
        (b's' | b't' | b'm' | b'd', _) => 2,
        (b'r' | b'v', b'e') | (b'l', b'l') => 3,
        (0xC5, 0xBF) => 3,
        _ => 0,
    }
}

/// Up to two more.
fn numbers(text: &[u8], mut at: usize) -> usize {
    for _ in 0..2 {
        let (class, next) = class_at(text, at);
        if class != Class::Number {
            break;
        }
        at = next;
    }
    at
}

/// White space: up to its last line end; else all of it at the end of the text; else all but its last character.
fn blanks(text: &[u8], start: usize) -> usize {
    let (mut at, mut last, mut after_newline) = (start, start, None);
    loop {
        let (class, next) = class_at(text, at);
        match class {
            Class::Newline => after_newline = Some(next),
            Class::Space | Class::Blank => {}
            _ => break,
        }
        last = at;
        at = next;
    }
    match after_newline {
        Some(end) => end,
        None if at == text.len() || last == start => at,
        None => last,
    }
}
