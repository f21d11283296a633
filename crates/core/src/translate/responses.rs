//! OpenAI responses.

mod items;
mod reply;
mod request;
mod stream;

use super::Codec;
use crate::chat::Dialect;

pub(super) static CODEC: Codec = Codec {
    dialect: Dialect::Responses,
    read_request: request::read,
    write_request: request::write,
    read_response: reply::read,
    write_response: reply::write,
    stream_reader: || Box::new(stream::Reader::default()),
    stream_writer: |request| Box::new(stream::Writer::new(request)),
    // The same as chat completions.
    read_failure: super::chat::read_failure,
    write_failure: super::chat::write_failure,
};
