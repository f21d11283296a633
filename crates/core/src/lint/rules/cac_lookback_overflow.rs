//! `lookback-overflow`: more blocks in a turn than the provider looks back.

use crate::chat::{ChatRequest, Role};
use crate::compress::SegmentKind;
use crate::lint::caching::{Terms, money};
use crate::lint::diagnostic::{Finding, Severity};
use crate::lint::rule::{Check, Evidence};
use crate::lint::sink::Sink;
use crate::lint::view::View;

rule! {
    /// A turn with more blocks before its breakpoint than the provider looks back.
    ///
    /// ## Why
    ///
    /// From a breakpoint Anthropic searches 20 blocks back for an entry that an earlier call wrote. Eleven tool calls at once and their
    /// results are 22: the conversation so far is not found, and is written and billed anew.
    ///
    /// ## Example
    ///
    /// An answer with twelve `tool_use` blocks, a message with twelve `tool_result` blocks, and `cache_control` on the last.
    ///
    /// ## Limits
    ///
    /// Only the last turn is looked at, and taken to follow a call whose breakpoint was at its end.
    "lookback-overflow",
    code: "CAC016",
    severity: Severity::Warning,
    is_default: true,
    is_cost: true,
    evidence: Evidence {
        source: "blocks looked back in the catalogue's cache rules; \
                 https://platform.claude.com/docs/en/build-with-claude/prompt-caching",
        date: "2026-11-22",
    },
    options: &[],
    check: Check::Prompt(check),
}

fn check(view: &View<'_>, sink: &mut Sink<'_>) {
    let Some(request) = &view.prompt.request else { return };
    let Some(rule) = view.target.cache() else { return };
    let Some(most) = rule.lookback.map(|most| most as usize) else { return };
    let Some(n_blocks) = blocks_to_first_mark(request).filter(|n| *n > most) else { return };
    let is_answer = |kind| matches!(kind, Some(SegmentKind::Assistant | SegmentKind::ToolCall));
    let Some(turn) = view.prompt.pieces.iter().rev().find(|piece| is_answer(piece.kind)).map(|piece| piece.message)
    else {
        return;
    };
    let marked = view.marked_pieces();
    let message = |index: usize| view.prompt.pieces.get(index).map_or(0, |piece| piece.message);
    // What an earlier breakpoint of this request still finds is not lost.
    let kept = marked.iter().copied().filter(|index| message(*index) < turn).max();
    let lost: u64 = view
        .prompt
        .pieces
        .iter()
        .enumerate()
        .filter(|(index, piece)| piece.message < turn && kept.is_none_or(|kept| *index > kept))
        .map(|(index, _)| view.tokens(index))
        .sum();
    let span = marked
        .iter()
        .find(|index| message(**index) >= turn)
        .and_then(|index| Some(view.prompt.pieces.get(*index)?.cache_mark.as_ref()?.1.clone()));
    let Some(terms) = Terms::of(view) else { return };
    let Some(usd) = terms.read_saving(lost) else { return };
    sink.report(
        Finding::at(
            span.unwrap_or_else(|| view.head()),
            format!(
                "{n_blocks} blocks since the last call, {} looks back {most} for what it cached",
                view.target.label()
            ),
        )
        .note(format!("saving: the {lost} tokens before this turn read from the cache in such a call"))
        .help("set one more breakpoint in the middle of the turn, or at the end of the turn before")
        .saves(money(usd)),
    );
}

/// Blocks from the last answer on up to the first breakpoint among them.
fn blocks_to_first_mark(request: &ChatRequest) -> Option<usize> {
    let answer = request.messages.iter().rposition(|message| message.role == Role::Assistant)?;
    let mut blocks = request.messages.iter().skip(answer).flat_map(|message| &message.parts);
    blocks.position(|part| part.cache_mark.is_some()).map(|index| index + 1)
}
