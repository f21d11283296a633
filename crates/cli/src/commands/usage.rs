//! `promptopt usage`: what the ledger says.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use jiff::civil::Date;
use jiff::tz::TimeZone;
use promptopt::clock::{Clock, SystemClock, Timestamp};
use promptopt::config::router::from_file;
use promptopt::error::{Error, Kind, Result};
use promptopt::format::read::{ReadOptions, read_all};
use promptopt::format::walk::discover;
use promptopt::ledger::query::{self, Grouping, Query};
use promptopt::ledger::reconcile::{self, Compared, Sides, Why};
use promptopt::ledger::settings::LedgerSettings;
use promptopt::ledger::{AttemptId, Feedback, Ledger};
use promptopt::usd::Usd;
use serde_json::json;

use super::Outcome;
use crate::args::{
    ExportArgs, ExportForm, FeedbackArgs, ReconcileArgs, RouteForm, UsageArgs, UsageCommand, UsageForm, WhichArgs,
};
use crate::render;
use crate::render::page::{Page, Style};
use crate::render::table::{Cell, Column, Table};
use crate::settings::Settings;
use crate::{output, overlay, watch};

/// Runs `promptopt usage`.
pub(crate) fn run(args: &UsageArgs, settings: &Settings) -> Result<Outcome> {
    match &args.command {
        Some(UsageCommand::Reconcile(args)) => reconcile(args, settings),
        Some(UsageCommand::Export(args)) => export(args, settings),
        Some(UsageCommand::Feedback(args)) => feedback(args, settings),
        None if args.watch => watched(args, settings),
        None => show(args, settings).map(|()| Outcome::default()),
    }
}

fn show(args: &UsageArgs, settings: &Settings) -> Result<()> {
    let path = ledger(args.which.ledger.as_deref(), settings)?;
    let (since, until) = range(&args.which)?;
    let query = Query { since, until, by: Grouping::from_name(&args.by)?, now: SystemClock.now() };
    let report = query::report(&path, &query)?;
    let text = match args.output {
        UsageForm::Text => render::usage_text(&report, &args.by, settings),
        UsageForm::Json => render::json_of(&report)?,
        UsageForm::Csv => render::usage_csv(&report, &args.by),
    };
    output::write(&text, None)
}

fn watched(args: &UsageArgs, settings: &Settings) -> Result<Outcome> {
    let path = ledger(args.which.ledger.as_deref(), settings)?;
    // Commits stand in the log beside the file until they are moved into it.
    let log = path.with_file_name(format!("{}-wal", path.file_name().unwrap_or_default().to_string_lossy()));
    let mut failed = None;
    watch::watch(|_| {
        if settings.stdout_is_terminal {
            let _closed = output::write("\u{1b}[2J\u{1b}[H", None);
        }
        match show(args, settings) {
            Ok(()) => ControlFlow::Continue(vec![path.clone(), log.clone()]),
            Err(error) => {
                failed = Some(error);
                ControlFlow::Break(())
            }
        }
    });
    failed.map_or(Ok(Outcome::default()), Err)
}

fn reconcile(args: &ReconcileArgs, settings: &Settings) -> Result<Outcome> {
    let path = ledger(args.which.ledger.as_deref(), settings)?;
    let (since, until) = range(&args.which)?;
    let mut ours = Sides::new();
    query::each(&path, since, until, |record| reconcile::add_ours(&mut ours, &record))?;
    let catalog = overlay::shared(settings)?;
    let named = |host: Option<&str>, model: &str| {
        catalog.find(host, model).or_else(|| catalog.find(None, model)).map(|spec| spec.id.to_string())
    };
    let paths: Vec<String> = args.files.iter().map(|path| path.display().to_string()).collect();
    let found = discover(&paths);
    if let Some(problem) = found.problems.into_iter().next() {
        return Err(problem);
    }
    let (mut theirs, mut first_error, mut n_read) = (Sides::new(), None, 0_u64);
    let inside = |at: Timestamp| since.is_none_or(|since| at >= since) && until.is_none_or(|until| at < until);
    read_all(
        &found.inputs,
        &ReadOptions::default(),
        |record| record,
        |record| match record {
            Ok(record) => {
                n_read += 1;
                if record.at.is_none_or(inside) {
                    reconcile::add_theirs(&mut theirs, &record, named);
                }
            }
            Err(error) => _ = first_error.get_or_insert(error),
        },
    );
    if let Some(error) = first_error {
        return Err(error);
    }
    if n_read == 0 {
        return Err(Error::input("there is no usage in this report")
            .in_file(paths.join(", "))
            .help("`promptopt estimate` says what it makes of a file"));
    }
    let compared = reconcile::compare(&ours, &theirs, args.tolerance);
    let text = match args.output {
        RouteForm::Json => render::json_of(&compared)?,
        RouteForm::Text => compared_text(&compared, settings),
    };
    output::write(&text, None)?;
    Ok(Outcome { is_failed: compared.iter().any(|row| row.why.is_some()), ..Outcome::default() })
}

