//! `inline-base64`: binary data in text.

use crate::compress::{SegmentKind, transforms};
use crate::lint::diagnostic::{Finding, Severity};
use crate::lint::rule::{Check, Evidence};
use crate::lint::sink::Sink;
use crate::lint::view::View;

rule! {
    /// Base64 in the middle of text.
    ///
    /// ## Why
    ///
    /// A model cannot read it and is billed two tokens for every three characters. An image sent as an image part costs hundreds of
    /// tokens, the same image as text tens of thousands.
    ///
    /// ## Example
    ///
    /// ```json
    /// {"role": "user", "content": "What is this? data:image/png;base64,iVBORw0KGgo…"}
    /// ```
    ///
    /// ## Limits
    ///
    /// Runs of 256 and more characters; shorter ones are keys, digests and signatures, which a model may have to copy. It is what
    /// `promptopt optimize --with base64` cuts out.
    "inline-base64",
    code: "CST011",
    severity: Severity::Error,
    is_default: true,
    is_cost: true,
    evidence: Evidence { source: "measured: 1 KB of binary data is 920 tokens of base64 (o200k_base)", date: "2026-11-22" },
    options: &[],
    check: Check::Prompt(check),
}

fn check(view: &View<'_>, sink: &mut Sink<'_>) {
    for (index, piece) in view.prompt.pieces.iter().enumerate() {
        // What the model itself wrote is a log's; its calls have no place of their own.
        if !piece.is_writable() || matches!(piece.kind, Some(SegmentKind::Assistant | SegmentKind::ToolCall)) {
            continue;
        }
        for run in transforms::base64_runs(piece.as_str()) {
            let n_tokens = view.count(piece, &piece.as_str()[run.clone()]);
            let message = format!("{} characters of base64 or the like in text cost {n_tokens} tokens", run.len());
            sink.report(
                Finding::at(view.at(index, run.clone()), message)
                    .help("send it as an image or file part, or leave it out")
                    .saves(view.saving(n_tokens.cast_signed(), index, run.start)),
            );
        }
    }
}
