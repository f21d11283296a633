//! Load on a loopback provider, through the router and past it: throughput side by side, and a soak that watches memory.
//!
//! ```text
//! load compare [REQUESTS] [AT_ONCE]   five rounds of bare reqwest and router, one after the other; medians and their ratio
//! load serve PORT                     the provider alone, for peers in other languages
//! load soak MINUTES                   calls, hits, streams and failures; memory every ten seconds
//! ```
//!
//! Ledger (a file), a hard budget, limits and the cache are on. Every request is another one, so that the cache misses, but for the soak.

#![allow(clippy::disallowed_methods, reason = "a bench reads the clock and its arguments, and starts tasks")]
#![allow(clippy::unwrap_used, reason = "a bench that cannot be set up has nothing to measure")]
#![allow(clippy::print_stdout, reason = "figures are for whoever runs the bench")]

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use futures_util::{StreamExt as _, stream};
use promptopt::catalog::Catalog;
use promptopt::config::router::from_text;
use promptopt::labels::Caller;
use promptopt::router::{Request, Router};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

const ANSWER: &str = r#"{"id":"c","object":"chat.completion","created":1,"model":"gpt-4o-mini","choices":[{"index":0,"message":{"role":"assistant","content":"The capital of France is Paris."},"finish_reason":"stop"}],"usage":{"prompt_tokens":120,"completion_tokens":8,"total_tokens":128}}"#;

const EVENTS: &str = "data: {\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"gpt-4o-mini\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"Paris\"},\"finish_reason\":null}]}\n\ndata: {\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"gpt-4o-mini\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: {\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"gpt-4o-mini\",\"choices\":[],\"usage\":{\"prompt_tokens\":120,\"completion_tokens\":8,\"total_tokens\":128}}\n\ndata: [DONE]\n\n";

#[tokio::main]
async fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let number = |index: usize, default: usize| args.get(index).map_or(default, |text| text.parse().unwrap());
    match args.first().map(String::as_str) {
        Some("serve") => {
            let port = u16::try_from(number(1, 18_080)).unwrap();
            serve(TcpListener::bind(("127.0.0.1", port)).await.unwrap()).await;
        }
        Some("soak") => soak(Duration::from_secs(60 * number(1, 10) as u64)).await,
        _ => compare(number(1, 20_000), number(2, 32)).await,
    }
}

/// Answers every POST, over connections that stay open.
async fn serve(listener: TcpListener) {
    loop {
        let (connection, _) = listener.accept().await.unwrap();
        connection.set_nodelay(true).unwrap();
        // A client that goes away ends its connection, and no more than that.
        tokio::spawn(async move { _ = answer_all(connection).await });
    }
}

async fn answer_all(mut connection: TcpStream) -> std::io::Result<()> {
    let mut waiting = Vec::with_capacity(16 << 10);
    loop {
        let Some(head) = waiting.windows(4).position(|four| four == b"\r\n\r\n") else {
            if connection.read_buf(&mut waiting).await? == 0 {
                return Ok(());
            }
            continue;
        };
        let text = String::from_utf8_lossy(&waiting[..head]).to_ascii_lowercase();
        let length: usize =
            text.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok()).unwrap_or(0);
        while waiting.len() < head + 4 + length {
            if connection.read_buf(&mut waiting).await? == 0 {
                return Ok(());
            }
        }
        let body = &waiting[head + 4..head + 4 + length];
        let has = |part: &[u8]| body.windows(part.len()).any(|window| window == part);
        let (status, kind, answer) = if has(b"\"stream\":true") {
            ("200 OK", "text/event-stream", EVENTS)
        } else if has(b"please fail") {
            ("400 Bad Request", "application/json", r#"{"error":{"message":"no","type":"invalid_request_error"}}"#)
        } else {
            ("200 OK", "application/json", ANSWER)
        };
        let head_out = format!("HTTP/1.1 {status}\r\ncontent-type: {kind}\r\ncontent-length: {}\r\n\r\n", answer.len());
        connection.write_all([head_out.as_bytes(), answer.as_bytes()].concat().as_slice()).await?;
        waiting.drain(..head + 4 + length);
    }
}

/// A request of about 1 KB.
fn body(n: usize, more: &str) -> String {
    let filler = "The quick brown fox jumps over the lazy dog near the old river bank. ".repeat(12);
    format!(
        r#"{{"model":"gpt-4o-mini","temperature":0,"max_tokens":100,{more}"messages":[{{"role":"system","content":"{filler}"}},{{"role":"user","content":"What is the capital of France? ({n})"}}]}}"#
    )
}

async fn started() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(serve(listener));
    port
}

