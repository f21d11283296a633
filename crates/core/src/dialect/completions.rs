//! Plain text completions: a prompt (or several) in, text out.

use std::sync::Arc;

use serde_json::Value;

use super::read::{self, given};
use super::{Wire, chat, chat_message, chat_reply, chat_usage};
use crate::chat::{ChatRequest, Content, Dialect, Message, Part, Role};
use crate::error::{Error, Result};

/// The dialect.
pub(super) static WIRE: Wire =
    Wire { dialect: Dialect::Completions, is_request, request, reply: chat_reply::reply, usage: chat_usage::usage };

fn is_request(body: &Value) -> bool {
    match body.get("prompt") {
        Some(Value::String(_) | Value::Array(_)) => true,
        // A prompt stored at a gateway: the body holds its variables.
        _ => body.get("variables").is_some_and(Value::is_object) && body.get("messages").is_none(),
    }
}

/// Fields that [`request`] reads into fields of their own.
const READ: [&str; 8] = ["model", "prompt", "suffix", "max_tokens", "n", "best_of", "service_tier", "variables"];

fn request(body: &Value) -> Result<ChatRequest> {
    let fields = read::body(body)?;
    let mut messages = Vec::new();
    match given(fields, "prompt") {
        None => {}
        Some(tokens @ Value::Array(values)) if values.first().is_some_and(Value::is_number) => {
            messages.push(prompt(tokens)?);
        }
        Some(Value::Array(values)) => {
            messages.extend(read::each_of(values, prompt).map_err(|error| error.in_field("prompt"))?);
        }
        Some(one) => messages.push(prompt(one).map_err(|error| error.in_field("prompt"))?),
    }
    let variables = read::object(fields, "variables")?;
    if let Some(variables) = variables {
        let parts: Vec<Part> = variables.values().map(|value| Part::text(read::text_or_json(value))).collect();
        messages.push(Message { role: Role::User, name: None, parts, is_multipart: true, ..Message::default() });
    }
    if messages.is_empty() {
        return Err(Error::input("expected a string or an array of strings, found nothing").in_field("prompt"));
    }
    if let Some(suffix) = read::string(fields, "suffix")? {
        messages.push(Message::text(Role::User, suffix));
    }
    // `best_of` answers are written and billed, though `n` are shown.
    let n_answers = chat::n_answers(fields, "n")?.max(chat::n_answers(fields, "best_of")?);
    Ok(ChatRequest {
        dialect: Dialect::Completions,
        model: read::shared(fields, "model")?,
        messages: messages.into_iter().map(Arc::new).collect(),
        max_output: read::whole(fields, "max_tokens")?,
        n_answers,
        service_tier: read::shared(fields, "service_tier")?,
        has_stored_context: variables.is_some(),
        parameters: read::parameters(fields, &READ),
        ..ChatRequest::default()
    })
}

/// A string, or a list of tokens, kept as a part of kind `tokens`: its length is their number.
fn prompt(value: &Value) -> Result<Message> {
    let part = match value {
        Value::String(text) => Part::text(text.as_str()),
        Value::Array(_) => chat_message::plain(Content::Other { kind: Arc::from("tokens"), json: read::json(value) }),
        other => return Err(read::wrong("a string or a list of tokens", other)),
    };
    Ok(Message { role: Role::User, name: None, parts: vec![part], is_multipart: false, ..Message::default() })
}

#[cfg(test)]
mod tests {
    use super::super::outline::{check_reply, check_request, check_request_error};
    use super::*;
    use serde_json::json;

    #[test]
    fn prompts_are_texts_or_tokens() {
        check_request(&WIRE, &json!({"prompt": "hi", "max_tokens": 9, "best_of": 3, "n": 2}), "user: hi | max 9 | n 3");
        check_request(&WIRE, &json!({"prompt": ["a", "b"], "suffix": "c"}), "user: a | user: b | user: c");
        check_request(&WIRE, &json!({"prompt": [[1, 2], [3]]}), "user: other(tokens) | user: other(tokens)");
        check_request(&WIRE, &json!({"prompt": [1, 2]}), "user: other(tokens)");
        check_request(&WIRE, &json!({"variables": {"a": "x"}}), "user: x | stored context");
    }

    #[test]
    fn errors_name_the_field() {
        check_request_error(&WIRE, &json!({}), "`prompt`: expected a string or an array of strings, found nothing");
        check_request_error(
            &WIRE,
            &json!({"prompt": ["a", {}]}),
            "`prompt.1`: expected a string or a list of tokens, found an object",
        );
    }

    #[test]
    fn texts_of_all_choices_are_read() {
        check_reply(
            &WIRE,
            r#"{"choices":[{"index":0,"text":"a","finish_reason":"stop"},{"index":1,"text":"b"}]}"#,
            "a, b | stop",
        );
    }
}
