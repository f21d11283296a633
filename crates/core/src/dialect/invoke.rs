//! Bedrock invoke: the body is what the model's family defines. Read are Claude (messages, and the older text prompt), Nova
//! (near to converse), Titan, Llama, Mistral, Cohere, AI21 and the embedding models; a body in the shape of OpenAI's chat is
//! read as that.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::draft::{Draft, Key};
use super::read::{self, Fields, given, string};
use super::{
    Reply, Wire, chat, chat_message, chat_reply, cohere, completions, converse, embeddings, invoke_usage, messages,
};
use crate::chat::{ChatRequest, Content, Dialect, Message, Part, Role};
use crate::error::{Error, Result};

/// The dialect.
pub(super) static WIRE: Wire =
    Wire { dialect: Dialect::Invoke, is_request, request, reply, usage: invoke_usage::usage };

/// Keys that only a family on Bedrock has. Claude's bodies are left to the messages dialect unless they say Bedrock.
fn is_request(body: &Value) -> bool {
    let has = |name: &str| body.get(name).is_some();
    let is_claude =
        body.get("anthropic_version").and_then(Value::as_str).is_some_and(|version| version.starts_with("bedrock"));
    let is_nova = has("schemaVersion") && (has("messages") || has("taskType"));
    let has_prompt = has("prompt") || has("inputs");
    is_claude
        || is_nova
        || has("inputText")
        || has("singleEmbeddingParams")
        || (has_prompt
            && ["max_gen_len", "max_tokens_to_sample", "maxTokens", "parameters"].iter().any(|name| has(name)))
        || (has_prompt && has("num_generations") && !has("model"))
        || (has("texts") && has("input_type") && !has("model"))
}

/// Fields that the readers below take, and those that are none of the model's.
const READ: [&str; 12] = [
    "prompt",
    "inputs",
    "inputText",
    "inputImage",
    "textGenerationConfig",
    "parameters",
    "max_gen_len",
    "max_tokens_to_sample",
    "maxTokens",
    "max_tokens",
    "num_generations",
    "singleEmbeddingParams",
];

fn request(body: &Value) -> Result<ChatRequest> {
    let fields = read::body(body)?;
    let has = |name: &str| given(fields, name).is_some();
    let mut request = if has("messages") && (has("schemaVersion") || converse::is_request(body)) {
        (converse::WIRE.request)(body)?
    } else if has("messages") && (has("anthropic_version") || messages::is_request(body)) {
        messages::request(body)?
    } else if has("messages") {
        (chat::WIRE.request)(body)?
    } else if has("message") {
        (cohere::WIRE.request)(body)?
    } else if has("texts") || has("images") || has("query") || (has("inputs") && !body["inputs"].is_string()) {
        (embeddings::WIRE.request)(body)?
    } else if has("prompt") && !body["prompt"].is_string() {
        (completions::WIRE.request)(body)?
    } else {
        text(fields)?
    };
    request.dialect = Dialect::Invoke;
    Ok(request)
}

