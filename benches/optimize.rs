//! Throughput of the default pass in bytes of prompt text: `Optimizer::edits` over segments that are read already, as a
//! service has them. Reading the JSON and counting whole prompts for the report are not part of it.
//!
//! Named inputs: where nothing is to be done (chats; results of tools that are prose and code) and where something is (agent
//! transcripts with repeats, pretty JSON and logs; with the shared material at hand, real runs and real output of tools).

mod inputs;
#[path = "../tests/support/shared.rs"]
mod shared;

use std::fmt::Write as _;
use std::io::Read as _;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use inputs::{Seed, chat_log, code, json, prose};
use promptopt::compress::body::Body;
use promptopt::optimize::{Optimizer, Settings};
use promptopt::text::json::Json;

/// A chat request with these results of tools.
fn transcript(results: &[String]) -> String {
    let mut messages = vec![serde_json::json!({"role": "system", "content": "You are a careful engineer."})];
    for (index, result) in results.iter().enumerate() {
        let call = format!("call_{index}");
        let function = serde_json::json!({"name": "run", "arguments": format!("{{\"command\":\"step {index}\"}}")});
        messages.push(serde_json::json!({"role": "assistant", "content": "I look at the next one.",
            "tool_calls": [{"id": call, "type": "function", "function": function}]}));
        messages.push(serde_json::json!({"role": "tool", "tool_call_id": call, "content": result}));
    }
    serde_json::json!({"model": "gpt-4o", "messages": messages}).to_string()
}

fn log(seed: &mut Seed, n_lines: usize) -> String {
    let mut text = String::new();
    for n in 0..n_lines {
        let (a, b) = (seed.below(100_000), seed.below(9));
        let _ = writeln!(
            text,
            "2026-03-02 07:{:02}:{:02} INFO scanner-{b}: parcel {a} read in {} ms",
            n / 60 % 60,
            n % 60,
            a % 97
        );
    }
    text
}

/// 60 steps: files read, parts of them again, pretty JSON, logs.
fn agent(seed: &mut Seed) -> String {
    let files: Vec<String> = (0..8).map(|_| code(seed, 6_000)).collect();
    let results: Vec<String> = (0..60)
        .map(|step| match step % 6 {
            0 | 1 | 3 => files[seed.below(files.len())].clone(),
            2 => {
                let text = json(seed, 3_000);
                serde_json::to_string_pretty(&serde_json::from_str::<serde_json::Value>(&text).unwrap_or_default())
                    .unwrap_or_default()
            }
            4 => log(seed, 60),
            _ => prose(seed, 4_000),
        })
        .collect();
    transcript(&results)
}

/// 60 results of tools that are prose and code never seen before.
fn plain(seed: &mut Seed) -> String {
    let results: Vec<String> =
        (0..60)
            .map(|step| {
                if step % 2 == 0 {
                    prose(seed, 5_000).trim_end().to_owned()
                } else {
                    numbered(&code(seed, 5_000), step)
                }
            })
            .collect();
    transcript(&results)
}

/// Code whose every line is its own.
fn numbered(code: &str, step: usize) -> String {
    let lines: Vec<String> = code.lines().enumerate().map(|(n, line)| format!("{line} // {step}.{n}\n")).collect();
    lines.concat()
}

fn unpacked(path: &str) -> Option<String> {
    let bytes = std::fs::read(shared::shared_data(path)?).ok()?;
    if !bytes.starts_with(&[0x1f, 0x8b]) {
        return String::from_utf8(bytes).ok();
    }
    let mut text = String::new();
    flate2::read::MultiGzDecoder::new(&bytes[..]).read_to_string(&mut text).ok()?;
    Some(text)
}

fn optimize(c: &mut Criterion) {
    let mut inputs = vec![
        ("nothing to do/chats".to_owned(), chat_log(&mut Seed(1), 4_000_000)),
        ("nothing to do/tool results".to_owned(), plain(&mut Seed(2))),
        ("something to do/agent transcript".to_owned(), agent(&mut Seed(3))),
    ];
    if let Some(runs) = unpacked("corpora/agent_runs.jsonl.gz") {
        inputs.push(("something to do/agent_runs".to_owned(), runs));
    }
    for name in ["Apache_2k.log.gz", "Hadoop_2k.log.gz", "Linux_2k.log.gz", "OpenSSH_2k.log.gz", "github_repos.json"] {
        if let Some(text) = unpacked(&format!("tool_output/{name}")) {
            inputs.push((format!("something to do/{name}"), transcript(&[text])));
        }
    }
    let Ok(optimizer) = Optimizer::new(Settings::default()) else { return };
    let mut group = c.benchmark_group("optimize");
    group.sample_size(10);
    for (name, text) in &inputs {
        let parsed: Vec<Json<'_>> = text.lines().filter_map(|line| Json::parse(line).ok()).collect();
        let bodies: Vec<Body<'_>> = parsed.iter().flat_map(Body::find).collect();
        let n_bytes: usize = bodies.iter().flat_map(|body| &body.segments).map(|segment| segment.text.len()).sum();
        group.throughput(Throughput::Bytes(n_bytes as u64));
        group.bench_with_input(BenchmarkId::from_parameter(name), &bodies, |b, bodies| {
            b.iter(|| {
                let edits = |body: &Body<'_>| {
                    let weigher = optimizer.weigher(body.model.as_deref());
                    optimizer.edits(&body.segments, &weigher).map_or(0, |edits| edits.len())
                };
                bodies.iter().map(edits).sum::<usize>()
            });
        });
    }
    group.finish();
}

criterion_group!(benches, optimize);
criterion_main!(benches);
