//! LiteLLM spend logs (the table `LiteLLM_SpendLogs`, or `/spend/logs`), as JSONL or a JSON array: `{"request_id", "call_type",
//! "api_key", "spend", "prompt_tokens", "completion_tokens", "startTime", "model", "model_group", "custom_llm_provider", "cache_hit",
//! "messages", "response", …}`. Input includes cache reads and writes, whatever the vendor: LiteLLM adds them in. `spend` is
//! what it charged; `cache_hit` tells answers from its own response cache.

use serde_json::Value;

use crate::chat::Dialect;
use crate::dialect;
use crate::error::Result;
use crate::format::counts::{Counter, Counts};
use crate::format::exchange::{Body, Exchange, FAILED};
use crate::format::{CallKind, Format, Line, Origin, Reader, Record, json, sniff, when};
use crate::usage::{Flaw, Reading, Semantics};

pub(super) static FORMAT: Format = Format {
    name: "litellm",
    about: "LiteLLM spend logs",
    sniff: |head| sniff::first_is(head, |log| json::has_all(log, &["call_type", "spend"]), 95),
    reader: Reader::Lines(read),
};

fn read(line: &Line<'_>, records: &mut Vec<Record>) -> Result<()> {
    let log = json::object(line)?;
    let metadata = log.get("metadata").map(json::embedded).unwrap_or_default();
    let mut record = Record {
        origin: Origin::of(line),
        kind: kind_of(json::text(&log, "call_type").unwrap_or_default()),
        at: when::from_fields(&log, &["startTime", "start_time"]),
        provider: json::text(&log, "custom_llm_provider").map(json::provider),
        // Models carry the provider that the call went to: `azure/gpt-4o`.
        model: json::arc(&log, "model"),
        asked_model: json::arc(&log, "model_group"),
        billed: json::first_money(&log, &["spend"]),
        from_cache: json::is_true(log.get("cache_hit")),
        ..Record::default()
    };
    let has_failed = json::text(&log, "status").or_else(|| json::text(&metadata, "status")) == Some("failure");
    if has_failed {
        let code = metadata.pointer("/error_information/error_code").and_then(json::status);
        record.set_status(Some(code.unwrap_or(FAILED)));
    }
    let names = [("user", "user"), ("key", "api_key"), ("team", "team_id"), ("session", "session_id")];
    json::tag(&mut record.tags, "key", metadata.get("user_api_key_alias"));
    json::tag(&mut record.tags, "team", metadata.get("user_api_key_team_alias"));
    json::tag(&mut record.tags, "user", log.get("end_user"));
    for (tag, name) in names {
        json::tag(&mut record.tags, tag, log.get(name));
    }
    if let Some(Value::Array(tags)) = log.get("request_tags").map(json::embedded).as_deref() {
        json::tag(&mut record.tags, "feature", tags.first());
    }
    // Bodies are kept only if the proxy was told to; else they are `{}`.
    let request = request_of(&log);
    let response = log.get("response").map(json::embedded).filter(|body| body.get("choices").is_some());
    record.fill(Exchange {
        dialect: Some(Dialect::Chat).filter(|_| request.is_some() || response.is_some()),
        request: request.as_ref(),
        response: response.as_deref().map(Body::Json),
        usage: None,
    })?;
    // The spend log's own counts are what was charged for; the response may lack usage.
    if !has_failed {
        record.usage = usage_of(&log, &metadata).or(record.usage.take());
        record.billed = json::first_money(&log, &["spend"]);
    }
    records.push(record);
    Ok(())
}

fn kind_of(call_type: &str) -> CallKind {
    match call_type.trim_start_matches('a').trim_start_matches('_') {
        kind if kind.contains("embedding") => CallKind::Embedding,
        kind if kind.contains("rerank") => CallKind::Rerank,
        kind if ["image", "speech", "transcription", "moderation", "file", "batch"]
            .iter()
            .any(|other| kind.contains(other)) =>
        {
            CallKind::Other
        }
        _ => CallKind::Chat,
    }
}

fn request_of(log: &Value) -> Option<Value> {
    let whole = log.get("proxy_server_request").map(json::embedded);
    if let Some(body) = whole.filter(|body| json::array(body, "messages").is_some()) {
        return Some(body.into_owned());
    }
    let messages = json::embedded(log.get("messages")?);
    messages.as_array().filter(|messages| !messages.is_empty())?;
    let model = json::first_text(log, &["model_group", "model"]);
    Some(serde_json::json!({ "model": model, "messages": messages.as_ref() }))
}

fn usage_of(log: &Value, metadata: &Value) -> Option<Result<Reading, Flaw>> {
    // Newer versions keep the whole usage object.
    if let Some(usage) = json::field(metadata, "usage_object").filter(|usage| usage.get("prompt_tokens").is_some()) {
        return Some((dialect::wire(Dialect::Chat).ok()?.usage)(usage, None));
    }
    let mut counter = Counter::new(log);
    let counts = Counts {
        semantics: Semantics::Inclusive,
        input: counter.get(&["prompt_tokens"]),
        output: counter.get(&["completion_tokens"]),
        total: counter.get(&["total_tokens"]),
        ..Counts::default()
    };
    counter.reading(counts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::testing::{check_detected, read_one};

    const LOG: &str = r#"{"request_id":"r1","call_type":"acompletion","api_key":"88dc28","spend":0.00015,"total_tokens":120,"prompt_tokens":100,"completion_tokens":20,"startTime":"2026-01-02T03:04:05.678Z","model":"azure/gpt-6-luna","model_group":"luna","custom_llm_provider":"azure","user":"","end_user":"ann","metadata":{"user_api_key_team_alias":"care","usage_object":{"prompt_tokens":100,"completion_tokens":20,"total_tokens":120,"prompt_tokens_details":{"cached_tokens":64}}},"cache_hit":"False","request_tags":["answers"],"messages":{},"response":{}}"#;

    #[test]
    fn a_log_is_read_with_its_spend() {
        check_detected(&FORMAT, "spend.jsonl", LOG);
        let record = read_one(&FORMAT, LOG);
        assert_eq!(record.usage.unwrap().unwrap().usage.cache_read, 64);
        assert_eq!(record.billed.map(crate::usd::Usd::to_decimal).as_deref(), Some("0.00015"));
        assert_eq!((record.model.as_deref(), record.asked_model.as_deref()), (Some("azure/gpt-6-luna"), Some("luna")));
        let tags: Vec<(&str, &str)> = record.tags.iter().map(|(name, label)| (&**name, &**label)).collect();
        assert_eq!(tags, [("feature", "answers"), ("key", "88dc28"), ("team", "care"), ("user", "ann")]);
        assert!(!record.from_cache && record.request.is_none());
    }

    #[test]
    fn messages_and_own_cache_hits_are_read() {
        let log = LOG
            .replace("\"messages\":{}", r#""messages":[{"role":"user","content":"A river?"}]"#)
            .replace("\"False\"", "\"True\"");
        let record = read_one(&FORMAT, &log);
        assert!(record.from_cache && record.request.is_some());
    }

    #[test]
    fn a_failure_carries_its_code() {
        let log = LOG
            .replace("\"metadata\":{", r#""metadata":{"status":"failure","error_information":{"error_code":"429"},"#);
        let record = read_one(&FORMAT, &log);
        assert_eq!((record.status, record.usage.is_none()), (Some(429), true));
    }
}
