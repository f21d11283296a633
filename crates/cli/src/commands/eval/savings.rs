//! `promptopt eval savings`: conversations from a log, billed by the library with and without the optimizer.

use std::collections::BTreeMap;
use std::sync::Arc;

use promptopt::error::{Error, Kind, Result};
use promptopt::format::walk::discover;
use promptopt::format::{ReadOptions, Record, by_name, read_all};
use promptopt::optimize::bill::{Ledgers, RunBill, bill, continues};
use promptopt::optimize::{Optimizer, Settings as Optimization, compact};
use promptopt::usd::Usd;
use serde::Serialize;

use crate::args::{CompressionForm, SavingsArgs};
use crate::commands::Outcome;
use crate::render::page::{Page, Style};
use crate::render::{clean, words};
use crate::settings::Settings;
use crate::{output, overlay};

/// What is written.
#[derive(Serialize)]
struct Report {
    schema: &'static str,
    /// Tokens to which results are cut when they arrive.
    max_result: u64,
    /// Lines that could not be read.
    n_skipped: u64,
    models: Vec<Model>,
}

/// The bills of all conversations on one model.
#[derive(Serialize)]
struct Model {
    #[serde(rename = "model")]
    name: String,
    sums: Bill,
    /// Conversations whose bill does not fall: without loss, and shortened.
    n_not_lower: [usize; 2],
    transforms: Vec<Worth>,
    runs: Vec<Bill>,
}

/// The bill of a conversation, or of all.
#[derive(Clone, Default, Serialize)]
struct Bill {
    #[serde(skip_serializing_if = "String::is_empty")]
    name: String,
    calls: u64,
    without_usd: Usd,
    lossless_usd: Usd,
    shortened_usd: Usd,
    /// Results shortened.
    n_shortened: u64,
    /// Lines of shortened results that the model wrote again …
    n_quoted: u64,
    /// … and of them those that still stood in its prompt.
    n_quoted_kept: u64,
    /// Lines of any result that the model wrote again.
    n_quoted_all: u64,
}

/// What a transform was worth.
#[derive(Serialize)]
struct Worth {
    transform: &'static str,
    edits: u64,
    tokens: u64,
    saved_usd: Usd,
}

/// Runs the command.
pub(super) fn run(args: &SavingsArgs, settings: &Settings) -> Result<Outcome> {
    let (runs, n_skipped) = conversations(args)?;
    let catalog = Arc::new(overlay::catalog(settings)?);
    let options = compact::Options {
        max_result: args.max_result,
        n_recent: args.compact.unwrap_or(usize::MAX),
        ..compact::Options::default()
    };
    let models = if args.model.is_empty() { vec![None] } else { args.model.iter().cloned().map(Some).collect() };
    let mut report =
        Report { schema: "promptopt.eval.savings/1", max_result: args.max_result, n_skipped, models: Vec::new() };
    for model in models {
        let optimizer = Optimizer::new(Optimization {
            model: model.clone(),
            catalog: Some(Arc::clone(&catalog)),
            ..Optimization::default()
        })?;
        let mut ledgers = Ledgers::default();
        let bills: Vec<RunBill> =
            runs.iter().map(|run| bill(&optimizer, run, &options, &mut ledgers)).collect::<Result<_>>()?;
        let name = model.unwrap_or_else(|| "as logged".to_owned());
        report.models.push(summed(name, &runs, bills));
    }
    let text = match args.output {
        CompressionForm::Text => text(&report, args.full, settings),
        CompressionForm::Json => serde_json::to_string_pretty(&report)
            .map(|json| json + "\n")
            .map_err(|cause| Error::new(Kind::Io, "cannot write JSON").because(cause))?,
    };
    output::write(&text, None)?;
    Ok(Outcome::default())
}

/// The conversations in the logs: the calls of one line of a file, or of one session.
fn conversations(args: &SavingsArgs) -> Result<(Vec<Vec<Record>>, u64)> {
    let found = discover(&args.paths);
    if let Some(problem) = found.problems.into_iter().next() {
        return Err(problem);
    }
    let options = ReadOptions { format: args.format.as_deref().map(by_name).transpose()?, ..ReadOptions::default() };
    let mut runs: Vec<Vec<Record>> = Vec::new();
    let mut sessions: BTreeMap<String, usize> = BTreeMap::new();
    let mut first_error = None;
    let mut n_skipped = 0;
    read_all(
        &found.inputs,
        &options,
        |record: Result<Record>| record,
        |record| match record {
            Ok(record) if record.request.is_none() => {}
            Ok(record) => {
                let session = record.tags.get("session").map_or_else(
                    || format!("{}:{}", record.origin.file, record.origin.line),
                    |session| format!("session {session}"),
                );
                // A session may hold several conversations: titles, other agents, a history begun anew.
                let last = sessions.get(&session).and_then(|run: &usize| runs[*run].last());
                let goes_on = match (last.and_then(|last| last.request.as_ref()), &record.request) {
                    (Some(earlier), Some(later)) => continues(earlier, later),
                    _ => true,
                };
                if !goes_on {
                    sessions.remove(&session);
                }
                let run = *sessions.entry(session).or_insert_with(|| {
                    runs.push(Vec::new());
                    runs.len() - 1
                });
                runs[run].push(record);
            }
            Err(error) => {
                n_skipped += 1;
                first_error.get_or_insert(error);
            }
        },
    );
    match (runs.is_empty(), first_error) {
        (true, Some(error)) => Err(error),
        (true, None) => Err(Error::input("no conversation was found")
            .help("the log must hold the requests themselves, such as an agent's runs or chat requests by session")),
        (false, _) => Ok((runs, n_skipped)),
    }
}

