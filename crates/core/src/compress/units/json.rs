//! JSON: a text that is JSON as a whole, and values that stand on lines of their own. Members and elements are units as
//! long as what they lie in is worth cutting.

use super::lines::Lines;
use super::{Cutter, UnitKind, tools};
use crate::text::json::{Json, Kind, Value};

/// An array or object shorter than this (in bytes) is one unit.
pub(crate) const WORTH_CUTTING: usize = 160;

/// Shorter values on a line of their own are prose: `[1]`, `{name}`.
const SHORTEST_BLOCK: usize = 24;

/// If the whole text is one JSON array or object.
pub(super) fn whole(cutter: &mut Cutter<'_>) -> bool {
    let text = cutter.text;
    if !text.trim_start().starts_with(['{', '[']) || !text.trim_end().ends_with(['}', ']']) {
        return false;
    }
    let Ok(json) = Json::parse(text) else { return false };
    push(cutter, &json, 0, text.len());
    true
}

/// A value that begins at a line and ends at the end of one.
pub(super) fn block(cutter: &mut Cutter<'_>, lines: &Lines<'_>, at: usize) -> Option<usize> {
    let line = lines.line(at);
    let open = line.trim_start();
    if !open.starts_with('{') && !open.starts_with("[{") && open.trim_end() != "[" && !open.starts_with("[\"") {
        return None;
    }
    let text = cutter.text;
    let start = lines.start(at) + (line.len() - open.len());
    // The reader stops at the first mistake. A second look at what it has seen would be a second pass: the value must
    // close within so many lines, which bounds what a text of opening brackets can cost.
    let last = closing_line(lines, at)?;
    let end = lines.start(last) + lines.line(last).trim_end().len();
    if end < start + SHORTEST_BLOCK {
        return None;
    }
    let json = Json::parse(&text[start..end]).ok()?;
    let next = lines.after_blank_lines(last + 1);
    push(cutter, &json, start, lines.start(next));
    Some(next)
}

/// The line on which the bracket that opens at `at` closes: the same line, or the first later one that begins with its
/// closing bracket at the same indent, as every pretty printer writes it.
fn closing_line(lines: &Lines<'_>, at: usize) -> Option<usize> {
    let line = lines.line(at);
    let indent = line.len() - line.trim_start().len();
    let open = line.trim();
    let close = if open.starts_with('{') { b'}' } else { b']' };
    if open.len() > 1 {
        return (open.as_bytes().last() == Some(&close)).then_some(at);
    }
    let mut next = at + 1;
    while next < lines.len() {
        let line = lines.line(next);
        let inner = line.len() - line.trim_start().len();
        if inner <= indent && !line.trim().is_empty() {
            return (inner == indent && line.trim().as_bytes() == [close]).then_some(next);
        }
        next += 1;
    }
    None
}

fn push(cutter: &mut Cutter<'_>, json: &Json<'_>, start: usize, end: usize) {
    let root = json.root();
    // The blanks before the value are its own too: units tile the text.
    let before = if start == 0 {
        0
    } else {
        start - (cutter.text[..start].len() - cutter.text[..start].trim_end_matches([' ', '\t']).len())
    };
    let kind = if tools::is_schema(root) { UnitKind::Tool } else { UnitKind::Json };
    let unit = cutter.push(kind, before..end, None);
    if kind == UnitKind::Json {
        children(cutter, root, start, unit);
    }
}

fn children(cutter: &mut Cutter<'_>, root: Value<'_, '_>, start: usize, unit: usize) {
    // Depth is bounded by memory alone, so no recursion: the values that are due, the next one last.
    let mut due = Vec::new();
    queue(&mut due, root, unit);
    while let Some((value, parent)) = due.pop() {
        let span = value.member_span();
        let key = value.raw_key().map(|key| start + span.start + 1..start + span.start + key.len() - 1);
        let kind = if tools::is_schema(value) { UnitKind::Tool } else { UnitKind::Member };
        let own = cutter.push_in(kind, start + span.start..start + span.end, key, Some(parent));
        if kind == UnitKind::Member {
            queue(&mut due, value, own);
        }
    }
}

fn queue<'j, 'a>(due: &mut Vec<(Value<'j, 'a>, usize)>, value: Value<'j, 'a>, unit: usize) {
    if !matches!(value.kind(), Kind::Array | Kind::Object) || value.span().len() < WORTH_CUTTING {
        return;
    }
    let first = due.len();
    due.extend(value.children().map(|child| (child, unit)));
    due[first..].reverse();
}
