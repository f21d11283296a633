//! The recorded exchanges, weighed again: the shares that may not fall. The figures are what was reached on 2026-11-22, a
//! little rounded down; `promptopt tokens accuracy` prints the present ones.

#[path = "support/shared.rs"]
mod shared;

use promptopt::accuracy::{Class, Row, sample, table};
use promptopt::catalog::Catalog;
use promptopt::format::walk::discover;
use promptopt::format::{ReadOptions, read_all};
use promptopt::tokens::memo::Memo;

/// Provider, dialect, class; least share within 2 %, least share inside the interval.
const FLOORS: &[(&str, &str, Class, f64, f64)] = &[
    // Four of these carry invented usage, one lost its tools when it was recorded.
    ("openai", "chat", Class::Plain, 0.98, 0.98),
    ("openai", "chat", Class::Structured, 1.0, 1.0),
    // Three carry invented usage, seven went to another maker's model behind OpenAI's address.
    ("openai", "chat", Class::Tools, 0.90, 0.91),
    ("openai", "responses", Class::Plain, 0.97, 0.97),
    ("openai", "responses", Class::Structured, 1.0, 1.0),
    // Seven are of the API's first weeks, when it billed some 216 tokens more; 21 carry encrypted reasoning.
    ("openai", "responses", Class::Tools, 0.83, 0.90),
    ("openai", "completions", Class::Plain, 1.0, 1.0),
    ("openai", "embeddings", Class::Embeddings, 1.0, 1.0),
    ("azure", "chat", Class::Plain, 0.89, 0.98),
    ("azure", "chat", Class::Tools, 0.83, 1.0),
    ("azure", "responses", Class::Plain, 1.0, 1.0),
    ("azure", "responses", Class::Tools, 1.0, 1.0),
    ("portkey", "chat", Class::Plain, 1.0, 1.0),
];

#[test]
fn recorded_requests_are_weighed_as_they_were_billed() {
    let Some(file) = shared::shared_data("recordings/recordings.jsonl.gz") else { return };
    let found = discover(&[file.display().to_string()]);
    let (catalog, memo) = (Catalog::embedded(), Memo::new());
    let options = ReadOptions { threads: 2, ..ReadOptions::default() };
    let mut samples = Vec::new();
    read_all(
        &found.inputs,
        &options,
        |record| record.ok().and_then(|record| sample(&record, catalog, &memo)),
        |sampled| samples.extend(sampled),
    );
    let rows = table(&samples);
    let mut problems = Vec::new();
    for (provider, dialect, class, within, inside) in FLOORS {
        let is_it = |row: &&Row| &*row.provider == *provider && row.dialect == *dialect && row.class == *class;
        match rows.iter().find(is_it) {
            Some(row) if row.within_2pct >= *within && row.interval_coverage >= *inside => {}
            Some(row) => problems.push(format!("{row:?}")),
            None => problems.push(format!("no request of {provider} {dialect} {}", class.name())),
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}
