//! Langfuse observations, as JSONL, a JSON array, or a page of its API (`{"data": […]}`): `{"id", "traceId", "type", "startTime",
//! "model", "input", "output", "usageDetails", "costDetails", …}`. Only generations and embeddings are calls.
//!
//! `usageDetails` is meant to be disjoint: `input` is what neither came from nor went to the cache, and each further `input_*`
//! or `output_*` stands beside it. Many senders write the provider's including figure instead; where the stated total is
//! `input` + `output` alone although there are further parts, it is read so.

use serde_json::Value;

use crate::chat::{Answer, Dialect, Part};
use crate::error::Result;
use crate::format::counts::{Counter, Counts, count};
use crate::format::exchange::{Body, Exchange, FAILED};
use crate::format::{CallKind, Format, Line, Origin, Reader, Record, json, sniff, when};
use crate::usage::{Flaw, Reading, Semantics};

pub(super) static FORMAT: Format = Format {
    name: "langfuse",
    about: "Langfuse observations",
    sniff: |head| {
        sniff::first_is(head, |value| is_observation(value) || page(value).first().is_some_and(is_observation), 95)
    },
    reader: Reader::Lines(read),
};

fn is_observation(value: &Value) -> bool {
    json::has_any(value, &["traceId", "trace_id"])
        && json::has_any(value, &["startTime", "start_time"])
        && json::has_any(
            value,
            &["usageDetails", "usage_details", "promptTokens", "costDetails", "observationType", "type"],
        )
}

fn page(value: &Value) -> &[Value] {
    json::array(value, "data").unwrap_or_default()
}

fn read(line: &Line<'_>, records: &mut Vec<Record>) -> Result<()> {
    let value = json::object(line)?;
    let observations = if value.get("data").is_some() { page(&value) } else { std::slice::from_ref(&value) };
    for observation in observations {
        let kind = match json::text(observation, "type").unwrap_or("GENERATION") {
            "GENERATION" => CallKind::Chat,
            "EMBEDDING" => CallKind::Embedding,
            _ => continue,
        };
        records.push(record(line, observation, kind)?);
    }
    Ok(())
}

fn record(line: &Line<'_>, observation: &Value, kind: CallKind) -> Result<Record> {
    let metadata = observation.get("metadata").map(json::embedded).unwrap_or_default();
    let costs = json::first_field(observation, &["costDetails", "cost_details"]).unwrap_or(&Value::Null);
    let mut record = Record {
        origin: Origin::of(line),
        kind,
        at: when::from_fields(observation, &["startTime", "start_time"]),
        model: json::first_text(observation, &["model", "providedModelName", "provided_model_name"]).map(Into::into),
        billed: json::first_money(costs, &["total"])
            .or_else(|| json::first_money(observation, &["calculatedTotalCost", "totalCost", "total_cost"])),
        ..Record::default()
    };
    for (tag, names) in
        [("user", ["userId", "user_id"]), ("session", ["sessionId", "session_id"]), ("feature", ["promptName", "name"])]
    {
        json::tag(&mut record.tags, tag, json::first_field(observation, &names));
        json::tag(&mut record.tags, tag, json::first_field(&metadata, &names[..1]));
    }
    let request = request_of(observation, record.model.as_deref());
    let output = observation.get("output").map(json::embedded).unwrap_or_default();
    let has_choices = output.get("choices").is_some();
    record.fill(Exchange {
        request: request.as_ref(),
        response: has_choices.then(|| Body::Json(&output)),
        ..Exchange::default()
    })?;
    if !has_choices {
        record.answer = answer_of(&output);
    }
    record.usage = usage_of(observation).or(record.usage.take());
    if json::text(observation, "level") == Some("ERROR") && record.usage.is_none() {
        record.set_status(Some(FAILED));
    }
    Ok(record)
}

/// Input is messages, a request's body, or anything else as text.
fn request_of(observation: &Value, model: Option<&str>) -> Option<Value> {
    let input = json::embedded(json::field(observation, "input")?);
    let messages = match input.as_ref() {
        Value::Object(_) if input.get("messages").is_some() => return Some(input.into_owned()),
        Value::Array(items) if items.iter().all(|item| item.get("role").is_some()) => input.into_owned(),
        Value::String(text) => serde_json::json!([{ "role": "user", "content": text }]),
        other => serde_json::json!([{ "role": "user", "content": other.to_string() }]),
    };
    Some(serde_json::json!({ "model": model, "messages": messages }))
}

fn answer_of(output: &Value) -> Option<Answer> {
    let (content, calls) = match output {
        Value::Null => return None,
        Value::String(text) => return Some(Answer { parts: vec![Part::text(text.as_str())], ..Answer::default() }),
        Value::Object(_) => (output.get("content"), output.get("tool_calls")),
        _ => (None, None),
    };
    if content.is_none() && calls.is_none() {
        return Some(Answer { parts: vec![Part::text(output.to_string())], ..Answer::default() });
    }
    let response = serde_json::json!({ "choices": [{ "index": 0, "message": output }] });
    let wire = crate::dialect::wire(Dialect::Chat).ok()?;
    (wire.reply)(&[response]).ok().map(|reply| reply.answer)
}

