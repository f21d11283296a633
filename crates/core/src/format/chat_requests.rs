//! Chat completion requests as JSONL: `{"model": …, "messages": […], …}`, the bodies that applications send to OpenAI and
//! everything compatible. There is no usage and no answer. A `timestamp` or `created_at` beside the fields is taken over,
//! `user` and `metadata` become labels.

use crate::format::{Format, Reader, json, requests, sniff};

pub(super) static FORMAT: Format = Format {
    name: "chat_requests",
    about: "OpenAI chat completion requests, one body a line",
    sniff: |head| {
        sniff::first_is(head, |body| requests::has_messages(body) && body.get("model").is_some(), 60).max(
            sniff::first_is(
                head,
                |body| requests::has_messages(body) && !json::has_any(body, &["calls", "response"]),
                40,
            ),
        )
    },
    reader: Reader::Lines(requests::read),
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::testing::{check_detected, read, read_one};

    const SAMPLE: &str = r#"{"model":"gpt-6-luna","messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"Name a river."}],"user":"ann","timestamp":"2026-01-02T03:04:05Z"}"#;

    #[test]
    fn a_request_is_read_with_its_labels() {
        check_detected(&FORMAT, "log.jsonl", SAMPLE);
        let record = read_one(&FORMAT, SAMPLE);
        assert_eq!(record.model.as_deref(), Some("gpt-6-luna"));
        assert_eq!(record.request.map(|request| request.messages.len()), Some(2));
        assert_eq!(record.tags.get("user").map(|user| &**user), Some("ann"));
        assert_eq!(record.at.map(|at| at.to_string()).as_deref(), Some("2026-01-02T03:04:05Z"));
        assert!(!record.is_prompt && record.usage.is_none() && record.answer.is_none());
    }

    #[test]
    fn one_request_over_many_lines_is_one_record() {
        let pretty = serde_json::to_string_pretty(&serde_json::from_str::<serde_json::Value>(SAMPLE).unwrap()).unwrap();
        check_detected(&FORMAT, "request.json", &pretty);
        assert_eq!(read(&FORMAT, &pretty).len(), 1);
        assert_eq!(read(&FORMAT, format!("[{pretty}, {pretty}]")).len(), 2);
    }
}
