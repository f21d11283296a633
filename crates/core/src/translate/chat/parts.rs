//! Content of messages: a text, or a list of parts.

use serde_json::{Value, json};

use super::super::model::{Media, Node, Own, Part};
use super::super::take::{Put, Take, cache_control, data_url, each, note};
use super::super::{Losses, Lost};
use crate::error::Result;

/// How content was spelled, beside what it belongs to.
pub(super) const SPELLING: &str = "~content";

/// Reads `content`; its spelling goes into `own`.
pub(super) fn read(take: &mut Take, own: &mut Vec<(String, Value)>) -> Result<Vec<Node>> {
    let Some(content) = take.get("content").cloned() else { return Ok(Vec::new()) };
    match &content {
        // An explicit null stays where it is.
        Value::Null => Ok(Vec::new()),
        Value::String(text) => {
            take.any("content");
            own.push((SPELLING.to_owned(), "string".into()));
            Ok(vec![Node::new(Part::Text(text.clone()))])
        }
        Value::Array(items) => {
            // Of an answer, what cannot be read is kept whole.
            let is_strict = take.is_strict();
            let read = |item: &Value| match read_part(item) {
                Err(_) if !is_strict => Ok(Node::new(Part::Other(item.clone()))),
                read => read,
            };
            let parts = each(items, "content", read)?;
            take.any("content");
            own.push((SPELLING.to_owned(), "list".into()));
            Ok(parts)
        }
        _ if take.is_strict() => Err(take.wrong("content", "a text or a list of parts")),
        _ => Ok(Vec::new()),
    }
}

fn read_part(value: &Value) -> Result<Node> {
    if let Value::String(text) = value {
        return Ok(Node {
            part: Part::Text(text.clone()),
            cache: None,
            own: Own::from_iter([("~bare".to_owned(), true.into())]),
        });
    }
    let mut take = Take::strict(value)?;
    let kind = take.kind()?;
    let mut inner_own = None;
    let part = match kind.as_str() {
        "text" => Some(Part::Text(take.needed_text("text")?)),
        "refusal" => Some(Part::Refusal(take.needed_text("refusal")?)),
        "image_url" => {
            let (source, detail) = if let Some(Value::String(url)) = take.get("image_url").cloned() {
                // A bare address, as Mistral takes it.
                take.any("image_url");
                inner_own = Some(Own::from_iter([("~bare".to_owned(), true.into())]));
                (media_of(&url), None)
            } else {
                let mut inner = needed(&mut take, "image_url")?;
                let read = (media_of(&inner.needed_text("url")?), inner.text("detail")?);
                inner_own = Some(inner.rest());
                read
            };
            Some(Part::Image { source, detail })
        }
        "input_audio" => {
            let mut inner = needed(&mut take, "input_audio")?;
            let (data, format) = (inner.needed_text("data")?, inner.text("format")?);
            inner_own = Some(inner.rest());
            let media_type = format!("audio/{}", format.as_deref().unwrap_or_default());
            Some(Part::Audio { source: Media::Base64 { media_type, data } })
        }
        "file" => {
            let mut inner = needed(&mut take, "file")?;
            let (id, name) = (inner.text("file_id")?, inner.text("filename")?);
            let mut bare = None;
            let source = match inner.text("file_data")? {
                Some(data) => {
                    let (source, spelling) = file_data(&data, name.as_deref());
                    bare = spelling.map(|bare| ("~data".to_owned(), bare.into()));
                    // Both may stand there: the other is written back.
                    if let Some(id) = id {
                        inner.put_back("file_id", id.into());
                    }
                    Some(source)
                }
                None => id.map(Media::Id),
            };
            let mut rest = inner.rest();
            rest.extend(bare);
            inner_own = Some(rest);
            source.map(|source| Part::File { source, name })
        }
        _ => None,
    };
    let Some(part) = part else { return Ok(Node::new(Part::Other(value.clone()))) };
    take.drop_if("type", &kind);
    let cache = take.cache_control();
    let mut own = take.rest();
    if let Some(inner) = inner_own.filter(|inner| !inner.is_empty()) {
        own.insert("~inner".to_owned(), Value::Object(inner));
    }
    Ok(Node { part, cache, own })
}

fn needed(take: &mut Take, name: &str) -> Result<Take> {
    match take.inner(name)? {
        Some(inner) => Ok(inner),
        None => Err(take.wrong(name, "an object")),
    }
}

/// A `data:` address is data; anything else is an address.
pub(in crate::translate) fn media_of(url: &str) -> Media {
    match data_url(url) {
        Some((media_type, data)) => Media::Base64 { media_type: media_type.to_owned(), data: data.to_owned() },
        None => Media::Url { url: url.to_owned(), media_type: None },
    }
}

