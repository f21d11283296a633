//! OpenAI responses, and the providers that speak them (Azure, xAI, DeepSeek, Bedrock). The input is a list of items:
//! messages, tool calls, their outputs, reasoning; each becomes a message of its own.

use std::sync::Arc;

use serde_json::Value;

use super::draft::{Draft, Key};
use super::read::{self, Fields, given, string};
use super::{Reply, Wire, chat, chat_message, responses_usage};
use crate::chat::{AnswerFormat, ChatRequest, Content, Dialect, Message, Part, Reasoning, Role, ToolChoice};
use crate::error::{Error, Result};

/// The dialect.
pub(super) static WIRE: Wire =
    Wire { dialect: Dialect::Responses, is_request, request, reply, usage: responses_usage::usage };

/// `input` as text or as items, or a stored prompt instead of it. Embeddings stand before and take their own.
fn is_request(body: &Value) -> bool {
    let is_items = |items: &Value| {
        items.get(0).is_some_and(|item| item.get("role").is_some() || item.get("type").is_some())
            || items.as_array().is_some_and(Vec::is_empty)
    };
    body.get("messages").is_none()
        && (body.get("prompt").is_some_and(|prompt| prompt.get("id").is_some())
            || body.get("input").is_some_and(|input| input.is_string() || is_items(input)))
}

/// Fields that [`request`] reads into fields of their own.
const READ: [&str; 14] = [
    "model",
    "input",
    "instructions",
    "tools",
    "tool_choice",
    "text",
    "max_output_tokens",
    "service_tier",
    "reasoning",
    "prompt_cache_key",
    "previous_response_id",
    "conversation",
    "prompt",
    "include",
];

fn request(body: &Value) -> Result<ChatRequest> {
    let fields = read::body(body)?;
    let (tools, server_tools) = chat::tools(fields)?;
    let (server_tools, server_tool_json) = read::server_tools(server_tools);
    let mut messages = Vec::new();
    if let Some(instructions) = given(fields, "instructions") {
        messages.push(Arc::new(Message::text(Role::System, read::text_or_json(instructions))));
    }
    let mut has_stored_context =
        given(fields, "previous_response_id").is_some() || given(fields, "conversation").is_some();
    if let Some(prompt) = given(fields, "prompt") {
        has_stored_context = true;
        messages.extend(variables(prompt).map_err(|error| error.in_field("prompt"))?.map(Arc::new));
    }
    match given(fields, "input") {
        None => {}
        Some(Value::String(text)) => messages.push(Arc::new(Message::text(Role::User, text.as_str()))),
        Some(Value::Array(items)) => {
            for (i, value) in items.iter().enumerate() {
                let named = |error: Error| error.in_field(&i.to_string()).in_field("input");
                if value.get("type").and_then(Value::as_str) == Some("item_reference") {
                    has_stored_context = true;
                } else {
                    messages.push(Arc::new(item(value).map_err(named)?));
                }
            }
        }
        Some(other) => return Err(read::wrong("a string or an array of items", other).in_field("input")),
    }
    Ok(ChatRequest {
        dialect: Dialect::Responses,
        model: read::shared(fields, "model")?,
        tools: tools.into(),
        tool_choice: given(fields, "tool_choice").map_or(ToolChoice::Unset, chat::tool_choice),
        messages,
        answer_format: answer_format(fields)?,
        max_output: read::whole(fields, "max_output_tokens")?,
        n_answers: 1,
        service_tier: read::shared(fields, "service_tier")?,
        reasoning: reasoning(fields)?,
        cache_key: read::shared(fields, "prompt_cache_key")?,
        cache_mark: None,
        has_stored_context,
        server_tools,
        server_tool_json,
        parameters: read::parameters(fields, &READ),
    })
}

