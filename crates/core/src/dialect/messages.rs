//! Anthropic messages: at Anthropic, and as the body of Claude on Bedrock (invoke) and Vertex.

use std::sync::Arc;

use serde_json::Value;

use super::draft::{Draft, Key};
use super::media::{image_size, n_decoded_bytes};
use super::read::{self, Fields, given, string};
use super::{Reply, Wire, chat, messages_usage};
use crate::chat::{
    AnswerFormat, ChatRequest, Content, Dialect, Image, Message, Part, Reasoning, Role, Tool, ToolChoice,
};
use crate::error::{Error, Result};

/// The dialect.
pub(super) static WIRE: Wire =
    Wire { dialect: Dialect::Messages, is_request, request, reply, usage: messages_usage::usage };

/// Fields that only OpenAI's dialect has.
const CHAT_ONLY: [&str; 8] = [
    "response_format",
    "max_completion_tokens",
    "stream_options",
    "frequency_penalty",
    "presence_penalty",
    "n",
    "functions",
    "reasoning_effort",
];

/// `messages` with something that only this dialect has; a Claude model alone says it if nothing speaks against it.
pub(super) fn is_request(body: &Value) -> bool {
    let Some(Value::Array(messages)) = body.get("messages") else { return false };
    if body.get("anthropic_version").is_some() {
        return true;
    }
    let role = |message: &Value| message.get("role").and_then(Value::as_str).map(read::role);
    if CHAT_ONLY.iter().any(|name| body.get(name).is_some())
        || messages.iter().any(|message| {
            matches!(role(message), Some(Role::System | Role::Developer | Role::Tool))
                || message.get("tool_calls").is_some()
        })
    {
        return false;
    }
    let is_block = |block: &Value| match block.get("type").and_then(Value::as_str) {
        Some("tool_use" | "tool_result" | "redacted_thinking" | "search_result" | "server_tool_use") => true,
        Some("image" | "document") => block.get("source").is_some(),
        Some("thinking") => block.get("signature").is_some(),
        Some("text") => block.get("cache_control").is_some(),
        _ => false,
    };
    let is_typed_text =
        |system: &Value| system.as_array().is_some_and(|blocks| blocks.iter().any(|b| b.get("type").is_some()));
    let tools = body.get("tools").and_then(Value::as_array);
    body.get("system").is_some_and(|system| system.is_string() || is_typed_text(system))
        || tools.is_some_and(|tools| tools.iter().any(|tool| tool.get("input_schema").is_some()))
        || ["stop_sequences", "output_config", "output_format", "mcp_servers"]
            .iter()
            .any(|name| body.get(name).is_some())
        || body.get("thinking").is_some_and(|thinking| thinking.get("budget_tokens").is_some())
        || messages
            .iter()
            .any(|message| message.get("content").and_then(Value::as_array).into_iter().flatten().any(is_block))
        || (body.get("max_tokens").is_some()
            && body.get("model").and_then(Value::as_str).is_some_and(|model| model.starts_with("claude")))
}

/// Fields that [`request`] reads into fields of their own.
const READ: [&str; 15] = [
    "model",
    "messages",
    "system",
    "tools",
    "tool_choice",
    "max_tokens",
    "service_tier",
    "thinking",
    "output_config",
    "output_format",
    "cache_control",
    "mcp_servers",
    "container",
    "anthropic_version",
    "anthropic_beta",
];

pub(super) fn request(body: &Value) -> Result<ChatRequest> {
    let fields = read::body(body)?;
    if given(fields, "messages").is_none() {
        return Err(Error::input("expected an array, found nothing").in_field("messages"));
    }
    let mut messages = Vec::new();
    if given(fields, "system").is_some() {
        let (parts, is_multipart) = blocks(fields, "system")?;
        messages.push(Arc::new(Message { role: Role::System, name: None, parts, is_multipart, ..Message::default() }));
    }
    messages.extend(read::each(fields, "messages", |value| message(value).map(Arc::new))?);
    let (tools, mut server_tools) = tools(fields)?;
    for server in read::array(fields, "mcp_servers")? {
        let name = server.get("name").and_then(Value::as_str).unwrap_or("server");
        server_tools.push((Arc::from(format!("mcp:{name}")), server.clone()));
    }
    let (server_tools, server_tool_json) = read::server_tools(server_tools);
    let mut parameters = read::parameters(fields, &READ);
    if given(fields, "tool_choice").is_some_and(|choice| choice.get("disable_parallel_tool_use") == Some(&true.into()))
    {
        parameters.push((Arc::from("disable_parallel_tool_use"), true.into()));
    }
    if given(fields, "messages").is_some_and(read::wants_citations) {
        parameters.push((Arc::from("citations"), true.into()));
    }
    let (reasoning, effort) = reasoning(fields)?;
    parameters.extend(effort.map(|effort| (Arc::from("effort"), Value::from(&*effort))));
    parameters.sort_by(|a, b| a.0.cmp(&b.0));
    Ok(ChatRequest {
        dialect: Dialect::Messages,
        model: read::shared(fields, "model")?,
        tools: tools.into(),
        tool_choice: given(fields, "tool_choice").map_or(ToolChoice::Unset, chat::tool_choice),
        messages,
        answer_format: answer_format(fields)?,
        max_output: read::whole(fields, "max_tokens")?,
        n_answers: 1,
        service_tier: read::shared(fields, "service_tier")?,
        reasoning,
        cache_key: None,
        cache_mark: read::cache_control(fields),
        has_stored_context: given(fields, "container").is_some(),
        server_tools,
        server_tool_json,
        parameters,
    })
}

