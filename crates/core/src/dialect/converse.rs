//! Bedrock converse and converse-stream. Blocks have no `type`: their one key says what they are.

use std::sync::Arc;

use serde_json::Value;

use super::draft::{Draft, Key};
use super::media::{image_size, n_decoded_bytes};
use super::read::{self, Fields, given, string};
use super::{Reply, Wire, chat, chat_message, converse_usage};
use crate::chat::{
    AnswerFormat, ChatRequest, Content, Dialect, Image, Message, Part, Reasoning, Role, Tool, ToolChoice,
};
use crate::error::{Error, Result};

/// The dialect.
pub(super) static WIRE: Wire =
    Wire { dialect: Dialect::Converse, is_request, request, reply, usage: converse_usage::usage };

/// Keys that only this dialect has at the top, or blocks without a `type`.
pub(super) fn is_request(body: &Value) -> bool {
    let Some(Value::Array(messages)) = body.get("messages") else { return false };
    if body.get("schemaVersion").is_some() {
        return false;
    }
    let is_bare = |block: &Value| {
        block.get("type").is_none()
            && [
                "text",
                "toolUse",
                "toolResult",
                "image",
                "document",
                "cachePoint",
                "reasoningContent",
                "guardContent",
                "video",
            ]
            .iter()
            .any(|key| block.get(key).is_some())
    };
    ["inferenceConfig", "toolConfig", "additionalModelRequestFields", "guardrailConfig", "modelId"]
        .iter()
        .any(|name| body.get(name).is_some())
        || messages.iter().any(|message| message.get("content").and_then(|content| content.get(0)).is_some_and(is_bare))
}

/// Fields that [`request`] reads into fields of their own.
const READ: [&str; 12] = [
    "modelId",
    "messages",
    "system",
    "toolConfig",
    "inferenceConfig",
    "additionalModelRequestFields",
    "outputConfig",
    "serviceTier",
    "promptVariables",
    "schemaVersion",
    "guardrailConfig",
    "performanceConfig",
];

pub(super) fn request(body: &Value) -> Result<ChatRequest> {
    let fields = read::body(body)?;
    let mut messages = Vec::new();
    match given(fields, "system") {
        None => {}
        Some(Value::Array(_)) => messages.push(said(Role::System, blocks(fields, "system")?)),
        Some(other) => messages.push(Message::text(Role::System, read::text_or_json(other))),
    }
    messages.extend(read::each(fields, "messages", message)?);
    if messages.is_empty() && given(fields, "promptVariables").is_none() {
        return Err(Error::input("expected an array, found nothing").in_field("messages"));
    }
    let (tools, server_tools, tool_choice) = tools(fields)?;
    let (server_tools, server_tool_json) = read::server_tools(server_tools);
    let config = read::object(fields, "inferenceConfig")?;
    let mut parameters = read::parameters(fields, &READ);
    let mut max_output = None;
    if let Some(config) = config {
        let named = |error: Error| error.in_field("inferenceConfig");
        max_output = read::whole(config, "maxTokens").map_err(named)?;
        if max_output.is_none() {
            max_output = read::whole(config, "max_new_tokens").map_err(named)?;
        }
        parameters.extend(read::parameters(config, &["maxTokens", "max_new_tokens"]));
    }
    let more = read::object(fields, "additionalModelRequestFields")?;
    if let Some(more) = more {
        parameters.extend(read::parameters(more, &["thinking", "reasoning_config", "reasoningConfig"]));
    }
    if given(fields, "messages").is_some_and(read::wants_citations) {
        parameters.push((Arc::from("citations"), true.into()));
    }
    parameters.sort_by(|a, b| a.0.cmp(&b.0));
    Ok(ChatRequest {
        dialect: Dialect::Converse,
        model: read::shared(fields, "modelId")?,
        tools: tools.into(),
        tool_choice,
        messages: messages.into_iter().map(Arc::new).collect(),
        answer_format: answer_format(fields),
        max_output,
        n_answers: 1,
        service_tier: match given(fields, "serviceTier") {
            Some(tier) => tier.get("type").or(Some(tier)).and_then(Value::as_str).map(Arc::from),
            None => None,
        },
        reasoning: more.and_then(reasoning),
        // A prompt kept at Bedrock is filled from variables.
        has_stored_context: given(fields, "promptVariables").is_some(),
        server_tools,
        server_tool_json,
        parameters,
        ..ChatRequest::default()
    })
}

fn said(role: Role, parts: Vec<Part>) -> Message {
    Message { role, name: None, parts, is_multipart: true, ..Message::default() }
}

