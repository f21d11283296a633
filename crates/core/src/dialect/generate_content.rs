//! Gemini's and Vertex' `generateContent` (both spellings of its fields: `inlineData` and `inline_data`), streams as
//! server-sent events or as one JSON array. Gemini's `interactions` share this dialect (`interactions.rs`).

use std::sync::Arc;

use serde_json::Value;

use super::draft::{Draft, Key};
use super::media::{image_size, n_decoded_bytes};
use super::read::{self, Fields, given, string};
use super::{Reply, Wire, chat, chat_message, generate_content_usage, interactions};
use crate::chat::{
    AnswerFormat, ChatRequest, Content, Dialect, Image, Message, Part, Reasoning, Role, Tool, ToolChoice,
};
use crate::error::{Error, Result};

/// The dialect.
pub(super) static WIRE: Wire =
    Wire { dialect: Dialect::GenerateContent, is_request, request, reply, usage: generate_content_usage::usage };

fn is_request(body: &Value) -> bool {
    let has = |name: &str| body.get(name).is_some();
    has("contents") || interactions::is_request(body) || (has("systemInstruction") && has("model"))
}

/// Fields that [`request`] reads into fields of their own.
const READ: [&str; 16] = [
    "model",
    "contents",
    "systemInstruction",
    "system_instruction",
    "tools",
    "toolConfig",
    "tool_config",
    "generationConfig",
    "generation_config",
    "cachedContent",
    "cached_content",
    "input",
    "agent",
    "previous_interaction_id",
    "service_tier",
    "serviceTier",
];

fn request(body: &Value) -> Result<ChatRequest> {
    let fields = read::body(body)?;
    let mut messages = Vec::new();
    if let Some(system) = either(fields, "systemInstruction", "system_instruction") {
        messages.push(match system {
            Value::Object(system) => {
                content(system, Role::System).map_err(|error| error.in_field("systemInstruction"))?
            }
            other => Message::text(Role::System, read::text_or_json(other)),
        });
        messages[0].role = Role::System;
    }
    match given(fields, "contents") {
        None => {}
        Some(Value::Array(_)) => {
            messages.extend(read::each(fields, "contents", |value| content(read::body(value)?, Role::User))?);
        }
        Some(Value::Object(one)) => {
            messages.push(content(one, Role::User).map_err(|error| error.in_field("contents"))?);
        }
        Some(Value::String(text)) => messages.push(Message::text(Role::User, text.as_str())),
        Some(other) => return Err(read::wrong("an array of contents", other).in_field("contents")),
    }
    interactions::input(fields, &mut messages)?;
    if messages.is_empty() {
        return Err(Error::input("expected an array of contents, found nothing").in_field("contents"));
    }
    let empty = Fields::new();
    let config = match either(fields, "generationConfig", "generation_config") {
        None => &empty,
        Some(config) => read::body(config).map_err(|error| error.in_field("generationConfig"))?,
    };
    let named = |error: Error| error.in_field("generationConfig");
    let (tools, server_tools) = tools(fields)?;
    let (server_tools, server_tool_json) = read::server_tools(server_tools);
    let mut parameters = read::parameters(fields, &READ);
    parameters.extend(read::parameters(config, &CONFIG_READ));
    parameters.sort_by(|a, b| a.0.cmp(&b.0));
    Ok(ChatRequest {
        dialect: Dialect::GenerateContent,
        model: match read::shared(fields, "model")? {
            Some(model) => Some(model),
            None => read::shared(fields, "agent")?,
        },
        tools: tools.into(),
        tool_choice: tool_choice(fields),
        messages: messages.into_iter().map(Arc::new).collect(),
        answer_format: answer_format(config),
        max_output: whole(config, "maxOutputTokens", "max_output_tokens").map_err(named)?,
        n_answers: whole(config, "candidateCount", "candidate_count")
            .map_err(named)?
            .map_or(1, |n| u32::try_from(n).unwrap_or(u32::MAX)),
        service_tier: either(fields, "serviceTier", "service_tier").and_then(Value::as_str).map(Arc::from),
        reasoning: reasoning(config),
        has_stored_context: either(fields, "cachedContent", "cached_content").is_some()
            || given(fields, "previous_interaction_id").is_some(),
        server_tools,
        server_tool_json,
        parameters,
        ..ChatRequest::default()
    })
}

/// Fields of the generation config that have fields of their own.
const CONFIG_READ: [&str; 15] = [
    "maxOutputTokens",
    "max_output_tokens",
    "candidateCount",
    "candidate_count",
    "thinkingConfig",
    "thinking_config",
    "thinking_level",
    "thinking_summaries",
    "responseMimeType",
    "response_mime_type",
    "responseSchema",
    "response_schema",
    "responseJsonSchema",
    "response_json_schema",
    "responseFormat",
];

