//! Wire dialects: pure functions from bytes to the request and response model and to the usage algebra. No I/O.
//!
//! Each dialect is a file under `dialect/` with a [`Wire`] and a line in [`DIALECTS`].

pub mod eventstream;
pub mod media;
pub mod sse;

mod count;
mod draft;
#[cfg(test)]
mod outline;
mod read;

mod chat;
mod chat_message;
mod chat_reply;
mod chat_usage;
mod cohere;
mod cohere_usage;
mod completions;
mod converse;
mod converse_usage;
mod embeddings;
mod generate_content;
mod generate_content_usage;
mod interactions;
mod invoke;
mod invoke_usage;
mod messages;
mod messages_usage;
mod ollama;
mod responses;
mod responses_usage;

use serde_json::Value;

pub use invoke_usage::with_headers;

use crate::chat::{Answer, ChatRequest, Dialect, Message};
use crate::error::{Error, Result};
use crate::usage::{Flaw, Reading};

/// One dialect's functions.
pub struct Wire {
    /// Which.
    pub dialect: Dialect,
    /// True if a request body looks like this dialect's. The first in [`DIALECTS`] that says so is taken.
    pub is_request: fn(&Value) -> bool,
    /// Reads a request body.
    pub request: fn(&Value) -> Result<ChatRequest>,
    /// Reads a response: a JSON body, or the JSON values of a stream's events in their order.
    pub reply: fn(&[Value]) -> Result<Reply>,
    /// Reads a usage object of this dialect. `provider` (lower case) settles where compatible providers differ.
    pub usage: fn(usage: &Value, provider: Option<&str>) -> Result<Reading, Flaw>,
}

/// A response, read.
#[derive(Clone, Debug, Default)]
pub struct Reply {
    /// What was answered.
    pub answer: Answer,
    /// The usage object as the provider sent it (streams: merged, later values win), if any.
    pub usage: Option<Value>,
    /// When it was made, in seconds since the epoch, if the provider says so.
    pub created_s: Option<i64>,
    /// The service tier that served it, as written.
    pub service_tier: Option<String>,
}

/// The dialects, the most particular first.
pub static DIALECTS: &[&Wire] = &[
    &generate_content::WIRE,
    &converse::WIRE,
    &invoke::WIRE,
    &messages::WIRE,
    &cohere::WIRE,
    &ollama::WIRE,
    &chat::WIRE,
    &embeddings::WIRE,
    &responses::WIRE,
    &completions::WIRE,
];

/// The functions of a dialect.
pub fn wire(dialect: Dialect) -> Result<&'static Wire> {
    DIALECTS
        .iter()
        .find(|wire| wire.dialect == dialect)
        .copied()
        .ok_or_else(|| Error::input(format!("the `{}` dialect cannot be read", dialect.name())))
}

/// Reads a request body in whatever dialect it is.
pub fn read_request(body: &Value) -> Result<ChatRequest> {
    let wire = DIALECTS.iter().find(|wire| (wire.is_request)(body)).ok_or_else(|| {
        Error::input("not a request in any known dialect")
            .help("expected `messages`, `input`, `contents`, `prompt` or `inputText` at the top level")
    })?;
    (wire.request)(body)
}

/// Reads one message of a chat completion request.
pub(crate) fn read_chat_message(message: &Value) -> Result<Message> {
    chat_message::message(message)
}

/// Reads a response's bytes, in whatever framing they came: a JSON body, server-sent events, JSON lines, a JSON array of
/// chunks, or AWS' binary event stream.
pub fn read_reply(dialect: Dialect, body: &[u8]) -> Result<Reply> {
    (wire(dialect)?.reply)(&reply_events(body)?)
}

/// The JSON values in a response's bytes, in their order: one for a plain body, one for each event of a stream.
pub fn reply_events(body: &[u8]) -> Result<Vec<Value>> {
    if eventstream::is_event_stream(body) {
        return eventstream::events(body);
    }
    let text = std::str::from_utf8(body)
        .map_err(|cause| Error::input("a response is neither text nor an AWS event stream").because(cause))?;
    if sse::is_event_stream(text) {
        return sse::events(text);
    }
    // One value, or one a line.
    let mut events = Vec::new();
    for value in serde_json::Deserializer::from_str(text.trim_start_matches('\u{feff}')).into_iter::<Value>() {
        events.push(value.map_err(|cause| Error::input("a response is no JSON").because(cause))?);
    }
    if let [Value::Array(chunks)] = events.as_mut_slice() {
        return Ok(std::mem::take(chunks));
    }
    Ok(events)
}