fn message(value: &Value) -> Result<Message> {
    let fields = read::body(value)?;
    let role = read::role(string(fields, "role")?.unwrap_or("user"));
    match given(fields, "content") {
        Some(Value::String(text)) => Ok(Message::text(role, text.as_str())),
        _ => Ok(super::media::identify(said(role, blocks(fields, "content")?), fields)),
    }
}

/// Blocks; a `cachePoint` is no part of its own but marks the one before it.
fn blocks(fields: &Fields, name: &str) -> Result<Vec<Part>> {
    let mut parts: Vec<Part> = Vec::new();
    for (i, value) in read::array(fields, name)?.iter().enumerate() {
        if let Some(point) = value.get("cachePoint") {
            if let Some(last) = parts.last_mut() {
                last.cache_mark = Some(read::cache_ttl(point));
            }
        } else {
            parts.push(block(value).map_err(|error| error.in_field(&i.to_string()).in_field(name))?);
        }
    }
    Ok(parts)
}

fn block(value: &Value) -> Result<Part> {
    let fields = read::body(value)?;
    let Some((key, inner)) = fields.iter().find(|(_, inner)| !inner.is_null()) else {
        return Ok(chat_message::plain(Content::Other { kind: Arc::default(), json: read::json(value) }));
    };
    let read = |inner: &Fields| -> Result<Option<Content>> {
        let text = |name: &str| Ok::<_, Error>(read::shared(inner, name)?.unwrap_or_default());
        Ok(Some(match key.as_str() {
            "toolUse" => Content::ToolCall {
                id: text("toolUseId")?,
                name: text("name")?,
                arguments: given(inner, "input").map(read::text_or_json).unwrap_or_default(),
            },
            "toolResult" => Content::ToolResult {
                id: text("toolUseId")?,
                name: None,
                parts: blocks(inner, "content")?,
                is_error: string(inner, "status")? == Some("error"),
            },
            "image" => match source(inner, "bytes") {
                Some(data) => Content::Image(Image { size: image_size(data), detail: None, is_remote: false }),
                None => Content::Image(Image { size: None, detail: None, is_remote: true }),
            },
            "document" => document(inner)?,
            "searchResult" => {
                Content::Document { title: read::shared(inner, "title")?, text: Arc::from(texts(inner.get("content"))) }
            }
            // An answer with its sources; the sources were input.
            "citationsContent" => Content::Text(Arc::from(texts(inner.get("content")))),
            "guardContent" => match inner.get("text").and_then(|text| text.get("text")?.as_str()) {
                Some(text) => Content::Text(Arc::from(text)),
                None => return Ok(None),
            },
            "reasoningContent" => reasoning_content(inner),
            _ => return Ok(None),
        }))
    };
    let content = match (key.as_str(), inner) {
        ("text", Value::String(text)) => Some(Content::Text(Arc::from(text.as_str()))),
        ("json", json) => Some(Content::Text(read::json(json))),
        (_, Value::Object(inner)) => read(inner).map_err(|error| error.in_field(key))?,
        _ => None,
    };
    let other = || Content::Other { kind: Arc::from(key.as_str()), json: read::json(value) };
    Ok(chat_message::plain(content.unwrap_or_else(other)))
}

fn source<'a>(fields: &'a Fields, name: &str) -> Option<&'a str> {
    fields.get("source")?.get(name)?.as_str()
}

fn document(fields: &Fields) -> Result<Content> {
    let title = read::shared(fields, "name")?;
    if let Some(text) = source(fields, "text") {
        return Ok(Content::Document { title, text: Arc::from(text) });
    }
    if let Some(content) = fields.get("source").and_then(|source| source.get("content")) {
        return Ok(Content::Document { title, text: Arc::from(texts(Some(content))) });
    }
    let n_bytes = source(fields, "bytes").map(n_decoded_bytes);
    Ok(Content::File { media_type: read::shared(fields, "format")?, n_bytes })
}

fn texts(content: Option<&Value>) -> String {
    let blocks = content.and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    blocks.iter().filter_map(|block| block.get("text")?.as_str()).collect::<Vec<_>>().join("\n")
}

fn reasoning_content(fields: &Fields) -> Content {
    let text = |name: &str| fields.get("reasoningText").and_then(|inner| inner.get(name)?.as_str()).unwrap_or_default();
    let redacted = fields.get("redactedContent").and_then(Value::as_str).unwrap_or_default();
    Content::Reasoning {
        text: Arc::from(text("text")),
        n_opaque_bytes: (text("signature").len() + redacted.len()) as u64,
    }
}