/// A content with its role; what has none is the default's.
pub(super) fn content(fields: &Fields, default: Role) -> Result<Message> {
    let role = string(fields, "role")?.map_or(default, read::role);
    let parts = match given(fields, "parts") {
        // One part without the array around it.
        Some(one @ Value::Object(_)) => signed(one).map_err(|error| error.in_field("parts"))?,
        _ => read::each(fields, "parts", signed)?.into_iter().flatten().collect(),
    };
    let is_result = parts.iter().any(|part| matches!(part.content, Content::ToolResult { .. }));
    let role = if is_result { Role::Tool } else { role };
    Ok(super::media::identify(Message { role, name: None, parts, is_multipart: true, ..Message::default() }, fields))
}

/// A part, and before it the signature of the thoughts that led to it.
fn signed(value: &Value) -> Result<Vec<Part>> {
    let part = part(value)?;
    let n_opaque_bytes = signature(value).len() as u64;
    if n_opaque_bytes == 0 || matches!(part.content, Content::Reasoning { .. }) {
        return Ok(vec![part]);
    }
    Ok(vec![chat_message::plain(Content::Reasoning { text: Arc::default(), n_opaque_bytes }), part])
}

fn signature(part: &Value) -> &str {
    let told = part.get("thoughtSignature").or_else(|| part.get("thought_signature"));
    told.and_then(Value::as_str).unwrap_or_default()
}

pub(super) fn part(value: &Value) -> Result<Part> {
    if let Some(text) = value.as_str() {
        return Ok(Part::text(text));
    }
    let fields = read::body(value)?;
    let signature = signature(value);
    if let Some(text) = string(fields, "text")? {
        if read::boolean(fields, "thought")?.unwrap_or(false) {
            let n_opaque_bytes = signature.len() as u64;
            return Ok(chat_message::plain(Content::Reasoning { text: Arc::from(text), n_opaque_bytes }));
        }
        return Ok(Part::text(text));
    }
    if let Some(call) = either(fields, "functionCall", "function_call").and_then(Value::as_object) {
        return Ok(chat_message::plain(Content::ToolCall {
            id: read::shared(call, "id")?.unwrap_or_default(),
            name: read::shared(call, "name")?.unwrap_or_default(),
            arguments: given(call, "args").map(read::text_or_json).unwrap_or_default(),
        }));
    }
    if let Some(result) = either(fields, "functionResponse", "function_response").and_then(Value::as_object) {
        let mut parts: Vec<Part> =
            given(result, "response").map(|response| Part::text(read::text_or_json(response))).into_iter().collect();
        parts.extend(read::each(result, "parts", part)?);
        return Ok(chat_message::plain(Content::ToolResult {
            id: read::shared(result, "id")?.unwrap_or_default(),
            name: read::shared(result, "name")?,
            parts,
            is_error: false,
        }));
    }
    if let Some(blob) = either(fields, "inlineData", "inline_data").and_then(Value::as_object) {
        let data = string(blob, "data")?.unwrap_or_default();
        let media_type = either(blob, "mimeType", "mime_type").and_then(Value::as_str).unwrap_or_default();
        return Ok(chat_message::plain(self::blob(media_type, data)));
    }
    if let Some(file) = either(fields, "fileData", "file_data").and_then(Value::as_object) {
        let media_type = either(file, "mimeType", "mime_type").and_then(Value::as_str).unwrap_or_default();
        return Ok(chat_message::plain(if media_type.starts_with("image/") {
            Content::Image(Image { size: None, detail: None, is_remote: true })
        } else {
            Content::File { media_type: Some(Arc::from(media_type)), n_bytes: None }
        }));
    }
    let is_about_thought = |key: &str| matches!(key, "thought" | "thoughtSignature" | "thought_signature");
    let Some(kind) = fields.keys().map(String::as_str).find(|key| !is_about_thought(key)) else {
        return Ok(chat_message::plain(Content::Reasoning {
            text: Arc::default(),
            n_opaque_bytes: signature.len() as u64,
        }));
    };
    Ok(chat_message::plain(Content::Other { kind: Arc::from(kind), json: read::json(value) }))
}

/// Bytes in the body.
pub(super) fn blob(media_type: &str, data: &str) -> Content {
    match media_type.split('/').next() {
        Some("image") => Content::Image(Image { size: image_size(data), detail: None, is_remote: false }),
        Some("audio") => Content::Audio { n_bytes: Some(n_decoded_bytes(data)) },
        _ => Content::File { media_type: Some(Arc::from(media_type)), n_bytes: Some(n_decoded_bytes(data)) },
    }
}

