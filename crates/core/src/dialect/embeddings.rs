//! Embeddings and reranking: text in, vectors or scores out. One message for each text, so that each is counted by itself.
//! Read are the bodies of OpenAI and its likes, Cohere, Voyage, Gemini, Vertex and Ollama.

use std::sync::Arc;

use serde_json::Value;

use super::draft::Draft;
use super::read::{self, Fields, given};
use super::{Reply, Wire, chat_message, generate_content};
use crate::chat::{ChatRequest, Content, Dialect, Image, Message, Part, Role};
use crate::error::{Error, Result};
use crate::usage::{Flaw, Reading};

/// The dialect.
pub(super) static WIRE: Wire = Wire { dialect: Dialect::Embeddings, is_request, request, reply, usage };

/// `input` (strings, or tokens as numbers) with nothing of a conversation, or one of the other providers' shapes.
fn is_request(body: &Value) -> bool {
    let is_array = |name: &str| body.get(name).is_some_and(Value::is_array);
    let first = |name: &str| body.get(name).and_then(|values| values.get(0));
    if is_array("messages") || is_array("contents") {
        return false;
    }
    match body.get("input") {
        // A conversation never comes without a model, unless a stored prompt names it.
        Some(Value::String(_)) => {
            is_embedding_model(body) || (body.get("model").is_none() && body.get("prompt").is_none())
        }
        Some(Value::Array(values)) => {
            // Objects are the items of a conversation.
            values.first().is_some_and(|first| !first.is_object())
        }
        _ => {
            is_array("texts")
                || first("requests").is_some_and(|request| request.get("content").is_some())
                || first("instances").is_some_and(|instance| instance.get("content").is_some())
                || body.get("content").is_some_and(|content| content.get("parts").is_some())
                || (body.get("query").is_some() && is_array("documents"))
                || (body.get("prompt").is_some() && is_embedding_model(body))
        }
    }
}

/// True if the model's name or another field says that vectors are asked for.
fn is_embedding_model(body: &Value) -> bool {
    const FIELDS: [&str; 6] =
        ["encoding_format", "dimensions", "input_type", "output_dimension", "embedding_types", "output_dtype"];
    const NAMES: [&str; 9] = ["embed", "bge-", "e5-", "gte-", "minilm", "voyage", "ada-002", "jina-", "rerank"];
    let model = body.get("model").and_then(Value::as_str).map(str::to_lowercase);
    FIELDS.iter().any(|name| body.get(name).is_some())
        || model.is_some_and(|model| NAMES.iter().any(|name| model.contains(name)))
}

/// Fields that [`request`] reads into fields of their own.
const READ: [&str; 11] =
    ["model", "input", "texts", "images", "inputs", "requests", "instances", "content", "prompt", "query", "documents"];

fn request(body: &Value) -> Result<ChatRequest> {
    let fields = read::body(body)?;
    let mut messages = Vec::new();
    if given(fields, "query").is_some() {
        rerank(fields, &mut messages)?;
    }
    match given(fields, "input").or_else(|| given(fields, "prompt")) {
        None => {}
        // One text as tokens.
        Some(Value::Array(values)) if values.first().is_some_and(Value::is_number) => {
            messages.push(text(&Value::Array(values.clone()))?);
        }
        Some(Value::Array(values)) => {
            messages.extend(read::each_of(values, text).map_err(|error| error.in_field("input"))?);
        }
        Some(one) => messages.push(text(one).map_err(|error| error.in_field("input"))?),
    }
    for name in ["texts", "images", "inputs", "instances"] {
        messages.extend(read::each(fields, name, text)?);
    }
    messages.extend(read::each(fields, "requests", |value| gemini(read::body(value)?))?);
    if given(fields, "content").is_some() {
        messages.push(gemini(fields)?);
    }
    if messages.is_empty() {
        return Err(Error::input("expected a string or an array of strings, found nothing").in_field("input"));
    }
    let inner_model = || Some(Arc::from(body.get("requests")?.get(0)?.get("model")?.as_str()?));
    Ok(ChatRequest {
        dialect: Dialect::Embeddings,
        model: read::shared(fields, "model")?.or_else(inner_model),
        messages: messages.into_iter().map(Arc::new).collect(),
        n_answers: 1,
        parameters: read::parameters(fields, &READ),
        ..ChatRequest::default()
    })
}

/// The query, then the documents.
fn rerank(fields: &Fields, messages: &mut Vec<Message>) -> Result<()> {
    let query = given(fields, "query").map(read::text_or_json).unwrap_or_default();
    messages.push(Message::text(Role::User, query));
    let documents = read::each(fields, "documents", |value| {
        let text = value.get("text").unwrap_or(value);
        let content = Content::Document { title: None, text: read::text_or_json(text) };
        Ok(Message {
            role: Role::User,
            name: None,
            parts: vec![chat_message::plain(content)],
            is_multipart: false,
            ..Message::default()
        })
    })?;
    messages.extend(documents);
    Ok(())
}

