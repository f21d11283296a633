//! The bare counters on the texts of a chat log, one thread, every text counted every time: what `estimate` is measured
//! against. `cargo run --release --example bare_count -- chat.jsonl`.

use std::io::Write as _;
use std::time::Instant;

use promptopt::tokens::Encoding;

type Counter = fn(&str) -> u64;

#[allow(clippy::disallowed_methods, reason = "a bench measures time")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1).ok_or("usage: bare_count FILE.jsonl")?;
    let log = std::fs::read_to_string(path)?;
    let mut texts = Vec::new();
    for line in log.lines() {
        let body: serde_json::Value = serde_json::from_str(line)?;
        let messages = body["messages"].as_array().map(Vec::as_slice).unwrap_or_default();
        texts.extend(messages.iter().filter_map(|message| message["content"].as_str().map(str::to_owned)));
    }
    let counters: [(&str, Counter); 3] = [
        ("promptopt", |text| Encoding::O200kBase.counter().count(text)),
        ("bpe-openai", |text| bpe_openai::o200k_base().count(text) as u64),
        ("tiktoken-rs", |text| tiktoken_rs::o200k_base_singleton().encode_ordinary(text).len() as u64),
    ];
    for (name, count) in counters {
        count("load the vocabulary");
        let began = Instant::now();
        let n_tokens: u64 = texts.iter().map(|text| count(text)).sum();
        let seconds = began.elapsed().as_secs_f64();
        let megabytes = log.len() as f64 / 1e6;
        writeln!(
            std::io::stdout(),
            "{name}: {n_tokens} tokens, {seconds:.2} s, {:.1} MB/s of the file",
            megabytes / seconds
        )?;
    }
    Ok(())
}
