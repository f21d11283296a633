//! Requests made by hand for the frames' tests.

use std::sync::Arc;

use serde_json::json;

use super::{Frame, Profile, Scale, Weight};
use crate::chat::{ChatRequest, Content, Message, Part, Role, Tool};
use crate::tokens::memo::Memo;
use crate::tokens::{Family, Tokenizer};

/// A request of text messages.
pub(super) fn request(messages: &[(Role, &str)]) -> ChatRequest {
    let messages = messages.iter().map(|(role, text)| Arc::new(Message::text(*role, *text))).collect();
    ChatRequest { messages, ..ChatRequest::default() }
}

/// A tool without parameters.
pub(super) fn tool(name: &str, description: &str) -> Tool {
    let parameters = json!({"type": "object", "properties": {}});
    Tool { name: name.into(), description: Some(description.into()), parameters, ..Tool::default() }
}

/// An assistant message with one tool call.
pub(super) fn call(name: &str, arguments: &str) -> Message {
    let content = Content::ToolCall { id: "call_1".into(), name: name.into(), arguments: arguments.into() };
    Message { role: Role::Assistant, parts: vec![Part { content, cache_mark: None }], ..Message::default() }
}

/// A tool message with the result of that call.
pub(super) fn result(text: &str) -> Message {
    let content =
        Content::ToolResult { id: "call_1".into(), name: None, parts: vec![Part::text(text)], is_error: false };
    Message { role: Role::Tool, parts: vec![Part { content, cache_mark: None }], ..Message::default() }
}

/// Weighs with a frame.
pub(super) fn weigh(frame: &dyn Frame, model: &str, family: Family, request: &ChatRequest) -> Weight {
    weigh_on(frame, model, None, family, request)
}

/// Weighs with a frame, on a host.
pub(super) fn weigh_on(
    frame: &dyn Frame,
    model: &str,
    host: Option<&str>,
    family: Family,
    request: &ChatRequest,
) -> Weight {
    let memo = Memo::new();
    let profile = Profile::named(model, host, Tokenizer::Approx(family));
    let weight = frame.weigh(request, &Scale { profile, memo: &memo, kept: None });
    assert!(weight.low <= weight.total() && weight.total() <= weight.high, "{weight:?}");
    weight
}

/// Checks the total to within two tokens (the text is approximated).
#[track_caller]
#[expect(clippy::needless_pass_by_value, reason = "requests are made in place, where an ampersand is noise")]
pub(super) fn check(frame: &dyn Frame, model: &str, family: Family, request: ChatRequest, expected: u64) {
    let total = weigh(frame, model, family, &request).total();
    assert!(total.abs_diff(expected) <= 2, "{total} tokens, expected {expected}");
}
