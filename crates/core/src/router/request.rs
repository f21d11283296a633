//! What is asked of the router: a request's bytes as the provider's SDK would send them, and what the caller says beside it.

use std::time::Duration;

use bytes::Bytes;

use crate::chat::Dialect;
use crate::limit::settings::Class;

/// A request: its dialect and its body. The body is sent as it is, but for what a route, an edit or another dialect has to change.
#[derive(Clone, Debug)]
pub struct Request {
    pub(super) dialect: Option<Dialect>,
    pub(super) body: Bytes,
    /// What else the caller wants.
    pub directives: Directives,
}

/// What a caller may say beside a request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Directives {
    /// The answer is not kept (`Cache-Control: no-store`).
    pub no_store: bool,
    /// No kept answer is given (`Cache-Control: no-cache`).
    pub no_cache: bool,
    /// By when an answer is needed; the route's deadline if not said. Allows slower, cheaper tiers.
    pub deadline: Option<Duration>,
    /// How urgent it is; the route's class if not said.
    pub class: Option<Class>,
    /// Headers that bear on the answer; only those of [`BEHAVIOUR_HEADERS`] are passed on.
    pub headers: Vec<(String, String)>,
}

/// Headers of a caller that go to the provider: they switch features on. Nothing else of a caller's headers is passed on.
pub const BEHAVIOUR_HEADERS: [&str; 3] = ["anthropic-beta", "openai-beta", "x-grok-conv-id"];

impl Request {
    /// A request whose dialect is told by its body.
    pub fn detect(body: impl Into<Bytes>) -> Request {
        Request { dialect: None, body: body.into(), directives: Directives::default() }
    }

    /// A request in a dialect: [`Dialect::Chat`], [`Dialect::Responses`], [`Dialect::Messages`] or [`Dialect::Embeddings`].
    pub fn new(dialect: Dialect, body: impl Into<Bytes>) -> Request {
        Request { dialect: Some(dialect), ..Request::detect(body) }
    }

    /// OpenAI chat completions.
    pub fn chat(body: impl Into<Bytes>) -> Request {
        Request::new(Dialect::Chat, body)
    }

    /// OpenAI responses.
    pub fn responses(body: impl Into<Bytes>) -> Request {
        Request::new(Dialect::Responses, body)
    }

    /// Anthropic messages.
    pub fn messages(body: impl Into<Bytes>) -> Request {
        Request::new(Dialect::Messages, body)
    }

    /// OpenAI embeddings.
    pub fn embeddings(body: impl Into<Bytes>) -> Request {
        Request::new(Dialect::Embeddings, body)
    }

    /// With other directives.
    #[must_use]
    pub fn with(mut self, directives: Directives) -> Request {
        self.directives = directives;
        self
    }
}

impl Directives {
    /// The headers that are passed on, names in lower case.
    pub(super) fn passed_on(&self) -> Vec<(String, String)> {
        let lower = self.headers.iter().map(|(name, value)| (name.to_ascii_lowercase(), value.clone()));
        lower.filter(|(name, _)| BEHAVIOUR_HEADERS.contains(&name.as_str())).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_headers_that_switch_features_are_passed_on() {
        let header = |name: &str| (name.to_owned(), "x".to_owned());
        let headers = ["Anthropic-Beta", "Authorization", "x-api-key", "Accept-Encoding", "Host"].map(header);
        let directives = Directives { headers: headers.to_vec(), ..Directives::default() };
        assert_eq!(directives.passed_on(), [("anthropic-beta".to_owned(), "x".to_owned())]);
    }
}
