//! `promptopt lint`, `promptopt rule` and `promptopt rules`: finds the prompts, has the library look at them, writes what
//! was mended, and shows what was found.

use std::io::Write;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use promptopt::config::{Configs, FILE_NAME, Problems};
use promptopt::error::{Error, Kind, Result};
use promptopt::lint::runner::{self, Fixing, Report};
use promptopt::lint::{Applicability, Linter};
use promptopt::tokens::{Encoding, Tokenizer};

use super::Outcome;
use crate::args::{FailOn, FixArgs, LintArgs, LintForm, RuleArgs, RulesArgs};
use crate::settings::Settings;
use crate::{output, render, steer, watch};

mod cache;
mod choose;
mod files;
mod scope;

/// Runs `promptopt lint`.
pub(crate) fn run(args: &LintArgs, settings: &Settings) -> Result<Outcome> {
    let linter = Linter::new();
    if !args.scope.watch {
        return once(args, settings, &linter, &mut Vec::new());
    }
    if args.paths.iter().any(|path| path.as_os_str() == "-") {
        return Err(Error::new(Kind::Config, "standard input cannot be watched").help("name files or folders"));
    }
    let mut failure = None;
    watch::watch(|changed| {
        if !changed.is_empty() {
            let names: Vec<String> = changed.iter().map(|path| path.display().to_string()).collect();
            tell(&format!("\n{} changed\n", names.join(", ")));
        }
        let mut looked_at = Vec::new();
        match once(args, settings, &linter, &mut looked_at) {
            // A mistake in the configuration is mended in the editor: it is told, and looked at again.
            Err(error) if changed.is_empty() => {
                failure = Some(error);
                ControlFlow::Break(())
            }
            Err(error) => {
                tell(&render::problem(&error, settings.color_on_stderr));
                ControlFlow::Continue(looked_at)
            }
            Ok(outcome) => {
                for error in outcome.errors {
                    tell(&render::problem(&error, settings.color_on_stderr));
                }
                ControlFlow::Continue(looked_at)
            }
        }
    });
    failure.map_or_else(|| Ok(Outcome::default()), Err)
}

/// One run. `looked_at` takes the files and folders on which its outcome depends, for those who watch them.
fn once(args: &LintArgs, settings: &Settings, linter: &Linter, looked_at: &mut Vec<PathBuf>) -> Result<Outcome> {
    if args.show.statistics && !matches!(args.show.output, LintForm::Text | LintForm::Json) {
        let help = "leave --output out, or take json";
        return Err(Error::new(Kind::Config, "--statistics is a table, not a report of this form").help(help));
    }
    looked_at.push(PathBuf::from(FILE_NAME));
    looked_at.extend(args.paths.iter().cloned());
    let configs = configs(args, settings)?;
    let config = configs.for_folder(Path::new(".")).map_err(Problems::into_error)?;
    let fixing = fixing(&args.fix, args.show.output);
    let cache = if fixing == Fixing::No { cache::Kept::open(&args.cache, settings, &config) } else { None };
    if cache.as_ref().is_none_or(|kept| kept.cache.is_empty()) {
        // Files are found and read meanwhile: they need no vocabulary until they are linted.
        let (catalog, host) = (&config.settings.catalog, config.settings.host.as_deref());
        let spec = config.settings.model.as_deref().and_then(|model| catalog.find(host, model));
        let tokenizer = spec.map_or(Tokenizer::Exact(Encoding::O200kBase), |spec| spec.tokenizer);
        std::thread::spawn(move || tokenizer.load());
    }
    let (inputs, mut errors) = files::inputs(args, &configs)?;
    looked_at.extend(inputs.iter().map(|input| input.path.clone()));
    let mut by_path =
        configs.settings_of_all(inputs.iter().map(|input| &*input.shown)).map_err(Problems::into_error)?;
    if let Some(least) = args.rules.severity {
        for rules in by_path.values_mut() {
            Arc::make_mut(rules).rules.retain(|_, severity| *severity >= least);
        }
    }
    // Nothing is asked about that was not found.
    let settings_of = |path: &str| Arc::clone(by_path.get(path).unwrap_or(&config.settings));
    let is_from_stdin = inputs.iter().any(|input| input.bytes.is_some());
    let n_threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let known = cache.as_ref().map(|kept| &kept.cache);
    let options = runner::Options { n_threads, settings_of: &settings_of, fixing, cache: known };
    let mut report = runner::run(linter, inputs, &options);
    if let Some(kept) = cache {
        kept.close();
    }
    errors.append(&mut report.errors);
    let told = scope::narrow(&mut report, &args.scope, config.baseline.as_deref(), &settings_of)?;

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
        errors.extend(files::write_fixes(&report));
    }
    let fail_on = args.show.fail_on.unwrap_or_else(|| FailOn::from_config(config.fail_on));
    show(args, settings, &report, fail_on, is_from_stdin && matches!(fixing, Fixing::Apply(_)), &errors, &config)?;
    if !args.show.quiet {
        tell(&told);
        if report.checked.is_empty() && errors.is_empty() {
            tell("no prompts were found; name the files, or a folder that holds prompts alone\n");
        }
    }
    let is_failed = report.diagnostics.iter().any(|diagnostic| fail_on.is_met_by(diagnostic.severity));
    Ok(Outcome { is_failed, errors, ..Outcome::default() })
}

/// The configuration of every file: the catalogue as this user has it, files of settings, options over them, traffic.
fn configs(args: &LintArgs, settings: &Settings) -> Result<Configs<'static>> {
    let mut base = steer::base(settings, args.rules.as_of)?;
    let layer = choose::layer(&args.rules, &base.catalog)?;
    let source = match (&args.scope.config, args.scope.isolated) {
        (Some(file), _) if !file.exists() => {
            let message = format!("there is no configuration `{}`", file.display());
            return Err(Error::new(Kind::Config, message).help("`promptopt init` writes one"));
        }
        (Some(file), _) => steer::Source::File(file),
        (None, true) => steer::Source::Nothing,
        (None, false) => steer::Source::Nearest,
    };
    if !args.scope.traffic.is_empty() {
        let first = steer::configs(base.clone(), source, layer.clone())?;
        base.traffic.by_file = scope::traffic(args, &first)?;
    }
    steer::configs(base, source, layer)
}

fn show(
    args: &LintArgs,
    settings: &Settings,
    report: &Report,
    fail_on: FailOn,
    is_mended_stdin: bool,
    errors: &[Error],
    config: &promptopt::config::Config,
) -> Result<()> {
    let run = render::lint::Run {
        has_model: config.settings.model.is_some(),
        is_fixed: matches!(fixing(&args.fix, args.show.output), Fixing::Apply(_)),
        fail_on,
        errors: errors.iter().map(ToString::to_string).collect(),
    };
    let findings = render::lint::Findings::new(report, &args.show, run);
    let color_on_stdout = match (&args.show.out, is_mended_stdin) {
        (Some(_), _) => false,
        (None, true) => settings.color_on_stderr,
        (None, false) => settings.color_on_stdout,
    };
    let shown = render::lint::render(&findings, &args.show, &Settings { color_on_stdout, ..settings.clone() })?;
    if is_mended_stdin {
        // What was piped in goes out mended; what there is to say goes beside it.
        files::write_stdin(report)?;
        match &args.show.out {
            Some(out) => output::write(&shown, Some(out))?,
            None => tell(&shown),
        }
        return Ok(());
    }
    output::write(&shown, args.show.out.as_deref())
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

/// Nobody is left to be told if stderr is closed.
fn tell(text: &str) {
    let _closed = std::io::stderr().lock().write_all(text.as_bytes());
}
