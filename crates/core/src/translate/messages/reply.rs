//! Responses.

use serde_json::{Value, json};

use super::super::model::{Choice, Finish, Node, Part, Response};
use super::super::take::{Put, Take};
use super::super::{Losses, Written, usage};
use super::{blocks, request};
use crate::chat::Dialect;
use crate::error::{Error, Kind, Result};

pub(super) fn read(body: &Value) -> Result<Response> {
    let mut take = Take::lenient(body);
    let content = take.list("content")?.ok_or_else(|| Error::new(Kind::Truncated, "the answer has no `content`"))?;
    let parts =
        content.iter().map(|block| blocks::read(block).unwrap_or_else(|_| Node::new(Part::Other(block.clone()))));
    let parts: Vec<Node> = parts.collect();
    let sequence = take.str("stop_sequence").map(str::to_owned);
    let finish = take.text("stop_reason")?.map(|reason| finish(reason, sequence));
    let usage = usage::read(Dialect::Messages, take.get("usage"));
    let service_tier =
        take.get("usage").and_then(|usage| usage.get("service_tier")).and_then(Value::as_str).map(str::to_owned);
    Ok(Response {
        dialect: Dialect::Messages,
        id: take.text("id")?,
        model: take.text("model")?,
        created_s: None,
        choices: vec![Choice { parts, finish, ..Choice::default() }],
        usage,
        service_tier,
        own: {
            let mut own = take.rest();
            if body.get("stop_sequence").is_none() {
                own.insert("~stop_sequence".to_owned(), "absent".into());
            }
            own
        },
    })
}

pub(super) fn finish(reason: String, sequence: Option<String>) -> Finish {
    match reason.as_str() {
        "end_turn" => Finish::Stop,
        "stop_sequence" => Finish::StopSequence(sequence),
        "tool_use" => Finish::ToolCalls,
        "max_tokens" => Finish::Length,
        "refusal" => Finish::Refusal,
        "pause_turn" => Finish::Pause,
        "model_context_window_exceeded" => Finish::ContextFull,
        _ => Finish::Other(reason),
    }
}

pub(super) fn finish_name(finish: &Finish) -> &str {
    match finish {
        Finish::Stop => "end_turn",
        Finish::StopSequence(_) => "stop_sequence",
        Finish::ToolCalls => "tool_use",
        Finish::Length => "max_tokens",
        Finish::Refusal | Finish::ContentFilter => "refusal",
        Finish::Pause => "pause_turn",
        Finish::ContextFull => "model_context_window_exceeded",
        Finish::Other(reason) => reason,
    }
}

pub(super) fn write(response: &Response) -> Written {
    let is_own = response.dialect == Dialect::Messages;
    let (mut lost, mut put) = (Losses::default(), Put::default());
    if response.choices.len() > 1 {
        lost.push("choices", "messages give one answer: the first");
    }
    put.maybe("id", response.id.clone());
    if !is_own {
        put.set("type", "message").set("role", "assistant");
    }
    put.maybe("model", response.model.clone());
    let empty = Choice::default();
    let choice = response.choices.first().unwrap_or(&empty);
    put.set("content", request::content(&choice.parts, is_own, &mut lost));
    match &choice.finish {
        Some(finish) => _ = put.set("stop_reason", finish_name(finish)),
        None if !is_own => _ = put.set("stop_reason", Value::Null),
        None => {}
    }
    let is_read = ["stop_sequence", "~stop_sequence"].iter().any(|name| response.own.contains_key(*name));
    if !(is_own && is_read) {
        let sequence = match &choice.finish {
            Some(Finish::StopSequence(sequence)) => json!(sequence),
            _ => Value::Null,
        };
        put.set("stop_sequence", sequence);
    }
    put.maybe(
        "usage",
        usage::write(Dialect::Messages, response, is_own)
            .or_else(|| (!is_own).then(|| json!({"input_tokens": 0, "output_tokens": 0}))),
    );
    put.own(&response.own, is_own);
    Written { body: put.done(), lost: lost.0 }
}
