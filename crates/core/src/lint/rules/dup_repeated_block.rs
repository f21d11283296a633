//! `repeated-block`: the same paragraph twice.

use std::collections::HashMap;
use std::ops::Range;

use crate::compress::SegmentKind;
use crate::dedup::Fingerprint;
use crate::lint::diagnostic::{Applicability, Finding, Severity};
use crate::lint::prose::with_blanks_behind;
use crate::lint::rule::{Check, Default, Evidence, OptionSpec};
use crate::lint::sink::Sink;
use crate::lint::template::SlotKind;
use crate::lint::view::View;

rule! {
    /// A paragraph, list or code block that stands in the prompt twice.
    ///
    /// ## Why
    ///
    /// The second copy is billed in every call and says nothing new; when one of the two is changed, they contradict each
    /// other. Copies are found as `promptopt dedup` finds them: case, blanks and punctuation may differ, a number, a
    /// negation, a name or a quotation may not.
    ///
    /// ## Example
    ///
    /// A section "Testing" that was pasted again under "Before you commit".
    ///
    /// ## Fix
    ///
    /// Unsafe: deletes the later copy. A repetition can be meant, for instance a reminder at the end of a long prompt.
    ///
    /// ## Options
    ///
    /// - `min_tokens`: fewer repeated tokens are left alone.
    ///
    /// ## Limits
    ///
    /// Copies in different branches of a template are left alone: only one of them is sent. What users and models say in a
    /// conversation is theirs; results of tools that came before are found if they are long.
    "repeated-block",
    code: "DUP001",
    severity: Severity::Warning,
    is_default: true,
    is_cost: true,
    evidence: Evidence { source: "billed input by the provider's price; equality as in `promptopt dedup`", date: "2026-11-22" },
    options: &[OptionSpec {
        name: "min_tokens",
        default: Default::Int(24),
        about: "least tokens of a repeated stretch",
    }],
    check: Check::Prompt(check),
}

/// Lines of a tool's result that came before: shorter ones are often wanted again.
const MIN_RESULT_TOKENS: u64 = 200;

struct Block {
    piece: usize,
    range: Range<usize>,
    /// The block that it is a copy of.
    copy_of: Option<usize>,
}

fn check(view: &View<'_>, sink: &mut Sink<'_>) {
    let blocks = blocks(view);
    let mut at = 0;
    while at < blocks.len() {
        let Some(source) = blocks[at].copy_of else {
            at += 1;
            continue;
        };
        // Neighbours that are copies of neighbours are one copy.
        let mut n = 1;
        while let Some(next) = blocks.get(at + n)
            && next.piece == blocks[at].piece
            && next.copy_of == Some(source + n)
            && blocks[source + n].piece == blocks[source].piece
        {
            n += 1;
        }
        report(view, sink, &blocks[source..source + n], &blocks[at..at + n]);
        at += n;
    }
    results(view, sink);
}

fn blocks(view: &View<'_>) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut seen: HashMap<(usize, u128), usize> = HashMap::new();
    let mut fingerprint = Fingerprint::default();
    for (piece, of) in view.instructions() {
        // A user's text is compared with itself; what it repeats of the system's is another rule's.
        let scope = if of.kind == Some(SegmentKind::User) { piece + 1 } else { 0 };
        for range in &view.prose(piece).blocks {
            fingerprint.read(&of.as_str()[range.clone()]);
            let key = (scope, fingerprint.normalised());
            let known = seen.get(&key).copied();
            if known.is_none() {
                seen.insert(key, blocks.len());
            }
            blocks.push(Block { piece, range: range.clone(), copy_of: known });
        }
    }
    blocks
}

fn report(view: &View<'_>, sink: &mut Sink<'_>, source: &[Block], copy: &[Block]) {
    let (Some(first), Some(last), Some(origin), Some(origin_last)) =
        (copy.first(), copy.last(), source.first(), source.last())
    else {
        return;
    };
    let Some(piece) = view.prompt.pieces.get(first.piece) else { return };
    let is_branch = |piece: usize, from: usize, to: usize| {
        view.prompt.pieces.get(piece).is_some_and(|piece| {
            piece.slots.iter().any(|slot| slot.kind == SlotKind::Control && (from..to).contains(&slot.span.start))
        })
    };
    let branches = if origin.piece == first.piece {
        is_branch(first.piece, origin.range.start, last.range.end)
    } else {
        is_branch(origin.piece, 0, usize::MAX) || is_branch(first.piece, 0, usize::MAX)
    };
    // Headings and rules between sections repeat; so does the call that every section shows.
    let text = piece.as_str();
    let says_something = copy.iter().any(|block| {
        let block_text = &text[block.range.clone()];
        !block_text.starts_with('#') || block_text.contains('\n')
    });
    if branches || !says_something {
        return;
    }
    let range = first.range.start..last.range.end;
    let tokens = view.target.count(&text[range.clone()]).cast_signed();
    if !view.is_worth(tokens) {
        return;
    }
    let removed = with_blanks_behind(text, &range);
    let fix = view.change(first.piece, removed, "").map(|change| vec![change]);
    let place = view.at(origin.piece, origin.range.start..origin_last.range.end);
    let line = view.file.lines.position(&view.file.text, place.start).line;
    let what = if copy.len() == 1 { "this block".to_owned() } else { format!("these {} blocks", copy.len()) };
    sink.report(
        Finding::at(view.at(first.piece, range), format!("{what} of {tokens} tokens stood in line {line} already"))
            .label(place, "first here")
            .help("delete one of them, or say in one place what differs")
            .saves(view.saving(tokens, first.piece, first.range.start))
            .fix("delete the later copy", Applicability::Unsafe, fix),
    );
}

/// Results of tools that stand in the conversation before, as the optimizer finds them.
fn results(view: &View<'_>, sink: &mut Sink<'_>) {
    let is_result =
        |piece: usize| matches!(view.prompt.pieces[piece].kind, Some(SegmentKind::ToolResult | SegmentKind::Document));
    if !(0..view.prompt.pieces.len()).any(is_result) {
        return;
    }
    for edit in view.transform("repeats") {
        if edit.segment >= view.prompt.pieces.len() || !is_result(edit.segment) || edit.tokens_saved < MIN_RESULT_TOKENS
        {
            continue;
        }
        let saved = edit.tokens_saved.cast_signed();
        let fix = view.change(edit.segment, edit.span.clone(), &edit.replacement).map(|change| vec![change]);
        sink.report(
            Finding::at(
                view.at(edit.segment, edit.span.clone()),
                format!("this part of a result was shown before: {saved} tokens again"),
            )
            .note(format!("it can be replaced by: {}", edit.replacement.trim()))
            .help("let the program that fills in results refer to what was shown (`promptopt optimize` does)")
            .saves(view.saving(saved, edit.segment, edit.span.start))
            .fix("refer to the first place", Applicability::Unsafe, fix),
        );
    }
}
