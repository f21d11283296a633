//! `promptopt usage`: what the ledger says.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::tz::TimeZone;
use promptopt::budget::{Budgets, Spent};
use promptopt::clock::{Clock, ManualClock, SystemClock, Timestamp};
use promptopt::config::router::{RouterSettings, from_file};
use promptopt::error::{Error, Kind, Result};
use promptopt::ledger::{Books, Query};

use super::Outcome;
use crate::args::{UsageArgs, UsageCommand, UsageForm, When, WhichArgs};
use crate::render::usage::Figures;
use crate::settings::Settings;
use crate::{output, overlay, render, watch};

mod export;
mod feedback;
mod reconcile;

/// Rows of a table on a screen.
const TOP: usize = 10;
/// Configuration of this folder, if it is there.
const CONFIG: &str = "promptopt.toml";
/// The ledger, if nobody names one.
const LEDGER: &str = "promptopt.sqlite";

/// Runs `promptopt usage`.
pub(crate) fn run(args: &UsageArgs, settings: &Settings) -> Result<Outcome> {
    match &args.command {
        Some(UsageCommand::Reconcile(args)) => reconcile::run(args, settings),
        Some(UsageCommand::Export(args)) => export::run(args, settings),
        Some(UsageCommand::Feedback(args)) => feedback::run(args, settings),
        None if args.watch => watched(args, settings),
        None => output::write(&show(args, settings)?, args.out.as_deref()).map(|()| Outcome::default()),
    }
}

fn show(args: &UsageArgs, settings: &Settings) -> Result<String> {
    let path = args.file.as_deref().or(args.which.ledger.as_deref());
    let place = Place::of(path, args.which.config.as_deref(), settings)?;
    let books = Books::open(&place.ledger)?;
    let now = match args.as_of {
        Some(when) => end(when, SystemClock.now())?,
        None => SystemClock.now(),
    };
    let (since, until) = range(&args.which, now)?;
    let is_whole = matches!(args.output, UsageForm::Json | UsageForm::Csv);
    let top = args.top.unwrap_or(if is_whole { usize::MAX } else { TOP });
    let query = Query { since, until, by: args.by.clone(), only: args.only.clone(), top };
    let report = books.usage(&query, now)?;
    let budgets = budgets(&books, &place.settings, now)?;
    let figures = Figures { report: &report, budgets: &budgets, query: &query, ledger: &place.ledger };
    Ok(match args.output {
        UsageForm::Text => {
            let color = settings.color_on_stdout && args.out.is_none();
            render::usage::text(&figures, settings.width, color)
        }
        UsageForm::Json => render::usage::json(&figures)?,
        UsageForm::Csv => render::usage::csv(&report),
        UsageForm::Markdown => render::usage::markdown(&figures),
    })
}

/// What is spent of each budget, by the router's own arithmetic.
fn budgets(books: &Books, settings: &RouterSettings, now: Timestamp) -> Result<Vec<Spent>> {
    let clock: Arc<dyn Clock> = Arc::new(ManualClock::at(now));
    let budgets = Budgets::new(&settings.budgets, clock);
    if let Some(since) = budgets.counts_since(now) {
        books.spent_since(since, |at, labels, cost| {
            if at <= now {
                budgets.load(at, labels, cost);
            }
        })?;
    }
    Ok(budgets.view())
}

fn watched(args: &UsageArgs, settings: &Settings) -> Result<Outcome> {
    let path = args.file.as_deref().or(args.which.ledger.as_deref());
    let ledger = Place::of(path, args.which.config.as_deref(), settings)?.ledger;
    // Commits stand in the log beside the file until they are moved into it.
    let mut log = ledger.clone().into_os_string();
    log.push("-wal");
    let log = PathBuf::from(log);
    let mut failed = None;
    watch::watch(|_| {
        let drawn = show(args, settings).and_then(|text| {
            // Home, the new text, and away with what was below it: a screen that is cleared first would flicker.
            let lines = text.replace('\n', "\x1b[K\n");
            let text = if settings.stdout_is_terminal { format!("\x1b[H{lines}\x1b[J") } else { text };
            output::write(&text, None)
        });
        match drawn {
            Ok(()) => ControlFlow::Continue(vec![ledger.clone(), log.clone()]),
            Err(error) => {
                failed = Some(error);
                ControlFlow::Break(())
            }
        }
    });
    failed.map_or(Ok(Outcome::default()), Err)
}

/// Where the ledger is, and what the configuration says.
struct Place {
    ledger: PathBuf,
    settings: RouterSettings,
}

impl Place {
    /// The ledger that is named, that of the configuration, or the usual one.
    fn of(ledger: Option<&Path>, config: Option<&Path>, settings: &Settings) -> Result<Place> {
        let file = config.unwrap_or(Path::new(CONFIG));
        let resolved = if config.is_some() || file.exists() {
            let read = |path: &Path| std::fs::read_to_string(path);
            let catalog = overlay::shared(settings)?;
            from_file(file, &read, &catalog).map_err(promptopt::config::Problems::into_error)?
        } else {
            RouterSettings::default()
        };
        let named = ledger.map(Path::to_owned).or_else(|| resolved.ledger.path.clone());
        Ok(Place { ledger: named.unwrap_or_else(|| PathBuf::from(LEDGER)), settings: resolved })
    }
}

fn range(which: &WhichArgs, now: Timestamp) -> Result<(Option<Timestamp>, Option<Timestamp>)> {
    let since = which.since.map(|when| begin(when, now)).transpose()?;
    let until = which.until.map(|when| end(when, now)).transpose()?;
    if let (Some(since), Some(until)) = (since, until)
        && since >= until
    {
        return Err(Error::new(Kind::Config, format!("--since {since} is not before --until {until}")));
    }
    Ok((since, until))
}

fn begin(when: When, now: Timestamp) -> Result<Timestamp> {
    let wrong = |cause: jiff::Error| Error::new(Kind::Config, "the time cannot be used").because(cause);
    match when {
        When::Day(day) => day.to_zoned(TimeZone::UTC).map(|zoned| zoned.timestamp()).map_err(wrong),
        When::At(at) => Ok(at),
        When::Ago(ago) => now.checked_sub(ago).map_err(wrong),
    }
}

/// A day still counts.
fn end(when: When, now: Timestamp) -> Result<Timestamp> {
    match when {
        When::Day(day) => {
            let next = day.tomorrow();
            let next = next.map_err(|cause| Error::new(Kind::Config, "the day cannot be used").because(cause))?;
            begin(When::Day(next), now)
        }
        when => begin(when, now),
    }
}
