//! Long runs of base64 or hexadecimal on a line of their own, data URLs included.

use super::lines::Lines;
use super::{Cutter, UnitKind};

/// Shorter runs may be a digest or a name.
const SHORTEST: usize = 120;

/// The lines of encoded bytes that begin at a line.
pub(super) fn run(cutter: &mut Cutter<'_>, lines: &Lines<'_>, at: usize) -> Option<usize> {
    let mut next = at;
    let mut n_bytes = 0;
    while next < lines.len() && is_encoded(lines.line(next), next > at) {
        n_bytes += lines.line(next).len();
        next += 1;
    }
    if n_bytes < SHORTEST {
        return None;
    }
    let next = lines.after_blank_lines(next);
    cutter.push(UnitKind::Base64, lines.start(at)..lines.start(next), None);
    Some(next)
}

fn is_encoded(line: &str, goes_on: bool) -> bool {
    let body = line.trim();
    let body = if body.starts_with("data:") { body.split_once(";base64,").map_or("", |(_, body)| body) } else { body };
    // The lines of a block are 60 or more wide but for the last one.
    (body.len() >= 60 || (goes_on && !body.is_empty()))
        && body.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=' | b'-' | b'_'))
        && (goes_on
            || body.bytes().any(|byte| byte.is_ascii_digit()) && body.bytes().any(|byte| byte.is_ascii_alphabetic()))
}