/// Variables of a stored prompt: they are in the body, the text around them is not.
fn variables(prompt: &Value) -> Result<Option<Message>> {
    let Some(variables) = read::object(read::body(prompt)?, "variables")? else { return Ok(None) };
    let mut parts = Vec::new();
    for (name, value) in variables {
        match value {
            Value::String(text) => parts.push(Part::text(text.as_str())),
            other => parts.push(part(other).map_err(|error| error.in_field(name).in_field("variables"))?),
        }
    }
    let message = Message { role: Role::User, name: None, parts, is_multipart: true, ..Message::default() };
    Ok((!message.parts.is_empty()).then(|| super::media::identify(message, variables)))
}

fn item(value: &Value) -> Result<Message> {
    if let Some(text) = value.as_str() {
        return Ok(Message::text(Role::User, text));
    }
    let fields = read::body(value)?;
    let said = |role, content| Message {
        role,
        name: None,
        parts: vec![chat_message::plain(content)],
        is_multipart: false,
        ..Message::default()
    };
    let id = || Ok::<_, Error>(read::shared(fields, "call_id")?.unwrap_or_default());
    match string(fields, "type")?.unwrap_or("message") {
        "message" => message(fields),
        "function_call" => Ok(said(Role::Assistant, chat_message::function_call(&id()?, fields)?)),
        "custom_tool_call" => Ok(said(
            Role::Assistant,
            Content::ToolCall {
                id: id()?,
                name: read::shared(fields, "name")?.unwrap_or_default(),
                arguments: given(fields, "input").map(read::text_or_json).unwrap_or_default(),
            },
        )),
        "function_call_output" | "custom_tool_call_output" => {
            let (parts, _) = contents(fields, "output")?;
            let result = said(Role::Tool, Content::ToolResult { id: id()?, name: None, parts, is_error: false });
            Ok(super::media::identify(result, fields))
        }
        "reasoning" => Ok(said(Role::Assistant, reasoning_item(fields))),
        other => {
            let role = if other.ends_with("_output") { Role::Tool } else { Role::Assistant };
            Ok(said(role, Content::Other { kind: Arc::from(other), json: read::json(value) }))
        }
    }
}

fn message(fields: &Fields) -> Result<Message> {
    let (parts, is_multipart) = contents(fields, "content")?;
    let role = read::role(string(fields, "role")?.unwrap_or("user"));
    let message = Message { role, name: read::shared(fields, "name")?, parts, is_multipart, ..Message::default() };
    Ok(super::media::identify(message, fields))
}

/// Parts of a `content` or `output`; true if it is an array.
fn contents(fields: &Fields, name: &str) -> Result<(Vec<Part>, bool)> {
    match given(fields, name) {
        None => Ok((Vec::new(), false)),
        Some(Value::Array(_)) => Ok((read::each(fields, name, part)?, true)),
        Some(other) => Ok((vec![Part::text(read::text_or_json(other))], false)),
    }
}

fn part(value: &Value) -> Result<Part> {
    let fields = read::body(value)?;
    let kind = string(fields, "type")?.unwrap_or("input_text");
    let content = match kind {
        "input_text" | "output_text" | "text" | "summary_text" | "reasoning_text" => {
            Content::Text(read::shared(fields, "text")?.unwrap_or_default())
        }
        "refusal" => Content::Refusal(read::shared(fields, "refusal")?.unwrap_or_default()),
        "input_image" => match given(fields, "image_url") {
            Some(_) => chat_message::image(fields),
            None => Content::Image(crate::chat::Image {
                size: None,
                detail: read::shared(fields, "detail")?,
                is_remote: true,
            }),
        },
        "input_file" => chat_message::file(fields),
        "input_audio" => {
            let data = given(fields, "input_audio").and_then(|audio| audio.get("data")?.as_str());
            Content::Audio { n_bytes: data.map(super::media::n_decoded_bytes) }
        }
        other => Content::Other { kind: Arc::from(other), json: read::json(value) },
    };
    Ok(chat_message::plain(content))
}

