//! The sample corpora of this repository: each file is recognised and every record is read.

use std::path::Path;

use promptopt::error::Result;
use promptopt::format::walk::discover;
use promptopt::format::{ReadOptions, Record, read_all};
use promptopt::usage::ServiceTier;

#[test]
fn sample_corpora_are_read() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../corpora");
    for (file, format, tier) in [
        ("agent-run/requests.jsonl", "pairs", ServiceTier::Standard),
        ("rag-answers/requests.jsonl", "pairs", ServiceTier::Standard),
        ("support-chat/requests.jsonl", "pairs", ServiceTier::Standard),
        ("bulk-classification/batch-input.jsonl", "batch_input", ServiceTier::Batch),
        ("bulk-classification/batch-output.jsonl", "batch_output", ServiceTier::Batch),
    ] {
        let path = root.join(file);
        let n_lines = std::fs::read_to_string(&path).map(|text| text.lines().count()).unwrap_or_default();
        let found = discover(&[path.to_string_lossy()]);
        let mut records: Vec<Result<Record>> = Vec::new();
        let options = ReadOptions { threads: 2, ..ReadOptions::default() };
        let report = read_all(&found.inputs, &options, |record| record, |record| records.push(record));
        assert_eq!(report.read.first().map(|(_, name)| *name), Some(format), "{file}");
        assert_eq!(records.len(), n_lines, "{file}");
        for record in records {
            let record = record.expect(file);
            assert_eq!(record.tier, tier, "{file}");
            assert!(record.model.is_some() && record.usage.as_ref().is_none_or(Result::is_ok), "{file}");
        }
    }
}
