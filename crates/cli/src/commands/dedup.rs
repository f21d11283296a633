//! `promptopt dedup`: texts are taken out of the records and read by several threads, compared by the library, and the
//! copies are priced.

use std::io::IsTerminal;

use promptopt::dedup::{Deduplicator, Options};
use promptopt::error::{Error, Kind, Result};
use promptopt::format::walk::discover;
use promptopt::format::{ReadOptions, by_name, read_all};

use super::Outcome;
use crate::args::{DedupArgs, DedupForm};
use crate::settings::Settings;
use crate::{output, overlay, render};

mod bill;
mod texts;

pub(crate) use bill::{Copies, Copy, Report};

/// Clusters on a screen.
const TOP: usize = 10;

/// Runs the command.
pub(crate) fn run(args: &DedupArgs, settings: &Settings) -> Result<Outcome> {
    if args.paths.iter().any(|path| path == "-") && std::io::stdin().is_terminal() {
        return Err(Error::new(Kind::Config, "nothing to read: standard input is a terminal")
            .help("name files or folders, or pipe a log into it; `promptopt dedup --help` has examples"));
    }
    let report = find(args, settings)?;
    let text = match args.output {
        DedupForm::Text => {
            let color = settings.color_on_stdout && args.out.is_none();
            render::dedup_text(&report, settings.width, color, args.top.unwrap_or(TOP))
        }
        DedupForm::Json => {
            let mut report = report;
            report.clusters.truncate(args.top.unwrap_or(usize::MAX));
            serde_json::to_string_pretty(&report)
                .map(|json| json + "\n")
                .map_err(|cause| Error::new(Kind::Io, "cannot write JSON").because(cause))?
        }
    };
    output::write(&text, args.out.as_deref())?;
    Ok(Outcome::default())
}

fn find(args: &DedupArgs, settings: &Settings) -> Result<Report> {
    let catalog = overlay::catalog(settings)?;
    if let Some(model) = args.model.as_deref()
        && catalog.find(None, model).is_none()
    {
        return Err(catalog.unknown_model(None, model));
    }
    let found = discover(&args.paths);
    if let Some(problem) = found.problems.into_iter().next() {
        return Err(problem);
    }
    let options = ReadOptions {
        format: args.format.as_deref().map(by_name).transpose()?,
        threads: std::thread::available_parallelism().map_or(1, usize::from),
        ..ReadOptions::default()
    };
    let mut deduplicator = Deduplicator::new(Options { level: args.level, threshold: args.threshold });
    let mut corpus = texts::Corpus::default();
    let mut failures = Vec::new();
    let read = read_all(
        &found.inputs,
        &options,
        |record| record.map(|record| texts::take(&record, args.what, args.model.as_deref(), &catalog)),
        |taken| match taken {
            Ok(taken) => {
                for fingerprint in corpus.add(taken) {
                    deduplicator.push_fingerprint(&fingerprint);
                }
            }
            Err(error) => failures.push(error),
        },
    );
    if corpus.is_empty() {
        // Nothing could be read: what is wrong with the first line says more than that nothing was found.
        return Err(match failures.into_iter().next() {
            Some(error) => error,
            None => Error::input("no text to compare was found")
                .help("the input must hold prompts or requests; --what chooses among their parts"),
        });
    }
    let duplicates = deduplicator.finish();
    let mut report = bill::report(&corpus, &duplicates, args);
    report.files = read.read.len();
    report.skip(&failures);
    report.passed_over = read.skipped.len() + found.skipped.len();
    Ok(report)
}
