//! Streams: chunks with deltas of choices.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

#[cfg(test)]
use super::super::model::Finish;
use super::super::model::{Node, Own, Part, Request};
use super::super::stream::{Delta, Event, More, StreamReader, StreamWriter};
use super::super::usage;
use super::reply::{finish, finish_name};
use crate::chat::Dialect;
use crate::error::Result;

#[derive(Default)]
pub(super) struct Reader {
    has_begun: bool,
    choices: BTreeMap<u32, Open>,
}

/// The parts of a choice that are open.
#[derive(Default)]
struct Open {
    n_parts: u32,
    text: Option<u32>,
    reasoning: Option<u32>,
    refusal: Option<u32>,
    /// By the index that the provider gives calls.
    calls: BTreeMap<u64, u32>,
    is_finished: bool,
}

impl StreamReader for Reader {
    fn event(&mut self, _name: Option<&str>, data: &Value) -> Result<Vec<Delta>> {
        if data.as_str() == Some("[DONE]") {
            return Ok(vec![Delta::End]);
        }
        if data.get("error").is_some_and(|error| !error.is_null()) {
            return Ok(vec![Delta::Failure(super::read_failure(200, data))]);
        }
        let mut deltas = Vec::new();
        let text =
            |name: &str| data.get(name).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned);
        let choices = data.get("choices").and_then(Value::as_array);
        // Azure opens with a chunk that says only what its filters found: the answer begins with the first that has a name.
        if !self.has_begun && (text("id").is_some() || choices.is_some_and(|choices| !choices.is_empty())) {
            self.has_begun = true;
            let own = text("system_fingerprint").map(|print| ("system_fingerprint".to_owned(), Value::from(print)));
            deltas.push(Delta::Start {
                id: text("id"),
                model: text("model"),
                created_s: data.get("created").and_then(Value::as_i64),
                own: own.into_iter().collect(),
            });
        }
        deltas.extend(text("service_tier").map(Delta::ServiceTier));
        for (place, choice) in choices.into_iter().flatten().enumerate() {
            let index = choice.get("index").and_then(Value::as_u64).and_then(|index| u32::try_from(index).ok());
            self.choice(index.unwrap_or(place as u32), choice, &mut deltas);
        }
        let told = data.get("usage").filter(|usage| usage.is_object()).or_else(|| data.pointer("/x_groq/usage"));
        if let Some(raw) = told
            && let Some(reading) = usage::read(Dialect::Chat, Some(raw))
        {
            deltas.push(Delta::Usage { reading, raw: raw.clone() });
        }
        Ok(deltas)
    }

    fn end(&mut self) -> Vec<Delta> {
        Vec::new()
    }
}

