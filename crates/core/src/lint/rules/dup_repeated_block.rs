//! `repeated-block`: the same paragraph twice.

use std::collections::HashMap;
use std::ops::Range;

use crate::compress::SegmentKind;
use crate::dedup::Fingerprint;
use crate::lint::diagnostic::{Applicability, Finding, Severity};
use crate::lint::prose::{looks_like_code, rough_key, with_blanks_behind};
use crate::lint::rule::{Check, Default, Evidence, OptionSpec};
use crate::lint::sink::Sink;
use crate::lint::template::SlotKind;
use crate::lint::view::View;

rule! {
    /// A paragraph or list that stands in the prompt twice.
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
    /// Counts prose and lists: the same code may be shown where it is used. Copies in different branches of a template are
    /// left alone, as only one of them is sent; so are copies in different files of a bundle (`FILE:docs/USE.md` above each),
    /// which are read one by one, and lines that only rule off. What users and models say in a conversation is theirs; results of tools that
    /// came before are found if they are long.
    "repeated-block",
    code: "DUP001",
    severity: Severity::Warning,
    is_default: true,
    is_cost: true,
    evidence: Evidence { source: "billed input by the provider's price; equality as in `promptopt dedup`", date: "2026-11-22" },
    options: &[OptionSpec {
        name: "min_tokens",
        default: Default::Int(40),
        about: "least tokens of a repeated stretch",
    }],
    check: Check::Prompt(check),
}

/// Lines of a tool's result that came before: shorter ones are often wanted again.
const MIN_RESULT_TOKENS: u64 = 200;

struct Block {
    piece: usize,
    range: Range<usize>,
    key: u64,
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
            && next.copy_of.is_some()
            && source + n < at
            && blocks[source + n].key == next.key
            && blocks[source + n].piece == blocks[source].piece
        {
            n += 1;
        }
        // A heading or a lead-in at the end belongs to what follows.
        let text = |block: &Block| &view.prompt.pieces[block.piece].as_str()[block.range.clone()];
        let n_whole = (1..=n)
            .rev()
            .find(|n| {
                let last = text(&blocks[at + n - 1]);
                !(last.ends_with(':') || is_heading(last))
            })
            .unwrap_or(0);
        report(view, sink, &blocks[source..source + n_whole], &blocks[at..at + n_whole]);
        at += n;
    }
    results(view, sink);
}

fn blocks(view: &View<'_>) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut keys: Vec<(usize, usize, u64)> = Vec::new();
    let mut buffer = Vec::new();
    for (piece, of) in view.instructions() {
        // A user's text is compared with itself; what it repeats of the system's is another rule's.
        let scope = if of.kind == Some(SegmentKind::User) { piece + 1 } else { 0 };
        let files = file_marks(of.as_str());
        for range in &view.prose(piece).blocks {
            let key = rough_key(&of.as_str()[range.clone()], &mut buffer);
            let file = files.partition_point(|mark| *mark <= range.start);
            keys.push((scope, file, key));
            blocks.push(Block { piece, range: range.clone(), key, copy_of: None });
        }
    }
    // By rough key; of few there are several, and only those are read closely.
    let mut sorted = keys.clone();
    sorted.sort_unstable();
    let mut seen: HashMap<(usize, usize, u64), Vec<usize>> = HashMap::new();
    for pair in sorted.windows(2) {
        if let [one, next] = pair
            && one == next
        {
            seen.entry(*one).or_default();
        }
    }
    if seen.is_empty() {
        return blocks;
    }
    let text = |block: &Block| &view.prompt.pieces[block.piece].as_str()[block.range.clone()];
    for (index, key) in keys.iter().enumerate() {
        let Some(alike) = seen.get_mut(key) else { continue };
        let own = (!alike.is_empty()).then(|| Fingerprint::of(text(&blocks[index])).normalised());
        let copy_of =
            alike.iter().copied().find(|other| own == Some(Fingerprint::of(text(&blocks[*other])).normalised()));
        // The same key for other facts is rare: a few are kept, a crowd is not.
        if copy_of.is_none() && alike.len() < 8 {
            alike.push(index);
        }
        blocks[index].copy_of = copy_of;
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
    // Headings and code repeat where they are needed; what counts is prose.
    let text = piece.as_str();
    let prose: u64 = copy
        .iter()
        .map(|block| &text[block.range.clone()])
        .filter(|block| block.contains(char::is_alphanumeric) && !is_heading(block) && !looks_like_code(block))
        .map(|block| view.target.count(block))
        .sum();
    if branches || !view.is_worth(prose.cast_signed()) {
        return;
    }
    let range = first.range.start..last.range.end;
    let tokens = view.target.count(&text[range.clone()]).cast_signed();
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

/// Where the files of a bundle begin: lines that say only `FILE:` and a path.
fn file_marks(text: &str) -> Vec<usize> {
    let is_mark = |line: &str| {
        // Some bundles put control characters around the mark.
        let bare = line.trim_matches(|c: char| c.is_control() || "#*`=- ".contains(c));
        let path = ["FILE:", "File:"].iter().find_map(|mark| bare.strip_prefix(mark)).map(str::trim);
        path.is_some_and(|path| path.contains(['.', '/']) && !path.contains(' '))
    };
    if !text.contains("FILE:") && !text.contains("File:") {
        return Vec::new();
    }
    let mut at = 0;
    let mut marks = Vec::new();
    for line in text.split_inclusive('\n') {
        if is_mark(line) {
            marks.push(at);
        }
        at += line.len();
    }
    marks
}

/// A heading without the text under it.
fn is_heading(block: &str) -> bool {
    block.starts_with('#') && !block.contains('\n')
}

/// Results of tools that stand in the conversation before, as the optimizer finds them.
fn results(view: &View<'_>, sink: &mut Sink<'_>) {
    let is_result =
        |piece: usize| matches!(view.prompt.pieces[piece].kind, Some(SegmentKind::ToolResult | SegmentKind::Document));
    if !(0..view.prompt.pieces.len()).any(is_result) {
        return;
    }
    let all = view.transform("repeats");
    let own: Vec<_> = all
        .iter()
        .filter(|edit| edit.segment < view.prompt.pieces.len() && is_result(edit.segment))
        .filter(|edit| edit.tokens_saved >= MIN_RESULT_TOKENS)
        .collect();
    let Some(first) = own.first() else { return };
    let saved = own.iter().map(|edit| edit.tokens_saved).sum::<u64>().cast_signed();
    let what = match own.len() {
        1 => "a part of a result was shown before".to_owned(),
        n => format!("{n} parts of results were shown before"),
    };
    let changes = own.iter().map(|edit| view.change(edit.segment, edit.span.clone(), &edit.replacement)).collect();
    let mut finding = Finding::at(view.at(first.segment, first.span.clone()), format!("{what}: {saved} tokens again"))
        .note(format!("this one can be replaced by: {}", first.replacement.trim()))
        .help("let the program that fills in results refer to what was shown (`promptopt optimize` does)")
        .saves(view.saving(saved, first.segment, first.span.start))
        .fix("refer to the first place", Applicability::Unsafe, changes);
    for edit in own.iter().skip(1).take(4) {
        finding = finding.label(view.at(edit.segment, edit.span.clone()), "and here");
    }
    sink.report(finding);
}
