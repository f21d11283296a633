//! `promptopt report`: a saved report in another form. Reading and writing reports stand here for all commands.

use std::io::Read;
use std::path::Path;

use promptopt::error::{Error, Kind, Result};
use promptopt::estimate::Report;
use promptopt::estimate::report::SCHEMA;

use super::Outcome;
use crate::args::{OutputArgs, OutputForm, ReportArgs};
use crate::render::{self, View};
use crate::settings::Settings;
use crate::{gates, output};

/// Shows a saved report.
pub(crate) fn run(args: &ReportArgs, settings: &Settings) -> Result<Outcome> {
    let base = args.gates.base.as_deref().map(load).transpose()?;
    let report = load(&args.file)?;
    let failed_gates = gates::check(&report, base.as_ref(), &args.gates);
    write(&report, &args.output, settings)?;
    Ok(Outcome { failed_gates, ..Outcome::default() })
}

/// Renders a report and puts it where it belongs.
pub(crate) fn write(report: &Report, args: &OutputArgs, settings: &Settings) -> Result<()> {
    let view = View {
        width: settings.width,
        color: settings.color_on_stdout && args.out.is_none(),
        top: args.top.unwrap_or(if args.full { usize::MAX } else { View::TOP }),
        full: args.full,
        tags: args.tag.clone(),
    };
    check_tags(report, &args.tag)?;
    let text = match args.output {
        OutputForm::Text => render::text(report, &view),
        OutputForm::Json => render::json(report)?,
        OutputForm::Markdown => render::markdown(report, &view),
        OutputForm::Html => render::html(report, &view),
        OutputForm::Csv => render::csv(report),
        OutputForm::Focus => render::focus(report),
    };
    output::write(&text, args.out.as_deref())
}

/// Reads a saved report; `-` is stdin.
pub(crate) fn load(path: &Path) -> Result<Report> {
    let name = path.display().to_string();
    let mut text = String::new();
    let read = if name == "-" {
        std::io::stdin().lock().read_to_string(&mut text)
    } else {
        std::fs::File::open(path).and_then(|mut file| file.read_to_string(&mut text))
    };
    read.map_err(|cause| Error::new(Kind::Io, format!("cannot read `{name}`")).because(cause))?;
    parse(&text).map_err(|error| error.in_file(if name == "-" { "<stdin>" } else { &name }))
}

/// Looks at the schema before the rest: "not a report" helps more than "missing field `baseline`".
fn parse(text: &str) -> Result<Report> {
    let how = "a report is made by `promptopt estimate LOGS --output json --out FILE`";
    let value: serde_json::Value = serde_json::from_str(text)
        .map_err(|cause| Error::input("this is not a saved report").because(cause).help(how))?;
    match value.get("schema").and_then(|schema| schema.as_str()) {
        Some(SCHEMA) => {}
        Some(other) => {
            let message = format!("the report has schema `{}`, expected `{SCHEMA}`", render::clean(other));
            return Err(Error::input(message).help("make it anew with this version of promptopt"));
        }
        None => return Err(Error::input("this is not a saved report: it has no `schema`").help(how)),
    }
    serde_json::from_value(value)
        .map_err(|cause| Error::input("the report is damaged").because(cause).help("make it anew"))
}

fn check_tags(report: &Report, wanted: &[String]) -> Result<()> {
    let Some(missing) = wanted.iter().find(|tag| !report.tags.contains_key(*tag)) else { return Ok(()) };
    let known: Vec<String> = report.tags.keys().map(|key| format!("`{}`", render::clean(key))).collect();
    let help = if known.is_empty() {
        "no call carries a tag".to_owned()
    } else {
        format!("the tags of these calls are {}", known.join(", "))
    };
    Err(Error::new(Kind::Config, format!("no call has a tag `{}`", render::clean(missing))).help(help))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_report_is_told_apart_from_an_old_one() {
        assert!(parse("nonsense").unwrap_err().to_string().contains("not a saved report"));
        assert!(parse("{}").unwrap_err().to_string().contains("no `schema`"));
        let old = parse(r#"{"schema":"promptopt.estimate/0"}"#).unwrap_err();
        assert!(old.to_string().contains("expected `promptopt.estimate/1`"), "{old}");
        let damaged = parse(r#"{"schema":"promptopt.estimate/1"}"#).unwrap_err();
        assert!(damaged.to_string().contains("damaged"), "{damaged}");
    }

    #[test]
    fn a_tag_that_no_call_has_is_an_error_that_lists_the_others() {
        let mut report = Report::default();
        report.tags.insert("team".to_owned(), Vec::new());
        let error = check_tags(&report, &["user".to_owned()]).unwrap_err();
        assert_eq!(error.to_string(), "no call has a tag `user` (the tags of these calls are `team`)");
    }
}