impl Reader {
    fn choice(&mut self, choice: u32, value: &Value, deltas: &mut Vec<Delta>) {
        let open = self.choices.entry(choice).or_default();
        // Some send whole messages in a stream of one chunk.
        let delta = value.get("delta").or_else(|| value.get("message"));
        let text = |name: &str| {
            delta.and_then(|delta| delta.get(name)).and_then(Value::as_str).filter(|text| !text.is_empty())
        };
        for field in ["reasoning_content", "reasoning"] {
            if let Some(more) = text(field) {
                let part = *open.reasoning.get_or_insert_with(|| {
                    let node = Node {
                        part: Part::Reasoning { text: None, signature: None, id: None },
                        cache: None,
                        own: Own::from_iter([("~field".to_owned(), field.into())]),
                    };
                    begin(&mut open.n_parts, choice, node, deltas)
                });
                deltas.push(Delta::PartDelta { choice, part, more: More::Text(more.to_owned()) });
                break;
            }
        }
        if let Some(more) = text("content") {
            let part = *open
                .text
                .get_or_insert_with(|| begin(&mut open.n_parts, choice, Node::new(Part::Text(String::new())), deltas));
            deltas.push(Delta::PartDelta { choice, part, more: More::Text(more.to_owned()) });
        }
        if let Some(more) = text("refusal") {
            let part = *open.refusal.get_or_insert_with(|| {
                let own = Own::from_iter([("~field".to_owned(), "refusal".into())]);
                begin(&mut open.n_parts, choice, Node { part: Part::Refusal(String::new()), cache: None, own }, deltas)
            });
            deltas.push(Delta::PartDelta { choice, part, more: More::Text(more.to_owned()) });
        }
        let calls = delta.and_then(|delta| delta.get("tool_calls")).and_then(Value::as_array);
        for (place, call) in calls.into_iter().flatten().enumerate() {
            let said = call.get("index").and_then(Value::as_u64);
            let id = call.get("id").and_then(Value::as_str).filter(|id| !id.is_empty());
            let name = call.pointer("/function/name").and_then(Value::as_str).filter(|name| !name.is_empty());
            // Without an index, each call that has an id is a new one.
            let key = said.unwrap_or_else(|| {
                let last = open.calls.len() as u64;
                if id.is_some() { last } else { last.saturating_sub(1).max(place as u64) }
            });
            let part = *open.calls.entry(key).or_insert_with(|| {
                let part = Part::ToolCall {
                    id: id.unwrap_or_default().to_owned(),
                    name: name.unwrap_or_default().to_owned(),
                    arguments: String::new(),
                };
                begin(&mut open.n_parts, choice, Node::new(part), deltas)
            });
            let arguments = call.pointer("/function/arguments").map(|arguments| match arguments {
                Value::String(text) => text.clone(),
                Value::Null => String::new(),
                object => object.to_string(),
            });
            if let Some(more) = arguments.filter(|more| !more.is_empty()) {
                deltas.push(Delta::PartDelta { choice, part, more: More::Arguments(more) });
            }
        }
        if let Some(logprobs) = value.get("logprobs").filter(|logprobs| !logprobs.is_null()) {
            deltas.push(Delta::Logprobs { choice, logprobs: logprobs.clone() });
        }
        if let Some(reason) = value.get("finish_reason").and_then(Value::as_str).filter(|reason| !reason.is_empty())
            && !std::mem::replace(&mut open.is_finished, true)
        {
            deltas.extend((0..open.n_parts).map(|part| Delta::PartEnd { choice, part }));
            deltas.push(Delta::Finish { choice, finish: finish(reason.to_owned()) });
        }
    }
}

fn begin(n_parts: &mut u32, choice: u32, node: Node, deltas: &mut Vec<Delta>) -> u32 {
    let part = *n_parts;
    *n_parts += 1;
    deltas.push(Delta::PartStart { choice, part, node });
    part
}

pub(super) struct Writer {
    id: String,
    model: Value,
    created: i64,
    tier: Option<String>,
    wants_usage: bool,
    usage: Option<Value>,
    begun: BTreeSet<u32>,
    n_calls: BTreeMap<u32, u64>,
    /// What kind each part is, and a call's index.
    parts: BTreeMap<(u32, u32), Kind>,
}

#[derive(Clone, Copy)]
enum Kind {
    Text,
    Reasoning,
    Refusal,
    Call(u64),
    Silent,
}

impl Writer {
    pub(super) fn new(request: &Request) -> Writer {
        Writer {
            id: String::new(),
            model: request.model.clone().into(),
            created: 0,
            tier: None,
            wants_usage: request.stream_usage.unwrap_or(true),
            usage: None,
            begun: BTreeSet::new(),
            n_calls: BTreeMap::new(),
            parts: BTreeMap::new(),
        }
    }

    fn chunk(&self, choices: &Value) -> Event {
        let mut chunk = json!({
            "id": self.id, "object": "chat.completion.chunk", "created": self.created, "model": self.model, "choices": choices,
        });
        if let (Some(tier), Some(fields)) = (&self.tier, chunk.as_object_mut()) {
            fields.insert("service_tier".to_owned(), tier.clone().into());
        }
        Event { name: None, data: chunk }
    }

    fn delta_of(&mut self, choice: u32, mut delta: Value) -> Event {
        let is_first = self.begun.insert(choice);
        if let (true, Some(fields)) = (is_first, delta.as_object_mut()) {
            fields.insert("role".to_owned(), "assistant".into());
        }
        self.chunk(&json!([{"index": choice, "delta": delta, "logprobs": null, "finish_reason": null}]))
    }
}

