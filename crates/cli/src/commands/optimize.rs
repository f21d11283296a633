//! `promptopt optimize`: reads a prompt, has the library rewrite it, and writes it, a diff or an explanation.

use std::io::{Read, Write};
use std::path::Path;
use std::sync::Arc;

use promptopt::compress::Options;
use promptopt::error::{Error, Kind, Result};
use promptopt::format::open::{Source, open};
use promptopt::optimize::{Form, Goal, Optimized, Optimizer, Settings as Optimization, Shortening, compact};
use serde_json::json;

use super::Outcome;
use crate::args::{EditArgs, GoalArgs, OptimizeArgs, OptimizeForm, TransformsArgs};
use crate::settings::Settings;
use crate::{output, overlay, render};

/// Runs `promptopt optimize`.
pub(crate) fn run(args: &OptimizeArgs, settings: &Settings) -> Result<Outcome> {
    let library = Optimizer::new(Optimization {
        edits: options(&args.edits),
        shortening: shortening(&args.goal),
        compaction: args
            .goal
            .max_result
            .map(|max_result| compact::Options { max_result, ..compact::Options::default() }),
        model: args.model.clone(),
        host: args.host.clone(),
        catalog: Some(Arc::new(overlay::catalog(settings)?)),
    })?;
    if args.show.in_place && args.files.iter().any(|file| file.as_os_str() == "-") {
        return Err(Error::new(Kind::Config, "standard input cannot be written in place").help("name the files"));
    }
    let mut shown = String::new();
    let mut all: Vec<(String, Optimized)> = Vec::new();
    for file in &args.files {
        let name = source_name(file);
        let (text, is_compressed) = read(file)?;
        let form = Form::of_file(&name, &text);
        let optimized = library.optimize_as(&text, form).map_err(|error| error.in_file(&*name))?;
        if args.show.in_place {
            if is_compressed {
                return Err(Error::input("a compressed file is not written in place")
                    .in_file(name)
                    .help("decompress it, or write to another file with --out"));
            }
            if optimized.text != text {
                output::write(&optimized.text, Some(file))?;
            }
        } else if args.show.diff {
            shown.push_str(&render::optimized_diff(&name, &optimized, settings));
        } else if let Some(piece) = &args.show.explain {
            shown.push_str(&render::optimized_explain(&name, &optimized, piece, settings));
        } else if args.show.output == OptimizeForm::Text {
            shown.push_str(&optimized.text);
        }
        all.push((name, optimized));
    }
    if args.show.output == OptimizeForm::Json && !args.show.in_place {
        shown = as_json(&all)?;
    }
    if !args.show.in_place {
        output::write(&shown, args.show.out.as_deref())?;
    }
    if !args.show.quiet {
        let summary = render::optimized_summary(&all, settings);
        // Nobody is left to be told if stderr is closed.
        let _closed = std::io::stderr().lock().write_all(summary.as_bytes());
    }
    Ok(Outcome::default())
}

/// Runs `promptopt transforms`.
pub(crate) fn transforms(args: &TransformsArgs, settings: &Settings) -> Result<Outcome> {
    output::write(&render::transforms(args.name.as_deref(), settings)?, None)?;
    Ok(Outcome::default())
}

fn options(args: &EditArgs) -> Options {
    Options {
        touch: args.touch.iter().copied().collect(),
        with: args.with.iter().cloned().collect(),
        without: args.without.iter().cloned().collect(),
        keep: args.keep.clone(),
    }
}

fn shortening(args: &GoalArgs) -> Shortening {
    let goal = args.budget.map(Goal::Budget).or(args.ratio.map(Goal::Ratio));
    Shortening { goal, query: args.query.clone(), is_silent: args.no_markers }
}

fn source_name(file: &Path) -> String {
    if file.as_os_str() == "-" { "<stdin>".to_owned() } else { file.display().to_string() }
}

/// The text of a file, decompressed, and whether it was compressed.
fn read(file: &Path) -> Result<(String, bool)> {
    let source = if file.as_os_str() == "-" { Source::Stdin } else { Source::File(file.to_owned()) };
    let mut opened = open(&source, None)?;
    let mut bytes = Vec::new();
    opened.reader.read_to_end(&mut bytes).map_err(|cause| Error::io(source_name(file), cause))?;
    let is_compressed = opened.compression != promptopt::format::open::Compression::None;
    let text = String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let line = String::from_utf8_lossy(&error.as_bytes()[..at]).split('\n').count() as u64;
        Error::input("no UTF-8").in_file(source_name(file)).at_line(line).help("prompts are sent as UTF-8: convert it")
    })?;
    Ok((text, is_compressed))
}

fn as_json(all: &[(String, Optimized)]) -> Result<String> {
    let entry = |(name, optimized): &(String, Optimized)| {
        let mut entry = serde_json::to_value(optimized).unwrap_or_default();
        entry["file"] = json!(name);
        entry["text"] = json!(optimized.text);
        entry
    };
    let value = match all {
        [one] => entry(one),
        many => many.iter().map(entry).collect(),
    };
    serde_json::to_string_pretty(&value)
        .map(|json| json + "\n")
        .map_err(|cause| Error::new(Kind::Io, "cannot write JSON").because(cause))
}