/// A file's data: a `data:` address, an address as OpenRouter takes it, or bare base64, whose type its name says. With a note if it is
/// no `data:` address.
pub(in crate::translate) fn file_data(data: &str, name: Option<&str>) -> (Media, Option<&'static str>) {
    if data_url(data).is_some() {
        return (media_of(data), None);
    }
    if data.starts_with("http://") || data.starts_with("https://") {
        return (media_of(data), Some("address"));
    }
    let ending = name.and_then(|name| name.rsplit_once('.')).map_or("", |(_, ending)| ending);
    let media_type = match ending.to_ascii_lowercase().as_str() {
        "txt" | "md" => "text/plain",
        "csv" => "text/csv",
        "html" | "htm" => "text/html",
        "json" => "application/json",
        _ => "application/pdf",
    };
    (Media::Base64 { media_type: media_type.to_owned(), data: data.to_owned() }, Some("bare"))
}

/// The address of media.
pub(in crate::translate) fn url_of(media: &Media) -> Option<String> {
    match media {
        Media::Base64 { media_type, data } => Some(format!("data:{media_type};base64,{data}")),
        Media::Url { url, .. } => Some(url.clone()),
        Media::Text(text) => Some(text.clone()),
        Media::Id(_) => None,
    }
}

/// Writes content: as a text where it was one, or where it is nothing but text.
pub(super) fn write(nodes: &[&Node], own: &Own, is_own: bool, at: &str, lost: &mut Losses) -> Option<Value> {
    let spelling = note(own, SPELLING).filter(|_| is_own);
    let texts: Option<Vec<&str>> = nodes
        .iter()
        .map(|node| match &node.part {
            Part::Text(text) if node.cache.is_none() => Some(text.as_str()),
            _ => None,
        })
        .collect();
    match (spelling, texts) {
        (Some("string"), Some(texts)) => Some(Value::from(texts.concat())),
        (None, Some(texts)) if !texts.is_empty() => Some(Value::from(texts.join("\n\n"))),
        (None, Some(_)) => None,
        _ => Some(nodes.iter().filter_map(|node| write_part(node, is_own, at, lost)).collect()),
    }
}

fn write_part(node: &Node, is_own: bool, at: &str, lost: &mut Losses) -> Option<Value> {
    let inner_own = node.own.get("~inner").and_then(Value::as_object).cloned().unwrap_or_default();
    let mut put = Put::default();
    let inner = |mut inner: Put| {
        inner.own(&inner_own, is_own);
        inner.done()
    };
    match &node.part {
        Part::Text(text) if is_own && node.own.contains_key("~bare") => return Some(Value::from(text.clone())),
        Part::Text(text) => _ = put.set("type", "text").set("text", text.clone()),
        Part::Refusal(text) => _ = put.set("type", "refusal").set("refusal", text.clone()),
        Part::Image { source, detail } => {
            let Some(url) = url_of(source) else { return lost.part(at, "an image under an id of another provider's") };
            put.set("type", "image_url");
            if is_own && inner_own.contains_key("~bare") {
                put.set("image_url", url);
            } else {
                let mut image = Put::default();
                image.set("url", url).maybe("detail", detail.clone());
                put.set("image_url", inner(image));
            }
        }
        Part::Audio { source: Media::Base64 { media_type, data } } => {
            let mut audio = Put::default();
            let format = media_type.strip_prefix("audio/").unwrap_or(media_type);
            audio.set("data", data.clone()).maybe(
                "format",
                Some(format)
                    .filter(|format| !format.is_empty())
                    .map(|format| if format == "mpeg" { "mp3" } else { format }),
            );
            put.set("type", "input_audio").set("input_audio", inner(audio));
        }
        Part::File { source: Media::Text(text), name } => {
            // There is no part for plain text with a title: text is what the model reads.
            let titled = name.as_ref().map_or_else(|| text.clone(), |name| format!("{name}\n\n{text}"));
            put.set("type", "text").set("text", titled);
        }
        Part::File { source, name } => {
            let mut file = Put::default();
            match source {
                Media::Id(id) => _ = file.set("file_id", id.clone()),
                Media::Url { url, .. } if !is_own => {
                    lost.push(at, "a file at an address is named in text");
                    return Some(json!({"type": "text", "text": url}));
                }
                Media::Base64 { data, .. } if is_own && inner_own.contains_key("~data") => {
                    _ = file.set("file_data", data.clone());
                }
                other => _ = file.maybe("file_data", url_of(other)),
            }
            file.maybe("filename", name.clone());
            put.set("type", "file").set("file", inner(file));
        }
        Part::Other(value) if is_own => return Some(value.clone()),
        Part::Other(_) => return lost.part(at, "a part that only its own dialect knows"),
        Part::Audio { .. } => return lost.part(at, "audio that is not in the request"),
        Part::ToolResult { .. } => return lost.part(at, "a result of a tool that ran with the provider"),
        Part::Reasoning { .. } | Part::ToolCall { .. } => return None,
    }
    put.maybe("cache_control", node.cache.map(cache_control));
    put.own(&node.own, is_own);
    Some(put.done())
}

impl Losses {
    /// Tells that a part is left out.
    pub(in crate::translate) fn part(&mut self, at: &str, why: &'static str) -> Option<Value> {
        self.push(at, why);
        None
    }

    /// Tells a loss.
    pub(in crate::translate) fn push(&mut self, at: &str, why: &'static str) {
        self.0.push(Lost { field: at.to_owned(), why });
    }
}
