//! `provider-only-field`: a field of another provider's interface.

use crate::chat::Dialect;
use crate::lint::diagnostic::{Applicability, Change, Finding, Severity};
use crate::lint::rule::{Check, Evidence};
use crate::lint::sink::Sink;
use crate::lint::view::View;
use crate::lint::wire;

rule! {
    /// A field that belongs to another provider's interface.
    ///
    /// ## Why
    ///
    /// Providers refuse fields that they do not know. What was carried over from one to the other fails at the first call, or
    /// with the first fallback.
    ///
    /// ## Example
    ///
    /// ```json
    /// {"model": "claude-opus-4-5", "max_tokens": 500, "reasoning_effort": "high", "messages": []}
    /// ```
    ///
    /// ## Fix
    ///
    /// Unsafe: the field is removed, unless the provider has another for it: that is named, and the rest is yours.
    ///
    /// ## Limits
    ///
    /// Only requests in a provider's own format to that provider's models; which fields it refuses is data, not a guess
    /// (`data/lint/wire.toml`). Gateways take more.
    "provider-only-field",
    code: "PRT005",
    severity: Severity::Error,
    is_default: true,
    is_cost: false,
    evidence: Evidence { source: "the providers' API references; the rows have their sources", date: "2026-11-26" },
    options: &[],
    check: Check::Prompt(check),
}

fn check(view: &View<'_>, sink: &mut Sink<'_>) {
    let (Some(request), Some(spec)) = (&view.prompt.request, view.target.spec) else { return };
    let dialect = if is_for_anthropic(view) { Dialect::Messages } else { request.dialect };
    let fields = view.prompt.fields.iter().filter(|field| !field.path.contains('.'));
    for field in fields.filter(|field| !field.value.is_null()) {
        let Some(row) = wire::refused(&spec.host, dialect, &field.path) else { continue };
        let help = match row.instead.get(&field.path) {
            Some(instead) => format!("write `{instead}`"),
            None => "take it out".to_owned(),
        };
        // What has another name there is not taken out: it was meant.
        let removal = field.removal.clone().filter(|_| !row.instead.contains_key(&field.path));
        let change = removal.map(|span| vec![Change { span, text: String::new() }]);
        sink.report(
            Finding::at(field.key.clone(), format!("{} does not know `{}` ({})", spec.host, field.path, row.answer))
                .help(help)
                .note(format!("{} ({})", row.source, row.observed))
                .fix("take it out", Applicability::Unsafe, change),
        );
    }
    if dialect == Dialect::Chat && *spec.host == *"openai" {
        let marks = view.prompt.pieces.iter().filter_map(|piece| piece.cache_mark.as_ref());
        for (_, span) in marks.take(1) {
            sink.report(
                Finding::at(span.clone(), "openai does not know `cache_control`")
                    .help("take it out: OpenAI caches prompts by itself"),
            );
        }
    }
}

/// Whether a body has what only Anthropic's interface has: then a field of chat completions does not make it one of those.
fn is_for_anthropic(view: &View<'_>) -> bool {
    let is_chat = view.prompt.request.as_ref().is_some_and(|request| request.dialect == Dialect::Chat);
    is_chat
        && view.prompt.pieces.iter().any(|piece| {
            piece.path == "system"
                || piece.path.starts_with("system.")
                || (piece.is_tool() && piece.as_str().contains("\"input_schema\""))
        })
}
