//! Unified diffs: the lines that name the files are one unit, each hunk is one, labelled with the file it changes.

use std::ops::Range;

use super::lines::Lines;
use super::{Cutter, UnitKind};

/// The diff that begins at a line, to its last hunk.
pub(super) fn hunks(cutter: &mut Cutter<'_>, lines: &Lines<'_>, at: usize) -> Option<usize> {
    let first = lines.line(at);
    let is_start = first.starts_with("diff --git ")
        || first.starts_with("@@ -")
        || (first.starts_with("--- ") && lines.line(at + 1).starts_with("+++ "));
    if !is_start {
        return None;
    }
    let mut file: Option<Range<usize>> = None;
    let mut next = at;
    while next < lines.len() {
        let line = lines.line(next);
        let begin = next;
        if line.starts_with("@@ -") {
            next += 1;
            while next < lines.len() && is_body(lines.line(next)) && !names_files(lines, next) {
                next += 1;
            }
        } else if names_files(lines, next) {
            while next < lines.len() && !lines.line(next).starts_with("@@ -") && is_name(lines.line(next)) {
                if let Some(path) = lines.line(next).strip_prefix("+++ ") {
                    let start = lines.start(next) + 4;
                    file = Some(start..start + path.trim_end().len());
                }
                next += 1;
            }
        } else {
            break;
        }
        cutter.push(UnitKind::Hunk, lines.start(begin)..lines.start(next), file.clone());
    }
    (next > at).then_some(next)
}

fn names_files(lines: &Lines<'_>, at: usize) -> bool {
    let line = lines.line(at);
    line.starts_with("diff --git ") || (line.starts_with("--- ") && lines.line(at + 1).starts_with("+++ "))
}

fn is_name(line: &str) -> bool {
    const NAMES: [&str; 12] = [
        "diff --git ",
        "index ",
        "--- ",
        "+++ ",
        "new file",
        "deleted file",
        "old mode",
        "new mode",
        "rename ",
        "copy ",
        "similarity ",
        "Binary files ",
    ];
    NAMES.iter().any(|name| line.starts_with(name))
}

fn is_body(line: &str) -> bool {
    matches!(line.as_bytes().first(), None | Some(b' ' | b'+' | b'-' | b'\\'))
}
