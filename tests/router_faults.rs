//! Every way in which a provider fails, over real connections: a clear error or a true answer in time, money settled once, nothing unclean
//! kept, no secret seen.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking; helpers of integration tests are not seen as tests")]

#[path = "support/scripted.rs"]
mod support;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::StreamExt;
use promptopt::budget::settings::{BudgetSpec, Period};
use promptopt::chat::Dialect;
use promptopt::config::router::RouterSettings;
use promptopt::error::{Error, Kind};
use promptopt::health::settings::BreakerSettings;
use promptopt::labels::{By, Caller};
use promptopt::ledger::{Outcome, UsageRecord};
use promptopt::route::settings::{CandidateSpec, ObjectiveSpec, RouteSpec};
use promptopt::router::{CacheStatus, Request, Router};
use promptopt::usd::Usd;
use promptopt_scripted::{FAULTS, Fault, Kind as Expected, Scripted, Step, chat, chat_stream};
use support::{CANARY, provider, router};

type Records = Arc<Mutex<Vec<UsageRecord>>>;

fn settings(server: &Scripted, max_attempts: u32) -> RouterSettings {
    let mut settings = RouterSettings {
        providers: vec![provider("openai", "openai", Dialect::Chat, server)],
        budgets: vec![BudgetSpec {
            name: "all".to_owned(),
            by: By::All,
            only: Vec::new(),
            period: Period::Month,
            hard: Some(Usd::parse("1000").unwrap()),
            soft: None,
            unpriced_as: None,
        }],
        breaker: BreakerSettings { failures: 1000, ..BreakerSettings::default() },
        ..RouterSettings::default()
    };
    settings.retry.max_attempts = max_attempts;
    settings.retry.first_pause = Duration::from_millis(1);
    settings
}

fn watched(settings: RouterSettings) -> (Router, Records) {
    let records = Records::default();
    let kept = Arc::clone(&records);
    (router(settings, move |builder| builder.watch(move |record| kept.lock().unwrap().push(record.clone()))), records)
}

fn ask(model: &str) -> Request {
    Request::chat(format!(
        r#"{{"model":"{model}","temperature":0,"max_tokens":100,"messages":[{{"role":"user","content":"hello"}}]}}"#
    ))
}

/// What a caller sees: the body and where it came from, or the error.
async fn call(router: &Router, is_stream: bool) -> Result<(String, CacheStatus), Error> {
    let caller = Caller::of("acme");
    let seen = async {
        if !is_stream {
            let answer = router.chat(ask("gpt-4o-mini"), &caller).await?;
            return Ok((String::from_utf8_lossy(&answer.body).into_owned(), answer.report.cache));
        }
        let mut stream = router.stream(ask("gpt-4o-mini"), &caller).await?;
        let mut all = Vec::new();
        while let Some(chunk) = stream.next().await {
            all.extend_from_slice(&chunk?);
        }
        let report = stream.report().unwrap_or_else(|| stream.begun().clone());
        Ok((String::from_utf8_lossy(&all).into_owned(), report.cache))
    };
    tokio::time::timeout(Duration::from_secs(20), seen).await.expect("the call hangs")
}

