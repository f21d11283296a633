//! Ollama's own API: `/api/chat` and `/api/generate`. Streams are JSON lines, not server-sent events.

use std::sync::Arc;

use serde_json::Value;

use super::count::{Tally, count, nothing_counted};
use super::draft::{Draft, Key};
use super::media::{image_size, n_decoded_bytes};
use super::read::{self, Fields, given};
use super::{Reply, Wire, chat, chat_message};
use crate::chat::{AnswerFormat, ChatRequest, Content, Dialect, Image, Message, Part, Reasoning, Role, ToolChoice};
use crate::error::{Error, Result};
use crate::usage::{Flaw, InclusiveCounts, Reading, Semantics};

/// The dialect.
pub(super) static WIRE: Wire = Wire { dialect: Dialect::Ollama, is_request, request, reply, usage };

/// `options`, `keep_alive` or a bare `format` beside messages or a prompt; a schema or `think` says it too.
fn is_request(body: &Value) -> bool {
    let has = |name: &str| body.get(name).is_some();
    let has_images = || {
        body.get("messages")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .any(|message| message.get("images").is_some())
    };
    (has("messages") || has("prompt"))
        && (body.get("options").is_some_and(Value::is_object)
            || has("keep_alive")
            || has("think")
            || (has("format") && !has("response_format"))
            || has_images()
            || (has("prompt") && has("images")))
}

/// Fields that [`request`] reads into fields of their own.
const READ: [&str; 14] = [
    "model",
    "messages",
    "prompt",
    "system",
    "suffix",
    "images",
    "tools",
    "format",
    "think",
    "options",
    "keep_alive",
    "context",
    "template",
    "raw",
];

fn request(body: &Value) -> Result<ChatRequest> {
    let fields = read::body(body)?;
    let (tools, server_tools) = chat::tools(fields)?;
    let (server_tools, server_tool_json) = read::server_tools(server_tools);
    let mut messages = Vec::new();
    if let Some(system) = read::string(fields, "system")?.filter(|system| !system.is_empty()) {
        messages.push(Arc::new(Message::text(Role::System, system)));
    }
    if given(fields, "messages").is_some() {
        messages.extend(read::each(fields, "messages", |value| message(value).map(Arc::new))?);
    } else if let Some(prompt) = read::string(fields, "prompt")? {
        let mut parts = vec![Part::text(prompt)];
        parts.extend(read::string(fields, "suffix")?.filter(|suffix| !suffix.is_empty()).map(Part::text));
        parts.extend(images(fields)?);
        let message = Message { role: Role::User, name: None, parts, is_multipart: false, ..Message::default() };
        messages.push(Arc::new(super::media::identify(message, fields)));
    } else {
        return Err(Error::input("expected an array, found nothing").in_field("messages"));
    }
    let options = read::object(fields, "options")?;
    let max_output = match options {
        // Below zero it means "until done".
        Some(options) => given(options, "num_predict").and_then(|n| super::count::whole_number(n).ok()),
        None => None,
    };
    let mut parameters = read::parameters(fields, &READ);
    if let Some(options) = options {
        parameters.extend(read::parameters(options, &["num_predict"]));
    }
    for name in ["raw", "template"] {
        parameters.extend(given(fields, name).map(|value| (Arc::from(name), value.clone())));
    }
    parameters.sort_by(|a, b| a.0.cmp(&b.0));
    Ok(ChatRequest {
        dialect: Dialect::Ollama,
        model: read::shared(fields, "model")?,
        tools: tools.into(),
        tool_choice: ToolChoice::Unset,
        messages,
        answer_format: match given(fields, "format") {
            Some(schema @ Value::Object(_)) => {
                AnswerFormat::JsonSchema { name: None, description: None, schema: schema.clone(), strict: None }
            }
            Some(Value::String(format)) if format == "json" => AnswerFormat::JsonObject,
            _ => AnswerFormat::Text,
        },
        max_output,
        n_answers: 1,
        reasoning: match given(fields, "think") {
            Some(Value::Bool(true)) => Some(Reasoning::On),
            Some(Value::Bool(false)) => Some(Reasoning::Off),
            Some(Value::String(effort)) => Some(Reasoning::Effort(Arc::from(effort.as_str()))),
            _ => None,
        },
        // Tokens of an earlier turn, as numbers.
        has_stored_context: !read::array(fields, "context")?.is_empty(),
        server_tools,
        server_tool_json,
        parameters,
        ..ChatRequest::default()
    })
}

/// As in chat, with `images` as bare base64 beside the content and `tool_name` on results.
fn message(value: &Value) -> Result<Message> {
    let mut message = chat_message::message(value)?;
    let fields = read::body(value)?;
    if let Some(thinking) = read::shared(fields, "thinking")? {
        message.parts.insert(0, chat_message::plain(Content::Reasoning { text: thinking, n_opaque_bytes: 0 }));
    }
    if let (Some(named), Some(part)) = (read::shared(fields, "tool_name")?, message.parts.first_mut())
        && let Content::ToolResult { name, .. } = &mut part.content
    {
        name.get_or_insert(named);
    }
    message.parts.extend(images(fields)?);
    Ok(super::media::identify(message, fields))
}

