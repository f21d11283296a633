//! Gemini requests as JSONL: `{"contents": […], "systemInstruction": …}`, and batch files, `{"key": …, "request": {…}}` (Vertex
//! leaves the key out), which are billed as batch. The model stands in the URL, so most of these name none.

use serde_json::Value;

use crate::chat::Dialect;
use crate::error::Result;
use crate::format::exchange::Exchange;
use crate::format::{Format, Line, Origin, Reader, Record, json, sniff};
use crate::usage::ServiceTier;

pub(super) static FORMAT: Format = Format {
    name: "gemini_requests",
    about: "Gemini generateContent requests, one body a line, and batch files",
    sniff: |head| sniff::first_is(head, |body| is_batch(body) || has_contents(body), 90),
    reader: Reader::Lines(read),
};

fn has_contents(body: &Value) -> bool {
    body.get("contents").is_some() && !json::has_any(body, &["response", "candidates"])
}

fn is_batch(body: &Value) -> bool {
    body.get("request").is_some_and(has_contents) && body.get("response").is_none() && body.get("timestamp").is_none()
}

fn read(line: &Line<'_>, records: &mut Vec<Record>) -> Result<()> {
    let body = json::object(line)?;
    let (request, tier) = match body.get("request") {
        Some(request) => (request, ServiceTier::Batch),
        None => (&body, ServiceTier::Standard),
    };
    let model = json::text(request, "model").or_else(|| json::text(&body, "model"));
    let mut record = Record {
        origin: Origin::of(line),
        // Written `models/gemini-…` or as a path of a Vertex project.
        model: model.map(|model| model.rsplit('/').next().unwrap_or(model).into()),
        ..Record::default()
    };
    record.fill(Exchange { dialect: Some(Dialect::GenerateContent), request: Some(request), ..Exchange::default() })?;
    record.tier = tier;
    records.push(record);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::testing::{check_detected, read_one};

    const REQUEST: &str = r#"{"contents":[{"role":"user","parts":[{"text":"Name a river."}]}]}"#;

    #[test]
    fn bare_and_batch_requests_are_read() {
        let batch = format!(r#"{{"key":"a-1","request":{REQUEST}}}"#);
        for (sample, tier) in [(REQUEST, ServiceTier::Standard), (&*batch, ServiceTier::Batch)] {
            check_detected(&FORMAT, "log.jsonl", sample);
            let record = read_one(&FORMAT, sample);
            assert_eq!(record.tier, tier);
            assert_eq!(record.request.map(|request| request.messages.len()), Some(1));
        }
    }
}
