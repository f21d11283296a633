//! A door without a network: a closure answers. For tests, replays and the examples.

use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::{HeaderMap, HeaderName, HeaderValue};

use super::{Body, Incoming, Outgoing, Upstream};
use crate::error::Result;

/// Answers with what a closure says.
pub struct Canned<F>(pub F);

impl<F> Upstream for Canned<F>
where
    F: Fn(&Outgoing) -> Result<Incoming> + Send + Sync,
{
    fn send(&self, call: Outgoing) -> BoxFuture<'_, Result<Incoming>> {
        let answer = (self.0)(&call);
        Box::pin(async move { answer })
    }
}

impl Incoming {
    /// An answer that is there at once: a status, headers and the pieces of a body.
    pub fn of(status: u16, headers: &[(&str, &str)], pieces: impl IntoIterator<Item = Bytes>) -> Incoming {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            if let (Ok(name), Ok(value)) = (HeaderName::try_from(*name), HeaderValue::try_from(*value)) {
                map.insert(name, value);
            }
        }
        Incoming { status, headers: map, body: Body::of(pieces) }
    }

    /// A JSON answer.
    pub fn json(status: u16, body: impl Into<Bytes>) -> Incoming {
        Incoming::of(status, &[("content-type", "application/json")], [body.into()])
    }

    /// A stream of events, each piece as it would come.
    pub fn events(pieces: impl IntoIterator<Item = Bytes>) -> Incoming {
        Incoming::of(200, &[("content-type", "text/event-stream")], pieces)
    }
}
