//! Markdown tables: the header and its rule are one row, every further row is one.

use super::lines::Lines;
use super::{Cutter, UnitKind};

/// The table whose header stands at a line.
pub(super) fn rows(cutter: &mut Cutter<'_>, lines: &Lines<'_>, at: usize) -> Option<usize> {
    if !lines.line(at).contains('|') || !is_rule(lines.line(at + 1)) {
        return None;
    }
    cutter.push(UnitKind::Row, lines.start(at)..lines.start(at + 2), None);
    let mut next = at + 2;
    while next < lines.len() && lines.line(next).contains('|') {
        let end = if lines.is_blank(next + 1) { lines.after_blank_lines(next + 1) } else { next + 1 };
        cutter.push(UnitKind::Row, lines.start(next)..lines.start(end), None);
        if end > next + 1 {
            return Some(end);
        }
        next = end;
    }
    Some(next)
}

fn is_rule(line: &str) -> bool {
    let line = line.trim();
    line.contains('-')
        && line.contains('|')
        && line.bytes().all(|byte| matches!(byte, b'|' | b'-' | b':' | b' ' | b'\t'))
}
