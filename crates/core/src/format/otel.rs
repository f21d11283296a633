//! OpenTelemetry spans of generative AI: OTLP as JSON (`{"resourceSpans": [{"scopeSpans": [{"spans": […]}]}]}`, one export a line)
//! and flat spans (`{"name", "start_time", "attributes": {…}}`). Attributes are `gen_ai.*`; older spellings, those of
//! `OpenLLMetry` (`gen_ai.usage.prompt_tokens`, `gen_ai.prompt.0.content`) and of `OpenInference` (`llm.token_count.*`) are
//! read as well. By the specification, input includes cache reads and writes. Spans of agents and tools are not calls.

use std::sync::Arc;

use serde_json::{Map, Value};

use crate::chat::{Answer, ChatRequest};
use crate::error::Result;
use crate::format::counts::{Counter, Counts};
use crate::format::exchange::FAILED;
use crate::format::{CallKind, Format, Line, Origin, Reader, Record, json, otel_messages, sniff, when};
use crate::usage::Semantics;

pub(super) static FORMAT: Format = Format {
    name: "otel",
    about: "OpenTelemetry GenAI spans: OTLP JSON or flat spans",
    sniff: |head| sniff::first_is(head, |value| value.get("resourceSpans").is_some() || is_flat_span(value), 95),
    reader: Reader::Lines(read),
};

fn is_flat_span(value: &Value) -> bool {
    let Some(attributes) = value.get("attributes") else { return false };
    let is_own =
        |name: &str| name.starts_with("gen_ai.") || name.starts_with("llm.") || name == "openinference.span.kind";
    match attributes {
        Value::Object(map) => map.keys().any(|name| is_own(name)),
        Value::Array(list) => list.iter().filter_map(|item| json::text(item, "key")).any(is_own),
        _ => false,
    }
}

fn read(line: &Line<'_>, records: &mut Vec<Record>) -> Result<()> {
    let value = json::object(line)?;
    let Some(resources) = json::array(&value, "resourceSpans") else {
        let resource = value.get("resource").map(attributes_of).unwrap_or_default();
        records.extend(record(line, &value, &resource));
        return Ok(());
    };
    for resource_spans in resources {
        let resource = resource_spans.get("resource").map(attributes_of).unwrap_or_default();
        let scopes = json::first_field(resource_spans, &["scopeSpans", "instrumentationLibrarySpans"]);
        for scope in scopes.and_then(Value::as_array).into_iter().flatten() {
            for span in json::array(scope, "spans").unwrap_or_default() {
                records.extend(record(line, span, &resource));
            }
        }
    }
    Ok(())
}

