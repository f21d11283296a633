//! Messages of requests and answers, with the calls in them.

use serde_json::{Map, Value, json};

use super::super::Losses;
use super::super::model::{Message, Node, Own, Part};
use super::super::take::{Put, Take, cache_control, expected, note};
use super::parts;
use crate::chat::Role;
use crate::error::Result;

pub(super) fn read_message(value: &Value) -> Result<Message> {
    let mut take = Take::strict(value)?;
    let written = take.needed_text("role")?;
    let role = match written.as_str() {
        "system" => Role::System,
        "developer" => Role::Developer,
        "user" => Role::User,
        "assistant" => Role::Assistant,
        "tool" | "function" => Role::Tool,
        other => {
            return Err(expected("system, developer, user, assistant or tool", &Value::from(other)).in_field("role"));
        }
    };
    let mut spelling = Vec::new();
    let mut content = parts::read(&mut take, &mut spelling)?;
    if role == Role::Tool && written == "tool" {
        let id = take.text("tool_call_id")?;
        if id.is_none() {
            spelling.push(("~id".to_owned(), "absent".into()));
        }
        let id = id.unwrap_or_default();
        let name = take.text("name")?;
        let result = Part::ToolResult { id, name, parts: content, is_error: false };
        let node = Node { part: result, cache: take.cache_control(), own: Own::from_iter(spelling) };
        return Ok(Message { role, name: None, parts: vec![node], own: take.rest() });
    }
    let mut nodes = Vec::new();
    for field in ["reasoning_content", "reasoning"] {
        if let Some(text) = take.text(field)? {
            let part = Part::Reasoning { text: Some(text), signature: None, id: None };
            nodes.push(Node { part, cache: None, own: Own::from_iter([("~field".to_owned(), field.into())]) });
        }
    }
    nodes.append(&mut content);
    if let Some(refusal) = take.text("refusal")? {
        let own = Own::from_iter([("~field".to_owned(), "refusal".into())]);
        nodes.push(Node { part: Part::Refusal(refusal), cache: None, own });
    }
    if let Some(calls) = take.each("tool_calls", read_call)? {
        if calls.is_empty() {
            take.put_back("tool_calls", json!([]));
        }
        nodes.extend(calls);
    }
    let cache = take.cache_control();
    if let (Some(cache), Some(last)) = (cache, nodes.last_mut()) {
        last.cache = Some(cache);
        spelling.push(("~message_cache".to_owned(), true.into()));
    }
    let name = take.text("name")?;
    let mut own = take.rest();
    if written == "function" {
        spelling.push(("~role".to_owned(), "function".into()));
    }
    own.extend(spelling);
    Ok(Message { role, name, parts: nodes, own })
}

/// `{"id", "type": "function", "function": {"name", "arguments"}}`.
pub(super) fn read_call(value: &Value) -> Result<Node> {
    let mut take = Take::strict(value)?;
    if !matches!(take.kind()?.as_str(), "" | "function") {
        return Ok(other_call(value));
    }
    let Some(mut function) = take.inner("function")? else { return Err(take.wrong("function", "an object")) };
    let had_type = take.drop_if("type", "function");
    let name = function.needed_text("name")?;
    let mut notes = Own::new();
    // Ollama and some others send the object itself.
    let arguments = if let Some(Value::Object(object)) = function.get("arguments").cloned() {
        function.any("arguments");
        notes.insert("~arguments".to_owned(), "object".into());
        Value::Object(object).to_string()
    } else {
        let text = function.text("arguments")?;
        if text.is_none() {
            notes.insert("~arguments".to_owned(), "absent".into());
        }
        text.unwrap_or_default()
    };
    let id = take.text("id")?;
    if id.is_none() {
        notes.insert("~id".to_owned(), "absent".into());
    }
    if !had_type {
        notes.insert("~type".to_owned(), "absent".into());
    }
    let inner = function.rest();
    if !inner.is_empty() {
        notes.insert("~inner".to_owned(), Value::Object(inner));
    }
    let mut own = take.rest();
    own.extend(notes);
    Ok(Node { part: Part::ToolCall { id: id.unwrap_or_default(), name, arguments }, cache: None, own })
}

