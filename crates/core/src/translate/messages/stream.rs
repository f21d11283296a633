//! Streams: a message that begins, its blocks one after the other, and its end.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::super::model::{Finish, Node, Part, Request};
use super::super::stream::{Delta, Event, More, StreamReader, StreamWriter};
use super::super::usage;
use super::blocks;
use super::reply::{finish, finish_name};
use crate::chat::Dialect;
use crate::error::Result;

#[derive(Default)]
pub(super) struct Reader {
    /// Merged: the last word on each counter holds.
    usage: Map<String, Value>,
    /// Blocks by their index: the last that has it, should one come twice.
    parts: BTreeMap<u64, u32>,
    n_parts: u32,
}

impl Reader {
    fn merge(&mut self, usage: Option<&Value>) {
        for (name, value) in usage.and_then(Value::as_object).into_iter().flatten() {
            if !value.is_null() {
                self.usage.insert(name.clone(), value.clone());
            }
        }
    }
}

impl StreamReader for Reader {
    fn event(&mut self, name: Option<&str>, data: &Value) -> Result<Vec<Delta>> {
        let kind = data.get("type").and_then(Value::as_str).or(name).unwrap_or_default();
        let index = data.get("index").and_then(Value::as_u64).unwrap_or(0);
        let mut deltas = Vec::new();
        match kind {
            "message_start" => {
                let message = data.get("message").unwrap_or(&Value::Null);
                let text = |name: &str| message.get(name).and_then(Value::as_str).map(str::to_owned);
                self.merge(message.get("usage"));
                deltas.push(Delta::Start {
                    id: text("id"),
                    model: text("model"),
                    created_s: None,
                    own: Map::from_iter([
                        ("type".to_owned(), "message".into()),
                        ("role".to_owned(), "assistant".into()),
                    ]),
                });
            }
            "content_block_start" => {
                let block = data.get("content_block").cloned().unwrap_or_default();
                let mut node = blocks::read(&block).unwrap_or_else(|_| Node::new(Part::Other(block)));
                // The arguments come in pieces; `{}` stands there until then.
                if let Part::ToolCall { arguments, .. } = &mut node.part
                    && arguments == "{}"
                {
                    arguments.clear();
                }
                let part = self.n_parts;
                self.n_parts += 1;
                self.parts.insert(index, part);
                deltas.push(Delta::PartStart { choice: 0, part, node });
            }
            "content_block_delta" => {
                let delta = data.get("delta").unwrap_or(&Value::Null);
                let text = |name: &str| delta.get(name).and_then(Value::as_str).map(str::to_owned);
                let more = match delta.get("type").and_then(Value::as_str) {
                    Some("text_delta") => text("text").map(More::Text),
                    Some("thinking_delta") => text("thinking").map(More::Text),
                    Some("signature_delta") => text("signature").map(More::Signature),
                    Some("input_json_delta") => text("partial_json").map(More::Arguments),
                    _ => None,
                };
                match (more, self.parts.get(&index)) {
                    (Some(more), Some(part)) => deltas.push(Delta::PartDelta { choice: 0, part: *part, more }),
                    _ => deltas.push(Delta::Other(data.clone())),
                }
            }
            "content_block_stop" => {
                deltas.extend(self.parts.get(&index).map(|part| Delta::PartEnd { choice: 0, part: *part }));
            }
            "message_delta" => {
                self.merge(data.get("usage"));
                let delta = data.get("delta").unwrap_or(&Value::Null);
                let text = |name: &str| delta.get(name).and_then(Value::as_str).map(str::to_owned);
                deltas.extend(
                    text("stop_reason")
                        .map(|reason| Delta::Finish { choice: 0, finish: finish(reason, text("stop_sequence")) }),
                );
                let raw = Value::Object(self.usage.clone());
                if let Some(reading) = usage::read(Dialect::Messages, Some(&raw)) {
                    deltas.push(Delta::Usage { reading, raw });
                }
            }
            "message_stop" => deltas.push(Delta::End),
            "ping" => deltas.push(Delta::Ping),
            "error" => deltas.push(Delta::Failure(super::read_failure(200, data))),
            _ => deltas.push(Delta::Other(data.clone())),
        }
        Ok(deltas)
    }

    fn end(&mut self) -> Vec<Delta> {
        Vec::new()
    }
}

pub(super) struct Writer {
    model: Option<String>,
    finish: Option<Finish>,
    usage: Option<Value>,
    open: Option<u32>,
    n_blocks: u64,
    index: BTreeMap<u32, u64>,
    silent: BTreeSet<u32>,
}

impl Writer {
    pub(super) fn new(request: &Request) -> Writer {
        Writer {
            model: request.model.clone(),
            finish: None,
            usage: None,
            open: None,
            n_blocks: 0,
            index: BTreeMap::new(),
            silent: BTreeSet::new(),
        }
    }