/// Readable reasoning if it is given in full, else its summary; and the length of the encrypted form.
fn reasoning_item(fields: &Fields) -> Content {
    let texts = |name: &str| -> String {
        let parts = fields.get(name).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        parts.iter().filter_map(|part| part.get("text")?.as_str()).collect::<Vec<_>>().join("\n")
    };
    let full = texts("content");
    let text = if full.is_empty() { texts("summary") } else { full };
    let encrypted = fields.get("encrypted_content").and_then(Value::as_str).unwrap_or_default();
    Content::Reasoning { text: text.into(), n_opaque_bytes: encrypted.len() as u64 }
}

fn answer_format(fields: &Fields) -> Result<AnswerFormat> {
    let Some(text) = read::object(fields, "text")? else { return Ok(AnswerFormat::Text) };
    let named = |error: Error| error.in_field("format").in_field("text");
    let format = read::object(text, "format").map_err(|error| error.in_field("text"))?;
    let Some(format) = format else { return Ok(AnswerFormat::Text) };
    match string(format, "type").map_err(named)? {
        Some("json_schema") => chat::schema_format(format, "schema").map_err(named),
        Some("json_object") => Ok(AnswerFormat::JsonObject),
        _ => Ok(AnswerFormat::Text),
    }
}

fn reasoning(fields: &Fields) -> Result<Option<Reasoning>> {
    let Some(reasoning) = read::object(fields, "reasoning")? else { return Ok(None) };
    let effort = read::shared(reasoning, "effort").map_err(|error| error.in_field("reasoning"))?;
    Ok(Some(effort.map_or(Reasoning::On, Reasoning::Effort)))
}

/// Bodies are one response; streams end in an event that holds the whole response. A stream cut short is put together
/// from its deltas.
fn reply(events: &[Value]) -> Result<Reply> {
    let mut draft = Draft::default();
    let mut whole: Option<&Value> = None;
    for event in events {
        let response = event.get("response").filter(|response| response.is_object());
        let response = response.or_else(|| event.get("output").or_else(|| event.get("usage")).map(|_| event));
        if let Some(response) = response {
            head(&mut draft, response);
            let is_full = response.get("output").and_then(Value::as_array).is_some_and(|output| !output.is_empty());
            whole = if is_full { Some(response) } else { whole };
        }
        delta(&mut draft, event);
    }
    if let Some(response) = whole {
        draft.clear_parts();
        for item in response.get("output").and_then(Value::as_array).into_iter().flatten() {
            output_item(&mut draft, item);
        }
    }
    draft.finish(events)
}

/// What a response says about itself.
fn head(draft: &mut Draft, response: &Value) {
    let text = |name: &str| response.get(name).and_then(Value::as_str);
    draft.set_model(text("model"));
    draft.set_tier(text("service_tier"));
    draft.created_s = draft.created_s.or_else(|| super::seconds(response.get("created_at")?));
    draft.merge_usage(response.get("usage"));
    let reason = response.get("incomplete_details").and_then(|details| details.get("reason")?.as_str());
    draft.set_finish(reason.or_else(|| text("status")));
}

fn output_item(draft: &mut Draft, item: &Value) {
    let Value::Object(fields) = item else { return };
    let text = |name: &str| fields.get(name).and_then(Value::as_str).unwrap_or_default();
    let call = |arguments: &str| Content::ToolCall {
        id: Arc::from(text("call_id")),
        name: Arc::from(text("name")),
        arguments: Arc::from(text(arguments)),
    };
    match text("type") {
        "message" => {
            if let Ok((parts, _)) = contents(fields, "content") {
                for part in parts {
                    draft.add(part.content);
                }
            }
        }
        "function_call" => draft.add(call("arguments")),
        "custom_tool_call" => draft.add(call("input")),
        "reasoning" => draft.add(reasoning_item(fields)),
        other => draft.add(Content::Other { kind: Arc::from(other), json: read::json(item) }),
    }
}

