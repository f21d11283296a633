//! Parts of contents.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::super::Losses;
use super::super::model::{Media, Node, Own, Part};
use super::super::take::{Put, Take, note, parsed};
use crate::error::Result;

pub(super) fn read(value: &Value, index: usize) -> Result<Node> {
    let mut take = Take::strict(value)?;
    let mut notes = Own::new();
    let thought = take.truth("thought")?;
    let is_thought = thought == Some(true) && take.str("text").is_some();
    if let Some(thought) = thought.filter(|_| !is_thought) {
        take.put_back("thought", thought.into());
    }
    let part = if take.get("text").is_some_and(Value::is_string) {
        let text = take.text("text")?;
        if is_thought {
            let signature = take.text("thoughtSignature")?;
            Part::Reasoning { text, signature, id: None }
        } else {
            Part::Text(text.unwrap_or_default())
        }
    } else if take.get("text").is_some_and(|text| !text.is_null()) {
        return Err(take.wrong("text", "a text"));
    } else if let Some(mut inner) = take.inner("inlineData")? {
        let written_type = inner.get("mimeType").cloned();
        let (media_type, data) = (inner.text("mimeType")?.unwrap_or_default(), inner.needed_text("data")?);
        let mut inner = inner.rest();
        if media_type.is_empty() {
            // None, `null` or nothing: as it was.
            inner.extend(written_type.map(|written| ("mimeType".to_owned(), written)));
        }
        notes.insert("~inner".to_owned(), Value::Object(inner));
        media(Media::Base64 { media_type: media_type.clone(), data }, &media_type)
    } else if let Some(mut inner) = take.inner("fileData")? {
        let (media_type, url) = (inner.text("mimeType")?, inner.needed_text("fileUri")?);
        notes.insert("~inner".to_owned(), Value::Object(inner.rest()));
        media(Media::Url { url, media_type: media_type.clone() }, media_type.as_deref().unwrap_or_default())
    } else if let Some(mut inner) = take.inner("functionCall")? {
        let name = inner.needed_text("name")?;
        let arguments = inner.object("args")?.map_or_else(String::new, |args| Value::Object(args).to_string());
        let id = inner.text("id")?;
        if id.is_none() {
            notes.insert("~id".to_owned(), "absent".into());
        }
        notes.insert("~inner".to_owned(), Value::Object(inner.rest()));
        Part::ToolCall { id: id.unwrap_or_else(|| format!("call_{index}_{name}")), name, arguments }
    } else if let Some(mut inner) = take.inner("functionResponse")? {
        let name = inner.text("name")?;
        let id = inner.text("id")?;
        if id.is_none() {
            notes.insert("~id".to_owned(), "absent".into());
        }
        let response = inner.object("response")?.map(Value::Object);
        notes.insert("~inner".to_owned(), Value::Object(inner.rest()));
        // `{"result": "text"}` and the like are that text; anything else is JSON.
        let (text, is_error) = match response.as_ref().and_then(Value::as_object).map(|fields| (fields.len(), fields)) {
            Some((1, fields)) => match fields.iter().next() {
                Some((key, Value::String(text)))
                    if matches!(key.as_str(), "result" | "output" | "content" | "error") =>
                {
                    notes.insert("~key".to_owned(), key.clone().into());
                    (text.clone(), key == "error")
                }
                _ => (response.clone().unwrap_or_default().to_string(), false),
            },
            Some(_) => (response.clone().unwrap_or_default().to_string(), false),
            None => (String::new(), false),
        };
        if response.is_none() {
            notes.insert("~key".to_owned(), "absent".into());
        }
        let parts = vec![Node::new(Part::Text(text))];
        Part::ToolResult { id: id.unwrap_or_else(|| name.clone().unwrap_or_default()), name, parts, is_error }
    } else {
        return Ok(Node::new(Part::Other(value.clone())));
    };
    let mut own = take.rest();
    notes.retain(|name, value| name != "~inner" || value.as_object().is_some_and(|inner| !inner.is_empty()));
    own.extend(notes);
    Ok(Node { part, cache: None, own })
}

