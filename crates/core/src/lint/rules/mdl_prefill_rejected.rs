//! `prefill-rejected`: an answer begun for a model that begins its own.

use crate::chat::{Content, Role};
use crate::lint::diagnostic::{Finding, Severity};
use crate::lint::parameters;
use crate::lint::rule::{Check, Evidence};
use crate::lint::sink::Sink;
use crate::lint::view::View;

rule! {
    /// A last message of the assistant for a model that refuses to continue one.
    ///
    /// ## Why
    ///
    /// Claude since Opus 4.6 answers 400 if the conversation does not end with the user.
    ///
    /// ## Example
    ///
    /// ```json
    /// {"model": "claude-opus-5", "max_tokens": 900,
    ///  "messages": [{"role": "user", "content": "A JSON object, please."}, {"role": "assistant", "content": "{"}]}
    /// ```
    ///
    /// ## Limits
    ///
    /// Only whole requests, and only models of which the catalogue says so (`cannot` has `prefill`). A message that ends
    /// with a call of a tool is no beginning of an answer.
    "prefill-rejected",
    code: "MDL011",
    severity: Severity::Error,
    is_default: true,
    is_cost: false,
    evidence: Evidence {
        source: "`prefill` in the catalogue, from LiteLLM 1.106.2 (supports_assistant_prefill)",
        date: "2026-11-22",
    },
    options: &[],
    check: Check::Prompt(check),
}

fn check(view: &View<'_>, sink: &mut Sink<'_>) {
    let Some(spec) = parameters::direct(view) else { return };
    if !view.prompt.is_request() || !spec.cannot.iter().any(|cannot| &**cannot == "prefill") {
        return;
    }
    let Some(last) = view.prompt.request.as_ref().and_then(|request| request.messages.last()) else { return };
    let is_text = |content: &Content| matches!(content, Content::Text(_));
    if last.role != Role::Assistant || !last.parts.last().is_some_and(|part| is_text(&part.content)) {
        return;
    }
    let n_messages = view.prompt.pieces.iter().map(|piece| piece.message).max().unwrap_or(0);
    let piece = view.prompt.pieces.iter().rposition(|piece| piece.message == n_messages);
    let place = piece.map_or_else(
        || view.head(),
        |piece| {
            let length = view.prompt.pieces.get(piece).map_or(0, |piece| piece.as_str().len());
            view.at(piece, 0..length)
        },
    );
    sink.report(
        Finding::at(place, format!("`{}` does not continue a begun answer", view.target.name.unwrap_or_default()))
            .help("end with the user's message; ask for a format with structured output or in the instructions"),
    );
}
