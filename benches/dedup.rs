//! Deduplication of prompts of 20 to 80 words, and the guard alone, in texts and bytes a second. The comparison with peers
//! on the same file is `peers_dedup.py`.

mod inputs;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use inputs::{Seed, prose};
use promptopt::dedup::{Deduplicator, Fingerprint, Guard, Options};

fn dedup(c: &mut Criterion) {
    let mut seed = Seed(11);
    // Every tenth prompt is there twice, the second time with another last word.
    let mut prompts: Vec<String> = Vec::new();
    for number in 0..10_000 {
        let n_bytes = 120 + seed.below(360);
        prompts.push(match number % 10 {
            9 => format!("{} indeed", prompts[number - 5]),
            _ => prose(&mut seed, n_bytes),
        });
    }
    let n_bytes: usize = prompts.iter().map(String::len).sum();
    let mut group = c.benchmark_group("dedup");
    group.sample_size(20);
    group.throughput(Throughput::Elements(prompts.len() as u64));
    group.bench_function("near, 10,000 prompts", |b| {
        b.iter(|| {
            let mut deduplicator = Deduplicator::new(Options::default());
            for prompt in &prompts {
                deduplicator.push(prompt);
            }
            deduplicator.finish().clusters.len()
        });
    });
    group.throughput(Throughput::Bytes(n_bytes as u64));
    group.bench_function("fingerprint", |b| {
        let mut fingerprint = Fingerprint::default();
        b.iter(|| {
            prompts
                .iter()
                .map(|prompt| {
                    fingerprint.read(prompt);
                    fingerprint.n_words()
                })
                .sum::<usize>()
        });
    });
    group.bench_function("guard", |b| {
        b.iter(|| prompts.iter().filter(|prompt| Guard::of(prompt) == Guard::default()).count());
    });
    group.finish();
}

criterion_group!(benches, dedup);
criterion_main!(benches);