async fn check(fault: &'static Fault, steps: fn() -> Vec<Step>, is_stream: bool, expected: Expected) {
    let name = format!("{} ({})", fault.name, if is_stream { "streamed" } else { "whole" });
    let server = Scripted::start(move |_| steps()).await.unwrap();
    let (router, records) = watched(settings(&server, 1));
    let first = call(&router, is_stream).await;
    match (&first, expected) {
        (Err(error), Expected::Error) => {
            let seen = format!(
                "{error} {error:?} {:?}",
                error.provider().map(|told| String::from_utf8_lossy(&told.body).into_owned())
            );
            assert!(!seen.contains(CANARY), "{name}: {seen}");
            assert!(
                matches!(error.kind(), Kind::Provider | Kind::Timeout | Kind::Truncated | Kind::Unreachable),
                "{name}: {error:?}"
            );
        }
        (Ok(_), Expected::Answer | Expected::Unclean) => {}
        (seen, expected) => panic!("{name}: expected {expected:?}, seen {seen:?}"),
    }
    // One attempt, one record; money that was set aside is settled.
    {
        let records = records.lock().unwrap();
        assert_eq!(records.len(), 1, "{name}: {records:?}");
        let record = &records[0];
        assert_eq!(record.outcome == Outcome::Answered, first.is_ok(), "{name}: {record:?}");
        let budget = router.status().budgets;
        let settled = budget.first().map_or(Usd::ZERO, |budget| budget.settled);
        assert_eq!(settled, record.cost.unwrap(), "{name}");
        assert!(budget.iter().all(|budget| budget.reserved == Usd::ZERO), "{name}: {budget:?}");
    }
    let again = call(&router, is_stream).await;
    let is_kept = again.as_ref().is_ok_and(|(_, cache)| *cache == CacheStatus::Hit);
    assert_eq!(is_kept, expected == Expected::Answer, "{name}: {again:?}");
    // Kept, or asked to be left alone for an hour: the provider is not asked again.
    let answered = if is_kept || fault.name == "429 for an hour" { 1 } else { 2 };
    assert_eq!(server.n_calls(), answered, "{name}");
    router.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_fault_ends_in_an_error_or_a_true_answer() {
    let mut checks = Vec::new();
    for fault in FAULTS {
        if let Some(plain) = fault.plain {
            checks.push(tokio::spawn(check(fault, plain, false, fault.expected.0)));
        }
        if let Some(stream) = fault.stream {
            checks.push(tokio::spawn(check(fault, stream, true, fault.expected.1)));
        }
    }
    assert!(checks.len() > 60);
    let mut failed = Vec::new();
    for check in checks {
        if let Err(error) = check.await {
            failed.push(error.into_panic().downcast_ref::<String>().cloned().unwrap_or_default());
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn after_any_fault_the_next_target_answers_and_both_are_in_the_ledger() {
    for fault in FAULTS.iter().filter(|fault| fault.expected.0 == Expected::Error && fault.plain.is_some()) {
        let steps = fault.plain.unwrap();
        let failing = Scripted::start(move |_| steps()).await.unwrap();
        let answering =
            Scripted::start(|asked| if asked.is_stream() { chat_stream("hello", 10, 5) } else { chat("hello", 10, 5) })
                .await
                .unwrap();
        let mut settings = settings(&failing, 4);
        settings.providers.push(provider("other", "openai", Dialect::Chat, &answering));
        let candidate = |provider: &str| CandidateSpec {
            provider: provider.into(),
            model: None,
            tier: None,
            weight: 1,
            quality: None,
        };
        settings.routes = vec![RouteSpec {
            candidates: vec![candidate("openai"), candidate("other")],
            objective: ObjectiveSpec::Ordered,
            ..RouteSpec::default()
        }];
        let (router, records) = watched(settings);
        let seen = call(&router, false).await;
        assert!(seen.as_ref().is_ok_and(|(body, _)| body.contains("hello")), "{}: {seen:?}", fault.name);
        let records = records.lock().unwrap();
        assert!(records.len() >= 2 && records.len() <= 4, "{}: {}", fault.name, records.len());
        assert_eq!(records.iter().filter(|record| record.outcome == Outcome::Answered).count(), 1, "{}", fault.name);
        assert_eq!(failing.n_calls() + answering.n_calls(), records.len(), "{}", fault.name);
    }
}

#[tokio::test]
async fn a_caller_who_goes_away_settles_what_was_used() {
    let server = Scripted::start(|_| {
        let mut steps = chat_stream("one two three four", 100, 10);
        steps.truncate(4);
        steps.push(Step::Pause(Duration::from_millis(300)));
        steps
    })
    .await
    .unwrap();
    let mut settings = settings(&server, 1);
    settings.routes = vec![RouteSpec {
        cache: promptopt::cache::settings::CachePolicy { is_on: false, ..Default::default() },
        ..RouteSpec::default()
    }];
    let (router, records) = watched(settings);
    let mut stream = router.stream(ask("gpt-4o-mini"), &Caller::of("acme")).await.unwrap();
    stream.next().await.unwrap().unwrap();
    drop(stream);
    router.shutdown().await;
    let records = records.lock().unwrap();
    assert_eq!(records[0].outcome, Outcome::Aborted, "{:?}", records[0]);
    assert!(records[0].usage.input() > 0 && records[0].cost > Some(Usd::ZERO));
    assert_eq!(router.status().budgets[0].reserved, Usd::ZERO);
}

#[tokio::test]
async fn the_key_goes_to_its_own_place_and_the_callers_headers_do_not() {
    let server = Scripted::start(|_| chat("hello", 10, 5)).await.unwrap();
    let (router, _) = watched(settings(&server, 1));
    let mut request = ask("gpt-4o-mini");
    request.directives.headers =
        vec![("Authorization".to_owned(), "Bearer mine".to_owned()), ("OpenAI-Beta".to_owned(), "x".to_owned())];
    router.chat(request, &Caller::of("acme")).await.unwrap();
    let asked = server.asked();
    assert_eq!(asked[0].header("authorization"), Some(&*format!("Bearer {CANARY}")));
    assert_eq!(
        (asked[0].header("openai-beta"), asked[0].header("accept-encoding"), &*asked[0].path),
        (Some("x"), Some("identity"), "/v1/chat/completions")
    );
    assert!(!format!("{router:?}").contains(CANARY));
}
