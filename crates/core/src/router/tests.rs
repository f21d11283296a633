//! The router against an upstream that answers from a closure.

mod inputs;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use futures_util::StreamExt;
use serde_json::{Value, json};

use super::{CacheStatus, Request, Router};
use crate::budget::settings::{BudgetSpec, Period};
use crate::chat::Dialect;
use crate::clock::{ManualClock, Timestamp};
use crate::config::router::RouterSettings;
use crate::error::{Kind, Result};
use crate::labels::{By, Caller};
use crate::ledger::{Outcome, UsageRecord, UsageSource};
use crate::route::settings::{CandidateSpec, ObjectiveSpec, RouteSpec};
use crate::upstream::canned::Canned;
use crate::upstream::settings::{Auth, ProviderSettings, Timeouts};
use crate::upstream::{Incoming, Outgoing};
use crate::usage::ServiceTier;
use crate::usd::Usd;

mod alerts;
mod further;
mod near;
mod pressure;

fn provider(name: &str, host: &str, dialect: Dialect) -> ProviderSettings {
    ProviderSettings {
        name: name.into(),
        host: host.into(),
        dialect,
        base_url: "http://127.0.0.1:9/v1".to_owned(),
        auth: Auth::None,
        headers: Vec::new(),
        api_version: None,
        deployments: Vec::new(),
        region: None,
        tiers: vec![ServiceTier::Flex],
        timeouts: Timeouts::default(),
    }
}

fn settings() -> RouterSettings {
    RouterSettings {
        providers: vec![
            provider("openai", "openai", Dialect::Chat),
            provider("anthropic", "anthropic", Dialect::Messages),
        ],
        ..RouterSettings::default()
    }
}

fn candidate(provider: &str, model: &str) -> CandidateSpec {
    CandidateSpec { provider: provider.into(), model: Some(model.into()), tier: None, weight: 1, quality: None }
}

fn route(candidates: &[(&str, &str)]) -> RouteSpec {
    let candidates = candidates.iter().map(|(provider, model)| candidate(provider, model)).collect();
    RouteSpec { name: "r".into(), candidates, objective: ObjectiveSpec::Ordered, ..RouteSpec::default() }
}

/// What was sent, and a router that answers one after the other.
type Sent = Arc<Mutex<Vec<Outgoing>>>;

fn router(settings: RouterSettings, answers: Vec<Result<Incoming>>) -> (Router, Sent, Arc<Mutex<Vec<UsageRecord>>>) {
    let (sent, records) = (Sent::default(), Arc::new(Mutex::new(Vec::new())));
    let answers = Mutex::new(VecDeque::from(answers));
    let upstream = Canned({
        let sent = Arc::clone(&sent);
        move |call: &Outgoing| {
            sent.lock().unwrap().push(call.clone());
            answers.lock().unwrap().pop_front().expect("no more answers")
        }
    });
    let clock = Arc::new(ManualClock::at("2026-11-26T12:00:00Z".parse::<Timestamp>().unwrap()));
    let kept = Arc::clone(&records);
    let built = Router::builder()
        .settings(settings)
        .upstream(Arc::new(upstream))
        .clock(clock)
        .watch(move |record| kept.lock().unwrap().push(record.clone()))
        .build()
        .unwrap();
    (built, sent, records)
}

fn chat_answer(text: &str) -> Incoming {
    let body = json!({"id": "c", "object": "chat.completion", "created": 1, "model": "gpt-4o-mini", "choices": [
        {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 1000, "completion_tokens": 100, "total_tokens": 1100}});
    Incoming::json(200, body.to_string())
}

fn chat_stream(text: &str) -> Incoming {
    let chunk = |delta: Value, finish: Value| {
        let chunk = json!({"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "gpt-4o-mini", "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]});
        format!("data: {chunk}\n\n")
    };
    let usage = json!({"id": "c", "choices": [], "usage": {"prompt_tokens": 1000, "completion_tokens": 100, "total_tokens": 1100}});
    let body = format!(
        "{}{}{}data: {usage}\n\ndata: [DONE]\n\n",
        chunk(json!({"role": "assistant", "content": ""}), Value::Null),
        chunk(json!({"content": text}), Value::Null),
        chunk(json!({}), "stop".into())
    );
    // Cut where no event ends.
    let pieces: Vec<Bytes> = body.as_bytes().chunks(37).map(Bytes::copy_from_slice).collect();
    Incoming::events(pieces)
}

