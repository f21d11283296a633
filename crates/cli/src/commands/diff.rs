//! `promptopt diff`: reads or estimates two sides, and shows what changed between them.

use std::io::Read;
use std::path::Path;

use promptopt::error::Result;
use promptopt::estimate::Report;

use super::{Outcome, estimate, report};
use crate::args::{DiffArgs, DiffForm, EstimateArgs};
use crate::compare::{Side, compare};
use crate::git::{self, Checkout, Places};
use crate::render::{self, View};
use crate::settings::Settings;
use crate::{gates, output};

/// A side, read.
struct Loaded {
    name: String,
    report: Report,
    folder: String,
}

impl Loaded {
    fn side(&self) -> Side<'_> {
        Side { name: &self.name, report: &self.report, folder: &self.folder }
    }
}

/// Compares.
pub(crate) fn run(args: &DiffArgs, settings: &Settings) -> Result<Outcome> {
    let (base, head) = match args.git.as_slice() {
        [] => {
            let side = |path: &Option<String>| read(path.as_deref().unwrap_or("-"), args, settings);
            (side(&args.base)?, side(&args.head)?)
        }
        [base, rest @ ..] => revisions(base, rest.first().map(String::as_str), args, settings)?,
    };
    let comparison = compare(base.side(), head.side());
    let view = View {
        width: settings.width,
        color: settings.color_on_stdout && args.out.is_none(),
        top: args.top.unwrap_or(10),
        full: false,
        tags: Vec::new(),
    };
    let text = match args.output {
        DiffForm::Text => render::diff_text(&comparison, &view),
        DiffForm::Markdown => render::diff_markdown(&comparison, &view),
        DiffForm::Json => render::diff_json(&comparison)?,
    };
    let increase = args.fail_on_increase.and_then(|limit| gates::increase(&base.report, &head.report, limit));
    output::write(&text, args.out.as_deref())?;
    Ok(Outcome { failed_gates: increase.into_iter().collect(), ..Outcome::default() })
}

/// A saved report, or something to estimate.
fn read(path: &str, args: &DiffArgs, settings: &Settings) -> Result<Loaded> {
    if is_saved_report(Path::new(path)) {
        let report = report::load(Path::new(path))?;
        return Ok(Loaded { name: path.to_owned(), folder: common_folder(&report), report });
    }
    let report = estimate_paths(vec![path.to_owned()], args, settings)?;
    Ok(Loaded { name: path.to_owned(), report, folder: path.to_owned() })
}

/// Two revisions, or a revision and the working tree.
fn revisions(base: &str, head: Option<&str>, args: &DiffArgs, settings: &Settings) -> Result<(Loaded, Loaded)> {
    let places = Places::of(&args.paths)?;
    let before = Checkout::of(base, &places)?;
    let after = head.map(|revision| Checkout::of(revision, &places)).transpose()?;
    let base_side = before.side(&places);
    let head_side = after.as_ref().map_or_else(|| places.here(), |after| after.side(&places));
    git::require_either(&places, &base_side, &head_side)?;
    let load = |name: &str, side: git::Side| -> Result<Loaded> {
        // Prompts that a side does not have cost nothing there.
        let is_empty = side.paths.is_empty();
        let report = if is_empty { Report::default() } else { estimate_paths(side.paths, args, settings)? };
        Ok(Loaded { name: name.to_owned(), report, folder: side.folder })
    };
    Ok((load(base, base_side)?, load(head.unwrap_or("working tree"), head_side)?))
}

fn estimate_paths(paths: Vec<String>, args: &DiffArgs, settings: &Settings) -> Result<Report> {
    let args = EstimateArgs {
        paths,
        model: args.model.clone(),
        provider: args.provider.clone(),
        output_tokens: args.output_tokens,
        ..EstimateArgs::default()
    };
    estimate::estimate(&args, settings)
}

/// A saved report names its schema among its first bytes.
fn is_saved_report(path: &Path) -> bool {
    let mut head = Vec::new();
    let read = std::fs::File::open(path).and_then(|file| file.take(200).read_to_end(&mut head));
    read.is_ok() && String::from_utf8_lossy(&head).contains("\"promptopt.estimate/")
}

/// The folder that all files of a report share.
fn common_folder(report: &Report) -> String {
    let mut folders = report.inputs.iter().map(|input| input.path.rsplit_once('/').map_or("", |(folder, _)| folder));
    let Some(first) = folders.next() else { return String::new() };
    folders.fold(first.to_owned(), |common, folder| {
        let same = common.split('/').zip(folder.split('/')).take_while(|(a, b)| a == b);
        same.map(|(part, _)| part).collect::<Vec<_>>().join("/")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_common_folder_is_made_of_whole_names() {
        let mut report = render::sample::report();
        assert_eq!(common_folder(&report), "logs");
        report.inputs[1].path = "log/x.jsonl".to_owned();
        assert_eq!(common_folder(&report), "");
        assert_eq!(common_folder(&Report::default()), "");
    }
}
