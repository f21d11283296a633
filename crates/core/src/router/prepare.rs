//! A request, read: what every later step needs to know of it, found once.

use std::ops::Deref;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use serde_json::Value;

use super::body::{self, Members};
use super::reads::Reads;
use super::request::{Directives, Request};
use crate::cache::{BodyDigest, KeySecret};
use crate::chat::{ChatRequest, Dialect, Role};
use crate::dialect;
use crate::error::{Error, Kind, Result};
use crate::labels::{Caller, Labels};
use crate::route::Known;
use crate::text::half;

/// A request and who asks it.
pub(super) struct Prepared {
    /// What the body says.
    pub read: Arc<Read>,
    /// Who asks.
    pub labels: Labels,
    /// What else they want.
    pub directives: Directives,
    /// The dialect that the caller said.
    pub said: Option<Dialect>,
    /// The body was read before.
    pub is_known: bool,
    /// The answer is wanted as a stream.
    pub is_stream: bool,
    /// Digest of the whole body, for the ledger.
    pub digest: [u8; 16],
    /// Digest of system instructions and tools.
    pub template: [u8; 16],
}

/// A body as read: the same for all who send it.
pub(super) struct Read {
    /// The dialect of the request and of the answer.
    pub dialect: Dialect,
    /// The body as it came.
    pub text: Text,
    /// Where its outermost members stand.
    pub members: Members,
    /// Its values do not say all that its text says.
    pub is_ambiguous: bool,
    /// The same as values.
    pub json: Value,
    /// The same as read for counting, routing and keys.
    pub request: ChatRequest,
    /// The model asked for, as written.
    pub asked: Option<Arc<str>>,
    /// The body asks for a stream.
    pub says_stream: bool,
    /// The body asks for the usage at the end of a stream, or its dialect always sends it.
    pub wants_stream_usage: bool,
    /// Edges and weights of its prompt, as far as they are known.
    pub known: Known,
    digest: [u8; 16],
    template: [u8; 16],
    for_keys: OnceLock<BodyDigest>,
}

impl Deref for Prepared {
    type Target = Read;

    fn deref(&self) -> &Read {
        &self.read
    }
}

impl Read {
    /// The end user, as the request names them.
    pub(super) fn user(&self) -> Option<&str> {
        let text = |at: &str| self.json.pointer(at).and_then(Value::as_str);
        text("/safety_identifier").or_else(|| text("/user")).or_else(|| text("/metadata/user_id"))
    }

    /// The body's part of its key in the response cache. `secret` is always the same.
    pub(super) fn for_keys(&self, secret: &KeySecret) -> &BodyDigest {
        self.for_keys.get_or_init(|| BodyDigest::of(secret, &self.json))
    }
}

/// UTF-8 that shares its memory.
#[derive(Clone)]
pub(super) struct Text(Arc<str>);

impl Text {
    fn of(bytes: &[u8]) -> Result<Text> {
        match std::str::from_utf8(bytes) {
            Ok(text) => Ok(Text(text.into())),
            Err(cause) => {
                let at = cause.valid_up_to();
                Err(Error::input(format!("the request is not UTF-8 at byte {at}")).because(cause))
            }
        }
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    /// The same bytes, not copied.
    pub(super) fn bytes(&self) -> Bytes {
        Bytes::from_owner(self.clone())
    }
}

impl AsRef<[u8]> for Text {
    fn as_ref(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

/// Reads a request, unless the same body was kept in `reads`. `is_stream` overrides what the body says.
///
/// Errors name what is wrong with it: too large, no UTF-8, no JSON, a member twice, no dialect that is known, a field that its
/// dialect does not allow.
pub(super) fn prepare(
    request: Request,
    caller: &Arc<Caller>,
    is_stream: Option<bool>,
    max_body: u64,
    reads: &Reads,
) -> Result<Prepared> {
    let Request { dialect, body, directives } = request;
    if body.len() as u64 > max_body {
        let message = format!("the request has {} bytes, more than the {max_body} that are allowed", body.len());
        return Err(Error::input(message).help("shorten it, or raise `max-body` under [router]"));
    }
    let known = reads.find(dialect, &body);
    let is_known = known.is_some();
    let read = match known {
        Some(read) => read,
        None => Arc::new(read(dialect, &body)?),
    };
    Ok(Prepared {
        is_stream: is_stream.unwrap_or(read.says_stream),
        labels: Labels { caller: Arc::clone(caller), ..Labels::default() },
        directives,
        said: dialect,
        is_known,
        digest: read.digest,
        template: read.template,
        read,
    })
}

/// Reads a body, in the dialect that is said or that it is written in.
fn read(dialect: Option<Dialect>, body: &[u8]) -> Result<Read> {
    let text = Text::of(body)?;
    // The text is read once. Its members are looked at before its values: one that stands twice is not to be seen there.
    let (members, is_ambiguous, json) = {
        let json = body::parse(text.as_str())?;
        let members = Members::of(&json)?;
        let values = json.to_value().map_err(|mistake| body::misread(text.as_str(), mistake))?;
        (members, body::is_ambiguous(&json), values)
    };
    let request = match dialect {
        Some(dialect) => (dialect::wire(dialect)?.request)(&json)?,
        None => dialect::read_request(&json)?,
    };
    let dialect = request.dialect;
    if !matches!(dialect, Dialect::Chat | Dialect::Responses | Dialect::Messages | Dialect::Embeddings) {
        return Err(Error::new(Kind::Input, format!("requests in the `{}` dialect are not routed", dialect.name()))
            .help("send chat completions, responses, messages or embeddings"));
    }
    let asked = request.model.clone();
    if asked.is_none() {
        return Err(Error::input("no model is named").in_field("model").help("name the model that is to answer"));
    }
    let wants_usage = |options: &Value| options.get("include_usage").and_then(Value::as_bool).unwrap_or(false);
    Ok(Read {
        dialect,
        says_stream: json.get("stream").and_then(Value::as_bool).unwrap_or(false),
        wants_stream_usage: dialect != Dialect::Chat || json.get("stream_options").is_some_and(wants_usage),
        known: Known::default(),
        digest: half(&blake3::hash(text.as_str().as_bytes())),
        template: template(&request),
        for_keys: OnceLock::new(),
        text,
        members,
        is_ambiguous,
        json,
        request,
        asked,
    })
}

/// Digest of what calls of one template share: system instructions and tools.
fn template(request: &ChatRequest) -> [u8; 16] {
    let mut hasher = blake3::Hasher::new();
    for tool in request.tools.iter() {
        hasher.update(tool.json.as_bytes());
    }
    for message in request.messages.iter().filter(|message| matches!(message.role, Role::System | Role::Developer)) {
        for part in &message.parts {
            if let crate::chat::Content::Text(text) = &part.content {
                hasher.update(&[0]);
                hasher.update(text.as_bytes());
            }
        }
    }
    half(&hasher.finalize())
}