fn router(port: u16) -> Router {
    let folder = std::env::temp_dir().join(format!("promptopt-load-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let text = format!(
        "[providers.openai]\nbase-url = 'http://127.0.0.1:{port}/v1'\n[[limits]]\nname = 'callers'\nby = 'caller'\nrpm = 1000000000\n[[budgets]]\nname = 'teams'\nby = 'team'\nperiod = 'month'\nhard = '1000000'\n"
    );
    let mut settings = from_text(&text, Catalog::embedded()).unwrap();
    settings.ledger.path = Some(folder.join("ledger.sqlite"));
    Router::builder().settings(settings).build().unwrap()
}

async fn compare(n_requests: usize, at_once: usize) {
    let port = started().await;
    let router = router(port);
    let client = reqwest::Client::builder().pool_max_idle_per_host(at_once).build().unwrap();
    let url = format!("http://127.0.0.1:{port}/v1/chat/completions");
    let caller = Caller::of("acme").id("jo").team("search");
    let n = AtomicUsize::new(0);
    let next = || body(n.fetch_add(1, Ordering::Relaxed), "");
    let (mut bare, mut routed) = (Vec::new(), Vec::new());
    for round in 0..6 {
        let begun = Instant::now();
        stream::iter(0..n_requests)
            .for_each_concurrent(at_once, |_| async {
                let request = client.post(&url).bearer_auth("sk-none").header("content-type", "application/json");
                let answer = request.body(next()).send().await.unwrap().bytes().await.unwrap();
                assert_eq!(answer.len(), ANSWER.len());
            })
            .await;
        let of_bare = begun.elapsed();
        let begun = Instant::now();
        stream::iter(0..n_requests)
            .for_each_concurrent(at_once, |_| async {
                let answer = router.chat(Request::chat(next()), &caller).await.unwrap();
                assert_eq!(answer.body.len(), ANSWER.len());
            })
            .await;
        // The first round warms up.
        if round > 0 {
            let rate = |took: Duration| n_requests as f64 / took.as_secs_f64();
            println!("round {round}: bare {:.0}/s, router {:.0}/s", rate(of_bare), rate(begun.elapsed()));
            bare.push(rate(of_bare));
            routed.push(rate(begun.elapsed()));
        }
    }
    let median = |rates: &mut Vec<f64>| {
        rates.sort_by(f64::total_cmp);
        rates[rates.len() / 2]
    };
    let (bare, routed) = (median(&mut bare), median(&mut routed));
    println!(
        "{n_requests} requests, {at_once} at once: bare {bare:.0}/s, router {routed:.0}/s, {:.0} %",
        routed / bare * 100.0
    );
    router.shutdown().await;
}

/// One in four is known to the cache, one in ten streams, one in twenty is refused; as fast as they go.
async fn soak(time: Duration) {
    let port = started().await;
    let router = router(port);
    let begun = Instant::now();
    let n = AtomicUsize::new(0);
    let workers = (0..16_usize).map(|worker| {
        let (router, n) = (&router, &n);
        async move {
            while begun.elapsed() < time {
                let number = n.fetch_add(1, Ordering::Relaxed);
                let caller =
                    Caller::of(format!("tenant {}", number % 50)).id(format!("caller {}", number % 5_000)).team("t");
                let request = match number % 20 {
                    0 => Request::chat(body(number, "\"stop\":\"please fail\",")),
                    1 | 2 => {
                        let request = Request::chat(body(number, "\"stream\":true,"));
                        if let Ok(mut events) = router.stream(request, &caller).await {
                            while events.next().await.is_some() {}
                        }
                        continue;
                    }
                    3..8 => Request::chat(body(worker, "")),
                    _ => Request::chat(body(number, "")),
                };
                _ = router.chat(request, &caller).await;
            }
        }
    });
    let watch = async {
        let mut seen = Vec::new();
        while begun.elapsed() < time {
            tokio::time::sleep(Duration::from_secs(10)).await;
            let at = begun.elapsed().as_secs();
            let rss = resident_mb();
            println!("{at} s: {} calls, {rss:.1} MB resident", n.load(Ordering::Relaxed));
            seen.push((at as f64, rss));
        }
        seen
    };
    let (_, seen) = futures_util::future::join(futures_util::future::join_all(workers), watch).await;
    // The first half fills caches and maps.
    let later = &seen[seen.len() / 2..];
    let (mean_t, mean_m) = (mean(later.iter().map(|point| point.0)), mean(later.iter().map(|point| point.1)));
    let over: f64 = later.iter().map(|(t, m)| (t - mean_t) * (m - mean_m)).sum();
    let under: f64 = later.iter().map(|(t, _)| (t - mean_t).powi(2)).sum();
    println!(
        "second half: {mean_m:.1} MB, {:+.3} MB a minute, {} calls in all",
        over / under * 60.0,
        n.load(Ordering::Relaxed)
    );
    router.shutdown().await;
}

fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let all: Vec<f64> = values.collect();
    all.iter().sum::<f64>() / all.len() as f64
}

/// Resident memory of this process, as Linux tells it.
fn resident_mb() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or("0 kB");
    line.trim().trim_end_matches("kB").trim().parse::<f64>().unwrap_or(0.0) / 1000.0
}
