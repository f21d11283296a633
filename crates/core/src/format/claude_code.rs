//! Claude Code sessions (`~/.claude/projects/**/*.jsonl`): `{"type", "timestamp", "sessionId", "requestId", "isSidechain",
//! "message": {"id", "model", "usage"}, "costUSD"?}` a line. Input does not include the cache: the parts are disjoint.
//!
//! An answer is logged once for each of its blocks while it streams, the early lines with a placeholder for the output: of the
//! lines with one message id and request id, the one with most output is kept. Side chains repeat calls of the main
//! chain, and a resumed session repeats the history of the old one; neither was billed again. The requests are not there:
//! the system prompt and the tools are never logged.

use std::collections::{HashMap, HashSet};
use std::io::BufRead;
use std::sync::Arc;

use serde_json::Value;

use crate::chat::Dialect;
use crate::dialect;
use crate::error::Result;
use crate::format::{Format, Origin, Reader, Record, Sink, json, session, sniff, when};

pub(super) static FORMAT: Format = Format {
    name: "claude_code",
    about: "Claude Code sessions (~/.claude/projects)",
    sniff: |head| sniff::first_is(head, is_line, 95),
    reader: Reader::Stream(read),
};

fn is_line(line: &Value) -> bool {
    let is_event = line.get("sessionId").is_some() && line.get("type").is_some();
    let kind = json::text(line, "type");
    is_event || kind == Some("summary") && line.get("leafUuid").is_some() || kind == Some("file-history-snapshot")
}

fn read(reader: &mut dyn BufRead, file: &Arc<str>, sink: &mut Sink<'_>) -> Result<()> {
    let mut calls: Vec<Record> = Vec::new();
    // Place in `calls` by message id and request id, and the message ids alone.
    let mut places: HashMap<Arc<str>, usize> = HashMap::new();
    let mut messages: HashSet<Arc<str>> = HashSet::new();
    let mut is_stopped = false;
    let outcome = session::each_line(reader, |number, line| {
        let line = match line {
            Ok(line) => line,
            Err(error) => {
                is_stopped = sink(Err(error)).is_break();
                return !is_stopped;
            }
        };
        let Some(call) = call_of(&line, Origin { file: Arc::clone(file), line: number }) else { return true };
        let is_side_chain = json::is_true(line.get("isSidechain"));
        let message_id = line.get("message").and_then(|message| json::arc(message, "id"));
        let key = call.call_id.clone();
        match key.as_ref().and_then(|key| places.get(key)) {
            Some(place) => {
                if n_output(&call) >= n_output(&calls[*place]) {
                    calls[*place] = call;
                }
            }
            None if is_side_chain && message_id.as_ref().is_some_and(|id| messages.contains(id)) => {}
            None => {
                places.extend(key.map(|key| (key, calls.len())));
                messages.extend(message_id);
                calls.push(call);
            }
        }
        true
    });
    for call in calls {
        if is_stopped || sink(Ok(call)).is_break() {
            return Ok(());
        }
    }
    outcome
}

/// The call of a line, if it is an answer of a model with usage.
fn call_of(line: &Value, origin: Origin) -> Option<Record> {
    let message =
        json::field(line, "message").filter(|_| json::text(line, "type").is_none_or(|kind| kind == "assistant"))?;
    let usage = json::field(message, "usage")?;
    // Answers that the program made up itself, such as error messages.
    let model = json::arc(message, "model").filter(|model| &**model != "<synthetic>")?;
    let id = json::text(message, "id");
    let mut record = Record {
        origin,
        at: when::from_fields(line, &["timestamp"]),
        provider: Some(Arc::from(provider_of(id.unwrap_or_default()))),
        model: Some(model),
        dialect: Some(Dialect::Messages),
        billed: json::first_money(line, &["costUSD"]),
        // Gateways leave the request id out.
        call_id: id.map(|id| Arc::from(format!("{id}:{}", json::text(line, "requestId").unwrap_or_default()))),
        ..Record::default()
    };
    json::tag(&mut record.tags, "session", line.get("sessionId"));
    json::tag(
        &mut record.tags,
        "project",
        json::text(line, "cwd").map(|path| session::last_part(path).into()).as_ref(),
    );
    record.take_usage((dialect::wire(Dialect::Messages).ok()?.usage)(usage, record.provider.as_deref()));
    Some(record)
}

/// Message ids name the host.
fn provider_of(message_id: &str) -> &'static str {
    match message_id {
        id if id.starts_with("msg_bdrk_") => "bedrock",
        id if id.starts_with("msg_vrtx_") => "vertex",
        _ => "anthropic",
    }
}

fn n_output(call: &Record) -> u64 {
    call.usage.as_ref().and_then(|usage| usage.as_ref().ok()).map_or(0, |reading| reading.usage.output())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::testing::{check_detected, read as read_all, written};
    use crate::format::{ReadOptions, open::Source, read_all as read_inputs, walk::Input};

    fn line(id: &str, request: &str, is_side_chain: bool, output: u64) -> String {
        format!(
            r#"{{"type":"assistant","timestamp":"2026-01-02T03:04:05.678Z","sessionId":"s1","requestId":"{request}","isSidechain":{is_side_chain},"cwd":"/home/ann/parcels","message":{{"id":"{id}","model":"claude-haiku-5-5","role":"assistant","usage":{{"input_tokens":3,"cache_creation_input_tokens":100,"cache_read_input_tokens":900,"output_tokens":{output}}}}}}}"#
        ) + "\n"
    }

    fn outputs(text: &str) -> Vec<u64> {
        read_all(&FORMAT, text).into_iter().map(|record| n_output(&record.unwrap())).collect()
    }

    #[test]
    fn the_line_with_most_output_is_kept_once() {
        let user = "{\"type\":\"user\",\"sessionId\":\"s1\",\"message\":{\"role\":\"user\",\"content\":\"Begin.\"}}\n";
        let text =
            user.to_owned() + &line("m1", "r1", false, 1) + &line("m1", "r1", false, 40) + &line("m2", "r2", false, 7);
        check_detected(&FORMAT, "s1.jsonl", &text);
        assert_eq!(outputs(&text), [40, 7]);
        let record = read_all(&FORMAT, &text).remove(0).unwrap();
        assert_eq!(record.usage.unwrap().unwrap().usage.input(), 1003);
        assert_eq!(record.tags.get("project").map(|project| &**project), Some("parcels"));
    }

    #[test]
    fn replays_in_side_chains_are_dropped_and_new_calls_kept() {
        let text = line("m1", "r1", false, 40) + &line("m1", "r9", true, 40) + &line("m3", "r3", true, 5);
        assert_eq!(outputs(&text), [40, 5]);
    }

    #[test]
    fn a_resumed_session_does_not_bill_its_history_again() {
        let first = line("m1", "r1", false, 40);
        let inputs = [first.clone(), first + &line("m2", "r2", false, 7)]
            .map(|text| Input { source: Source::File(written(text)), is_named: true });
        let mut n = 0;
        let report = read_inputs(&inputs, &ReadOptions::default(), |record| record.is_ok(), |_| n += 1);
        assert_eq!((n, report.n_repeated), (2, 1));
    }

    #[test]
    fn a_broken_line_costs_itself_alone() {
        let records =
            read_all(&FORMAT, line("m1", "r1", false, 40) + "{\"type\":\"assist\n" + &line("m2", "r2", false, 7));
        assert_eq!(records.iter().filter(|record| record.is_ok()).count(), 2);
        assert!(records.iter().any(|record| record.as_ref().is_err_and(|error| error.to_string().contains(":2: "))));
    }
}
