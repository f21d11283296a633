//! Anthropic messages requests as JSONL: `{"model": …, "max_tokens": …, "system": …, "messages": […]}`, and message batches,
//! `{"custom_id": …, "params": {…}}`, which are billed as batch. A batch may also be one body `{"requests": […]}`.

use serde_json::Value;

use crate::error::Result;
use crate::format::{Format, Line, Reader, Record, json, requests, sniff};
use crate::usage::ServiceTier;

pub(super) static FORMAT: Format = Format {
    name: "messages_requests",
    about: "Anthropic messages requests, one body a line, and message batches",
    sniff: |head| sniff::first_is(head, is_batch, 90).max(sniff::first_is(head, is_request, 65)),
    reader: Reader::Lines(read),
};

fn is_request(body: &Value) -> bool {
    let is_own = ["system", "anthropic_version", "thinking", "stop_sequences", "cache_control"];
    let is_claude = || json::text(body, "model").is_some_and(|model| model.starts_with("claude"));
    requests::has_messages(body)
        && body.get("max_tokens").is_some()
        && (json::has_any(body, &is_own) || is_claude())
        && !json::has_any(body, &["response", "calls"])
}

fn is_batch(body: &Value) -> bool {
    let is_item = |item: &Value| item.get("params").is_some_and(requests::has_messages);
    is_item(body) || json::array(body, "requests").and_then(<[Value]>::first).is_some_and(is_item)
}

fn read(line: &Line<'_>, records: &mut Vec<Record>) -> Result<()> {
    let body = json::object(line)?;
    let Some(items) =
        json::array(&body, "requests").or_else(|| body.get("params").map(|_| std::slice::from_ref(&body)))
    else {
        records.push(requests::record(line, &body)?);
        return Ok(());
    };
    for (index, item) in items.iter().enumerate() {
        let params = item.get("params").unwrap_or(&Value::Null);
        let record = requests::record(line, params).map_err(|error| error.in_field(&format!("requests.{index}")))?;
        records.push(Record { tier: ServiceTier::Batch, ..record });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::testing::{check_detected, read as read_all, read_one};

    const REQUEST: &str = r#"{"model":"claude-haiku-5-5","max_tokens":99,"system":"Be brief.","messages":[{"role":"user","content":"Name a river."}]}"#;

    #[test]
    fn a_request_is_read() {
        check_detected(&FORMAT, "log.jsonl", REQUEST);
        let record = read_one(&FORMAT, REQUEST);
        assert_eq!(record.dialect, Some(crate::chat::Dialect::Messages));
        assert_eq!(record.request.and_then(|request| request.max_output), Some(99));
        assert_eq!(record.tier, ServiceTier::Standard);
    }

    #[test]
    fn a_batch_is_billed_as_batch() {
        let item = format!(r#"{{"custom_id":"a-1","params":{REQUEST}}}"#);
        let body = format!(r#"{{"requests":[{item},{item}]}}"#);
        for (sample, n) in [(&item, 1), (&body, 2)] {
            check_detected(&FORMAT, "batch.jsonl", sample);
            let records = read_all(&FORMAT, sample);
            assert_eq!(records.len(), n);
            assert!(records.iter().all(|record| record.as_ref().unwrap().tier == ServiceTier::Batch));
        }
    }
}