/// One text: a string, a list of tokens, or an object with its content. Tokens are kept as a part of kind `tokens`: its
/// length is their number.
fn text(value: &Value) -> Result<Message> {
    let parts = match value {
        Value::String(text) if text.starts_with("data:image/") => {
            vec![chat_message::plain(Content::Image(super::media::image_from_url(text, None)))]
        }
        Value::String(text) => vec![Part::text(text.as_str())],
        Value::Array(_) => {
            vec![chat_message::plain(Content::Other { kind: Arc::from("tokens"), json: read::json(value) })]
        }
        Value::Object(fields) => {
            let mut parts = Vec::new();
            if let Some(text) = fields.get("text").and_then(Value::as_str) {
                parts.push(Part::text(text));
            } else if fields.get("image").is_some() {
                parts.push(chat_message::plain(Content::Image(Image::default())));
            } else {
                chat_message::content(fields, "content", &mut parts)?;
            }
            parts
        }
        other => return Err(read::wrong("a string or a list of tokens", other)),
    };
    let message = Message { role: Role::User, name: None, parts, is_multipart: false, ..Message::default() };
    Ok(match value {
        Value::Object(fields) => super::media::identify(message, fields),
        Value::String(url) if message.n_media() > 0 => Message { media: vec![super::media::media_id(url)], ..message },
        _ => message,
    })
}

fn gemini(fields: &Fields) -> Result<Message> {
    match read::object(fields, "content")? {
        Some(content) => generate_content::content(content, Role::User).map_err(|error| error.in_field("content")),
        None => Err(Error::input("expected an object, found nothing").in_field("content")),
    }
}

/// The vectors themselves are of no concern here; model and usage are.
fn reply(events: &[Value]) -> Result<Reply> {
    let mut draft = Draft::default();
    for event in events {
        draft.set_model(event.get("model").and_then(Value::as_str));
        let usage = event.get("usage").or_else(|| event.get("usageMetadata"));
        draft.merge_usage(usage);
        if let Some(Value::Object(meta)) = event.get("meta") {
            draft.merge_usage(Some(&super::cohere::meta_usage(meta)));
        }
        if event.get("prompt_eval_count").is_some() {
            draft.merge_usage(Some(&serde_json::json!({ "prompt_eval_count": event["prompt_eval_count"] })));
        }
    }
    draft.finish(events)
}

/// Embeddings have input alone; each provider spells it as in its chat. Semantics: none to tell, nothing is cached.
fn usage(usage: &Value, provider: Option<&str>) -> Result<Reading, Flaw> {
    let has = |name: &str| usage.get(name).is_some();
    if has("promptTokenCount") {
        return super::generate_content_usage::usage(usage, provider);
    }
    super::chat_usage::usage(usage, provider)
}

#[cfg(test)]
mod tests {
    use super::super::outline::{check_reply, check_request, check_request_error, check_usage};
    use super::*;
    use serde_json::json;

    #[test]
    fn each_provider_has_its_body() {
        let check = |body: Value, expected: &str| check_request(&WIRE, &body, expected);
        check(json!({"model": "text-embedding-3-small", "input": "a", "dimensions": 8}), "user: a | dimensions=8");
        check(json!({"model": "x", "input": ["a", "b"]}), "user: a | user: b");
        check(json!({"model": "x", "input": [[1, 2], [3]]}), "user: other(tokens) | user: other(tokens)");
        check(json!({"model": "x", "input": [1, 2]}), "user: other(tokens)");
        check(json!({"model": "embed-x", "texts": ["a"]}), "user: a");
        check(json!({"requests": [{"model": "x", "content": {"parts": [{"text": "a"}]}}]}), "user: a");
        check(json!({"instances": [{"content": "a"}]}), "user: a");
        check(
            json!({"model": "m", "query": "q", "documents": ["a", {"text": "b"}]}),
            "user: q | user: document(: a) | user: document(: b)",
        );
    }

    #[test]
    fn errors_name_the_field() {
        check_request_error(&WIRE, &json!({}), "`input`: expected a string or an array of strings, found nothing");
        check_request_error(
            &WIRE,
            &json!({"texts": [1]}),
            "`texts.0`: expected a string or a list of tokens, found a number",
        );
    }

    #[test]
    fn usage_is_found_and_read() {
        check_reply(
            &WIRE,
            r#"{"data":[],"usage":{"prompt_tokens":3,"total_tokens":3}}"#,
            r#" | {"prompt_tokens":3,"total_tokens":3}"#,
        );
        check_reply(
            &WIRE,
            r#"{"meta":{"billed_units":{"input_tokens":3}}}"#,
            r#" | {"billed_units":{"input_tokens":3}}"#,
        );
        check_usage(
            &WIRE,
            "openai",
            &json!({"prompt_tokens": 3, "total_tokens": 3}),
            "in 3+0r+0w+0W out 0+0, total 3, unknown",
        );
        check_usage(
            &WIRE,
            "gemini",
            &json!({"promptTokenCount": 261, "promptTokenDetails": [{"modality": "IMAGE", "tokenCount": 258}]}),
            "in 261+0r+0w+0W out 0+0, image 258/0/0, unknown",
        );
    }
}
