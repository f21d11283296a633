//! `duplicate-example`: the same example twice.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use crate::compress::SegmentKind;
use crate::compress::units::{UnitKind, split};
use crate::dedup::Fingerprint;
use crate::lint::diagnostic::{Applicability, Finding, Severity};
use crate::lint::file::Piece;
use crate::lint::prose::trimmed;
use crate::lint::rule::{Check, Default, Evidence, OptionSpec};
use crate::lint::sink::Sink;
use crate::lint::template::SlotKind;
use crate::lint::view::View;

rule! {
    /// A few-shot example that is given twice, question and answer alike.
    ///
    /// ## Why
    ///
    /// The copy shows nothing new and is billed in every call; it also gives that one example twice the weight.
    ///
    /// ## Example
    ///
    /// ```text
    /// Q: Is the sky blue?
    /// A: yes
    /// Q: Is grass red?
    /// A: no
    /// Q: Is the sky blue?
    /// A: yes
    /// ```
    ///
    /// ## Fix
    ///
    /// Unsafe: deletes the later one, which changes the weights.
    ///
    /// ## Options
    ///
    /// - `min_tokens`: shorter examples are left alone.
    "duplicate-example",
    code: "DUP004",
    severity: Severity::Warning,
    is_default: true,
    is_cost: true,
    evidence: Evidence { source: "equality as in `promptopt dedup`", date: "2026-11-22" },
    options: &[OptionSpec { name: "min_tokens", default: Default::Int(8), about: "least tokens of an example" }],
    check: Check::Prompt(check),
}

/// Lines at which examples begin: cutting a text into its units costs more than looking for two.
#[allow(clippy::unwrap_used, reason = "the pattern is constant; the cases build it")]
static START: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?im)^[#*\[<\x20]*(?:example|beispiel|exemple|ejemplo)\x20*[0-9]|^[*\x20]*(?:q|question|input|text|problem)\**:",
    )
    .unwrap()
});

fn check(view: &View<'_>, sink: &mut Sink<'_>) {
    for (piece, of) in view.instructions() {
        let text = of.as_str();
        let is_branched = of.slots.iter().any(|slot| slot.kind == SlotKind::Control);
        if is_branched || START.find_iter(text).nth(1).is_none() {
            continue;
        }
        let mut seen: HashMap<u128, Range<usize>> = HashMap::new();
        for unit in split(text).into_iter().filter(|unit| unit.kind == UnitKind::Shot) {
            let range = trimmed(text, unit.span.clone());
            let key = Fingerprint::of(body(&text[range.clone()])).normalised();
            // A question alone, or an example that a variable fills in, is none.
            let n_lines = text[range.clone()].lines().filter(|line| !line.trim().is_empty()).count();
            let is_filled = of.slots.iter().any(|slot| range.contains(&slot.span.start));
            if n_lines < 2 || is_filled {
                continue;
            }
            let Some(first) = seen.get(&key).cloned() else {
                seen.insert(key, range);
                continue;
            };
            let tokens = view.target.count(&text[range.clone()]).cast_signed();
            if !view.is_worth(tokens) {
                continue;
            }
            let fix = view.change(piece, unit.span, "").map(|change| vec![change]);
            report(view, sink, piece, (first, range), tokens, fix);
        }
    }
    pairs(view, sink);
}

/// An example without its number.
fn body(text: &str) -> &str {
    let line_end = text.find('\n').unwrap_or(text.len());
    let is_numbered = text[..line_end].chars().filter(|c| c.is_alphanumeric()).count() <= 12
        && text[..line_end].contains(|c: char| c.is_ascii_digit());
    if is_numbered { &text[line_end..] } else { text }
}

/// Examples that are given as messages: a user's and the assistant's after it, before the last user's.
fn pairs(view: &View<'_>, sink: &mut Sink<'_>) {
    let pieces = &view.prompt.pieces;
    // Where tools are called the messages are a conversation, not examples.
    if pieces.iter().any(|piece| matches!(piece.kind, Some(SegmentKind::ToolCall | SegmentKind::ToolResult))) {
        return;
    }
    let mut seen: HashMap<(u128, u128), usize> = HashMap::new();
    let mut copies: Vec<(usize, usize)> = Vec::new();
    for at in 0..pieces.len().saturating_sub(1) {
        let (ask, answer) = (&pieces[at], &pieces[at + 1]);
        if ask.kind != Some(SegmentKind::User) || answer.kind != Some(SegmentKind::Assistant) {
            continue;
        }
        let key = |piece: &Piece| Fingerprint::of(piece.as_str()).normalised();
        match seen.entry((key(ask), key(answer))) {
            Entry::Occupied(first) => copies.push((*first.get(), at)),
            Entry::Vacant(place) => {
                place.insert(at);
            }
        }
    }
    let Some((first, here)) = copies.first().copied() else { return };
    let tokens = copies.iter().map(|(_, at)| view.tokens(*at) + view.tokens(at + 1)).sum::<u64>().cast_signed();
    if !view.is_worth(tokens) {
        return;
    }
    let whole = |piece: usize| view.at(piece, 0..pieces[piece].as_str().len());
    let message = match copies.len() {
        1 => format!("this question and its answer were given before: {tokens} tokens"),
        n => format!("{n} questions with their answers were given before: {tokens} tokens"),
    };
    let mut finding = Finding::at(whole(here), message)
        .label(whole(first), "first here")
        .help("give each example once")
        .saves(view.saving(tokens, here, 0));
    for (_, at) in copies.iter().skip(1).take(4) {
        finding = finding.label(whole(*at), "and here");
    }
    sink.report(finding);
}

fn report(
    view: &View<'_>,
    sink: &mut Sink<'_>,
    piece: usize,
    (first, range): (Range<usize>, Range<usize>),
    tokens: i64,
    fix: Option<Vec<crate::lint::diagnostic::Change>>,
) {
    let place = view.at(piece, first);
    let line = view.file.lines.position(&view.file.text, place.start).line;
    sink.report(
        Finding::at(view.at(piece, range.clone()), format!("this example of {tokens} tokens was given in line {line}"))
            .label(place, "first here")
            .help("give each example once, or another one in its place")
            .saves(view.saving(tokens, piece, range.start))
            .fix("delete the later one", Applicability::Unsafe, fix),
    );
}
