//! `promptopt usage reconcile`: the ledger beside a provider's report.

use promptopt::error::Result;
use promptopt::ledger::Books;
use promptopt::ledger::reconcile::Reconciliation;

use super::{Outcome, Place};
use crate::args::{ReconcileArgs, RouteForm};
use crate::settings::Settings;
use crate::{output, overlay, render};

/// Pico-percent in a millionth of the whole.
const PER_PPM: i128 = 100_000_000;

/// Runs the command.
pub(super) fn run(args: &ReconcileArgs, settings: &Settings) -> Result<Outcome> {
    let place = Place::of(args.which.ledger.as_deref(), args.which.config.as_deref(), settings)?;
    let catalog = overlay::shared(settings)?;
    let found = Reconciliation::of(&Books::open(&place.ledger)?, &args.file, &catalog)?;
    let tolerance = u64::try_from(args.tolerance.0 / PER_PPM).unwrap_or(u64::MAX);
    let is_failed = found.is_beyond(tolerance);
    let text = match args.output {
        RouteForm::Json => render::json_of(&found)?,
        RouteForm::Text => {
            render::usage::reconciled(&found, tolerance, args.full, settings.width, settings.color_on_stdout)
        }
    };
    output::write(&text, None)?;
    Ok(Outcome { is_failed, ..Outcome::default() })
}