/// Functions that the caller runs; every other key of a tool (`googleSearch`, `codeExecution`) names one of the provider's.
fn tools(fields: &Fields) -> Result<(Vec<Tool>, Vec<read::ServerTool>)> {
    let mut tools = Vec::new();
    let mut server_tools = Vec::new();
    for (i, tool) in read::array(fields, "tools")?.iter().enumerate() {
        let named = |error: Error| error.in_field(&i.to_string()).in_field("tools");
        let tool = read::body(tool).map_err(named)?;
        for (key, value) in tool {
            match key.as_str() {
                "functionDeclarations" | "function_declarations" => {
                    tools.extend(read::each(tool, key, declaration).map_err(named)?);
                }
                _ if !value.is_null() => server_tools.push((Arc::from(key.as_str()), value.clone())),
                _ => {}
            }
        }
    }
    Ok((tools, server_tools))
}

fn declaration(value: &Value) -> Result<Tool> {
    let fields = read::body(value)?;
    let schema = ["parameters", "parametersJsonSchema", "parameters_json_schema"]
        .into_iter()
        .find(|name| fields.contains_key(*name))
        .unwrap_or("parameters");
    read::tool(fields, schema, value)
}

fn tool_choice(fields: &Fields) -> ToolChoice {
    let config = either(fields, "toolConfig", "tool_config").and_then(Value::as_object);
    let calling = config.and_then(|config| either(config, "functionCallingConfig", "function_calling_config"));
    let Some(Value::Object(calling)) = calling else { return ToolChoice::Unset };
    let allowed = either(calling, "allowedFunctionNames", "allowed_function_names").and_then(Value::as_array);
    match allowed.map(Vec::as_slice) {
        Some([one]) if one.is_string() => ToolChoice::Named(read::text_or_json(one)),
        _ => calling.get("mode").map_or(ToolChoice::Unset, chat::tool_choice),
    }
}

fn answer_format(config: &Fields) -> AnswerFormat {
    let schema = ["responseJsonSchema", "response_json_schema", "responseSchema", "response_schema"]
        .iter()
        .find_map(|name| given(config, name));
    if let Some(schema) = schema {
        return AnswerFormat::JsonSchema { name: None, description: None, schema: schema.clone(), strict: None };
    }
    match either(config, "responseMimeType", "response_mime_type").and_then(Value::as_str) {
        Some("application/json") => AnswerFormat::JsonObject,
        _ => AnswerFormat::Text,
    }
}

/// A budget (0 is off, -1 is the model's choice), a level, or whether thoughts are shown.
fn reasoning(config: &Fields) -> Option<Reasoning> {
    if let Some(level) = given(config, "thinking_level").and_then(Value::as_str) {
        return Some(Reasoning::Effort(Arc::from(level)));
    }
    let thinking = either(config, "thinkingConfig", "thinking_config")?.as_object()?;
    if let Some(level) = either(thinking, "thinkingLevel", "thinking_level").and_then(Value::as_str) {
        return Some(Reasoning::Effort(Arc::from(level)));
    }
    match either(thinking, "thinkingBudget", "thinking_budget").and_then(Value::as_i64) {
        Some(0) => Some(Reasoning::Off),
        Some(budget) => Some(u64::try_from(budget).map_or(Reasoning::On, Reasoning::Budget)),
        None => None,
    }
}

/// Candidates of a body, or of a stream's chunks; steps or outputs of an interaction.
fn reply(events: &[Value]) -> Result<Reply> {
    let mut draft = Draft::default();
    for event in events {
        let event = event.get("interaction").filter(|inner| inner.is_object()).unwrap_or(event);
        let text = |name: &str| event.get(name).and_then(Value::as_str);
        draft.set_model(text("modelVersion").or_else(|| text("model")));
        let usage = event.get("usageMetadata").or_else(|| event.get("usage"));
        draft.merge_usage(usage);
        draft.set_tier(usage.and_then(|usage| usage.get("serviceTier").or_else(|| usage.get("trafficType"))?.as_str()));
        draft.created_s =
            draft.created_s.or_else(|| super::seconds(event.get("createTime").or_else(|| event.get("created"))?));
        for (i, candidate) in event.get("candidates").and_then(Value::as_array).into_iter().flatten().enumerate() {
            let index = candidate.get("index").and_then(Value::as_u64).unwrap_or(i as u64);
            if index == 0 {
                draft.set_finish(candidate.get("finishReason").and_then(Value::as_str));
            }
            let parts = candidate.get("content").and_then(|content| content.get("parts")?.as_array());
            parts.into_iter().flatten().for_each(|value| take(&mut draft, index, value));
        }
        interactions::outputs(&mut draft, event);
    }
    draft.finish(events)
}

