//! `promptopt estimate`: the options of the command line become those of the library; the report is written and judged.

use std::io::IsTerminal;

use promptopt::error::{Error, Kind, Result};
use promptopt::estimate::Report;

use super::{Outcome, report};
use crate::args::EstimateArgs;
use crate::gates;
use crate::progress::Progress;
use crate::settings::Settings;

/// Estimates and writes.
pub(crate) fn run(args: &EstimateArgs, settings: &Settings) -> Result<Outcome> {
    if args.paths.iter().any(|path| path == "-") && std::io::stdin().is_terminal() {
        return Err(Error::new(Kind::Config, "nothing to read: standard input is a terminal")
            .help("name files or folders, or pipe a log into it; `promptopt estimate --help` has examples"));
    }
    // Read before the work: a base that cannot be read must not cost the user an estimate.
    let base = args.gates.base.as_deref().map(report::load).transpose()?;
    let estimated = estimate(args, settings)?;
    report::write(&estimated, &args.output, settings)?;
    let mut failed_gates = gates::check(&estimated, base.as_ref(), &args.gates);
    failed_gates.extend(args.max_cost.and_then(|limit| gates::max_cost(&estimated, limit)));
    Ok(Outcome { failed_gates })
}

/// Calls the library.
pub(crate) fn estimate(_args: &EstimateArgs, settings: &Settings) -> Result<Report> {
    let _progress = Progress::begin(settings.watched, settings.width);
    Err(Error::new(Kind::Config, "this build cannot read corpora yet")
        .help("`promptopt report FILE.json` shows a saved report"))
}
