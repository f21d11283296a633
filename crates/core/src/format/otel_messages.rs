//! Messages in the attributes of OpenTelemetry spans: the specification's JSON (`gen_ai.input.messages`), and the numbered
//! attributes of `OpenLLMetry` (`gen_ai.prompt.0.content`) and `OpenInference` (`llm.input_messages.0.message.content`).

use std::sync::Arc;

use serde_json::Value;

use crate::chat::{Content, Message, Part, Role, Tool};
use crate::format::json;
use crate::format::turns::role;

/// More numbered messages than this are no conversation.
const MOST_MESSAGES: usize = 10_000;

/// The messages sent.
pub(super) fn input(attributes: &Value) -> Vec<Arc<Message>> {
    let mut messages = Vec::new();
    if let Some(Value::Array(parts)) = attributes.get("gen_ai.system_instructions").map(json::embedded).as_deref() {
        messages.push(message(Role::System, parts.iter().map(part).collect()));
    }
    match attributes.get("gen_ai.input.messages").map(json::embedded).as_deref() {
        Some(Value::Array(list)) => messages.extend(list.iter().map(whole_message)),
        _ => messages.extend(numbered(attributes, &["gen_ai.prompt.{}", "llm.input_messages.{}.message"])),
    }
    messages
}

/// The parts of the answer.
pub(super) fn output(attributes: &Value) -> Vec<Part> {
    let messages: Vec<Arc<Message>> = match attributes.get("gen_ai.output.messages").map(json::embedded).as_deref() {
        Some(Value::Array(list)) => list.iter().map(whole_message).collect(),
        _ => numbered(attributes, &["gen_ai.completion.{}", "llm.output_messages.{}.message"]),
    };
    messages.into_iter().flat_map(|message| message.parts.clone()).collect()
}

/// The tools offered.
pub(super) fn tools(attributes: &Value) -> Arc<[Tool]> {
    let Some(definitions) = attributes.get("gen_ai.tool.definitions").map(json::embedded) else {
        return Arc::default();
    };
    let tool = |definition: &Value| {
        let function = json::field(definition, "function").unwrap_or(definition);
        Some(Tool {
            name: json::arc(function, "name")?,
            description: json::arc(function, "description"),
            parameters: json::first_field(function, &["parameters", "input_schema"]).cloned().unwrap_or_default(),
            json: Arc::from(definition.to_string()),
            ..Tool::default()
        })
    };
    definitions.as_array().into_iter().flatten().filter_map(tool).collect()
}

fn message(role: Role, parts: Vec<Part>) -> Arc<Message> {
    let is_multipart = parts.len() > 1;
    Arc::new(Message { role, name: None, parts, is_multipart, ..Message::default() })
}

fn whole_message(value: &Value) -> Arc<Message> {
    let speaker = json::text(value, "role").and_then(role).unwrap_or_default();
    let parts = match (json::array(value, "parts"), json::text(value, "content")) {
        (Some(parts), _) => parts.iter().map(part).collect(),
        (None, Some(text)) => vec![Part::text(text)],
        (None, None) => Vec::new(),
    };
    message(speaker, parts)
}

fn part(value: &Value) -> Part {
    let text = |names: &[&str]| Arc::from(json::first_text(value, names).unwrap_or_default());
    let written = |names: &[&str]| match json::first_field(value, names) {
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
        None => String::new(),
    };
    let content = match json::text(value, "type").unwrap_or("text") {
        "text" => Content::Text(text(&["content", "text"])),
        "reasoning" => Content::Reasoning { text: text(&["content", "text"]), n_opaque_bytes: 0 },
        "tool_call" => Content::ToolCall {
            id: text(&["id"]),
            name: text(&["name"]),
            arguments: Arc::from(written(&["arguments"])),
        },
        "tool_call_response" => Content::ToolResult {
            id: text(&["id"]),
            name: None,
            parts: vec![Part::text(written(&["response", "result"]))],
            is_error: false,
        },
        kind => Content::Other { kind: Arc::from(kind), json: Arc::from(value.to_string()) },
    };
    Part { content, cache_mark: None }
}

/// Messages whose fields are attributes with a number in their names.
fn numbered(attributes: &Value, patterns: &[&str]) -> Vec<Arc<Message>> {
    let mut messages = Vec::new();
    for pattern in patterns {
        for number in 0..MOST_MESSAGES {
            let stem = pattern.replace("{}", &number.to_string());
            let speaker = json::text(attributes, &format!("{stem}.role"));
            let content = json::text(attributes, &format!("{stem}.content"));
            let call = json::text(attributes, &format!("{stem}.tool_calls.0.arguments"));
            if speaker.is_none() && content.is_none() && call.is_none() {
                break;
            }
            let mut parts: Vec<Part> = content.map(Part::text).into_iter().collect();
            if let Some(arguments) = call {
                let name = json::text(attributes, &format!("{stem}.tool_calls.0.name")).unwrap_or_default();
                let id = json::text(attributes, &format!("{stem}.tool_calls.0.id")).unwrap_or_default();
                let content = Content::ToolCall { id: id.into(), name: name.into(), arguments: arguments.into() };
                parts.push(Part { content, cache_mark: None });
            }
            messages.push(message(speaker.and_then(role).unwrap_or_default(), parts));
        }
    }
    messages
}
