//! What passes through the door: a request as bytes, an answer as bytes as they come.

use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_util::future::BoxFuture;
use http::HeaderMap;

use crate::chat::Dialect;
use crate::error::{Error, Kind, Result};

/// Sends requests to providers.
pub trait Upstream: Send + Sync {
    /// Sends one and returns when the answer's head is there. Never tries again by itself.
    ///
    /// Errors say whether anything can have reached the provider ([`Kind::Unreachable`]: it was not connected;
    /// [`Kind::Timeout`], [`Kind::Truncated`]: it may have begun to work). A status of 400 and more is no error here.
    fn send(&self, call: Outgoing) -> BoxFuture<'_, Result<Incoming>>;

    /// What a provider sent, with its secret replaced, before anybody sees it: some repeat the key they refuse. `None`: it is not
    /// there.
    fn without_secrets(&self, _provider: &str, _text: &[u8]) -> Option<Vec<u8>> {
        None
    }
}

/// A request on its way.
#[derive(Clone, Debug)]
pub struct Outgoing {
    /// The provider's name in the configuration.
    pub provider: Arc<str>,
    /// The interface of the provider's that is called.
    pub dialect: Dialect,
    /// The model as the provider knows it: some have it in the address.
    pub model: Arc<str>,
    /// The answer is wanted as a stream.
    pub is_stream: bool,
    /// Headers of the call, besides the provider's own.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Bytes,
    /// For all of the call; the provider's limit if shorter.
    pub total: Option<Duration>,
}

/// An answer's head, and its body as it comes.
pub struct Incoming {
    /// HTTP status.
    pub status: u16,
    /// Headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Body,
}

/// Gives a body's pieces, one after the other.
pub trait Chunks: Send {
    /// The next piece; `None` at the end of a body that is whole.
    fn chunk(&mut self) -> BoxFuture<'_, Result<Option<Bytes>>>;
}

/// A body as it comes.
pub struct Body(Box<dyn Chunks>);

impl Body {
    /// A body.
    pub fn new(chunks: impl Chunks + 'static) -> Body {
        Body(Box::new(chunks))
    }

    /// A body that is there already.
    pub fn of(pieces: impl IntoIterator<Item = Bytes>) -> Body {
        Body::new(Ready(pieces.into_iter().map(Ok).collect::<Vec<_>>().into_iter()))
    }

    /// The next piece; `None` at the end. Errors when it breaks off or a time limit is reached.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>> {
        self.0.chunk().await
    }

    /// All of it. Errors beyond `limit` bytes too.
    pub async fn all(&mut self, limit: usize) -> Result<Bytes> {
        let mut all = BytesMut::new();
        while let Some(piece) = self.chunk().await? {
            if all.len() + piece.len() > limit {
                return Err(Error::new(Kind::Truncated, format!("the answer is longer than {limit} bytes")));
            }
            all.extend_from_slice(&piece);
        }
        Ok(all.freeze())
    }

    /// The beginning of it, for an error message: at most `limit` bytes, whatever comes after.
    pub async fn beginning(&mut self, limit: usize) -> Bytes {
        let mut all = BytesMut::new();
        while all.len() < limit {
            match self.chunk().await {
                Ok(Some(piece)) => all.extend_from_slice(&piece),
                _ => break,
            }
        }
        all.truncate(limit);
        all.freeze()
    }
}

struct Ready(std::vec::IntoIter<Result<Bytes>>);

impl Chunks for Ready {
    fn chunk(&mut self) -> BoxFuture<'_, Result<Option<Bytes>>> {
        let next = self.0.next().transpose();
        Box::pin(async move { next })
    }
}

impl std::fmt::Debug for Incoming {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Incoming").field("status", &self.status).finish_non_exhaustive()
    }
}
