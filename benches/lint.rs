//! Throughput of the linter in bytes of prompt files: reading them, the default rules, each family of rules by itself, fixes.
//! One thread, no result cache; the memo of counts is new in each round.
//!
//! Named inputs: `instructions`, files for agents (AGENTS.md, CLAUDE.md, …) where the shared material is at hand, and
//! `cases`, the corpora of the rules in the repository, which is what the rules look for in the smallest space.

#[path = "../tests/support/shared.rs"]
mod shared;

use std::io::Read as _;
use std::path::Path;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use promptopt::lint::rule::FAMILIES;
use promptopt::lint::{Applicability, Linter, Settings, read};

/// Names of files with their texts.
type Files = Vec<(String, String)>;

fn instructions() -> Option<Files> {
    let bytes = std::fs::read(shared::shared_data("corpora/agent_instructions.jsonl.gz")?).ok()?;
    let mut text = String::new();
    flate2::read::MultiGzDecoder::new(&bytes[..]).read_to_string(&mut text).ok()?;
    let rows = text.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
    let file = |(number, row): (usize, serde_json::Value)| {
        let path = row["path"].as_str().unwrap_or("AGENTS.md");
        Some((format!("{number}/{path}"), row["text"].as_str().or_else(|| row["content"].as_str())?.to_owned()))
    };
    Some(rows.enumerate().filter_map(file).collect())
}

fn cases(folder: &Path, files: &mut Files) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    let mut paths: Vec<_> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.sort();
    for path in paths {
        let is_case = path.extension().is_none_or(|extension| extension != "expected" && extension != "toml");
        if path.is_dir() {
            cases(&path, files);
        } else if let (true, Ok(text)) = (is_case, std::fs::read_to_string(&path)) {
            files.push((path.to_string_lossy().into_owned(), text));
        }
    }
}

fn lint(c: &mut Criterion) {
    let mut bundled = Files::new();
    cases(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../corpora/lint"), &mut bundled);
    let mut inputs = vec![("cases", bundled)];
    inputs.extend(instructions().map(|files| ("instructions", files)));
    let Ok(today) = "2026-11-26".parse() else { return };
    let settings = Settings { model: Some("gpt-6-luna".to_owned()), ..Settings::new(today) };
    let mut group = c.benchmark_group("lint");
    group.sample_size(10);
    for (name, files) in &inputs {
        let n_bytes: usize = files.iter().map(|(_, text)| text.len()).sum();
        group.throughput(Throughput::Bytes(n_bytes as u64));
        group.bench_with_input(BenchmarkId::new("read", name), files, |b, files| {
            b.iter(|| files.iter().map(|(path, text)| read::read(path, text).prompts.len()).sum::<usize>());
        });
        let read: Vec<_> = files.iter().map(|(path, text)| read::read(path, text)).collect();
        let mut rules = |what: &str, settings: &Settings| {
            group.bench_with_input(BenchmarkId::new(what, name), &read, |b, files| {
                b.iter(|| {
                    let linter = Linter::new();
                    files.iter().map(|file| linter.lint(file, settings).diagnostics.len()).sum::<usize>()
                });
            });
        };
        rules("default rules", &settings);
        let mut none = settings.clone();
        none.rules.clear();
        rules("no rule", &none);
        for (letters, _) in FAMILIES {
            if let Ok(family) = settings.clone().only(&[letters]) {
                rules(letters, &family);
            }
        }
        group.bench_with_input(BenchmarkId::new("fix", name), files, |b, files| {
            b.iter(|| {
                let linter = Linter::new();
                let fixed = files.iter().map(|(path, text)| linter.fix(path, text, &settings, Applicability::Safe));
                fixed.map(|fixed| fixed.applied.len()).sum::<usize>()
            });
        });
    }
    group.finish();
}

criterion_group!(benches, lint);
criterion_main!(benches);
