//! `role-order`: a tool's result without its call, or a call without its result.

use std::collections::BTreeSet;
use std::ops::Range;

use crate::chat::{Content, Dialect, Role};
use crate::lint::diagnostic::{Finding, Severity};
use crate::lint::rule::{Check, Evidence};
use crate::lint::sink::Sink;
use crate::lint::view::View;

rule! {
    /// A tool result that answers no call before it, or a call that is never answered.
    ///
    /// ## Why
    ///
    /// Each call is to be followed by its result before anybody speaks again. OpenAI and Anthropic refuse conversations that
    /// are not so, though not all their models always did, and the model loses what was answered. It comes from histories that were cut to save tokens, by messages instead of by turns.
    ///
    /// ## Example
    ///
    /// ```json
    /// [{"role": "user", "content": "Weather?"}, {"role": "tool", "tool_call_id": "call_1", "content": "sunny"}]
    /// ```
    ///
    /// ## Limits
    ///
    /// Only requests in the formats of chat completions and Anthropic messages, and calls with ids. Requests that continue a stored
    /// response are left alone, and so is a call at the very end.
    "role-order",
    code: "PRT003",
    severity: Severity::Warning,
    is_default: false,
    is_cost: false,
    evidence: Evidence { source: "from memory of OpenAI and Anthropic errors; 2 recordings of 2024 have such a result, and were answered", date: "2026-11-26" },
    options: &[],
    check: Check::Prompt(check),
}

fn check(view: &View<'_>, sink: &mut Sink<'_>) {
    let Some(request) = &view.prompt.request else { return };
    if !matches!(request.dialect, Dialect::Chat | Dialect::Messages) || request.has_stored_context {
        return;
    }
    let mut called: BTreeSet<&str> = BTreeSet::new();
    let mut open: Vec<&str> = Vec::new();
    for message in &request.messages {
        let answers = message.parts.iter().filter_map(|part| match &part.content {
            Content::ToolResult { id, .. } => Some(&**id),
            _ => None,
        });
        let mut is_answer = message.role == Role::Tool;
        for id in answers.filter(|id| !id.is_empty()) {
            is_answer = true;
            open.retain(|call| *call != id);
            if !called.contains(id) {
                let message = format!("the result of `{id}` answers no call before it");
                sink.report(
                    Finding::at(place(view, id), message)
                        .help("cut histories by turns: a call and its result go together"),
                );
            }
        }
        if !is_answer {
            if let Some(id) = open.first() {
                let message = format!("the call `{id}` has no result before the next message");
                sink.report(
                    Finding::at(place(view, id), message)
                        .help("add its result, or take the call out with what led to it"),
                );
            }
            open.clear();
        }
        for part in &message.parts {
            if let Content::ToolCall { id, .. } = &part.content
                && !id.is_empty()
            {
                called.insert(id);
                open.push(id);
            }
        }
    }
}

/// Where an id is written; the head of the prompt if it is written otherwise.
fn place(view: &View<'_>, id: &str) -> Range<usize> {
    let span = &view.prompt.span;
    let text = view.file.text.get(span.clone()).unwrap_or_default();
    match memchr::memmem::find(text.as_bytes(), format!("\"{id}\"").as_bytes()) {
        Some(at) => span.start + at + 1..span.start + at + 1 + id.len(),
        None => view.head(),
    }
}
