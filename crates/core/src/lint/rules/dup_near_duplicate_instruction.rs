//! `near-duplicate-instruction`: one thing said twice in nearly the same words.

use std::collections::HashSet;
use std::ops::Range;

use crate::compress::SegmentKind;
use crate::dedup::{Deduplicator, Fingerprint, Level, Options, differing_words};
use crate::lint::diagnostic::{Finding, Severity};
use crate::lint::prose::looks_like_code;
use crate::lint::rule::{Check, Default, Evidence, OptionSpec};
use crate::lint::sink::Sink;
use crate::lint::template::SlotKind;
use crate::lint::view::View;

rule! {
    /// A sentence that says what another one says, in the same or nearly the same words.
    ///
    /// ## Why
    ///
    /// It is billed twice, and a later change of one of the two makes them contradict each other. Sentences that differ in
    /// a number, a negation, a name, a quotation or a symbol are not alike, however many words they share.
    ///
    /// ## Example
    ///
    /// "Always answer in the language in which the user asks" under "Style", and again under "Important".
    ///
    /// ## Options
    ///
    /// - `similarity`: least share of common word trigrams, in percent.
    /// - `min_words`: shorter sentences are left alone.
    ///
    /// ## Limits
    ///
    /// Sentences of whole blocks that are repeated belong to `repeated-block`. Sections that are alike on purpose (a rule for
    /// each of three kinds of function) say things twice, so this is off unless asked for.
    "near-duplicate-instruction",
    code: "DUP002",
    severity: Severity::Info,
    is_default: false,
    is_cost: true,
    evidence: Evidence { source: "word trigrams and guard of `promptopt dedup` (no merge of what differs in a fact)", date: "2026-11-22" },
    options: &[
        OptionSpec { name: "similarity", default: Default::Int(85), about: "least similarity in percent" },
        OptionSpec { name: "min_words", default: Default::Int(12), about: "least words of a sentence" },
    ],
    check: Check::Prompt(check),
}

fn check(view: &View<'_>, sink: &mut Sink<'_>) {
    let similarity = view.int("similarity").clamp(50, 100);
    let min_words = usize::try_from(view.int("min_words")).unwrap_or(0);
    let mut sentences: Vec<(usize, Range<usize>)> = Vec::new();
    let mut found = Deduplicator::new(Options { level: Level::Near, threshold: similarity as f64 / 100.0 });
    let mut fingerprint = Fingerprint::default();
    for (piece, of) in view.instructions() {
        let text = of.as_str();
        if of.kind == Some(SegmentKind::User) || of.slots.iter().any(|slot| slot.kind == SlotKind::Control) {
            continue;
        }
        let prose = view.prose(piece);
        let mut seen = HashSet::new();
        let repeated: Vec<&Range<usize>> = prose
            .blocks
            .iter()
            .filter(|block| !seen.insert(Fingerprint::of(&text[(*block).clone()]).normalised()))
            .collect();
        for range in prose.sentences(text) {
            let is_in_copy = repeated.partition_point(|block| block.end <= range.start);
            if repeated.get(is_in_copy).is_some_and(|block| block.start <= range.start) {
                continue;
            }
            if looks_like_code(&text[range.clone()]) {
                continue;
            }
            fingerprint.read(&text[range.clone()]);
            if fingerprint.n_words() >= min_words {
                found.push_fingerprint(&fingerprint);
                sentences.push((piece, range));
            }
        }
    }
    if sentences.len() < 2 {
        return;
    }
    let text_of = |place: &(usize, Range<usize>)| &view.prompt.pieces[place.0].as_str()[place.1.clone()];
    for cluster in found.finish().clusters {
        let Some(first) = sentences.get(cluster.representative) else { continue };
        for member in cluster.members.iter().skip(1) {
            let Some(here) = sentences.get(member.document) else { continue };
            let tokens = view.target.count(text_of(here)).cast_signed();
            let place = view.at(first.0, first.1.clone());
            let line = view.file.lines.position(&view.file.text, place.start).line;
            let message = if member.level == Level::Near {
                format!("this says nearly what line {line} says, in {tokens} tokens")
            } else {
                format!("line {line} said this already: {tokens} tokens")
            };
            let mut finding = Finding::at(view.at(here.0, here.1.clone()), message)
                .label(place, "first here")
                .help("keep the one that stands where it matters")
                .saves(view.saving(tokens, here.0, here.1.start));
            if member.level == Level::Near {
                let (a, b) = differing_words(text_of(first), text_of(here));
                finding = finding.note(format!("only there: {}; only here: {}", words(&a), words(&b)));
            }
            sink.report(finding);
        }
    }
}

fn words(words: &[&str]) -> String {
    if words.is_empty() { "nothing".to_owned() } else { crate::text::shorten(&words.join(" "), 80) }
}
