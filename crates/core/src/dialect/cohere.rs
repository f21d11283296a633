//! Cohere chat: version 2 (`messages`, near to OpenAI's) and version 1 (`message`, `chat_history`, `preamble`).

use std::sync::Arc;

use serde_json::Value;

use super::draft::{Draft, Key};
use super::read::{self, Fields, given, string};
use super::{Reply, Wire, chat, chat_message, cohere_usage};
use crate::chat::{AnswerFormat, ChatRequest, Content, Dialect, Message, Part, Role, ToolChoice};
use crate::error::{Error, Result};

/// The dialect.
pub(super) static WIRE: Wire =
    Wire { dialect: Dialect::Cohere, is_request, request, reply, usage: cohere_usage::usage };

/// A single `message`, or `messages` with something that only Cohere has.
fn is_request(body: &Value) -> bool {
    if body.get("message").is_some_and(Value::is_string) {
        return true;
    }
    let is_command = body
        .get("model")
        .and_then(Value::as_str)
        .is_some_and(|model| model.starts_with("command") || model.starts_with("c4ai-"));
    let has_documents = body.get("documents").is_some_and(Value::is_array);
    body.get("messages").is_some_and(Value::is_array)
        && (is_command
            || has_documents
            || ["safety_mode", "citation_options"].iter().any(|name| body.get(name).is_some()))
}

/// Fields that [`request`] reads into fields of their own.
const READ: [&str; 16] = [
    "model",
    "prompt",
    "messages",
    "message",
    "chat_history",
    "preamble",
    "documents",
    "tools",
    "tool_choice",
    "tool_results",
    "response_format",
    "max_tokens",
    "thinking",
    "connectors",
    "conversation_id",
    "num_generations",
];

fn request(body: &Value) -> Result<ChatRequest> {
    let fields = read::body(body)?;
    let mut messages = Vec::new();
    if let Some(preamble) = string(fields, "preamble")? {
        messages.push(Message::text(Role::System, preamble));
    }
    if given(fields, "messages").is_some() {
        messages.extend(read::each(fields, "messages", message)?);
    } else {
        messages.extend(read::each(fields, "chat_history", turn)?);
        messages.extend(read::each(fields, "tool_results", tool_result)?);
        // `/generate` has a prompt.
        let said = string(fields, "message")?.or(string(fields, "prompt")?);
        let said = said.ok_or_else(|| Error::input("expected a string, found nothing").in_field("message"))?;
        if !said.is_empty() {
            messages.push(Message::text(Role::User, said));
        }
    }
    let documents = read::each(fields, "documents", |value| Ok(chat_message::plain(document(value))))?;
    if !documents.is_empty() {
        messages.push(Message {
            role: Role::User,
            name: None,
            parts: documents,
            is_multipart: true,
            ..Message::default()
        });
    }
    let (mut tools, mut server_tools) = chat::tools(fields)?;
    for (tool, value) in tools.iter_mut().zip(read::array(fields, "tools")?) {
        // Version 1 describes parameters by name, without a schema around them.
        if let Some(definitions) = value.get("parameter_definitions") {
            tool.parameters = definitions.clone();
        }
    }
    for connector in read::array(fields, "connectors")? {
        server_tools.extend(connector.get("id").and_then(Value::as_str).map(|id| (Arc::from(id), connector.clone())));
    }
    let (server_tools, server_tool_json) = read::server_tools(server_tools);
    Ok(ChatRequest {
        dialect: Dialect::Cohere,
        model: read::shared(fields, "model")?,
        tools: tools.into(),
        tool_choice: given(fields, "tool_choice").map_or(ToolChoice::Unset, |choice| {
            chat::tool_choice(&Value::from(choice.as_str().unwrap_or_default().to_lowercase()))
        }),
        messages: messages.into_iter().map(Arc::new).collect(),
        answer_format: answer_format(fields)?,
        max_output: read::whole(fields, "max_tokens")?,
        n_answers: chat::n_answers(fields, "num_generations")?,
        reasoning: given(fields, "thinking").and_then(chat::thinking),
        has_stored_context: given(fields, "conversation_id").is_some(),
        server_tools,
        server_tool_json,
        parameters: read::parameters(fields, &READ),
        ..ChatRequest::default()
    })
}

/// As in chat, with documents among the parts and `tool_plan` beside tool calls.
fn message(value: &Value) -> Result<Message> {
    let mut message = chat_message::message(value)?;
    for part in &mut message.parts {
        upgrade(part);
        if let Content::ToolResult { parts, .. } = &mut part.content {
            parts.iter_mut().for_each(upgrade);
        }
    }
    if let Some(plan) = value.get("tool_plan").and_then(Value::as_str).filter(|plan| !plan.is_empty()) {
        message.parts.insert(0, Part::text(plan));
    }
    Ok(message)
}

/// `{"type": "document", "document": {…}}` is unknown to chat.
fn upgrade(part: &mut Part) {
    if let Content::Other { kind, json } = &part.content
        && &**kind == "document"
        && let Ok(value) = serde_json::from_str::<Value>(json)
    {
        part.content = document(value.get("document").unwrap_or(&value));
    }
}

