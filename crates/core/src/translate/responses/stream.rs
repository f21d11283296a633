//! Streams: events that name the item and the part they add to, and at the end the whole response.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::super::accumulate::Accumulator;
use super::super::model::{Finish, Node, Own, Part, Request};
use super::super::stream::{Delta, Event, More, StreamReader, StreamWriter};
use super::super::usage;
use super::reply;
use crate::chat::Dialect;
use crate::error::Result;

#[derive(Default)]
pub(super) struct Reader {
    has_begun: bool,
    /// Parts by item and by the part's place in it.
    parts: BTreeMap<(u64, u64), u32>,
    /// The summary that each thought is in, by item: where another begins, a blank line stands between them.
    summaries: BTreeMap<u64, u64>,
}

impl Reader {
    fn begin(&mut self, at: (u64, u64), part: Part, deltas: &mut Vec<Delta>) -> u32 {
        let next = self.parts.len() as u32;
        let number = *self.parts.entry(at).or_insert(next);
        if number == next {
            deltas.push(Delta::PartStart { choice: 0, part: number, node: Node::new(part) });
        }
        number
    }
}

impl StreamReader for Reader {
    fn event(&mut self, name: Option<&str>, data: &Value) -> Result<Vec<Delta>> {
        if data.as_str() == Some("[DONE]") {
            return Ok(Vec::new());
        }
        let kind = data.get("type").and_then(Value::as_str).or(name).unwrap_or_default();
        let number = |name: &str| data.get(name).and_then(Value::as_u64).unwrap_or(0);
        let text = |name: &str| data.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let mut deltas = Vec::new();
        let item = (number("output_index"), number("content_index"));
        match kind {
            "response.created" | "response.in_progress" | "response.queued" if !self.has_begun => {
                self.has_begun = true;
                let response = data.get("response");
                let field = |name: &str| response.and_then(|response| response.get(name));
                deltas.push(Delta::Start {
                    id: field("id").and_then(Value::as_str).map(str::to_owned),
                    model: field("model").and_then(Value::as_str).map(str::to_owned),
                    created_s: field("created_at").and_then(Value::as_i64),
                    own: Own::new(),
                });
            }
            "response.output_item.added" => {
                let added = data.get("item").unwrap_or(&Value::Null);
                let field = |name: &str| added.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
                match added.get("type").and_then(Value::as_str) {
                    Some("function_call") => {
                        let part =
                            Part::ToolCall { id: field("call_id"), name: field("name"), arguments: field("arguments") };
                        self.begin((item.0, 0), part, &mut deltas);
                    }
                    Some("reasoning") => {
                        let part = Part::Reasoning { text: None, signature: None, id: Some(field("id")) };
                        self.begin((item.0, 0), part, &mut deltas);
                    }
                    _ => {}
                }
            }
            "response.output_text.delta" => {
                let part = self.begin(item, Part::Text(String::new()), &mut deltas);
                deltas.push(Delta::PartDelta { choice: 0, part, more: More::Text(text("delta")) });
            }
            "response.refusal.delta" => {
                let part = self.begin(item, Part::Refusal(String::new()), &mut deltas);
                deltas.push(Delta::PartDelta { choice: 0, part, more: More::Text(text("delta")) });
            }
            "response.reasoning_summary_text.delta" | "response.reasoning_text.delta" => {
                let part =
                    self.begin((item.0, 0), Part::Reasoning { text: None, signature: None, id: None }, &mut deltas);
                let before = self.summaries.insert(item.0, number("summary_index"));
                let is_next = before.unwrap_or(0) != number("summary_index");
                let separator = if is_next { "\n\n" } else { "" };
                deltas.push(Delta::PartDelta {
                    choice: 0,
                    part,
                    more: More::Text(format!("{separator}{}", text("delta"))),
                });
            }
            "response.function_call_arguments.delta" => {
                let part = self.begin(
                    (item.0, 0),
                    Part::ToolCall { id: String::new(), name: String::new(), arguments: String::new() },
                    &mut deltas,
                );
                deltas.push(Delta::PartDelta { choice: 0, part, more: More::Arguments(text("delta")) });
            }
            "response.output_item.done" => {
                let ended = self.parts.range((item.0, 0)..=(item.0, u64::MAX));
                deltas.extend(ended.map(|(_, part)| Delta::PartEnd { choice: 0, part: *part }));
            }
            "response.completed" | "response.incomplete" | "response.failed" => {
                let response = data.get("response").unwrap_or(&Value::Null);
                if let Ok(whole) = reply::read(response) {
                    let finish = whole.choices.first().and_then(|choice| choice.finish.clone());
                    let (usage, tier) = (whole.usage.clone(), whole.service_tier.clone());
                    deltas.push(Delta::Whole(Box::new(whole)));
                    deltas.extend(finish.map(|finish| Delta::Finish { choice: 0, finish }));
                    deltas.extend(tier.map(Delta::ServiceTier));
                    if let (Some(reading), Some(raw)) = (usage, response.get("usage")) {
                        deltas.push(Delta::Usage { reading, raw: raw.clone() });
                    }
                }
                if kind == "response.failed" {
                    deltas.push(Delta::Failure(super::super::chat::read_failure(200, response)));
                } else {
                    deltas.push(Delta::End);
                }
            }
            "error" => deltas.push(Delta::Failure(super::super::chat::read_failure(200, data))),
            _ => {}
        }
        Ok(deltas)
    }