impl StreamWriter for Writer {
    fn delta(&mut self, delta: &Delta) -> Vec<Event> {
        match delta {
            Delta::Start { id, model, created_s, .. } => {
                self.id = id.clone().unwrap_or_default();
                self.created = created_s.unwrap_or(0);
                if model.is_some() {
                    self.model = model.clone().into();
                }
                Vec::new()
            }
            Delta::PartStart { choice, part, node } => {
                let (kind, delta) = match &node.part {
                    Part::Text(text) => (Kind::Text, (!text.is_empty()).then(|| json!({"content": text}))),
                    Part::Reasoning { text, .. } => {
                        (Kind::Reasoning, text.as_ref().map(|text| json!({"reasoning_content": text})))
                    }
                    Part::Refusal(text) => (Kind::Refusal, (!text.is_empty()).then(|| json!({"refusal": text}))),
                    Part::ToolCall { id, name, arguments } => {
                        let begun = self.n_calls.entry(*choice).or_default();
                        let n_calls = *begun;
                        *begun += 1;
                        let call = json!([{"index": n_calls, "id": id, "type": "function", "function": {"name": name, "arguments": arguments}}]);
                        (Kind::Call(n_calls), Some(json!({"tool_calls": call})))
                    }
                    _ => (Kind::Silent, None),
                };
                self.parts.insert((*choice, *part), kind);
                delta.into_iter().map(|delta| self.delta_of(*choice, delta)).collect()
            }
            Delta::PartDelta { choice, part, more } => {
                let kind = self.parts.get(&(*choice, *part)).copied().unwrap_or(Kind::Silent);
                let delta = match (kind, more) {
                    (Kind::Text, More::Text(more)) => json!({"content": more}),
                    (Kind::Reasoning, More::Text(more)) => json!({"reasoning_content": more}),
                    (Kind::Refusal, More::Text(more)) => json!({"refusal": more}),
                    (Kind::Call(index), More::Arguments(more)) => {
                        json!({"tool_calls": [{"index": index, "function": {"arguments": more}}]})
                    }
                    _ => return Vec::new(),
                };
                vec![self.delta_of(*choice, delta)]
            }
            Delta::Finish { choice, finish } => {
                let reason = finish_name(finish).to_owned();
                let mut events = Vec::new();
                if !self.begun.contains(choice) {
                    events.push(self.delta_of(*choice, json!({"content": ""})));
                }
                events.push(
                    self.chunk(&json!([{"index": choice, "delta": {}, "logprobs": null, "finish_reason": reason}])),
                );
                events
            }
            Delta::Usage { reading, .. } => {
                self.usage = Some(usage::of(Dialect::Chat, &reading.usage));
                Vec::new()
            }
            Delta::ServiceTier(tier) => {
                self.tier = Some(tier.clone());
                Vec::new()
            }
            Delta::Failure(failure) => vec![Event { name: None, data: super::write_failure(failure) }],
            Delta::End => {
                let mut events = Vec::new();
                if let Some(usage) = self.usage.take().filter(|_| self.wants_usage) {
                    let mut last = self.chunk(&json!([]));
                    if let Some(fields) = last.data.as_object_mut() {
                        fields.insert("usage".to_owned(), usage);
                    }
                    events.push(last);
                }
                events.push(Event { name: None, data: "[DONE]".into() });
                events
            }
            Delta::PartEnd { .. } | Delta::Logprobs { .. } | Delta::Ping | Delta::Whole(_) | Delta::Other(_) => {
                Vec::new()
            }
        }
    }
}

/// Ends that this dialect tells apart from none.
#[cfg(test)]
#[test]
fn ends_are_written_as_they_are_read() {
    for end in [Finish::Stop, Finish::Length, Finish::ToolCalls, Finish::ContentFilter] {
        assert_eq!(finish(finish_name(&end).to_owned()), end);
    }
}
