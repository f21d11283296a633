//! Where Markdown shows code: what stands there is quoted, not said.

use std::ops::Range;

use crate::text::floor;

/// The bytes of fenced blocks and of code spans, in rising order. O(n).
pub(super) fn code(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut fence: Option<(usize, char, usize)> = None;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        let trimmed = line.trim_start();
        let mark = trimmed.chars().next().filter(|c| matches!(c, '`' | '~'));
        let n_marks = mark.map_or(0, |mark| trimmed.chars().take_while(|c| *c == mark).count());
        match fence {
            None if n_marks >= 3 => fence = Some((start, mark.unwrap_or('`'), n_marks)),
            None => spans(line, start, &mut found),
            Some((opened, with, n)) => {
                if mark == Some(with) && n_marks >= n && trimmed.trim_end().chars().all(|c| c == with) {
                    found.push(opened..at);
                    fence = None;
                }
            }
        }
    }
    if let Some((opened, ..)) = fence {
        found.push(opened..text.len());
    }
    found
}

/// Code spans of one line.
fn spans(line: &str, start: usize, found: &mut Vec<Range<usize>>) {
    let bytes = line.as_bytes();
    let mut at = 0;
    let mut open: Option<(usize, usize)> = None;
    while let Some(next) = memchr::memchr(b'`', &bytes[at..]) {
        let from = at + next;
        let n = bytes[from..].iter().take_while(|byte| **byte == b'`').count();
        at = from + n;
        match open {
            Some((opened, n_open)) if n_open == n => {
                found.push(start + opened..start + at);
                open = None;
            }
            Some(_) => {}
            None => open = Some((from, n)),
        }
    }
}

/// Whether a place stands in one of these ranges.
pub(super) fn is_in(ranges: &[Range<usize>], offset: usize) -> bool {
    let next = ranges.partition_point(|range| range.start <= offset);
    next.checked_sub(1).and_then(|index| ranges.get(index)).is_some_and(|range| offset < range.end)
}

/// The line of a text in which an offset stands, as far as it is near: a file of one line must not be read again and again.
pub(super) fn line(text: &str, offset: usize) -> &str {
    const NEAR: usize = 200;
    let offset = floor(text, offset);
    let from = floor(text, offset.saturating_sub(NEAR));
    let to = floor(text, offset + NEAR);
    let start = text[from..offset].rfind('\n').map_or(from, |at| from + at + 1);
    let end = text[offset..to].find('\n').map_or(to, |at| offset + at);
    &text[start..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fences_and_spans_are_code() {
        let text = "say `a` and ``b ` c``\n```py\nx\n```\nend `open\n";
        let found: Vec<&str> = code(text).into_iter().map(|range| &text[range]).collect();
        assert_eq!(found, ["`a`", "``b ` c``", "```py\nx\n```\n"]);
        assert!(is_in(&code(text), text.find('x').unwrap()) && !is_in(&code(text), text.find("end").unwrap()));
        assert_eq!(line(text, text.find("end").unwrap()), "end `open");
    }
}