/// One text: a prompt, or what is to be embedded.
fn text(fields: &Fields) -> Result<ChatRequest> {
    let mut said: Vec<Part> = Vec::new();
    for name in ["prompt", "inputText", "inputs"] {
        said.extend(string(fields, name)?.map(Part::text));
    }
    if let Some(image) = string(fields, "inputImage")? {
        let size = super::media::image_size(image);
        said.push(chat_message::plain(Content::Image(crate::chat::Image { size, ..crate::chat::Image::default() })));
    }
    let embedded = given(fields, "singleEmbeddingParams").and_then(|params| params.get("text")?.get("value")?.as_str());
    said.extend(embedded.map(Part::text));
    if said.is_empty() {
        let other = Content::Other { kind: Arc::from("body"), json: read::json(&Value::Object(fields.clone())) };
        if !fields.contains_key("taskType") {
            return Err(Error::input("expected a string, found nothing").in_field("prompt"));
        }
        said.push(chat_message::plain(other));
    }
    let mut max_output = None;
    let mut parameters = read::parameters(fields, &READ);
    for name in ["max_gen_len", "max_tokens_to_sample", "maxTokens", "max_tokens"] {
        max_output = max_output.or(read::whole(fields, name)?);
    }
    for (group, limits) in
        [("textGenerationConfig", ["maxTokenCount", "maxTokenCount"]), ("parameters", ["max_new_tokens", "max_tokens"])]
    {
        if let Some(config) = read::object(fields, group)? {
            for limit in limits {
                max_output = max_output.or(read::whole(config, limit).map_err(|error| error.in_field(group))?);
            }
            parameters.extend(read::parameters(config, &limits));
        }
    }
    parameters.sort_by(|a, b| a.0.cmp(&b.0));
    let message = Message { role: Role::User, name: None, parts: said, is_multipart: false, ..Message::default() };
    let message = super::media::identify(message, fields);
    Ok(ChatRequest {
        dialect: Dialect::Invoke,
        messages: vec![Arc::new(message)],
        max_output,
        n_answers: chat::n_answers(fields, "num_generations")?,
        parameters,
        ..ChatRequest::default()
    })
}

/// The family is told by the keys of the response; streams end in Bedrock's own meter.
fn reply(events: &[Value]) -> Result<Reply> {
    let has = |name: &str| events.iter().any(|event| event.get(name).is_some());
    if has("contentBlockDelta") || has("output") {
        return converse::reply(events);
    }
    let is_message =
        |event: &Value| matches!(event.get("type").and_then(Value::as_str), Some("message" | "message_start"));
    if events.iter().any(is_message) {
        return messages::reply(events);
    }
    let mut draft = Draft::default();
    for event in events {
        family(&mut draft, event);
        draft.merge_usage(event.get("amazon-bedrock-invocationMetrics"));
    }
    if has("choices") {
        let mut reply = chat_reply::reply(events)?;
        draft.merge_usage(reply.usage.as_ref());
        reply.usage = draft.usage;
        return Ok(reply);
    }
    draft.finish(events)
}

/// One body, or one chunk, of a family with text in and out.
fn family(draft: &mut Draft, event: &Value) {
    let text = |name: &str| event.get(name).and_then(Value::as_str).unwrap_or_default();
    // Llama, Claude's older prompt, Titan's and Cohere's chunks.
    for name in ["generation", "completion", "outputText", "text", "generated_text"] {
        draft.push(Key::text(0, 0), text(name));
    }
    for name in ["stop_reason", "completionReason", "finish_reason"] {
        draft.set_finish(event.get(name).and_then(Value::as_str));
    }
    let list = |name: &str| event.get(name).and_then(Value::as_array).into_iter().flatten();
    // Titan, Cohere, Mistral, AI21.
    for (i, result) in list("results").chain(list("generations")).chain(list("outputs")).enumerate() {
        let text = |name: &str| result.get(name).and_then(Value::as_str).unwrap_or_default();
        draft.push(Key::text(i as u64, 0), text("outputText"));
        draft.push(Key::text(i as u64, 0), text("text"));
        for name in ["completionReason", "finish_reason", "stop_reason"] {
            draft.set_finish(result.get(name).and_then(Value::as_str).filter(|_| i == 0));
        }
    }
    for (i, completion) in list("completions").enumerate() {
        let said = completion.get("data").and_then(|data| data.get("text")?.as_str());
        draft.push(Key::text(i as u64, 0), said.unwrap_or_default());
        let reason = completion.get("finishReason").and_then(|reason| reason.get("reason")?.as_str());
        draft.set_finish(reason.filter(|_| i == 0));
    }
    draft.merge_usage(Some(&counts(event)));
    draft.merge_usage(event.get("usage"));
}

