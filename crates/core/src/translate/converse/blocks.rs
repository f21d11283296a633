//! Content blocks: an object with one member, which names its kind.

use serde_json::{Map, Value, json};

use super::super::Losses;
use super::super::model::{Media, Node, Own, Part};
use super::super::take::{Put, Take, note, parsed};
use crate::chat::CacheMark;
use crate::error::Result;

/// Blocks in order; a cache point is a mark on the block before it.
pub(super) fn read_all(items: &[Value], at: &str) -> Result<Vec<Node>> {
    gathered(items, |index, item| read(item).map_err(|error| error.in_field(&format!("{at}[{index}]"))))
}

/// The same of an answer: what cannot be read is kept whole.
pub(super) fn read_leniently(items: &[Value]) -> Vec<Node> {
    let read = |_, item: &Value| Ok(read(item).unwrap_or_else(|_| Node::new(Part::Other(item.clone()))));
    gathered(items, read).unwrap_or_default()
}

fn gathered(items: &[Value], read: impl Fn(usize, &Value) -> Result<Node>) -> Result<Vec<Node>> {
    let mut nodes: Vec<Node> = Vec::new();
    for (index, item) in items.iter().enumerate() {
        let is_plain_point = item.as_object().is_some_and(|fields| fields.len() == 1)
            && item.get("cachePoint") == Some(&json!({"type": "default"}));
        match nodes.last_mut().filter(|last| is_plain_point && last.cache.is_none()) {
            Some(last) => last.cache = Some(CacheMark::Short),
            None => nodes.push(read(index, item)?),
        }
    }
    Ok(nodes)
}

fn read(value: &Value) -> Result<Node> {
    let other = || Node::new(Part::Other(value.clone()));
    let mut take = Take::strict(value)?;
    let mut notes = Own::new();
    let mut inner_rest = Own::new();
    let part = if let Some(text) = take.get("text").and_then(Value::as_str).map(str::to_owned) {
        take.any("text");
        Part::Text(text)
    } else if take.get("text").is_some_and(|text| !text.is_null()) {
        return Err(take.wrong("text", "a text"));
    } else if let Some(mut inner) = take.inner("toolUse")? {
        let arguments = inner.object("input")?.map_or_else(String::new, |input| Value::Object(input).to_string());
        let part = Part::ToolCall { id: inner.needed_text("toolUseId")?, name: inner.needed_text("name")?, arguments };
        inner_rest = inner.rest();
        part
    } else if let Some(mut inner) = take.inner("toolResult")? {
        let id = inner.needed_text("toolUseId")?;
        let content = inner.list("content")?;
        let parts = read_all(content.as_deref().unwrap_or_default(), "toolResult.content")?;
        let status = inner.text("status")?;
        if let Some(status) = &status {
            notes.insert("~status".to_owned(), status.clone().into());
        }
        if content.is_none() {
            notes.insert("~content".to_owned(), "absent".into());
        }
        inner_rest = inner.rest();
        Part::ToolResult { id, name: None, parts, is_error: status.as_deref() == Some("error") }
    } else if take.get("json").is_some_and(|json| !json.is_null()) {
        // JSON in a tool's result is text elsewhere.
        notes.insert("~json".to_owned(), true.into());
        Part::Text(take.any("json").unwrap_or_default().to_string())
    } else if let Some(mut inner) = take.inner("reasoningContent")? {
        let part = if let Some(mut text) = inner.inner("reasoningText")? {
            let part = Part::Reasoning { text: text.text("text")?, signature: text.text("signature")?, id: None };
            let rest = text.rest();
            if !rest.is_empty() {
                return Ok(other());
            }
            part
        } else if let Some(data) = inner.text("redactedContent")? {
            notes.insert("~redacted".to_owned(), true.into());
            Part::Reasoning { text: None, signature: Some(data), id: None }
        } else {
            return Ok(other());
        };
        inner_rest = inner.rest();
        part
    } else if let Some(mut inner) = take.inner("image")? {
        let format = inner.text("format")?.unwrap_or_default();
        let Some(source) = read_source(&mut inner, &format!("image/{format}"))? else { return Ok(other()) };
        inner_rest = inner.rest();
        Part::Image { source, detail: None }
    } else if let Some(mut inner) = take.inner("document")? {
        let (format, name) = (inner.text("format")?.unwrap_or_default(), inner.text("name")?);
        let Some(source) = read_source(&mut inner, &format!("application/{format}"))? else { return Ok(other()) };
        inner_rest = inner.rest();
        Part::File { source, name }
    } else {
        return Ok(other());
    };
    let mut own = take.rest();
    if !inner_rest.is_empty() {
        own.insert("~inner".to_owned(), Value::Object(inner_rest));
    }
    own.extend(notes);
    Ok(Node { part, cache: None, own })
}

fn read_source(inner: &mut Take, media_type: &str) -> Result<Option<Media>> {
    let Some(source) = inner.object("source")? else { return Ok(None) };
    let single = |name: &str| source.get(name).and_then(Value::as_str).filter(|_| source.len() == 1).map(str::to_owned);
    let uri = source
        .get("s3Location")
        .filter(|place| source.len() == 1 && place.as_object().is_some_and(|fields| fields.len() == 1));
    Ok(if let Some(data) = single("bytes") {
        Some(Media::Base64 { media_type: media_type.to_owned(), data })
    } else if let Some(text) = single("text") {
        Some(Media::Text(text))
    } else {
        uri.and_then(|place| place.get("uri"))
            .and_then(Value::as_str)
            .map(|url| Media::Url { url: url.to_owned(), media_type: Some(media_type.to_owned()) })
    })
}

