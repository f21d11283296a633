//! Responses.

use serde_json::{Value, json};

use super::super::model::{Choice, Finish, Node, Own, Part, Response};
use super::super::take::{Put, Take};
use super::super::{Losses, Written, usage};
use super::{message, parts};
use crate::chat::{Dialect, Role};
use crate::error::{Error, Kind, Result};

pub(super) fn read(body: &Value) -> Result<Response> {
    let mut take = Take::lenient(body);
    let choices = take.list("choices")?.ok_or_else(|| Error::new(Kind::Truncated, "the answer has no `choices`"))?;
    let usage = usage::read(Dialect::Chat, take.get("usage"));
    Ok(Response {
        dialect: Dialect::Chat,
        id: take.text("id")?,
        model: take.text("model")?,
        created_s: take.whole("created")?,
        choices: choices.iter().map(read_choice).collect::<Result<_>>()?,
        usage,
        service_tier: take.text("service_tier")?,
        own: {
            take.drop_if("object", "chat.completion");
            let mut own = take.rest();
            if body.get("object").is_none() {
                own.insert("~object".to_owned(), "absent".into());
            }
            own
        },
    })
}

fn read_choice(value: &Value) -> Result<Choice> {
    if !value.is_object() {
        return Err(Error::new(Kind::Truncated, "a choice of the answer is no object"));
    }
    let mut take = Take::lenient(value);
    let message = take.object("message")?;
    let mut choice = Choice { finish: take.text("finish_reason")?.map(finish), ..Choice::default() };
    choice.logprobs = take.any("logprobs");
    if let Some(said) = message {
        let mut inner = Take::lenient(&Value::Object(said));
        let mut spelling = Vec::new();
        let mut nodes = Vec::new();
        for field in ["reasoning_content", "reasoning"] {
            if let Some(text) = inner.get(field).and_then(Value::as_str).map(str::to_owned) {
                inner.any(field);
                let part = Part::Reasoning { text: Some(text), signature: None, id: None };
                nodes.push(Node { part, cache: None, own: Own::from_iter([("~field".to_owned(), field.into())]) });
            }
        }
        nodes.extend(parts::read(&mut inner, &mut spelling)?);
        if let Some(refusal) = inner.text("refusal")? {
            let own = Own::from_iter([("~field".to_owned(), "refusal".into())]);
            nodes.push(Node { part: Part::Refusal(refusal), cache: None, own });
        }
        if let Some(calls) = inner.list("tool_calls")? {
            if calls.is_empty() {
                inner.put_back("tool_calls", json!([]));
            }
            for call in &calls {
                nodes.push(message::read_call(call).unwrap_or_else(|_| message::other_call(call)));
            }
        }
        if inner.get("role").is_none() {
            spelling.push(("~role".to_owned(), "absent".into()));
        }
        inner.drop_if("role", "assistant");
        let mut own = inner.rest();
        own.extend(spelling);
        choice.parts = nodes;
        choice.own.insert("~message".to_owned(), Value::Object(own));
    } else {
        choice.own.insert("~no_message".to_owned(), true.into());
    }
    choice.own.extend(take.rest());
    Ok(choice)
}

pub(super) fn finish(written: String) -> Finish {
    match written.as_str() {
        "stop" => Finish::Stop,
        "length" => Finish::Length,
        "tool_calls" => Finish::ToolCalls,
        "content_filter" => Finish::ContentFilter,
        _ => Finish::Other(written),
    }
}

pub(super) fn finish_name(finish: &Finish) -> &str {
    match finish {
        Finish::Stop | Finish::StopSequence(_) | Finish::Pause | Finish::Refusal => "stop",
        Finish::Length | Finish::ContextFull => "length",
        Finish::ToolCalls => "tool_calls",
        Finish::ContentFilter => "content_filter",
        Finish::Other(written) => written,
    }
}

pub(super) fn write(response: &Response) -> Written {
    let is_own = response.dialect == Dialect::Chat;
    let (mut lost, mut put) = (Losses::default(), Put::default());
    put.maybe("id", response.id.clone());
    if !(is_own && (response.own.contains_key("~object") || response.own.contains_key("object"))) {
        put.set("object", "chat.completion");
    }
    put.maybe("created", response.created_s.or_else(|| (!is_own).then_some(0)));
    put.maybe("model", response.model.clone());
    let choices =
        response.choices.iter().enumerate().map(|(index, choice)| write_choice(choice, index, is_own, &mut lost));
    put.set("choices", choices.collect::<Vec<_>>());
    put.maybe("usage", usage::write(Dialect::Chat, response, is_own));
    put.maybe("service_tier", response.service_tier.clone()).own(&response.own, is_own);
    Written { body: put.done(), lost: lost.0 }
}

fn write_choice(choice: &Choice, index: usize, is_own: bool, lost: &mut Losses) -> Value {
    let mut put = Put::default();
    let empty = Own::new();
    let read = choice.own.get("~message").and_then(Value::as_object).filter(|_| is_own);
    // An answer that was folded from a stream has no spelling to keep.
    let is_read = read.is_some() || (is_own && choice.own.contains_key("~no_message"));
    let own = read.unwrap_or(&empty);
    if !is_read {
        put.set("index", index);
    }
    if read.is_some() || !is_read {
        let mut turn = Put::default();
        if !own.contains_key("role") && !own.contains_key("~role") {
            turn.set("role", "assistant");
        }
        let nodes: Vec<&Node> = choice.parts.iter().collect();
        message::fill_turn(&mut turn, Role::Assistant, &nodes, own, is_read, &format!("choices[{index}]"), lost);
        turn.own(own, is_own);
        put.set("message", turn.done());
    }
    put.maybe("logprobs", choice.logprobs.clone().filter(|_| is_own));
    if choice.logprobs.is_some() && !is_own {
        lost.push(&format!("choices[{index}].logprobs"), "log probabilities differ between dialects");
    }
    match &choice.finish {
        Some(finish) => _ = put.set("finish_reason", finish_name(finish)),
        None if !is_read => _ = put.set("finish_reason", Value::Null),
        None => {}
    }
    put.own(&choice.own, is_own);
    put.done()
}
