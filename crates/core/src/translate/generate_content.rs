//! Gemini `generateContent`.

mod parts;
mod reply;
mod request;
mod stream;

use serde_json::{Value, json};

use super::Codec;
use super::model::{Failure, FailureClass};
use crate::chat::Dialect;

pub(super) static CODEC: Codec = Codec {
    dialect: Dialect::GenerateContent,
    read_request: request::read,
    write_request: request::write,
    read_response: reply::read,
    write_response: reply::write,
    stream_reader: || Box::new(stream::Reader::default()),
    stream_writer: |_| Box::new(stream::Writer::default()),
    // `{"error": {"code", "message", "status", "details"}}`.
    read_failure: super::chat::read_failure,
    write_failure,
};

fn write_failure(failure: &Failure) -> Value {
    let status = match failure.class {
        FailureClass::Authentication => "UNAUTHENTICATED",
        FailureClass::Permission => "PERMISSION_DENIED",
        FailureClass::NotFound => "NOT_FOUND",
        FailureClass::RateLimited | FailureClass::QuotaExhausted => "RESOURCE_EXHAUSTED",
        FailureClass::Overloaded => "UNAVAILABLE",
        FailureClass::Timeout => "DEADLINE_EXCEEDED",
        FailureClass::InvalidRequest
        | FailureClass::ContextOverflow
        | FailureClass::ContentFilter
        | FailureClass::TooLarge => "INVALID_ARGUMENT",
        FailureClass::Server | FailureClass::Unknown => "INTERNAL",
    };
    json!({"error": {"code": failure.status, "message": failure.message, "status": status}})
}
