//! Responses of chat completions and of text completions, whole or streamed.

use serde_json::Value;

use super::Reply;
use super::chat_message::{image, part};
use super::draft::{Draft, Key, set};
use super::read::{self, Fields};
use crate::chat::Content;
use crate::error::Result;

/// Bodies have `choices[].message`, streams `choices[].delta`; the rest is the same.
pub(super) fn reply(events: &[Value]) -> Result<Reply> {
    let mut draft = Draft::default();
    for event in events {
        let Value::Object(fields) = event else { continue };
        let text = |name: &str| fields.get(name).and_then(Value::as_str);
        draft.set_model(text("model"));
        draft.set_tier(text("service_tier"));
        set(&mut draft.upstream, text("provider"));
        draft.created_s = draft.created_s.or_else(|| fields.get("created").and_then(Value::as_i64));
        draft.merge_usage(fields.get("usage").or_else(|| fields.get("x_groq")?.get("usage")));
        for (i, choice) in fields.get("choices").and_then(Value::as_array).into_iter().flatten().enumerate() {
            let index = choice.get("index").and_then(Value::as_u64).unwrap_or(i as u64);
            if index == 0 {
                draft.set_finish(choice.get("finish_reason").and_then(Value::as_str));
            }
            if let Some(text) = choice.get("text").and_then(Value::as_str) {
                draft.push(Key::text(index, 0), text);
            }
            for side in ["message", "delta"] {
                if let Some(Value::Object(said)) = choice.get(side) {
                    take(&mut draft, index, said);
                }
            }
        }
    }
    draft.finish(events)
}

/// Takes what one message or delta says.
fn take(draft: &mut Draft, choice: u64, said: &Fields) {
    let text = |name: &str| said.get(name).and_then(Value::as_str);
    draft.push(Key::reasoning(choice, 0), text("reasoning_content").or_else(|| text("reasoning")).unwrap_or_default());
    match said.get("content") {
        Some(Value::String(text)) => draft.push(Key::text(choice, 0), text),
        Some(Value::Array(parts)) => {
            for value in parts {
                match part(value).map(|part| part.content) {
                    Ok(Content::Text(text)) => draft.push(Key::text(choice, 0), &text),
                    Ok(Content::Reasoning { text, .. }) => draft.push(Key::reasoning(choice, 0), &text),
                    Ok(content) => draft.add(content),
                    Err(_) => {}
                }
            }
        }
        _ => {}
    }
    draft.push(Key::refusal(choice, 0), text("refusal").unwrap_or_default());
    for picture in said.get("images").and_then(Value::as_array).into_iter().flatten() {
        if let Value::Object(fields) = picture {
            draft.add(image(fields));
        }
    }
    if let Some(audio) = said.get("audio") {
        draft.push(Key::text(choice, 1), audio.get("transcript").and_then(Value::as_str).unwrap_or_default());
    }
    for (i, call) in said.get("tool_calls").and_then(Value::as_array).into_iter().flatten().enumerate() {
        let key = Key::call(choice, call.get("index").and_then(Value::as_u64).unwrap_or(i as u64));
        let inner = call.get("function").or_else(|| call.get("custom")).unwrap_or(call);
        draft.name_call(key, call.get("id").and_then(Value::as_str), inner.get("name").and_then(Value::as_str));
        if let Some(arguments) = inner.get("arguments").or_else(|| inner.get("input")) {
            draft.push(key, &read::text_or_json(arguments));
        }
    }
    if let Some(call) = said.get("function_call").filter(|call| call.is_object()) {
        let key = Key::call(choice, u64::MAX);
        draft.name_call(key, None, call.get("name").and_then(Value::as_str));
        draft.push(key, call.get("arguments").and_then(Value::as_str).unwrap_or_default());
    }
}

#[cfg(test)]
mod tests {
    use super::super::chat::WIRE;
    use super::super::outline::check_reply;

    #[test]
    fn a_body_is_read() {
        check_reply(
            &WIRE,
            r#"{"choices":[{"index":0,"message":{"role":"assistant","content":"hi","reasoning":"hm","tool_calls":
            [{"id":"c","function":{"name":"f","arguments":"{}"}}]},"finish_reason":"tool_calls"}],"usage":{"prompt_tokens":1}}"#,
            r#"thought(hm+0), hi, call(c f {}) | tool_calls | {"prompt_tokens":1}"#,
        );
    }

    #[test]
    fn a_stream_is_put_together_by_choice_and_call() {
        check_reply(
            &WIRE,
            r#"data: {"choices":[{"index":0,"delta":{"role":"assistant","content":"a"}},{"index":1,"delta":{"content":"x"}}],"usage":null}

data: {"choices":[{"index":0,"delta":{"content":"b","tool_calls":[{"index":0,"id":"c","function":{"name":"f","arguments":""}}]}}]}

data: {"choices":[{"index":1,"delta":{"content":"y"},"finish_reason":"length"},{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{}"}}]},"finish_reason":"stop"}]}

data: {"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":4}}

data: [DONE]
"#,
            r#"ab, xy, call(c f {}) | stop | {"prompt_tokens":3,"completion_tokens":4}"#,
        );
    }
}