type Tools = (Vec<Tool>, Vec<read::ServerTool>, ToolChoice);

fn tools(fields: &Fields) -> Result<Tools> {
    let Some(config) = read::object(fields, "toolConfig")? else {
        return Ok((Vec::new(), Vec::new(), ToolChoice::Unset));
    };
    let mut tools: Vec<Tool> = Vec::new();
    let mut server_tools = Vec::new();
    let named = |error: Error| error.in_field("toolConfig");
    for (i, value) in read::array(config, "tools").map_err(named)?.iter().enumerate() {
        if let Some(Value::Object(spec)) = value.get("toolSpec") {
            let numbered = |error: Error| named(error.in_field("toolSpec").in_field(&i.to_string()).in_field("tools"));
            let mut tool = read::tool(spec, "inputSchema", value).map_err(numbered)?;
            if let Some(schema) = tool.parameters.get("json") {
                tool.parameters = schema.clone();
            }
            tools.push(tool);
        } else if let Some(point) = value.get("cachePoint") {
            if let Some(last) = tools.last_mut() {
                last.cache_mark = Some(read::cache_ttl(point));
            }
        } else if let Some(name) = value.get("systemTool").and_then(|tool| tool.get("name")?.as_str()) {
            server_tools.push((Arc::from(name), value.clone()));
        }
    }
    let tool_choice = match given(config, "toolChoice") {
        None => ToolChoice::Unset,
        Some(choice) => match choice.get("tool").and_then(|tool| tool.get("name")?.as_str()) {
            Some(name) => ToolChoice::Named(Arc::from(name)),
            None if choice.get("any").is_some() => ToolChoice::Required,
            None => ToolChoice::Auto,
        },
    };
    Ok((tools, server_tools, tool_choice))
}

/// `outputConfig.textFormat`: the schema is JSON inside a string.
fn answer_format(fields: &Fields) -> AnswerFormat {
    let schema = fields
        .get("outputConfig")
        .and_then(|config| config.get("textFormat")?.get("structure")?.get("jsonSchema")?.as_object());
    let Some(schema) = schema else { return AnswerFormat::Text };
    let text = |name: &str| schema.get(name).and_then(Value::as_str).map(Arc::from);
    let parsed = match schema.get("schema") {
        Some(Value::String(text)) => serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.clone())),
        other => other.cloned().unwrap_or_default(),
    };
    AnswerFormat::JsonSchema { name: text("name"), description: text("description"), schema: parsed, strict: None }
}

/// Claude's `thinking` or `reasoning_config`, Nova's `reasoningConfig`.
fn reasoning(more: &Fields) -> Option<Reasoning> {
    let config = ["thinking", "reasoning_config", "reasoningConfig"].iter().find_map(|name| given(more, name))?;
    match config.get("maxReasoningEffort").and_then(Value::as_str) {
        Some(effort) => Some(Reasoning::Effort(Arc::from(effort))),
        None => chat::thinking(config),
    }
}

/// Bodies hold `output.message`; in streams each event stands under its name.
pub(super) fn reply(events: &[Value]) -> Result<Reply> {
    let mut draft = Draft::default();
    for event in events {
        let event = match event.get("metadata") {
            Some(metadata) => {
                draft.merge_usage(metadata.get("usage"));
                draft.set_tier(metadata.get("serviceTier").and_then(|tier| tier.get("type")?.as_str()));
                event
            }
            None => event,
        };
        draft.merge_usage(event.get("usage"));
        draft.merge_usage(event.get("amazon-bedrock-invocationMetrics"));
        draft.set_tier(event.get("serviceTier").and_then(|tier| tier.get("type")?.as_str()));
        draft.set_finish(event.get("stopReason").and_then(Value::as_str));
        draft.set_finish(event.get("messageStop").and_then(|stop| stop.get("stopReason")?.as_str()));
        let content = event.get("output").and_then(|output| output.get("message")?.get("content")?.as_array());
        for value in content.into_iter().flatten() {
            if let Ok(part) = block(value) {
                draft.add(part.content);
            }
        }
        if let Some(start) = event.get("contentBlockStart") {
            let call = start.get("start").and_then(|start| start.get("toolUse"));
            if let Some(call) = call {
                let text = |name: &str| call.get(name).and_then(Value::as_str);
                draft.name_call(Key::call(0, index(start)), text("toolUseId"), text("name"));
            }
        }
        if let Some(delta) = event.get("contentBlockDelta") {
            fill(&mut draft, index(delta), delta.get("delta").unwrap_or(&Value::Null));
        }
    }
    draft.finish(events)
}