fn images(fields: &Fields) -> Result<Vec<Part>> {
    read::each(fields, "images", |value| {
        let data = value.as_str().ok_or_else(|| read::wrong("a string of base64", value))?;
        let size = image_size(data);
        // What is no picture that can be measured is kept as a file of so many bytes.
        Ok(chat_message::plain(match size {
            Some(_) => Content::Image(Image { size, detail: None, is_remote: false }),
            None => Content::File { media_type: None, n_bytes: Some(n_decoded_bytes(data)) },
        }))
    })
}

/// Counters and durations that stand at the top of the last event.
const USAGE: [&str; 6] =
    ["total_duration", "load_duration", "prompt_eval_count", "prompt_eval_duration", "eval_count", "eval_duration"];

fn reply(events: &[Value]) -> Result<Reply> {
    let mut draft = Draft::default();
    for event in events {
        let Value::Object(fields) = event else { continue };
        let text = |name: &str| fields.get(name).and_then(Value::as_str);
        draft.set_model(text("model"));
        draft.set_finish(text("done_reason"));
        draft.created_s = draft.created_s.or_else(|| super::seconds(fields.get("created_at")?));
        let usage: Fields =
            USAGE.iter().filter_map(|name| Some(((*name).to_owned(), fields.get(*name)?.clone()))).collect();
        if usage.contains_key("eval_count") || usage.contains_key("prompt_eval_count") {
            draft.merge_usage(Some(&Value::Object(usage)));
        }
        draft.push(Key::reasoning(0, 0), text("thinking").unwrap_or_default());
        draft.push(Key::text(0, 0), text("response").unwrap_or_default());
        let Some(Value::Object(message)) = fields.get("message") else { continue };
        let text = |name: &str| message.get(name).and_then(Value::as_str).unwrap_or_default();
        draft.push(Key::reasoning(0, 0), text("thinking"));
        draft.push(Key::text(0, 0), text("content"));
        for call in message.get("tool_calls").and_then(Value::as_array).into_iter().flatten() {
            // Each call comes whole, in one event.
            if let Some(Value::Object(function)) = call.get("function") {
                let id = call.get("id").and_then(Value::as_str).unwrap_or_default();
                draft.add(chat_message::function_call(id, function)?);
            }
        }
    }
    draft.finish(events)
}

/// Ollama's counters. What its prompt cache held is not evaluated and not counted, so that there are no cache figures;
/// `prompt_eval_count` is missing when the whole prompt was held. Semantics: none to tell.
pub(super) fn usage(usage: &Value, provider: Option<&str>) -> Result<Reading, Flaw> {
    let has = |name: &str| usage.get(name).is_some();
    if (has("prompt_tokens") || has("completion_tokens")) && !has("eval_count") {
        return super::chat_usage::usage(usage, provider);
    }
    let [input, output] = [count(usage, &["prompt_eval_count"])?, count(usage, &["eval_count"])?];
    if input.is_none() && output.is_none() {
        return Err(nothing_counted(usage));
    }
    Tally {
        semantics: Semantics::Unknown,
        counts: InclusiveCounts {
            input: input.unwrap_or(0),
            output: output.unwrap_or(0),
            ..InclusiveCounts::default()
        },
        ..Tally::default()
    }
    .reading()
}

#[cfg(test)]
mod tests {
    use super::super::outline::{check_reply, check_request, check_usage};
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn chat_and_generate_are_read() {
        check_request(
            &WIRE,
            &json!({"model": "m", "think": "low", "format": {"a": 1}, "options": {"num_predict": 9, "seed": 1}, "messages": [
                {"role": "user", "content": "hi", "images": ["R0lGODlhQAHwAA=="]},
                {"role": "assistant", "content": "", "thinking": "hm", "tool_calls": [{"function": {"name": "f", "arguments": {"b": 2}}}]},
                {"role": "tool", "tool_name": "f", "content": "r"}]}),
            "user: hi, image(320x240) | assistant: thought(hm+0), , call( f {\"b\":2}) | tool: result(f: r) | \
             format {\"a\":1} | max 9 | reasoning Effort(\"low\") | seed=1",
        );
        check_request(
            &WIRE,
            &json!({"model": "m", "system": "s", "prompt": "hi", "keep_alive": 0, "options": {"num_predict": -1}, "context": [1]}),
            "system: s | user: hi | stored context",
        );
    }

    #[test]
    fn streams_are_lines() {
        check_reply(
            &WIRE,
            "{\"message\":{\"content\":\"h\"}}\n{\"message\":{\"content\":\"i\"},\"done_reason\":\"stop\",\"eval_count\":2}\n",
            "hi | stop | {\"eval_count\":2}",
        );
        check_reply(&WIRE, "{\"response\":\"h\"}\n{\"response\":\"i\"}", "hi");
    }

    #[test]
    fn counters_may_be_missing() {
        check_usage(&WIRE, "ollama", &json!({"eval_count": 2, "total_duration": 9}), "in 0+0r+0w+0W out 2+0, unknown");
        check_usage(
            &WIRE,
            "ollama",
            &json!({"total_duration": 9}),
            "flaw: `usage` is no token count: {\"total_duration\":9}",
        );
    }

    proptest! {
        #[test]
        fn parts_sum_to_the_total(input in 0_u64..1 << 53, output in 0_u64..1 << 53) {
            let value = json!({"prompt_eval_count": input, "eval_count": output});
            prop_assert_eq!(usage(&value, None).unwrap().usage.total(), input + output);
        }
    }
}
