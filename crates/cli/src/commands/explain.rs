//! `promptopt explain`: reads prompt files, has the library take them apart, and shows where their tokens go.

use promptopt::error::{Error, Kind, Result};
use promptopt::lint::explain::{Explained, explain};
use promptopt::lint::{File, Linter, Settings as Lint, read};
use serde_json::json;

use super::Outcome;
use crate::args::{ExplainArgs, ExplainForm};
use crate::settings::Settings;
use crate::{output, render, steer};

/// Runs `promptopt explain`.
pub(crate) fn run(args: &ExplainArgs, settings: &Settings) -> Result<Outcome> {
    let lint = Lint { model: args.model.clone(), host: args.host.clone(), ..steer::base(settings, args.as_of)? };
    if let Some(model) = &args.model
        && lint.catalog.find(args.host.as_deref(), model).is_none()
    {
        return Err(lint.catalog.unknown_model(args.host.as_deref(), model));
    }
    let linter = Linter::new();
    let mut all: Vec<(File, Vec<Explained>)> = Vec::new();
    for path in &args.files {
        let name = path.display().to_string();
        let bytes = std::fs::read(path)
            .map_err(|cause| Error::new(Kind::Io, format!("cannot read `{name}`")).because(cause))?;
        let text = String::from_utf8(bytes).map_err(|error| {
            let at = error.utf8_error().valid_up_to();
            Error::input(format!("expected UTF-8, found other bytes at offset {at}")).in_file(&*name)
        })?;
        let file = read::read(&name.replace('\\', "/"), &text);
        if file.prompts.is_empty() {
            let error = match file.mistakes.first() {
                Some(mistake) => {
                    let position = file.lines.position(&file.text, mistake.span.start);
                    Error::input(mistake.message.clone())
                        .at_line(position.line as u64)
                        .at_column(position.column as u64)
                }
                None => {
                    Error::input("there is no prompt in this file").help("`promptopt lint --help` says what is read")
                }
            };
            return Err(error.in_file(name));
        }
        let explained = explain(&linter, &file, &lint);
        all.push((file, explained));
    }
    let form = if args.html { ExplainForm::Html } else { args.output };
    let text = match form {
        ExplainForm::Text => render::explained_text(&all, args.top, settings),
        ExplainForm::Html => render::explained_html(&all),
        ExplainForm::Json => {
            let files = all.iter().map(|(file, prompts)| json!({ "path": file.path, "prompts": prompts }));
            let report = json!({ "version": env!("CARGO_PKG_VERSION"), "files": files.collect::<Vec<_>>() });
            serde_json::to_string_pretty(&report)
                .map_err(|cause| Error::new(Kind::Io, "cannot write the report").because(cause))?
                + "\n"
        }
    };
    output::write(&text, args.out.as_deref())?;
    Ok(Outcome::default())
}
