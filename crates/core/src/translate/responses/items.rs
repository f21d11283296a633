//! Items: what both the input and the output of responses are lists of.

use serde_json::{Value, json};

use super::super::Losses;
use super::super::chat::parts::{file_data, media_of, url_of};
use super::super::model::{Media, Message, Node, Own, Part};
use super::super::take::{Put, Take, each, note};
use crate::chat::Role;
use crate::error::Result;

/// Notes what kind of item a message or a part was.
const KIND: &str = "~item";

/// Notes that a part is a whole item.
const WHOLE: &str = "~whole";

/// An item as a message. `reads` is how strictly.
pub(super) fn read(value: &Value) -> Result<Message> {
    let mut take = Take::strict(value)?;
    let has_kind = take.get("type").is_some_and(|kind| !kind.is_null());
    let kind = if has_kind { take.kind()? } else { "message".to_owned() };

    let mut message = Message { role: Role::Assistant, ..Message::default() };
    let mut spelling =
        Own::from_iter([(KIND.to_owned(), if has_kind { kind.clone() } else { "bare".to_owned() }.into())]);
    match kind.as_str() {
        "message" => {
            let role = take.needed_text("role")?;
            message.role = match role.as_str() {
                "system" => Role::System,
                "developer" => Role::Developer,
                "user" => Role::User,
                "assistant" => Role::Assistant,
                _ => return Ok(whole(value)),
            };
            message.parts = match take.get("content").cloned() {
                Some(Value::String(text)) => {
                    take.any("content");
                    spelling.insert("~content".to_owned(), "string".into());
                    vec![Node::new(Part::Text(text))]
                }
                Some(Value::Array(items)) => {
                    take.any("content");
                    each(&items, "content", read_part)?
                }
                None | Some(Value::Null) => {
                    spelling.insert("~content".to_owned(), "absent".into());
                    Vec::new()
                }
                Some(_) => return Err(take.wrong("content", "a text or a list of parts")),
            };
        }
        "function_call" => {
            let id = take.needed_text("call_id")?;
            let name = take.needed_text("name")?;
            let arguments = take.needed_text("arguments")?;
            message.parts = vec![Node::new(Part::ToolCall { id, name, arguments })];
        }
        "function_call_output" => {
            message.role = Role::Tool;
            let id = take.needed_text("call_id")?;
            let parts = match take.get("output").cloned() {
                Some(Value::String(text)) => {
                    spelling.insert("~content".to_owned(), "string".into());
                    vec![Node::new(Part::Text(text))]
                }
                Some(Value::Array(items)) => each(&items, "output", read_part)?,
                _ => return Err(take.wrong("output", "a text or a list of parts")),
            };
            take.any("output");
            message.parts = vec![Node::new(Part::ToolResult { id, name: None, parts, is_error: false })];
        }
        "reasoning" => {
            let id = take.text("id")?;
            let signature = take.text("encrypted_content")?;
            // Readable text comes as a summary, from open models as the thought itself; both lists are kept as written.
            let texts = |name: &str| {
                let list = take.get(name).and_then(Value::as_array);
                let texts = list.into_iter().flatten().filter_map(|part| part.get("text").and_then(Value::as_str));
                let joined = texts.collect::<Vec<_>>().join("\n\n");
                (!joined.is_empty()).then_some(joined)
            };
            let text = texts("content").or_else(|| texts("summary"));
            message.parts = vec![Node::new(Part::Reasoning { text, signature, id })];
        }
        _ => return Ok(whole(value)),
    }
    take.drop_if("type", &kind);
    message.own = take.rest();
    message.own.extend(spelling);
    Ok(message)
}

/// An item that is kept as it is.
pub(super) fn whole(value: &Value) -> Message {
    let own = Own::from_iter([(WHOLE.to_owned(), true.into())]);
    let node = Node { part: Part::Other(value.clone()), cache: None, own };
    Message { role: Role::Assistant, parts: vec![node], ..Message::default() }
}