/// One event of a stream.
fn delta(draft: &mut Draft, event: &Value) {
    let text = |name: &str| event.get(name).and_then(Value::as_str);
    let index = event.get("output_index").and_then(Value::as_u64).unwrap_or(0);
    match text("type").unwrap_or_default() {
        "response.output_text.delta" => draft.push(Key::text(0, index), text("delta").unwrap_or_default()),
        "response.refusal.delta" => draft.push(Key::refusal(0, index), text("delta").unwrap_or_default()),
        "response.reasoning_summary_text.delta" | "response.reasoning_text.delta" => {
            draft.push(Key::reasoning(0, index), text("delta").unwrap_or_default());
        }
        "response.function_call_arguments.delta" | "response.custom_tool_call_input.delta" => {
            draft.push(Key::call(0, index), text("delta").unwrap_or_default());
        }
        "response.output_item.added" => {
            let item = event.get("item");
            let inner = |name: &str| item.and_then(|item| item.get(name)?.as_str());
            if matches!(inner("type"), Some("function_call" | "custom_tool_call")) {
                draft.name_call(Key::call(0, index), inner("call_id"), inner("name"));
            }
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
    fn items_are_read_in_order() {
        check_request(
            &WIRE,
            &json!({"model": "m", "instructions": "Be brief.", "store": true, "prompt_cache_key": "k", "input": [
                {"role": "user", "content": [{"type": "input_text", "text": "hi"}, {"type": "input_file", "file_id": "f"},
                    {"type": "input_image", "image_url": "data:image/gif;base64,R0lGODlhQAHwAA=="}]},
                {"type": "reasoning", "summary": [{"type": "summary_text", "text": "s"}], "encrypted_content": "abcd"},
                {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"},
                {"type": "function_call_output", "call_id": "c", "output": "42"},
                {"type": "web_search_call", "id": "w"},
                {"type": "item_reference", "id": "r"},
            ]}),
            "system: Be brief. | user: hi, file( None), image(320x240) | assistant: thought(s+4) | assistant: call(c f {}) | \
             tool: result(c: 42) | assistant: other(web_search_call) | key k | stored context",
        );
    }

    #[test]
    fn options_are_read() {
        check_request(
            &WIRE,
            &json!({"model": "m", "input": "hi", "max_output_tokens": 9, "reasoning": {"effort": "high"},
                "text": {"format": {"type": "json_schema", "name": "s", "schema": {"a": 1}}}, "top_p": 1,
                "tools": [{"type": "function", "name": "f", "parameters": {}, "strict": true}, {"type": "web_search"}],
                "tool_choice": "required"}),
            "user: hi | tool f {} | choice Required | format {\"a\":1} | max 9 | reasoning Effort(\"high\") | \
             server web_search | top_p=1",
        );
    }

    #[test]
    fn a_stored_prompt_has_its_variables_in_the_body() {
        check_request(
            &WIRE,
            &json!({"prompt": {"id": "p", "variables": {"a": "x", "b": {"type": "input_text", "text": "y"}}}}),
            "user: x, y | stored context",
        );
    }

    #[test]
    fn errors_name_the_field() {
        check_request_error(
            &WIRE,
            &json!({"input": 3}),
            "`input`: expected a string or an array of items, found a number",
        );
        check_request_error(
            &WIRE,
            &json!({"input": [{"type": "function_call", "name": 3}]}),
            "`input.0.name`: expected a string, found a number",
        );
    }

    #[test]
    fn the_last_event_holds_the_answer() {
        let done = r#"{"type":"response.completed","response":{"model":"m","status":"completed","usage":{"input_tokens":1,"output_tokens":2},
            "output":[{"type":"reasoning","summary":[]},{"type":"message","content":[{"type":"output_text","text":"hi"}]},
            {"type":"function_call","call_id":"c","name":"f","arguments":"{}"}]}}"#.replace('\n', "");
        let head = r#"data: {"type":"response.output_text.delta","output_index":1,"delta":"hi"}"#;
        check_reply(
            &WIRE,
            &format!("{head}\n\ndata: {done}\n\n"),
            r#"thought(+0), hi, call(c f {}) | completed | {"input_tokens":1,"output_tokens":2}"#,
        );
        check_reply(&WIRE, &format!("{head}\n\n"), "hi");
    }
}
