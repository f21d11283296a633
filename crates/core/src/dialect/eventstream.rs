//! AWS event streams (`application/vnd.amazon.eventstream`), as Bedrock sends them: binary frames of headers and a JSON
//! payload. Checksums are not verified: the bytes came over TLS, and a log may have been cut.

use serde_json::{Map, Value};

use crate::error::{Error, Result};

/// Total length, headers' length and the prelude's checksum.
const PRELUDE: usize = 12;
/// The prelude and the message's checksum.
const SMALLEST: usize = PRELUDE + 4;

/// The JSON payloads of a stream, in their order. A payload is put under its event's name (`{"metadata": {…}}`), as in the
/// documentation of converse-stream; a `{"bytes": …}` chunk of invoke-stream is the JSON in it.
///
/// Errors at a frame that does not fit into the bytes, and at a payload that is no JSON.
pub fn events(bytes: &[u8]) -> Result<Vec<Value>> {
    let mut events = Vec::new();
    let mut rest = bytes;
    while !rest.is_empty() {
        let offset = bytes.len() - rest.len();
        let frame = Frame::read(rest)
            .ok_or_else(|| Error::input(format!("an AWS event stream breaks off in the frame at byte {offset}")))?;
        rest = &rest[frame.length..];
        if let Some(event) = frame.event(offset)? {
            events.push(event);
        }
    }
    Ok(events)
}

/// True if the first frame's lengths fit together and its headers can be read.
pub fn is_event_stream(bytes: &[u8]) -> bool {
    Frame::read(bytes).is_some_and(|frame| frame.name.is_some())
}

struct Frame<'a> {
    length: usize,
    /// `:event-type` or `:exception-type`.
    name: Option<&'a str>,
    payload: &'a [u8],
}

impl<'a> Frame<'a> {
    fn read(bytes: &'a [u8]) -> Option<Frame<'a>> {
        let length = big(bytes, 0, 4)?;
        let headers = big(bytes, 4, 4)?;
        let frame = bytes.get(..length).filter(|frame| frame.len() >= SMALLEST)?;
        let payload_from = PRELUDE.checked_add(headers)?;
        let payload = frame.get(payload_from..length - 4)?;
        Some(Frame { length, name: event_name(frame.get(PRELUDE..payload_from)?), payload })
    }

    fn event(&self, offset: usize) -> Result<Option<Value>> {
        if self.payload.is_empty() {
            return Ok(None);
        }
        let no_json = |cause| Error::input(format!("the frame at byte {offset} holds no JSON")).because(cause);
        let payload: Value = serde_json::from_slice(self.payload).map_err(no_json)?;
        if let Some(chunk) = payload.get("bytes").and_then(Value::as_str) {
            let inner = super::media::decode(chunk)
                .ok_or_else(|| Error::input(format!("the chunk at byte {offset} is no base64")))?;
            return serde_json::from_slice(&inner).map(Some).map_err(no_json);
        }
        Ok(Some(match self.name {
            Some(name) => Value::Object(Map::from_iter([(name.to_owned(), payload)])),
            None => payload,
        }))
    }
}

/// Walks the headers: name, type, value. Only strings are looked at; the other types have known lengths.
fn event_name(mut headers: &[u8]) -> Option<&str> {
    while !headers.is_empty() {
        let n_name = big(headers, 0, 1)?;
        let name = headers.get(1..=n_name)?;
        let kind = *headers.get(1 + n_name)?;
        let value = headers.get(2 + n_name..)?;
        let (from, length) = match kind {
            // True and false.
            0 | 1 => (0, 0),
            2 => (0, 1),
            3 => (0, 2),
            4 => (0, 4),
            // A long, an instant.
            5 | 8 => (0, 8),
            // Bytes, text.
            6 | 7 => (2, big(value, 0, 2)?),
            9 => (0, 16),
            _ => return None,
        };
        let text = value.get(from..from + length)?;
        if matches!(name, b":event-type" | b":exception-type") {
            return std::str::from_utf8(text).ok();
        }
        headers = &value[from + length..];
    }
    None
}

fn big(bytes: &[u8], at: usize, n: usize) -> Option<usize> {
    Some(bytes.get(at..at + n)?.iter().fold(0, |value, b| (value << 8) | usize::from(*b)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn frame(name: &str, payload: &str) -> Vec<u8> {
        let mut headers = vec![11];
        headers.extend(b":event-type");
        headers.push(7);
        headers.extend((name.len() as u16).to_be_bytes());
        headers.extend(name.as_bytes());
        let length = SMALLEST + headers.len() + payload.len();
        let mut frame = (length as u32).to_be_bytes().to_vec();
        frame.extend((headers.len() as u32).to_be_bytes());
        frame.extend([0; 4]);
        frame.extend(headers);
        frame.extend(payload.as_bytes());
        frame.extend([0; 4]);
        frame
    }

    #[test]
    fn payloads_stand_under_their_event() {
        let mut bytes = frame("messageStart", "{\"role\":\"assistant\"}");
        bytes.extend(frame("chunk", "{\"bytes\":\"eyJhIjoxfQ==\",\"p\":\"abc\"}"));
        assert!(is_event_stream(&bytes));
        assert_eq!(events(&bytes).unwrap(), [json!({"messageStart": {"role": "assistant"}}), json!({"a": 1})]);
    }

    #[test]
    fn a_cut_stream_is_an_error_with_its_place() {
        let mut bytes = frame("a", "{}");
        let n = bytes.len();
        bytes.extend(&frame("b", "{}")[..10]);
        assert_eq!(
            events(&bytes).unwrap_err().message(),
            format!("an AWS event stream breaks off in the frame at byte {n}")
        );
    }

    #[test]
    fn text_is_no_event_stream() {
        for text in ["", "{\"a\":1}", "data: {}\n\n", "[1,2,3]"] {
            assert!(!is_event_stream(text.as_bytes()), "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes: Vec<u8>) {
            let _ = events(&bytes);
            let _ = is_event_stream(&bytes);
        }

        #[test]
        fn no_change_of_one_byte_panics(at in 0_usize..60, to: u8) {
            let mut bytes = frame("chunk", "{\"bytes\":\"eyJhIjoxfQ==\"}");
            if let Some(byte) = bytes.get_mut(at) {
                *byte = to;
            }
            let _ = events(&bytes);
        }
    }
}
