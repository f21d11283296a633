//! `promptopt estimate`: the options of the command line become those of the library; the report is written and judged.

use std::io::IsTerminal;
use std::sync::Arc;

use promptopt::catalog::Catalog;
use promptopt::clock::{Clock, SystemClock};
use promptopt::error::{Error, Kind, Result};
use promptopt::estimate::{self, Batchable, Options, Report, ResponseCacheOptions};
use promptopt::format;
use promptopt::optimize::{self, Goal, Optimizer, Shortening};

use super::{Outcome, report};
use crate::args::{Batchable as Waits, EstimateArgs};
use crate::progress::{Done, Progress};
use crate::settings::Settings;
use crate::{gates, overlay};

/// Estimates and writes.
pub(crate) fn run(args: &EstimateArgs, settings: &Settings) -> Result<Outcome> {
    if args.paths.iter().any(|path| path == "-") && std::io::stdin().is_terminal() {
        return Err(Error::new(Kind::Config, "nothing to read: standard input is a terminal")
            .help("name files or folders, or pipe a log into it; `promptopt estimate --help` has examples"));
    }
    // Read before the work: a base that cannot be read must not cost the user an estimate.
    let base = args.gates.base.as_deref().map(report::load).transpose()?;
    let estimated = estimate(args, settings)?;
    let mut failed_gates = gates::check(&estimated, base.as_ref(), &args.gates);
    failed_gates.extend(args.max_cost.and_then(|limit| gates::max_cost(&estimated, limit)));
    report::write(&estimated, &args.output, settings)?;
    Ok(Outcome { failed_gates, ..Outcome::default() })
}

/// Calls the library.
pub(crate) fn estimate(args: &EstimateArgs, settings: &Settings) -> Result<Report> {
    let options = options(args, settings)?;
    let progress = Progress::begin(settings.watched, settings.width);
    let report = estimate::estimate(&args.paths, &options, &mut |so_far| {
        progress.tell(Done { bytes: so_far.bytes, total_bytes: so_far.total_bytes, records: so_far.records });
    })?;
    drop(progress);
    estimate::require_calls(&report)?;
    Ok(report)
}

fn options(args: &EstimateArgs, settings: &Settings) -> Result<Options> {
    let catalog = Arc::new(overlay::catalog(settings)?);
    let defaults = Options::new(Arc::clone(&catalog), SystemClock.now());
    let cache = defaults.response_cache;
    let as_of = args
        .as_of
        .map(|day| day.to_zoned(jiff::tz::TimeZone::UTC))
        .transpose()
        .map_err(|cause| Error::new(Kind::Config, "the day of --as-of is out of range").because(cause))?;
    let n_cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let optimizer = optimizer(args, &catalog)?;
    Ok(Options {
        optimizer,
        format: args.format.as_deref().map(format::by_name).transpose()?,
        strict: args.strict,
        model: args.model.clone(),
        host: args.provider.clone(),
        as_of: as_of.map(|midnight| midnight.timestamp()),
        ignore_usage: args.ignore_usage,
        ignore_cache_fields: args.ignore_cache_fields,
        output_tokens: args.output_tokens,
        tier: args.tier,
        // Hosts spell regions in lower case, and so does the catalogue.
        region: args.region.as_deref().map(str::to_lowercase),
        response_cache: ResponseCacheOptions {
            time_to_live_s: args.cache_ttl.map_or(cache.time_to_live_s, |duration| duration.as_secs()),
            capacity: args.cache_capacity.map_or(cache.capacity, |n| usize::try_from(n).unwrap_or(usize::MAX)),
        },
        batchable: batchable(&args.batchable)?,
        what_if: args.what_if.clone(),
        routes: args.route.clone(),
        n_threads: args.threads.map_or(n_cores, |n| n as usize),
        ..defaults
    })
}

/// What rewrites the prompts, if that is asked for.
fn optimizer(args: &EstimateArgs, catalog: &Arc<Catalog>) -> Result<Option<Arc<Optimizer>>> {
    if !args.optimize && args.optimize_budget.is_none() {
        return Ok(None);
    }
    let shortening = Shortening { goal: args.optimize_budget.map(Goal::Budget), ..Shortening::default() };
    let settings =
        optimize::Settings { shortening, catalog: Some(Arc::clone(catalog)), ..optimize::Settings::default() };
    Ok(Some(Arc::new(Optimizer::new(settings)?)))
}

fn batchable(waits: &[Waits]) -> Result<Batchable> {
    let mut tags = Vec::new();
    for wait in waits {
        match wait {
            Waits::All | Waits::None if waits.len() > 1 => {
                return Err(Error::new(Kind::Config, "--batchable all and none stand alone")
                    .help("name either tags, or `all`, or `none`"));
            }
            Waits::All => return Ok(Batchable::All),
            Waits::None => return Ok(Batchable::None),
            Waits::Tag { key, value } => tags.push((key.clone(), value.clone())),
        }
    }
    Ok(if tags.is_empty() { Batchable::Unknown } else { Batchable::Tagged(tags) })
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::args::{Cli, Command};

    #[test]
    fn a_region_is_found_however_it_is_spelt() {
        let cli = Cli::try_parse_from(["promptopt", "estimate", "x.jsonl", "--region", "EU"]).unwrap();
        let settings = Settings::read(&cli.screen);
        let Command::Estimate(args) = cli.command else { panic!("another command") };
        assert_eq!(options(&args, &settings).unwrap().region.as_deref(), Some("eu"));
    }
}