/// An instant as seconds since the epoch, from a number or from text such as `2026-01-31T12:00:00Z`.
fn seconds(instant: &Value) -> Option<i64> {
    match instant {
        Value::Number(number) => number.as_i64().or_else(|| Some(number.as_f64()? as i64)),
        Value::String(text) => text.parse::<crate::clock::Timestamp>().ok().map(crate::clock::Timestamp::as_second),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn each_dialect_is_listed_once() {
        let mut names: Vec<&str> = DIALECTS.iter().map(|wire| wire.dialect.name()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), 10);
    }

    #[test]
    fn a_reply_is_read_in_any_framing() {
        let chunk = |text: &str| json!({"choices": [{"index": 0, "delta": {"content": text}}]}).to_string();
        let (a, b) = (chunk("a"), chunk("b"));
        for body in [
            format!("data: {a}\n\ndata: {b}\n\ndata: [DONE]\n\n"),
            format!("{a}\n{b}\n"),
            format!("[{a},\r\n{b}]"),
            format!("\u{feff}\n\n{a}{b}"),
        ] {
            outline::check_reply(&chat::WIRE, &body, "ab");
        }
    }

    #[test]
    fn what_is_no_response_is_an_error() {
        for body in [&b"<html>"[..], b"{\"a\":", b"\xff\xfe", b"data: {oops\n\n"] {
            assert!(reply_events(body).is_err());
        }
        assert_eq!(reply_events(b"").unwrap(), [] as [Value; 0]);
        for wire in DIALECTS {
            assert!(read_reply(wire.dialect, b"data: [DONE]\n\n").is_err());
        }
    }

    #[test]
    fn what_is_no_request_is_an_error_with_advice() {
        let error = read_request(&json!({"foo": 1})).unwrap_err();
        assert!(error.advice().is_some());
    }

    /// Names that mean something somewhere, so that random objects get past the first look.
    const NAMES: [&str; 40] = [
        "messages",
        "role",
        "content",
        "type",
        "text",
        "input",
        "contents",
        "parts",
        "prompt",
        "usage",
        "tools",
        "function",
        "name",
        "system",
        "source",
        "data",
        "choices",
        "delta",
        "tool_calls",
        "output",
        "inputTokens",
        "prompt_tokens",
        "completion_tokens",
        "total_tokens",
        "input_tokens",
        "output_tokens",
        "cost",
        "tokens",
        "prompt_tokens_details",
        "cached_tokens",
        "billed_units",
        "promptTokenCount",
        "promptTokensDetails",
        "modality",
        "tokenCount",
        "_headers",
        "x-amzn-bedrock-input-token-count",
        "eval_count",
        "cacheDetails",
        "results_tokenCount",
    ];

    fn anything() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            (0_u64..100).prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            "[a-z0-9:,/]{0,12}".prop_map(Value::from),
            proptest::sample::select(&["user", "tool", "text", "image", "tool_use", "AUDIO", "data:,x"][..])
                .prop_map(Value::from),
        ];
        leaf.prop_recursive(5, 60, 6, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                proptest::collection::vec((proptest::sample::select(&NAMES[..]), inner), 0..6)
                    .prop_map(|fields| fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()),
            ]
        })
    }

    proptest! {
        #[test]
        fn no_json_panics(value in anything()) {
            let _ = read_request(&value);
            for wire in DIALECTS {
                let _ = (wire.request)(&value);
                let _ = (wire.reply)(&[value.clone(), value.clone()]);
                if let Ok(reading) = (wire.usage)(&value, Some("openai")) {
                    let _ = reading.usage.total();
                }
            }
        }

        #[test]
        fn no_bytes_panic(bytes: Vec<u8>) {
            for wire in DIALECTS {
                let _ = read_reply(wire.dialect, &bytes);
            }
        }
    }
}
