//! Fenced code blocks; and code that is known to be code, cut at blank lines.

use super::lines::Lines;
use super::{Cutter, UnitKind};

/// A fence: everything up to its closing line, or to the end of the text.
pub(super) fn fence(cutter: &mut Cutter<'_>, lines: &Lines<'_>, at: usize) -> Option<usize> {
    let open = lines.line(at).trim_start();
    let mark = open.bytes().next().filter(|byte| matches!(byte, b'`' | b'~'))?;
    let width = open.bytes().take_while(|byte| *byte == mark).count();
    if width < 3 {
        return None;
    }
    let closes = |line: &str| {
        let line = line.trim();
        line.len() >= width && line.bytes().all(|byte| byte == mark)
    };
    let end = (at + 1..lines.len()).find(|line| closes(lines.line(*line))).map_or(lines.len(), |line| line + 1);
    let end = lines.after_blank_lines(end);
    cutter.push(UnitKind::Code, lines.start(at)..lines.start(end), None);
    Some(end)
}

/// Code without fences: blocks between blank lines, a line that begins at the margin after a closed one begins a new one.
pub(super) fn blocks(cutter: &mut Cutter<'_>) {
    let text = cutter.text;
    let lines = Lines::of(text);
    let (mut at, mut first) = (0, 0);
    while at < lines.len() {
        at = lines.after_blank_lines(at);
        while at < lines.len() && !lines.is_blank(at) {
            at += 1;
        }
        let next = lines.after_blank_lines(at);
        // What follows indented goes on with the same definition.
        if next >= lines.len() || !lines.line(next).starts_with([' ', '\t']) || next - first > 60 {
            cutter.push(UnitKind::Code, lines.start(first)..lines.start(next), None);
            first = next;
        }
        at = next;
    }
}
