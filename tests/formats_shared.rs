//! Corpora that others wrote, read by every format that claims them: each file is recognised, every record is read, and what
//! was billed sums to the amount that its owner stated.

#[path = "support/shared.rs"]
mod shared;

use promptopt::error::Result;
use promptopt::format::open::Source;
use promptopt::format::walk::{Input, discover};
use promptopt::format::{CallKind, ReadOptions, Record, read_all};
use promptopt::usage::ServiceTier;
use promptopt::usd::Usd;

/// Reads a shared file, whose format must be recognised. `None` if it is not there.
fn read(path: &str, format: &str) -> Option<Vec<Record>> {
    let file = shared::shared_data(path)?;
    let input = Input { source: Source::File(file), is_named: true };
    let options = ReadOptions { threads: 2, ..ReadOptions::default() };
    let mut records: Vec<Result<Record>> = Vec::new();
    let report = read_all(&[input], &options, |record| record, |record| records.push(record));
    assert_eq!(report.read.iter().map(|(_, name)| *name).collect::<Vec<_>>(), [format], "{path}");
    let bad: Vec<String> = records.iter().filter_map(|record| record.as_ref().err()).map(ToString::to_string).collect();
    assert!(bad.is_empty(), "{path}: {} bad records\n{}", bad.len(), bad[..bad.len().min(20)].join("\n"));
    Some(records.into_iter().flatten().collect())
}

fn n_with(records: &[Record], test: impl Fn(&Record) -> bool) -> usize {
    records.iter().filter(|record| test(record)).count()
}

#[test]
fn recordings() {
    let Some(records) = read("recordings/recordings.jsonl.gz", "pairs") else { return };
    assert_eq!(records.len(), 2216);
    assert_eq!(n_with(&records, |record| record.status.is_some_and(|status| status >= 400)), 52);
    let chats: Vec<Record> = records.into_iter().filter(|record| record.kind == CallKind::Chat).collect();
    let n_usage = n_with(&chats, |record| matches!(record.usage, Some(Ok(_))));
    let n_flawed = n_with(&chats, |record| matches!(record.usage, Some(Err(_))));
    let n_answers = n_with(&chats, |record| record.answer.is_some());
    let n_requests = n_with(&chats, |record| record.request.is_some());
    // Azure counts the tokens of a preamble that it puts before Grok's prompts as cached, but not as prompt.
    let is_known = |record: &Record| {
        record.provider.as_deref() == Some("azure")
            && matches!(record.usage, Some(Err(promptopt::usage::Flaw::CacheAboveInput { .. })))
    };
    assert_eq!((n_flawed, n_with(&chats, is_known)), (32, 32));
    assert!(n_usage > 1870 && n_answers > 2040 && n_requests > 2090);
}

#[test]
fn agent_runs_sum_to_the_bill() {
    let Some(records) = read("corpora/agent_runs.jsonl.gz", "trajectory") else { return };
    assert_eq!(records.len(), 2633);
    let billed: Usd = records.iter().filter_map(|record| record.billed).sum();
    assert_eq!(billed.to_decimal(), "2.056987128");
    for record in &records {
        let usage = record.usage.as_ref().and_then(|usage| usage.as_ref().ok()).expect("every call has usage");
        assert!(usage.flaws.is_empty() && record.at.is_some() && record.model.is_some() && record.answer.is_some());
    }
}

#[test]
fn prompts_and_templates() {
    if let Some(records) = read("corpora/awesome_prompts.csv.gz", "csv") {
        assert_eq!(records.len(), 1492);
        assert!(records.iter().all(|record| record.is_prompt && record.request.is_some()));
    }
    if let Some(records) = read("corpora/prompt_templates.jsonl.gz", "prompts") {
        assert_eq!(records.len(), 123);
    }
    if let Some(records) = read("corpora/agent_instructions.jsonl.gz", "prompts") {
        assert_eq!(records.len(), 515);
    }
}

#[test]
fn traces() {
    if let Some(records) = read("traces/azure_code_2023.csv.gz", "csv") {
        assert_eq!(records.len(), 8819);
        assert!(records.iter().all(|record| record.at.is_some() && matches!(record.usage, Some(Ok(_)))));
    }
    if let Some(records) = read("traces/mooncake_synthetic.jsonl.gz", "block_trace") {
        assert_eq!(records.len(), 3993);
        assert!(records.iter().all(|record| record.at.is_some() && matches!(record.usage, Some(Ok(_)))));
    }
}

#[test]
fn conversations() {
    let Some(records) = read("corpora/tau_bench_airline_gpt4o.json.gz", "conversations") else { return };
    assert_eq!(records.len(), 2454);
    assert!(records.iter().all(|record| record.request.is_some() && record.answer.is_some()));
}

#[test]
fn a_folder_is_read_the_same_with_any_number_of_threads() {
    let Some(folder) = shared::shared_data("corpora") else { return };
    let found = discover(&[folder.to_string_lossy()]);
    assert!(found.problems.is_empty() && found.inputs.len() == 5);
    let read = |threads| {
        let options = ReadOptions { threads, ..ReadOptions::default() };
        let mut lines = Vec::new();
        let map = |record: Result<Record>| {
            let record = record.expect("every record is good");
            (record.origin, record.usage.and_then(Result::ok).map(|reading| reading.usage.total()), record.tier)
        };
        read_all(&found.inputs, &options, map, |line| lines.push(line));
        lines
    };
    let one = read(1);
    assert!(one.iter().all(|(_, _, tier)| *tier == ServiceTier::Standard));
    assert_eq!(one, read(3));
}