/// Tools with a schema in the body, and those whose definition the provider holds (`web_search_…`, `bash_…`).
fn tools(fields: &Fields) -> Result<(Vec<Tool>, Vec<read::ServerTool>)> {
    let mut tools = Vec::new();
    let mut server_tools = Vec::new();
    for (i, value) in read::array(fields, "tools")?.iter().enumerate() {
        let named = |error: Error| error.in_field(&i.to_string()).in_field("tools");
        let definition = read::body(value).map_err(named)?;
        match string(definition, "type").map_err(named)? {
            Some(kind) if kind != "custom" && !definition.contains_key("input_schema") => {
                server_tools.push((Arc::from(kind), value.clone()));
            }
            _ => tools.push(read::tool(definition, "input_schema", value).map_err(named)?),
        }
    }
    Ok((tools, server_tools))
}

fn message(value: &Value) -> Result<Message> {
    let fields = read::body(value)?;
    let (parts, is_multipart) = blocks(fields, "content")?;
    let role = read::role(string(fields, "role")?.unwrap_or("user"));
    Ok(super::media::identify(Message { role, name: None, parts, is_multipart, ..Message::default() }, fields))
}

/// A string or an array of blocks; true if it is an array.
fn blocks(fields: &Fields, name: &str) -> Result<(Vec<Part>, bool)> {
    match given(fields, name) {
        None => Ok((Vec::new(), false)),
        Some(Value::String(text)) => Ok((vec![Part::text(text.as_str())], false)),
        Some(Value::Array(_)) => Ok((read::each(fields, name, block)?, true)),
        Some(other) => Err(read::wrong("a string or an array of blocks", other).in_field(name)),
    }
}

fn block(value: &Value) -> Result<Part> {
    if let Some(text) = value.as_str() {
        return Ok(Part::text(text));
    }
    let fields = read::body(value)?;
    let text = |name: &str| Ok::<_, Error>(read::shared(fields, name)?.unwrap_or_default());
    let n_bytes = |name: &str| Ok::<_, Error>(string(fields, name)?.map_or(0, |blob| blob.len() as u64));
    let content = match string(fields, "type")?.unwrap_or("text") {
        "text" => Content::Text(text("text")?),
        "thinking" => Content::Reasoning { text: text("thinking")?, n_opaque_bytes: n_bytes("signature")? },
        "redacted_thinking" => Content::Reasoning { text: Arc::default(), n_opaque_bytes: n_bytes("data")? },
        "tool_use" => Content::ToolCall {
            id: text("id")?,
            name: text("name")?,
            arguments: given(fields, "input").map(read::text_or_json).unwrap_or_default(),
        },
        "tool_result" => Content::ToolResult {
            id: text("tool_use_id")?,
            name: None,
            parts: blocks(fields, "content")?.0,
            is_error: read::boolean(fields, "is_error")?.unwrap_or(false),
        },
        "image" => image(fields)?,
        "document" => document(fields)?,
        "search_result" => Content::Document {
            title: read::shared(fields, "title")?,
            text: Arc::from(joined(&blocks(fields, "content")?.0)),
        },
        other => Content::Other { kind: Arc::from(other), json: read::json(value) },
    };
    Ok(Part { content, cache_mark: read::cache_control(fields) })
}

fn image(fields: &Fields) -> Result<Content> {
    let source = read::object(fields, "source")?;
    let data = match source {
        Some(source) => string(source, "data").map_err(|error| error.in_field("source"))?,
        None => None,
    };
    Ok(Content::Image(match data {
        Some(data) => Image { size: image_size(data), detail: None, is_remote: false },
        None => Image { size: None, detail: None, is_remote: true },
    }))
}

