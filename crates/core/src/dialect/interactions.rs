//! Gemini's interactions: `input` instead of `contents`, typed parts, steps instead of candidates. What they share with
//! `generateContent` stands there.

use std::sync::Arc;

use serde_json::Value;

use super::chat_message;
use super::draft::{Draft, Key};
use super::generate_content::{blob, part};
use super::read::{self, Fields, given, string};
use crate::chat::{Content, Image, Message, Part, Role};
use crate::error::{Error, Result};

/// `input` with what only interactions have beside it.
pub(super) fn is_request(body: &Value) -> bool {
    let is_typed = |value: &Value| {
        matches!(value.get("type").and_then(Value::as_str), Some("text" | "image" | "audio" | "document" | "video"))
    };
    body.get("input").is_some_and(|input| {
        body.get("generation_config").is_some()
            || body.get("agent").is_some()
            || body.get("previous_interaction_id").is_some()
            || input.get(0).is_some_and(is_typed)
            || is_typed(input)
    })
}

/// `input` of an interaction: a string, one content, or several, each of them with or without a role.
pub(super) fn input(fields: &Fields, messages: &mut Vec<Message>) -> Result<()> {
    let typed = |value: &Value| {
        let Some(kind) = value.get("type").and_then(Value::as_str) else { return part(value) };
        let text = |name: &str| value.get(name).and_then(Value::as_str);
        Ok(match (kind, text("text"), text("data")) {
            ("text", Some(text), _) => Part::text(text),
            (_, _, Some(data)) => chat_message::plain(blob(text("mime_type").unwrap_or(kind), data)),
            ("image", ..) => chat_message::plain(Content::Image(Image { is_remote: true, ..Image::default() })),
            _ => chat_message::plain(Content::Other { kind: Arc::from(kind), json: read::json(value) }),
        })
    };
    let user = |parts| {
        let message = Message { role: Role::User, name: None, parts, is_multipart: true, ..Message::default() };
        super::media::identify(message, fields)
    };
    match given(fields, "input") {
        None => {}
        Some(Value::String(text)) => messages.push(Message::text(Role::User, text.as_str())),
        Some(Value::Array(values)) if values.iter().any(|value| value.get("role").is_some()) => {
            for (i, turn) in values.iter().enumerate() {
                let named = |error: Error| error.in_field(&i.to_string()).in_field("input");
                let turn = read::body(turn).map_err(named)?;
                let role = string(turn, "role").map_err(named)?.map_or(Role::User, read::role);
                let parts = match given(turn, "content") {
                    Some(Value::Array(parts)) => read::each_of(parts, typed).map_err(named)?,
                    Some(other) => vec![Part::text(read::text_or_json(other))],
                    None => Vec::new(),
                };
                let message = Message { role, name: None, parts, is_multipart: true, ..Message::default() };
                messages.push(super::media::identify(message, turn));
            }
        }
        Some(Value::Array(values)) => {
            messages.push(user(read::each_of(values, typed).map_err(|error| error.in_field("input"))?));
        }
        Some(one) => messages.push(user(vec![typed(one).map_err(|error| error.in_field("input"))?])),
    }
    Ok(())
}

/// Outputs, or the content of steps.
pub(super) fn outputs(draft: &mut Draft, event: &Value) {
    if event.get("object").and_then(Value::as_str) == Some("interaction") {
        draft.set_finish(event.get("status").and_then(Value::as_str));
    }
    let steps = event.get("steps").and_then(Value::as_array).into_iter().flatten();
    let said = steps.filter_map(|step| step.get("content")?.as_array()).flatten();
    for output in event.get("outputs").and_then(Value::as_array).into_iter().flatten().chain(said) {
        let text = |name: &str| output.get(name).and_then(Value::as_str);
        match text("type") {
            Some("text") => draft.push(Key::text(0, 0), text("text").unwrap_or_default()),
            Some("thought") => draft.push_opaque(Key::reasoning(0, 0), text("signature").unwrap_or_default()),
            Some(kind) => draft.add(Content::Other { kind: Arc::from(kind), json: read::json(output) }),
            None => {}
        }
    }
    if let Some(delta) = event.get("delta") {
        draft.push(Key::text(0, 0), delta.get("text").and_then(Value::as_str).unwrap_or_default());
    }
}

#[cfg(test)]
mod tests {
    use super::super::generate_content::WIRE;
    use super::super::outline::{check_reply, check_request};
    use serde_json::json;

    #[test]
    fn input_is_text_parts_or_turns() {
        check_request(&WIRE, &json!({"agent": "a", "input": "hi"}), "user: hi");
        check_request(
            &WIRE,
            &json!({"model": "m", "previous_interaction_id": "i", "generation_config": {"thinking_level": "low", "max_output_tokens": 9},
                "input": [{"type": "text", "text": "hi"}, {"type": "image", "mime_type": "image/gif", "data": "R0lGODlhQAHwAA=="}]}),
            "user: hi, image(320x240) | max 9 | reasoning Effort(\"low\") | stored context",
        );
        check_request(
            &WIRE,
            &json!({"model": "m", "generation_config": {}, "input": [{"role": "user", "content": "a"},
                {"role": "model", "content": [{"type": "text", "text": "b"}]}]}),
            "user: a | assistant: b",
        );
    }

    #[test]
    fn outputs_are_read() {
        check_reply(
            &WIRE,
            r#"{"object":"interaction","status":"completed","outputs":[{"type":"thought","signature":"abc"},{"type":"text","text":"hi"}],
            "usage":{"total_tokens":3}}"#,
            r#"thought(+3), hi | completed | {"total_tokens":3}"#,
        );
    }
}