pub(super) fn write_message(message: &Message, is_own: bool, at: &str, out: &mut Vec<Value>, lost: &mut Losses) {
    // Results of tools are messages of their own here, and come first: they answer the message before.
    for (index, node) in message.parts.iter().enumerate() {
        if let Part::ToolResult { id, name, parts, is_error } = &node.part {
            let mut put = Put::default();
            put.set("role", "tool");
            if !(is_own && node.own.contains_key("~id")) {
                put.set("tool_call_id", id.clone());
            }
            put.maybe("name", name.clone().filter(|_| is_own));
            if *is_error && !is_own {
                lost.push(&format!("{at}.parts[{index}]"), "that a tool failed is told by its text alone");
            }
            let inner: Vec<&Node> = parts.iter().collect();
            let content = parts::write(&inner, &node.own, is_own, at, lost);
            put.maybe("content", content.or_else(|| (!is_own).then(|| json!(""))));
            put.maybe("cache_control", node.cache.map(cache_control));
            if is_own {
                put.own(&message.own, true);
            }
            out.push(put.done());
        }
    }
    let rest: Vec<&Node> = message.parts.iter().filter(|node| !matches!(node.part, Part::ToolResult { .. })).collect();
    if rest.len() < message.parts.len() && rest.is_empty() {
        return;
    }
    out.push(write_turn(message, &rest, is_own, at, lost));
}

/// A call that only its own dialect knows.
pub(super) fn other_call(value: &Value) -> Node {
    Node { part: Part::Other(value.clone()), cache: None, own: Own::from_iter([("~call".to_owned(), true.into())]) }
}

fn write_turn(message: &Message, nodes: &[&Node], is_own: bool, at: &str, lost: &mut Losses) -> Value {
    let mut put = Put::default();
    let role = match message.role {
        Role::System => "system",
        Role::Developer => "developer",
        Role::User => "user",
        Role::Assistant => "assistant",
        Role::Tool => note(&message.own, "~role").unwrap_or("user"),
    };
    put.set("role", role);
    fill_turn(&mut put, message.role, nodes, &message.own, is_own, at, lost);
    put.maybe("name", message.name.clone());
    put.own(&message.own, is_own);
    put.done()
}

/// Content, reasoning, refusal and calls of a message; of an answer too.
pub(super) fn fill_turn(
    put: &mut Put,
    role: Role,
    nodes: &[&Node],
    own: &Own,
    is_own: bool,
    at: &str,
    lost: &mut Losses,
) {
    let mut content: Vec<&Node> = Vec::new();
    let mut calls = Vec::new();
    for node in nodes {
        match &node.part {
            Part::Reasoning { text, signature, .. } => {
                if let Some(text) = text {
                    put.set(note(&node.own, "~field").filter(|_| is_own).unwrap_or("reasoning_content"), text.clone());
                }
                if signature.is_some() && !is_own {
                    lost.push(at, "a signature of another provider's");
                }
            }
            Part::Refusal(text) if note(&node.own, "~field").is_some() || !is_own => {
                _ = put.set("refusal", text.clone());
            }
            Part::ToolCall { id, name, arguments } => calls.push(write_call(node, id, name, arguments, is_own)),
            Part::Other(value) if is_own && node.own.contains_key("~call") => calls.push(value.clone()),
            _ => content.push(node),
        }
    }
    let is_marked = is_own && own.contains_key("~message_cache");
    let unmarked: Vec<Node> = content.iter().map(|node| Node { cache: None, ..(**node).clone() }).collect();
    let content: Vec<&Node> = if is_marked { unmarked.iter().collect() } else { content };
    // What a model said in several blocks is one text; what it is told in several is told apart.
    let is_only_text = content.iter().all(|node| matches!(node.part, Part::Text(_)));
    let written = if role == Role::Assistant && !is_own && is_only_text && !content.is_empty() {
        let texts = content.iter().filter_map(|node| match &node.part {
            Part::Text(text) => Some(text.as_str()),
            _ => None,
        });
        Some(texts.collect::<String>().into())
    } else {
        parts::write(&content, own, is_own, at, lost)
    };
    match written {
        Some(written) => _ = put.set("content", written),
        None if !is_own => _ = put.set("content", if calls.is_empty() { json!("") } else { Value::Null }),
        None => {}
    }
    if is_marked {
        put.maybe("cache_control", nodes.last().and_then(|node| node.cache).map(cache_control));
    }
    if !calls.is_empty() {
        put.set("tool_calls", calls);
    }
}

fn write_call(node: &Node, id: &str, name: &str, arguments: &str, is_own: bool) -> Value {
    let spelled = |field: &str| note(&node.own, field).filter(|_| is_own);
    let mut function = Put::default();
    function.set("name", name);
    match spelled("~arguments") {
        Some("object") => _ = function.maybe("arguments", serde_json::from_str::<Value>(arguments).ok()),
        Some(_) => {}
        None => _ = function.set("arguments", arguments),
    }
    function.own(node.own.get("~inner").and_then(Value::as_object).unwrap_or(&Map::new()), is_own);
    let mut put = Put::default();
    if spelled("~id").is_none() {
        put.set("id", id);
    }
    if spelled("~type").is_none() {
        put.set("type", "function");
    }
    put.set("function", function.done()).own(&node.own, is_own);
    put.done()
}