fn read_part(value: &Value) -> Result<Node> {
    let mut take = Take::strict(value)?;
    let kind = take.kind()?;
    let mut bare = None;
    let part = match kind.as_str() {
        "input_text" | "output_text" | "text" => Some(Part::Text(take.needed_text("text")?)),
        "refusal" => Some(Part::Refusal(take.needed_text("refusal")?)),
        "input_image" => {
            let detail = take.text("detail")?;
            let source = match take.text("image_url")? {
                Some(url) => Some(media_of(&url)),
                None => take.text("file_id")?.map(Media::Id),
            };
            source.map(|source| Part::Image { source, detail })
        }
        "input_file" => {
            let name = take.text("filename")?;
            let source = if let Some(data) = take.text("file_data")? {
                let (source, spelling) = file_data(&data, name.as_deref());
                bare = spelling;
                Some(source)
            } else if let Some(url) = take.text("file_url")? {
                Some(Media::Url { url, media_type: None })
            } else {
                take.text("file_id")?.map(Media::Id)
            };
            source.map(|source| Part::File { source, name })
        }
        _ => None,
    };
    let Some(part) = part else { return Ok(Node::new(Part::Other(value.clone()))) };
    take.drop_if("type", &kind);
    let mut own = take.rest();
    own.insert("~type".to_owned(), kind.into());
    own.extend(bare.map(|bare| ("~data".to_owned(), bare.into())));
    Ok(Node { part, cache: None, own })
}

/// The items of a message: one a run of content, and one for each thought, call and result.
pub(super) fn write(message: &Message, is_own: bool, is_answer: bool, at: &str, lost: &mut Losses) -> Vec<Value> {
    let mut items = Vec::new();
    let mut content: Vec<&Node> = Vec::new();
    let finish = |content: &mut Vec<&Node>, items: &mut Vec<Value>, lost: &mut Losses| {
        if !content.is_empty() || (message.parts.is_empty() && items.is_empty()) {
            items.push(content_item(message, content, is_own, is_answer, at, lost));
            content.clear();
        }
    };
    for (index, node) in message.parts.iter().enumerate() {
        match &node.part {
            Part::ToolCall { .. } | Part::ToolResult { .. } | Part::Reasoning { .. } => {
                finish(&mut content, &mut items, lost);
                items.extend(single(message, node, index, is_own, is_answer, at, lost));
            }
            Part::Other(value) if is_own && node.own.contains_key(WHOLE) => items.push(value.clone()),
            _ => content.push(node),
        }
    }
    finish(&mut content, &mut items, lost);
    items
}

fn single(
    message: &Message,
    node: &Node,
    index: usize,
    is_own: bool,
    is_answer: bool,
    at: &str,
    lost: &mut Losses,
) -> Option<Value> {
    let mut put = Put::default();
    match &node.part {
        Part::ToolCall { id, name, arguments } => {
            put.set("type", "function_call")
                .set("call_id", id.clone())
                .set("name", name.clone())
                .set("arguments", arguments.clone());
            if is_answer && !is_own {
                put.set("id", format!("fc_{id}")).set("status", "completed");
            }
        }
        Part::ToolResult { id, parts, is_error, .. } => {
            put.set("type", "function_call_output").set("call_id", id.clone());
            if *is_error && !is_own {
                lost.push(at, "that a tool failed is told by its text alone");
            }
            let texts: Option<Vec<&str>> = parts
                .iter()
                .map(|node| match &node.part {
                    Part::Text(text) => Some(text.as_str()),
                    _ => None,
                })
                .collect();
            let is_string = if is_own { note(&message.own, "~content").is_some() } else { texts.is_some() };
            match texts {
                Some(texts) if is_string => _ = put.set("output", texts.join(if is_own { "" } else { "\n\n" })),
                _ => {
                    let parts = parts.iter().filter_map(|node| write_part(node, Role::User, is_own, at, lost));
                    put.set("output", parts.collect::<Vec<_>>());
                }
            }
        }
        Part::Reasoning { text, signature, id } => {
            put.set("type", "reasoning");
            if is_own {
                put.maybe("id", id.clone()).maybe("encrypted_content", signature.clone());
                // Folded from a stream, it has no summary that is written as it was.
                let is_said = message.own.contains_key("summary") || message.own.contains_key("content");
                if let Some(text) = text.as_ref().filter(|_| !is_said) {
                    put.set("summary", json!([{"type": "summary_text", "text": text}]));
                }
            } else {
                if signature.is_some() {
                    lost.push(&format!("{at}.parts[{index}].signature"), "a signature of another provider's");
                }
                // What another model thought can be shown to a caller, but not be sent to a provider as its own thought.
                if !is_answer {
                    return lost.part(&format!("{at}.parts[{index}]"), "another model's thoughts are not sent back");
                }
                let summary = text.iter().map(|text| json!({"type": "summary_text", "text": text})).collect::<Vec<_>>();
                put.set("id", id.clone().unwrap_or_else(|| format!("rs_{index}"))).set("summary", summary);
            }
        }
        _ => return None,
    }
    if is_own && note(&message.own, KIND) == Some("bare") {
        put.0.shift_remove("type");
    }
    put.own(&message.own, is_own);
    Some(put.done())
}

