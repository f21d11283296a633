//! Strings that are compared as a whole, as written: quotations, code, placeholders. Their words still count for the
//! similarity.

use memchr::memchr;

use super::class::is_word;
use super::guard::HardKind;
use super::hash;
use super::scan::{Scanner, Sink};

/// A placeholder, tag or index is no longer than this, and stands on one line.
const MAX_BRACKET: usize = 200;

/// What begins with an ASCII quotation mark or bracket.
pub(super) fn read<S: Sink>(scanner: &mut Scanner<'_, S>, opening: u8) {
    match opening {
        b'"' => straight(scanner),
        b'`' => code(scanner),
        b'{' => bracket(scanner, b'}'),
        b'[' => bracket(scanner, b']'),
        _ => bracket(scanner, b'>'),
    }
}

/// `"…"`. The next mark closes it, unless it plainly opens another string; a mark behind a digit is an inch.
fn straight<S: Sink>(scanner: &mut Scanner<'_, S>) {
    let bytes = scanner.text.as_bytes();
    let start = scanner.at;
    let mut from = start + 1;
    let mut until = bytes.len();
    if scanner.is_barren('"') {
        return alone(scanner, 1);
    }
    while let Some(found) = memchr(b'"', &bytes[from..]) {
        let at = from + found;
        let n_backslashes = bytes[start + 1..at].iter().rev().take_while(|byte| **byte == b'\\').count();
        if n_backslashes % 2 == 1 {
            from = at + 1;
            continue;
        }
        let opens = bytes[at - 1].is_ascii_whitespace() && bytes.get(at + 1).is_some_and(|b| !b.is_ascii_whitespace());
        let is_inch = start > 0 && bytes[start - 1].is_ascii_digit();
        if !opens && !is_inch {
            return quoted(scanner, start..at + 1);
        }
        until = at;
        break;
    }
    scanner.barren('"', until);
    alone(scanner, 1);
}

/// `` `…` `` and longer fences: up to as many backticks again.
fn code<S: Sink>(scanner: &mut Scanner<'_, S>) {
    let bytes = scanner.text.as_bytes();
    let start = scanner.at;
    let n = bytes[start..].iter().take_while(|byte| **byte == b'`').count();
    let fence = &scanner.text[start..start + n];
    let rest = &scanner.text[start + n..];
    // An inline string ends in its paragraph; a fence wherever it is closed.
    let found = rest.find(fence).filter(|found| n >= 3 || !rest[..*found].contains("\n\n"));
    match found {
        Some(found) => quoted(scanner, start..start + n + found + n),
        // Without its end a fence runs to the end of the text, as renderers have it.
        None if n >= 3 => quoted(scanner, start..scanner.text.len()),
        None => alone(scanner, n),
    }
}

/// `{…}`, `[…]`, `<…>` on one line: placeholders, template variables, tags. Otherwise the bracket is a symbol.
fn bracket<S: Sink>(scanner: &mut Scanner<'_, S>, closing: u8) {
    let bytes = scanner.text.as_bytes();
    let start = scanner.at;
    let window = &bytes[start + 1..bytes.len().min(start + MAX_BRACKET)];
    let line = &window[..memchr(b'\n', window).unwrap_or(window.len())];
    let Some(found) = memchr(closing, line) else { return scanner.symbol(1) };
    let mut end = start + 1 + found + 1;
    while bytes.get(end) == Some(&closing) {
        end += 1;
    }
    quoted(scanner, start..end);
}

/// Quotation marks of two shapes.
pub(super) fn between<S: Sink>(scanner: &mut Scanner<'_, S>, opening: char, closing: char) {
    let start = scanner.at;
    let inside = start + opening.len_utf8();
    if scanner.is_barren(closing) {
        return alone(scanner, opening.len_utf8());
    }
    let rest = &scanner.text[inside..];
    // A string ends in its paragraph. “…“ and „…“ are closed by the mark that opens others elsewhere.
    let mut end = rest.len();
    let mut was_newline = false;
    for (at, c) in rest.char_indices() {
        if c == closing || (closing == '”' && c == '“') {
            return quoted(scanner, start..inside + at + c.len_utf8());
        }
        if was_newline && c == '\n' {
            end = at;
            break;
        }
        was_newline = c == '\n';
    }
    scanner.barren(closing, inside + end);
    alone(scanner, opening.len_utf8());
}

/// A mark without its partner: nobody knows where the string ends, so the rest of the line is hard.
fn alone<S: Sink>(scanner: &mut Scanner<'_, S>, n_bytes: usize) {
    let bytes = scanner.text.as_bytes();
    let is_inch = scanner.at > 0 && bytes[scanner.at - 1].is_ascii_digit();
    if !is_inch && scanner.hard_until <= scanner.at {
        scanner.hard_until = memchr(b'\n', &bytes[scanner.at..]).map_or(bytes.len(), |n| scanner.at + n);
    }
    scanner.symbol(n_bytes);
}

fn quoted<S: Sink>(scanner: &mut Scanner<'_, S>, range: std::ops::Range<usize>) {
    let text = &scanner.text[range.clone()];
    scanner.at = range.end;
    scanner.hard(HardKind::Quote, range, None);
    let mut folded = std::mem::take(&mut scanner.folded);
    for word in text.split(|c: char| !is_word(c)).filter(|word| !word.is_empty()) {
        folded.clear();
        folded.extend(word.chars().flat_map(char::to_lowercase));
        scanner.sink.quoted_word(hash::word(folded.as_bytes()));
    }
    scanner.folded = folded;
}
