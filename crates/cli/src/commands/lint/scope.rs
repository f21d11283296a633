//! Which findings count: those on changed lines, those that no baseline knows; and how often a prompt is called.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use promptopt::config::Configs;
use promptopt::error::{Error, Kind, Result};
use promptopt::lint::runner::Report;
use promptopt::lint::{File, Settings as Rules, read};

use super::files;
use crate::args::{LintArgs, ScopeArgs};
use crate::render::words;
use crate::{git, steer};

/// Leaves out of a report what does not count; says in words what was left out and what was written.
pub(super) fn narrow(
    report: &mut Report,
    args: &ScopeArgs,
    configured: Option<&Path>,
    settings_of: &dyn Fn(&str) -> Arc<Rules>,
) -> Result<String> {
    let mut told: Vec<String> = Vec::new();
    let baseline = args.baseline.as_deref().or(configured);
    if args.since.is_none() && baseline.is_none() && !args.write_baseline {
        return Ok(told.concat());
    }
    let texts: BTreeMap<String, Arc<str>> =
        report.checked.iter().map(|checked| (checked.shown.clone(), Arc::from(checked.text.as_str()))).collect();
    let text_of = |path: &str| texts.get(path).cloned();
    if let Some(revision) = &args.since {
        let changes = git::changed::since(revision)?;
        let n_before = report.diagnostics.len();
        report.diagnostics = changes.filter(std::mem::take(&mut report.diagnostics), &text_of);
        let n_left_out = (n_before - report.diagnostics.len()) as u64;
        if n_left_out > 0 {
            let findings = words::plural(n_left_out, "finding", "findings");
            told.push(format!("{findings} on lines that are as they were at {revision}.\n"));
        }
    }
    let Some(file) = baseline else {
        if args.write_baseline {
            return Err(Error::new(Kind::Config, "no baseline is named")
                .help("name it with --baseline FILE, or as `baseline` under [lint] in promptopt.toml"));
        }
        return Ok(told.concat());
    };
    if args.write_baseline && args.since.is_some() {
        return Err(Error::new(Kind::Config, "a baseline is made of all findings, not of those since a revision")
            .help("leave --since out"));
    }
    let paths: Vec<String> = report.checked.iter().map(|checked| checked.shown.clone()).collect();
    let is_on = |path: &str, code: &str| settings_of(path).rules.contains_key(code);
    let linted = steer::Linted { paths: &paths, text_of: &text_of, is_on: &is_on };
    let after = steer::baseline(file, args.write_baseline, std::mem::take(&mut report.diagnostics), &linted)?;
    report.diagnostics = after.fresh;
    let n_stale: u64 = after.stale.iter().map(|(_, n)| n).sum();
    let name = file.display();
    if after.n_known > 0 {
        let findings = words::plural(after.n_known as u64, "finding", "findings");
        told.push(format!("{findings} known to the baseline.\n"));
    }
    match after.written {
        Some(n) => told.push(format!("Wrote {} to {name}.\n", words::plural(n, "entry", "entries"))),
        None if n_stale > 0 => {
            let entries = words::plural(n_stale, "entry", "entries");
            told.push(format!("{entries} of the baseline found no more: --write-baseline takes them out.\n"));
        }
        None => {}
    }
    Ok(told.concat())
}

/// Calls a month of the prompts under the paths.
pub(super) fn traffic(args: &LintArgs, configs: &Configs<'_>) -> Result<BTreeMap<String, u64>> {
    let (inputs, _) = files::inputs(args, configs)?;
    let mut prompts: Vec<File> = Vec::new();
    for input in inputs.into_iter().filter(|input| input.bytes.is_none()) {
        // What cannot be read is told when it is linted.
        if let Ok(text) = std::fs::read_to_string(&input.path) {
            prompts.push(read::read(&input.shown, &text));
        }
    }
    Ok(steer::traffic(&args.scope.traffic, &prompts)?.by_file)
}