fn media(source: Media, media_type: &str) -> Part {
    if media_type.starts_with("image/") {
        Part::Image { source, detail: None }
    } else if media_type.starts_with("audio/") {
        Part::Audio { source }
    } else {
        Part::File { source, name: None }
    }
}

/// Writes a part. `names` are the names of tools by the ids of their calls: results name their tool here.
pub(super) fn write(
    node: &Node,
    is_own: bool,
    is_answer: bool,
    names: &BTreeMap<&str, &str>,
    at: &str,
    lost: &mut Losses,
) -> Option<Value> {
    let inner_own = node.own.get("~inner").and_then(Value::as_object).cloned().unwrap_or_default();
    let spelled = |name: &str| note(&node.own, name).filter(|_| is_own);
    if node.cache.is_some() {
        lost.push(at, "prompts are cached by themselves, or by `cachedContents`");
    }
    let mut put = Put::default();
    match &node.part {
        Part::Text(text) | Part::Refusal(text) => _ = put.set("text", text.clone()),
        Part::Reasoning { text, signature, .. } => {
            if !is_own && !is_answer {
                return lost.part(at, "another model's thoughts are not sent back");
            }
            if !is_own && text.is_none() {
                return lost.part(at, "a thought that only its own provider can read");
            }
            put.set("text", text.clone().unwrap_or_default()).set("thought", true);
            put.maybe("thoughtSignature", signature.clone().filter(|_| is_own));
        }
        Part::ToolCall { id, name, arguments } => {
            let mut call = Put::default();
            call.set("name", name.clone());
            match parsed(arguments, is_own) {
                Some(_) if is_own && arguments.is_empty() => {}
                Some(args) if is_own || args.is_object() => _ = call.set("args", args),
                _ => {
                    lost.push(at, "arguments that are no JSON object are sent as a text in one");
                    call.set("args", json!({"arguments": arguments}));
                }
            }
            if spelled("~id").is_none() && (is_own || is_answer) {
                call.set("id", id.clone());
            }
            call.own(&inner_own, is_own);
            put.set("functionCall", call.done());
        }
        Part::ToolResult { id, name, parts, is_error } => {
            let mut result = Put::default();
            let known = names.get(id.as_str()).map(|name| (*name).to_owned());
            result.maybe(
                "name",
                if is_own { name.clone() } else { Some(name.clone().or(known).unwrap_or_else(|| id.clone())) },
            );
            if is_own && spelled("~id").is_none() {
                result.set("id", id.clone());
            }
            let mut texts = Vec::new();
            for part in parts {
                match &part.part {
                    Part::Text(text) => texts.push(text.as_str()),
                    _ => lost.push(at, "results of tools are text"),
                }
            }
            let text = texts.join("\n\n");
            let response = match spelled("~key") {
                Some("absent") => None,
                Some(key) => Some(Value::Object(Map::from_iter([(key.to_owned(), text.into())]))),
                None if is_own => serde_json::from_str(&text).ok(),
                None => Some(if *is_error { json!({"error": text}) } else { json!({"result": text}) }),
            };
            result.maybe("response", response).own(&inner_own, is_own);
            put.set("functionResponse", result.done());
        }
        Part::Image { source, .. } | Part::Audio { source } | Part::File { source, .. } => {
            let mut inner = Put::default();
            match source {
                Media::Base64 { media_type, data } => {
                    let is_said = !(media_type.is_empty() && is_own);
                    inner.maybe("mimeType", is_said.then(|| media_type.clone()));
                    inner.set("data", data.clone()).own(&inner_own, is_own);
                    put.set("inlineData", inner.done());
                }
                Media::Url { url, media_type } => {
                    if !is_own {
                        lost.push(at, "an address must be one that Gemini can read");
                    }
                    inner.set("fileUri", url.clone()).maybe("mimeType", media_type.clone()).own(&inner_own, is_own);
                    put.set("fileData", inner.done());
                }
                Media::Text(text) => _ = put.set("text", text.clone()),
                Media::Id(_) => return lost.part(at, "a file under an id of another provider's"),
            }
        }
        Part::Other(value) if is_own => return Some(value.clone()),
        Part::Other(_) => return lost.part(at, "a part that only its own dialect knows"),
    }
    put.own(&node.own, is_own);
    Some(put.done())
}