/// Documents with their text in the body are text; the rest are files.
fn document(fields: &Fields) -> Result<Content> {
    let title = read::shared(fields, "title")?;
    let Some(source) = read::object(fields, "source")? else {
        return Ok(Content::File { media_type: None, n_bytes: None });
    };
    let named = |error: Error| error.in_field("source");
    let data = string(source, "data").map_err(named)?;
    match (string(source, "type").map_err(named)?, data) {
        (Some("text"), Some(text)) => Ok(Content::Document { title, text: Arc::from(text) }),
        (Some("content"), _) => {
            let (parts, _) = blocks(source, "content").map_err(named)?;
            Ok(Content::Document { title, text: Arc::from(joined(&parts)) })
        }
        (_, data) => Ok(Content::File {
            media_type: read::shared(source, "media_type").map_err(named)?,
            n_bytes: data.map(n_decoded_bytes),
        }),
    }
}

fn joined(parts: &[Part]) -> String {
    let texts: Vec<&str> = parts
        .iter()
        .filter_map(|part| match &part.content {
            Content::Text(text) => Some(&**text),
            _ => None,
        })
        .collect();
    texts.join("\n")
}

/// `output_config.format`, or `output_format` as the beta had it.
fn answer_format(fields: &Fields) -> Result<AnswerFormat> {
    let config = read::object(fields, "output_config")?.and_then(|config| given(config, "format"));
    let format = config.or_else(|| given(fields, "output_format")).and_then(Value::as_object);
    match format {
        Some(format) if format.contains_key("schema") => chat::schema_format(format, "schema"),
        _ => Ok(AnswerFormat::Text),
    }
}

/// A budget says more than an effort, an effort more than a switch. An effort without thinking is a hint for the answer:
/// it comes back by itself.
fn reasoning(fields: &Fields) -> Result<(Option<Reasoning>, Option<Arc<str>>)> {
    let thinking = given(fields, "thinking").and_then(chat::thinking);
    let effort = match read::object(fields, "output_config")? {
        Some(config) => read::shared(config, "effort").map_err(|error| error.in_field("output_config"))?,
        None => None,
    };
    Ok(match (thinking, effort) {
        (Some(Reasoning::On), Some(effort)) => (Some(Reasoning::Effort(effort)), None),
        (None, effort) => (None, effort),
        (thinking, _) => (thinking, None),
    })
}

/// Bodies hold `content`; streams open blocks, fill them, and close with the last usage.
pub(super) fn reply(events: &[Value]) -> Result<Reply> {
    let mut draft = Draft::default();
    for event in events {
        let kind = event.get("type").and_then(Value::as_str).unwrap_or_default();
        let index = event.get("index").and_then(Value::as_u64).unwrap_or(0);
        match kind {
            "message_start" => head(&mut draft, event.get("message").unwrap_or(event)),
            "content_block_start" => open(&mut draft, index, event.get("content_block").unwrap_or(&Value::Null)),
            "content_block_delta" => fill(&mut draft, index, event.get("delta").unwrap_or(&Value::Null)),
            "message_delta" => {
                draft.merge_usage(event.get("usage"));
                draft.set_finish(event.get("delta").and_then(|delta| delta.get("stop_reason")?.as_str()));
            }
            _ => head(&mut draft, event),
        }
        // Bedrock closes its streams with its own meter.
        draft.merge_usage(event.get("amazon-bedrock-invocationMetrics"));
    }
    draft.finish(events)
}

/// A whole message, or the start of one.
fn head(draft: &mut Draft, message: &Value) {
    let text = |name: &str| message.get(name).and_then(Value::as_str);
    draft.set_model(text("model"));
    draft.set_finish(text("stop_reason"));
    draft.merge_usage(message.get("usage"));
    let tier = message.get("usage").and_then(|usage| usage.get("service_tier")?.as_str());
    draft.set_tier(tier);
    let content = message.get("content").and_then(Value::as_array);
    for value in content.into_iter().flatten() {
        if let Ok(part) = block(value) {
            draft.add(part.content);
        }
    }
}

fn open(draft: &mut Draft, index: u64, value: &Value) {
    let text = |name: &str| value.get(name).and_then(Value::as_str);
    match text("type") {
        Some("text") => draft.push(Key::text(0, index), text("text").unwrap_or_default()),
        Some("thinking") => draft.push(Key::reasoning(0, index), text("thinking").unwrap_or_default()),
        Some("redacted_thinking") => draft.push_opaque(Key::reasoning(0, index), text("data").unwrap_or_default()),
        Some("tool_use") => draft.name_call(Key::call(0, index), text("id"), text("name")),
        Some(_) => {
            if let Ok(part) = block(value) {
                draft.add(part.content);
            }
        }
        None => {}
    }
}

