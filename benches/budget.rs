//! Selection to a token budget on named inputs: how long one request of 3k and of 128k tokens takes on one core, by kind of
//! text.

mod inputs;

use std::time::Duration;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use inputs::{Seed, json, prose};
use promptopt::compress::budget::{Layout, Options, Source, SourceKind, select};
use promptopt::tokens::Encoding;

/// Documents of some 600 bytes out of one long text.
fn documents(text: &str) -> Vec<(String, &str)> {
    let mut documents = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.char_indices().map(|(at, _)| at).find(|at| *at >= 600).unwrap_or(rest.len());
        let end = rest[end..].find(' ').map_or(rest.len(), |blank| end + blank + 1);
        documents.push((format!("Document [{}]\n", documents.len() + 1), &rest[..end]));
        rest = &rest[end..];
    }
    documents
}

fn budget(c: &mut Criterion) {
    let counter = &Encoding::O200kBase;
    let mut group = c.benchmark_group("select to a quarter");
    group.sample_size(20).warm_up_time(Duration::from_secs(1)).measurement_time(Duration::from_secs(4));
    for (size, bytes) in [("3k tokens", 13_000), ("128k tokens", 560_000)] {
        let prose = prose(&mut Seed(1), bytes);
        let question = "What did the report say about the price of the second model, and who approved it?";
        let parts = documents(&prose);
        let sources: Vec<Source<'_>> = parts
            .iter()
            .map(|(header, text)| Source {
                text,
                kind: SourceKind::Document { title: None },
                header,
                ..Source::default()
            })
            .collect();
        let n_tokens = counter.counter().count(&prose);
        let options = Options {
            query: Some(question),
            budget: n_tokens / 4,
            layout: Layout::Joined("\n\n"),
            ..Options::default()
        };
        group.bench_function(BenchmarkId::new("documents", size), |b| b.iter(|| select(&sources, &options, counter)));

        let turns: String = parts
            .iter()
            .flat_map(|(_, text)| text.split_inclusive(". "))
            .enumerate()
            .fold(String::new(), |turns, (at, turn)| {
                turns + ["Ann: ", "Bob: ", "Project Manager: "][at % 3] + turn.trim() + "\n"
            });
        let talk = [Source { text: &turns, kind: SourceKind::Turns, ..Source::default() }];
        for (name, question) in
            [("turns, a fact", question), ("turns, a summary", "Summarize the discussion of the price.")]
        {
            let options = Options { query: Some(question), budget: n_tokens / 4, ..Options::default() };
            group.bench_function(BenchmarkId::new(name, size), |b| b.iter(|| select(&talk, &options, counter)));
        }
        let options = Options { budget: n_tokens / 4, ..Options::default() };
        group.bench_function(BenchmarkId::new("turns, no question", size), |b| {
            b.iter(|| select(&talk, &options, counter));
        });

        let records = json(&mut Seed(3), bytes * 3 / 4);
        let data = [Source { text: &records, kind: SourceKind::Auto, ..Source::default() }];
        let options = Options { query: Some("price of the second model"), budget: n_tokens / 4, ..Options::default() };
        group.bench_function(BenchmarkId::new("json", size), |b| b.iter(|| select(&data, &options, counter)));
    }
    group.finish();
}

criterion_group!(benches, budget);
criterion_main!(benches);
