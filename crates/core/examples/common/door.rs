//! The examples' door: the provider if its key is in the environment, else answers that are made up here, so that every example runs
//! anywhere.

use std::sync::Arc;

use bytes::Bytes;
use promptopt::catalog::Catalog;
use promptopt::config::Problems;
use promptopt::config::router::from_text;
use promptopt::error::Result;
use promptopt::router::Router;
use promptopt::upstream::canned::Canned;
use promptopt::upstream::{Incoming, Outgoing};
use serde_json::{Value, json};

/// A router after the text of a `promptopt.toml`. A service would have a file: `Router::from_config("promptopt.toml")`.
pub(crate) fn router(settings: &str) -> Result<Router> {
    #[allow(clippy::disallowed_methods, reason = "a program owns its environment")]
    let has_key = !cfg!(test) && std::env::var_os("OPENAI_API_KEY").is_some();
    let settings = from_text(settings, Catalog::embedded()).map_err(Problems::into_error)?;
    let builder = Router::builder().settings(settings);
    if has_key {
        builder.build()
    } else {
        builder.upstream(Arc::new(Canned(|call: &Outgoing| Ok(answer(call))))).build()
    }
}

/// What OpenAI would answer, in form.
fn answer(call: &Outgoing) -> Incoming {
    let usage = json!({"prompt_tokens": 300, "completion_tokens": 100, "total_tokens": 400});
    if !call.is_stream {
        let message = json!({"role": "assistant", "content": "Hello from nowhere."});
        let body = json!({"id": "canned", "object": "chat.completion", "created": 1, "model": &*call.model,
            "choices": [{"index": 0, "message": message, "finish_reason": "stop"}], "usage": usage});
        return Incoming::json(200, body.to_string());
    }
    let event = |choices: Value, usage: &Value| {
        let chunk = json!({"id": "canned", "object": "chat.completion.chunk", "created": 1, "model": &*call.model,
            "choices": choices, "usage": usage});
        Bytes::from(format!("data: {chunk}\n\n"))
    };
    let delta = |delta: Value, finish: Option<&str>| {
        event(json!([{"index": 0, "delta": delta, "finish_reason": finish}]), &Value::Null)
    };
    let words = ["Hello", " from", " nowhere", "."].map(|word| delta(json!({"content": word}), None));
    let begin = [delta(json!({"role": "assistant", "content": ""}), None)];
    let end = [delta(json!({}), Some("stop")), event(json!([]), &usage), Bytes::from_static(b"data: [DONE]\n\n")];
    Incoming::events(begin.into_iter().chain(words).chain(end))
}