fn take(draft: &mut Draft, choice: u64, value: &Value) {
    let Ok(part) = part(value) else { return };
    draft.push_opaque(Key::reasoning(choice, 0), signature(value));
    match part.content {
        Content::Text(text) => draft.push(Key::text(choice, 0), &text),
        Content::Reasoning { text, .. } => draft.push(Key::reasoning(choice, 0), &text),
        content => draft.add(content),
    }
}

fn either<'a>(fields: &'a Fields, camel: &str, snake: &str) -> Option<&'a Value> {
    given(fields, camel).or_else(|| given(fields, snake))
}

fn whole(fields: &Fields, camel: &str, snake: &str) -> Result<Option<u64>> {
    Ok(read::whole(fields, camel)?.or(read::whole(fields, snake)?))
}

#[cfg(test)]
mod tests {
    use super::super::outline::{check_reply, check_request, check_request_error};
    use super::*;
    use serde_json::json;

    #[test]
    fn contents_are_read_in_both_spellings() {
        check_request(
            &WIRE,
            &json!({"systemInstruction": {"parts": [{"text": "Be brief."}]}, "contents": [
                {"role": "user", "parts": [{"text": "hi"}, {"inline_data": {"mime_type": "image/gif", "data": "R0lGODlhQAHwAA=="}},
                    {"fileData": {"mimeType": "application/pdf", "fileUri": "gs://x"}}]},
                {"role": "model", "parts": [{"text": "hm", "thought": true},
                    {"functionCall": {"name": "f", "args": {"a": 1}}, "thoughtSignature": "abc"}]},
                {"role": "user", "parts": [{"functionResponse": {"name": "f", "response": {"r": 2}}}]},
                {"role": "model", "parts": [{"thought": true}, {"executableCode": {"code": "1"}}]},
            ]}),
            "system: Be brief. | user: hi, image(320x240), file(application/pdf None) | \
             assistant: thought(hm+0), thought(+3), call( f {\"a\":1}) | tool: result(f: {\"r\":2}) | \
             assistant: thought(+0), other(executableCode)",
        );
    }

    #[test]
    fn options_are_read() {
        check_request(
            &WIRE,
            &json!({"contents": [{"parts": [{"text": "hi"}]}], "cachedContent": "c",
                "tools": [{"functionDeclarations": [{"name": "f", "parametersJsonSchema": {"a": 1}}]}, {"googleSearch": {}}],
                "toolConfig": {"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": ["f", "g"]}},
                "generationConfig": {"maxOutputTokens": 9, "candidateCount": 2, "temperature": 0,
                    "responseMimeType": "application/json", "responseSchema": {"b": 1},
                    "thinkingConfig": {"thinkingBudget": 0}}}),
            "user: hi | tool f {\"a\":1} | choice Required | format {\"b\":1} | max 9 | n 2 | reasoning Off | stored context | \
             server googleSearch | temperature=0",
        );
    }

    #[test]
    fn errors_name_the_field() {
        check_request_error(&WIRE, &json!({}), "`contents`: expected an array of contents, found nothing");
        check_request_error(
            &WIRE,
            &json!({"contents": [{"parts": [{"text": 1}]}]}),
            "`contents.0.parts.0.text`: expected a string, found a number",
        );
        check_request_error(
            &WIRE,
            &json!({"contents": [{"parts": []}], "generationConfig": {"maxOutputTokens": "9"}}),
            "`generationConfig.maxOutputTokens`: expected a whole number, found a string",
        );
    }

    #[test]
    fn a_stream_is_put_together() {
        check_reply(
            &WIRE,
            r#"[{"candidates":[{"content":{"parts":[{"text":"hm","thought":true}]}}],"usageMetadata":{"promptTokenCount":5}},
            {"candidates":[{"content":{"parts":[{"text":"a"}]}}]},
            {"candidates":[{"content":{"parts":[{"text":"b"},{"functionCall":{"name":"f","args":{}}}]},"finishReason":"STOP"}],
            "usageMetadata":{"promptTokenCount":5,"candidatesTokenCount":2}}]"#,
            r#"thought(hm+0), ab, call( f {}) | STOP | {"promptTokenCount":5,"candidatesTokenCount":2}"#,
        );
    }
}
