//! `promptopt usage feedback`: how good an answer was.

use std::sync::Arc;

use promptopt::clock::{Clock, SystemClock};
use promptopt::error::{Error, Kind, Result};
use promptopt::ledger::settings::LedgerSettings;
use promptopt::ledger::{AttemptId, Books, Feedback, Ledger};

use super::{Outcome, Place};
use crate::args::FeedbackArgs;
use crate::settings::Settings;

/// Runs the command.
pub(super) fn run(args: &FeedbackArgs, settings: &Settings) -> Result<Outcome> {
    let call = AttemptId::from_text(&args.call).ok_or_else(|| {
        Error::new(Kind::Config, format!("`{}` is no call: expected 32 hexadecimal digits", args.call))
            .help("it stands in the answer's `x-promptopt-call` and in `promptopt usage export`")
    })?;
    let place = Place::of(args.which.ledger.as_deref(), args.which.config.as_deref(), settings)?;
    // Nothing is said about a ledger that is not there yet: it must not come to be by this.
    Books::open(&place.ledger)?;
    let at = LedgerSettings { path: Some(place.ledger), ..LedgerSettings::default() };
    let ledger = Ledger::open(&at, Arc::new(SystemClock))?;
    let label = args.label.as_deref().map(Into::into);
    let said = Feedback { call, at: SystemClock.now(), permille: args.score, label };
    crate::commands::chat::runtime()?.block_on(ledger.feedback(said))?;
    ledger.close();
    Ok(Outcome::default())
}