/// A document: a string, or an object whose fields the model sees (`data` in version 2, the fields themselves in version 1).
fn document(value: &Value) -> Content {
    let data = value.get("data").unwrap_or(value);
    let text = |name: &str| data.get(name).and_then(Value::as_str);
    let title = text("title").map(Arc::from);
    let snippet = text("text").or_else(|| text("snippet"));
    let text = snippet.map_or_else(|| read::text_or_json(data), Arc::from);
    Content::Document { title, text }
}

fn turn(value: &Value) -> Result<Message> {
    let fields = read::body(value)?;
    let role = read::role(string(fields, "role")?.unwrap_or("USER"));
    let mut parts: Vec<Part> =
        string(fields, "message")?.filter(|text| !text.is_empty()).map(Part::text).into_iter().collect();
    for call in read::array(fields, "tool_calls")? {
        parts.push(chat_message::plain(call_v1(call)));
    }
    let results = read::each(fields, "tool_results", tool_result)?;
    parts.extend(results.into_iter().flat_map(|message| message.parts));
    Ok(Message { role, name: None, parts, is_multipart: false, ..Message::default() })
}

/// `{"call": {"name", "parameters"}, "outputs": […]}`.
fn tool_result(value: &Value) -> Result<Message> {
    let fields = read::body(value)?;
    let outputs = given(fields, "outputs").map(read::text_or_json).unwrap_or_default();
    let name = fields.get("call").and_then(|call| call.get("name")?.as_str()).map(Arc::from);
    let content = Content::ToolResult { id: Arc::default(), name, parts: vec![Part::text(outputs)], is_error: false };
    Ok(Message {
        role: Role::Tool,
        name: None,
        parts: vec![chat_message::plain(content)],
        is_multipart: false,
        ..Message::default()
    })
}

fn call_v1(call: &Value) -> Content {
    Content::ToolCall {
        id: Arc::default(),
        name: call.get("name").and_then(Value::as_str).map(Arc::from).unwrap_or_default(),
        arguments: call.get("parameters").map(read::text_or_json).unwrap_or_default(),
    }
}

fn answer_format(fields: &Fields) -> Result<AnswerFormat> {
    let Some(format) = read::object(fields, "response_format")? else { return Ok(AnswerFormat::Text) };
    if let Some(schema) = given(format, "json_schema").or_else(|| given(format, "schema")) {
        return Ok(AnswerFormat::JsonSchema { name: None, description: None, schema: schema.clone(), strict: None });
    }
    Ok(match format.get("type").and_then(Value::as_str) {
        Some("json_object") => AnswerFormat::JsonObject,
        _ => AnswerFormat::Text,
    })
}

/// Version 1 ends its streams with the whole response; version 2 with a `delta` that holds the usage.
fn reply(events: &[Value]) -> Result<Reply> {
    let mut draft = Draft::default();
    let is_version_1 = events.iter().any(|event| event.get("event_type").is_some());
    for event in events {
        if is_version_1 {
            if let Some(response) = event.get("response") {
                whole(&mut draft, response);
            }
        } else if event.get("delta").is_some() {
            delta(&mut draft, event);
        } else {
            whole(&mut draft, event);
        }
    }
    if is_version_1 && draft.is_missing(Key::text(0, 0)) {
        for event in events {
            draft.push(Key::text(0, 0), event.get("text").and_then(Value::as_str).unwrap_or_default());
        }
    }
    draft.finish(events)
}

fn whole(draft: &mut Draft, response: &Value) {
    let text = |name: &str| response.get(name).and_then(Value::as_str);
    draft.set_model(text("model"));
    draft.set_finish(text("finish_reason"));
    draft.merge_usage(response.get("usage"));
    if let Some(Value::Object(meta)) = response.get("meta") {
        draft.merge_usage(Some(&meta_usage(meta)));
    }
    draft.push(Key::text(0, 0), text("text").unwrap_or_default());
    for call in response.get("tool_calls").and_then(Value::as_array).into_iter().flatten() {
        draft.add(call_v1(call));
    }
    for generation in response.get("generations").and_then(Value::as_array).into_iter().flatten() {
        let index = generation.get("index").and_then(Value::as_u64).unwrap_or(0);
        draft.push(Key::text(index, 0), generation.get("text").and_then(Value::as_str).unwrap_or_default());
        draft.set_finish(generation.get("finish_reason").and_then(Value::as_str));
    }
    if let Some(message) = response.get("message").filter(|message| message.is_object()) {
        said(draft, message, 0);
    }
}

fn delta(draft: &mut Draft, event: &Value) {
    let Some(delta) = event.get("delta") else { return };
    draft.merge_usage(delta.get("usage"));
    draft.set_finish(delta.get("finish_reason").and_then(Value::as_str));
    let index = event.get("index").and_then(Value::as_u64).unwrap_or(0);
    if let Some(message) = delta.get("message").filter(|message| message.is_object()) {
        said(draft, message, index);
    }
}

