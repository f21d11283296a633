//! What the router itself costs, without a network: from a request's bytes to the moment at which the door is asked to send it (read,
//! plan, limits, cache, budget, journal), an answer out of the cache, the key of a request, and what a chunk of a stream takes on its way
//! through. Ledger (a file), budget and cache are on.
//!
//! Requests have 8 KB: a standing prompt, a few turns, and a new question. `known` repeats all its texts (its `seed` differs, so that the
//! cache misses), `turn` ends in a text of 300 bytes that was never met, `new` has none that was. Besides criterion's figures, each way
//! prints its percentiles.

#![allow(clippy::disallowed_methods, reason = "a bench reads the clock")]
#![allow(clippy::unwrap_used, reason = "a bench that cannot be set up has nothing to measure")]

mod inputs;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use bytes::Bytes;
use criterion::{Criterion, criterion_group, criterion_main};
use futures_util::StreamExt as _;
use futures_util::future::BoxFuture;
use inputs::{Seed, prose};
use promptopt::cache::{BodyDigest, BodyKey, KeySecret, Scope};
use promptopt::catalog::Catalog;
use promptopt::chat::Dialect;
use promptopt::config::router::from_text;
use promptopt::error::Result;
use promptopt::labels::{Caller, Partition};
use promptopt::router::{CacheStatus, Request, Router};
use promptopt::upstream::{Body, Chunks, Incoming, Outgoing, Upstream};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

const SETTINGS: &str = "
[providers.openai]
[providers.anthropic]
[[routes]]
name = 'assistants'
candidates = ['openai/gpt-4o-mini', 'anthropic/claude-haiku-4-5']
objective = 'ordered'
[[limits]]
name = 'callers'
by = 'caller'
rpm = 100000000
[[budgets]]
name = 'teams'
by = 'team'
period = 'month'
hard = '1000000'
";

/// The turns of a conversation, some 7.5 KB.
fn conversation(seed: &mut Seed) -> Vec<Value> {
    let mut messages = vec![json!({"role": "system", "content": prose(seed, 2_500)})];
    for turn in 0..4 {
        messages.push(json!({"role": "user", "content": prose(seed, 300 + 50 * turn)}));
        messages.push(json!({"role": "assistant", "content": prose(seed, 800)}));
    }
    messages
}

/// A request of about 8 KB that ends in a question.
fn request(turns: &[Value], question: &str, n: u64) -> String {
    let mut messages = turns.to_vec();
    messages.push(json!({"role": "user", "content": question}));
    json!({"model": "gpt-4o-mini", "temperature": 0, "max_tokens": 500, "seed": n, "messages": messages}).to_string()
}

/// A door that notes when it is asked, and answers at once.
struct Noting {
    asked: Arc<Mutex<Option<Instant>>>,
    answer: Bytes,
}

impl Upstream for Noting {
    fn send(&self, _call: Outgoing) -> BoxFuture<'_, Result<Incoming>> {
        *self.asked.lock().unwrap() = Some(Instant::now());
        Box::pin(async move { Ok(Incoming::json(200, self.answer.clone())) })
    }
}

/// A door whose answers come as the bench sends them.
struct Piped(Mutex<Option<tokio::sync::mpsc::UnboundedReceiver<Bytes>>>);

struct Pieces(tokio::sync::mpsc::UnboundedReceiver<Bytes>);

impl Chunks for Pieces {
    fn chunk(&mut self) -> BoxFuture<'_, Result<Option<Bytes>>> {
        Box::pin(async move { Ok(self.0.recv().await) })
    }
}

impl Upstream for Piped {
    fn send(&self, _call: Outgoing) -> BoxFuture<'_, Result<Incoming>> {
        let pieces = self.0.lock().unwrap().take().unwrap();
        let mut incoming = Incoming::events([]);
        incoming.body = Body::new(Pieces(pieces));
        Box::pin(async move { Ok(incoming) })
    }
}

fn answer() -> Bytes {
    let message = json!({"role": "assistant", "content": prose(&mut Seed(9), 1_200)});
    let usage = json!({"prompt_tokens": 1_800, "completion_tokens": 250, "total_tokens": 2_050});
    json!({"id": "c", "object": "chat.completion", "created": 1, "model": "gpt-4o-mini", "usage": usage,
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}]})
    .to_string()
    .into()
}

