//! What steers `promptopt lint` from outside of the prompts, read from the disk: `promptopt.toml`, the baseline of known
//! findings, a log of traffic. What follows from them is the library's business.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::civil::Date;
use promptopt::config::{Configs, Layer, Problems, seen_from};
use promptopt::error::{Error, Kind, Result};
use promptopt::format::walk;
use promptopt::format::{ReadOptions, read_all};
use promptopt::lint::baseline::{Baseline, Entry, Scene};
use promptopt::lint::discover::{self, Found};
use promptopt::lint::traffic::{Measured, TrafficLog};
use promptopt::lint::{Diagnostic, File, Settings};

use crate::settings::today;
use crate::{output, overlay};

/// Which `promptopt.toml` holds.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) enum Source<'a> {
    /// The nearest to each prompt.
    #[default]
    Nearest,
    /// This one (`--config`).
    File(&'a Path),
    /// None (`--isolated`).
    Nothing,
}

/// What files go by before any configuration: the catalogue as this user has it, and the day.
pub(crate) fn base(settings: &crate::settings::Settings, as_of: Option<Date>) -> Result<Settings> {
    Ok(Settings { catalog: overlay::shared(settings)?, ..Settings::new(as_of.unwrap_or_else(today)) })
}

/// The prompt files under the paths, as the configuration of the current folder sees them.
pub(crate) fn found(paths: &[PathBuf], configs: &Configs<'_>) -> Result<(Vec<Found>, Vec<Error>)> {
    let config = configs.for_folder(Path::new(".")).map_err(Problems::into_error)?;
    let (include, exclude) = (config.include.set(), config.exclude.set());
    Ok(discover::discover(paths, &discover::Options { base: current_folder()?, include, exclude }))
}

/// The configuration of every file, seen from the current folder. `base` has the catalogue and the day; the command line's
/// own settings win over every file.
pub(crate) fn configs(base: Settings, source: Source<'_>, command_line: Layer) -> Result<Configs<'static>> {
    let root = current_folder()?;
    let configs = Configs::new(base, root, |path| std::fs::read_to_string(path)).with_command_line(command_line);
    Ok(match source {
        Source::Nearest => configs,
        Source::File(file) => configs.with_file(file),
        Source::Nothing => configs.isolated(),
    })
}

/// Calls a month of prompt files, from logs of requests. A line that cannot be read is no call.
pub(crate) fn traffic<'f>(logs: &[String], files: impl IntoIterator<Item = &'f File>) -> Result<Measured> {
    let found = walk::discover(logs);
    if let Some(problem) = found.problems.into_iter().next() {
        return Err(problem);
    }
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let options = ReadOptions { threads, ..ReadOptions::default() };
    let mut log = TrafficLog::new(files);
    let mut first_error = None;
    read_all(&found.inputs, &options, std::convert::identity, |record| match record {
        Ok(record) => log.feed(&record),
        Err(error) => _ = first_error.get_or_insert(error),
    });
    // What is wrong with the first line says more than that there was no call.
    log.finish().map_err(|error| first_error.unwrap_or(error))
}

/// What a baseline left.
#[derive(Debug)]
pub(crate) struct AfterBaseline {
    /// Findings that are not in it.
    pub(crate) fresh: Vec<Diagnostic>,
    /// How many are.
    pub(crate) n_known: usize,
    /// Entries that match nothing any more. They were dropped if the baseline was written.
    pub(crate) stale: Vec<(Entry, u64)>,
    /// Entries of the file that was written, if one was.
    pub(crate) written: Option<u64>,
}

/// What was linted, for a baseline.
pub(crate) struct Linted<'a> {
    /// The files, by their paths as shown.
    pub(crate) paths: &'a [String],
    /// The text of one.
    pub(crate) text_of: &'a dyn Fn(&str) -> Option<Arc<str>>,
    /// Whether the rule of a code was on for a file.
    pub(crate) is_on: &'a dyn Fn(&str, &str) -> bool,
}

/// Leaves out what a baseline knows. With `is_write` (`--write-baseline`) a file that is not there is made of all findings;
/// one that is there loses what is stale, and gains nothing.
pub(crate) fn baseline(
    file: &Path,
    is_write: bool,
    diagnostics: Vec<Diagnostic>,
    linted: &Linted<'_>,
) -> Result<AfterBaseline> {
    let root = current_folder()?;
    let absolute = root.join(file);
    let folder = absolute.parent().unwrap_or(&root).to_owned();
    let in_baseline = |shown: &str| seen_from(&folder, &root.join(shown));
    let looked_at: BTreeSet<String> = linted.paths.iter().map(|path| in_baseline(path)).collect();
    let is_judged = |path: &str, code: &str| {
        if looked_at.contains(path) {
            let shown = seen_from(&root, &folder.join(path));
            return (linted.is_on)(&shown, code);
        }
        !folder.join(path).exists()
    };
    let scene = Scene { text_of: linted.text_of, path_of: &in_baseline, is_judged: &is_judged };
    let shown = file.display().to_string();
    let text = match std::fs::read_to_string(&absolute) {
        Ok(text) => text,
        Err(cause) if cause.kind() == std::io::ErrorKind::NotFound && is_write => {
            let made = Baseline::of(&diagnostics, &scene);
            output::write(&made.to_json(), Some(&absolute))?;
            let n_known = diagnostics.len();
            return Ok(AfterBaseline { fresh: Vec::new(), n_known, stale: Vec::new(), written: Some(made.len()) });
        }
        Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => {
            return Err(Error::new(Kind::Config, format!("there is no baseline `{shown}`"))
                .help("--write-baseline makes one of the findings as they are now"));
        }
        Err(cause) => return Err(Error::io(shown, cause)),
    };
    let known = Baseline::parse(&text, &shown)?;
    let filtered = known.filter(diagnostics, &scene);
    let written = if is_write {
        let smaller = known.without(&filtered.stale);
        let json = smaller.to_json();
        if json != text {
            output::write(&json, Some(&absolute))?;
        }
        Some(smaller.len())
    } else {
        None
    };
    Ok(AfterBaseline { fresh: filtered.fresh, n_known: filtered.n_known, stale: filtered.stale, written })
}

