//! Streams: responses with a few more parts each.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::super::model::{Choice, Node, Own, Part, Response};
use super::super::stream::{Delta, Event, More, StreamReader, StreamWriter};
use super::super::usage;
use super::reply;
use crate::chat::Dialect;
use crate::error::Result;

#[derive(Default)]
pub(super) struct Reader {
    has_begun: bool,
    choices: BTreeMap<u32, Open>,
    is_finished: bool,
}

#[derive(Default)]
struct Open {
    n_parts: u32,
    /// The last part, if more can be added to it: `true` for a thought.
    last: Option<(u32, bool)>,
    calls: bool,
}

impl StreamReader for Reader {
    fn event(&mut self, _name: Option<&str>, data: &Value) -> Result<Vec<Delta>> {
        if data.get("error").is_some_and(|error| !error.is_null()) {
            return Ok(vec![Delta::Failure(super::super::chat::read_failure(200, data))]);
        }
        let mut deltas = Vec::new();
        if !std::mem::replace(&mut self.has_begun, true) {
            let text = |name: &str| data.get(name).and_then(Value::as_str).map(str::to_owned);
            deltas.push(Delta::Start {
                id: text("responseId"),
                model: text("modelVersion"),
                created_s: None,
                own: Own::new(),
            });
        }
        let candidates = data.get("candidates").and_then(Value::as_array);
        for (place, candidate) in candidates.into_iter().flatten().enumerate() {
            let index = candidate.get("index").and_then(Value::as_u64).and_then(|index| u32::try_from(index).ok());
            let index = index.unwrap_or(place as u32);
            let mut read = reply::read_candidate(candidate);
            let open = self.choices.entry(index).or_default();
            for node in std::mem::take(&mut read.parts) {
                add(open, index, node, &mut deltas);
            }
            if let Some(reason) = candidate.get("finishReason").and_then(reply::reason) {
                if let Some((part, _)) = open.last.take() {
                    deltas.push(Delta::PartEnd { choice: index, part });
                }
                deltas.push(Delta::Finish { choice: index, finish: reply::finish(reason, open.calls) });
                self.is_finished = true;
            }
        }
        if let Some(raw) = data.get("usageMetadata")
            && let Some(reading) = usage::read(Dialect::GenerateContent, Some(raw))
        {
            deltas.push(Delta::Usage { reading, raw: raw.clone() });
        }
        if candidates.is_none_or(Vec::is_empty) && data.get("promptFeedback").is_some() {
            deltas.push(Delta::Finish { choice: 0, finish: super::super::model::Finish::ContentFilter });
            self.is_finished = true;
        }
        Ok(deltas)
    }

    /// There is no last event: the reason for the end is the end.
    fn end(&mut self) -> Vec<Delta> {
        if self.is_finished { vec![Delta::End] } else { Vec::new() }
    }
}

fn add(open: &mut Open, choice: u32, mut node: Node, deltas: &mut Vec<Delta>) {
    // Text that only continues: nothing else belongs to it.
    let continues = match (&node.part, open.last) {
        (Part::Text(text), Some((part, false))) if node.own.is_empty() => Some((part, More::Text(text.clone()))),
        (Part::Reasoning { text: Some(text), signature: None, .. }, Some((part, true))) if node.own.is_empty() => {
            Some((part, More::Text(text.clone())))
        }
        _ => None,
    };
    if let Some((part, more)) = continues {
        return deltas.push(Delta::PartDelta { choice, part, more });
    }
    if let Some((part, _)) = open.last.take() {
        deltas.push(Delta::PartEnd { choice, part });
    }
    let part = open.n_parts;
    open.n_parts += 1;
    open.last = match &node.part {
        Part::Text(_) => Some((part, false)),
        Part::Reasoning { .. } => Some((part, true)),
        _ => None,
    };
    if let Part::ToolCall { id, name, .. } = &mut node.part {
        open.calls = true;
        if node.own.contains_key("~id") {
            // The place within the chunk says nothing: within the answer it does.
            *id = format!("call_{part}_{name}");
        }
    }
    deltas.push(Delta::PartStart { choice, part, node });
    if open.last.is_none() {
        deltas.push(Delta::PartEnd { choice, part });
    }
}

/// Gathers calls until they are whole; text goes out as it comes.
#[derive(Default)]
pub(super) struct Writer {
    id: Option<String>,
    model: Option<String>,
    parts: BTreeMap<(u32, u32), Node>,
    usage: Option<Value>,
}

impl Writer {
    fn chunk(&self, choice: u32, node: Node) -> Event {
        let response = Response {
            id: self.id.clone(),
            model: self.model.clone(),
            choices: vec![Choice { parts: vec![node], ..Choice::default() }],
            ..Response::default()
        };
        let mut data = reply::write(&response).body;
        data["candidates"][0]["index"] = choice.into();
        Event { name: None, data }
    }
}

impl StreamWriter for Writer {
    fn delta(&mut self, delta: &Delta) -> Vec<Event> {
        match delta {
            Delta::Start { id, model, .. } => {
                (self.id, self.model) = (id.clone(), model.clone());
                Vec::new()
            }
            Delta::PartStart { choice, part, node } => {
                self.parts.insert((*choice, *part), node.clone());
                match &node.part {
                    Part::Text(text) | Part::Refusal(text) if !text.is_empty() => {
                        vec![self.chunk(*choice, node.clone())]
                    }
                    Part::Reasoning { text: Some(_), .. } => vec![self.chunk(*choice, node.clone())],
                    _ => Vec::new(),
                }
            }
            Delta::PartDelta { choice, part, more } => {
                match (self.parts.get_mut(&(*choice, *part)).map(|node| &mut node.part), more) {
                    (Some(Part::Text(_) | Part::Refusal(_)), More::Text(more)) => {
                        vec![self.chunk(*choice, Node::new(Part::Text(more.clone())))]
                    }
                    (Some(Part::Reasoning { .. }), More::Text(more)) => {
                        let part = Part::Reasoning { text: Some(more.clone()), signature: None, id: None };
                        vec![self.chunk(*choice, Node::new(part))]
                    }
                    (Some(Part::ToolCall { arguments, .. }), More::Arguments(more)) => {
                        arguments.push_str(more);
                        Vec::new()
                    }
                    _ => Vec::new(),
                }
            }
            Delta::PartEnd { choice, part } => match self.parts.remove(&(*choice, *part)) {
                Some(node) if matches!(node.part, Part::ToolCall { .. }) => vec![self.chunk(*choice, node)],
                _ => Vec::new(),
            },
            Delta::Finish { choice, finish } => {
                let data = json!({"candidates": [{"index": choice, "content": {"role": "model", "parts": []}, "finishReason": reply::finish_name(finish)}]});
                vec![Event { name: None, data }]
            }
            Delta::Usage { reading, .. } => {
                self.usage = Some(usage::of(Dialect::GenerateContent, &reading.usage));
                Vec::new()
            }
            Delta::Failure(failure) => vec![Event { name: None, data: super::write_failure(failure) }],
            Delta::End => self
                .usage
                .take()
                .map(|usage| Event { name: None, data: json!({"usageMetadata": usage}) })
                .into_iter()
                .collect(),
            _ => Vec::new(),
        }
    }
}
