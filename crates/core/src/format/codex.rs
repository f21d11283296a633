//! Codex sessions (`~/.codex/sessions/**/rollout-*.jsonl`): `{"timestamp", "type", "payload"}` a line. The usage stands in events
//! `token_count`, as totals of the session so far: a call is the difference to the total before. Input includes cache reads,
//! output includes reasoning. The model stands in `turn_context`. The requests are not read: the log has no tools.

use std::io::BufRead;
use std::sync::Arc;

use serde_json::Value;

use crate::chat::Dialect;
use crate::error::Result;
use crate::format::counts::{Counter, Counts};
use crate::format::{Format, Origin, Reader, Record, Sink, json, session, sniff, when};
use crate::usage::{Flaw, Semantics};

pub(super) static FORMAT: Format = Format {
    name: "codex",
    about: "Codex sessions (~/.codex/sessions)",
    sniff: |head| sniff::first_is(head, is_line, 95),
    reader: Reader::Stream(read),
};

fn is_line(line: &Value) -> bool {
    let kinds = ["session_meta", "turn_context", "event_msg", "response_item", "compacted"];
    line.get("payload").is_some_and(Value::is_object)
        && json::text(line, "type").is_some_and(|kind| kinds.contains(&kind))
}

/// What earlier lines told.
#[derive(Default)]
struct State {
    model: Option<Arc<str>>,
    /// What every record of the session carries.
    like: Record,
    total: Totals,
}

/// Totals of a session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Totals {
    input: u64,
    cached: u64,
    output: u64,
    reasoning: u64,
}

fn read(reader: &mut dyn BufRead, file: &Arc<str>, sink: &mut Sink<'_>) -> Result<()> {
    let mut state = State::default();
    session::each_line(reader, |number, line| {
        let found = match line {
            Ok(line) => state.take(&line, Origin { file: Arc::clone(file), line: number }).map(Ok),
            Err(error) => Some(Err(error)),
        };
        found.is_none_or(|record| sink(record).is_continue())
    })
}

impl State {
    /// Takes a line into account; the call, if it ends one.
    fn take(&mut self, line: &Value, origin: Origin) -> Option<Record> {
        let payload = line.get("payload")?;
        match json::text(line, "type")? {
            "session_meta" => {
                json::tag(&mut self.like.tags, "session", payload.get("id"));
                let project = json::text(payload, "cwd").map(|path| session::last_part(path).into());
                json::tag(&mut self.like.tags, "project", project.as_ref());
                self.like.provider = json::text(payload, "model_provider").map(json::provider);
                None
            }
            "turn_context" => {
                self.model = json::arc(payload, "model").or(self.model.take());
                None
            }
            "event_msg" if json::text(payload, "type") == Some("token_count") => self.count(line, payload, origin),
            _ => None,
        }
    }

    fn count(&mut self, line: &Value, payload: &Value, origin: Origin) -> Option<Record> {
        // Events about rate limits alone have no counts.
        let info = json::field(payload, "info")?;
        let total = json::field(info, "total_token_usage").map(totals);
        let last = json::field(info, "last_token_usage").map(totals);
        let call = match (total, last) {
            (Some(Ok(total)), last) => {
                let before = std::mem::replace(&mut self.total, total);
                match total.since(before) {
                    // The same totals again: nothing was called.
                    Some(difference) if difference == Totals::default() => return None,
                    Some(difference) => Ok(difference),
                    // The totals began anew.
                    None => last.unwrap_or(Ok(total)),
                }
            }
            (Some(Err(flaw)), _) => Err(flaw),
            (None, last) => last?,
        };
        let usage = call.and_then(|call| {
            let counts = Counts {
                semantics: Semantics::Inclusive,
                input: Some(call.input),
                cache_read: Some(call.cached),
                output: Some(call.output),
                reasoning: Some(call.reasoning),
                ..Counts::default()
            };
            counts.reading().unwrap_or_else(|| Ok(crate::usage::Reading::default()))
        });
        let stamp = json::text(line, "timestamp");
        Some(Record {
            origin,
            at: when::from_fields(line, &["timestamp"]),
            model: self.model.clone(),
            dialect: Some(Dialect::Responses),
            usage: Some(usage),
            // A forked session repeats the events of the old one.
            call_id: stamp.map(|stamp| Arc::from(format!("{stamp}:{}:{}", self.total.input, self.total.output))),
            ..self.like.clone()
        })
    }
}

