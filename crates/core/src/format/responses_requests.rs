//! OpenAI responses requests as JSONL: `{"model": …, "input": …, "instructions": …}`. No usage, no answer; time and labels
//! as for chat requests.

use serde_json::Value;

use crate::format::{Format, Reader, json, requests, sniff};

pub(super) static FORMAT: Format = Format {
    name: "responses_requests",
    about: "OpenAI responses requests, one body a line",
    sniff: |head| sniff::first_is(head, is_request, 62),
    reader: Reader::Lines(requests::read),
};

fn is_request(body: &Value) -> bool {
    let is_input = body.get("input").is_some_and(|input| input.is_array() || input.is_string());
    let is_own = ["instructions", "max_output_tokens", "previous_response_id", "text", "reasoning", "store", "tools"];
    let is_embedding = json::text(body, "model").is_some_and(|model| model.contains("embed"));
    is_input
        && (body.get("model").is_some() && !is_embedding || json::has_any(body, &is_own))
        && !json::has_any(body, &["output", "usage", "messages", "usageDetails"])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::testing::{check_detected, read_one};

    #[test]
    fn a_request_is_read() {
        let sample =
            r#"{"model":"gpt-6-sol","instructions":"Be brief.","input":[{"role":"user","content":"Name a river."}]}"#;
        check_detected(&FORMAT, "log.jsonl", sample);
        let record = read_one(&FORMAT, sample);
        assert_eq!(record.dialect, Some(crate::chat::Dialect::Responses));
        assert_eq!(record.request.map(|request| request.messages.len()), Some(2));
    }
}