fn summed(name_of_model: String, runs: &[Vec<Record>], bills: Vec<RunBill>) -> Model {
    let mut sums = Bill::default();
    let mut transforms: BTreeMap<&'static str, (u64, u64, Usd)> = BTreeMap::new();
    let mut n_not_lower = [0, 0];
    let mut rows = Vec::new();
    for (run, bill) in runs.iter().zip(bills) {
        n_not_lower[0] += usize::from(bill.lossless >= bill.without);
        n_not_lower[1] += usize::from(bill.compacted >= bill.without);
        for (name, (edits, tokens, saved)) in &bill.by_transform {
            let sum = transforms.entry(name).or_default();
            *sum = (sum.0 + edits, sum.1 + tokens, sum.2.saturating_add(*saved));
        }
        let name = run.first().map_or_else(String::new, |first| {
            let tag = ["instance", "run", "session"].iter().find_map(|tag| first.tags.get(*tag));
            tag.map_or_else(|| format!("{}:{}", first.origin.file, first.origin.line), ToString::to_string)
        });
        let row = Bill {
            name,
            calls: bill.n_calls,
            without_usd: bill.without,
            lossless_usd: bill.lossless,
            shortened_usd: bill.compacted,
            n_shortened: bill.n_shortened,
            n_quoted: bill.n_quoted,
            n_quoted_kept: bill.n_quoted_kept,
            n_quoted_all: bill.n_quoted_all,
        };
        sums.calls += row.calls;
        sums.without_usd = sums.without_usd.saturating_add(row.without_usd);
        sums.lossless_usd = sums.lossless_usd.saturating_add(row.lossless_usd);
        sums.shortened_usd = sums.shortened_usd.saturating_add(row.shortened_usd);
        sums.n_shortened += row.n_shortened;
        sums.n_quoted += row.n_quoted;
        sums.n_quoted_kept += row.n_quoted_kept;
        sums.n_quoted_all += row.n_quoted_all;
        rows.push(row);
    }
    let mut worth: Vec<Worth> = transforms
        .into_iter()
        .map(|(transform, (edits, tokens, saved_usd))| Worth { transform, edits, tokens, saved_usd })
        .collect();
    worth.sort_by_key(|worth| std::cmp::Reverse(worth.saved_usd));
    Model { name: name_of_model, sums, n_not_lower, transforms: worth, runs: rows }
}

fn text(report: &Report, is_full: bool, settings: &Settings) -> String {
    let mut page = Page::new(settings.width, settings.color_on_stdout);
    for (index, model) in report.models.iter().enumerate() {
        if index > 0 {
            page.blank();
        }
        let n_runs = model.runs.len() as u64;
        page.line().add(clean(&model.name), Style::Heading).add(
            format!("  {}, {}", words::plural(n_runs, "conversation", "conversations"), words::calls(model.sums.calls)),
            Style::Dim,
        );
        let sums = &model.sums;
        let money = words::money_column(&[sums.without_usd, sums.lossless_usd, sums.shortened_usd]);
        let mut row = |name: &str, cost: Usd, n_not_lower: Option<usize>| {
            let line = page.line();
            line.add(format!("  {name}"), Style::Plain).pad_to(32).add(money(cost), Style::Bold);
            if let Some(n) = n_not_lower {
                let change = words::change_percent(sums.without_usd, cost).unwrap_or_default();
                line.add(format!("  {change:>8}"), if cost < sums.without_usd { Style::Good } else { Style::Bad });
                let all = if n == 0 { "lower in each".to_owned() } else { format!("not lower in {n} of {n_runs}") };
                line.add(format!("  {all}"), Style::Dim);
            }
        };
        row("as it was sent", sums.without_usd, None);
        row("optimized, nothing lost", sums.lossless_usd, Some(model.n_not_lower[0]));
        row(&format!("results cut to {} tokens", report.max_result), sums.shortened_usd, Some(model.n_not_lower[1]));
        for worth in &model.transforms {
            let line = page.line();
            line.add(format!("    {}", worth.transform), Style::Accent).pad_to(32);
            line.add(money(worth.saved_usd), Style::Good);
            line.add(format!("  saved by {} edits", words::count(worth.edits)), Style::Dim);
        }
        if sums.n_shortened > 0 {
            let lost = sums.n_quoted - sums.n_quoted_kept;
            let words = format!(
                "{} results were shortened. The model later wrote {} lines of results again; {lost} of those it could no \
                 longer see ({}).",
                words::count(sums.n_shortened),
                words::count(sums.n_quoted_all),
                words::share_of(lost, sums.n_quoted_all)
            );
            page.paragraph(&words, 2, Style::Plain);
        }
        if is_full {
            for run in &model.runs {
                let line = page.line();
                line.add(format!("  {}", clean(&run.name)), Style::Plain).pad_to(36);
                line.add(format!("{:>5} calls", run.calls), Style::Dim);
                line.add(format!("  {}", run.without_usd.to_decimal()), Style::Plain);
                for cost in [run.lossless_usd, run.shortened_usd] {
                    let change = words::change_percent(run.without_usd, cost).unwrap_or_default();
                    line.add(format!("{change:>9}"), if cost < run.without_usd { Style::Good } else { Style::Bad });
                }
            }
        }
    }
    if report.n_skipped > 0 {
        let lines = words::plural(report.n_skipped, "line", "lines");
        page.paragraph(&format!("{lines} could not be read and are left out"), 0, Style::Bad);
    }
    page.finish()
}
