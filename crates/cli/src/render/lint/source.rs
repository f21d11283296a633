//! A file as reports look at it: places as people count them, and what must not be shown. Made once a file, O(file); each
//! place asked for costs a few kilobytes at most, however long its line is.

use std::ops::Range;

use promptopt::lint::lines::{Lines, Position};
use promptopt::text::floor;

/// Bytes between two places at which characters are counted in advance.
const STEP: usize = 4096;

/// A file in which something was found.
pub(crate) struct Source<'a> {
    /// Its text.
    pub(crate) text: &'a str,
    lines: Option<&'a Lines>,
    /// Characters before every `STEP`th byte.
    n_chars: Vec<usize>,
    /// What is secret: in rising order, without overlaps.
    secrets: Vec<Range<usize>>,
}

impl<'a> Source<'a> {
    /// A file and its secrets.
    pub(crate) fn new(text: &'a str, lines: &'a Lines, secrets: Vec<Range<usize>>) -> Source<'a> {
        let mut n_chars = Vec::with_capacity(text.len() / STEP + 1);
        let mut n = 0;
        for block in text.as_bytes().chunks(STEP) {
            n_chars.push(n);
            n += block.iter().filter(|byte| is_first(**byte)).count();
        }
        Source { text, lines: Some(lines), n_chars, secrets: merged(secrets) }
    }

    /// No file.
    pub(crate) fn empty() -> Source<'a> {
        Source { text: "", lines: None, n_chars: Vec::new(), secrets: Vec::new() }
    }

    /// Line and column of a byte.
    pub(crate) fn position(&self, offset: usize) -> Position {
        let offset = floor(self.text, offset);
        let line = self.line(offset);
        Position { line: line + 1, column: self.chars_before(offset) - self.chars_before(self.line_start(line)) + 1 }
    }

    /// The line of a byte, from 0.
    pub(crate) fn line(&self, offset: usize) -> usize {
        self.lines.map_or(0, |lines| lines.index(offset))
    }

    /// Where a line begins.
    pub(crate) fn line_start(&self, line: usize) -> usize {
        self.lines.map_or(0, |lines| lines.start(line))
    }

    /// The bytes of a line without its end.
    pub(crate) fn line_span(&self, line: usize) -> Range<usize> {
        let start = self.line_start(line);
        let is_last = self.lines.is_none_or(|lines| line + 1 >= lines.len());
        let mut end = if is_last { self.text.len() } else { self.line_start(line + 1) - 1 };
        if end > start && self.text.as_bytes().get(end - 1) == Some(&b'\r') {
            end -= 1;
        }
        start..end
    }

    /// The secrets that touch some bytes.
    pub(crate) fn secrets_in(&self, span: &Range<usize>) -> impl Iterator<Item = &Range<usize>> + use<'_, 'a> {
        let from = self.secrets.partition_point(|secret| secret.end <= span.start);
        let end = span.end;
        self.secrets[from..].iter().take_while(move |secret| secret.start < end)
    }

    /// Whether some bytes hold a secret, or a part of one.
    pub(crate) fn is_secret(&self, span: &Range<usize>) -> bool {
        self.secrets_in(span).next().is_some()
    }

    /// A text that may quote the file, without its secrets.
    pub(crate) fn redacted(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for secret in self.secrets.iter().filter_map(|span| self.text.get(span.clone())) {
            if secret.len() > 3 && text.contains(secret) {
                text = text.replace(secret, "…");
            }
        }
        text
    }

    /// Some bytes of the file, without its secrets.
    pub(crate) fn shown(&self, span: &Range<usize>) -> String {
        redact(self.text, span.clone(), self.secrets_in(span))
    }

    fn chars_before(&self, offset: usize) -> usize {
        let block = (offset / STEP).min(self.n_chars.len().saturating_sub(1));
        let counted = self.n_chars.get(block).copied().unwrap_or(0);
        let rest = self.text.as_bytes().get(block * STEP..offset).unwrap_or_default();
        counted + rest.iter().filter(|byte| is_first(**byte)).count()
    }
}

/// Some bytes of a text with `…` for what is secret. The secrets stand in rising order, without overlaps.
pub(crate) fn redact<'r>(text: &str, span: Range<usize>, secrets: impl Iterator<Item = &'r Range<usize>>) -> String {
    let mut out = String::new();
    let mut at = span.start;
    for secret in secrets {
        let start = secret.start.max(at);
        out.push_str(text.get(at..start).unwrap_or_default());
        out.push('…');
        at = secret.end.min(span.end);
    }
    out.push_str(text.get(at..span.end).unwrap_or_default());
    out
}

/// Ranges in rising order, those that overlap as one.
pub(crate) fn merged(mut ranges: Vec<Range<usize>>) -> Vec<Range<usize>> {
    ranges.retain(|range| !range.is_empty());
    ranges.sort_by_key(|range| (range.start, range.end));
    let mut merged: Vec<Range<usize>> = Vec::new();
    for range in ranges {
        match merged.last_mut() {
            Some(last) if range.start < last.end => last.end = last.end.max(range.end),
            _ => merged.push(range),
        }
    }
    merged
}

fn is_first(byte: u8) -> bool {
    byte & 0xc0 != 0x80
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_characters_also_on_a_line_of_many_kilobytes() {
        let text = format!("short\r\n{}🦀x\nlast", "ä".repeat(50_000));
        let lines = Lines::of(&text);
        let source = Source::new(&text, &lines, Vec::new());
        for offset in [0, 3, 6, 7, 9, 4095, 4096, 4097, 100_006, text.find('x').unwrap(), text.len() - 1, text.len()] {
            assert_eq!(source.position(offset), lines.position(&text, offset), "{offset}");
        }
        assert_eq!(&text[source.line_span(0)], "short");
        assert_eq!(&text[source.line_span(2)], "last");
    }

    #[test]
    fn a_secret_is_never_part_of_what_is_shown() {
        let text = "key = sk-1234567890; more";
        let lines = Lines::of(text);
        let source = Source::new(text, &lines, vec![6..12, 10..19]);
        assert_eq!(source.shown(&(0..text.len())), "key = …; more");
        assert_eq!(source.shown(&(8..21)), "… m".trim_end_matches(" m").to_owned() + "; ");
        assert_eq!(source.redacted("found `sk-1234567890`"), "found `…`");
        assert!(source.is_secret(&(18..30)) && !source.is_secret(&(0..6)));
    }
}
