//! Content blocks.

use serde_json::{Map, Value, json};

use super::super::Losses;
use super::super::model::{Media, Node, Own, Part};
use super::super::take::{Put, Take, as_written, cache_control, each, note, parsed};
use crate::error::Result;

/// Content: a text or blocks. Its spelling is noted.
pub(super) fn read_content(take: &mut Take, name: &str, spelling: &mut Own) -> Result<Vec<Node>> {
    match take.get(name).cloned() {
        Some(Value::String(text)) => {
            take.any(name);
            spelling.insert("~content".to_owned(), "string".into());
            Ok(vec![Node::new(Part::Text(text))])
        }
        Some(Value::Array(items)) => {
            let nodes = each(&items, name, read)?;
            take.any(name);
            spelling.insert("~content".to_owned(), "list".into());
            Ok(nodes)
        }
        Some(Value::Null) | None => Ok(Vec::new()),
        Some(_) => Err(take.wrong(name, "a text or a list of blocks")),
    }
}

pub(super) fn read(value: &Value) -> Result<Node> {
    let mut take = Take::strict(value)?;
    let kind = take.kind()?;
    let mut notes = Own::new();
    let part = match kind.as_str() {
        "text" => Some(Part::Text(take.needed_text("text")?)),
        "thinking" => {
            let (text, signature) = (take.needed_text("thinking")?, take.text("signature")?);
            Some(Part::Reasoning { text: Some(text), signature, id: None })
        }
        "redacted_thinking" => {
            notes.insert("~redacted".to_owned(), true.into());
            Some(Part::Reasoning { text: None, signature: Some(take.needed_text("data")?), id: None })
        }
        "tool_use" => {
            let arguments = take.object("input")?.map_or_else(String::new, |input| Value::Object(input).to_string());
            Some(Part::ToolCall { id: take.needed_text("id")?, name: take.needed_text("name")?, arguments })
        }
        "tool_result" => {
            let parts = read_content(&mut take, "content", &mut notes)?;
            let is_error = take.truth("is_error")?;
            if is_error == Some(false) {
                take.put_back("is_error", false.into());
            }
            Some(Part::ToolResult {
                id: take.needed_text("tool_use_id")?,
                name: None,
                parts,
                is_error: is_error.unwrap_or(false),
            })
        }
        "image" => read_source(&mut take, &mut notes)?.map(|source| Part::Image { source, detail: None }),
        "document" => {
            let name = take.text("title")?;
            read_source(&mut take, &mut notes)?.map(|source| Part::File { source, name })
        }
        _ => None,
    };
    let Some(part) = part else {
        let mut take = Take::strict(value)?;
        let cache = take.cache_control();
        return Ok(Node { part: Part::Other(as_written(&take.rest())), cache, own: Own::new() });
    };
    take.drop_if("type", &kind);
    let cache = take.cache_control();
    let mut own = take.rest();
    own.extend(notes);
    Ok(Node { part, cache, own })
}

fn read_source(take: &mut Take, notes: &mut Own) -> Result<Option<Media>> {
    let source = take.get("source").cloned();
    let Some(mut inner) = take.inner("source")? else { return Err(take.wrong("source", "an object")) };
    let kind = inner.kind()?;
    let media = match kind.as_str() {
        "base64" => {
            let media_type = inner.text("media_type")?.unwrap_or_default();
            Some(Media::Base64 { media_type, data: inner.needed_text("data")? })
        }
        "url" => Some(Media::Url { url: inner.needed_text("url")?, media_type: None }),
        "file" => Some(Media::Id(inner.needed_text("file_id")?)),
        "text" => Some(Media::Text(inner.needed_text("data")?)),
        _ => None,
    };
    if media.is_none() {
        take.put_back("source", source.unwrap_or_default());
        return Ok(None);
    }
    inner.drop_if("type", &kind);
    let rest = inner.rest();
    if !rest.is_empty() {
        notes.insert("~source".to_owned(), Value::Object(rest));
    }
    Ok(media)
}