/// The record of a span, if it is a call.
fn record(line: &Line<'_>, span: &Value, resource: &Value) -> Option<Record> {
    let attributes = attributes_of(span);
    let get = |names: &[&str]| json::first_text(&attributes, names);
    let operation = get(&["gen_ai.operation.name", "llm.request.type", "openinference.span.kind"]);
    // Early instrumentations name no operation.
    let by_model = || get(&["gen_ai.request.model", "gen_ai.response.model"]).map(|_| "chat");
    let kind = match operation.or_else(by_model)? {
        "embeddings" | "embedding" | "EMBEDDING" => CallKind::Embedding,
        "rerank" | "RERANKER" => CallKind::Rerank,
        "chat" | "text_completion" | "completion" | "generate_content" | "LLM" | "responses" | "messages" => {
            CallKind::Chat
        }
        // Agents, tools, chains: their calls have spans of their own.
        _ => return None,
    };
    let model = get(&["gen_ai.response.model", "llm.response.model", "llm.model_name"]);
    let asked = get(&["gen_ai.request.model", "llm.request.model"]);
    let mut counter = Counter::new(&attributes);
    let counts = Counts {
        semantics: Semantics::Inclusive,
        input: counter.get(&[
            "gen_ai.usage.input_tokens",
            "gen_ai.usage.prompt_tokens",
            "llm.token_count.prompt",
            "llm.usage.prompt_tokens",
        ]),
        cache_read: counter.get(&[
            "gen_ai.usage.cache_read.input_tokens",
            "gen_ai.usage.cache_read_input_tokens",
            "gen_ai.usage.input_tokens.cached",
            "llm.token_count.prompt_details.cache_read",
        ]),
        cache_write_short: counter.get(&[
            "gen_ai.usage.cache_creation.input_tokens",
            "gen_ai.usage.cache_creation_input_tokens",
            "gen_ai.usage.input_tokens.cache_write",
            "llm.token_count.prompt_details.cache_write",
        ]),
        cache_write_long: None,
        output: counter.get(&[
            "gen_ai.usage.output_tokens",
            "gen_ai.usage.completion_tokens",
            "llm.token_count.completion",
            "llm.usage.completion_tokens",
        ]),
        reasoning: counter.get(&[
            "gen_ai.usage.reasoning.output_tokens",
            "gen_ai.usage.output_tokens.reasoning",
            "gen_ai.usage.reasoning_tokens",
            "llm.token_count.completion_details.reasoning",
        ]),
        total: counter.get(&["gen_ai.usage.total_tokens", "llm.usage.total_tokens", "llm.token_count.total"]),
    };
    let mut record = Record {
        origin: Origin::of(line),
        kind,
        at: when::from_fields(
            span,
            &["startTimeUnixNano", "start_time_unix_nano", "start_time", "startTime", "timestamp"],
        ),
        provider: get(&["gen_ai.provider.name", "gen_ai.system", "llm.system", "llm.provider"]).map(provider),
        model: model.or(asked).map(Arc::from),
        asked_model: asked.filter(|asked| model.is_some_and(|model| model != *asked)).map(Arc::from),
        usage: counter.reading(counts),
        billed: json::first_money(&attributes, &["gen_ai.usage.cost", "llm.cost.total"]),
        ..Record::default()
    };
    if record.usage.is_none() && has_failed(span, &attributes) {
        record.set_status(Some(
            json::first_field(&attributes, &["http.response.status_code"]).and_then(json::status).unwrap_or(FAILED),
        ));
    }
    for (tag, names) in [("session", ["gen_ai.conversation.id", "session.id"]), ("user", ["user.id", "enduser.id"])] {
        json::tag(&mut record.tags, tag, json::first_field(&attributes, &names));
    }
    json::tag(&mut record.tags, "feature", json::first_field(&attributes, &["gen_ai.agent.name"]));
    json::tag(&mut record.tags, "service", resource.get("service.name"));
    let messages = otel_messages::input(&attributes);
    if !messages.is_empty() {
        let mut request =
            ChatRequest { model: asked.or(model).map(Arc::from), messages, n_answers: 1, ..ChatRequest::default() };
        request.tools = otel_messages::tools(&attributes);
        request.max_output = attributes.get("gen_ai.request.max_tokens").and_then(Value::as_u64);
        record.dialect = Some(request.dialect);
        record.request = Some(request);
    }
    let parts = otel_messages::output(&attributes);
    if !parts.is_empty() {
        record.answer = Some(Answer { parts, model: model.map(Arc::from), ..Answer::default() });
    }
    Some(record)
}

/// The specification's names of providers, as the catalogue calls them.
fn provider(name: &str) -> Arc<str> {
    let name = json::provider(name);
    match &*name {
        "aws.bedrock" => Arc::from("bedrock"),
        "azure.ai.openai" | "az.ai.openai" | "azure.ai.inference" | "az.ai.inference" => Arc::from("azure"),
        "gcp.gemini" | "gcp.gen_ai" => Arc::from("gemini"),
        "gcp.vertex_ai" | "vertex_ai" => Arc::from("vertex"),
        "mistral_ai" | "mistralai" => Arc::from("mistral"),
        "x_ai" => Arc::from("xai"),
        _ => name,
    }
}

fn has_failed(span: &Value, attributes: &Value) -> bool {
    let code = span.get("status").and_then(|status| json::first_field(status, &["code", "status_code"]));
    let is_error = match code {
        Some(Value::Number(number)) => number.as_u64() == Some(2),
        Some(Value::String(text)) => text.ends_with("ERROR"),
        _ => false,
    };
    is_error || attributes.get("error.type").is_some()
}

/// The attributes of a span or resource as one object, from OTLP's list of typed values or from a plain object.
fn attributes_of(holder: &Value) -> Value {
    match holder.get("attributes") {
        Some(Value::Array(list)) => {
            let pairs =
                list.iter().filter_map(|item| Some((json::text(item, "key")?.to_owned(), plain(item.get("value")?))));
            Value::Object(pairs.collect())
        }
        Some(Value::Object(map)) => Value::Object(map.clone()),
        _ => Value::Object(Map::new()),
    }
}

