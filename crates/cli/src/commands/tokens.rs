//! `promptopt tokens accuracy`: every request with usage is weighed again; the library sums up, this file shows.

use std::cmp::Reverse;
use std::fmt::Write as _;

use promptopt::accuracy::{Row, Sample, sample, table};
use promptopt::catalog::Catalog;
use promptopt::error::{Error, Kind, Result};
use promptopt::format::walk::discover;
use promptopt::format::{ReadOptions, Record, by_name, read_all};
use promptopt::tokens::memo::Memo;
use serde::Serialize;

use super::Outcome;
use crate::args::{AccuracyArgs, AccuracyForm, TokensArgs, TokensCommand};
use crate::{output, render};

/// What is written.
#[derive(Serialize)]
struct Accuracy {
    schema: &'static str,
    rows: Vec<Row>,
    /// Records without a request or usage, failed or served from a cache.
    left_out: u64,
    /// Lines that could not be read.
    skipped: u64,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    worst: Vec<Miss>,
}

/// A request that is weighed badly.
#[derive(Serialize)]
struct Miss {
    file: String,
    line: u64,
    model: String,
    class: &'static str,
    billed: u64,
    weighed: u64,
    low: u64,
    high: u64,
}

/// Runs the command.
pub(crate) fn run(args: &TokensArgs) -> Result<Outcome> {
    let TokensCommand::Accuracy(args) = &args.command;
    let accuracy = measure(args)?;
    let text = match args.output {
        AccuracyForm::Text => text(&accuracy),
        AccuracyForm::Json => serde_json::to_string_pretty(&accuracy)
            .map(|json| json + "\n")
            .map_err(|cause| Error::new(Kind::Io, "cannot write JSON").because(cause))?,
    };
    output::write(&text, None)?;
    Ok(Outcome::default())
}

fn measure(args: &AccuracyArgs) -> Result<Accuracy> {
    let found = discover(&args.paths);
    if let Some(problem) = found.problems.into_iter().next() {
        return Err(problem);
    }
    let options = ReadOptions {
        format: args.format.as_deref().map(by_name).transpose()?,
        threads: std::thread::available_parallelism().map_or(1, usize::from),
        ..ReadOptions::default()
    };
    let (catalog, memo) = (Catalog::embedded(), Memo::new());
    let mut samples = Vec::new();
    let (mut left_out, mut skipped) = (0, 0);
    read_all(
        &found.inputs,
        &options,
        |record: Result<Record>| record.map(|record| sample(&record, catalog, &memo)),
        |sampled| match sampled {
            Ok(Some(sample)) => samples.push(sample),
            Ok(None) => left_out += 1,
            Err(_) => skipped += 1,
        },
    );
    if samples.is_empty() {
        return Err(Error::input("no request with usage was found")
            .help("the log must hold the requests themselves and what the provider reported for them"));
    }
    let rows = table(&samples);
    Ok(Accuracy { schema: "promptopt.accuracy/1", rows, left_out, skipped, worst: worst(samples, args.worst) })
}

fn worst(mut samples: Vec<Sample>, n: usize) -> Vec<Miss> {
    samples.retain(|sample| sample.weighed != sample.billed);
    // Millionths: an order that does not depend on how floats compare.
    samples.sort_by_key(|sample| Reverse((sample.error() * 1e6) as u64));
    let miss = |sample: Sample| Miss {
        file: sample.origin.file.to_string(),
        line: sample.origin.line,
        model: sample.model.to_string(),
        class: sample.class.name(),
        billed: sample.billed,
        weighed: sample.weighed,
        low: sample.low,
        high: sample.high,
    };
    samples.into_iter().take(n).map(miss).collect()
}

fn text(accuracy: &Accuracy) -> String {
    let mut out = String::new();
    let _ = writeln!(
        out,
        "{:<14}{:<18}{:<18}{:>6}{:>9}{:>11}{:>12}{:>8}{:>10}",
        "provider", "dialect", "class", "n", "exact", "within 2%", "mean error", "ratio", "coverage"
    );
    let percent = |share: f64| format!("{:.1}%", share * 100.0);
    for row in &accuracy.rows {
        let _ = writeln!(
            out,
            "{:<14}{:<18}{:<18}{:>6}{:>9}{:>11}{:>12}{:>8.3}{:>10}",
            render::clean(&row.provider),
            row.dialect,
            row.class.name(),
            row.n,
            percent(row.exact),
            percent(row.within_2pct),
            percent(row.mean_abs_error),
            row.total_ratio,
            percent(row.interval_coverage),
        );
    }
    if accuracy.left_out + accuracy.skipped > 0 {
        let _ = writeln!(
            out,
            "\n{} records have no request with usage; {} lines could not be read",
            accuracy.left_out, accuracy.skipped
        );
    }
    if !accuracy.worst.is_empty() {
        out.push_str("\nfurthest off:\n");
    }
    for miss in &accuracy.worst {
        let Miss { line, class, billed, weighed, low, high, .. } = miss;
        let (file, model) = (render::clean(&miss.file), render::clean(&miss.model));
        let _ = writeln!(out, "{file}:{line}  {model}  {class}  billed {billed}, weighed {weighed} ({low}–{high})");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_is_measured_and_shown() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log.jsonl");
        let line = r#"{"provider":"openai","request":{"model":"gpt-4o","messages":[{"role":"user","content":"hello"}]},"response":{"object":"chat.completion","model":"gpt-4o","choices":[{"index":0,"message":{"role":"assistant","content":"hi"},"finish_reason":"stop"}],"usage":{"prompt_tokens":8,"completion_tokens":1,"total_tokens":9}}}"#;
        let off = line
            .replace("\"prompt_tokens\":8", "\"prompt_tokens\":10")
            .replace("\"total_tokens\":9", "\"total_tokens\":11");
        std::fs::write(&path, format!("{line}\n{off}\n")).unwrap();
        let args = AccuracyArgs {
            paths: vec![path.display().to_string()],
            format: None,
            output: AccuracyForm::Text,
            worst: 3,
        };
        let accuracy = measure(&args).unwrap();
        assert_eq!((accuracy.rows.len(), accuracy.rows[0].n, accuracy.worst.len()), (1, 2, 1));
        let shown = text(&accuracy);
        assert!(shown.contains("openai        chat              plain                  2    50.0%"), "{shown}");
        assert!(shown.contains("billed 10, weighed 8"), "{shown}");
    }

    #[test]
    fn a_log_without_usage_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log.jsonl");
        std::fs::write(&path, "{\"messages\":[{\"role\":\"user\",\"content\":\"hello\"}]}\n").unwrap();
        let args = AccuracyArgs {
            paths: vec![path.display().to_string()],
            format: None,
            output: AccuracyForm::Json,
            worst: 0,
        };
        assert!(measure(&args).is_err());
    }
}