fn ask(model: &str) -> Request {
    Request::chat(
        json!({"model": model, "temperature": 0, "messages": [{"role": "user", "content": "hi"}]}).to_string(),
    )
}

async fn text(mut stream: super::AnswerStream) -> (String, super::AnswerStream) {
    let mut all = Vec::new();
    while let Some(chunk) = stream.next().await {
        all.extend_from_slice(&chunk.unwrap());
    }
    (String::from_utf8(all).unwrap(), stream)
}

fn caller() -> Caller {
    Caller::of("acme").id("jo").team("search")
}

#[tokio::test]
async fn an_untouched_request_leaves_byte_for_byte_and_its_cost_is_the_bill() {
    let (router, sent, records) = router(settings(), vec![Ok(chat_answer("hello"))]);
    let body = "{ \"model\" : \"gpt-4o-mini\", \"messages\":[{\"role\":\"user\",\"content\":\"hi\"}],\"x\": 1.50 }";
    let answer = router.chat(Request::chat(body), &caller()).await.unwrap();
    assert_eq!(sent.lock().unwrap()[0].body, body);
    assert_eq!(answer.json().unwrap()["choices"][0]["message"]["content"], "hello");
    // 1,000 × $0.15 + 100 × $0.60 a million.
    assert_eq!(answer.report.cost, Some(Usd::parse("0.00021").unwrap()));
    let records = records.lock().unwrap();
    assert_eq!((records.len(), records[0].outcome, records[0].source), (1, Outcome::Answered, UsageSource::Provider));
    assert_eq!(records[0].cost, answer.report.cost);
}

#[tokio::test]
async fn a_repeated_request_is_answered_by_the_cache_whole_or_streamed() {
    let (router, sent, records) = router(settings(), vec![Ok(chat_answer("hello"))]);
    let first = router.chat(ask("gpt-4o-mini"), &caller()).await.unwrap();
    let again = router.chat(ask("gpt-4o-mini"), &caller()).await.unwrap();
    assert_eq!((first.report.cache, again.report.cache), (CacheStatus::Miss, CacheStatus::Hit));
    assert_eq!(
        (again.body, again.report.cost, again.report.saved),
        (first.body, Some(Usd::ZERO), first.report.cost.unwrap())
    );
    let (streamed, stream) = text(router.stream(ask("gpt-4o-mini"), &caller()).await.unwrap()).await;
    assert!(streamed.contains("hello") && streamed.ends_with("data: [DONE]\n\n"), "{streamed}");
    assert_eq!(stream.report().unwrap().cache, CacheStatus::Hit);
    assert_eq!(sent.lock().unwrap().len(), 1);
    assert_eq!(records.lock().unwrap().iter().filter(|record| record.outcome == Outcome::FromCache).count(), 2);
}

#[tokio::test]
async fn tenants_do_not_share_answers() {
    let (router, sent, _) = router(settings(), vec![Ok(chat_answer("one")), Ok(chat_answer("two"))]);
    router.chat(ask("gpt-4o-mini"), &Caller::of("a")).await.unwrap();
    let other = router.chat(ask("gpt-4o-mini"), &Caller::of("b")).await.unwrap();
    assert_eq!((other.report.cache, sent.lock().unwrap().len()), (CacheStatus::Miss, 2));
}

