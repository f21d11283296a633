//! `special-token`: a model's control tokens, written out.

use std::sync::LazyLock;

use regex::Regex;

use crate::chat::Dialect;
use crate::compress::SegmentKind;
use crate::lint::code_spans;
use crate::lint::diagnostic::{Finding, Severity};
use crate::lint::rule::{Check, Evidence};
use crate::lint::sink::Sink;
use crate::lint::view::View;

rule! {
    /// A control token of a model's chat template, written out in text.
    ///
    /// ## Why
    ///
    /// `<|im_start|>`, `<|endoftext|>`, `[INST]` and their like steer the model they belong to. In a chat request they are
    /// encoded as plain text, as a turn that nobody meant, or refused, by provider; tiktoken raises an error on
    /// `<|endoftext|>`. The provider writes them itself around each message.
    ///
    /// ## Example
    ///
    /// ```json
    /// {"role": "user", "content": "<|im_start|>user\nHello<|im_end|>"}
    /// ```
    ///
    /// ## Limits
    ///
    /// Left alone: code in Markdown, requests that carry a raw prompt for the model to complete, templates that write a whole
    /// chat template (beginning and end tokens) for a model that is not named, and what the model and tools said.
    "special-token",
    code: "PRT001",
    severity: Severity::Warning,
    is_default: true,
    is_cost: false,
    evidence: Evidence { source: "tiktoken `encode` (disallowed_special); model cards of Llama 2 and 3, Qwen, Gemma", date: "2026-11-22" },
    options: &[],
    check: Check::Prompt(check),
}

static TOKENS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(concat!(
        r"<\|(?:im_start|im_end|im_sep|endoftext|endofprompt|fim_prefix|fim_middle|fim_suffix|start_header_id",
        r"|end_header_id|begin_of_text|end_of_text|eot_id|eom_id|python_tag)\|>",
        r"|\[/?INST\]|<</?SYS>>|<start_of_turn>|<end_of_turn>"
    ))
    .ok()
});

/// Tokens that begin something and those that end it.
const PAIRS: &[(&str, &str)] = &[
    ("<|im_start|>", "<|im_end|>"),
    ("<|start_header_id|>", "<|eot_id|>"),
    ("[INST]", "[/INST]"),
    ("<start_of_turn>", "<end_of_turn>"),
    ("<|fim_prefix|>", "<|fim_suffix|>"),
];

fn check(view: &View<'_>, sink: &mut Sink<'_>) {
    let Some(tokens) = &*TOKENS else { return };
    let dialect = view.prompt.request.as_ref().map(|request| request.dialect);
    if matches!(dialect, Some(Dialect::Completions | Dialect::Invoke | Dialect::Embeddings)) {
        return;
    }
    for (index, piece) in view.prompt.pieces.iter().enumerate() {
        let is_looked_at =
            matches!(piece.kind, Some(SegmentKind::System | SegmentKind::Prompt | SegmentKind::User) | None);
        let text = piece.as_str();
        if !is_looked_at || !tokens.is_match(text) {
            continue;
        }
        let is_template = PAIRS.iter().any(|(begin, end)| text.contains(begin) && text.contains(end));
        if dialect.is_none() && is_template && !view.target.is_named {
            continue;
        }
        let code = code_spans::code(text);
        let mut met: Vec<&str> = Vec::new();
        for found in tokens.find_iter(text) {
            // Each once: a whole transcript has hundreds.
            if code_spans::is_in(&code, found.start()) || met.contains(&found.as_str()) {
                continue;
            }
            met.push(found.as_str());
            sink.report(
                Finding::at(
                    view.at(index, found.range()),
                    format!("`{}` is a control token of a chat template, not text", found.as_str()),
                )
                .help(
                    "take it out: the provider marks where messages begin and end; to speak of it, put it in backticks",
                ),
            );
        }
    }
}