    fn close(&mut self) -> Option<Event> {
        let part = self.open.take()?;
        let index = self.index.get(&part).copied().unwrap_or(0);
        Some(event("content_block_stop", json!({"type": "content_block_stop", "index": index})))
    }
}

fn event(name: &str, data: Value) -> Event {
    Event { name: Some(name.to_owned()), data }
}

impl StreamWriter for Writer {
    fn delta(&mut self, delta: &Delta) -> Vec<Event> {
        match delta {
            Delta::Start { id, model, .. } => {
                let model = model.clone().or_else(|| self.model.clone());
                let message = json!({
                    "id": id, "type": "message", "role": "assistant", "model": model, "content": [],
                    "stop_reason": null, "stop_sequence": null, "usage": {"input_tokens": 0, "output_tokens": 0},
                });
                vec![event("message_start", json!({"type": "message_start", "message": message}))]
            }
            Delta::PartStart { choice: 0, part, node } => {
                let more;
                let block = match &node.part {
                    Part::Text(text) | Part::Refusal(text) => {
                        more = Some(json!({"type": "text_delta", "text": text})).filter(|_| !text.is_empty());
                        json!({"type": "text", "text": ""})
                    }
                    // A thought that says nothing that can be read is no block, until it does.
                    Part::Reasoning { text, .. } if text.as_ref().is_none_or(String::is_empty) => {
                        self.silent.insert(*part);
                        return Vec::new();
                    }
                    Part::Reasoning { text, .. } => {
                        more = text.as_ref().map(|text| json!({"type": "thinking_delta", "thinking": text}));
                        json!({"type": "thinking", "thinking": "", "signature": ""})
                    }
                    Part::ToolCall { id, name, arguments } => {
                        more = Some(json!({"type": "input_json_delta", "partial_json": arguments}))
                            .filter(|_| !arguments.is_empty());
                        json!({"type": "tool_use", "id": id, "name": name, "input": {}})
                    }
                    _ => return Vec::new(),
                };
                // Blocks follow each other; parts of other dialects may lie over each other.
                let mut events: Vec<Event> = self.close().into_iter().collect();
                let index = self.n_blocks;
                self.n_blocks += 1;
                self.index.insert(*part, index);
                self.open = Some(*part);
                events.push(event(
                    "content_block_start",
                    json!({"type": "content_block_start", "index": index, "content_block": block}),
                ));
                events.extend(more.map(|delta| {
                    event("content_block_delta", json!({"type": "content_block_delta", "index": index, "delta": delta}))
                }));
                events
            }
            Delta::PartDelta { choice: 0, part, more } => {
                if let More::Text(text) = more
                    && self.silent.remove(part)
                {
                    let thought = Part::Reasoning { text: Some(text.clone()), signature: None, id: None };
                    return self.delta(&Delta::PartStart { choice: 0, part: *part, node: Node::new(thought) });
                }
                let Some(index) = self.index.get(part) else { return Vec::new() };
                let delta = match more {
                    More::Text(text) => json!({"type": "text_delta", "text": text}),
                    More::Arguments(text) => json!({"type": "input_json_delta", "partial_json": text}),
                    More::Signature(_) => return Vec::new(),
                };
                vec![event(
                    "content_block_delta",
                    json!({"type": "content_block_delta", "index": index, "delta": delta}),
                )]
            }
            Delta::PartEnd { choice: 0, part } if self.open == Some(*part) => self.close().into_iter().collect(),
            Delta::Finish { choice: 0, finish } => {
                self.finish = Some(finish.clone());
                self.close().into_iter().collect()
            }
            Delta::Usage { reading, .. } => {
                self.usage = Some(usage::of(Dialect::Messages, &reading.usage));
                Vec::new()
            }
            Delta::Ping => vec![event("ping", json!({"type": "ping"}))],
            Delta::Failure(failure) => vec![event("error", super::write_failure(failure))],
            Delta::End => {
                let mut events: Vec<Event> = self.close().into_iter().collect();
                let sequence = match &self.finish {
                    Some(Finish::StopSequence(sequence)) => json!(sequence),
                    _ => Value::Null,
                };
                let reason = self.finish.as_ref().map(|finish| finish_name(finish).to_owned());
                let usage = self.usage.take().unwrap_or_else(|| json!({"output_tokens": 0}));
                let delta = json!({"type": "message_delta", "delta": {"stop_reason": reason, "stop_sequence": sequence}, "usage": usage});
                events.push(event("message_delta", delta));
                events.push(event("message_stop", json!({"type": "message_stop"})));
                events
            }
            _ => Vec::new(),
        }
    }
}