#[tokio::test]
async fn a_stream_is_passed_on_as_it_came_but_for_the_usage_that_was_not_asked_for() {
    let (router, sent, records) = router(settings(), vec![Ok(chat_stream("hello"))]);
    let (streamed, stream) = text(router.stream(ask("gpt-4o-mini"), &caller()).await.unwrap()).await;
    assert!(streamed.contains("\"content\":\"hello\"") && !streamed.contains("prompt_tokens"), "{streamed}");
    assert!(
        String::from_utf8_lossy(&sent.lock().unwrap()[0].body).contains(r#""stream_options":{"include_usage":true}"#)
    );
    let report = stream.report().unwrap();
    assert_eq!(report.cost, Some(Usd::parse("0.00021").unwrap()));
    assert_eq!(records.lock().unwrap()[0].usage.total(), 1100);
    // Kept as it came, and given whole as well.
    let whole = router.chat(ask("gpt-4o-mini"), &caller()).await.unwrap();
    assert_eq!(whole.report.cache, CacheStatus::Hit);
    assert_eq!(whole.json().unwrap()["choices"][0]["message"]["content"], "hello");
    let (again, _) = text(router.stream(ask("gpt-4o-mini"), &caller()).await.unwrap()).await;
    assert_eq!(again, streamed);
}

#[tokio::test]
async fn another_dialect_answers_in_the_callers() {
    let settings = RouterSettings { routes: vec![route(&[("anthropic", "claude-haiku-4-5")])], ..settings() };
    let body = json!({"id": "m", "type": "message", "role": "assistant", "model": "claude-haiku-4-5", "content": [{"type": "text", "text": "hello"}],
        "stop_reason": "end_turn", "stop_sequence": null, "usage": {"input_tokens": 10, "output_tokens": 5}});
    let (router, sent, _) = router(settings, vec![Ok(Incoming::json(200, body.to_string()))]);
    let answer = router.chat(ask("gpt-4o-mini"), &caller()).await.unwrap();
    let sent: Value = serde_json::from_slice(&sent.lock().unwrap()[0].body).unwrap();
    assert_eq!(
        (&sent["model"], &sent["messages"][0]["content"][0]["text"]),
        (&json!("claude-haiku-4-5"), &json!("hi"))
    );
    assert_eq!(answer.json().unwrap()["choices"][0]["message"]["content"], "hello");
    assert_eq!(answer.json().unwrap()["usage"]["prompt_tokens"], 10);
    assert!(answer.report.lost.iter().any(|lost| lost.contains("max_output")), "{:?}", answer.report.lost);
}

#[tokio::test(start_paused = true)]
async fn a_failing_target_is_tried_again_and_then_the_next_one_is_asked() {
    let settings =
        RouterSettings { routes: vec![route(&[("openai", "gpt-4o"), ("openai", "gpt-4o-mini")])], ..settings() };
    let failing = || Ok(Incoming::json(500, r#"{"error":{"message":"oops"}}"#));
    let (router, sent, records) = router(settings, vec![failing(), failing(), Ok(chat_answer("hello"))]);
    let answer = router.chat(ask("gpt-4o"), &caller()).await.unwrap();
    assert_eq!(answer.report.attempts, 3);
    assert_eq!(&*answer.report.target.model, "gpt-4o-mini");
    let models: Vec<String> = sent.lock().unwrap().iter().map(|call| call.model.to_string()).collect();
    assert_eq!(models, ["gpt-4o", "gpt-4o", "gpt-4o-mini"]);
    let outcomes: Vec<Outcome> = records.lock().unwrap().iter().map(|record| record.outcome).collect();
    assert_eq!(outcomes, [Outcome::Failed, Outcome::Failed, Outcome::Answered]);
}

#[tokio::test]
async fn a_wrong_request_is_not_tried_elsewhere_and_keeps_what_the_provider_said() {
    let settings =
        RouterSettings { routes: vec![route(&[("openai", "gpt-4o"), ("openai", "gpt-4o-mini")])], ..settings() };
    let body = r#"{"error":{"message":"bad temperature","type":"invalid_request_error","code":"invalid_value"}}"#;
    let (router, sent, _) = router(settings, vec![Ok(Incoming::json(400, body))]);
    let error = router.chat(ask("gpt-4o"), &caller()).await.unwrap_err();
    assert_eq!((error.kind(), error.may_retry(), sent.lock().unwrap().len()), (Kind::Provider, false, 1));
    let told = error.provider().unwrap();
    assert_eq!(
        (told.status, told.code.as_deref(), told.body.as_slice()),
        (400, Some("invalid_value"), body.as_bytes())
    );
}

#[tokio::test]
async fn a_hard_budget_refuses_with_the_arithmetic_and_nothing_is_sent() {
    let budget = BudgetSpec {
        name: "month".to_owned(),
        by: By::Team,
        only: Vec::new(),
        period: Period::Month,
        hard: Some(Usd::parse("0.02").unwrap()),
        soft: None,
        unpriced_as: None,
    };
    let settings = RouterSettings { budgets: vec![budget], ..settings() };
    let (router, sent, _) = router(settings, vec![Ok(chat_answer("a")), Ok(chat_answer("b"))]);
    let limited = |n: u64| {
        Request::chat(json!({"model": "gpt-4o-mini", "max_tokens": n, "messages": [{"role": "user", "content": format!("hi {n}")}]}).to_string())
    };
    router.chat(limited(16_000), &caller()).await.unwrap();
    let spent = router.status().budgets;
    assert_eq!((spent[0].settled, spent[0].reserved), (Usd::parse("0.00021").unwrap(), Usd::ZERO));
    let error = router
        .chat(
            Request::chat(
                json!({"model": "gpt-4o", "max_tokens": 10_000, "messages": [{"role": "user", "content": "hi"}]})
                    .to_string(),
            ),
            &caller(),
        )
        .await
        .unwrap_err();
    assert_eq!((error.kind(), error.may_retry()), (Kind::Budget, false));
    for part in ["limit $0.02", "settled $0.00021", "this call up to $0.1", "search"] {
        assert!(error.to_string().contains(part), "{error}");
    }
    assert_eq!(sent.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn identical_calls_at_once_are_one_call() {
    let (router, sent, records) = router(settings(), vec![Ok(chat_answer("hello"))]);
    let calls = (0..20).map(|_| {
        let router = router.clone();
        tokio::spawn(async move { router.chat(ask("gpt-4o-mini"), &caller()).await.unwrap() })
    });
    let mut bodies = Vec::new();
    for call in calls.collect::<Vec<_>>() {
        bodies.push(call.await.unwrap().body);
    }
    bodies.dedup();
    assert_eq!((bodies.len(), sent.lock().unwrap().len()), (1, 1));
    let cost: Usd = records.lock().unwrap().iter().filter_map(|record| record.cost).sum();
    assert_eq!(cost, Usd::parse("0.00021").unwrap());
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_breaks_off_is_an_error_is_settled_and_is_not_kept() {
    let body =
        "data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"hel\"},\"finish_reason\":null}]}\n\n";
    let (router, _, records) =
        router(settings(), vec![Ok(Incoming::events([Bytes::from(body)])), Ok(chat_stream("hello"))]);
    let mut stream = router.stream(ask("gpt-4o-mini"), &caller()).await.unwrap();
    assert!(stream.next().await.unwrap().is_ok());
    let error = stream.next().await.unwrap().unwrap_err();
    assert_eq!(error.kind(), Kind::Truncated);
    assert!(stream.next().await.is_none());
    {
        let records = records.lock().unwrap();
        assert_eq!((records[0].outcome, records[0].source), (Outcome::Truncated, UsageSource::Counted));
        assert!(records[0].usage.output() > 0 && records[0].cost > Some(Usd::ZERO));
    }
    let (_, again) = text(router.stream(ask("gpt-4o-mini"), &caller()).await.unwrap()).await;
    assert_eq!(again.report().unwrap().cache, CacheStatus::Miss);
}

#[tokio::test]
async fn requests_that_cannot_be_read_name_what_is_wrong() {
    let (router, ..) = router(settings(), Vec::new());
    for (body, part) in [
        ("{", "no JSON"),
        ("[]", "no JSON object"),
        (r#"{"model":"a","model":"b","messages":[]}"#, "stands twice"),
        (r#"{"messages":[]}"#, "no model is named"),
        (r#"{"model":"no-such-model","messages":[{"role":"user","content":"x"}]}"#, "no target"),
        (r#"{"foo":1}"#, "not a request"),
    ] {
        let error = router.chat(Request::detect(body), &caller()).await.unwrap_err();
        assert!(error.to_string().contains(part), "{body}: {error}");
    }
    let large = vec![b' '; 17 << 20];
    assert!(router.chat(Request::detect(large), &caller()).await.unwrap_err().to_string().contains("more than"));
    assert!(router.chat(Request::detect(vec![0xff_u8]), &caller()).await.unwrap_err().to_string().contains("UTF-8"));
}

#[tokio::test]
async fn shutting_down_waits_and_takes_no_more() {
    let (router, ..) = router(settings(), vec![Ok(chat_answer("hello"))]);
    router.chat(ask("gpt-4o-mini"), &caller()).await.unwrap();
    router.shutdown().await;
    assert_eq!(router.chat(ask("gpt-4o-mini"), &caller()).await.unwrap_err().kind(), Kind::Closed);
}
