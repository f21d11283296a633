//! Counting on named inputs, in bytes a second: warm, since the cache has met all of an input after the first round. Cold
//! figures need fresh processes: `benches/peers/tokens`.
//!
//! `cargo bench -p promptopt-tokens --bench tokens`

#[path = "../examples/exact/texts.rs"]
#[allow(dead_code, reason = "the bench makes some of the texts")]
mod texts;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use promptopt_tokens::Encoding;
use texts::{Random, document};

const SIZE: usize = 1 << 20;

/// Documents of some kinds until there is enough text.
fn documents(kinds: &[usize]) -> String {
    let (mut text, mut random) = (String::with_capacity(2 * SIZE), Random(1));
    while text.len() < SIZE {
        text.push_str(&document(kinds[random.below(kinds.len())], 60, &mut random));
        text.push('\n');
    }
    text
}

/// Words of a vocabulary of 8,000, the first ones far more often.
fn prose(separators: &[&str]) -> String {
    let mut random = Random(2);
    let words: Vec<String> = (0..8000)
        .map(|_| (0..2 + random.below(8)).map(|_| (b'a' + random.below(26) as u8) as char).collect())
        .collect();
    let mut text = String::with_capacity(2 * SIZE);
    while text.len() < SIZE {
        let n_common = 1 << (3 + random.below(11));
        text.push_str(&words[random.below(n_common.min(words.len()))]);
        text.push_str(separators[random.below(separators.len())]);
    }
    text
}

fn tokens(criterion: &mut Criterion) {
    let inputs = [
        ("english", prose(&[" ", " ", " ", " ", " ", " ", ", ", ". ", "\n"])),
        ("code", documents(&[5])),
        ("json", prose(&["\": \"", "\", \"", "\": 12, \"", "\": true}, {\""])),
        ("multi", documents(&[12])),
        ("chat", prose(&[" ", " ", " ", " ", "\n\n", ": "])),
        ("hostile", documents(&[0, 1, 2, 3, 4, 6, 7, 8, 9, 10])),
        ("equal signs", "=".repeat(SIZE)),
        ("blanks", " ".repeat(SIZE)),
        ("letters", documents(&[10]).replace('\n', "")),
        ("chinese", "中文字没有空格".repeat(SIZE / 21)),
    ];
    for encoding in [Encoding::O200kBase, Encoding::Cl100kBase] {
        let mut group = criterion.benchmark_group(encoding.name());
        for (name, text) in &inputs {
            group.throughput(Throughput::Bytes(text.len() as u64));
            group.bench_function(*name, |bencher| bencher.iter(|| encoding.count(text)));
        }
        group.finish();
    }
    // The peer that is exact and linear too, in the same run.
    let bpe = bpe_openai::o200k_base();
    let mut group = criterion.benchmark_group("bpe-openai, o200k_base");
    group.sample_size(10);
    for (name, text) in &inputs {
        group.throughput(Throughput::Bytes(text.len() as u64));
        group.bench_function(*name, |bencher| bencher.iter(|| bpe.count(text)));
    }
    group.finish();
}

criterion_group!(benches, tokens);
criterion_main!(benches);