fn totals(usage: &Value) -> Result<Totals, Flaw> {
    let mut counter = Counter::new(usage);
    let totals = Totals {
        input: counter.get(&["input_tokens"]).unwrap_or(0),
        cached: counter.get(&["cached_input_tokens", "cache_read_input_tokens"]).unwrap_or(0),
        output: counter.get(&["output_tokens"]).unwrap_or(0),
        reasoning: counter.get(&["reasoning_output_tokens"]).unwrap_or(0),
    };
    counter.checked(totals)
}

impl Totals {
    /// The difference; `None` if a total went down.
    fn since(self, before: Totals) -> Option<Totals> {
        Some(Totals {
            input: self.input.checked_sub(before.input)?,
            cached: self.cached.checked_sub(before.cached)?,
            output: self.output.checked_sub(before.output)?,
            reasoning: self.reasoning.checked_sub(before.reasoning)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::testing::{check_detected, read as read_all};

    fn count(second: u32, total: [u64; 4], last: [u64; 4]) -> String {
        let usage = |[input, cached, output, reasoning]: [u64; 4]| {
            format!(
                r#"{{"input_tokens":{input},"cached_input_tokens":{cached},"output_tokens":{output},"reasoning_output_tokens":{reasoning},"total_tokens":{}}}"#,
                input + output
            )
        };
        format!(
            r#"{{"timestamp":"2026-01-02T03:04:{second:02}.000Z","type":"event_msg","payload":{{"type":"token_count","info":{{"total_token_usage":{},"last_token_usage":{}}}}}}}"#,
            usage(total),
            usage(last)
        ) + "\n"
    }

    const START: &str = "{\"timestamp\":\"2026-01-02T03:04:00.000Z\",\"type\":\"session_meta\",\"payload\":{\"id\":\"s1\",\"cwd\":\"/home/ann/parcels\"}}\n{\"timestamp\":\"2026-01-02T03:04:00.000Z\",\"type\":\"turn_context\",\"payload\":{\"model\":\"gpt-6-sol\"}}\n";

    #[test]
    fn totals_become_calls() {
        let empty =
            "{\"timestamp\":\"x\",\"type\":\"event_msg\",\"payload\":{\"type\":\"token_count\",\"info\":null}}\n";
        let text = [
            START,
            empty,
            &count(1, [100, 0, 10, 4], [100, 0, 10, 4]),
            &count(2, [100, 0, 10, 4], [100, 0, 10, 4]),
            &count(3, [250, 90, 30, 9], [150, 90, 20, 5]),
            // Totals begin anew.
            &count(4, [60, 0, 5, 0], [60, 0, 5, 0]),
        ]
        .concat();
        check_detected(&FORMAT, "rollout.jsonl", &text);
        let records: Vec<Record> = read_all(&FORMAT, &text).into_iter().map(Result::unwrap).collect();
        let usages: Vec<_> = records.iter().map(|record| record.usage.clone().unwrap().unwrap().usage).collect();
        let found: Vec<_> = usages.iter().map(|u| (u.input(), u.cache_read, u.output(), u.output_reasoning)).collect();
        assert_eq!(found, [(100, 0, 10, 4), (150, 90, 20, 5), (60, 0, 5, 0)]);
        assert_eq!(records[0].model.as_deref(), Some("gpt-6-sol"));
        assert_eq!(records[0].tags.get("session").map(|session| &**session), Some("s1"));
    }
}
