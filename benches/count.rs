//! Token counting on named inputs, beside `bpe-openai` and `tiktoken-rs` in the same run. Throughput in bytes of text.

mod inputs;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use inputs::{Seed, code, json, prose};
use promptopt::tokens::Encoding;

fn count(c: &mut Criterion) {
    let texts = [
        ("prose", prose(&mut Seed(1), 1_000_000)),
        ("code", code(&mut Seed(2), 1_000_000)),
        ("json", json(&mut Seed(3), 1_000_000)),
    ];
    let mut group = c.benchmark_group("count o200k_base");
    group.sample_size(10);
    for (name, text) in &texts {
        group.throughput(Throughput::Bytes(text.len() as u64));
        group.bench_with_input(BenchmarkId::new("promptopt", name), text, |b, text| {
            b.iter(|| Encoding::O200kBase.counter().count(text));
        });
        group.bench_with_input(BenchmarkId::new("bpe-openai", name), text, |b, text| {
            b.iter(|| bpe_openai::o200k_base().count(text.as_str()));
        });
        group.bench_with_input(BenchmarkId::new("tiktoken-rs", name), text, |b, text| {
            b.iter(|| tiktoken_rs::o200k_base_singleton().encode_ordinary(text).len());
        });
    }
    group.finish();
}

criterion_group!(benches, count);
criterion_main!(benches);