/// Writes blocks, each with the cache point after it.
pub(super) fn write_all(nodes: &[Node], is_own: bool, is_answer: bool, at: &str, lost: &mut Losses) -> Vec<Value> {
    let mut blocks = Vec::new();
    for node in nodes {
        let Some(block) = write(node, is_own, is_answer, at, lost) else { continue };
        blocks.push(block);
        if let Some(mark) = node.cache {
            if mark == CacheMark::Long {
                lost.push(at, "cache points have the provider's own time to live");
            }
            blocks.push(json!({"cachePoint": {"type": "default"}}));
        }
    }
    blocks
}

fn write(node: &Node, is_own: bool, is_answer: bool, at: &str, lost: &mut Losses) -> Option<Value> {
    let empty = Map::new();
    let rest = node.own.get("~inner").and_then(Value::as_object).unwrap_or(&empty);
    let mut put = Put::default();
    let close = |name: &str, mut inner: Put, put: &mut Put| {
        inner.own(rest, is_own);
        put.set(name, inner.done());
    };
    match &node.part {
        Part::Text(text) if is_own && node.own.contains_key("~json") => {
            _ = put.maybe("json", serde_json::from_str::<Value>(text).ok());
        }
        // Empty text is refused.
        Part::Text(text) if text.is_empty() && !is_own => return None,
        Part::Text(text) | Part::Refusal(text) => _ = put.set("text", text.clone()),
        Part::Reasoning { text, signature, .. } => {
            if !is_own && !is_answer {
                return lost.part(at, "another model's thoughts are not sent back");
            }
            let mut inner = Put::default();
            if node.own.contains_key("~redacted") && is_own {
                inner.maybe("redactedContent", signature.clone());
            } else {
                let mut thought = Put::default();
                thought.maybe("text", text.clone()).maybe("signature", signature.clone().filter(|_| is_own));
                inner.set("reasoningText", thought.done());
            }
            close("reasoningContent", inner, &mut put);
        }
        Part::ToolCall { id, name, arguments } => {
            let mut inner = Put::default();
            inner.set("toolUseId", id.clone()).set("name", name.clone());
            match parsed(arguments, is_own) {
                Some(_) if is_own && arguments.is_empty() => {}
                Some(input) if is_own || input.is_object() => _ = inner.set("input", input),
                _ => {
                    lost.push(at, "arguments that are no JSON object are sent as a text in one");
                    inner.set("input", json!({"arguments": arguments}));
                }
            }
            close("toolUse", inner, &mut put);
        }
        Part::ToolResult { id, parts, is_error, .. } => {
            let mut inner = Put::default();
            inner.set("toolUseId", id.clone());
            if !(is_own && note(&node.own, "~content").is_some()) {
                inner.set("content", write_all(parts, is_own, false, at, lost));
            }
            let status = if is_own { note(&node.own, "~status") } else { is_error.then_some("error") };
            inner.maybe("status", status);
            close("toolResult", inner, &mut put);
        }
        Part::Image { source, detail } => {
            if detail.as_deref().is_some_and(|detail| detail != "auto") {
                lost.push(at, "converse has no image detail");
            }
            let mut inner = Put::default();
            inner.set("source", write_source(source, is_own, at, lost)?).maybe("format", format(source));
            close("image", inner, &mut put);
        }
        Part::File { source, name } => {
            let mut inner = Put::default();
            let named = name.clone().or_else(|| (!is_own).then(|| "document".to_owned()));
            inner
                .set("source", write_source(source, is_own, at, lost)?)
                .maybe("format", format(source))
                .maybe("name", named);
            close("document", inner, &mut put);
        }
        Part::Audio { .. } => return lost.part(at, "converse takes no audio"),
        Part::Other(value) if is_own => return Some(value.clone()),
        Part::Other(_) => return lost.part(at, "a part that only its own dialect knows"),
    }
    put.own(&node.own, is_own);
    Some(put.done())
}

fn format(source: &Media) -> Option<String> {
    let media_type = match source {
        Media::Base64 { media_type, .. } => media_type.as_str(),
        Media::Url { media_type, .. } => media_type.as_deref()?,
        Media::Text(_) => "text/txt",
        Media::Id(_) => return None,
    };
    let (_, format) = media_type.split_once('/')?;
    (!format.is_empty()).then(|| if format == "jpg" { "jpeg".to_owned() } else { format.to_owned() })
}

fn write_source(source: &Media, is_own: bool, at: &str, lost: &mut Losses) -> Option<Value> {
    match source {
        Media::Base64 { data, .. } => Some(json!({"bytes": data})),
        Media::Text(text) => Some(json!({"text": text})),
        Media::Url { url, .. } if is_own || url.starts_with("s3://") => Some(json!({"s3Location": {"uri": url}})),
        Media::Url { .. } => lost.part(at, "converse reads addresses in S3 only"),
        Media::Id(_) => lost.part(at, "a file under an id of another provider's"),
    }
}
