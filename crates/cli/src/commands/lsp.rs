//! `promptopt lsp`: the language server on standard input and output.

use std::sync::Arc;

use promptopt::clock::{Clock, SystemClock};
use promptopt::error::{Error, Kind, Result};
use promptopt::lint::Settings as Lint;

use super::Outcome;
use crate::args::LspArgs;
use crate::settings::Settings;
use crate::{lsp, overlay};

/// Runs `promptopt lsp`.
pub(crate) fn run(args: &LspArgs, settings: &Settings) -> Result<Outcome> {
    let today = SystemClock.now().to_zoned(jiff::tz::TimeZone::UTC).date();
    let defaults = Arc::new(Lint {
        catalog: Arc::new(overlay::catalog(settings)?),
        model: args.model.clone(),
        ..Lint::new(today)
    });
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .map_err(|cause| Error::new(Kind::Io, "cannot start the language server").because(cause))?;
    let for_all = Arc::clone(&defaults);
    runtime.block_on(lsp::serve(Box::new(move |_| Ok(Arc::clone(&for_all))), defaults));
    Ok(Outcome::default())
}
