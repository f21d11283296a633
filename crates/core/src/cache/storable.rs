//! What may be kept: requests whose answers may be given again, and answers that are whole and clean. Looked at twice, before a request
//! and again when its answer is there.

use std::fmt;

use super::settings::CachePolicy;
use crate::chat::{ChatRequest, Content};

/// Why a request's answer is not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Uncacheable {
    /// The route does not keep answers.
    Off,
    /// The caller said `no-store`.
    NoStore,
    /// The answer is drawn by chance: no `temperature: 0`, and the route does not allow that.
    Sampled,
    /// The answer depends on what the provider stores: an earlier response, a conversation, a stored prompt.
    StoredContext,
    /// Each answer is to be kept by the provider, or is made while nobody waits (`store`, `background`): one of its own is wanted.
    KeptByProvider,
    /// Tools that run with the provider: search, code, MCP.
    ServerTools,
    /// An image or file at an address: what is there may change.
    RemoteMedia,
    /// A member of the JSON stands twice.
    RepeatedMember,
}

/// Why an answer is not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Unclean {
    /// It is an error.
    Status,
    /// It broke off, or the provider did not say that it is whole.
    Incomplete,
    /// It ended for another reason than that the model was done.
    Finish,
    /// It calls tools, and the route does not keep those.
    ToolCalls,
    /// A tool's arguments are no JSON.
    Arguments,
    /// The model refused.
    Refusal,
    /// The provider said `no-store`.
    NoStore,
    /// It is longer than what is kept.
    TooLong,
}

/// How an answer's choices ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub struct Ends {
    /// The status was 2xx.
    pub is_success: bool,
    /// The provider said that it is whole: all bytes came, and for a stream its last event.
    pub is_complete: bool,
    /// Every choice ended with the model being done, or with calls of tools.
    pub is_done: bool,
    /// Some choice calls tools.
    pub calls_tools: bool,
    /// All arguments of tools are JSON.
    pub arguments_parse: bool,
    /// Some choice is a refusal.
    pub is_refusal: bool,
    /// `Cache-Control: no-store` stood in the answer's head.
    pub no_store: bool,
}

/// The request fixes its sampling, so that a repeated answer is what the model would say.
pub fn is_deterministic(request: &ChatRequest) -> bool {
    let is_cold = |value: &serde_json::Value| value.as_f64().is_some_and(|temperature| temperature <= 0.0);
    request.parameters.iter().any(|(name, value)| &**name == "temperature" && is_cold(value))
}

/// Whether the answer to a request may be kept and given again.
pub fn request(request: &ChatRequest, policy: &CachePolicy) -> Result<(), Uncacheable> {
    let is_set = |name: &str| {
        let says_so =
            |value: &serde_json::Value| !matches!(value, serde_json::Value::Bool(false) | serde_json::Value::Null);
        request.parameters.iter().any(|(known, value)| &**known == name && says_so(value))
    };
    if !policy.is_on {
        return Err(Uncacheable::Off);
    }
    if request.has_stored_context || is_set("conversation") || is_set("previous_response_id") || is_set("prompt") {
        return Err(Uncacheable::StoredContext);
    }
    if !request.server_tools.is_empty() || is_set("web_search_options") || is_set("mcp_servers") || is_set("container")
    {
        return Err(Uncacheable::ServerTools);
    }
    if request.parts().any(|part| is_remote(&part.content)) {
        return Err(Uncacheable::RemoteMedia);
    }
    if !policy.sampled && !is_deterministic(request) && !is_embedding(request) {
        return Err(Uncacheable::Sampled);
    }
    Ok(())
}

/// Whether an answer may be kept.
pub fn answer(ends: &Ends, policy: &CachePolicy, n_bytes: usize, max_bytes: u32) -> Result<(), Unclean> {
    let checks = [
        (!ends.is_success, Unclean::Status),
        (!ends.is_complete, Unclean::Incomplete),
        (ends.no_store, Unclean::NoStore),
        (ends.is_refusal, Unclean::Refusal),
        (!ends.is_done, Unclean::Finish),
        (!ends.arguments_parse, Unclean::Arguments),
        (ends.calls_tools && !policy.tool_calls, Unclean::ToolCalls),
        (n_bytes as u64 > u64::from(max_bytes), Unclean::TooLong),
    ];
    checks.into_iter().find(|(holds, _)| *holds).map_or(Ok(()), |(_, why)| Err(why))
}

