//! A run of characters without blanks that is no plain word: numbers, identifiers, paths, flags, contractions, words of
//! other alphabets. Either the whole run is hard, as written, or it is words.

use super::class::{ASCII, Ascii, Class, class, is_word};
use super::guard::HardKind;
use super::scan::{Scanner, Sink};
use super::{hash, lexicon};

/// Reads the run at which the scanner stands.
pub(super) fn read<S: Sink>(scanner: &mut Scanner<'_, S>) {
    let text = scanner.text;
    let start = scanner.at;
    let (end, is_attached) = end_of_run(text, start);
    scanner.at = end;
    let run = trim(&text[start..end]);
    let core = (start + run.start)..(start + run.end);
    if core.is_empty() {
        // Dashes and dots between words; but `7 - 2` is not `7 2`.
        let is_minus = text[start..end].starts_with('-')
            && text[end..].trim_start_matches(' ').starts_with(|c: char| c.is_numeric());
        if is_minus {
            scanner.hard(HardKind::Symbol, start..end, None);
        }
        return;
    }
    let kind = if is_attached || end <= scanner.hard_until {
        Some(HardKind::Identifier)
    } else {
        hard_kind(&text[core.clone()])
    };
    if let Some(kind) = kind {
        let folded = text[core.clone()].to_lowercase();
        scanner.hard(kind, core, Some(hash::word(folded.as_bytes())));
    } else {
        words(scanner, core);
    }
}

/// Where the run ends, and whether a bracket or a product follows without a blank: then the run belongs to it.
fn end_of_run(text: &str, start: usize) -> (usize, bool) {
    let bytes = text.as_bytes();
    let mut at = start;
    while let Some(byte) = bytes.get(at) {
        match ASCII[usize::from(*byte)] {
            Ascii::Blank => return (at, false),
            Ascii::Opening => return (at, matches!(byte, b'{' | b'[' | b'<')),
            Ascii::Star => {
                let behind = bytes[at..].iter().find(|byte| **byte != b'*');
                return (at, behind.is_some_and(u8::is_ascii_alphanumeric));
            }
            Ascii::Beyond => {
                let Some(c) = text[at..].chars().next() else { return (at, false) };
                let is_apostrophe = c == '’' && at > start && text[at + 3..].starts_with(char::is_alphabetic);
                if class(c) != Class::Word && !is_apostrophe {
                    return (at, false);
                }
                at += c.len_utf8();
            }
            _ => at += 1,
        }
    }
    (at, false)
}

/// Without the punctuation of the sentence around it. What makes a number (`-5`, `.5`), a flag (`--all`, `-v`) or a file
/// (`.env`) of the run is kept.
fn trim(run: &str) -> std::ops::Range<usize> {
    let bytes = run.as_bytes();
    let is_edge = |byte: &u8| ASCII[usize::from(*byte)] == Ascii::Soft;
    let end = bytes.iter().rposition(|byte| !is_edge(byte)).map_or(0, |at| at + 1);
    let first = bytes.iter().position(|byte| !is_edge(byte)).unwrap_or(end);
    let mut start = first;
    while start > 0 && matches!(bytes[start - 1], b'-' | b'!') {
        start -= 1;
    }
    if start == first && first > 0 && bytes[first - 1] == b'.' && (first == 1 || bytes[first - 2] != b'.') {
        start -= 1;
    }
    start.min(end)..end
}

/// What makes a run hard, if anything.
fn hard_kind(core: &str) -> Option<HardKind> {
    let bytes = core.as_bytes();
    let is_word_at = |at: usize| bytes.get(at).is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte >= 0x80);
    let (mut has_digit, mut has_other) = (false, false);
    let mut is_identifier = matches!(bytes[0], b'-' | b'!' | b'.');
    let mut was_lower = false;
    let mut is_hex = core.len() >= 8;
    for (at, c) in core.char_indices() {
        has_digit |= c.is_numeric();
        has_other |= !c.is_numeric() && !matches!(c, '.' | ',' | ':' | '-' | '/' | '%' | '+' | '(' | ')' | '$' | '=');
        is_identifier |= was_lower && c.is_uppercase();
        was_lower = c.is_lowercase();
        is_hex &= c.is_ascii_hexdigit();
        is_identifier |= match c {
            '.' | ':' => at > 0 && is_word_at(at - 1) && is_word_at(at + 1) || core[at..].starts_with("::"),
            '(' => at > 0 && is_word_at(at - 1),
            c => c.is_ascii() && ASCII[c as usize & 127] == Ascii::Symbol,
        };
    }
    match (has_digit, has_other) {
        (true, false) => Some(HardKind::Number),
        (true, true) => Some(if is_identifier { HardKind::Identifier } else { HardKind::Number }),
        (false, _) => (is_identifier || is_hex).then_some(HardKind::Identifier),
    }
}

/// The words of a run that is not hard: parted at hyphens and stray punctuation, kept together at apostrophes.
fn words<S: Sink>(scanner: &mut Scanner<'_, S>, core: std::ops::Range<usize>) {
    let text = scanner.text;
    let mut folded = std::mem::take(&mut scanner.folded);
    let mut begin = core.start;
    folded.clear();
    let mut chars = text[core.clone()].char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let is_inside = match c {
            '\'' | '’' => !folded.is_empty() && chars.peek().is_some_and(|(_, next)| next.is_alphabetic()),
            c => is_word(c),
        };
        if is_inside {
            if folded.is_empty() {
                begin = core.start + at;
            }
            match c {
                '’' => folded.push('\''),
                c if c.is_ascii() => folded.push(c.to_ascii_lowercase()),
                c => folded.extend(c.to_lowercase()),
            }
        }
        let next = core.start + at + c.len_utf8();
        if !folded.is_empty() && (!is_inside || next == core.end) {
            let range = begin..if is_inside { next } else { core.start + at };
            let hash = hash::word(folded.as_bytes());
            if lexicon::negates_by_form(&folded) {
                scanner.hard(HardKind::Negation, range, Some(hash));
            } else {
                scanner.soft_or_listed(hash, range);
            }
            folded.clear();
        }
    }
    scanner.folded = folded;
}
