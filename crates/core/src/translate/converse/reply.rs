//! Responses.

use serde_json::{Value, json};

use super::super::model::{Choice, Finish, Response};
use super::super::take::{Put, Take};
use super::super::{Losses, Written, usage};
use super::blocks;
use crate::chat::Dialect;
use crate::error::{Error, Kind, Result};

pub(super) fn read(body: &Value) -> Result<Response> {
    let mut take = Take::lenient(body);
    let message = body.pointer("/output/message").and_then(Value::as_object);
    let message = message.ok_or_else(|| Error::new(Kind::Truncated, "the answer has no `output.message`"))?;
    if message.get("content").is_some_and(|content| !content.is_array() && !content.is_null()) {
        return Err(Error::new(Kind::Truncated, "the answer's `output.message.content` is no list"));
    }
    let mut inner = Take::lenient(&Value::Object(message.clone()));
    let content = inner.list("content")?.unwrap_or_default();
    if content.is_empty() && message.get("content").is_some_and(Value::is_array) {
        inner.put_back("content", json!([]));
    }
    let mut output = take.inner("output")?.map(Take::rest).unwrap_or_default();
    output.shift_remove("message");
    let mut choice = Choice { parts: blocks::read_leniently(&content), ..Choice::default() };
    choice.finish = take.text("stopReason")?.map(finish);
    choice.own.insert("~message".to_owned(), Value::Object(inner.rest()));
    choice.own.insert("~output".to_owned(), Value::Object(output));
    Ok(Response {
        dialect: Dialect::Converse,
        choices: vec![choice],
        usage: usage::read(Dialect::Converse, take.get("usage")),
        own: take.rest(),
        ..Response::default()
    })
}

pub(super) fn finish(reason: String) -> Finish {
    match reason.as_str() {
        "end_turn" => Finish::Stop,
        "stop_sequence" => Finish::StopSequence(None),
        "tool_use" => Finish::ToolCalls,
        "max_tokens" => Finish::Length,
        "content_filtered" => Finish::ContentFilter,
        "model_context_window_exceeded" => Finish::ContextFull,
        _ => Finish::Other(reason),
    }
}

fn finish_name(finish: &Finish) -> &str {
    match finish {
        Finish::Stop | Finish::Pause | Finish::Refusal => "end_turn",
        Finish::StopSequence(_) => "stop_sequence",
        Finish::ToolCalls => "tool_use",
        Finish::Length => "max_tokens",
        Finish::ContentFilter => "content_filtered",
        Finish::ContextFull => "model_context_window_exceeded",
        Finish::Other(reason) => reason,
    }
}

pub(super) fn write(response: &Response) -> Written {
    let is_own = response.dialect == Dialect::Converse;
    let (mut lost, mut put) = (Losses::default(), Put::default());
    if response.choices.len() > 1 {
        lost.push("choices", "converse gives one answer: the first");
    }
    let empty = Choice::default();
    let choice = response.choices.first().unwrap_or(&empty);
    let content = blocks::write_all(&choice.parts, is_own, true, "choices[0]", &mut lost);
    let (mut message, mut output) = (Put::default(), Put::default());
    // An answer that was folded from a stream has no spelling to keep.
    if is_own && choice.own.contains_key("~message") {
        if !content.is_empty() {
            message.set("content", content);
        }
        for (put, name) in [(&mut message, "~message"), (&mut output, "~output")] {
            if let Some(rest) = choice.own.get(name).and_then(Value::as_object) {
                put.own(rest, true);
            }
        }
    } else {
        message.set("role", "assistant").set("content", content);
    }
    output.set("message", message.done());
    put.set("output", output.done());
    put.maybe("stopReason", choice.finish.as_ref().map(|finish| finish_name(finish).to_owned()));
    put.maybe("usage", usage::write(Dialect::Converse, response, is_own)).own(&response.own, is_own);
    Written { body: put.done(), lost: lost.0 }
}
