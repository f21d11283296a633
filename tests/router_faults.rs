//! Every way in which a provider fails, over real connections: a clear error or a true answer in time, money settled once, nothing unclean
//! kept, no secret seen.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking; helpers of integration tests are not seen as tests")]

#[path = "support/scripted.rs"]
#[allow(dead_code, reason = "shared with other tests")]
mod support;

use futures_util::StreamExt;
use promptopt::chat::Dialect;
use promptopt::error::Kind;
use promptopt::labels::Caller;
use promptopt::ledger::Outcome;
use promptopt::route::settings::{CandidateSpec, ObjectiveSpec, RouteSpec};
use promptopt::router::CacheStatus;
use promptopt::usd::Usd;
use promptopt_scripted::{FAULTS, Fault, Gate, Kind as Expected, Scripted, Step, chat, chat_stream};
use support::{CANARY, Seen, all_hold, ask, call, check_at_rest, provider, settings, told, watched};

async fn check(fault: &'static Fault, steps: fn() -> Vec<Step>, is_stream: bool, expected: Expected) {
    let name = format!("{} ({})", fault.name, if is_stream { "streamed" } else { "whole" });
    let server = Scripted::start(move |_| steps()).await.unwrap();
    let (router, records) = watched(settings(vec![provider("openai", "openai", Dialect::Chat, &server)], 1));
    let first = call(&router, ask("gpt-4o-mini"), is_stream).await;
    match (&first.error, expected) {
        (Some(error), Expected::Error) => {
            let seen = told(error) + &first.body;
            assert!(!seen.contains(CANARY), "{name}: {seen}");
            assert!(
                matches!(error.kind(), Kind::Provider | Kind::Timeout | Kind::Truncated | Kind::Unreachable),
                "{name}: {error:?}"
            );
        }
        (None, Expected::Answer | Expected::Unclean) => {}
        (seen, expected) => panic!("{name}: expected {expected:?}, seen {seen:?}"),
    }
    // One attempt, one record; money that was set aside is settled.
    {
        let records = records.lock().unwrap();
        assert_eq!(records.len(), 1, "{name}: {records:?}");
        let record = &records[0];
        assert_eq!(record.outcome == Outcome::Answered, first.is_whole(), "{name}: {record:?}");
        let budget = router.status().budgets;
        let settled = budget.first().map_or(Usd::ZERO, |budget| budget.settled);
        assert_eq!(settled, record.cost.unwrap(), "{name}");
        assert!(budget.iter().all(|budget| budget.reserved == Usd::ZERO), "{name}: {budget:?}");
    }
    let again = call(&router, ask("gpt-4o-mini"), is_stream).await;
    let is_kept = again.is_whole() && again.cache == CacheStatus::Hit;
    assert_eq!(is_kept, expected == Expected::Answer, "{name}: {:?}", again.error);
    // Kept, or asked to be left alone for an hour: the provider is not asked again.
    let answered = if is_kept || fault.name == "429 for an hour" { 1 } else { 2 };
    assert_eq!(server.n_calls(), answered, "{name}");
    check_at_rest(&router, &records, &name).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_fault_ends_in_an_error_or_a_true_answer() {
    let mut checks = Vec::new();
    for fault in FAULTS {
        if let Some(plain) = fault.plain {
            checks.push(check(fault, plain, false, fault.expected.0));
        }
        if let Some(stream) = fault.stream {
            checks.push(check(fault, stream, true, fault.expected.1));
        }
    }
    assert!(checks.len() > 100);
    all_hold(checks).await;
}

/// Two targets, the first of which fails.
async fn fall_over(fault: &'static Fault, steps: fn() -> Vec<Step>, is_stream: bool) {
    let name = format!("{} ({})", fault.name, if is_stream { "streamed" } else { "whole" });
    let failing = Scripted::start(move |_| steps()).await.unwrap();
    let answering =
        Scripted::start(
            |asked| {
                if asked.is_stream() { chat_stream("the other", 10, 5) } else { chat("the other", 10, 5) }
            },
        )
        .await
        .unwrap();
    let providers = vec![
        provider("openai", "openai", Dialect::Chat, &failing),
        provider("other", "openai", Dialect::Chat, &answering),
    ];
    let mut settings = settings(providers, 4);
    let candidate =
        |provider: &str| CandidateSpec { provider: provider.into(), model: None, tier: None, weight: 1, quality: None };
    settings.routes = vec![RouteSpec {
        candidates: vec![candidate("openai"), candidate("other")],
        objective: ObjectiveSpec::Ordered,
        ..RouteSpec::default()
    }];
    let (router, records) = watched(settings);
    let Seen { body, error, .. } = call(&router, ask("gpt-4o-mini"), is_stream).await;
    let is_others = body.contains("other");
    let is_failings = body.contains("hello") || body.contains("there");
    let records_now = records.lock().unwrap().clone();
    match &error {
        None => assert!(is_others && !is_failings, "{name}: {body}"),
        // The request itself was refused: nobody else is asked.
        Some(error) if fault.name == "400" => assert_eq!(error.provider().unwrap().status, 400),
        // The caller has seen the beginning: that is not begun again, here or elsewhere.
        Some(error) => {
            assert!(is_stream && is_failings && !is_others, "{name}: {error} {body}");
            assert_eq!((failing.n_calls(), answering.n_calls(), records_now.len()), (1, 0, 1), "{name}");
        }
    }
    assert!((1..=4).contains(&records_now.len()), "{name}: {}", records_now.len());
    let n_answered = records_now.iter().filter(|record| record.outcome == Outcome::Answered).count();
    assert_eq!(n_answered, usize::from(error.is_none()), "{name}");
    assert_eq!(failing.n_calls() + answering.n_calls(), records_now.len(), "{name}");
    check_at_rest(&router, &records, &name).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_any_fault_the_next_target_answers_unless_the_caller_has_seen_the_beginning() {
    let mut checks = Vec::new();
    for fault in FAULTS {
        for (is_stream, steps, expected) in
            [(false, fault.plain, fault.expected.0), (true, fault.stream, fault.expected.1)]
        {
            if let (Some(steps), Expected::Error) = (steps, expected) {
                checks.push(fall_over(fault, steps, is_stream));
            }
        }
    }
    assert!(checks.len() > 60);
    all_hold(checks).await;
}

#[tokio::test]
async fn a_caller_who_goes_away_pays_for_what_was_said_to_the_token() {
    let gate = Gate::closed();
    let held = gate.clone();
    let server = Scripted::start(move |_| {
        let mut steps = chat_stream("one two three four", 8, 4);
        steps.retain(|step| !matches!(step, Step::Bills(..)));
        // The head, an empty beginning and `one two `, which is three tokens; the question is eight.
        steps.truncate(4);
        steps.insert(2, Step::Bills(8, 3));
        steps.push(Step::Wait(held.clone()));
        steps
    })
    .await
    .unwrap();
    let mut settings = settings(vec![provider("openai", "openai", Dialect::Chat, &server)], 1);
    settings.routes = vec![RouteSpec {
        cache: promptopt::cache::settings::CachePolicy { is_on: false, ..Default::default() },
        ..RouteSpec::default()
    }];
    let (router, records) = watched(settings);
    let mut stream = router.stream(ask("gpt-4o-mini"), &Caller::of("acme")).await.unwrap();
    let mut seen = Vec::new();
    while !String::from_utf8_lossy(&seen).contains("two") {
        seen.extend_from_slice(&stream.next().await.unwrap().unwrap());
    }
    drop(stream);
    check_at_rest(&router, &records, "aborted").await;
    gate.open();
    let records = records.lock().unwrap();
    assert_eq!((records.len(), records[0].outcome), (1, Outcome::Aborted), "{records:?}");
    let billed = server.billed();
    assert_eq!((records[0].usage.input(), records[0].usage.output()), (billed.input, billed.output));
    assert!(records[0].cost > Some(Usd::ZERO));
}

#[tokio::test]
async fn the_key_goes_to_its_own_place_and_the_callers_headers_do_not() {
    let server = Scripted::start(|_| chat("hello", 10, 5)).await.unwrap();
    let (router, _) = watched(settings(vec![provider("openai", "openai", Dialect::Chat, &server)], 1));
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
