//! `promptopt migrate`: finds where a model is named, and shows or makes what moving away from it takes.

use promptopt::config::{Configs, Layer, Problems};
use promptopt::error::{Error, Kind, Result};
use promptopt::lint::discover;
use promptopt::lint::migrate::{From, Migration};
use promptopt::lint::runner::{Checked, FixedFile, Report, Weight};
use promptopt::lint::{Change, Linter, fix, secrets};
use serde_json::json;

use super::Outcome;
use crate::args::{MigrateArgs, MigrateForm};
use crate::settings::Settings;
use crate::{output, render, steer};

/// Runs `promptopt migrate`.
pub(crate) fn run(args: &MigrateArgs, settings: &Settings) -> Result<Outcome> {
    let base = steer::base(settings, args.as_of)?;
    let today = base.today;
    let from = From::parse(&args.from, &base.catalog)?;
    if let Some(to) = &args.to
        && base.catalog.find(None, to).is_none()
    {
        return Err(base.catalog.unknown_model(None, to));
    }
    let configs = steer::configs(base, steer::Source::Nearest, Layer::default())?;
    let (all, errors) = migrations(args, &configs, &from)?;
    let found: Vec<Migration> = all.iter().flat_map(|one| one.migrations.iter().cloned()).collect();
    let n_edited = all.iter().filter(|one| one.checked.fixed.is_some()).count();
    let report = Report { checked: all.into_iter().map(|one| one.checked).collect(), ..Report::default() };
    if args.diff {
        let is_for_eyes = settings.stdout_is_terminal && args.out.is_none();
        output::write(&render::lint::patch(&report, is_for_eyes), args.out.as_deref())?;
        return Ok(Outcome { is_failed: n_edited > 0, errors, ..Outcome::default() });
    }
    if args.write {
        for checked in report.checked.iter().filter(|checked| checked.fixed.is_some()) {
            output::write(&checked.to_write(), Some(&checked.path))?;
        }
    }
    let text = match args.output {
        MigrateForm::Text => render::migrations(&found, args.write, n_edited, settings),
        MigrateForm::Json => {
            let report =
                json!({ "version": env!("CARGO_PKG_VERSION"), "as_of": today.to_string(), "migrations": found });
            serde_json::to_string_pretty(&report)
                .map_err(|cause| Error::new(Kind::Io, "cannot write the report").because(cause))?
                + "\n"
        }
    };
    output::write(&text, args.out.as_deref())?;
    Ok(Outcome { errors, ..Outcome::default() })
}

/// A file with what is to be done in it.
struct Place {
    checked: Checked,
    migrations: Vec<Migration>,
}

fn migrations(args: &MigrateArgs, configs: &Configs<'_>, from: &From) -> Result<(Vec<Place>, Vec<Error>)> {
    let (found, mut errors) = steer::found(&args.paths, configs)?;
    let linter = Linter::new();
    let mut all = Vec::new();
    for found in found {
        let file = match discover::open(&found) {
            Ok(file) => file,
            Err(error) => {
                errors.push(error);
                continue;
            }
        };
        let rules = configs.settings_for(&found.path).map_err(Problems::into_error)?;
        let migrations = linter.migrate(&file, from, args.to.as_deref(), &rules)?;
        if migrations.is_empty() {
            continue;
        }
        let changes: Vec<Change> = migrations.iter().flat_map(Migration::changes).collect();
        let after = fix::made(&file.text, &changes);
        let hidden = |text: &str| secrets::spans(text).collect();
        let fixed = (after != file.text && !file.is_lossy).then(|| FixedFile {
            before: file.text.clone(),
            applied: migrations.iter().map(|_| ("MDL002", "move to another model".to_owned())).collect(),
            weight_before: Weight::default(),
            weight_after: Weight::default(),
            redact: [hidden(&file.text), hidden(&after)],
            after,
        });
        let checked = Checked {
            path: found.absolute,
            shown: found.path,
            text: file.text,
            lines: file.lines,
            is_lossy: file.is_lossy,
            fixed,
            ..Checked::default()
        };
        all.push(Place { checked, migrations });
    }
    Ok((all, errors))
}