    fn end(&mut self) -> Vec<Delta> {
        Vec::new()
    }
}

pub(super) struct Writer {
    n_events: u64,
    folded: Accumulator,
    /// The item each part is, and what was said of it so far.
    parts: BTreeMap<u32, Written>,
}

struct Written {
    output_index: u64,
    node: Node,
}

impl Writer {
    pub(super) fn new(_request: &Request) -> Writer {
        Writer { n_events: 0, folded: Accumulator::default(), parts: BTreeMap::new() }
    }

    fn event(&mut self, kind: &str, mut data: Value) -> Event {
        if let Some(fields) = data.as_object_mut() {
            fields.insert("type".to_owned(), kind.into());
            fields.insert("sequence_number".to_owned(), self.n_events.into());
        }
        self.n_events += 1;
        Event { name: Some(kind.to_owned()), data }
    }

    /// The response so far, with a status.
    fn response(&self, status: &str) -> Value {
        let mut response = self.folded.response();
        if status == "in_progress" {
            response.choices.clear();
            response.usage = None;
        }
        let mut body = reply::write(&response).body;
        if status == "in_progress"
            && let Some(fields) = body.as_object_mut()
        {
            fields.insert("status".to_owned(), status.into());
            fields.insert("output".to_owned(), json!([]));
        }
        body
    }

    fn item(node: &Node, output_index: u64, status: &str) -> Value {
        match &node.part {
            Part::ToolCall { id, name, arguments } => json!({
                "type": "function_call", "id": format!("fc_{output_index}"), "call_id": id, "name": name, "arguments": arguments, "status": status,
            }),
            Part::Reasoning { text, .. } => json!({
                "type": "reasoning", "id": format!("rs_{output_index}"),
                "summary": text.iter().map(|text| json!({"type": "summary_text", "text": text})).collect::<Vec<_>>(),
            }),
            part => {
                let content = if status == "completed" { vec![content(part)] } else { Vec::new() };
                json!({"type": "message", "id": format!("msg_{output_index}"), "role": "assistant", "status": status, "content": content})
            }
        }
    }
}

fn content(part: &Part) -> Value {
    match part {
        Part::Refusal(text) => json!({"type": "refusal", "refusal": text}),
        Part::Text(text) => json!({"type": "output_text", "text": text, "annotations": []}),
        _ => json!({"type": "output_text", "text": "", "annotations": []}),
    }
}

