//! OpenAI batch input files: `{"custom_id": …, "method": "POST", "url": "/v1/chat/completions", "body": {…}}` a line. The same
//! file serves Azure, Groq, Mistral, Together and others. Billed as batch; no usage, no answer.

use std::sync::Arc;

use serde_json::Value;

use crate::error::{Error, Result};
use crate::format::exchange::{Exchange, kind_of_path};
use crate::format::{Format, Line, Origin, Reader, Record, json, sniff};
use crate::usage::ServiceTier;

pub(super) static FORMAT: Format = Format {
    name: "batch_input",
    about: "OpenAI batch input files (also Azure, Groq, Mistral, Together)",
    sniff: |head| {
        sniff::first_is(
            head,
            |item| item.get("body").is_some_and(Value::is_object) && json::has_any(item, &["custom_id", "url"]),
            95,
        )
    },
    reader: Reader::Lines(read),
};

fn read(line: &Line<'_>, records: &mut Vec<Record>) -> Result<()> {
    let item = json::object(line)?;
    let body = json::field(&item, "body").ok_or_else(|| {
        Error::input("a batch request needs a body")
            .in_field("body")
            .help("each line is {custom_id, method, url, body}")
    })?;
    let (kind, dialect) = kind_of_path(json::text(&item, "url").unwrap_or_default());
    let mut record = Record { origin: Origin::of(line), kind, ..Record::default() };
    json::tag(&mut record.tags, "user", body.get("user"));
    json::tag_all(&mut record.tags, body.get("metadata"));
    record.fill(Exchange { dialect, request: Some(body), ..Exchange::default() })?;
    record.tier = ServiceTier::Batch;
    record.custom_id = json::text(&item, "custom_id").map(Arc::from);
    records.push(record);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::testing::{check_detected, read as read_all, read_one};

    #[test]
    fn a_batch_request_is_billed_as_batch() {
        let sample = r#"{"custom_id":"a-1","method":"POST","url":"/v1/chat/completions","body":{"model":"gpt-6-luna","messages":[{"role":"user","content":"Name a river."}]}}"#;
        check_detected(&FORMAT, "batch.jsonl", sample);
        let record = read_one(&FORMAT, sample);
        assert_eq!((record.tier, record.model.as_deref()), (ServiceTier::Batch, Some("gpt-6-luna")));
        assert!(record.request.is_some());
    }

    #[test]
    fn a_line_without_a_body_says_what_it_needs() {
        let error = read_all(&FORMAT, r#"{"custom_id":"a-1"}"#).remove(0).unwrap_err().to_string();
        assert!(error.contains("`body`") && error.contains("custom_id"), "{error}");
    }
}
