//! Blocks that a transform has written: they begin with a marker that says how many lines follow. They are found again, so
//! that a text that was rewritten once is not rewritten twice.

use std::ops::Range;

use super::{MARK, MARK_END, mark};

/// The head of a block whose lines are a table's or a log's: `[… table: 30 rows, 2 lines before them …]`.
pub(super) fn head(what: &str, n_rows: usize, n_before: usize, rest: &str) -> String {
    let n_lines = n_rows + n_before;
    mark(&format!("{what} in the next {n_lines} lines: {rest}"))
}

/// The first line's marker, and how many lines follow.
pub(super) fn parse_head<'t>(line: &'t str, what: &str) -> Option<(usize, &'t str)> {
    let inner = line.strip_prefix(MARK)?.strip_suffix(MARK_END)?;
    let rest = inner.strip_prefix(what)?.strip_prefix(" in the next ")?;
    let (n_lines, rest) = rest.split_once(" lines: ")?;
    Some((n_lines.parse().ok()?, rest))
}

/// The heads that are written are shorter.
const MAX_HEAD: usize = 400;

/// The blocks and markers in a text, sorted and disjoint. O(text).
pub(crate) fn blocks(text: &str) -> Vec<Range<usize>> {
    let bytes = text.as_bytes();
    let mut found: Vec<Range<usize>> = Vec::new();
    let mut line_end = 0;
    for start in memchr::memmem::find_iter(bytes, MARK.as_bytes()) {
        if found.last().is_some_and(|last| start < last.end) {
            continue;
        }
        // A line with many markers is looked through once.
        if line_end <= start {
            line_end = memchr::memchr(b'\n', &bytes[start..]).map_or(text.len(), |at| start + at);
        }
        let line = &text[start..line_end];
        // A head is a line of its own, and a short one.
        let is_head = line.len() <= MAX_HEAD && (start == 0 || bytes[start - 1] == b'\n');
        let mut heads = ["table", "log"].iter().filter(|_| is_head);
        let n_lines = heads.find_map(|what| parse_head(line, what)).map_or(0, |(n_lines, _)| n_lines);
        let mut end = line_end;
        if n_lines > 0 {
            let mut ends = memchr::memchr_iter(b'\n', &bytes[(line_end + 1).min(text.len())..]);
            end = ends.nth(n_lines - 1).map_or(text.len(), |at| line_end + 1 + at);
        } else if let Some(at) = line.find(MARK_END) {
            end = start + at + MARK_END.len();
        }
        found.push(start..end);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_and_markers_are_found_with_their_lines() {
        let head = head("table", 2, 1, "x");
        assert_eq!(parse_head(&head, "table"), Some((3, "x")));
        let text = format!("a\n{head}\nc|d\n1|2\n3|4\nb [… gone …] c\n{head}\nc|d");
        let found: Vec<&str> = blocks(&text).into_iter().map(|span| &text[span]).collect();
        assert_eq!(found, [&format!("{head}\nc|d\n1|2\n3|4")[..], "[… gone …]", &format!("{head}\nc|d")[..]]);
    }
}