fn fill(draft: &mut Draft, index: u64, delta: &Value) {
    let text = |name: &str| delta.get(name).and_then(Value::as_str).unwrap_or_default();
    match text("type") {
        "text_delta" => draft.push(Key::text(0, index), text("text")),
        "thinking_delta" => draft.push(Key::reasoning(0, index), text("thinking")),
        "signature_delta" => draft.push_opaque(Key::reasoning(0, index), text("signature")),
        // Input of a server's own tool call: the call came whole when its block opened.
        "input_json_delta" if !draft.is_missing(Key::call(0, index)) => {
            draft.push(Key::call(0, index), text("partial_json"));
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::super::outline::{check_reply, check_request, check_request_error};
    use super::*;
    use serde_json::json;

    #[test]
    fn blocks_are_read_with_their_marks() {
        check_request(
            &WIRE,
            &json!({"model": "claude-x", "max_tokens": 9, "cache_control": {"type": "ephemeral"},
            "system": [{"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral", "ttl": "1h"}}],
            "messages": [
                {"role": "user", "content": [
                    {"type": "document", "title": "t", "source": {"type": "text", "media_type": "text/plain", "data": "d"}},
                    {"type": "document", "source": {"type": "base64", "media_type": "application/pdf", "data": "AAAA"}},
                    {"type": "image", "source": {"type": "base64", "data": "R0lGODlhQAHwAA=="}},
                    {"type": "text", "text": "hi", "cache_control": {"type": "ephemeral"}}]},
                {"role": "assistant", "content": [
                    {"type": "thinking", "thinking": "hm", "signature": "abc"},
                    {"type": "tool_use", "id": "c", "name": "f", "input": {"a": 1.50}}]},
                {"role": "user", "content": [
                    {"type": "tool_result", "tool_use_id": "c", "is_error": true, "content": [{"type": "text", "text": "no"}]}]},
            ]}),
            "system: Be brief.*Long | user: document(t: d), file(application/pdf Some(3)), image(320x240), hi*Short | \
             assistant: thought(hm+3), call(c f {\"a\":1.5}) | user: result(c failed: no) | max 9 | mark Short",
        );
    }

    #[test]
    fn options_are_read() {
        check_request(
            &WIRE,
            &json!({"model": "claude-x", "max_tokens": 9, "messages": [{"role": "user", "content": "hi"}],
                "thinking": {"type": "adaptive"}, "stop_sequences": ["x"],
                "output_config": {"effort": "low", "format": {"type": "json_schema", "schema": {"a": 1}}},
                "tools": [{"name": "f", "input_schema": {}, "cache_control": {"type": "ephemeral"}}, {"type": "bash_1", "name": "bash"}],
                "tool_choice": {"type": "any"}, "mcp_servers": [{"name": "s"}]}),
            "user: hi | tool f* {} | choice Required | format {\"a\":1} | max 9 | reasoning Effort(\"low\") | \
             server bash_1 mcp:s | stop_sequences=[\"x\"]",
        );
    }

    #[test]
    fn errors_name_the_field() {
        check_request_error(
            &WIRE,
            &json!({"messages": [{"role": "user", "content": [{"type": "tool_result", "content": [{"type": "text", "text": 1}]}]}]}),
            "`messages.0.content.0.content.0.text`: expected a string, found a number",
        );
        check_request_error(
            &WIRE,
            &json!({"messages": [], "system": 1}),
            "`system`: expected a string or an array of blocks, found a number",
        );
    }

    #[test]
    fn a_stream_opens_fills_and_closes_blocks() {
        check_reply(
            &WIRE,
            r#"event: message_start
data: {"type":"message_start","message":{"model":"m","content":[],"usage":{"input_tokens":5,"output_tokens":1}}}

data: {"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":""}}

data: {"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"hm"}}

data: {"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"abc"}}

data: {"type":"content_block_start","index":1,"content_block":{"type":"tool_use","id":"c","name":"f","input":{}}}

data: {"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"{}"}}

data: {"type":"message_delta","delta":{"stop_reason":"tool_use"},"usage":{"output_tokens":9}}

"#,
            r#"thought(hm+3), call(c f {}) | tool_use | {"input_tokens":5,"output_tokens":9}"#,
        );
    }
}
