//! The replay of a corpus: what it cost, where the money goes, what would save how much, how sure that is.
//!
//! Workers turn records into rows ([`row`]): tokens counted, digests taken, no text kept. One thread replays the rows in
//! time order ([`replay`]) through the baseline ([`tally`]), the waterfall ([`steps`]) and the other models ([`what_if`]).
//! The result does not depend on the number of workers.

pub mod kinds;
pub mod options;
pub mod report;
pub mod time_use;

mod join;
mod known;
mod replay;
mod rewriting;
mod row;
mod steps;
mod tally;
mod what_if;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

pub use options::{Batchable, Options, ResponseCacheOptions};
pub use report::Report;

use self::known::Known;
use self::replay::Replay;
use self::report::InputFile;
use self::row::{Bench, Row, measure};
use self::what_if::Other;
use crate::error::{Error, Kind, Result};
use crate::format::read::{ReadOptions, read_all};
use crate::format::walk::{Input, discover};
use crate::tokens::memo::Memo;

/// How far the reading is, for whoever watches.
#[derive(Clone, Copy, Debug, Default)]
pub struct Progress {
    /// Bytes read from the disk, before decompression.
    pub bytes: u64,
    /// Bytes of all files; standard input adds nothing.
    pub total_bytes: u64,
    /// Records replayed.
    pub records: u64,
}

/// Estimates the corpora at these paths (files, folders, globs, `-` for standard input). `watch` is told of the progress
/// every few hundred records.
///
/// Errors when nothing can be read at all, when a model of `--what-if`, `--route` or `--model` is unknown, and with
/// [`Options::strict`] at the first bad line.
pub fn estimate(paths: &[String], options: &Options, watch: &mut dyn FnMut(Progress)) -> Result<Report> {
    let found = discover(paths);
    if let Some(problem) = found.problems.into_iter().next() {
        return Err(problem);
    }
    let mut report = estimate_inputs(&found.inputs, options, watch)?;
    let left = found.skipped.iter().map(|skipped| report::Skipped {
        file: skipped.file.to_string(),
        line: 0,
        reason: skipped.reason.to_string(),
    });
    // Files that are no corpus are told apart from lines that could not be read: nothing of the corpus is missing.
    report.not_corpora.extend(left);
    Ok(report)
}

/// Estimates inputs that are found already.
pub fn estimate_inputs(inputs: &[Input], options: &Options, watch: &mut dyn FnMut(Progress)) -> Result<Report> {
    let others = others(options)?;
    let others_specs: Vec<u32> = others.iter().map(Other::spec).collect();
    if let Some(model) = &options.model {
        spec_of(options, options.host.as_deref(), model)?;
    }
    let (memo, known) = (Memo::new(), Known::new(options.remember));
    let bench = Bench { options, memo: &memo, known: &known, others: &others_specs };
    let mut replay = Replay::new(options, others);
    let mut counts: HashMap<Arc<str>, u64> = HashMap::new();
    let mut first_error = None;
    let n_read = Arc::new(AtomicU64::new(0));
    let read_options = ReadOptions {
        format: options.format,
        threads: options.n_threads,
        n_read: Some(Arc::clone(&n_read)),
        remember: options.remember,
        ..ReadOptions::default()
    };
    let mut progress =
        Progress { total_bytes: inputs.iter().filter_map(|input| input.source.n_bytes()).sum(), ..Progress::default() };
    let read = read_all(
        inputs,
        &read_options,
        |record| match record {
            Ok(record) => Ok((record.origin.file.clone(), measure(record, &bench))),
            Err(error) => Err(error),
        },
        |measured: Result<(Arc<str>, Option<Row>)>| match measured {
            Ok((file, row)) => {
                *counts.entry(file).or_default() += 1;
                progress.records += 1;
                if progress.records.is_multiple_of(256) {
                    watch(Progress { bytes: n_read.load(Ordering::Relaxed), ..progress });
                }
                if let Some(row) = row {
                    replay.take(row);
                }
            }
            Err(error) => {
                replay.skip(&error);
                first_error.get_or_insert(error);
            }
        },
    );
    if options.strict
        && let Some(error) = first_error
    {
        return Err(error.help("without --strict, such lines are skipped and counted"));
    }
    let files = read.read.iter().map(|(file, format)| InputFile {
        path: file.to_string(),
        format: (*format).to_owned(),
        records: counts.get(file).copied().unwrap_or(0),
        bytes: std::fs::metadata(&**file).map_or(0, |metadata| metadata.len()),
    });
    let mut report = replay.finish(files.collect());
    report.not_corpora = read
        .skipped
        .iter()
        .map(|skipped| report::Skipped { file: skipped.file.to_string(), line: 0, reason: skipped.reason.to_string() })
        .collect();
    if read.n_repeated > 0 {
        report.notes.push(format!("{} calls stand in more than one file and are counted once", read.n_repeated));
    }
    if report.baseline.requests == 0
        && let Some(error) = first_error
    {
        return Err(error);
    }
    Ok(report)
}

/// The models of `--what-if` and `--route`, each once.
fn others(options: &Options) -> Result<Vec<Other>> {
    let mut others: Vec<Other> = Vec::new();
    for name in &options.what_if {
        let spec = spec_of(options, None, name)?;
        if others.iter().all(|other| other.spec() != spec) {
            others.push(Other::new(spec, true, None));
        }
    }
    for (from, to) in &options.routes {
        let to = spec_of(options, None, to)?;
        // The model wherever it is hosted: the rule names a model, not a bill.
        let named = spec_of(options, None, from)?;
        let id = &options.catalog.models[named as usize].id;
        let hosted = (0_u32..).zip(&options.catalog.models).filter(|(_, spec)| spec.id == *id).map(|(index, _)| index);
        others.push(Other::new(to, false, Some(hosted.collect())));
    }
    Ok(others)
}

/// A model that the user named: `model` or `host/model`.
fn spec_of(options: &Options, host: Option<&str>, name: &str) -> Result<u32> {
    options.catalog.find_row(host, name).ok_or_else(|| options.catalog.unknown_model(host, name))
}

/// Errors when the corpus has no call at all: an empty file is not a bill of zero.
pub fn require_calls(report: &Report) -> Result<()> {
    if report.baseline.requests > 0 {
        return Ok(());
    }
    let mut error = Error::new(Kind::Input, "nothing to estimate: no request, response or prompt was found");
    if let Some(skipped) = report.not_corpora.first() {
        error = error.help(format!("{}: {}", skipped.file, skipped.reason));
    }
    Err(error)
}
