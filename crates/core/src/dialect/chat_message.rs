//! Messages of chat completions and their parts; other dialects share many of them.

use std::sync::Arc;

use serde_json::Value;

use super::media::{data_url, identify, image_from_url, image_size, n_decoded_bytes};
use super::read::{self, Fields, given, string};
use crate::chat::{Content, Image, Message, Part, Role};
use crate::error::Result;

/// One message. A tool's message becomes a [`Content::ToolResult`] that holds what was said.
pub(super) fn message(value: &Value) -> Result<Message> {
    let fields = read::body(value)?;
    let role = read::role(string(fields, "role")?.unwrap_or("user"));
    if fields.len() == 2
        && role != Role::Tool
        && let (true, Some(Value::String(text))) = (fields.contains_key("role"), fields.get("content"))
    {
        // Most messages are no more than this: two looks instead of twenty.
        let parts = vec![Part::text(text.as_str())];
        return Ok(Message { role, name: None, parts, is_multipart: false, ..Message::default() });
    }
    let mut parts = Vec::new();
    reasoning_parts(fields, &mut parts)?;
    let is_multipart = content(fields, "content", &mut parts)?;
    if let Some(refusal) = string(fields, "refusal")? {
        parts.push(plain(Content::Refusal(Arc::from(refusal))));
    }
    parts.extend(read::each(fields, "tool_calls", tool_call)?);
    if let Some(call) = read::object(fields, "function_call")? {
        parts.push(plain(function_call("", call).map_err(|error| error.in_field("function_call"))?));
    }
    if let Some(audio) = given(fields, "audio") {
        let n_bytes = audio.get("data").and_then(Value::as_str).map(n_decoded_bytes);
        parts.push(plain(Content::Audio { n_bytes }));
    }
    let name = read::shared(fields, "name")?;
    if role == Role::Tool {
        let id = read::shared(fields, "tool_call_id")?.unwrap_or_default();
        let result = Content::ToolResult { id, name: name.clone(), parts, is_error: false };
        parts = vec![Part { content: result, cache_mark: read::cache_control(fields) }];
    } else if let (Some(mark), Some(last)) = (read::cache_control(fields), parts.last_mut()) {
        last.cache_mark.get_or_insert(mark);
    }
    Ok(identify(Message { role, name, parts, is_multipart, ..Message::default() }, fields))
}

/// Reasoning sent back with the history. OpenRouter repeats the text in `reasoning_details`, which alone hold signatures.
fn reasoning_parts(fields: &Fields, parts: &mut Vec<Part>) -> Result<()> {
    let mut text = match string(fields, "reasoning_content")? {
        Some(text) => text.to_owned(),
        None => given(fields, "reasoning").and_then(Value::as_str).unwrap_or_default().to_owned(),
    };
    let is_told = !text.is_empty();
    let mut n_opaque_bytes = 0;
    for detail in given(fields, "reasoning_details").and_then(Value::as_array).map_or(&[][..], Vec::as_slice) {
        let length = |name: &str| detail.get(name).and_then(Value::as_str).map_or(0, |blob| blob.len() as u64);
        n_opaque_bytes += length("signature") + length("data");
        if !is_told {
            text.push_str(detail.get("text").or_else(|| detail.get("summary")).and_then(Value::as_str).unwrap_or(""));
        }
    }
    if !text.is_empty() || n_opaque_bytes > 0 {
        parts.push(plain(Content::Reasoning { text: text.into(), n_opaque_bytes }));
    }
    Ok(())
}

/// Appends the parts of a `content` field; true if it is an array.
pub(super) fn content(fields: &Fields, name: &str, parts: &mut Vec<Part>) -> Result<bool> {
    match given(fields, name) {
        None => Ok(false),
        Some(Value::String(text)) => {
            parts.push(Part::text(text.as_str()));
            Ok(false)
        }
        Some(Value::Array(values)) => {
            parts.extend(read::each_of(values, part).map_err(|error| error.in_field(name))?);
            Ok(true)
        }
        // Some clients send one part without the array around it.
        Some(value @ Value::Object(_)) => {
            parts.push(part(value).map_err(|error| error.in_field(name))?);
            Ok(true)
        }
        Some(other) => Err(read::wrong("a string or an array of parts", other).in_field(name)),
    }
}

