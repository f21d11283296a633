//! Responses. The items of the output are one answer's parts; what belongs to an item stands with its first part.

use serde_json::{Value, json};

use super::super::model::{Choice, Finish, Message, Node, Part, Response};
use super::super::take::{Put, Take};
use super::super::{Losses, Written, usage};
use super::items;
use crate::chat::{Dialect, Role};
use crate::error::{Error, Kind, Result};

/// Where an item's own members stand, with its number.
const ITEM: &str = "~output";

pub(super) fn read(body: &Value) -> Result<Response> {
    let mut take = Take::lenient(body);
    let output = take.list("output")?.ok_or_else(|| Error::new(Kind::Truncated, "the answer has no `output`"))?;
    let mut choice = Choice::default();
    for (index, item) in output.iter().enumerate() {
        // An item that cannot be read is kept whole.
        let message = items::read(item).unwrap_or_else(|_| items::whole(item));
        let note = json!({"at": index, "own": message.own, "role": matches!(message.role, Role::Assistant)});
        // A message that says nothing is still an item.
        let parts = if message.parts.is_empty() { items::whole(item).parts } else { message.parts };
        choice.parts.extend(parts.into_iter().map(|mut node| {
            node.own.insert(ITEM.to_owned(), note.clone());
            node
        }));
    }
    let calls = choice.parts.iter().any(|node| matches!(node.part, Part::ToolCall { .. }));
    choice.finish = match take.str("status") {
        Some("completed") | None => Some(if calls { Finish::ToolCalls } else { Finish::Stop }),
        Some("incomplete") => Some(
            match take.get("incomplete_details").and_then(|details| details.get("reason")).and_then(Value::as_str) {
                Some("max_output_tokens") => Finish::Length,
                Some("content_filter") => Finish::ContentFilter,
                reason => Finish::Other(reason.unwrap_or("incomplete").to_owned()),
            },
        ),
        // In progress, queued, failed, cancelled: no end.
        Some(_) => None,
    };
    let usage = usage::read(Dialect::Responses, take.get("usage"));
    let created_s = take.whole("created_at")?;
    Ok(Response {
        dialect: Dialect::Responses,
        id: take.text("id")?,
        model: take.text("model")?,
        created_s,
        choices: vec![choice],
        usage,
        service_tier: take.text("service_tier")?,
        own: take.rest(),
    })
}

pub(super) fn write(response: &Response) -> Written {
    let is_own = response.dialect == Dialect::Responses;
    let (mut lost, mut put) = (Losses::default(), Put::default());
    put.maybe("id", response.id.clone());
    put.maybe("created_at", response.created_s.or_else(|| (!is_own).then_some(0)));
    put.maybe("model", response.model.clone());
    if response.choices.len() > 1 {
        lost.push("choices", "responses give one answer: the first");
    }
    let empty = Choice::default();
    let choice = response.choices.first().unwrap_or(&empty);
    put.set("output", output(choice, is_own, &mut lost));
    if !is_own {
        let (status, details) = match &choice.finish {
            Some(Finish::Length | Finish::ContextFull) => ("incomplete", json!({"reason": "max_output_tokens"})),
            Some(Finish::ContentFilter) => ("incomplete", json!({"reason": "content_filter"})),
            None => ("incomplete", Value::Null),
            Some(_) => ("completed", Value::Null),
        };
        put.set("object", "response")
            .set("status", status)
            .set("incomplete_details", details)
            .set("error", Value::Null);
        put.set("parallel_tool_calls", true).set("tool_choice", "auto").set("tools", json!([]));
    }
    put.maybe("usage", usage::write(Dialect::Responses, response, is_own));
    put.maybe("service_tier", response.service_tier.clone()).own(&response.own, is_own);
    Written { body: put.done(), lost: lost.0 }
}

/// Parts as items: in their own dialect those that came as one item leave as one.
pub(super) fn output(choice: &Choice, is_own: bool, lost: &mut Losses) -> Vec<Value> {
    if !is_own {
        let message = Message { role: Role::Assistant, parts: choice.parts.clone(), ..Message::default() };
        return if message.parts.is_empty() {
            Vec::new()
        } else {
            items::write(&message, false, true, "choices[0]", lost)
        };
    }
    let place = |node: &Node| node.own.get(ITEM).and_then(|item| item.get("at")).and_then(Value::as_u64);
    let mut items = Vec::new();
    for group in choice.parts.chunk_by(|a, b| place(a).is_some() && place(a) == place(b)) {
        let item = group[0].own.get(ITEM);
        let own = item.and_then(|item| item.get("own")).and_then(Value::as_object).cloned().unwrap_or_default();
        let parts = group.iter().map(|node| {
            let mut part = node.clone();
            part.own.shift_remove(ITEM);
            part
        });
        let message = Message { role: Role::Assistant, name: None, parts: parts.collect(), own };
        items.extend(items::write(&message, true, true, "choices[0]", lost));
    }
    items
}
