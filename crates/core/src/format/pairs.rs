//! Requests with their responses, one exchange a line, as proxies and applications log them: `{"timestamp" | "created" | "time",
//! "request": {…}, "response": {…}, "provider"?, "model"?, "user"?, "tags"?, "usage"?, "cost"?, "status"?}`. The request is the
//! JSON body; the response is the JSON body or the text that came (server-sent events), or base64 where
//! `response_is_base64` is true. The usage is the provider's own, read as its dialect says.

use serde_json::Value;

use crate::chat::Dialect;
use crate::error::{Error, Result};
use crate::format::exchange::{Body, Exchange, kind_of_path};
use crate::format::{CallKind, Format, Line, Origin, Reader, Record, json, sniff, when};

pub(super) static FORMAT: Format = Format {
    name: "pairs",
    about: "Requests with responses, one exchange a line: {timestamp, request, response, usage, …}",
    sniff: |head| sniff::first_is(head, is_pair, 80),
    reader: Reader::Lines(read),
};

fn is_pair(pair: &Value) -> bool {
    pair.get("request").is_some_and(|request| request.is_object() || request.is_string())
        && json::has_any(pair, &["response", "timestamp", "created", "time", "status", "usage"])
}

fn read(line: &Line<'_>, records: &mut Vec<Record>) -> Result<()> {
    let pair = json::object(line)?;
    let provider = json::text(&pair, "provider").map(json::provider);
    let (kind, dialect) = kind_of(&pair, provider.as_deref());
    let mut record = Record {
        origin: Origin::of(line),
        kind,
        at: when::from_fields(&pair, &["timestamp", "created", "created_at", "time"]),
        provider,
        model: json::arc(&pair, "model"),
        billed: json::first_money(&pair, &["cost", "cost_usd", "costUSD", "total_cost", "response_cost"]),
        region: json::text(&pair, "region").map(|region| region.to_lowercase().into()),
        from_cache: json::is_true(json::first_field(&pair, &["from_cache", "cache_hit"])),
        ..Record::default()
    };
    record.set_status(json::first_field(&pair, &["status", "status_code"]).and_then(json::status));
    for name in ["user", "key", "team", "session", "feature"] {
        json::tag(&mut record.tags, name, pair.get(name));
    }
    json::tag_all(&mut record.tags, pair.get("tags"));
    let decoded;
    let response = match json::field(&pair, "response") {
        Some(Value::String(text)) if json::is_true(pair.get("response_is_base64")) => {
            decoded = crate::dialect::media::decode(text)
                .ok_or_else(|| Error::input("the text is no base64").in_field("response"))?;
            Some(Body::Bytes(&decoded))
        }
        Some(Value::String(text)) => Some(Body::Bytes(text.as_bytes())),
        Some(value) => Some(Body::Json(value)),
        None => None,
    };
    let usage = json::field(&pair, "usage");
    record.fill(Exchange { dialect, request: json::field(&pair, "request"), response, usage })?;
    records.push(record);
    Ok(())
}

/// By the name of the operation, else by the path. `chat` and `generate` are paths of several providers.
fn kind_of(pair: &Value, provider: Option<&str>) -> (CallKind, Option<Dialect>) {
    let name = json::text(pair, "kind").unwrap_or_default();
    let by_path = kind_of_path(json::first_text(pair, &["path", "url"]).unwrap_or_default());
    if by_path.0 == CallKind::Other {
        return by_path;
    }
    match (provider, name) {
        (Some("cohere"), "chat" | "generate") => (CallKind::Chat, Some(Dialect::Cohere)),
        (Some("ollama"), "chat" | "generate") => (CallKind::Chat, Some(Dialect::Ollama)),
        (Some("writer"), "chat") => (CallKind::Chat, Some(Dialect::Chat)),
        _ => match kind_of_path(name) {
            (CallKind::Chat, None) => by_path,
            known => known,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::testing::{check_detected, read as read_all, read_one};
    use serde_json::json;

    fn pair() -> Value {
        json!({
            "timestamp": "2026-10-19T02:00:04Z", "provider": "OpenAI", "user": "ann", "tags": {"team": "care"},
            "request": {"model": "gpt-6-luna", "messages": [{"role": "user", "content": "Name a river."}]},
            "response": {"object": "chat.completion", "model": "gpt-6-luna-2026-01-01", "service_tier": "flex",
                "choices": [{"index": 0, "message": {"role": "assistant", "content": "Elbe"}, "finish_reason": "stop"}],
                "usage": {"prompt_tokens": 9, "completion_tokens": 2, "total_tokens": 11}},
        })
    }

    #[test]
    fn a_pair_is_read_with_everything_it_says() {
        check_detected(&FORMAT, "log.jsonl", &pair().to_string());
        let record = read_one(&FORMAT, &pair().to_string());
        assert_eq!(record.provider.as_deref(), Some("openai"));
        assert_eq!(record.model.as_deref(), Some("gpt-6-luna-2026-01-01"));
        assert_eq!(record.asked_model.as_deref(), Some("gpt-6-luna"));
        assert_eq!(record.tier, crate::usage::ServiceTier::Flex);
        assert_eq!(record.usage.unwrap().unwrap().usage.total(), 11);
        assert_eq!(record.tags.get("team").map(|team| &**team), Some("care"));
        assert!(record.answer.is_some() && record.at.is_some() && record.status.is_none());
    }

    #[test]
    fn the_usage_beside_the_response_wins_and_a_cost_is_taken_over() {
        let mut pair = pair();
        pair["usage"] = json!({"prompt_tokens": 20, "completion_tokens": 5, "total_tokens": 25});
        pair["cost"] = json!("0.0015");
        let record = read_one(&FORMAT, &pair.to_string());
        assert_eq!(record.usage.unwrap().unwrap().usage.total(), 25);
        assert_eq!(record.billed.map(crate::usd::Usd::to_decimal).as_deref(), Some("0.0015"));
    }

    #[test]
    fn a_refused_request_carries_its_status_and_no_usage() {
        let mut pair = pair();
        pair["status"] = json!(429);
        let record = read_one(&FORMAT, &pair.to_string());
        assert_eq!((record.status, record.usage.is_none(), record.answer.is_none()), (Some(429), true, true));
        assert!(record.request.is_some());
    }

    #[test]
    fn requests_and_responses_may_be_text() {
        let mut pair = pair();
        pair["request"] = Value::from(pair["request"].to_string());
        pair["response"] = Value::from(pair["response"].to_string());
        assert_eq!(read_one(&FORMAT, &pair.to_string()).usage.unwrap().unwrap().usage.total(), 11);
    }

    #[test]
    fn a_request_that_is_none_is_an_error() {
        let line = r#"{"timestamp":1,"request":{"colour":"red"}}"#;
        assert!(read_all(&FORMAT, line).remove(0).unwrap_err().to_string().contains("`request`"));
    }
}