pub(super) fn write_content(nodes: &[Node], own: &Own, is_own: bool, at: &str, lost: &mut Losses) -> Option<Value> {
    if is_own {
        match (note(own, "~content"), nodes) {
            (Some("string"), [Node { part: Part::Text(text), .. }]) => return Some(text.clone().into()),
            (None, _) => return None,
            _ => {}
        }
    }
    Some(nodes.iter().filter_map(|node| write(node, is_own, at, lost)).collect())
}

pub(super) fn write(node: &Node, is_own: bool, at: &str, lost: &mut Losses) -> Option<Value> {
    let mut put = Put::default();
    match &node.part {
        // Empty text blocks are refused.
        Part::Text(text) if text.is_empty() && !is_own => return None,
        Part::Text(text) | Part::Refusal(text) => _ = put.set("type", "text").set("text", text.clone()),
        Part::Reasoning { text, signature, .. } => {
            if !is_own {
                // A thought without this provider's own signature is refused.
                return lost.part(at, "another model's thoughts are not sent back");
            }
            if node.own.contains_key("~redacted") {
                put.set("type", "redacted_thinking").maybe("data", signature.clone());
            } else {
                put.set("type", "thinking").maybe("thinking", text.clone()).maybe("signature", signature.clone());
            }
        }
        Part::ToolCall { id, name, arguments } => {
            put.set("type", "tool_use").set("id", id.clone()).set("name", name.clone());
            match parsed(arguments, is_own) {
                Some(input) if is_own && arguments.is_empty() => drop(input),
                Some(input @ Value::Object(_)) => _ = put.set("input", input),
                Some(input) if is_own => _ = put.set("input", input),
                _ => {
                    lost.push(at, "arguments that are no JSON object are sent as a text in one");
                    put.set("input", json!({"arguments": arguments}));
                }
            }
        }
        Part::ToolResult { id, parts, is_error, .. } => {
            put.set("type", "tool_result").set("tool_use_id", id.clone());
            put.maybe("content", write_content(parts, &node.own, is_own, at, lost));
            if *is_error {
                put.set("is_error", true);
            }
        }
        Part::Image { source, detail } => {
            if detail.as_deref().is_some_and(|detail| detail != "auto") {
                lost.push(at, "messages have no image detail");
            }
            put.set("type", "image").set("source", write_source(source, &node.own, is_own, at, lost)?);
        }
        Part::File { source, name } => {
            put.set("type", "document").set("source", write_source(source, &node.own, is_own, at, lost)?);
            put.maybe("title", name.clone());
        }
        Part::Audio { .. } => return lost.part(at, "messages take no audio"),
        Part::Other(value) if is_own => {
            // In an answer anything may stand there.
            let Some(mut fields) = value.as_object().cloned() else { return Some(value.clone()) };
            fields.extend(node.cache.map(|mark| ("cache_control".to_owned(), cache_control(mark))));
            return Some(Value::Object(fields));
        }
        Part::Other(_) => return lost.part(at, "a part that only its own dialect knows"),
    }
    put.maybe("cache_control", node.cache.map(cache_control)).own(&node.own, is_own);
    Some(put.done())
}

fn write_source(source: &Media, own: &Own, is_own: bool, at: &str, lost: &mut Losses) -> Option<Value> {
    let mut put = Put::default();
    match source {
        Media::Base64 { media_type, data } => {
            put.set("type", "base64").set("data", data.clone());
            if !media_type.is_empty() {
                put.set("media_type", media_type.clone());
            }
        }
        Media::Url { url, .. } => _ = put.set("type", "url").set("url", url.clone()),
        Media::Id(id) if is_own => _ = put.set("type", "file").set("file_id", id.clone()),
        Media::Id(_) => return lost.part(at, "a file under an id of another provider's"),
        Media::Text(text) => {
            put.set("type", "text").set("data", text.clone());
            if !is_own {
                put.set("media_type", "text/plain");
            }
        }
    }
    put.own(own.get("~source").and_then(Value::as_object).unwrap_or(&Map::new()), is_own);
    Some(put.done())
}