fn usage_of(observation: &Value) -> Option<Result<Reading, Flaw>> {
    let details = json::first_field(observation, &["usageDetails", "usage_details"]);
    if let Some(details) = details.and_then(Value::as_object).filter(|details| !details.is_empty()) {
        read_details(details)
    } else {
        // The older shape: three numbers, under `usage` or in the observation itself.
        let usage = json::field(observation, "usage").unwrap_or(observation);
        let mut counter = Counter::new(usage);
        let counts = Counts {
            input: counter.get(&["input", "promptTokens", "prompt_tokens"]),
            output: counter.get(&["output", "completionTokens", "completion_tokens"]),
            total: counter.get(&["total", "totalTokens", "total_tokens"]),
            ..Counts::default()
        };
        // Langfuse writes zeros where it knows nothing.
        let is_known = [counts.input, counts.output].into_iter().flatten().any(|count| count > 0);
        counter.reading(counts).filter(|_| is_known)
    }
}

fn read_details(details: &serde_json::Map<String, Value>) -> Option<Result<Reading, Flaw>> {
    let (mut input, mut output, mut total) = (None, None, None);
    // Parts beside `input` and `output`. Other keys name parts of parts that no price has.
    let (mut read, mut written, mut reasoning) = (0_u64, 0_u64, 0_u64);
    let (mut other_input, mut other_output) = (0_u64, 0_u64);
    for (name, value) in details {
        let count = match count(value) {
            Ok(count) => count.unwrap_or(0),
            Err(found) => return Some(Err(Flaw::NotACount { field: name.clone(), found })),
        };
        match name.as_str() {
            "input" | "prompt_tokens" | "input_tokens" => input = Some(count),
            "output" | "completion_tokens" | "output_tokens" => output = Some(count),
            "total" | "total_tokens" => total = Some(count),
            name if name.contains("cache_creation") || name.contains("cache_write") => written += count,
            name if name.contains("cache") => read += count,
            name if name.contains("reasoning") => reasoning += count,
            name if name.starts_with("input") => other_input += count,
            name if name.starts_with("output") => other_output += count,
            _ => {}
        }
    }
    let (fresh, visible) = (input.unwrap_or(0), output.unwrap_or(0));
    let sum_of_two = fresh.saturating_add(visible);
    let parts = [read, written, reasoning, other_input, other_output].into_iter().fold(0, u64::saturating_add);
    let is_inclusive = parts > 0 && total == Some(sum_of_two);
    let beside = |count: u64| if is_inclusive { 0 } else { count };
    let counts = Counts {
        semantics: if is_inclusive { Semantics::Inclusive } else { Semantics::Exclusive },
        input: input.map(|count| count.saturating_add(beside(other_input))),
        cache_read: Some(read),
        cache_write_short: Some(written),
        cache_write_long: None,
        output: output.map(|count| count.saturating_add(beside(reasoning)).saturating_add(beside(other_output))),
        reasoning: Some(reasoning),
        total,
    };
    counts.reading()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::testing::{check_detected, read as read_all, read_one};

    fn observation(usage: &str) -> String {
        format!(
            r#"{{"id":"o1","traceId":"t1","type":"GENERATION","name":"answer","startTime":"2026-01-02T03:04:05.678Z","model":"claude-haiku-5-5","input":[{{"role":"user","content":"A river?"}}],"output":{{"role":"assistant","content":"Elbe"}},"usageDetails":{usage},"costDetails":{{"total":0.002}}}}"#
        )
    }

    #[test]
    fn details_are_disjoint_unless_their_total_says_otherwise() {
        let check = |usage: &str, input: u64, read: u64, output: u64, reasoning: u64| {
            check_detected(&FORMAT, "langfuse.jsonl", &observation(usage));
            let usage = read_one(&FORMAT, &observation(usage)).usage.unwrap().unwrap().usage;
            assert_eq!(
                (usage.input(), usage.cache_read, usage.output(), usage.output_reasoning),
                (input, read, output, reasoning)
            );
        };
        check(
            r#"{"input":10,"input_cached_tokens":90,"output":5,"output_reasoning_tokens":7,"total":112}"#,
            100,
            90,
            12,
            7,
        );
        check(
            r#"{"input":10,"cache_read_input_tokens":90,"cache_creation_input_tokens":50,"output":5}"#,
            150,
            90,
            5,
            0,
        );
        check(
            r#"{"input":100,"input_cached_tokens":90,"output":12,"output_reasoning_tokens":7,"total":112}"#,
            100,
            90,
            12,
            7,
        );
    }

    #[test]
    fn a_page_gives_its_generations() {
        let generation = observation(r#"{"input":1,"output":2,"total":3}"#);
        let span = generation.replace("GENERATION", "SPAN");
        let page = format!(r#"{{"data":[{span},{generation}],"meta":{{}}}}"#);
        check_detected(&FORMAT, "page.json", &page);
        let records = read_all(&FORMAT, &page);
        assert_eq!(records.len(), 1);
        let record = records[0].as_ref().unwrap();
        assert!(record.request.is_some() && record.answer.is_some() && record.billed.is_some());
    }
}
