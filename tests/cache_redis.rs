//! The cache's second level against a real Redis or Valkey server.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking; helpers of integration tests are not seen as tests")]

#[path = "support/server.rs"]
mod server;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use promptopt::cache::{BodyKey, Entry, Kept, KeySecret, RedisLevel, SecondLevel};
use promptopt::clock::{Clock, SystemClock, Timestamp};
use promptopt::config::router::from_text;
use promptopt::labels::{Caller, Partition};
use promptopt::router::{CacheStatus, Request, Router};
use promptopt::target::Target;
use promptopt::upstream::canned::Canned;
use promptopt::upstream::{Incoming, Outgoing};
use promptopt::usage::{ServiceTier, Usage};
use promptopt::usd::Usd;
use secrecy::SecretString;
use server::Redis;

/// What the instances share.
const SEAL: &str = "a seal of many bytes";

const MAX_ENTRY_BYTES: u32 = 100_000;

fn kept(body: &str) -> Kept {
    let target = Target { provider: "p".into(), host: "h".into(), model: "m".into(), tier: ServiceTier::Standard };
    let entry = Entry {
        target,
        whole: body.to_owned().into(),
        events: Some(vec!["event: a\n\n".into(), "event: b\n\n".into()]),
        usage: Usage { input_fresh: 7, output_visible: 3, ..Usage::default() },
        cost: Some(Usd::parse("0.000123").unwrap()),
        kept_us: 0,
    };
    // Values keep microseconds.
    Kept { entry, at: Timestamp::from_microsecond(SystemClock.now().as_microsecond()).unwrap() }
}

fn level(server: &Redis, seal: &str) -> Arc<RedisLevel> {
    at(&format!("redis://127.0.0.1:{}", server.port), seal)
}

fn at(url: &str, seal: &str) -> Arc<RedisLevel> {
    Arc::new(RedisLevel::open(&SecretString::from(url), &SecretString::from(seal), MAX_ENTRY_BYTES).unwrap())
}

/// The first use waits for the connection, which a budget may cut off.
async fn put(level: &RedisLevel, key: BodyKey, partition: &Partition, kept: &Kept, keep: Duration) {
    level.put(key, partition, kept, keep).await.unwrap();
}

#[tokio::test]
async fn instances_share_answers_and_nobody_else_can_read_or_forge_them() {
    let Some(server) = Redis::start() else { return };
    let (one, other, stranger) =
        (level(&server, SEAL), level(&server, SEAL), level(&server, "another seal of many bytes"));
    let (tenant, rival) = (Partition("t".into()), Partition("u".into()));
    let (key, minute) = (BodyKey([7; 32]), Duration::from_secs(60));
    let answer = kept("the capital is Paris");
    assert_eq!(one.get(key, &tenant).await.unwrap(), None);
    put(&one, key, &tenant, &answer, minute).await;
    assert_eq!(other.get(key, &tenant).await.unwrap(), Some(answer.clone()));
    assert_eq!(other.get(key, &rival).await.unwrap(), None);
    assert_eq!(other.get(BodyKey([8; 32]), &tenant).await.unwrap(), None);
    assert_eq!(stranger.get(key, &tenant).await.unwrap(), None);

    // What stands there tells nothing, and goes by itself.
    let names = server.says("KEYS *");
    let name = names.split("\r\n").find(|line| line.starts_with("promptopt:cache:")).unwrap().to_owned();
    assert!(!server.says(&format!("GET {name}")).contains("Paris"));
    let left_ms: u64 = server.says(&format!("PTTL {name}")).trim_start_matches(':').trim().parse().unwrap();
    assert!((1..=60_000).contains(&left_ms));

    // A value moved to another key, cut off, overwritten or blown up is no value, and no failure either.
    put(&one, BodyKey([9; 32]), &tenant, &kept("x"), minute).await;
    let names = server.says("KEYS *");
    let nine = names.split("\r\n").find(|line| line.starts_with("promptopt:") && **line != *name).unwrap().to_owned();
    server.says(&format!("COPY {name} {nine} REPLACE"));
    assert_eq!(other.get(BodyKey([9; 32]), &tenant).await.unwrap(), None);
    for spoilt in [format!("SETRANGE {name} 50 xxxx"), format!("SET {name} x"), format!("SETRANGE {name} 50000000 x")] {
        server.says(&spoilt);
        assert_eq!(other.get(key, &tenant).await.unwrap(), None, "{spoilt}");
    }
    // The value of 50 MB was told by its length, not fetched.
    let sent = server.says("INFO stats");
    let sent: u64 =
        sent.lines().find_map(|line| line.trim().strip_prefix("total_net_output_bytes:")).unwrap().parse().unwrap();
    assert!(sent < 2_000_000, "{sent} bytes sent");
    put(&one, key, &tenant, &answer, minute).await;
    assert_eq!(other.get(key, &tenant).await.unwrap(), Some(answer));

    // Too large an entry is not sent at all.
    put(&one, BodyKey([5; 32]), &tenant, &kept(&"x".repeat(200_000)), minute).await;
    assert_eq!(one.get(BodyKey([5; 32]), &tenant).await.unwrap(), None);
}

