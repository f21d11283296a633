//! The crate `gaoya` on the generated prompts, one thread, word trigrams, 128 permutations: query, then insert. Prints the
//! same line of JSON as ours (`benches/measure_dedup.rs`). `peers_dedup.py` builds and runs it.

use std::collections::HashSet;
use std::time::Duration;

use gaoya::minhash::{MinHashIndex, MinHasher, MinHasher32, calculate_minhash_params};

const THRESHOLD: f64 = 0.8;

fn main() {
    let name = std::env::args().nth(1).expect("name of the files");
    let lines = std::fs::read_to_string(format!("{name}.jsonl")).expect("prompts");
    let prompts: Vec<String> = lines
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).expect("JSON")["prompt"].as_str().unwrap().to_owned())
        .collect();

    let began = cpu_time();
    let (n_bands, width) = calculate_minhash_params(THRESHOLD, 128);
    let hasher = MinHasher32::new(n_bands * width);
    let mut index = MinHashIndex::new(n_bands, width, THRESHOLD);
    let mut pairs: HashSet<(usize, usize)> = HashSet::new();
    for (number, prompt) in prompts.iter().enumerate() {
        let words = words(prompt);
        let signature = hasher.create_signature(words.windows(3).map(|three| (&three[0], &three[1], &three[2])));
        pairs.extend(index.query(&signature).into_iter().map(|other: &usize| (*other, number)));
        index.insert(number, signature);
    }
    let elapsed = cpu_time() - began;

    let (mut n_true, mut n_found) = (0, 0);
    for row in std::fs::read_to_string(format!("{name}.truth.tsv")).expect("truth").lines() {
        let fields: Vec<&str> = row.split('\t').collect();
        if fields[2].parse::<f64>().unwrap() >= THRESHOLD {
            n_true += 1;
            n_found += usize::from(pairs.contains(&(fields[0].parse().unwrap(), fields[1].parse().unwrap())));
        }
    }
    let n_right = pairs.iter().filter(|(a, b)| jaccard(&prompts[*a], &prompts[*b]) >= THRESHOLD).count();
    println!(
        "{}",
        serde_json::json!({
            "name": format!("gaoya ({n_bands} bands of {width})"),
            "docs_per_s": (prompts.len() as f64 / elapsed.as_secs_f64()) as u64,
            "recall": n_found as f64 / f64::from(n_true),
            "precision": n_right as f64 / pairs.len().max(1) as f64, "pairs": pairs.len(),
        })
    );
}

fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(|word| word.trim_end_matches([',', '.']).to_lowercase()).collect()
}

fn jaccard(a: &str, b: &str) -> f64 {
    let trigrams = |text: &str| words(text).windows(3).map(|three| three.join(" ")).collect::<HashSet<String>>();
    let (a, b) = (trigrams(a), trigrams(b));
    let n_shared = a.intersection(&b).count();
    n_shared as f64 / (a.len() + b.len() - n_shared) as f64
}

fn cpu_time() -> Duration {
    let nanoseconds = std::fs::read_to_string("/proc/thread-self/schedstat")
        .ok()
        .and_then(|text| text.split(' ').next()?.parse().ok())
        .map(Duration::from_nanos);
    nanoseconds.unwrap_or_else(|| std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default())
}
