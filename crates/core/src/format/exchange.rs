//! Turns what a log kept of a call (request body, response body, usage object, in whatever dialect) into a [`Record`].
//! Formats say where the pieces stand; what they mean is decided here, once.

use std::sync::Arc;

use serde_json::Value;

use crate::chat::Dialect;
use crate::clock::Timestamp;
use crate::dialect::{self, Reply};
use crate::error::Result;
use crate::format::{CallKind, Record};
use crate::usage::ServiceTier;

/// The status of a call of which the source only says that it failed.
pub(crate) const FAILED: u16 = 500;

/// The pieces of a call.
#[derive(Clone, Copy, Default)]
pub(crate) struct Exchange<'a> {
    /// The dialect, if the source tells it; else it follows from the bodies.
    pub(crate) dialect: Option<Dialect>,
    /// The request body.
    pub(crate) request: Option<&'a Value>,
    /// The response body.
    pub(crate) response: Option<Body<'a>>,
    /// The usage as the source keeps it beside the response; wins over the one inside.
    pub(crate) usage: Option<&'a Value>,
}

/// A response body as logs keep it.
#[derive(Clone, Copy)]
pub(crate) enum Body<'a> {
    /// Parsed.
    Json(&'a Value),
    /// As it came: JSON, server-sent events, an event stream.
    Bytes(&'a [u8]),
}

impl Record {
    /// Fills in what the pieces say. The record's own `kind`, `provider`, `status` and `model` must be set before, where
    /// the source tells them.
    ///
    /// Errors when neither a request nor usage could be read of a call that should have them.
    pub(crate) fn fill(&mut self, exchange: Exchange<'_>) -> Result<()> {
        let is_failure = self.status.is_some_and(|status| status >= 400);
        let reply_dialect = exchange.response.and_then(Body::dialect);
        self.dialect = exchange.dialect.or(reply_dialect);
        let mut unreadable = None;
        if let Some(body) = exchange.request.filter(|_| self.kind != CallKind::Other) {
            match read_request(body, exchange.dialect) {
                Ok(request) => {
                    self.dialect = exchange.dialect.or(Some(request.dialect));
                    self.request = Some(request);
                }
                Err(error) => unreadable = Some(error.in_field("request")),
            }
        }
        if !is_failure {
            let reply = match (exchange.response, self.dialect) {
                (Some(body), Some(dialect)) => body.reply(dialect),
                _ => None,
            };
            let has_reply = reply.is_some();
            self.take_reply(reply.unwrap_or_default(), exchange.usage, has_reply);
        }
        self.settle_model();
        match unreadable {
            Some(error) if self.usage.is_none() && !is_failure => Err(error),
            _ => Ok(()),
        }
    }

    fn take_reply(&mut self, reply: Reply, usage: Option<&Value>, has_reply: bool) {
        let usage = usage.or(reply.usage.as_ref());
        if let (Some(usage), Some(wire)) = (usage, self.dialect.and_then(|dialect| dialect::wire(dialect).ok())) {
            self.take_usage((wire.usage)(usage, self.provider.as_deref()));
        }
        if let Some(tier) = reply.service_tier.as_deref().and_then(ServiceTier::from_wire) {
            self.tier = tier;
        }
        self.at = self.at.or_else(|| Timestamp::from_second(reply.created_s?).ok());
        if has_reply {
            self.answer = Some(reply.answer);
        } else if let Some(asked) = self.request.as_ref().and_then(|request| request.service_tier.as_deref()) {
            // No response tells what served the call; what was asked for is the best that is known.
            self.tier = ServiceTier::from_wire(asked).unwrap_or(self.tier);
        }
    }

    /// Takes over a usage reading and what it says of tier, region and charge.
    pub(crate) fn take_usage(&mut self, usage: Result<crate::usage::Reading, crate::usage::Flaw>) {
        if let Ok(reading) = &usage {
            self.tier = reading.tier.unwrap_or(self.tier);
            self.billed = self.billed.or(reading.billed);
            if let Some(region) = &reading.region {
                self.region = Some(Arc::from(region.as_str()));
            }
        }
        self.usage = Some(usage);
    }

    /// The model billed is the one that answered, else the one that the source names, else the one asked for.
    fn settle_model(&mut self) {
        let asked = self.request.as_ref().and_then(|request| request.model.clone());
        let answered = self.answer.as_ref().and_then(|answer| answer.model.clone());
        self.model = answered.or(self.model.take()).or_else(|| asked.clone());
        self.asked_model = self.asked_model.take().or(asked).filter(|asked| Some(asked) != self.model.as_ref());
        if self.kind == CallKind::Chat && self.dialect == Some(Dialect::Embeddings) {
            self.kind = CallKind::Embedding;
        }
    }

    /// Notes an HTTP status; 200 is what one expects and is not noted.
    pub(crate) fn set_status(&mut self, status: Option<u16>) {
        self.status = status.filter(|status| *status != 200);
    }
}

/// Reads a request body, in the dialect that the source tells if it is one of that dialect.
fn read_request(body: &Value, told: Option<Dialect>) -> Result<crate::chat::ChatRequest> {
    let body = super::json::embedded(body);
    match told.and_then(|dialect| dialect::wire(dialect).ok()) {
        Some(wire) => (wire.request)(&body),
        None => dialect::read_request(&body),
    }
}

impl Body<'_> {
    /// The dialect that a response body is written in, as far as it shows.
    fn dialect(self) -> Option<Dialect> {
        match self {
            Body::Json(value) => dialect_of_response(value),
            Body::Bytes(_) => None,
        }
    }

    /// The response, if it is one of that dialect. What cannot be read (a page of HTML, a truncated log) is no answer.
    fn reply(self, dialect: Dialect) -> Option<Reply> {
        match self {
            Body::Json(value) => (dialect::wire(dialect).ok()?.reply)(std::slice::from_ref(value)).ok(),
            Body::Bytes(bytes) => dialect::read_reply(dialect, bytes).ok(),
        }
    }
}

