//! Wire dialects: pure functions from bytes to the request and response model and to the usage algebra. No I/O.
//!
//! Each dialect is a file under `dialect/` with a [`Wire`] and a line in [`DIALECTS`].

use serde_json::Value;

use crate::chat::{Answer, ChatRequest, Dialect};
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
pub static DIALECTS: &[&Wire] = &[];

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
