//! `text/event-stream` bodies: their `data` fields, as JSON. Tolerant, because servers are not strict: any line end,
//! comments, several `data` lines an event, `[DONE]`, events without a blank line between them.

use serde_json::Value;

use crate::error::{Error, Result};

/// The JSON values of a stream's events in their order.
///
/// Errors at an event that is no JSON and names the line; `[DONE]` and empty events are passed over.
pub fn events(text: &str) -> Result<Vec<Value>> {
    let mut events = Vec::new();
    let mut pending = Pending::default();
    for (i, line) in lines(text).enumerate() {
        let line = if i == 0 { line.trim_start_matches('\u{feff}') } else { line };
        if line.is_empty() {
            pending.end(&mut events)?;
        } else if let Some(data) = line.strip_prefix("data:") {
            pending.add(data.strip_prefix(' ').unwrap_or(data), i as u64 + 1, &mut events)?;
        }
        // `event:`, `id:`, `retry:` and comments: the kind of event stands in the JSON too.
    }
    pending.end(&mut events)?;
    Ok(events)
}

/// True if a body looks like an event stream: its first line that is not blank is a field or a comment.
pub fn is_event_stream(text: &str) -> bool {
    let text = text.trim_start_matches('\u{feff}').trim_start();
    ["data:", "event:", "id:", "retry:", ":"].iter().any(|field| text.starts_with(field))
}

/// Data lines of one event.
#[derive(Default)]
struct Pending {
    data: String,
    first_line: u64,
}

impl Pending {
    fn add(&mut self, data: &str, line: u64, events: &mut Vec<Value>) -> Result<()> {
        // Two events without a blank line between them: what stands there is complete already.
        if !self.data.is_empty() && serde_json::from_str::<Value>(&self.data).is_ok() {
            self.end(events)?;
        }
        if self.data.is_empty() {
            self.first_line = line;
        } else {
            self.data.push('\n');
        }
        self.data.push_str(data);
        if self.data.trim() == "[DONE]" {
            self.data.clear();
        }
        Ok(())
    }

    fn end(&mut self, events: &mut Vec<Value>) -> Result<()> {
        let data = std::mem::take(&mut self.data);
        if data.trim().is_empty() {
            return Ok(());
        }
        let value = serde_json::from_str(&data).map_err(|cause| {
            Error::input("expected JSON in the event's data").at_line(self.first_line).because(cause)
        })?;
        events.push(value);
        Ok(())
    }
}

/// Lines that end in LF, CRLF or CR.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    let mut is_done = false;
    std::iter::from_fn(move || {
        if is_done {
            return None;
        }
        let Some(end) = rest.find(['\n', '\r']) else {
            is_done = true;
            return Some(rest);
        };
        let line = &rest[..end];
        rest = &rest[end..];
        rest = rest.strip_prefix("\r\n").unwrap_or_else(|| &rest[1..]);
        Some(line)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn check(text: &str, expected: &[Value]) {
        assert_eq!(events(text).unwrap(), expected, "{text:?}");
    }

    #[test]
    fn events_are_read_however_they_are_written() {
        check("data: {\"a\":1}\n\ndata: {\"a\":2}\n\ndata: [DONE]\n\n", &[json!({"a": 1}), json!({"a": 2})]);
        check("event: x\r\nid: 7\r\ndata:{\"a\":1}\r\n\r\n", &[json!({"a": 1})]);
        check(": keep-alive\n\n\n\ndata: {\"a\":\ndata: 1}\n\n", &[json!({"a": 1})]);
        check("data: {\"a\":1}\ndata: {\"a\":2}", &[json!({"a": 1}), json!({"a": 2})]);
        check("data: {\"a\":1}\rdata: [DONE]\r", &[json!({"a": 1})]);
        check("\u{feff}data: 1", &[json!(1)]);
        check("", &[]);
        check("data:\n\n", &[]);
    }

    #[test]
    fn bad_data_is_an_error_with_its_line() {
        let error = events("data: {}\n\ndata: {oops\n\n").unwrap_err();
        assert_eq!(error.place().and_then(|place| place.line), Some(3));
    }

    #[test]
    fn json_is_no_event_stream() {
        assert!(is_event_stream("\n\ndata: 1"));
        assert!(is_event_stream(": ping"));
        assert!(!is_event_stream("{\"data\": 1}"));
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "(data: |[{}\\[\\]\"0-9a\r\n:]|\\PC){0,60}") {
            let _ = events(&text);
            let _ = is_event_stream(&text);
        }

        #[test]
        fn events_come_back(numbers: Vec<u32>, line_end in "(\n|\r\n|\r)") {
            let texts: Vec<String> = numbers.iter().map(|n| format!("data: {{\"n\": {n}}}{line_end}{line_end}")).collect();
            let text = texts.concat();
            let read: Vec<Value> = numbers.iter().map(|n| json!({ "n": n })).collect();
            prop_assert_eq!(events(&text).unwrap(), read);
        }
    }
}
