//! Helicone exports (`npx @helicone/export`, or its request query API, `{"data": […]}`): `{"request_id", "request_created_at",
//! "request_body", "response_status", "response_body", "request_model", "response_model", "provider", "prompt_tokens",
//! "completion_tokens", "prompt_cache_read_tokens", "prompt_cache_write_tokens", "request_properties", "costUSD", …}`.
//!
//! The usage in the response body wins, read as its dialect says. The columns are the provider's own figures: for Anthropic
//! the prompt does not include the cache, for the others it does.

use serde_json::Value;

use crate::error::Result;
use crate::format::counts::{Counter, Counts};
use crate::format::exchange::{Body, Exchange, kind_of_path};
use crate::format::{Format, Line, Origin, Reader, Record, json, sniff, when};
use crate::usage::Semantics;

pub(super) static FORMAT: Format = Format {
    name: "helicone",
    about: "Helicone request exports",
    sniff: |head| {
        sniff::first_is(
            head,
            |value| is_log(value) || json::array(value, "data").and_then(<[Value]>::first).is_some_and(is_log),
            95,
        )
    },
    reader: Reader::Lines(read),
};

fn is_log(value: &Value) -> bool {
    value.get("request_created_at").is_some() && json::has_any(value, &["response_status", "request_model", "status"])
}

fn read(line: &Line<'_>, records: &mut Vec<Record>) -> Result<()> {
    let value = json::object(line)?;
    let logs = json::array(&value, "data").unwrap_or(std::slice::from_ref(&value));
    for log in logs {
        records.push(record(line, log)?);
    }
    Ok(())
}

fn record(line: &Line<'_>, log: &Value) -> Result<Record> {
    let url = json::first_text(log, &["request_path", "target_url"]).unwrap_or_default();
    let (kind, dialect) = kind_of_path(url);
    let mut record = Record {
        origin: Origin::of(line),
        kind,
        at: when::from_fields(log, &["request_created_at"]),
        provider: json::text(log, "provider").map(json::provider),
        model: json::first_text(log, &["model_override", "response_model", "model", "request_model"]).map(Into::into),
        asked_model: json::arc(log, "request_model"),
        // `cost` is in another unit in some versions; this one names its unit.
        billed: json::first_money(log, &["costUSD", "cost_usd"]),
        from_cache: json::text(log, "cache_reference_id").is_some_and(is_reference),
        ..Record::default()
    };
    record.set_status(json::first_field(log, &["response_status", "status"]).and_then(json::status));
    json::tag(&mut record.tags, "user", json::first_field(log, &["request_user_id", "user_id", "helicone_user"]));
    let properties = json::first_field(log, &["request_properties", "properties"]);
    json::tag(&mut record.tags, "session", properties.and_then(|properties| properties.get("Helicone-Session-Id")));
    json::tag_all(&mut record.tags, properties);
    let request = json::field(log, "request_body").map(json::embedded).filter(|body| is_body(body));
    let response = json::field(log, "response_body").map(json::embedded).filter(|body| is_body(body));
    record.fill(Exchange {
        dialect,
        request: request.as_deref(),
        response: response.as_deref().map(Body::Json),
        usage: None,
    })?;
    if record.usage.is_none() && record.status.is_none_or(|status| status < 400) {
        record.usage = columns(log, record.provider.as_deref());
    }
    Ok(record)
}

/// Exports without bodies leave `{}` or a note in their place.
fn is_body(body: &Value) -> bool {
    body.as_object().is_some_and(|fields| fields.len() > 1)
}

/// The nil id stands for "not from the cache".
fn is_reference(id: &str) -> bool {
    id.bytes().any(|b| !matches!(b, b'0' | b'-'))
}

fn columns(log: &Value, provider: Option<&str>) -> Option<Result<crate::usage::Reading, crate::usage::Flaw>> {
    let is_exclusive = matches!(provider, Some("anthropic" | "bedrock" | "aws"));
    let mut counter = Counter::new(log);
    let counts = Counts {
        semantics: if is_exclusive { Semantics::Exclusive } else { Semantics::Inclusive },
        input: counter.get(&["prompt_tokens"]),
        cache_read: counter.get(&["prompt_cache_read_tokens"]),
        cache_write_short: counter.get(&["prompt_cache_write_tokens"]),
        output: counter.get(&["completion_tokens"]),
        ..Counts::default()
    };
    counter.reading(counts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::testing::{check_detected, read_one};

    const LOG: &str = r#"{"request_id":"r1","request_created_at":"2026-01-02T03:04:05.678Z","request_path":"https://api.anthropic.com/v1/messages","request_body":{},"response_status":200,"request_model":"claude-haiku-5-5","response_model":"claude-haiku-5-5","provider":"ANTHROPIC","prompt_tokens":10,"prompt_cache_read_tokens":90,"prompt_cache_write_tokens":0,"completion_tokens":5,"request_user_id":"ann","request_properties":{"team":"care"},"costUSD":0.0003,"cache_reference_id":"00000000-0000-0000-0000-000000000000"}"#;

    #[test]
    fn columns_follow_the_provider() {
        check_detected(&FORMAT, "helicone.jsonl", LOG);
        let record = read_one(&FORMAT, LOG);
        assert_eq!(record.usage.unwrap().unwrap().usage.input(), 100);
        assert_eq!(record.tags.len(), 2);
        assert!(!record.from_cache && record.billed.is_some());
        let openai = LOG.replace("ANTHROPIC", "OPENAI").replace("\"prompt_tokens\":10", "\"prompt_tokens\":100");
        assert_eq!(read_one(&FORMAT, &openai).usage.unwrap().unwrap().usage.input(), 100);
    }

    #[test]
    fn bodies_are_read() {
        let log = LOG.replace("\"request_body\":{}", r#""request_body":{"model":"claude-haiku-5-5","max_tokens":9,"messages":[{"role":"user","content":"A river?"}]},"response_body":{"type":"message","role":"assistant","model":"claude-haiku-5-5","content":[{"type":"text","text":"Elbe"}],"usage":{"input_tokens":7,"output_tokens":2}}"#);
        let record = read_one(&FORMAT, &log);
        assert_eq!(record.usage.unwrap().unwrap().usage.total(), 9);
        assert!(record.request.is_some() && record.answer.is_some());
    }
}
