//! Responses.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::super::model::{Choice, Finish, Node, Own, Part, Response};
use super::super::take::{Put, Take};
use super::super::{Losses, Written, usage};
use super::parts;
use crate::chat::Dialect;
use crate::error::{Error, Kind, Result};

pub(super) fn read(body: &Value) -> Result<Response> {
    let mut take = Take::lenient(body);
    if let Some(other) = take.get("candidates").filter(|candidates| !candidates.is_null())
        && other.as_array().is_none_or(|candidates| !candidates.iter().all(Value::is_object))
    {
        return Err(Error::new(Kind::Truncated, "the answer's `candidates` are no list of objects"));
    }
    let candidates = match take.list("candidates")? {
        Some(candidates) => candidates,
        // A prompt that is blocked has none.
        None if take.get("promptFeedback").is_some() || take.get("usageMetadata").is_some() => Vec::new(),
        None => return Err(Error::new(Kind::Truncated, "the answer has no `candidates`")),
    };
    let mut response = Response {
        dialect: Dialect::GenerateContent,
        id: take.text("responseId")?,
        model: take.text("modelVersion")?,
        usage: usage::read(Dialect::GenerateContent, take.get("usageMetadata")),
        choices: candidates.iter().map(read_candidate).collect(),
        ..Response::default()
    };
    if candidates.is_empty() && body.get("candidates").is_some_and(Value::is_array) {
        take.put_back("candidates", json!([]));
    }
    response.own = take.rest();
    if response.choices.is_empty() && response.own.contains_key("promptFeedback") {
        let own = Own::from_iter([("~blocked".to_owned(), true.into())]);
        response.choices.push(Choice { finish: Some(Finish::ContentFilter), own, ..Choice::default() });
    }
    Ok(response)
}

pub(super) fn read_candidate(value: &Value) -> Choice {
    let mut take = Take::lenient(value);
    let mut choice = Choice::default();
    let reason = take.get("finishReason").and_then(reason).map(str::to_owned);
    if let Some(content) = take.object("content").ok().flatten() {
        let mut inner = Take::lenient(&Value::Object(content));
        if let Some(list) = inner.list("parts").ok().flatten() {
            let read = |(index, part): (usize, &Value)| {
                parts::read(part, index).unwrap_or_else(|_| Node::new(Part::Other(part.clone())))
            };
            choice.parts = list.iter().enumerate().map(read).collect();
            if list.is_empty() {
                inner.put_back("parts", json!([]));
            }
        }
        choice.own.insert("~content".to_owned(), Value::Object(inner.rest()));
    } else {
        choice.own.insert("~no_content".to_owned(), true.into());
    }
    let calls = choice.parts.iter().any(|node| matches!(node.part, Part::ToolCall { .. }));
    choice.finish = reason.map(|reason| finish(&reason, calls));
    choice.own.extend(take.rest());
    choice
}

/// The reason's name; some clients of Vertex' write the number that stands for it.
pub(super) fn reason(written: &Value) -> Option<&str> {
    const NAMES: [&str; 6] = ["", "STOP", "MAX_TOKENS", "SAFETY", "RECITATION", "OTHER"];
    let number = written.as_u64().and_then(|number| usize::try_from(number).ok());
    written.as_str().or_else(|| NAMES.get(number?).copied()).filter(|name| !name.is_empty())
}

pub(super) fn finish(reason: &str, calls: bool) -> Finish {
    match reason {
        "STOP" if calls => Finish::ToolCalls,
        "STOP" => Finish::Stop,
        "MAX_TOKENS" => Finish::Length,
        "SAFETY" | "RECITATION" | "BLOCKLIST" | "PROHIBITED_CONTENT" | "SPII" | "IMAGE_SAFETY" => Finish::ContentFilter,
        other => Finish::Other(other.to_owned()),
    }
}

pub(super) fn finish_name(finish: &Finish) -> &str {
    match finish {
        Finish::Stop | Finish::StopSequence(_) | Finish::ToolCalls | Finish::Pause => "STOP",
        Finish::Length | Finish::ContextFull => "MAX_TOKENS",
        Finish::ContentFilter | Finish::Refusal => "SAFETY",
        Finish::Other(reason) => reason,
    }
}

pub(super) fn write(response: &Response) -> Written {
    let is_own = response.dialect == Dialect::GenerateContent;
    let (mut lost, mut put) = (Losses::default(), Put::default());
    put.maybe("responseId", response.id.clone()).maybe("modelVersion", response.model.clone());
    let candidates: Vec<Value> = response
        .choices
        .iter()
        .enumerate()
        .filter(|(_, choice)| !(is_own && choice.own.contains_key("~blocked")))
        .map(|(index, choice)| write_candidate(choice, index, is_own, &mut lost))
        .collect();
    if !candidates.is_empty() || !is_own {
        put.set("candidates", candidates);
    }
    put.maybe("usageMetadata", usage::write(Dialect::GenerateContent, response, is_own)).own(&response.own, is_own);
    Written { body: put.done(), lost: lost.0 }
}

fn write_candidate(choice: &Choice, index: usize, is_own: bool, lost: &mut Losses) -> Value {
    let mut put = Put::default();
    let parts: Vec<Value> = choice
        .parts
        .iter()
        .filter_map(|node| parts::write(node, is_own, true, &BTreeMap::new(), "choices", lost))
        .collect();
    // An answer that was folded from a stream has no spelling to keep.
    let is_read = is_own && (choice.own.contains_key("~content") || choice.own.contains_key("~no_content"));
    if is_read {
        if let Some(rest) = choice.own.get("~content").and_then(Value::as_object) {
            let mut content = Put::default();
            if !parts.is_empty() {
                content.set("parts", parts);
            }
            content.own(rest, true);
            put.set("content", content.done());
        }
    } else {
        put.set("content", json!({"role": "model", "parts": parts})).set("index", index);
        put.maybe("finishReason", choice.finish.as_ref().map(|finish| finish_name(finish).to_owned()));
    }
    put.own(&choice.own, is_own);
    put.done()
}