fn router(runtime: &Runtime, upstream: impl Upstream + 'static) -> Router {
    static N: AtomicU64 = AtomicU64::new(0);
    let mut settings = from_text(SETTINGS, Catalog::embedded()).unwrap();
    let name = format!("bench-{}-{}.sqlite", std::process::id(), N.fetch_add(1, Ordering::Relaxed));
    settings.ledger.path = Some(std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(name));
    let _inside = runtime.enter();
    Router::builder().settings(settings).upstream(Arc::new(upstream)).build().unwrap()
}

fn caller() -> Caller {
    Caller::of("acme").id("jo").team("search")
}

fn one_thread() -> Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

fn two_threads() -> Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

/// Percentiles of all that was measured for one way.
#[allow(clippy::print_stderr, reason = "figures are for whoever runs the bench")]
fn tell(name: &str, mut all: Vec<Duration>) {
    all.sort_unstable();
    let at = |permille: usize| all.get(all.len() * permille / 1000).copied().unwrap_or_default();
    eprintln!("{name}: p50 {:?}, p95 {:?}, p99 {:?} of {}", at(500), at(950), at(990), all.len());
}

fn decision(c: &mut Criterion) {
    let turns = conversation(&mut Seed(1));
    let standing = prose(&mut Seed(2), 300);
    let mut group = c.benchmark_group("decision path");
    group.warm_up_time(Duration::from_secs(1)).measurement_time(Duration::from_secs(4)).sample_size(30);
    for (threads, runtime) in [("one thread", one_thread()), ("two threads", two_threads())] {
        for kind in ["known", "turn", "new"] {
            let asked = Arc::new(Mutex::new(None));
            let router = router(&runtime, Noting { asked: Arc::clone(&asked), answer: answer() });
            let (mut n, mut all) = (0_u64, Vec::new());
            let name = format!("{kind}, {threads}");
            group.bench_function(&name, |b| {
                b.iter_custom(|n_rounds| {
                    let mut sum = Duration::ZERO;
                    for _ in 0..n_rounds {
                        n += 1;
                        let mut seed = Seed(n << 20);
                        let body = match kind {
                            "known" => request(&turns, &standing, n),
                            "turn" => request(&turns, &prose(&mut seed, 300), n),
                            _ => request(&conversation(&mut seed), &prose(&mut seed, 300), n),
                        };
                        let (router, caller, asked) = (router.clone(), caller(), Arc::clone(&asked));
                        let took = async move {
                            let begun = Instant::now();
                            let answer = router.chat(Request::chat(body), &caller).await.unwrap();
                            assert_eq!(answer.report.cache, CacheStatus::Miss);
                            asked.lock().unwrap().take().unwrap() - begun
                        };
                        let took = runtime.block_on(async { tokio::spawn(took).await.unwrap() });
                        all.push(took);
                        sum += took;
                    }
                    sum
                });
            });
            tell(&format!("decision path/{name}"), all);
        }
    }
    group.finish();
}

fn hit(c: &mut Criterion) {
    let turns = conversation(&mut Seed(1));
    let mut group = c.benchmark_group("cache hit");
    group.warm_up_time(Duration::from_secs(1)).measurement_time(Duration::from_secs(4)).sample_size(30);
    let runtime = one_thread();
    let router = router(&runtime, Noting { asked: Arc::default(), answer: answer() });
    for (name, body) in
        [("8 KB", request(&turns, &prose(&mut Seed(2), 300), 1)), ("1 KB", request(&[], &prose(&mut Seed(3), 900), 1))]
    {
        let body = Bytes::from(body);
        let caller = caller();
        let mut all = Vec::new();
        runtime.block_on(router.chat(Request::chat(body.clone()), &caller)).unwrap();
        group.bench_function(name, |b| {
            b.iter_custom(|n_rounds| {
                runtime.block_on(async {
                    let mut sum = Duration::ZERO;
                    for _ in 0..n_rounds {
                        let begun = Instant::now();
                        let answer = router.chat(Request::chat(body.clone()), &caller).await.unwrap();
                        let took = begun.elapsed();
                        assert_eq!(answer.report.cache, CacheStatus::Hit);
                        all.push(took);
                        sum += took;
                    }
                    sum
                })
            });
        });
        tell(&format!("cache hit/{name}"), all);
    }
    group.finish();
}

