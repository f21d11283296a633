//! `promptopt lsp`: the language server on standard input and output.

use std::path::Path;
use std::sync::Arc;

use promptopt::config::{Layer, Problems};
use promptopt::error::{Error, Kind, Result};
use promptopt::lint::Settings as Lint;

use super::Outcome;
use crate::args::LspArgs;
use crate::settings::Settings;
use crate::{lsp, steer};

/// Runs `promptopt lsp`.
pub(crate) fn run(args: &LspArgs, settings: &Settings) -> Result<Outcome> {
    let defaults = Arc::new(Lint { model: args.model.clone(), ..steer::base(settings, None)? });
    let model = args.model.clone();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .map_err(|cause| Error::new(Kind::Io, "cannot start the language server").because(cause))?;
    let base = Arc::clone(&defaults);
    // Read anew each time: who edits the configuration sees what it does at the next keystroke.
    let settings_for = move |path: &Path| {
        let layer = Layer { model: model.clone(), ..Layer::default() };
        let configs = steer::configs((*base).clone(), steer::Source::Nearest, layer)?;
        configs.settings_for(&path.display().to_string()).map_err(Problems::into_error)
    };
    runtime.block_on(lsp::serve(Box::new(settings_for), defaults));
    Ok(Outcome::default())
}