fn compared_text(compared: &[Compared], settings: &Settings) -> String {
    let mut page = Page::new(settings.width, settings.color_on_stdout);
    let n_differ = compared.iter().filter(|row| row.why.is_some()).count();
    page.heading("The ledger beside the report", &format!("{} days and models, {n_differ} differ", compared.len()));
    let columns = vec![
        Column::name(),
        Column::figure("tokens here", 3),
        Column::figure("there", 2),
        Column::figure("money here", 1),
        Column::figure("there", 0),
        Column::left("", 0),
    ];
    let mut table = Table::new("day and model", columns);
    let usd = |usd: Option<Usd>| usd.map_or_else(|| "?".to_owned(), |usd| format!("${}", usd.to_decimal()));
    for row in compared {
        let (words, style) = match row.why {
            None => ("agree", Style::Good),
            Some(Why::MissingThere) => ("not in the report", Style::Bad),
            Some(Why::MissingHere) => ("not in the ledger", Style::Bad),
            Some(Why::Tokens) => ("tokens differ", Style::Bad),
            Some(Why::Price) => ("prices differ", Style::Bad),
        };
        table.row(vec![
            Cell::new(format!("{} {}", row.day, row.model), Style::Plain),
            (row.ours.input + row.ours.output).to_string().into(),
            (row.theirs.input + row.theirs.output).to_string().into(),
            usd(row.ours.usd).into(),
            usd(row.theirs.usd).into(),
            Cell::new(words, style),
        ]);
    }
    table.draw(&mut page);
    page.finish()
}

fn export(args: &ExportArgs, settings: &Settings) -> Result<Outcome> {
    let path = ledger(args.which.ledger.as_deref(), settings)?;
    let (since, until) = range(&args.which)?;
    let mut text = String::new();
    if args.output == ExportForm::Csv {
        text.push_str(&render::usage_csv_head());
    }
    query::each(&path, since, until, |record| match args.output {
        ExportForm::Csv => text.push_str(&render::usage_csv_row(&record)),
        ExportForm::Json => {
            text.push_str(&json!({
                "id": record.id.to_string(), "call": record.call.to_string(), "at": record.at.to_string(),
                "tenant": record.tenant, "caller": record.caller, "team": record.team, "tags": record.tags,
                "route": record.route, "asked": record.asked, "provider": record.provider, "host": record.host, "model": record.model,
                "tier": record.tier, "usage": record.usage, "source": record.source, "cost_usd": record.cost.map(Usd::to_decimal),
                "saved_usd": record.saved.to_decimal(), "saved_by": record.saved_by, "queued_us": record.queued_us,
                "first_byte_us": record.first_byte_us, "total_us": record.total_us, "outcome": record.outcome,
                "status": record.status, "error": record.error,
            }).to_string());
            text.push('\n');
        }
    })?;
    output::write(&text, args.out.as_deref())?;
    Ok(Outcome::default())
}

fn feedback(args: &FeedbackArgs, settings: &Settings) -> Result<Outcome> {
    let call = AttemptId::from_text(&args.call)
        .ok_or_else(|| Error::input(format!("`{}` is no call: expected 32 hexadecimal digits", args.call)))?;
    if args.score > 1000 {
        return Err(Error::input(format!("expected a score from 0 to 1000, found {}", args.score)));
    }
    let path = ledger(args.ledger.as_deref(), settings)?;
    if !path.exists() {
        return Err(Error::new(Kind::Io, "there is no ledger").in_file(path.display().to_string()));
    }
    let ledger = Ledger::open(
        &LedgerSettings { path: Some(path), ..LedgerSettings::default() },
        std::sync::Arc::new(SystemClock),
    )?;
    let said =
        Feedback { call, at: SystemClock.now(), permille: args.score, label: args.label.as_deref().map(Into::into) };
    super::chat::runtime()?.block_on(ledger.feedback(said))?;
    ledger.close();
    Ok(Outcome::default())
}

/// The ledger that is named, that of the configuration, or the usual one.
fn ledger(named: Option<&Path>, settings: &Settings) -> Result<PathBuf> {
    if let Some(path) = named {
        return Ok(path.to_owned());
    }
    let config = Path::new("promptopt.toml");
    if config.exists() {
        let read = |path: &Path| std::fs::read_to_string(path);
        let catalog = overlay::shared(settings)?;
        let resolved = from_file(config, &read, &catalog).map_err(promptopt::config::Problems::into_error)?;
        if let Some(path) = resolved.ledger.path {
            return Ok(path);
        }
    }
    Ok(PathBuf::from("promptopt.sqlite"))
}

fn range(which: &WhichArgs) -> Result<(Option<Timestamp>, Option<Timestamp>)> {
    let begin = |day: Date| day.to_zoned(TimeZone::UTC).map(|zoned| zoned.timestamp());
    let wrong = |cause: jiff::Error| Error::input("the day cannot be used").because(cause);
    let since = which.since.map(begin).transpose().map_err(wrong)?;
    let until = which.until.map(|day| day.tomorrow().and_then(begin)).transpose().map_err(wrong)?;
    Ok((since, until))
}