fn is_embedding(request: &ChatRequest) -> bool {
    request.dialect == crate::chat::Dialect::Embeddings
}

fn is_remote(content: &Content) -> bool {
    match content {
        Content::Image(image) => image.is_remote,
        Content::Audio { n_bytes } | Content::File { n_bytes, .. } => n_bytes.is_none(),
        Content::ToolResult { parts, .. } => parts.iter().any(|part| is_remote(&part.content)),
        _ => false,
    }
}

impl fmt::Display for Uncacheable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Uncacheable::Off => "the route keeps no answers",
            Uncacheable::NoStore => "the caller said no-store",
            Uncacheable::Sampled => "no `temperature: 0`",
            Uncacheable::StoredContext => "context stored with the provider",
            Uncacheable::KeptByProvider => "the provider is to keep the answer",
            Uncacheable::ServerTools => "tools that run with the provider",
            Uncacheable::RemoteMedia => "an image or file at an address",
            Uncacheable::RepeatedMember => "a member of the JSON stands twice",
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(body: &serde_json::Value, policy: &CachePolicy, expected: Result<(), Uncacheable>) {
        let read = crate::dialect::read_request(body).unwrap();
        assert_eq!(request(&read, policy), expected, "{body}");
    }

    #[test]
    fn requests_whose_answers_may_differ_are_not_kept() {
        let policy = CachePolicy::default();
        let sampled = CachePolicy { sampled: true, ..policy.clone() };
        let ask = |more: serde_json::Value| {
            let mut body = json!({"model": "m", "temperature": 0, "messages": [{"role": "user", "content": "hi"}]});
            body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            body
        };
        check(&ask(json!({})), &policy, Ok(()));
        check(&ask(json!({"temperature": 0.0})), &policy, Ok(()));
        check(&ask(json!({"temperature": 1})), &policy, Err(Uncacheable::Sampled));
        check(&ask(json!({"temperature": null})), &policy, Err(Uncacheable::Sampled));
        check(&ask(json!({"temperature": 1})), &sampled, Ok(()));
        check(&ask(json!({})), &CachePolicy { is_on: false, ..policy.clone() }, Err(Uncacheable::Off));
        check(&ask(json!({"web_search_options": {}})), &policy, Err(Uncacheable::ServerTools));
        let image = json!({"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "https://e.org/a.png"}}]}]});
        check(&ask(image), &policy, Err(Uncacheable::RemoteMedia));
        let earlier = json!({"model": "gpt-5", "temperature": 0, "input": "hi", "previous_response_id": "r"});
        check(&earlier, &policy, Err(Uncacheable::StoredContext));
    }

    #[test]
    fn only_whole_clean_answers_are_kept() {
        let clean =
            Ends { is_success: true, is_complete: true, is_done: true, arguments_parse: true, ..Ends::default() };
        let policy = CachePolicy::default();
        for (ends, expected) in [
            (clean, Ok(())),
            (Ends { is_success: false, ..clean }, Err(Unclean::Status)),
            (Ends { is_complete: false, ..clean }, Err(Unclean::Incomplete)),
            (Ends { is_done: false, ..clean }, Err(Unclean::Finish)),
            (Ends { is_refusal: true, ..clean }, Err(Unclean::Refusal)),
            (Ends { calls_tools: true, ..clean }, Err(Unclean::ToolCalls)),
            (Ends { arguments_parse: false, ..clean }, Err(Unclean::Arguments)),
            (Ends { no_store: true, ..clean }, Err(Unclean::NoStore)),
        ] {
            assert_eq!(answer(&ends, &policy, 10, 100), expected, "{ends:?}");
        }
        assert_eq!(answer(&clean, &policy, 101, 100), Err(Unclean::TooLong));
        let tools = CachePolicy { tool_calls: true, ..policy };
        assert_eq!(answer(&Ends { calls_tools: true, ..clean }, &tools, 10, 100), Ok(()));
    }
}