#[tokio::test]
async fn nothing_is_ever_listed() {
    let Some(server) = Redis::start() else { return };
    let level = level(&server, SEAL);
    let partition = Partition::default();
    for n in 0..20 {
        put(&level, BodyKey([n; 32]), &partition, &kept("x"), Duration::from_secs(60)).await;
        level.get(BodyKey([n; 32]), &partition).await.unwrap().unwrap();
    }
    let commands = server.says("INFO commandstats");
    assert!(commands.contains("cmdstat_set:") && commands.contains("cmdstat_getrange:"), "{commands}");
    assert!(!commands.contains("cmdstat_scan") && !commands.contains("cmdstat_keys"), "{commands}");
}

/// A router that shares what it keeps, and how often its provider was asked.
fn instance(level: Arc<RedisLevel>) -> (Router, Arc<AtomicUsize>) {
    let n_asked = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&n_asked);
    let door = Canned(move |_: &Outgoing| {
        counter.fetch_add(1, Ordering::SeqCst);
        Ok(Incoming::json(
            200,
            r#"{"id":"c","object":"chat.completion","created":1,"model":"gpt-4o-mini",
            "choices":[{"index":0,"message":{"role":"assistant","content":"Paris"},"finish_reason":"stop"}],
            "usage":{"prompt_tokens":1000,"completion_tokens":100,"total_tokens":1100}}"#,
        ))
    });
    let settings = from_text("[providers.openai]", promptopt::catalog::Catalog::embedded()).unwrap();
    let builder = Router::builder().settings(settings).upstream(Arc::new(door));
    (builder.second_level(level, KeySecret::of(SEAL)).build().unwrap(), n_asked)
}

fn question(n: usize) -> Request {
    Request::chat(format!(
        r#"{{"model":"gpt-4o-mini","temperature":0,"messages":[{{"role":"user","content":"capital {n}?"}}]}}"#
    ))
}

#[tokio::test]
async fn one_instance_answers_with_what_another_has_paid() {
    let Some(server) = Redis::start() else { return };
    let (shared, other) = (level(&server, SEAL), level(&server, SEAL));
    // The first use waits for the connection, which a budget may cut off.
    for level in [&shared, &other] {
        level.get(BodyKey([0; 32]), &Partition::default()).await.unwrap();
    }
    let ((one, n_of_one), (two, n_of_two)) = (instance(shared), instance(other));
    let jo = Caller::of("acme").id("jo");
    let first = one.chat(question(1), &jo).await.unwrap();
    // What is put there is put beside the answer's way.
    one.shutdown().await;
    let again = two.chat(question(1), &Caller::of("acme").id("ann")).await.unwrap();
    assert_eq!((again.report.cache, again.report.cost, again.report.attempts), (CacheStatus::Hit, Some(Usd::ZERO), 0));
    assert_eq!((again.body, Some(again.report.saved)), (first.body, first.report.cost));
    // Another tenant's is another's.
    assert_eq!(two.chat(question(1), &Caller::of("zenith")).await.unwrap().report.cache, CacheStatus::Miss);
    assert_eq!((n_of_one.load(Ordering::SeqCst), n_of_two.load(Ordering::SeqCst)), (1, 1));
}

#[tokio::test]
async fn a_server_that_dies_or_never_was_is_a_miss() {
    let Some(server) = Redis::start() else { return };
    let port = server.port;
    let shared = level(&server, SEAL);
    shared.get(BodyKey([0; 32]), &Partition::default()).await.unwrap();
    let (router, _) = instance(shared);
    router.chat(question(0), &Caller::of("acme")).await.unwrap();
    drop(server);
    let (nowhere, _) = instance(at(&format!("redis://:s3cret@127.0.0.1:{port}"), SEAL));
    for router in [router, nowhere] {
        for n in 1..50 {
            let answer = router.chat(question(n), &Caller::of("acme")).await.unwrap();
            assert_eq!(answer.report.cache, CacheStatus::Miss);
        }
    }
}

#[tokio::test]
async fn a_seal_that_can_be_guessed_is_an_error() {
    let url = SecretString::from("redis://127.0.0.1:1");
    let error = RedisLevel::open(&url, &SecretString::from("short-canary"), 1).unwrap_err();
    assert!(!format!("{error} {error:?}").contains("canary") && error.advice().is_some(), "{error}");
}

#[tokio::test]
async fn an_address_that_is_none_is_an_error_without_its_password() {
    for url in ["http://:s3cret@e.org", "s3cret", "redis://:s3cret@[oops"] {
        let error = RedisLevel::open(&SecretString::from(url), &SecretString::from(SEAL), 1).unwrap_err();
        assert!(!format!("{error} {error:?}").contains("s3cret"), "{error}");
        assert!(error.advice().is_some());
    }
}