/// One part of a message.
pub(super) fn part(value: &Value) -> Result<Part> {
    if let Some(text) = value.as_str() {
        return Ok(Part::text(text));
    }
    let fields = read::body(value)?;
    let kind = string(fields, "type")?.unwrap_or(if fields.contains_key("text") { "text" } else { "" });
    let content = match kind {
        "text" | "input_text" | "output_text" => Content::Text(read::shared(fields, "text")?.unwrap_or_default()),
        "refusal" => Content::Refusal(read::shared(fields, "refusal")?.unwrap_or_default()),
        "image_url" | "input_image" => image(fields),
        "thinking" => Content::Reasoning { text: thinking_text(fields), n_opaque_bytes: 0 },
        "input_audio" => {
            let data = given(fields, "input_audio").and_then(|audio| match audio {
                Value::String(data) => Some(data.as_str()),
                other => other.get("data").and_then(Value::as_str),
            });
            Content::Audio { n_bytes: data.map(n_decoded_bytes) }
        }
        "file" | "document_url" | "file_url" | "input_file" => file(fields),
        other => Content::Other { kind: Arc::from(other), json: read::json(value) },
    };
    Ok(Part { content, cache_mark: read::cache_control(fields) })
}

/// `{"image_url": {"url", "detail"}}`, or the URL alone (Mistral, responses).
pub(super) fn image(fields: &Fields) -> Content {
    let inner = given(fields, "image_url");
    let url = inner.and_then(|inner| inner.as_str().or_else(|| inner.get("url")?.as_str()));
    let detail = inner.and_then(|inner| inner.get("detail")).or_else(|| fields.get("detail"));
    let detail = detail.and_then(Value::as_str).map(Arc::from);
    Content::Image(match url {
        Some(url) if url.contains(':') => image_from_url(url, detail),
        // Bare base64, as some local servers take it.
        Some(data) => Image { size: image_size(data), detail, is_remote: false },
        None => Image { size: None, detail, is_remote: true },
    })
}

/// A file in the body or by reference, in the spellings of OpenAI chat and responses and of Mistral.
pub(super) fn file(fields: &Fields) -> Content {
    let text = |name: &str| {
        let inner = fields.get("file").or_else(|| fields.get("file_url")).or_else(|| fields.get("document_url"));
        inner.and_then(|inner| inner.get(name)).or_else(|| fields.get(name)).and_then(Value::as_str)
    };
    let data = text("file_data").or_else(|| text("url")).or_else(|| text("document_url"));
    let Some(data) = data else { return Content::File { media_type: None, n_bytes: None } };
    match data_url(data) {
        Some((media_type, data)) => {
            Content::File { media_type: Some(Arc::from(media_type)), n_bytes: Some(n_decoded_bytes(data)) }
        }
        None if data.contains("://") => Content::File { media_type: None, n_bytes: None },
        None => Content::File { media_type: None, n_bytes: Some(n_decoded_bytes(data)) },
    }
}

/// Mistral's `thinking`: a list of text parts.
fn thinking_text(fields: &Fields) -> Arc<str> {
    match given(fields, "thinking") {
        Some(Value::Array(parts)) => {
            Arc::from(parts.iter().filter_map(|part| part.get("text")?.as_str()).collect::<String>())
        }
        Some(other) => read::text_or_json(other),
        None => Arc::default(),
    }
}

fn tool_call(value: &Value) -> Result<Part> {
    let fields = read::body(value)?;
    let id = string(fields, "id")?.unwrap_or_default();
    for (kind, arguments) in [("function", "arguments"), ("custom", "input")] {
        if let Some(call) = read::object(fields, kind)? {
            let name = read::shared(call, "name").map_err(|error| error.in_field(kind))?.unwrap_or_default();
            let arguments = given(call, arguments).map(read::text_or_json).unwrap_or_default();
            return Ok(plain(Content::ToolCall { id: Arc::from(id), name, arguments }));
        }
    }
    Ok(plain(Content::Other {
        kind: Arc::from(string(fields, "type")?.unwrap_or("tool_call")),
        json: read::json(value),
    }))
}

/// A call's name and arguments; some providers send arguments as an object, not as text.
pub(super) fn function_call(id: &str, call: &Fields) -> Result<Content> {
    Ok(Content::ToolCall {
        id: Arc::from(id),
        name: read::shared(call, "name")?.unwrap_or_default(),
        arguments: given(call, "arguments").map(read::text_or_json).unwrap_or_default(),
    })
}

/// A part without a cache marker.
pub(super) fn plain(content: Content) -> Part {
    Part { content, cache_mark: None }
}
