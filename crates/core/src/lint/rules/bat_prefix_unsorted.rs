//! `prefix-unsorted`: requests that begin alike, scattered over a batch.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hash, Hasher, RandomState};

use crate::compress::SegmentKind;
use crate::lint::batch;
use crate::lint::diagnostic::{Applicability, Change, Finding, Severity};
use crate::lint::file::PromptKind;
use crate::lint::rule::{Check, Evidence};
use crate::lint::sink::Sink;
use crate::lint::view::{FileView, PromptView};
use crate::usd::group_thousands;

rule! {
    /// Requests with the same long beginning that do not stand next to each other in a batch.
    ///
    /// ## Why
    ///
    /// Within a batch the provider's prompt cache works as far as requests with the same beginning are run close together.
    /// Sorted, each beginning is met in one go; mixed, entries may be gone before they are read again. How often depends on
    /// the provider, so no sum is claimed.
    ///
    /// ## Example
    ///
    /// Three instructions of 2,000 tokens, the requests in the order in which the rows came from the database.
    ///
    /// ## Fix
    ///
    /// Safe: lines are put together by their beginning, otherwise in their order. Answers carry the `custom_id`, so the order
    /// of requests means nothing.
    ///
    /// ## Limits
    ///
    /// Only beginnings that reach the model's smallest cacheable prefix count.
    "prefix-unsorted",
    code: "BAT007",
    severity: Severity::Info,
    is_default: true,
    is_cost: false,
    evidence: Evidence {
        source: "https://docs.fireworks.ai/guides/batch-inference (prompt caching in batch jobs); cache minimums of the catalogue",
        date: "2026-11-26",
    },
    options: &[],
    check: Check::File(check),
}

fn check(view: &FileView<'_>, sink: &mut Sink<'_>) {
    if !view.prompts.iter().any(|view| view.prompt.kind == PromptKind::BatchRequest) {
        return;
    }
    let Some(batch) = batch::read(view.file).filter(batch::Batch::has_requests) else { return };
    if batch.lines.iter().any(|line| line.root().is_none()) {
        return;
    }
    // Prompts stand in the order of the lines, at most one a line.
    let hasher = RandomState::new();
    let mut counts: HashMap<u64, u64> = HashMap::new();
    let mut keys: Vec<Option<u64>> = Vec::with_capacity(batch.lines.len());
    let mut prompts = view.prompts.iter().peekable();
    for line in &batch.lines {
        let span = line.span();
        while prompts.next_if(|prompt| prompt.prompt.span.start < span.start).is_some() {}
        let prompt = prompts.next_if(|prompt| prompt.prompt.span.start < span.end);
        keys.push(prompt.and_then(|prompt| key(prompt, &hasher, &mut counts)));
    }
    let known: Vec<u64> = keys.iter().copied().flatten().collect();
    let mut groups: HashMap<u64, usize> = HashMap::new();
    for key in &known {
        let next = groups.len();
        groups.entry(*key).or_insert(next);
    }
    let n_runs = 1 + known.windows(2).filter(|pair| pair[0] != pair[1]).count();
    if groups.len() < 2 || n_runs <= groups.len() {
        return;
    }
    let Some(place) = batch.lines.iter().zip(&keys).zip(keys.iter().skip(1)).find(|((_, a), b)| *a != *b) else {
        return;
    };
    let message = format!(
        "{} requests with {} long beginnings change between them {} times, {} would do",
        group_thousands(known.len() as u128),
        group_thousands(groups.len() as u128),
        group_thousands((n_runs - 1) as u128),
        group_thousands((groups.len() - 1) as u128),
    );
    let mut order: Vec<usize> = (0..batch.lines.len()).collect();
    order.sort_by_key(|index| {
        let key = keys.get(*index).copied().flatten();
        key.and_then(|key| groups.get(&key).copied()).unwrap_or(usize::MAX)
    });
    let mut text: Vec<&str> = Vec::with_capacity(order.len());
    text.extend(order.iter().filter_map(|index| batch.lines.get(*index)).map(|line| line.text));
    let (first, last) =
        (batch.lines.first().map_or(0, |line| line.start), batch.lines.last().map_or(0, |line| line.span().end));
    let end = if view.file.text.contains("\r\n") { "\r\n" } else { "\n" };
    let change = Change { span: first..last, text: text.join(end) };
    sink.report(Finding::at(place.0.0.head(), message).help("sort the lines by their beginning").fix(
        "put lines with the same beginning together",
        Applicability::Safe,
        Some(vec![change]),
    ));
}

/// What the request begins with, if that is long enough to be cached. Beginnings are counted once each.
fn key(view: &PromptView<'_>, hasher: &RandomState, counts: &mut HashMap<u64, u64>) -> Option<u64> {
    let minimum = view.target.cache()?.min_tokens;
    let mut state = hasher.build_hasher();
    view.target.name.hash(&mut state);
    let standing =
        |piece: &&crate::lint::file::Piece| matches!(piece.kind, Some(SegmentKind::ToolSchema | SegmentKind::System));
    for piece in view.prompt.pieces.iter().take_while(standing) {
        piece.as_str().hash(&mut state);
    }
    let key = state.finish();
    let tokens = *counts.entry(key).or_insert_with(|| view.prefix().tokens);
    (tokens >= minimum).then_some(key)
}
