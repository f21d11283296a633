//! Stack traces of Python, Java and its kin, JavaScript, Go and Rust: a unit a frame, and one for the line that names the
//! error.

use super::lines::Lines;
use super::{Cutter, UnitKind};

/// The trace that begins at a line.
pub(super) fn trace(cutter: &mut Cutter<'_>, lines: &Lines<'_>, at: usize) -> Option<usize> {
    let first = lines.line(at);
    let begins = opens(first) || (names_error(first) && is_frame(lines.line(at + 1)));
    if !begins {
        return None;
    }
    let mut next = at + 1;
    cutter.push(UnitKind::Frame, lines.start(at)..lines.start(next), None);
    while next < lines.len() {
        let begin = next;
        let line = lines.line(next);
        if is_frame(line) {
            next += 1;
            // The source line that Python shows, the position that Rust shows, the arguments that Go shows.
            while next < lines.len() && next - begin < 4 && belongs_to_frame(line, lines.line(next)) {
                next += 1;
            }
        } else if line.trim_start().starts_with("Caused by:") || line.trim_start().starts_with("... ") || opens(line) {
            next += 1;
        } else if next > at + 1 && names_error(line) && !line.starts_with([' ', '\t']) {
            next += 1;
            cutter.push(UnitKind::Frame, lines.start(begin)..lines.start(lines.after_blank_lines(next)), None);
            next = lines.after_blank_lines(next);
            break;
        } else {
            break;
        }
        cutter.push(UnitKind::Frame, lines.start(begin)..lines.start(next), None);
    }
    Some(next)
}

fn opens(line: &str) -> bool {
    line.starts_with("Traceback (most recent call last)")
        || line.starts_with("stack backtrace:")
        || line.starts_with("Exception in thread ")
        || (line.starts_with("goroutine ") && line.ends_with("]:"))
}

fn is_frame(line: &str) -> bool {
    let body = line.trim_start();
    if body.len() == line.len() {
        return false;
    }
    let digits = body.bytes().take_while(u8::is_ascii_digit).count();
    body.starts_with("at ") && body.contains(['(', ':', '.'])
        || body.starts_with("File \"")
        || (digits > 0 && body[digits..].starts_with(": "))
}

fn belongs_to_frame(frame: &str, line: &str) -> bool {
    let indent = |line: &str| line.len() - line.trim_start().len();
    indent(line) > indent(frame) && !is_frame(line)
        || (line.trim_start().starts_with("at ") && !frame.trim_start().starts_with("at ") && indent(line) > 0)
}

/// `ValueError: …`, `java.lang.IllegalStateException: …`, `Error: …`.
fn names_error(line: &str) -> bool {
    let name = line.split([':', ' ']).next().unwrap_or_default();
    !name.is_empty()
        && (name.ends_with("Error")
            || name.ends_with("Exception")
            || name.ends_with("Warning")
            || name == "panic"
            || name == "Uncaught")
}