impl StreamWriter for Writer {
    fn delta(&mut self, delta: &Delta) -> Vec<Event> {
        self.folded.fold(delta);
        match delta {
            Delta::Start { .. } => {
                let begun = json!({"response": self.response("in_progress")});
                vec![self.event("response.created", begun.clone()), self.event("response.in_progress", begun)]
            }
            Delta::PartStart { choice: 0, part, node } => {
                let output_index = self.parts.len() as u64;
                let mut events = vec![self.event(
                    "response.output_item.added",
                    json!({"output_index": output_index, "item": Self::item(node, output_index, "in_progress")}),
                )];
                if matches!(node.part, Part::Text(_) | Part::Refusal(_)) {
                    let empty = match &node.part {
                        Part::Refusal(_) => Part::Refusal(String::new()),
                        _ => Part::Text(String::new()),
                    };
                    let part = json!({"item_id": format!("msg_{output_index}"), "output_index": output_index, "content_index": 0, "part": content(&empty)});
                    events.push(self.event("response.content_part.added", part));
                }
                let begun = match &node.part {
                    Part::Text(text) => Some(("response.output_text.delta", "msg", text.clone())),
                    Part::Refusal(text) => Some(("response.refusal.delta", "msg", text.clone())),
                    Part::Reasoning { text: Some(text), .. } => {
                        Some(("response.reasoning_summary_text.delta", "rs", text.clone()))
                    }
                    _ => None,
                };
                if let Some((kind, item, text)) = begun.filter(|(_, _, text)| !text.is_empty()) {
                    let data = json!({
                        "item_id": format!("{item}_{output_index}"), "output_index": output_index,
                        "content_index": 0, "summary_index": 0, "delta": text,
                    });
                    events.push(self.event(kind, data));
                }
                self.parts.insert(*part, Written { output_index, node: node.clone() });
                events
            }
            Delta::PartDelta { choice: 0, part, more } => {
                let Some(written) = self.parts.get_mut(part) else { return Vec::new() };
                let index = written.output_index;
                let (kind, item_id, more) = match (&mut written.node.part, more) {
                    (Part::Text(text), More::Text(more)) => {
                        text.push_str(more);
                        ("response.output_text.delta", format!("msg_{index}"), more)
                    }
                    (Part::Refusal(text), More::Text(more)) => {
                        text.push_str(more);
                        ("response.refusal.delta", format!("msg_{index}"), more)
                    }
                    (Part::Reasoning { text, .. }, More::Text(more)) => {
                        text.get_or_insert_default().push_str(more);
                        ("response.reasoning_summary_text.delta", format!("rs_{index}"), more)
                    }
                    (Part::ToolCall { arguments, .. }, More::Arguments(more)) => {
                        arguments.push_str(more);
                        ("response.function_call_arguments.delta", format!("fc_{index}"), more)
                    }
                    _ => return Vec::new(),
                };
                let data = json!({"item_id": item_id, "output_index": index, "content_index": 0, "summary_index": 0, "delta": more});
                vec![self.event(kind, data)]
            }
            Delta::PartEnd { choice: 0, part } => {
                let Some(written) = self.parts.get(part) else { return Vec::new() };
                let (index, node) = (written.output_index, written.node.clone());
                let mut events = Vec::new();
                let place = |name: &str| json!({"item_id": format!("{name}_{index}"), "output_index": index, "content_index": 0});
                match &node.part {
                    Part::Text(text) => {
                        let mut data = place("msg");
                        data["text"] = text.clone().into();
                        events.push(self.event("response.output_text.done", data));
                    }
                    Part::Refusal(text) => {
                        let mut data = place("msg");
                        data["refusal"] = text.clone().into();
                        events.push(self.event("response.refusal.done", data));
                    }
                    Part::ToolCall { arguments, .. } => {
                        let mut data = place("fc");
                        data["arguments"] = arguments.clone().into();
                        events.push(self.event("response.function_call_arguments.done", data));
                    }
                    _ => {}
                }
                if matches!(node.part, Part::Text(_) | Part::Refusal(_)) {
                    let mut data = place("msg");
                    data["part"] = content(&node.part);
                    events.push(self.event("response.content_part.done", data));
                }
                events.push(self.event(
                    "response.output_item.done",
                    json!({"output_index": index, "item": Self::item(&node, index, "completed")}),
                ));
                events
            }
            Delta::End => {
                let finish = self.folded.response().choices.first().and_then(|choice| choice.finish.clone());
                let kind = match finish {
                    Some(Finish::Length | Finish::ContextFull | Finish::ContentFilter) => "response.incomplete",
                    _ => "response.completed",
                };
                let mut response = self.response("completed");
                let read = self.folded.response();
                if let (Some(reading), Some(fields)) = (&read.usage, response.as_object_mut()) {
                    fields.insert("usage".to_owned(), usage::of(Dialect::Responses, &reading.usage));
                }
                let data = json!({"response": response});
                vec![self.event(kind, data)]
            }
            Delta::Failure(failure) => {
                let data = json!({"code": failure.code, "message": failure.message, "param": failure.param});
                vec![self.event("error", data)]
            }
            _ => Vec::new(),
        }
    }
}