fn index(event: &Value) -> u64 {
    event.get("contentBlockIndex").and_then(Value::as_u64).unwrap_or(0)
}

fn fill(draft: &mut Draft, block: u64, delta: &Value) {
    let text = |value: Option<&Value>| value.and_then(Value::as_str).unwrap_or_default().to_owned();
    draft.push(Key::text(0, block), &text(delta.get("text")));
    if let Some(call) = delta.get("toolUse") {
        draft.push(Key::call(0, block), &text(call.get("input")));
    }
    if let Some(reasoning) = delta.get("reasoningContent") {
        draft.push(Key::reasoning(0, block), &text(reasoning.get("text")));
        draft.push_opaque(Key::reasoning(0, block), &text(reasoning.get("signature")));
        draft.push_opaque(Key::reasoning(0, block), &text(reasoning.get("redactedContent")));
    }
}

#[cfg(test)]
mod tests {
    use super::super::outline::{check_reply, check_request, check_request_error};
    use super::*;
    use serde_json::json;

    #[test]
    fn blocks_are_told_by_their_key() {
        check_request(
            &WIRE,
            &json!({"system": [{"text": "Be brief."}, {"cachePoint": {"type": "default"}}], "messages": [
                {"role": "user", "content": [{"text": "hi"}, {"image": {"format": "gif", "source": {"bytes": "R0lGODlhQAHwAA=="}}},
                    {"document": {"name": "d", "format": "txt", "source": {"text": "t"}}}, {"cachePoint": {"type": "default", "ttl": "1h"}}]},
                {"role": "assistant", "content": [{"reasoningContent": {"reasoningText": {"text": "hm", "signature": "abc"}}},
                    {"toolUse": {"toolUseId": "c", "name": "f", "input": {}}}]},
                {"role": "user", "content": [{"toolResult": {"toolUseId": "c", "status": "error", "content": [{"json": {"a": 1}}]}}]},
            ]}),
            "system: Be brief.*Short | user: hi, image(320x240), document(d: t)*Long | \
             assistant: thought(hm+3), call(c f {}) | user: result(c failed: {\"a\":1})",
        );
    }

    #[test]
    fn options_are_read() {
        check_request(
            &WIRE,
            &json!({"messages": [{"role": "user", "content": [{"text": "hi"}]}], "inferenceConfig": {"maxTokens": 9, "topP": 1},
                "toolConfig": {"tools": [{"toolSpec": {"name": "f", "inputSchema": {"json": {"a": 1}}}}, {"cachePoint": {}},
                    {"systemTool": {"name": "s"}}], "toolChoice": {"tool": {"name": "f"}}},
                "additionalModelRequestFields": {"reasoning_config": {"type": "enabled", "budget_tokens": 1024}},
                "outputConfig": {"textFormat": {"type": "json_schema", "structure": {"jsonSchema": {"name": "n", "schema": "{\"b\":1}"}}}},
                "serviceTier": {"type": "flex"}}),
            "user: hi | tool f* {\"a\":1} | choice Named(\"f\") | format {\"b\":1} | max 9 | tier flex | reasoning Budget(1024) | \
             server s | topP=1",
        );
    }

    #[test]
    fn errors_name_the_field() {
        check_request_error(
            &WIRE,
            &json!({"messages": [{"role": "user", "content": [{"toolUse": {"name": 1}}]}]}),
            "`messages.0.content.0.toolUse.name`: expected a string, found a number",
        );
    }

    #[test]
    fn a_stream_is_put_together_by_block() {
        check_reply(
            &WIRE,
            r#"{"messageStart":{"role":"assistant"}}
            {"contentBlockDelta":{"contentBlockIndex":0,"delta":{"text":"a"}}}
            {"contentBlockDelta":{"contentBlockIndex":0,"delta":{"text":"b"}}}
            {"contentBlockStart":{"contentBlockIndex":1,"start":{"toolUse":{"toolUseId":"c","name":"f"}}}}
            {"contentBlockDelta":{"contentBlockIndex":1,"delta":{"toolUse":{"input":"{}"}}}}
            {"messageStop":{"stopReason":"tool_use"}}
            {"metadata":{"usage":{"inputTokens":5,"outputTokens":2}}}"#,
            r#"ab, call(c f {}) | tool_use | {"inputTokens":5,"outputTokens":2}"#,
        );
    }

    #[test]
    fn a_body_is_read() {
        check_reply(
            &WIRE,
            r#"{"output":{"message":{"content":[{"citationsContent":{"content":[{"text":"hi"}]}}]}},"stopReason":"end_turn"}"#,
            "hi | end_turn",
        );
    }
}