/// The dialect of a JSON response by the field that only it has.
pub(crate) fn dialect_of_response(body: &Value) -> Option<Dialect> {
    let has = |name: &str| body.get(name).is_some();
    let is = |name: &str, value: &str| body.get(name).and_then(Value::as_str) == Some(value);
    if has("choices") {
        let is_completion = is("object", "text_completion");
        return Some(if is_completion { Dialect::Completions } else { Dialect::Chat });
    }
    if is("object", "response") {
        return Some(Dialect::Responses);
    }
    if is("type", "message") && has("content") {
        return Some(Dialect::Messages);
    }
    if has("candidates") || has("usageMetadata") {
        return Some(Dialect::GenerateContent);
    }
    if has("output") && has("stopReason") {
        return Some(Dialect::Converse);
    }
    if is("object", "list") && has("data") || has("embeddings") {
        return Some(Dialect::Embeddings);
    }
    if has("prompt_eval_count") || has("eval_count") {
        return Some(Dialect::Ollama);
    }
    None
}

/// The kind of call and its dialect by the path of an endpoint or the name of an operation, as far as it tells.
pub(crate) fn kind_of_path(path: &str) -> (CallKind, Option<Dialect>) {
    let path = path.split('?').next().unwrap_or(path).trim_end_matches('/').to_lowercase();
    let ends = |tail: &str| path.ends_with(tail);
    if path.contains("embed") {
        return (CallKind::Embedding, Some(Dialect::Embeddings));
    }
    if ends("rerank") {
        return (CallKind::Rerank, Some(Dialect::Embeddings));
    }
    let others = [
        "count_tokens",
        "counttokens",
        "batches",
        "cachedcontents",
        "files",
        "models",
        "moderations",
        "batchgeneratecontent",
    ];
    if others.into_iter().any(ends) || path.contains("/images/") || path.contains("/audio/") {
        return (CallKind::Other, None);
    }
    let dialect = if ends("chat/completions") || ends("chat.completions") {
        Some(Dialect::Chat)
    } else if ends("completions") {
        Some(Dialect::Completions)
    } else if ends("responses") {
        Some(Dialect::Responses)
    } else if ends("messages") {
        Some(Dialect::Messages)
    } else if ends("generatecontent") || ends("interactions") {
        Some(Dialect::GenerateContent)
    } else if ends("converse") || ends("converse-stream") {
        Some(Dialect::Converse)
    } else if ends("invoke") || ends("invoke-stream") || ends("invoke-with-response-stream") {
        Some(Dialect::Invoke)
    } else {
        None
    };
    (CallKind::Chat, dialect)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_tell_kind_and_dialect() {
        let check = |path: &str, kind: CallKind, dialect: Option<Dialect>| {
            assert_eq!(kind_of_path(path), (kind, dialect), "{path}");
        };
        check("/v1/chat/completions", CallKind::Chat, Some(Dialect::Chat));
        check("/openai/deployments/x/chat/completions?api-version=1", CallKind::Chat, Some(Dialect::Chat));
        check("/v1/completions", CallKind::Chat, Some(Dialect::Completions));
        check("/v1/embeddings", CallKind::Embedding, Some(Dialect::Embeddings));
        check("/v1/messages/count_tokens", CallKind::Other, None);
        check("streamGenerateContent", CallKind::Chat, Some(Dialect::GenerateContent));
        check("/model/x/invoke-with-response-stream", CallKind::Chat, Some(Dialect::Invoke));
        check("chat", CallKind::Chat, None);
    }
}
