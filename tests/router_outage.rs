//! Providers that fail for a while: how often they are asked, when they are asked again, and until when anybody waits. The provider's own
//! count of calls and tokens is what the ledger has to say.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking; helpers of integration tests are not seen as tests")]

#[path = "support/scripted.rs"]
#[allow(dead_code, reason = "shared with other tests")]
mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use promptopt::chat::Dialect;
use promptopt::clock::ManualClock;
use promptopt::error::Kind;
use promptopt::health::settings::BreakerSettings;
use promptopt::labels::Caller;
use promptopt::ledger::Outcome;
use promptopt::router::{Request, Router};
use promptopt_scripted::{Gate, Scripted, Step, answer, chat, chat_stream, head};
use support::{CANARY, Records, ask, call, check_at_rest, provider, router, settings, told, watched};

const MODEL: &str = "gpt-4o-mini";

fn error(status: u16) -> Vec<Step> {
    answer(
        status,
        &[("content-type", "application/json")],
        br#"{"error":{"message":"scripted","type":"server_error"}}"#,
    )
}

/// A question of its own: no answer is kept for it.
fn question(n: usize) -> Request {
    Request::chat(format!(
        r#"{{"model":"{MODEL}","max_tokens":50,"messages":[{{"role":"user","content":"number {n}"}}]}}"#
    ))
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_ledger_says_is_what_the_provider_bills() {
    // Some calls fail once, some are answered at once, some as a stream, some are refused for ever.
    let asked_before = Arc::new(std::sync::Mutex::new(std::collections::BTreeMap::<String, usize>::new()));
    let server = Scripted::start(move |asked| {
        let text = String::from_utf8_lossy(&asked.body).into_owned();
        let n: u64 = text.split("number ").nth(1).and_then(|rest| rest.split('"').next()?.parse().ok()).unwrap();
        let times = {
            let mut before = asked_before.lock().unwrap();
            let times = before.entry(n.to_string()).or_default();
            *times += 1;
            *times
        };
        match n % 5 {
            0 if times == 1 => error(500),
            1 if times == 1 => error(429),
            2 => error(400),
            _ if asked.is_stream() => chat_stream("alpha beta", 10 + n, n),
            _ => chat("alpha beta", 10 + n, n),
        }
    })
    .await
    .unwrap();
    let (router, records) = watched(settings(vec![provider("openai", "openai", Dialect::Chat, &server)], 4));
    let calls = (1..=60).map(|n| {
        let router = router.clone();
        async move { (n, call(&router, question(n), n % 2 == 0).await) }
    });
    for (n, seen) in futures_util::future::join_all(calls).await {
        assert_eq!(seen.is_whole(), n % 5 != 2, "{n}: {:?}", seen.error);
    }
    let billed = server.billed();
    {
        let records = records.lock().unwrap();
        assert_eq!(records.len(), server.n_calls());
        let answered = records.iter().filter(|record| record.outcome == Outcome::Answered);
        assert_eq!(answered.count() as u64, billed.calls);
        let sum =
            |count: fn(&promptopt::usage::Usage) -> u64| records.iter().map(|record| count(&record.usage)).sum::<u64>();
        assert_eq!(
            (sum(promptopt::usage::Usage::input), sum(promptopt::usage::Usage::output)),
            (billed.input, billed.output)
        );
    }
    check_at_rest(&router, &records, "retries").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn in_an_outage_retries_end_soon() {
    let server = Scripted::start(|_| error(503)).await.unwrap();
    for (what, breaker) in [
        ("with breakers", BreakerSettings::default()),
        ("without", BreakerSettings { failures: u32::MAX, min_calls: u32::MAX, ..BreakerSettings::default() }),
    ] {
        let mut settings = settings(vec![provider("openai", "openai", Dialect::Chat, &server)], 4);
        settings.breaker = breaker;
        let (router, records) = watched(settings);
        let (n_before, n_requests) = (server.n_calls(), 1000);
        for n in 0..n_requests {
            assert!(!call(&router, question(n), false).await.is_whole());
        }
        let n_attempts = server.n_calls() - n_before;
        assert!(n_attempts * 10 <= n_requests * 11 + 30, "{what}: {n_attempts} attempts for {n_requests} requests");
        check_at_rest(&router, &records, what).await;
    }
}

/// A router whose time stands still until it is moved.
fn at_a_standstill(server: &Scripted, breaker: BreakerSettings) -> (Router, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::at("2026-11-26T12:00:00Z".parse().unwrap()));
    let mut settings = settings(vec![provider("openai", "openai", Dialect::Chat, server)], 1);
    settings.breaker = breaker;
    let held = Arc::clone(&clock);
    (router(settings, |builder| builder.clock(held)), clock)
}

#[tokio::test]
async fn after_an_outage_one_call_looks_and_then_all_pass_and_a_429_says_nothing() {
    let status = Arc::new(AtomicUsize::new(500));
    let said = Arc::clone(&status);
    let server = Scripted::start(move |_| match said.load(Ordering::SeqCst) {
        200 => chat("hello", 10, 5),
        status => error(u16::try_from(status).unwrap()),
    })
    .await
    .unwrap();
    let breaker = BreakerSettings { failures: 3, cooldown: Duration::from_secs(15), ..BreakerSettings::default() };
    let (router, clock) = at_a_standstill(&server, breaker);
    let mut n = 0;
    let mut next = async || {
        n += 1;
        let before = server.n_calls();
        let seen = call(&router, question(n), false).await;
        (seen.error.map(|error| error.kind()), server.n_calls() - before)
    };
    for _ in 0..3 {
        assert_eq!(next().await, (Some(Kind::Provider), 1));
    }
    // Open: nobody is asked.
    assert_eq!(next().await, (Some(Kind::Unavailable), 0));
    // Half open: one call looks, and a 429 neither closes nor opens it, nor does it keep the place.
    status.store(429, Ordering::SeqCst);
    clock.advance_micros(15_000_001);
    for _ in 0..3 {
        assert_eq!(next().await, (Some(Kind::Provider), 1));
    }
    status.store(500, Ordering::SeqCst);
    assert_eq!(next().await, (Some(Kind::Provider), 1));
    assert_eq!(next().await, (Some(Kind::Unavailable), 0));
    status.store(200, Ordering::SeqCst);
    assert_eq!(next().await, (Some(Kind::Unavailable), 0));
    clock.advance_micros(15_000_001);
    for _ in 0..4 {
        assert_eq!(next().await, (None, 1));
    }
}

#[tokio::test]
async fn a_deadline_is_for_the_whole_call() {
    let silent = Scripted::start(|_| vec![Step::Pause(Duration::from_secs(3600))]).await.unwrap();
    let mut settings = settings(vec![provider("openai", "openai", Dialect::Chat, &silent)], 4);
    settings.providers[0].timeouts.first_byte = Duration::from_secs(60);
    settings.providers[0].timeouts.total = Duration::from_secs(60);
    let (router, records) = watched(settings);
    for is_stream in [false, true] {
        let mut request = question(usize::from(is_stream));
        request.directives.deadline = Some(Duration::from_millis(150));
        let before = silent.n_calls();
        let seen = call(&router, request, is_stream).await;
        assert_eq!(seen.error.unwrap().kind(), Kind::Timeout);
        // Another attempt would begin when nobody needs an answer any more.
        assert_eq!(silent.n_calls() - before, 1);
    }
    check_at_rest(&router, &records, "deadline").await;

    // A wait that ends after the deadline is not begun.
    let limiting = Scripted::start(|_| {
        answer(
            429,
            &[("content-type", "application/json"), ("retry-after", "20")],
            br#"{"error":{"message":"slow down"}}"#,
        )
    })
    .await
    .unwrap();
    let (router, records) = watched(support::settings(vec![provider("openai", "openai", Dialect::Chat, &limiting)], 4));
    let mut request = question(1);
    request.directives.deadline = Some(Duration::from_secs(10));
    let seen = call(&router, request, false).await;
    let error = seen.error.unwrap();
    assert_eq!((error.kind(), error.pause()), (Kind::Provider, Some(Duration::from_secs(20))), "{error}");
    check_at_rest(&router, &records, "retry-after").await;
}

/// Two attempts at most; the second only if somebody waits. `next` is done while the first is held up.
async fn held_up(next: impl AsyncFnOnce(&Router, tokio::task::JoinHandle<()>, &Gate)) -> (usize, Records, Router) {
    let gate = Gate::closed();
    let held = gate.clone();
    let server = Scripted::start(move |asked| match asked.number {
        0 => [vec![Step::Wait(held.clone())], error(500)].concat(),
        _ => chat("hello", 10, 5),
    })
    .await
    .unwrap();
    let mut settings = settings(vec![provider("openai", "openai", Dialect::Chat, &server)], 4);
    settings.providers[0].timeouts.first_byte = Duration::from_secs(30);
    settings.providers[0].timeouts.total = Duration::from_secs(30);
    let (router, records) = watched(settings);
    let asking = tokio::spawn({
        let router = router.clone();
        async move {
            _ = router.chat(ask(MODEL), &Caller::of("acme")).await;
        }
    });
    while server.n_calls() == 0 {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    next(&router, asking, &gate).await;
    check_at_rest(&router, &records, "held up").await;
    (server.n_calls(), records, router)
}

#[tokio::test]
async fn nothing_is_asked_again_for_nobody() {
    let (n_calls, records, _) = held_up(async |_, asking, gate| {
        asking.abort();
        _ = asking.await;
        gate.open();
    })
    .await;
    assert_eq!((n_calls, records.lock().unwrap().len()), (1, 1));
}

#[tokio::test]
async fn who_joined_gets_the_answer_when_the_first_caller_goes_away() {
    let (n_calls, records, _) = held_up(async |router, asking, gate| {
        let joined = tokio::spawn({
            let router = router.clone();
            async move { call(&router, ask(MODEL), true).await }
        });
        while router.status().flights == 0 || router.status().calls == 0 {
            tokio::task::yield_now().await;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
        asking.abort();
        _ = asking.await;
        gate.open();
        let seen = joined.await.unwrap();
        assert!(seen.body.contains("hello"), "{:?}", seen.error);
    })
    .await;
    // The failure, the answer, and the one who shared it.
    assert_eq!((n_calls, records.lock().unwrap().len()), (2, 3));
}

#[tokio::test]
async fn a_provider_that_repeats_the_key_is_not_believed_and_the_key_not_told() {
    const EVENTS: (&str, &str) = ("content-type", "text/event-stream");
    let json = |status: u16, body: String| answer(status, &[("content-type", "application/json")], body.as_bytes());
    let stream = |events: &[String]| {
        let mut steps = vec![Step::Bytes(head(200, &[EVENTS], None))];
        steps.extend(events.iter().map(|event| Step::Bytes(event.clone().into_bytes())));
        steps.push(Step::Close);
        steps
    };
    let begun = || {
        r#"data: {"id":"c","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":"hello"},"finish_reason":null}]}"#.to_owned() + "\n\n"
    };
    let long = "x".repeat(190);
    let cases: Vec<(&str, bool, Vec<Step>)> = vec![
        (
            "401",
            false,
            json(401, format!(r#"{{"error":{{"message":"Incorrect API key: {CANARY}","code":"{CANARY}"}}}}"#)),
        ),
        ("401, no JSON", false, json(401, format!("<p>{CANARY}</p>"))),
        ("429 with the key", true, json(429, format!(r#"{{"error":{{"message":"{CANARY}","param":"{CANARY}"}}}}"#))),
        ("error with 200", false, json(200, format!(r#"{{"error":{{"message":"{CANARY}","type":"{CANARY}"}}}}"#))),
        ("error with 200 for a stream", true, json(200, format!(r#"{{"error":{{"message":"{CANARY}"}}}}"#))),
        ("HTML", false, answer(200, &[("content-type", "text/html")], format!("<p>{CANARY}").as_bytes())),
        ("HTML, the key at the cut", false, answer(200, &[], format!("{long}{CANARY}").as_bytes())),
        ("another object", false, json(200, format!(r#"{{"{CANARY}":"{CANARY}"}}"#))),
        ("wrong types", false, json(200, format!(r#"{{"choices":"{CANARY}","model":"{CANARY}","id":"{CANARY}"}}"#))),
        (
            "a first event",
            true,
            stream(&[format!("data: {{\"error\":{{\"message\":\"{CANARY}\",\"code\":\"{CANARY}\"}}}}\n\n")]),
        ),
        ("a later event", true, stream(&[begun(), format!("data: {{\"error\":{{\"message\":\"{CANARY}\"}}}}\n\n")])),
        ("no JSON in an event", true, stream(&[begun(), format!("data: {CANARY}\n\n")])),
        (
            "wrong types in an event",
            true,
            stream(&[begun(), format!("data: {{\"choices\":\"{CANARY}\",\"{CANARY}\":1}}\n\n")]),
        ),
        ("no events", true, stream(&[format!("{CANARY}\n\n")])),
        ("a header", false, answer(500, &[("x-key", CANARY)], b"{}")),
        ("a redirect", false, answer(302, &[("location", &format!("http://127.0.0.1:1/?key={CANARY}"))], b"")),
        ("a broken head", false, vec![Step::Bytes(format!("HTTP/1.1 2{CANARY}\r\n\r\n").into_bytes()), Step::Close]),
    ];
    for (name, is_stream, steps) in cases {
        let server = Scripted::start(move |_| steps.clone()).await.unwrap();
        let (router, records) = watched(settings(vec![provider("openai", "openai", Dialect::Chat, &server)], 2));
        let seen = call(&router, ask(MODEL), is_stream).await;
        let error = seen.error.unwrap_or_else(|| panic!("{name}: {}", seen.body));
        let all = told(&error) + &seen.body;
        assert!(!all.contains(CANARY) && !all.contains(&CANARY[..10]), "{name}: {all}");
        check_at_rest(&router, &records, name).await;
    }
}
