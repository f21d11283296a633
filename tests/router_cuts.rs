//! Streams cut off after each of their events, in every dialect, for callers of every dialect: an answer is whole or ends in an error,
//! is billed once, and what was cut off is never kept.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking; helpers of integration tests are not seen as tests")]

#[path = "support/scripted.rs"]
#[allow(dead_code, reason = "shared with other tests")]
mod support;

use std::time::Duration;

use promptopt::chat::Dialect;
use promptopt::error::Kind;
use promptopt::ledger::{Outcome, UsageSource};
use promptopt::router::{CacheStatus, Request};
use promptopt_scripted::{ANSWERS, Ready, Scripted, Step, head};
use support::{CANARY, all_hold, call, check_at_rest, provider, settings, told, watched};

/// A dialect, the host and a model that speak it.
const SPOKEN: [(&str, Dialect, &str, &str); 4] = [
    ("chat", Dialect::Chat, "openai", "gpt-4o-mini"),
    ("responses", Dialect::Responses, "openai", "gpt-4o-mini"),
    ("messages", Dialect::Messages, "anthropic", "claude-haiku-4-5"),
    ("generateContent", Dialect::GenerateContent, "gemini", "gemini-2.5-flash"),
];

fn ask(dialect: Dialect, model: &str) -> Request {
    let body = match dialect {
        Dialect::Responses => {
            format!(r#"{{"model":"{model}","temperature":0,"max_output_tokens":100,"input":"hello"}}"#)
        }
        _ => format!(
            r#"{{"model":"{model}","temperature":0,"max_tokens":100,"messages":[{{"role":"user","content":"hello"}}]}}"#
        ),
    };
    Request::new(dialect, body)
}

/// How a stream is cut off.
#[derive(Clone, Copy, Debug)]
enum Cut {
    Close,
    Reset,
    Silence,
    InsideTheNext,
}

fn cut_off(events: &[String], n: usize, cut: Cut) -> Vec<Step> {
    let mut steps = vec![Step::Bytes(head(200, &[("content-type", "text/event-stream")], None))];
    steps.extend(events[..n].iter().map(|event| Step::Bytes(event.clone().into_bytes())));
    match cut {
        Cut::Close => steps.push(Step::Close),
        // A reset throws away what the other side has not read yet.
        Cut::Reset => steps.extend([Step::Pause(Duration::from_millis(20)), Step::Reset]),
        Cut::Silence => steps.push(Step::Pause(Duration::from_secs(3600))),
        Cut::InsideTheNext => {
            if let Some(next) = events.get(n) {
                steps.push(Step::Bytes(next.as_bytes()[..next.len() / 2].to_vec()));
            }
            steps.push(Step::Close);
        }
    }
    steps
}

async fn check(spoken: (&'static str, Dialect, &'static str, &'static str), asked: Dialect, n: usize, cut: Cut) {
    let (name, dialect, host, model) = spoken;
    let ready: &Ready = ANSWERS.iter().find(|ready| ready.dialect == name).unwrap();
    let events = (ready.events)("alpha beta gamma", 100, 10);
    let what = format!("{name} for {asked:?}, cut after {n} of {} events by {cut:?}", events.len());
    let server = {
        let events = events.clone();
        Scripted::start(move |_| cut_off(&events, n, cut)).await.unwrap()
    };
    let mut provider = provider("p", host, dialect, &server);
    provider.timeouts.idle = Duration::from_millis(150);
    let (router, records) = watched(settings(vec![provider], 1));
    let seen = call(&router, ask(asked, model), true).await;
    let is_all = n == events.len();
    // Why an answer ended is told before its last event: in a chat completion usage and `[DONE]` come after it, in a message its stop.
    // What came by then is whole, but nobody said so.
    let n_after_the_reason = match name {
        "chat" => 2,
        "messages" => 1,
        _ => 0,
    };
    let may_be_whole = n + n_after_the_reason >= events.len();
    let n_records = {
        let records = records.lock().unwrap();
        let record = &records[0];
        match &seen.error {
            None => {
                assert!(may_be_whole, "{what}: taken for whole: {}", seen.body);
                assert!(
                    ["alpha", "beta", "gamma"].iter().all(|word| seen.body.contains(word)),
                    "{what}: {}",
                    seen.body
                );
                assert_eq!(record.outcome, Outcome::Answered, "{what}");
            }
            Some(error) => {
                assert!(!is_all, "{what}: {error}");
                assert!(matches!(error.kind(), Kind::Truncated | Kind::Timeout), "{what}: {error}");
                assert!(!told(error).contains(CANARY), "{what}");
                assert!(matches!(record.outcome, Outcome::Truncated | Outcome::TimedOut), "{what}: {record:?}");
                // Never free: by what was said or came, or by what was set aside.
                assert!(record.cost > Some(promptopt::usd::Usd::ZERO), "{what}: {record:?}");
            }
        }
        if is_all {
            assert_eq!((record.usage.input(), record.usage.output()), (100, 10), "{what}");
            assert_eq!(record.source, UsageSource::Provider, "{what}");
        }
        records.len()
    };
    assert_eq!((n_records, server.n_calls()), (1, 1), "{what}");
    let again = call(&router, ask(asked, model), true).await;
    assert_eq!(again.is_whole() && again.cache == CacheStatus::Hit, is_all, "{what}: {:?}", again.error);
    if is_all {
        assert_eq!(again.body, seen.body, "{what}: the same events again");
    }
    check_at_rest(&router, &records, &what).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_cut_off_after_any_event_is_an_error_and_is_not_kept() {
    let mut checks = Vec::new();
    for spoken in SPOKEN {
        let ready = ANSWERS.iter().find(|ready| ready.dialect == spoken.0).unwrap();
        let n_events = (ready.events)("alpha beta gamma", 100, 10).len();
        for asked in [Dialect::Chat, Dialect::Responses, Dialect::Messages] {
            for n in 0..=n_events {
                for cut in [Cut::Close, Cut::Reset, Cut::Silence, Cut::InsideTheNext] {
                    checks.push(check(spoken, asked, n, cut));
                }
            }
        }
    }
    assert!(checks.len() > 300);
    all_hold(checks).await;
}
