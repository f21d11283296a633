//! OpenAI chat completions, and everything compatible.

mod message;
pub(super) mod parts;
mod reply;
mod request;
mod stream;
mod tools;

use serde_json::{Value, json};

use super::model::{Failure, FailureClass};
use super::{Codec, failure};
use crate::chat::Dialect;

pub(super) static CODEC: Codec = Codec {
    dialect: Dialect::Chat,
    read_request: request::read,
    write_request: request::write,
    read_response: reply::read,
    write_response: reply::write,
    stream_reader: || Box::new(stream::Reader::default()),
    stream_writer: |request| Box::new(stream::Writer::new(request)),
    read_failure,
    write_failure,
};

/// `{"error": {"message", "type", "param", "code"}}`, or a text, or a list of such (Gemini's compatible interface).
pub(super) fn read_failure(status: u16, body: &Value) -> Failure {
    let body = body.as_array().and_then(|list| list.first()).unwrap_or(body);
    let error = body.get("error").filter(|error| !error.is_null()).unwrap_or(body);
    let text = |name: &str| error.get(name).and_then(Value::as_str).map(str::to_owned);
    let number = |name: &str| error.get(name).and_then(Value::as_i64).map(|code| code.to_string());
    let message = error.as_str().map(str::to_owned).or_else(|| text("message")).or_else(|| text("detail"));
    // OpenRouter hands on what its provider said.
    let inner = error.pointer("/metadata/raw").and_then(Value::as_str);
    let message = match (message, inner) {
        (Some(message), Some(inner)) => format!("{message}: {inner}"),
        (message, _) => message.unwrap_or_else(|| failure::excerpt(body)),
    };
    let code = text("code").or_else(|| text("type")).or_else(|| text("status")).or_else(|| number("code"));
    let kind = text("type");
    let words: Vec<&str> = code.iter().chain(&kind).map(String::as_str).collect();
    let status = if status == 200 { failure::status_in(error).unwrap_or(500) } else { status };
    Failure {
        status,
        class: failure::classify(status, &words, &message),
        code,
        param: text("param"),
        message,
        retry_after_ms: failure::retry_delay(error),
    }
}

pub(super) fn write_failure(failure: &Failure) -> Value {
    let kind = match failure.class {
        FailureClass::Authentication | FailureClass::Permission => "authentication_error",
        FailureClass::RateLimited => "rate_limit_error",
        FailureClass::QuotaExhausted => "insufficient_quota",
        FailureClass::NotFound
        | FailureClass::InvalidRequest
        | FailureClass::ContextOverflow
        | FailureClass::ContentFilter
        | FailureClass::TooLarge => "invalid_request_error",
        FailureClass::Overloaded | FailureClass::Server | FailureClass::Timeout | FailureClass::Unknown => {
            "server_error"
        }
    };
    let code = match failure.class {
        FailureClass::ContextOverflow => Some("context_length_exceeded".to_owned()),
        FailureClass::ContentFilter => Some("content_filter".to_owned()),
        _ => failure.code.clone(),
    };
    json!({"error": {"message": failure.message, "type": kind, "param": failure.param, "code": code}})
}
