//! Log lines: a line that begins with a time or a level, with the lines behind it that do not.

use super::lines::Lines;
use super::{Cutter, UnitKind};

/// A run of log lines; one alone is prose.
pub(super) fn lines(cutter: &mut Cutter<'_>, lines: &Lines<'_>, at: usize) -> Option<usize> {
    if !begins_entry(lines.line(at)) || !(begins_entry(lines.line(at + 1)) || is_continued(lines.line(at + 1))) {
        return None;
    }
    let mut next = at;
    while next < lines.len() && begins_entry(lines.line(next)) {
        let begin = next;
        next += 1;
        while next < lines.len() && is_continued(lines.line(next)) {
            next += 1;
        }
        next = lines.after_blank_lines(next);
        cutter.push(UnitKind::Log, lines.start(begin)..lines.start(next), None);
    }
    Some(next)
}

/// Every line of a text that is known to be a log.
pub(super) fn all(cutter: &mut Cutter<'_>) {
    let found = Lines::of(cutter.text);
    let mut at = 0;
    while at < found.len() {
        let begin = at;
        at = found.after_blank_lines(at) + 1;
        while at < found.len() && (found.is_blank(at) || is_continued(found.line(at))) {
            at += 1;
        }
        cutter.push(UnitKind::Log, found.start(begin)..found.start(at), None);
    }
}

fn is_continued(line: &str) -> bool {
    line.starts_with([' ', '\t']) && !line.trim().is_empty()
}

fn begins_entry(line: &str) -> bool {
    let head = &line[..crate::text::floor(line, 40)];
    let head = head.trim_start_matches(['[', '(', '<']);
    let bytes = head.as_bytes();
    let n_digits = bytes.iter().take_while(|byte| byte.is_ascii_digit()).count();
    // 2026-11-25, 2026/11/25, 20261125, 17:06:59, 081109 203518, 1131566461
    if n_digits >= 2 {
        let rest = &bytes[n_digits..];
        let next = |at: usize| rest.get(at).copied().unwrap_or_default();
        if matches!(next(0), b'-' | b'/' | b':') && next(1).is_ascii_digit() && next(2).is_ascii_digit() {
            return true;
        }
        return n_digits >= 6 && matches!(next(0), b' ' | b'.' | b'T' | b'-');
    }
    // "Jun 14 15:16:01", "Sun Dec 04 04:47:44"
    let has_month = head.split(' ').take(2).any(|word| {
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"].contains(&word)
    });
    if has_month
        && head
            .as_bytes()
            .windows(3)
            .any(|three| three[0].is_ascii_digit() && three[1] == b':' && three[2].is_ascii_digit())
    {
        return true;
    }
    let word = head.split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default();
    matches!(word, "DEBUG" | "INFO" | "WARN" | "WARNING" | "ERROR" | "FATAL" | "TRACE" | "CRITICAL" | "NOTICE")
}
