//! `bidi-control`: text that is shown in another order than it is read.

use crate::lint::diagnostic::{Applicability, Change, Finding, Severity};
use crate::lint::rule::{Check, Evidence};
use crate::lint::scripts::{bidi, is_rtl};
use crate::lint::sink::Sink;
use crate::lint::view::View;

rule! {
    /// Characters that make text look other than the model reads it.
    ///
    /// ## Why
    ///
    /// Overrides, embeddings and isolates (U+202A to U+202E, U+2066 to U+2069) turn the order in which text is shown. A reviewer
    /// reads `allow`, the model reads what stands there.
    ///
    /// ## Example
    ///
    /// `access: <U+202E>nimda` is shown as `access: admin`.
    ///
    /// ## Fix
    ///
    /// In text without Hebrew or Arabic letters they have no use; removing them is safe. Elsewhere it is unsafe.
    ///
    /// ## Limits
    ///
    /// In text that has letters running from right to left, embeddings and isolates that are closed on their line are left
    /// alone, and so are the marks U+200E and U+200F everywhere.
    "bidi-control",
    code: "SEC003",
    severity: Severity::Error,
    is_default: true,
    is_cost: false,
    evidence: Evidence { source: "CVE-2021-42574 (Trojan Source); skill validators flag them (agent-ecosystem/skill-validator#66)", date: "2026-11-22" },
    options: &[],
    check: Check::Prompt(check),
}

fn check(view: &View<'_>, sink: &mut Sink<'_>) {
    for (index, piece) in view.prompt.pieces.iter().enumerate() {
        let text = piece.as_str();
        // U+202A and U+2066 both begin with E2 80/81: what has neither pair has nothing to look at.
        if text.is_ascii() || !has_any(text) {
            continue;
        }
        let has_rtl = text.chars().any(is_rtl);
        let mut start = 0;
        for line in text.split_inclusive('\n') {
            let marks: Vec<(usize, char)> = line.char_indices().filter(|(_, c)| bidi(*c).is_some()).collect();
            if let (Some((first, c)), Some((last, end))) = (marks.first(), marks.last())
                && !(has_rtl && is_closed(&marks))
            {
                let what = bidi(*c).unwrap_or_default();
                let range = start + first..start + last + end.len_utf8();
                let message = match marks.len() {
                    1 => format!(
                        "{what} (U+{:04X}): the line is shown in another order than the model reads it",
                        u32::from(*c)
                    ),
                    n => {
                        format!("{n} characters turn the direction of text, the first {what} (U+{:04X})", u32::from(*c))
                    }
                };
                let changes: Option<Vec<Change>> =
                    marks.iter().map(|(at, c)| view.change(index, start + at..start + at + c.len_utf8(), "")).collect();
                let applicability = if has_rtl { Applicability::Unsafe } else { Applicability::Safe };
                sink.report(
                    Finding::at(view.at(index, range), message)
                        .help("read the line with an editor that shows such characters, then remove them")
                        .fix("remove them", applicability, changes),
                );
            }
            start += line.len();
        }
    }
}

fn has_any(text: &str) -> bool {
    let bytes = text.as_bytes();
    memchr::memchr_iter(0xe2, bytes)
        .any(|at| matches!(bytes.get(at + 1..at + 3), Some([0x80, 0xaa..=0xae] | [0x81, 0xa6..=0xa9])))
}

/// Whether all that is opened on a line is closed on it, and nothing is overridden.
fn is_closed(marks: &[(usize, char)]) -> bool {
    let mut open = Vec::new();
    for (_, c) in marks {
        match c {
            '\u{202d}' | '\u{202e}' => return false,
            '\u{202a}' | '\u{202b}' => open.push('\u{202c}'),
            '\u{2066}'..='\u{2068}' => open.push('\u{2069}'),
            closing => {
                if open.pop() != Some(*closing) {
                    return false;
                }
            }
        }
    }
    open.is_empty()
}
