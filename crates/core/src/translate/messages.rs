//! Anthropic messages.

mod blocks;
mod reply;
mod request;
mod stream;

use serde_json::{Value, json};

use super::model::{Failure, FailureClass};
use super::{Codec, failure};
use crate::chat::Dialect;

pub(super) static CODEC: Codec = Codec {
    dialect: Dialect::Messages,
    read_request: request::read,
    write_request: request::write,
    read_response: reply::read,
    write_response: reply::write,
    stream_reader: || Box::new(stream::Reader::default()),
    stream_writer: |request| Box::new(stream::Writer::new(request)),
    read_failure,
    write_failure,
};

/// `{"type": "error", "error": {"type", "message"}}`.
fn read_failure(status: u16, body: &Value) -> Failure {
    let error = body.get("error").unwrap_or(body);
    let text = |name: &str| error.get(name).and_then(Value::as_str).map(str::to_owned);
    let code = text("type");
    let message = text("message").unwrap_or_else(|| failure::excerpt(body));
    let status = if status == 200 {
        match code.as_deref() {
            Some("overloaded_error") => 529,
            Some("rate_limit_error") => 429,
            Some("invalid_request_error") => 400,
            _ => 500,
        }
    } else {
        status
    };
    let codes: Vec<&str> = code.iter().map(String::as_str).collect();
    Failure {
        status,
        class: failure::classify(status, &codes, &message),
        code,
        message,
        param: None,
        retry_after_ms: None,
    }
}

fn write_failure(failure: &Failure) -> Value {
    let kind = match failure.class {
        FailureClass::Authentication => "authentication_error",
        FailureClass::Permission => "permission_error",
        FailureClass::NotFound => "not_found_error",
        FailureClass::RateLimited => "rate_limit_error",
        FailureClass::QuotaExhausted => "billing_error",
        FailureClass::TooLarge => "request_too_large",
        FailureClass::Overloaded => "overloaded_error",
        FailureClass::Timeout => "timeout_error",
        FailureClass::InvalidRequest | FailureClass::ContextOverflow | FailureClass::ContentFilter => {
            "invalid_request_error"
        }
        FailureClass::Server | FailureClass::Unknown => "api_error",
    };
    json!({"type": "error", "error": {"type": kind, "message": failure.message}})
}
