//! Fixes, applied: those that are allowed, without overlaps, again and again until nothing changes. After each round the
//! file is read anew: a fix after which it can no longer be read is taken back, so it stays valid in its format. Bytes that
//! no fix names stay as they are.

use std::ops::Range;

use super::diagnostic::{Applicability, Change, Diagnostic};
use super::read::read;
use super::run::Linter;
use super::settings::Settings;

/// What fixing made of a text.
#[derive(Clone, Debug, Default)]
pub struct Fixed {
    /// The text now.
    pub text: String,
    /// Fixes applied: code of the rule and what was done, in the order of their application.
    pub applied: Vec<(&'static str, String)>,
}

/// Rounds after which the rest is left for the next run: two are the rule.
const MAX_ROUNDS: usize = 10;

impl Linter {
    /// Applies the fixes of at least this applicability.
    pub fn fix(&self, path: &str, text: &str, settings: &Settings, least: Applicability) -> Fixed {
        let mut fixed = Fixed { text: text.to_owned(), applied: Vec::new() };
        for _ in 0..MAX_ROUNDS {
            let file = read(path, &fixed.text);
            let n_mistakes = file.mistakes.len();
            let diagnostics = self.lint(&file, settings).diagnostics;
            let mut chosen = without_overlaps(&diagnostics, least);
            let mut next = apply(&fixed.text, &chosen);
            if read(path, &next).mistakes.len() > n_mistakes {
                // One of them breaks the file: each has to show that it does not.
                chosen = one_by_one(path, &fixed.text, chosen, n_mistakes);
                next = apply(&fixed.text, &chosen);
            }
            if next == fixed.text {
                break;
            }
            fixed.applied.extend(
                chosen.iter().filter_map(|diagnostic| {
                    Some((diagnostic.rule.code, diagnostic.finding.fix.as_ref()?.title.clone()))
                }),
            );
            fixed.text = next;
        }
        fixed
    }
}

/// Writes changes with the file's line ends: rules and transforms write `\n`.
pub(super) fn keep_line_ends(text: &str, diagnostics: &mut [Diagnostic]) {
    let bytes = text.as_bytes();
    let is_crlf = memchr::memchr(b'\n', bytes).is_some_and(|at| at > 0 && bytes[at - 1] == b'\r');
    if !is_crlf {
        return;
    }
    for change in diagnostics.iter_mut().filter_map(|d| d.finding.fix.as_mut()).flat_map(|fix| &mut fix.changes) {
        let mut before = change.span.start.checked_sub(1).and_then(|at| bytes.get(at)).copied();
        let mut written = String::with_capacity(change.text.len());
        for c in change.text.chars() {
            if c == '\n' && before != Some(b'\r') {
                written.push('\r');
            }
            written.push(c);
            before = Some(if c == '\r' { b'\r' } else { 0 });
        }
        // Who takes lines apart at `\n` takes the `\r` before it for text.
        let ends_with_return = change.span.end.checked_sub(1).is_some_and(|at| bytes.get(at) == Some(&b'\r'));
        if ends_with_return && bytes.get(change.span.end) == Some(&b'\n') && !written.ends_with('\r') {
            written.push('\r');
        }
        change.text = written;
    }
}

/// The changes of a finding's fix.
fn changes(diagnostic: &Diagnostic) -> &[Change] {
    diagnostic.finding.fix.as_ref().map_or(&[], |fix| &fix.changes)
}

/// Findings with fixes that are allowed and do not touch each other's bytes, those that stand first before the others.
pub fn without_overlaps(diagnostics: &[Diagnostic], least: Applicability) -> Vec<&Diagnostic> {
    let mut taken: Vec<Range<usize>> = Vec::new();
    let mut chosen = Vec::new();
    for diagnostic in diagnostics {
        let Some(fix) = diagnostic.finding.fix.as_ref().filter(|fix| fix.applicability >= least) else { continue };
        let meets =
            |change: &Change| taken.iter().any(|span| change.span.start <= span.end && span.start <= change.span.end);
        if !fix.changes.iter().any(meets) {
            taken.extend(fix.changes.iter().map(|change| change.span.clone()));
            chosen.push(diagnostic);
        }
    }
    chosen
}

/// The text with the fixes of some findings made; they must not overlap.
pub fn apply(text: &str, chosen: &[&Diagnostic]) -> String {
    let all: Vec<&Change> = chosen.iter().flat_map(|diagnostic| changes(diagnostic)).collect();
    written(text, all)
}

/// The text with changes made. They may come in any order; of those that overlap, the first is made.
pub fn made(text: &str, changes: &[Change]) -> String {
    written(text, changes.iter().collect())
}

fn written(text: &str, mut all: Vec<&Change>) -> String {
    all.sort_by_key(|change| (change.span.start, change.span.end));
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for change in all {
        // The same change twice is one: two prompts may share a constant.
        if change.span.start < at {
            continue;
        }
        let Some(before) = text.get(at..change.span.start) else { continue };
        out.push_str(before);
        out.push_str(&change.text);
        at = change.span.end;
    }
    out.push_str(text.get(at..).unwrap_or_default());
    out
}

fn one_by_one<'d>(path: &str, text: &str, chosen: Vec<&'d Diagnostic>, n_mistakes: usize) -> Vec<&'d Diagnostic> {
    let mut kept = Vec::new();
    for diagnostic in chosen {
        kept.push(diagnostic);
        if read(path, &apply(text, &kept)).mistakes.len() > n_mistakes {
            kept.pop();
        }
    }
    kept
}