fn current_folder() -> Result<PathBuf> {
    std::env::current_dir().map_err(|cause| Error::io(".", cause))
}

#[cfg(test)]
mod tests {
    use promptopt::lint::Linter;

    use super::*;

    const TABLE: &str = "| name      | colour    |\n|-----------|-----------|\n| apple     | red       |\n| banana    | yellow    |\n| cherry    | red       |\n| plum      | blue      |\n| lime      | green     |\n| grape     | violet    |\n";

    #[test]
    fn a_baseline_is_made_once_and_only_shrinks() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("known/base.json");
        std::fs::create_dir(folder.path().join("known")).unwrap();
        for name in ["a.md", "gone.md"] {
            std::fs::write(folder.path().join(name), TABLE).unwrap();
        }
        let settings = Settings::new("2026-11-22".parse().unwrap()).only(&["padded-table"]).unwrap();
        let run = |texts: &[(&str, String)], is_write| {
            let shown = |name: &str| folder.path().join(name).display().to_string();
            let paths: Vec<String> = texts.iter().map(|(name, _)| shown(name)).collect();
            let text_of = |path: &str| {
                let found = texts.iter().find(|(name, _)| shown(name) == path);
                found.map(|(_, text)| Arc::from(text.as_str()))
            };
            let lint =
                |(name, text): &(&str, String)| Linter::new().lint_text(&shown(name), text, &settings).diagnostics;
            let linted = Linted { paths: &paths, text_of: &text_of, is_on: &|_, code| code == "FMT006" };
            baseline(&file, is_write, texts.iter().flat_map(lint).collect(), &linted)
        };
        let table = || TABLE.to_owned();
        assert!(run(&[("a.md", table())], false).unwrap_err().to_string().contains("there is no baseline"));
        let made = run(&[("a.md", format!("{TABLE}\n{TABLE}")), ("gone.md", table())], true).unwrap();
        assert_eq!((made.fresh.len(), made.n_known, made.written), (0, 3, Some(3)));
        let text = std::fs::read_to_string(&file).unwrap();
        assert!(text.contains(r#"{"path":"../a.md","rule":"FMT006","#), "{text}");

        // Moved down, and a new one: the new one is told, and does not come into the file.
        let more = run(&[("a.md", format!("x\n\n{TABLE}\n{TABLE}\n{TABLE}"))], true).unwrap();
        assert_eq!((more.fresh.len(), more.n_known, more.stale.len(), more.written), (1, 2, 0, Some(3)));
        // One mended: it is stale, and dropped where the baseline is written.
        let fewer = run(&[("a.md", table())], false).unwrap();
        assert_eq!((fewer.fresh.len(), fewer.n_known, fewer.stale.len(), fewer.written), (0, 1, 1, None));
        assert_eq!(run(&[("a.md", table())], true).unwrap().written, Some(2));
        // What was not looked at stays, what is gone does not.
        std::fs::remove_file(folder.path().join("gone.md")).unwrap();
        assert_eq!(
            run(&[("b.md", table())], true).map(|after| (after.fresh.len(), after.written)).unwrap(),
            (1, Some(1))
        );
    }

    #[test]
    fn a_log_says_how_often_a_prompt_is_called() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("log.jsonl");
        let call = |day: u32| {
            format!(
                "{{\"timestamp\": \"2026-11-{day:02}T00:00:00Z\", \"request\": {{\"model\": \"gpt-6-luna\", \"messages\": \
                 [{{\"role\": \"system\", \"content\": \"Name three fruits, and no more.\"}}]}}, \"response\": \
                 {{\"model\": \"gpt-6-luna\", \"usage\": {{\"prompt_tokens\": 12, \"completion_tokens\": 9, \
                 \"total_tokens\": 21}}, \"choices\": []}}}}\n"
            )
        };
        std::fs::write(&log, (1..=11).map(call).collect::<String>()).unwrap();
        let files = [promptopt::lint::read::read("fruit.md", "Name three fruits, and no more.\n")];
        let measured = traffic(&[log.display().to_string()], &files).unwrap();
        assert_eq!((measured.n_calls, measured.n_matched, measured.by_file.get("fruit.md")), (11, 11, Some(&33)));
        assert!(traffic(&["no-such.jsonl".to_owned()], &files).is_err());
    }
}