fn key(c: &mut Criterion) {
    let body = request(&conversation(&mut Seed(1)), &prose(&mut Seed(2), 300), 1);
    let value: Value = serde_json::from_str(&body).unwrap();
    let secret = KeySecret::random();
    let partition = Partition("acme".into());
    let scope = Scope { partition: &partition, user: None, dialect: Dialect::Chat, epoch: 0, rewrite: 0, headers: &[] };
    c.bench_function("key of 8 KB", |b| {
        b.iter(|| {
            let digest = BodyDigest::of(&secret, std::hint::black_box(&value));
            BodyKey::of(&secret, &scope, &digest)
        });
    });
}

fn chunk_of(dialect: Dialect, text: &str) -> Bytes {
    let (name, data) = match dialect {
        Dialect::Messages => (
            "event: content_block_delta\n",
            json!({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": text}}),
        ),
        _ => (
            "",
            json!({"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "gpt-4o-mini",
                "choices": [{"index": 0, "delta": {"content": text}, "finish_reason": null}]}),
        ),
    };
    format!("{name}data: {data}\n\n").into()
}

/// The time from a chunk's arrival at the door until the caller has it.
fn streaming(c: &mut Criterion) {
    let mut group = c.benchmark_group("a chunk of a stream");
    group.warm_up_time(Duration::from_secs(1)).measurement_time(Duration::from_secs(3)).sample_size(30);
    let begin = json!({"type": "message_start", "message": {"id": "m", "type": "message", "role": "assistant",
        "model": "claude-haiku-4-5", "content": [], "usage": {"input_tokens": 10, "output_tokens": 1}}});
    let block = json!({"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}});
    let opening = format!("event: message_start\ndata: {begin}\n\nevent: content_block_start\ndata: {block}\n\n");
    for (threads, runtime) in [("one thread", one_thread()), ("two threads", two_threads())] {
        for (name, dialect, model) in [
            ("passed on", Dialect::Chat, "openai/gpt-4o-mini"),
            ("translated", Dialect::Messages, "anthropic/claude-haiku-4-5"),
        ] {
            let mut all = Vec::new();
            let name = format!("{name}, {threads}");
            group.bench_function(&name, |b| {
                b.iter_custom(|n_rounds| {
                    let (sender, receiver) = tokio::sync::mpsc::unbounded_channel();
                    let mut settings = from_text(SETTINGS, Catalog::embedded()).unwrap();
                    settings.routes.clear();
                    let built = {
                        let _inside = runtime.enter();
                        Router::builder()
                            .settings(settings)
                            .upstream(Arc::new(Piped(Mutex::new(Some(receiver)))))
                            .build()
                    };
                    let router = built.unwrap();
                    let body = json!({"model": model, "stream": true, "messages": [{"role": "user", "content": "hi"}]});
                    let opening = opening.clone();
                    let measured = async move {
                        if dialect == Dialect::Messages {
                            sender.send(Bytes::from(opening)).unwrap();
                        }
                        sender.send(chunk_of(dialect, "Begin")).unwrap();
                        let mut stream = router.stream(Request::chat(body.to_string()), &caller()).await.unwrap();
                        // All that has come until now.
                        while futures_util::future::poll_immediate(stream.next()).await.is_some() {}
                        tokio::task::yield_now().await;
                        while futures_util::future::poll_immediate(stream.next()).await.is_some() {}
                        let mut took = Vec::new();
                        for n in 0..n_rounds {
                            let chunk = chunk_of(dialect, &format!(" word{n}"));
                            let begun = Instant::now();
                            sender.send(chunk).unwrap();
                            stream.next().await.unwrap().unwrap();
                            took.push(begun.elapsed());
                        }
                        took
                    };
                    let took = runtime.block_on(async { tokio::spawn(measured).await.unwrap() });
                    all.extend_from_slice(&took);
                    took.iter().sum()
                });
            });
            tell(&format!("a chunk of a stream/{name}"), all);
        }
    }
    group.finish();
}

criterion_group!(benches, decision, hit, key, streaming);
criterion_main!(benches);
