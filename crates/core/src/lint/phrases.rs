//! Phrases that are longer than what they say: found outside code, replaced with the case of their first letter kept, and
//! measured together. Not a rule; shared by the rules of wording.

use std::ops::Range;

use regex::Regex;

use crate::lint::diagnostic::{Applicability, Finding};
use crate::lint::sink::Sink;
use crate::lint::view::View;

/// One finding a piece for all that matches: at the first place, with a change for each.
pub(super) fn report_together(
    view: &View<'_>,
    sink: &mut Sink<'_>,
    pattern: &Regex,
    replacement: impl Fn(&str) -> String,
    what: &str,
    title: &str,
) {
    for (piece, of) in view.instructions() {
        let text = of.as_str();
        let edits: Vec<(Range<usize>, String)> = view
            .prose(piece)
            .find(text, pattern)
            .into_iter()
            .map(|range| edit(text, range.clone(), replacement(&text[range])))
            // Each has to pay by itself: many longer phrases are one token.
            .filter(|(range, short)| view.tokens_saved_at(piece, range, short) > 0)
            .collect();
        let Some((first, _)) = edits.first() else { continue };
        let saved = view.tokens_saved(piece, &edits);
        if !view.is_worth(saved) {
            continue;
        }
        let changes = edits.iter().map(|(range, short)| view.change(piece, range.clone(), short)).collect();
        let mut finding =
            Finding::at(view.at(piece, first.clone()), format!("{} {what} cost {saved} tokens", edits.len()))
                .saves(view.saving(saved, piece, first.start))
                .fix(title, Applicability::Unsafe, changes);
        for (range, _) in edits.iter().skip(1).take(9) {
            finding = finding.label(view.at(piece, range.clone()), "here");
        }
        sink.report(finding);
    }
}

/// The change of a phrase, with the case of its first letter kept: where nothing takes its place, the next word's.
fn edit(text: &str, range: Range<usize>, short: String) -> (Range<usize>, String) {
    let is_upper = text[range.clone()].starts_with(char::is_uppercase);
    if !is_upper {
        return (range, short);
    }
    if let Some(first) = short.chars().next() {
        return (range, first.to_uppercase().chain(short.chars().skip(1)).collect());
    }
    match text[range.end..].chars().next().filter(|next| next.is_lowercase()) {
        Some(next) => (range.start..range.end + next.len_utf8(), next.to_uppercase().collect()),
        None => (range, short),
    }
}
