//! Batch output files. OpenAI: `{"id", "custom_id", "response": {"status_code", "request_id", "body"}, "error"}`; Anthropic:
//! `{"custom_id", "result": {"type", "message"}}`; Gemini: `{"key", "response"}`. Billed as batch. The usage is the
//! provider's own: OpenAI and Gemini include cache reads in their input, Anthropic does not. The requests are not there.

use std::sync::Arc;

use serde_json::Value;

use crate::error::{Error, Result};
use crate::format::exchange::{Body, Exchange, FAILED};
use crate::format::{Format, Line, Origin, Reader, Record, json, sniff};
use crate::usage::ServiceTier;

pub(super) static FORMAT: Format = Format {
    name: "batch_output",
    about: "Batch output files of OpenAI, Anthropic and Gemini",
    sniff: |head| sniff::first_is(head, is_output, 95),
    reader: Reader::Lines(read),
};

fn is_output(item: &Value) -> bool {
    let is_openai = item.get("custom_id").is_some() && json::has_any(item, &["response", "error"]);
    let is_anthropic = item.get("custom_id").is_some() && item.get("result").is_some_and(|r| r.get("type").is_some());
    let is_gemini = item.get("key").is_some() && item.get("request").is_none() && json::has_any(item, &["response"]);
    is_openai || is_anthropic || is_gemini
}

fn read(line: &Line<'_>, records: &mut Vec<Record>) -> Result<()> {
    let item = json::object(line)?;
    let mut record = Record { origin: Origin::of(line), ..Record::default() };
    let body = if let Some(result) = json::field(&item, "result") {
        record
            .set_status(failure(result.get("type").and_then(Value::as_str) != Some("succeeded"), result.get("error")));
        json::field(result, "message")
    } else {
        let response = json::field(&item, "response");
        let stated = response.and_then(|response| json::status(response.get("status_code")?));
        let error = json::field(&item, "error");
        record.set_status(stated.or_else(|| failure(error.is_some() || response.is_none(), error)));
        response.map(|response| json::field(response, "body").unwrap_or(response))
    };
    if body.is_none() && record.status.is_none() {
        return Err(Error::input("a batch result needs a response or an error"));
    }
    record.fill(Exchange { response: body.map(Body::Json), ..Exchange::default() })?;
    record.tier = ServiceTier::Batch;
    record.custom_id = json::text(&item, "custom_id").map(Arc::from);
    records.push(record);
    Ok(())
}

/// The status of a result that has none of its own.
fn failure(has_failed: bool, error: Option<&Value>) -> Option<u16> {
    has_failed.then(|| error.and_then(|error| json::status(error.get("code")?)).unwrap_or(FAILED))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::testing::{check_detected, read_one};

    #[test]
    fn answers_come_with_usage() {
        let sample = r#"{"id":"b1","custom_id":"a-1","response":{"status_code":200,"body":{"object":"chat.completion","created":1775802348,"model":"gpt-6-luna","choices":[{"index":0,"message":{"role":"assistant","content":"Elbe"},"finish_reason":"stop"}],"usage":{"prompt_tokens":9,"completion_tokens":2,"total_tokens":11}}},"error":null}"#;
        check_detected(&FORMAT, "out.jsonl", sample);
        let record = read_one(&FORMAT, sample);
        assert_eq!(record.tier, ServiceTier::Batch);
        assert_eq!(record.usage.unwrap().unwrap().usage.total(), 11);
        assert_eq!((record.status, record.model.as_deref()), (None, Some("gpt-6-luna")));
    }

    #[test]
    fn anthropic_results_are_exclusive() {
        let sample = r#"{"custom_id":"a-1","result":{"type":"succeeded","message":{"type":"message","role":"assistant","model":"claude-haiku-5-5","content":[{"type":"text","text":"Elbe"}],"stop_reason":"end_turn","usage":{"input_tokens":9,"cache_read_input_tokens":100,"output_tokens":2}}}}"#;
        check_detected(&FORMAT, "out.jsonl", sample);
        assert_eq!(read_one(&FORMAT, sample).usage.unwrap().unwrap().usage.input(), 109);
    }

    #[test]
    fn failures_have_a_status_and_no_usage() {
        for (sample, status) in [
            (
                r#"{"custom_id":"a","response":{"status_code":429,"body":{"error":{"message":"slow down"}}},"error":null}"#,
                429,
            ),
            (r#"{"custom_id":"a","response":null,"error":{"code":"batch_expired"}}"#, FAILED),
            (r#"{"custom_id":"a","result":{"type":"expired"}}"#, FAILED),
        ] {
            check_detected(&FORMAT, "out.jsonl", sample);
            let record = read_one(&FORMAT, sample);
            assert_eq!(record.status, Some(status), "{sample}");
            assert!(record.usage.is_none());
        }
    }
}
