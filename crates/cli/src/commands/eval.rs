//! `promptopt eval compression`: the library measures, this file tells it the time and shows the rows.

mod savings;

use std::fmt::Write as _;
use std::time::Instant;

use promptopt::catalog::Catalog;
use promptopt::compress::measure::data::{Item, read};
use promptopt::compress::measure::{Method, Row, Setup, measure};
use promptopt::error::{Error, Kind, Result};
use promptopt::format::walk::discover;
use promptopt::tokens::{Encoding, Tokenizer};
use serde::Serialize;

use super::Outcome;
use crate::args::{CompressionArgs, CompressionForm, EvalArgs, EvalCommand, Methods};
use crate::settings::Settings;
use crate::{output, render};

/// What is written.
#[derive(Serialize)]
struct Report {
    schema: &'static str,
    encoding: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    without: Vec<&'static str>,
    rows: Vec<Measured>,
}

/// A row of it.
#[derive(Serialize)]
struct Measured {
    data: String,
    method: &'static str,
    ratio: f64,
    n: u64,
    /// Per cent.
    kept: f64,
    answerable: u64,
    tokens_in: u64,
    tokens_out: u64,
    over_budget: u64,
    p50_ms: f64,
    p99_ms: f64,
}

/// Runs the command.
pub(crate) fn run(args: &EvalArgs, settings: &Settings) -> Result<Outcome> {
    let args = match &args.command {
        EvalCommand::Compression(args) => args,
        EvalCommand::Savings(args) => return savings::run(args, settings),
    };
    let report = compression(args)?;
    let text = match args.output {
        CompressionForm::Text => text(&report),
        CompressionForm::Json => serde_json::to_string_pretty(&report)
            .map(|json| json + "\n")
            .map_err(|cause| Error::new(Kind::Io, "cannot write JSON").because(cause))?,
    };
    output::write(&text, None)?;
    Ok(Outcome::default())
}

fn compression(args: &CompressionArgs) -> Result<Report> {
    let encoding = encoding(args)?;
    let found = discover(&args.data);
    if let Some(problem) = found.problems.into_iter().next() {
        return Err(problem);
    }
    let methods: Vec<Method> = args
        .method
        .iter()
        .flat_map(|method| match method {
            Methods::One(method) => vec![*method],
            Methods::All => Method::ALL.to_vec(),
        })
        .collect();
    #[allow(clippy::disallowed_methods, reason = "how long a method takes is what is measured")]
    let started = Instant::now();
    let now_ms = || started.elapsed().as_secs_f64() * 1000.0;
    // The vocabulary is loaded before the first item is timed.
    encoding.counter().count("a");
    let mut rows = Vec::new();
    for input in &found.inputs {
        let items: Vec<Item> = read(&input.source)?;
        for method in &methods {
            for ratio in &args.ratio {
                let setup = Setup {
                    method: *method,
                    ratio: *ratio,
                    counter: &encoding,
                    now_ms: &now_ms,
                    without: &args.without,
                };
                rows.push(measured(&input.source.name(), *method, *ratio, &measure(&items, &setup)?));
            }
        }
    }
    let without = args.without.iter().map(|stage| stage.name()).collect();
    Ok(Report { schema: "promptopt.eval.compression/1", encoding: encoding.name(), without, rows })
}

/// Two decimals are more than a sample of some hundreds supports.
fn rounded(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

fn measured(path: &str, method: Method, ratio: f64, row: &Row) -> Measured {
    let Row { n, kept, answerable, tokens_in, tokens_out, over_budget, p50_ms, p99_ms } = *row;
    let name = path.rsplit(['/', '\\']).next().unwrap_or(path);
    Measured {
        data: name.trim_end_matches(".gz").trim_end_matches(".zst").trim_end_matches(".jsonl").to_owned(),
        method: method.name(),
        ratio,
        n,
        kept: rounded(kept),
        answerable,
        tokens_in,
        tokens_out,
        over_budget,
        p50_ms: rounded(p50_ms),
        p99_ms: rounded(p99_ms),
    }
}

fn encoding(args: &CompressionArgs) -> Result<Encoding> {
    let Some(model) = &args.model else {
        return Encoding::from_name(&args.encoding).ok_or_else(|| {
            let names: Vec<&str> = Encoding::ALL.iter().map(|encoding| encoding.name()).collect();
            Error::new(Kind::Config, format!("there is no encoding `{}`", args.encoding))
                .help(format!("there are {}", names.join(", ")))
        });
    };
    let catalog = Catalog::embedded();
    let spec = catalog.find(None, model).ok_or_else(|| catalog.unknown_model(None, model))?;
    match spec.tokenizer {
        Tokenizer::Exact(encoding) => Ok(encoding),
        Tokenizer::Approx(family) => Err(Error::new(
            Kind::Config,
            format!("the vocabulary of `{model}` ({}) is not public", Tokenizer::Approx(family).name()),
        )
        .help("a budget needs an exact count: give --encoding instead")),
    }
}

fn text(report: &Report) -> String {
    let mut out = String::new();
    let _ = writeln!(
        out,
        "{:<16}{:<16}{:>6}{:>6}{:>8}{:>12}{:>12}{:>6}{:>9}{:>9}",
        "data", "method", "ratio", "n", "kept %", "tokens in", "tokens out", "over", "p50 ms", "p99 ms"
    );
    for row in &report.rows {
        let _ = writeln!(
            out,
            "{:<16}{:<16}{:>6}{:>6}{:>8.1}{:>12}{:>12}{:>6}{:>9.2}{:>9.2}",
            render::clean(&row.data),
            row.method,
            row.ratio,
            row.n,
            row.kept,
            row.tokens_in,
            row.tokens_out,
            row.over_budget,
            row.p50_ms,
            row.p99_ms,
        );
    }
    let unanswerable: u64 = report
        .rows
        .iter()
        .filter(|row| row.method == report.rows[0].method && (row.ratio - report.rows[0].ratio).abs() < f64::EPSILON)
        .map(|row| row.n - row.answerable)
        .sum();
    if unanswerable > 0 {
        let _ = writeln!(
            out,
            "\n{unanswerable} items are left out of the shares: their answer does not stand in their text"
        );
    }
    out
}