/// An OTLP value without its type; whole numbers are written as text there.
fn plain(value: &Value) -> Value {
    let Some((kind, inner)) = value.as_object().and_then(|fields| fields.iter().next()) else { return value.clone() };
    let items = |name: &str| inner.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
    match kind.as_str() {
        "intValue" => {
            inner.as_str().and_then(|text| text.parse::<i64>().ok()).map_or_else(|| inner.clone(), Value::from)
        }
        "arrayValue" => items("values").iter().map(plain).collect(),
        "kvlistValue" => {
            let pairs = items("values");
            let pairs =
                pairs.iter().filter_map(|item| Some((json::text(item, "key")?.to_owned(), plain(item.get("value")?))));
            Value::Object(pairs.collect())
        }
        _ => inner.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::testing::{check_detected, read as read_all, read_one};

    #[test]
    fn otlp_exports_give_their_calls() {
        let sample = r#"{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"care"}}]},"scopeSpans":[{"spans":[
            {"name":"invoke_agent","startTimeUnixNano":"1775802348000000000","attributes":[{"key":"gen_ai.operation.name","value":{"stringValue":"invoke_agent"}},{"key":"gen_ai.usage.input_tokens","value":{"intValue":"100"}}]},
            {"name":"chat","startTimeUnixNano":"1775802348000000000","attributes":[{"key":"gen_ai.operation.name","value":{"stringValue":"chat"}},{"key":"gen_ai.provider.name","value":{"stringValue":"aws.bedrock"}},{"key":"gen_ai.request.model","value":{"stringValue":"claude-haiku-5-5"}},{"key":"gen_ai.usage.input_tokens","value":{"intValue":"100"}},{"key":"gen_ai.usage.cache_read.input_tokens","value":{"intValue":"90"}},{"key":"gen_ai.usage.output_tokens","value":{"intValue":"5"}},{"key":"gen_ai.conversation.id","value":{"stringValue":"c1"}}]}
        ]}]}]}"#;
        check_detected(&FORMAT, "otlp.json", sample);
        let record = read_one(&FORMAT, sample);
        let usage = record.usage.unwrap().unwrap().usage;
        assert_eq!((usage.input_fresh, usage.cache_read, usage.output()), (10, 90, 5));
        assert_eq!((record.provider.as_deref(), record.tags.len()), (Some("bedrock"), 2));
        assert_eq!(record.at.map(jiff::Timestamp::as_second), Some(1_775_802_348));
    }

    #[test]
    fn flat_spans_in_old_spellings_are_read() {
        let sample = r#"{"name":"openai.chat","start_time":"2026-01-02T03:04:05.678Z","attributes":{"llm.request.type":"chat","gen_ai.system":"OpenAI","gen_ai.request.model":"gpt-6-luna","gen_ai.response.model":"gpt-6-luna-2026","gen_ai.usage.prompt_tokens":9,"gen_ai.usage.completion_tokens":2,"llm.usage.total_tokens":11,"gen_ai.prompt.0.role":"user","gen_ai.prompt.0.content":"A river?","gen_ai.completion.0.role":"assistant","gen_ai.completion.0.content":"Elbe"}}"#;
        check_detected(&FORMAT, "spans.jsonl", sample);
        let record = read_one(&FORMAT, sample);
        assert_eq!(record.usage.unwrap().unwrap().usage.total(), 11);
        assert_eq!(record.asked_model.as_deref(), Some("gpt-6-luna"));
        assert!(record.request.is_some_and(|request| request.messages.len() == 1) && record.answer.is_some());
    }

    #[test]
    fn messages_of_the_specification_are_read() {
        let sample = serde_json::json!({"name": "chat", "start_time": 1_775_802_348, "attributes": {
            "gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt-6-luna",
            "gen_ai.system_instructions": "[{\"type\":\"text\",\"content\":\"Be brief.\"}]",
            "gen_ai.input.messages": "[{\"role\":\"user\",\"parts\":[{\"type\":\"text\",\"content\":\"A river?\"}]}]",
            "gen_ai.output.messages": [{"role": "assistant", "parts": [{"type": "tool_call", "id": "t1", "name": "sql", "arguments": {"q": 1}}]}]}});
        let record = read_one(&FORMAT, &sample.to_string());
        assert_eq!(record.request.map(|request| request.messages.len()), Some(2));
        assert_eq!(record.answer.map(|answer| answer.parts.len()), Some(1));
    }

    #[test]
    fn a_failed_call_carries_a_status() {
        let sample = r#"{"name":"chat","status":{"status_code":"ERROR"},"attributes":{"gen_ai.operation.name":"chat","gen_ai.request.model":"gpt-6-luna"}}"#;
        assert_eq!(read_all(&FORMAT, sample).remove(0).unwrap().status, Some(FAILED));
    }
}
