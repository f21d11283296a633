//! Bedrock converse.

mod blocks;
mod reply;
mod request;
mod stream;

use serde_json::{Value, json};

use super::model::{Failure, FailureClass};
use super::{Codec, failure};
use crate::chat::Dialect;

pub(super) static CODEC: Codec = Codec {
    dialect: Dialect::Converse,
    read_request: request::read,
    write_request: request::write,
    read_response: reply::read,
    write_response: reply::write,
    stream_reader: || Box::new(stream::Reader::default()),
    stream_writer: |_| Box::new(stream::Writer),
    read_failure,
    write_failure,
};

/// `{"message"}` or `{"Message"}`, with the exception's name in `__type` (in an answer's head, it is not in the body).
fn read_failure(status: u16, body: &Value) -> Failure {
    let text = |name: &str| body.get(name).and_then(Value::as_str).map(str::to_owned);
    let code = text("__type").or_else(|| text("code"));
    let message = text("message").or_else(|| text("Message")).unwrap_or_else(|| failure::excerpt(body));
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
    let name = match failure.class {
        FailureClass::Authentication => "UnrecognizedClientException",
        FailureClass::Permission => "AccessDeniedException",
        FailureClass::NotFound => "ResourceNotFoundException",
        FailureClass::RateLimited | FailureClass::QuotaExhausted => "ThrottlingException",
        FailureClass::Overloaded => "ServiceUnavailableException",
        FailureClass::Timeout => "ModelTimeoutException",
        FailureClass::InvalidRequest
        | FailureClass::ContextOverflow
        | FailureClass::ContentFilter
        | FailureClass::TooLarge => "ValidationException",
        FailureClass::Server | FailureClass::Unknown => "InternalServerException",
    };
    json!({"__type": name, "message": failure.message})
}
