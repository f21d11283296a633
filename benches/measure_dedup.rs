//! Deduplicates the generated prompts on one thread and says how fast, how completely and how rightly, as one line of JSON:
//! `cargo run --release -p promptopt --example measure_dedup -- duplicates`. The time is that of reading words, hashing,
//! joining and clustering, in seconds of CPU where the system tells (Linux), because machines are shared; the file is read
//! before.

use std::collections::HashSet;
use std::time::Duration;

use promptopt::dedup::{Deduplicator, Options};

const THRESHOLD: f64 = 0.8;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let name = std::env::args().nth(1).unwrap_or_else(|| "duplicates".to_owned());
    let lines = std::fs::read_to_string(format!("{name}.jsonl"))?;
    let mut prompts = Vec::new();
    for line in lines.lines() {
        let value: serde_json::Value = serde_json::from_str(line)?;
        prompts.push(value["prompt"].as_str().unwrap_or_default().to_owned());
    }
    let mut deduplicator = Deduplicator::new(Options::default());
    let began = cpu_time();
    for prompt in &prompts {
        deduplicator.push(prompt);
    }
    let reading = cpu_time().saturating_sub(began);
    let found = deduplicator.finish();
    let elapsed = cpu_time().saturating_sub(began);

    let pairs: HashSet<(usize, usize)> = found.pairs.iter().map(|pair| (pair.a, pair.b)).collect();
    let (mut n_true, mut n_found) = (0, 0);
    for row in std::fs::read_to_string(format!("{name}.truth.tsv"))?.lines() {
        let fields: Vec<&str> = row.split('\t').collect();
        let pair = (fields[0].parse::<usize>()?, fields[1].parse::<usize>()?);
        if fields[2].parse::<f64>()? >= THRESHOLD {
            n_true += 1;
            n_found += usize::from(pairs.contains(&pair));
        }
    }
    // Verified again, on the words themselves.
    let n_right = pairs.iter().filter(|(a, b)| jaccard(&prompts[*a], &prompts[*b]) >= THRESHOLD).count();
    let report = serde_json::json!({
        "name": "promptopt", "docs_per_s": rate(prompts.len(), elapsed), "push_docs_per_s": rate(prompts.len(), reading),
        "recall": f64::from(n_found as u32) / f64::from(n_true), "precision": n_right as f64 / pairs.len().max(1) as f64,
        "pairs": pairs.len(), "clusters": found.clusters.len(), "capped": found.n_capped,
    });
    write(&report.to_string())?;
    Ok(())
}

/// CPU time of this thread; wall time where the system does not tell.
fn cpu_time() -> Duration {
    let nanoseconds = std::fs::read_to_string("/proc/thread-self/schedstat")
        .ok()
        .and_then(|text| text.split(' ').next()?.parse().ok())
        .map(Duration::from_nanos);
    #[allow(clippy::disallowed_methods, reason = "a bench measures time")]
    nanoseconds.unwrap_or_else(|| std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default())
}

fn rate(n: usize, time: Duration) -> u64 {
    (n as f64 / time.as_secs_f64()) as u64
}

fn write(line: &str) -> std::io::Result<()> {
    use std::io::Write as _;
    writeln!(std::io::stdout().lock(), "{line}")
}

fn jaccard(a: &str, b: &str) -> f64 {
    let (a, b) = (trigrams(a), trigrams(b));
    let n_shared = a.intersection(&b).count();
    n_shared as f64 / (a.len() + b.len() - n_shared) as f64
}

fn trigrams(text: &str) -> HashSet<[String; 3]> {
    let bare = |word: &str| word.trim_end_matches([',', '.']).to_lowercase();
    let words: Vec<String> = text.split_whitespace().map(bare).collect();
    words.windows(3).map(|three| [three[0].clone(), three[1].clone(), three[2].clone()]).collect()
}
