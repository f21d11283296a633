//! From one wire dialect to another: requests, responses, streams and errors. Pure functions of bytes.
//!
//! Everything passes through one model (`translate/model.rs`): a [`Codec`] reads its dialect into it and writes it again.
//! What the model has no word for stays beside it (`own`) and is written back into the same dialect only; what a dialect
//! cannot say is told ([`Written::lost`]), never dropped in silence.
//!
//! A call that is answered in the dialect it was asked in does not come here: its bytes are passed on as they are.
//!
//! To add a dialect: a file under `translate/` with a [`Codec`] and a line in [`CODECS`].

pub mod accumulate;
pub mod breakpoints;
pub mod model;
pub mod replay;
pub mod stream;

mod failure;
mod take;
#[cfg(test)]
mod tests;
mod usage;

mod chat;
mod converse;
mod generate_content;
mod messages;
mod responses;

use serde_json::Value;

use crate::chat::Dialect;
use crate::error::{Error, Result};
use model::{Failure, Request, Response};
use stream::{StreamReader, StreamWriter};

/// One dialect's functions.
pub struct Codec {
    /// Which.
    pub dialect: Dialect,
    /// Reads a request body. Errors name the field, what was expected and what was found.
    pub read_request: fn(&Value) -> Result<Request>,
    /// Writes a request body.
    pub write_request: fn(&Request) -> Written,
    /// Reads a whole response body.
    pub read_response: fn(&Value) -> Result<Response>,
    /// Writes a whole response body.
    pub write_response: fn(&Response) -> Written,
    /// Reads a stream's events, one after the other.
    pub stream_reader: fn() -> Box<dyn StreamReader>,
    /// Writes a stream's events. `request` says what the caller wants to see (`stream_options.include_usage`).
    pub stream_writer: fn(request: &Request) -> Box<dyn StreamWriter>,
    /// Reads an error: a response with a status of 400 and more, or an error event inside a stream (status 200).
    pub read_failure: fn(status: u16, body: &Value) -> Failure,
    /// Writes an error body.
    pub write_failure: fn(&Failure) -> Value,
}

/// A body, written.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Written {
    /// The body.
    pub body: Value,
    /// What it could not say.
    pub lost: Vec<Lost>,
}

/// Something that the other dialect has no word for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lost {
    /// The field in the model's words: `messages[3].parts[0].signature`.
    pub field: String,
    /// Why, or what was written instead.
    pub why: &'static str,
}

/// What is lost, while a body is written.
#[derive(Default)]
struct Losses(Vec<Lost>);

impl Losses {
    /// The temperature where a dialect's scale ends at `most`; a request in that dialect keeps its own.
    fn temperature(&mut self, request: &Request, most: u8, is_own: bool) -> Option<Value> {
        let asked = request.sampling.temperature.clone()?;
        if is_own || asked.as_f64().is_some_and(|asked| asked <= f64::from(most)) {
            return Some(Value::Number(asked));
        }
        self.push("sampling.temperature", "above the end of the scale: its end is asked for");
        Some(most.into())
    }
}

/// The dialects.
pub static CODECS: &[&Codec] =
    &[&chat::CODEC, &responses::CODEC, &messages::CODEC, &generate_content::CODEC, &converse::CODEC];

/// The functions of a dialect.
pub fn codec(dialect: Dialect) -> Result<&'static Codec> {
    CODECS.iter().find(|codec| codec.dialect == dialect).copied().ok_or_else(|| {
        Error::input(format!("the `{}` dialect cannot be translated", dialect.name()))
            .help("use a provider that speaks the dialect of the request")
    })
}