/// A message of version 2, or a piece of one: content as a string, a block or a list of blocks; calls as one or a list.
fn said(draft: &mut Draft, message: &Value, index: u64) {
    draft.push(Key::text(0, 1), message.get("tool_plan").and_then(Value::as_str).unwrap_or_default());
    let blocks = |value: &Value| match value {
        Value::Array(blocks) => blocks.clone(),
        Value::Null => Vec::new(),
        one => vec![one.clone()],
    };
    for block in message.get("content").map(blocks).unwrap_or_default() {
        let text = |name: &str| block.get(name).and_then(Value::as_str).unwrap_or_default();
        draft.push(Key::reasoning(0, index), text("thinking"));
        draft.push(Key::text(0, 0), block.as_str().unwrap_or_else(|| text("text")));
    }
    for (i, call) in message.get("tool_calls").map(blocks).unwrap_or_default().iter().enumerate() {
        let key = Key::call(0, index + i as u64);
        let function = call.get("function");
        let text = |name: &str| function.and_then(|function| function.get(name)?.as_str());
        draft.name_call(key, call.get("id").and_then(Value::as_str), text("name"));
        draft.push(key, text("arguments").unwrap_or_default());
    }
}

/// The usage that Cohere has in `meta`, without its version and warnings.
pub(super) fn meta_usage(meta: &Fields) -> Value {
    let told = ["billed_units", "tokens", "cached_tokens"];
    Value::Object(told.iter().filter_map(|name| Some(((*name).to_owned(), given(meta, name)?.clone()))).collect())
}

#[cfg(test)]
mod tests {
    use super::super::outline::{check_reply, check_request, check_request_error};
    use super::*;
    use serde_json::json;

    #[test]
    fn version_1_has_one_message_and_a_history() {
        check_request(
            &WIRE,
            &json!({"message": "now", "preamble": "Be brief.", "documents": [{"title": "t", "snippet": "s"}],
                "chat_history": [{"role": "USER", "message": "hi"}, {"role": "CHATBOT", "message": "yes", "tool_calls": [{"name": "f", "parameters": {}}]}],
                "tools": [{"name": "f", "parameter_definitions": {"a": {}}}], "connectors": [{"id": "web-search"}]}),
            "system: Be brief. | user: hi | assistant: yes, call( f {}) | user: now | user: document(t: s) | \
             tool f {\"a\":{}} | server web-search",
        );
    }

    #[test]
    fn version_2_has_messages() {
        check_request(
            &WIRE,
            &json!({"model": "command-x", "tool_choice": "REQUIRED", "response_format": {"type": "json_object", "json_schema": {"a": 1}},
                "documents": [{"id": "1", "data": {"title": "t", "text": "s"}}], "messages": [
                {"role": "user", "content": "hi"},
                {"role": "assistant", "tool_plan": "plan", "tool_calls": [{"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}]},
                {"role": "tool", "tool_call_id": "c", "content": [{"type": "document", "document": {"data": {"text": "r"}}}]},
            ]}),
            "user: hi | assistant: plan, call(c f {}) | tool: result(c: document(: r)) | user: document(t: s) | \
             choice Required | format {\"a\":1}",
        );
    }

    #[test]
    fn errors_name_the_field() {
        check_request_error(&WIRE, &json!({}), "`message`: expected a string, found nothing");
    }

    #[test]
    fn replies_of_both_versions_are_read() {
        check_reply(
            &WIRE,
            r#"{"text":"hi","finish_reason":"COMPLETE","meta":{"api_version":{},"tokens":{"input_tokens":1}}}"#,
            r#"hi | COMPLETE | {"tokens":{"input_tokens":1}}"#,
        );
        check_reply(
            &WIRE,
            r#"{"message":{"content":[{"type":"text","text":"hi"}],"tool_calls":[{"id":"c","function":{"name":"f","arguments":"{}"}}]},"usage":{"tokens":{}}}"#,
            r#"hi, call(c f {}) | {"tokens":{}}"#,
        );
    }

    #[test]
    fn streams_of_both_versions_are_read() {
        check_reply(
            &WIRE,
            r#"{"event_type":"text-generation","text":"h"}
            {"event_type":"text-generation","text":"i"}
            {"event_type":"stream-end","response":{"text":"hi","finish_reason":"COMPLETE"}}"#,
            "hi | COMPLETE",
        );
        check_reply(
            &WIRE,
            r#"{"event_type":"text-generation","text":"h"}{"event_type":"text-generation","text":"i"}"#,
            "hi",
        );
        check_reply(
            &WIRE,
            r#"data: {"type":"content-delta","index":0,"delta":{"message":{"content":{"text":"h"}}}}

data: {"type":"content-delta","index":0,"delta":{"message":{"content":{"text":"i"}}}}

data: {"type":"tool-call-start","index":0,"delta":{"message":{"tool_calls":{"id":"c","function":{"name":"f","arguments":""}}}}}

data: {"type":"tool-call-delta","index":0,"delta":{"message":{"tool_calls":{"function":{"arguments":"{}"}}}}}

data: {"type":"message-end","delta":{"finish_reason":"COMPLETE","usage":{"cached_tokens":3}}}

"#,
            r#"hi, call(c f {}) | COMPLETE | {"cached_tokens":3}"#,
        );
    }
}
