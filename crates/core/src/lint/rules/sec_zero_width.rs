//! `zero-width`: characters that nobody sees, left by copying.

use std::ops::Range;

use crate::compress::SegmentKind;
use crate::lint::diagnostic::{Applicability, Finding, Severity};
use crate::lint::rule::{Check, Evidence};
use crate::lint::scripts::{invisible, is_joined, is_pictograph, is_spaced_unseen};
use crate::lint::sink::Sink;
use crate::lint::view::View;

rule! {
    /// A character of no width in the middle of text.
    ///
    /// ## Why
    ///
    /// Zero-width spaces and joiners come along when text is copied from web pages. They cost tokens, split the words they
    /// stand in, and make search, tests of equality and the provider's prompt cache fail where everything looks the same.
    ///
    /// ## Example
    ///
    /// `<U+200B>Write a report` costs two tokens more than it looks.
    ///
    /// ## Fix
    ///
    /// Unsafe: they are removed.
    ///
    /// ## Limits
    ///
    /// Left alone: joiners in emoji and in the scripts that need them (Persian, Hindi, …), spaces between words of Thai, Khmer
    /// and their like, a byte-order mark at the beginning, a space that keeps a fence or an `@` from taking effect, and what
    /// users and tools said in requests.
    "zero-width",
    code: "SEC010",
    severity: Severity::Warning,
    is_default: true,
    is_cost: false,
    evidence: Evidence { source: "Unicode 16, chapter 23.2; measured: a zero-width space is one or two tokens (o200k_base)", date: "2026-11-26" },
    options: &[],
    check: Check::Prompt(check),
}

fn check(view: &View<'_>, sink: &mut Sink<'_>) {
    for (index, piece) in view.prompt.pieces.iter().enumerate() {
        let is_standing =
            matches!(piece.kind, Some(SegmentKind::System | SegmentKind::Prompt | SegmentKind::ToolSchema) | None);
        let text = piece.as_str();
        if !is_standing || text.is_ascii() {
            continue;
        }
        for (range, what) in found(text) {
            let n = text[range.clone()].chars().count();
            let message = match n {
                1 => format!("{what} nobody sees (U+{:04X})", first(&text[range.clone()])),
                _ => format!("{n} characters nobody sees, the first {what} (U+{:04X})", first(&text[range.clone()])),
            };
            let change = view.change(index, range.clone(), "").map(|change| vec![change]);
            sink.report(Finding::at(view.at(index, range), message).help("remove it").fix(
                "remove what nobody sees",
                Applicability::Unsafe,
                change,
            ));
        }
    }
}

fn first(text: &str) -> u32 {
    text.chars().next().map_or(0, u32::from)
}

/// Runs of characters of no width where they do not belong, each with the name of its first.
fn found(text: &str) -> Vec<(Range<usize>, &'static str)> {
    let bytes = text.as_bytes();
    let mut runs: Vec<(Range<usize>, &'static str)> = Vec::new();
    let starts = memchr::memchr3_iter(0xe2, 0xef, 0xe1, bytes).chain(memchr::memchr_iter(0xe3, bytes));
    let mut candidates: Vec<usize> = starts
        .filter(|at| text.get(*at..).and_then(|rest| rest.chars().next()).is_some_and(|c| invisible(c).is_some()))
        .collect();
    candidates.sort_unstable();
    for at in candidates {
        let Some(c) = text[at..].chars().next() else { continue };
        let Some(what) = invisible(c) else { continue };
        if let Some((last, _)) = runs.last_mut()
            && last.end == at
        {
            last.end += c.len_utf8();
            continue;
        }
        if !is_at_home(text, at, c) {
            runs.push((at..at + c.len_utf8(), what));
        }
    }
    runs
}

fn is_at_home(text: &str, at: usize, c: char) -> bool {
    let before = text[..at].chars().next_back();
    let after = text[at + c.len_utf8()..].chars().next();
    let either = |test: fn(char) -> bool| before.is_some_and(test) || after.is_some_and(test);
    match c {
        '\u{200c}' | '\u{200d}' => {
            either(is_joined) || (before.is_some_and(is_pictograph) && after.is_some_and(is_pictograph))
        }
        '\u{200b}' => either(is_spaced_unseen) || before == Some('@') || after.is_some_and(|c| "`~@#".contains(c)),
        '\u{feff}' => at == 0,
        '\u{3164}' | '\u{ffa0}' => {
            either(|c| matches!(u32::from(c), 0x1100..=0x11ff | 0x3130..=0x318f | 0xac00..=0xd7a3))
        }
        '\u{180e}' => either(|c| matches!(u32::from(c), 0x1800..=0x18af)),
        _ => false,
    }
}