fn content_item(
    message: &Message,
    nodes: &[&Node],
    is_own: bool,
    is_answer: bool,
    at: &str,
    lost: &mut Losses,
) -> Value {
    let mut put = Put::default();
    if !(is_own && note(&message.own, KIND) == Some("bare")) {
        put.set("type", "message");
    }
    let role = match message.role {
        Role::System => "system",
        Role::Developer => "developer",
        Role::User | Role::Tool => "user",
        Role::Assistant => "assistant",
    };
    put.set("role", role);
    match nodes {
        [Node { part: Part::Text(text), .. }] if is_own && note(&message.own, "~content") == Some("string") => {
            _ = put.set("content", text.clone());
        }
        nodes => {
            let parts: Vec<Value> =
                nodes.iter().filter_map(|node| write_part(node, message.role, is_own, at, lost)).collect();
            if !parts.is_empty() || !is_own || note(&message.own, "~content") != Some("absent") {
                put.set("content", parts);
            }
        }
    }
    if is_answer && !is_own {
        put.set("id", "msg_0").set("status", "completed");
    }
    put.own(&message.own, is_own);
    put.done()
}

fn write_part(node: &Node, role: Role, is_own: bool, at: &str, lost: &mut Losses) -> Option<Value> {
    let mut put = Put::default();
    if node.cache.is_some() {
        lost.push(at, "cache breakpoints are set by the provider");
    }
    match &node.part {
        Part::Text(text) => {
            let usual = if role == Role::Assistant { "output_text" } else { "input_text" };
            put.set("type", note(&node.own, "~type").filter(|_| is_own).unwrap_or(usual)).set("text", text.clone());
            if role == Role::Assistant && !is_own {
                put.set("annotations", json!([]));
            }
        }
        Part::Refusal(text) => _ = put.set("type", "refusal").set("refusal", text.clone()),
        Part::Image { source, detail } => {
            put.set("type", "input_image").maybe("detail", detail.clone());
            match source {
                Media::Id(id) if is_own => _ = put.set("file_id", id.clone()),
                Media::Id(_) => return lost.part(at, "an image under an id of another provider's"),
                source => _ = put.maybe("image_url", url_of(source)),
            }
        }
        Part::File { source, name } => {
            put.set("type", "input_file").maybe("filename", name.clone());
            match source {
                Media::Id(id) if is_own => _ = put.set("file_id", id.clone()),
                Media::Id(_) => return lost.part(at, "a file under an id of another provider's"),
                Media::Base64 { data: text, .. } | Media::Url { url: text, .. }
                    if is_own && node.own.contains_key("~data") =>
                {
                    put.set("file_data", text.clone());
                }
                Media::Url { url, .. } => _ = put.set("file_url", url.clone()),
                Media::Text(text) => return Some(json!({"type": "input_text", "text": text})),
                source @ Media::Base64 { .. } => _ = put.maybe("file_data", url_of(source)),
            }
        }
        Part::Other(value) if is_own => return Some(value.clone()),
        Part::Other(_) => return lost.part(at, "a part that only its own dialect knows"),
        Part::Audio { .. } => return lost.part(at, "responses take no audio"),
        Part::Reasoning { .. } | Part::ToolCall { .. } | Part::ToolResult { .. } => return None,
    }
    put.own(&node.own, is_own);
    Some(put.done())
}
