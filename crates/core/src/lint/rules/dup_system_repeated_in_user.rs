//! `system-repeated-in-user`: the user's message says what the instructions said.

use std::collections::HashMap;
use std::ops::Range;

use crate::compress::SegmentKind;
use crate::dedup::Fingerprint;
use crate::lint::diagnostic::{Applicability, Finding, Severity};
use crate::lint::prose::with_blanks_behind;
use crate::lint::rule::{Check, Default, Evidence, OptionSpec};
use crate::lint::sink::Sink;
use crate::lint::view::View;

rule! {
    /// A block of the system message that a user message repeats.
    ///
    /// ## Why
    ///
    /// The system message holds for the whole conversation; its copy in a user message is billed again in this call and in
    /// every later one, and stands behind the part that a prompt cache serves.
    ///
    /// ## Example
    ///
    /// A program that puts its rules into `system` and also in front of each question.
    ///
    /// ## Fix
    ///
    /// Unsafe: deletes the copy in the user's message. A reminder close to the question can be meant.
    ///
    /// ## Options
    ///
    /// - `min_tokens`: shorter copies are left alone.
    "system-repeated-in-user",
    code: "DUP007",
    severity: Severity::Warning,
    is_default: true,
    is_cost: true,
    evidence: Evidence { source: "equality as in `promptopt dedup`", date: "2026-11-22" },
    options: &[OptionSpec { name: "min_tokens", default: Default::Int(16), about: "least tokens of a copy" }],
    check: Check::Prompt(check),
}

fn check(view: &View<'_>, sink: &mut Sink<'_>) {
    let mut said: HashMap<u128, (usize, Range<usize>)> = HashMap::new();
    for (piece, of) in view.prompt.pieces_of(SegmentKind::System) {
        for block in &view.prose(piece).blocks {
            let key = Fingerprint::of(&of.as_str()[block.clone()]).normalised();
            said.entry(key).or_insert_with(|| (piece, block.clone()));
        }
    }
    if said.is_empty() {
        return;
    }
    for (piece, of) in view.prompt.pieces_of(SegmentKind::User) {
        let text = of.as_str();
        let blocks = &view.prose(piece).blocks;
        let known: Vec<Option<&(usize, Range<usize>)>> =
            blocks.iter().map(|block| said.get(&Fingerprint::of(&text[block.clone()]).normalised())).collect();
        let mut at = 0;
        while at < blocks.len() {
            let Some((origin, first)) = known[at] else {
                at += 1;
                continue;
            };
            // Blocks that follow each other are one copy.
            let n = known[at..].iter().take_while(|known| known.is_some()).count();
            let range = blocks[at].start..blocks[at + n - 1].end;
            at += n;
            let tokens = view.target.count(&text[range.clone()]).cast_signed();
            if !view.is_worth(tokens) {
                continue;
            }
            // The message must still say something.
            let is_all = text.trim().len() == range.len();
            let change = if is_all { None } else { view.change(piece, with_blanks_behind(text, &range), "") };
            sink.report(
                Finding::at(
                    view.at(piece, range.clone()),
                    format!("the system message says this already: {tokens} tokens"),
                )
                .label(view.at(*origin, first.clone()), "there")
                .help("say it in the system message alone")
                .saves(view.saving(tokens, piece, range.start))
                .fix("delete it here", Applicability::Unsafe, change.map(|change| vec![change])),
            );
        }
    }
}