/// Counts that a family has at the top of its response, gathered into a usage object.
fn counts(event: &Value) -> Value {
    let mut usage = Map::new();
    for name in ["prompt_token_count", "generation_token_count", "inputTextTokenCount", "totalOutputTextTokenCount"] {
        if let Some(value) = event.get(name).filter(|value| !value.is_null()) {
            usage.insert(name.to_owned(), value.clone());
        }
    }
    if usage.contains_key("inputTextTokenCount") {
        let results = event.get("results").and_then(Value::as_array).into_iter().flatten();
        let tokens: Vec<&Value> = results.filter_map(|result| result.get("tokenCount")).collect();
        usage.insert("results_tokenCount".to_owned(), json!(tokens));
    }
    Value::Object(usage)
}

#[cfg(test)]
mod tests {
    use super::super::outline::{check_reply, check_request, check_request_error};
    use super::*;

    #[test]
    fn each_family_has_its_body() {
        let check = |body: Value, expected: &str| check_request(&WIRE, &body, expected);
        check(
            json!({"inputText": "hi", "textGenerationConfig": {"maxTokenCount": 9, "topP": 1}}),
            "user: hi | max 9 | topP=1",
        );
        check(json!({"prompt": "hi", "max_gen_len": 9}), "user: hi | max 9");
        check(json!({"prompt": "hi", "max_tokens_to_sample": 9}), "user: hi | max 9");
        check(json!({"prompt": "hi", "maxTokens": 9}), "user: hi | max 9");
        check(json!({"prompt": "hi", "num_generations": 2, "k": 1}), "user: hi | n 2 | k=1");
        check(json!({"inputs": "hi", "parameters": {"max_new_tokens": 9}}), "user: hi | max 9");
        check(
            json!({"anthropic_version": "bedrock-2023-05-31", "max_tokens": 9, "messages": [{"role": "user", "content": "hi"}]}),
            "user: hi | max 9",
        );
        check(
            json!({"schemaVersion": "messages-v1", "messages": [{"role": "user", "content": [{"text": "hi"}]}],
                "inferenceConfig": {"max_new_tokens": 9}}),
            "user: hi | max 9",
        );
        check(
            json!({"texts": ["a", "b"], "input_type": "search_query"}),
            "user: a | user: b | input_type=\"search_query\"",
        );
    }

    #[test]
    fn a_body_without_text_is_an_error() {
        check_request_error(&WIRE, &json!({"temperature": 1}), "`prompt`: expected a string, found nothing");
    }

    #[test]
    fn each_family_has_its_answer() {
        let check = |body: &str, expected: &str| check_reply(&WIRE, body, expected);
        check(
            r#"{"inputTextTokenCount":5,"results":[{"tokenCount":7,"outputText":"hi","completionReason":"FINISH"}]}"#,
            r#"hi | FINISH | {"inputTextTokenCount":5,"results_tokenCount":[7]}"#,
        );
        check(
            r#"{"generation":"hi","prompt_token_count":5,"generation_token_count":7,"stop_reason":"stop"}"#,
            r#"hi | stop | {"prompt_token_count":5,"generation_token_count":7}"#,
        );
        check(r#"{"completion":"hi","stop_reason":"stop_sequence"}"#, "hi | stop_sequence");
        check(r#"{"generations":[{"text":"hi","finish_reason":"COMPLETE"}]}"#, "hi | COMPLETE");
        check(r#"{"completions":[{"data":{"text":"hi"},"finishReason":{"reason":"length"}}]}"#, "hi | length");
        check(r#"{"outputs":[{"text":"hi","stop_reason":"stop"}]}"#, "hi | stop");
        check(
            r#"{"type":"message","content":[{"type":"text","text":"hi"}],"usage":{"input_tokens":1}}"#,
            r#"hi | {"input_tokens":1}"#,
        );
        check(
            r#"{"choices":[{"message":{"content":"hi"}}],"usage":{"prompt_tokens":1}}"#,
            r#"hi | {"prompt_tokens":1}"#,
        );
    }

    #[test]
    fn a_stream_ends_in_the_meter() {
        check_reply(
            &WIRE,
            r#"{"generation":"a","stop_reason":null}
            {"generation":"b","stop_reason":"stop","amazon-bedrock-invocationMetrics":{"inputTokenCount":5}}"#,
            r#"ab | stop | {"inputTokenCount":5}"#,
        );
    }
}
