//! `promptopt lint`, `promptopt rule` and `promptopt rules`: finds the prompts, has the library look at them, writes what
//! was mended, and shows what was found.

use std::collections::HashSet;
use std::io::{Read, Write};
use std::path::PathBuf;
use std::sync::Arc;

use jiff::tz::TimeZone;
use promptopt::clock::{Clock, SystemClock};
use promptopt::error::{Error, Kind, Result};
use promptopt::lint::discover::{self, discover};
use promptopt::lint::runner::{self, Fixing, Input, Report};
use promptopt::lint::settings::Settings as Rules;
use promptopt::lint::{Applicability, Linter};

use super::Outcome;
use crate::args::{FixArgs, LintArgs, LintForm, RuleArgs, RulesArgs};
use crate::settings::Settings;
use crate::{output, overlay, render};

mod choose;

/// Runs `promptopt lint`.
pub(crate) fn run(args: &LintArgs, settings: &Settings) -> Result<Outcome> {
    let today = args.rules.as_of.unwrap_or_else(|| SystemClock.now().to_zoned(TimeZone::UTC).date());
    let mut rules = Rules::new(today);
    rules.catalog = Arc::new(overlay::catalog(settings)?);
    // `promptopt.toml` (`--config`) comes here: it makes the settings of a path, and the options are applied over them.
    let rules = Arc::new(choose::apply(rules, &args.rules)?);
    let settings_of = |_path: &str| Arc::clone(&rules);

    let (inputs, mut errors) = inputs(args)?;
    let is_from_stdin = inputs.iter().any(|input| input.bytes.is_some());
    let fixing = fixing(&args.fix, args.show.output);
    let n_threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let options = runner::Options { n_threads, settings_of: &settings_of, fixing };
    // `--watch` repeats from here; `--since` and `--baseline` leave out findings of what comes of it.
    let mut report = runner::run(&Linter::new(), inputs, &options);
    errors.append(&mut report.errors);

    if args.fix.diff {
        let is_for_eyes = settings.stdout_is_terminal && args.show.out.is_none();
        let patch = render::lint::patch(&report, is_for_eyes);
        output::write(&patch, args.show.out.as_deref())?;
        if !args.show.quiet {
            tell(&render::lint::patch_summary(&report, settings));
        }
        return Ok(Outcome { is_failed: report.n_fixed() > 0, errors, ..Outcome::default() });
    }
    if let Fixing::Apply(_) = fixing {
        errors.extend(write_fixes(&report));
    }
    let run = render::lint::Run {
        has_model: rules.model.is_some(),
        is_fixed: matches!(fixing, Fixing::Apply(_)),
        errors: errors.iter().map(ToString::to_string).collect(),
    };
    let findings = render::lint::Findings::new(&report, &args.show, run);
    let is_mended_stdin = is_from_stdin && matches!(fixing, Fixing::Apply(_));
    let color_on_stdout = match (&args.show.out, is_mended_stdin) {
        (Some(_), _) => false,
        (None, true) => settings.color_on_stderr,
        (None, false) => settings.color_on_stdout,
    };
    let shown = render::lint::render(&findings, &args.show, &Settings { color_on_stdout, ..settings.clone() })?;
    if is_mended_stdin {
        // What was piped in goes out mended; what there is to say goes beside it.
        write_stdin(&report)?;
        match &args.show.out {
            Some(out) => output::write(&shown, Some(out))?,
            None => tell(&shown),
        }
    } else {
        output::write(&shown, args.show.out.as_deref())?;
    }
    if report.checked.is_empty() && errors.is_empty() && !args.show.quiet {
        tell("no prompts were found; name the files, or a folder that holds prompts alone\n");
    }
    let is_failed = report.diagnostics.iter().any(|diagnostic| args.show.fail_on.is_met_by(diagnostic.severity));
    Ok(Outcome { is_failed, errors, ..Outcome::default() })
}

/// Runs `promptopt rule`.
pub(crate) fn rule(args: &RuleArgs, settings: &Settings) -> Result<Outcome> {
    output::write(&render::lint::page(choose::one(&args.rule)?, settings), None)?;
    Ok(Outcome::default())
}

/// Runs `promptopt rules`.
pub(crate) fn rules(args: &RulesArgs, settings: &Settings) -> Result<Outcome> {
    output::write(&render::lint::rules(args.output, settings)?, args.out.as_deref())?;
    Ok(Outcome::default())
}

fn fixing(args: &FixArgs, form: LintForm) -> Fixing {
    let least = if args.unsafe_fixes { Applicability::Unsafe } else { Applicability::Safe };
    match (args.diff, args.fix || args.unsafe_fixes) {
        (true, _) => Fixing::Preview(least),
        (false, true) => Fixing::Apply(least),
        // A pull request is told what the prompts would cost.
        (false, false) if form == LintForm::Markdown => Fixing::Preview(least),
        (false, false) => Fixing::No,
    }
}

/// What is linted: the files under the paths, and standard input.
fn inputs(args: &LintArgs) -> Result<(Vec<Input>, Vec<Error>)> {
    let is_stdin = |path: &&PathBuf| path.as_os_str() == "-";
    let roots: Vec<PathBuf> = args.paths.iter().filter(|path| !is_stdin(path)).cloned().collect();
    let base = std::env::current_dir().map_err(|cause| Error::io(".", cause))?;
    let (found, errors) = discover(&roots, &discover::Options { base, ..discover::Options::default() });
    let from_disk = |found: discover::Found| Input { path: found.absolute, shown: found.path, bytes: None };
    let mut inputs: Vec<Input> = found.into_iter().map(from_disk).collect();
    if args.paths.iter().any(|path| is_stdin(&path)) {
        let mut bytes = Vec::new();
        std::io::stdin().lock().read_to_end(&mut bytes).map_err(|cause| Error::io("<stdin>", cause))?;
        let shown = args.stdin_filename.replace('\\', "/");
        // Piped text stands for the file on the disk, as an editor's buffer does.
        inputs.retain(|input| input.shown != shown);
        inputs.push(Input { path: PathBuf::from("-"), shown, bytes: Some(bytes) });
    }
    Ok((inputs, errors))
}

fn write_fixes(report: &Report) -> Vec<Error> {
    let fixed = report.checked.iter().filter(|checked| checked.fixed.is_some() && checked.path.as_os_str() != "-");
    let mut errors = Vec::new();
    let mut written = HashSet::new();
    for checked in fixed {
        // Two names of one file (a link and what it leads to) are one file: the second would undo nothing, but change it twice.
        let is_first = written.insert(checked.path.canonicalize().unwrap_or_else(|_| checked.path.clone()));
        if is_first && let Err(error) = output::write(&checked.to_write(), Some(&checked.path)) {
            errors.push(error);
        }
    }
    errors
}

fn write_stdin(report: &Report) -> Result<()> {
    let Some(checked) = report.checked.iter().find(|checked| checked.path.as_os_str() == "-") else { return Ok(()) };
    if checked.is_lossy {
        return Err(Error::new(Kind::Input, "standard input is no UTF-8 text; nothing was written"));
    }
    output::write(&checked.to_write(), None)
}

/// Nobody is left to be told if stderr is closed.
fn tell(text: &str) {
    let _closed = std::io::stderr().lock().write_all(text.as_bytes());
}
