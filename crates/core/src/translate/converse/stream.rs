//! Streams: events named by their only member. They are read from AWS' binary framing; callers do not ask in this dialect, so nothing is
//! written in it.

use std::collections::BTreeMap;

use serde_json::Value;

use super::super::model::{Node, Own, Part};
use super::super::stream::{Delta, Event, More, StreamReader, StreamWriter};
use super::super::usage;
use super::reply::finish;
use crate::chat::Dialect;
use crate::error::Result;

#[derive(Default)]
pub(super) struct Reader {
    parts: BTreeMap<u64, u32>,
    is_finished: bool,
}

impl Reader {
    fn begin(&mut self, index: u64, part: impl FnOnce() -> Part, deltas: &mut Vec<Delta>) -> u32 {
        let next = self.parts.len() as u32;
        *self.parts.entry(index).or_insert_with(|| {
            deltas.push(Delta::PartStart { choice: 0, part: next, node: Node::new(part()) });
            next
        })
    }
}

impl StreamReader for Reader {
    fn event(&mut self, _name: Option<&str>, data: &Value) -> Result<Vec<Delta>> {
        let Some((name, inner)) = data.as_object().and_then(|fields| fields.iter().next()) else {
            return Ok(Vec::new());
        };
        let index = inner.get("contentBlockIndex").and_then(Value::as_u64).unwrap_or(0);
        let mut deltas = Vec::new();
        match name.as_str() {
            "messageStart" => deltas.push(Delta::Start { id: None, model: None, created_s: None, own: Own::new() }),
            "contentBlockStart" => {
                if let Some(call) = inner.pointer("/start/toolUse") {
                    let text = |name: &str| call.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
                    self.begin(
                        index,
                        || Part::ToolCall { id: text("toolUseId"), name: text("name"), arguments: String::new() },
                        &mut deltas,
                    );
                }
            }
            "contentBlockDelta" => {
                let delta = inner.get("delta").unwrap_or(&Value::Null);
                let text = |at: &str| delta.pointer(at).and_then(Value::as_str).map(str::to_owned);
                let thought = || Part::Reasoning { text: None, signature: None, id: None };
                if let Some(more) = text("/text") {
                    let part = self.begin(index, || Part::Text(String::new()), &mut deltas);
                    deltas.push(Delta::PartDelta { choice: 0, part, more: More::Text(more) });
                } else if let Some(more) = text("/toolUse/input") {
                    let part = self.begin(
                        index,
                        || Part::ToolCall { id: String::new(), name: String::new(), arguments: String::new() },
                        &mut deltas,
                    );
                    deltas.push(Delta::PartDelta { choice: 0, part, more: More::Arguments(more) });
                } else if let Some(more) = text("/reasoningContent/text") {
                    let part = self.begin(index, thought, &mut deltas);
                    deltas.push(Delta::PartDelta { choice: 0, part, more: More::Text(more) });
                } else if let Some(more) =
                    text("/reasoningContent/signature").or_else(|| text("/reasoningContent/redactedContent"))
                {
                    let part = self.begin(index, thought, &mut deltas);
                    deltas.push(Delta::PartDelta { choice: 0, part, more: More::Signature(more) });
                }
            }
            "contentBlockStop" => {
                deltas.extend(self.parts.get(&index).map(|part| Delta::PartEnd { choice: 0, part: *part }));
            }
            "messageStop" => {
                if let Some(reason) = inner.get("stopReason").and_then(Value::as_str) {
                    deltas.push(Delta::Finish { choice: 0, finish: finish(reason.to_owned()) });
                    self.is_finished = true;
                }
            }
            "metadata" => {
                if let Some(raw) = inner.get("usage")
                    && let Some(reading) = usage::read(Dialect::Converse, Some(raw))
                {
                    deltas.push(Delta::Usage { reading, raw: raw.clone() });
                }
                if self.is_finished {
                    deltas.push(Delta::End);
                }
            }
            name if name.ends_with("Exception") => {
                let status = match name {
                    "throttlingException" => 429,
                    "validationException" => 400,
                    "serviceUnavailableException" => 503,
                    _ => 500,
                };
                let mut failure = super::read_failure(status, inner);
                failure.code = Some(name.to_owned());
                failure.class = super::super::failure::classify(status, &[name], &failure.message);
                deltas.push(Delta::Failure(failure));
            }
            _ => deltas.push(Delta::Other(data.clone())),
        }
        Ok(deltas)
    }

    fn end(&mut self) -> Vec<Delta> {
        Vec::new()
    }
}

pub(super) struct Writer;

impl StreamWriter for Writer {
    fn delta(&mut self, _delta: &Delta) -> Vec<Event> {
        Vec::new()
    }
}
