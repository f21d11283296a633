//! Many files: read, linted and mended by several threads, judged together at the end. What comes out does not depend on
//! the number of threads. Nothing is written here: who asked for fixes gets the texts.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::cache::{Cache, Subject};
use super::diagnostic::{Applicability, Diagnostic};
use super::discover::MAX_BYTES;
use super::file::File;
use super::lines::Lines;
use super::read::{read, read_bytes};
use super::rule::{Mark, Rule};
use super::run::{Linted, Linter, sort};
use super::secrets;
use super::settings::Settings;
use crate::error::{Error, Kind};
use crate::usd::Usd;

/// A file to be linted.
#[derive(Clone, Debug)]
pub struct Input {
    /// Where it lies; read unless `bytes` are given.
    pub path: PathBuf,
    /// The path as shown, with `/`; it decides how the file is read.
    pub shown: String,
    /// What it holds, where that does not come from the disk: standard input, an editor's buffer, a revision.
    pub bytes: Option<Vec<u8>>,
}

/// What is done about fixes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Fixing {
    /// Nothing.
    #[default]
    No,
    /// Those of at least this applicability are tried: findings are of the text as it is, and each file says what it would
    /// become.
    Preview(Applicability),
    /// Those of at least this applicability are made: findings are of what is left.
    Apply(Applicability),
}

/// How to run.
pub struct Options<'a> {
    /// Threads, at least one.
    pub n_threads: usize,
    /// What a file goes by, by its path as shown.
    pub settings_of: &'a (dyn Fn(&str) -> Arc<Settings> + Sync),
    /// What is done about fixes.
    pub fixing: Fixing,
    /// What earlier runs found. Not asked where fixes are made or tried, nor for what does not come from the disk.
    pub cache: Option<&'a Cache>,
}

/// What came of a run.
#[derive(Debug, Default)]
pub struct Report {
    /// Findings by file, in the order of their paths, then by place.
    pub diagnostics: Vec<Diagnostic>,
    /// The files, by path.
    pub checked: Vec<Checked>,
    /// Files that could not be read.
    pub errors: Vec<Error>,
}

/// A file that was linted.
#[derive(Debug, Default)]
pub struct Checked {
    /// Where it lies.
    pub path: PathBuf,
    /// The path as shown.
    pub shown: String,
    /// The text that the findings are about, without its byte-order mark. Empty if nothing was found in a file
    /// that lies on the disk.
    pub text: String,
    /// Its lines.
    pub lines: Lines,
    /// Whether a byte-order mark stands before it.
    pub has_mark: bool,
    /// Whether the text is not what stands in the file: that is no UTF-8.
    pub is_lossy: bool,
    /// Its prompts, and what they weigh.
    pub weight: Weight,
    /// Findings that a suppression left out.
    pub n_suppressed: usize,
    /// What fixes made of it, if anything.
    pub fixed: Option<FixedFile>,
}

/// What the prompts of a file, or of many, weigh.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Weight {
    /// Prompts.
    pub n_prompts: usize,
    /// Their input tokens, if each is sent once.
    pub n_tokens: u64,
    /// What those cost per 1,000 calls, of the prompts that have a price.
    pub usd_per_1k: Usd,
    /// Prompts without a price.
    pub n_unpriced: usize,
}

/// What fixes made of a file.
#[derive(Debug)]
pub struct FixedFile {
    /// The text before, without its byte-order mark.
    pub before: String,
    /// The text now, without its byte-order mark.
    pub after: String,
    /// Fixes made: code of the rule and what was done.
    pub applied: Vec<(&'static str, String)>,
    /// What its prompts weighed before …
    pub weight_before: Weight,
    /// … and weigh now.
    pub weight_after: Weight,
    /// Bytes of `before` and of `after` that no report may show.
    pub redact: [Vec<std::ops::Range<usize>>; 2],
}

impl Checked {
    /// The text as it is to be written, mended if it was: with the byte-order mark that it had.
    pub fn to_write(&self) -> String {
        let text = self.fixed.as_ref().map_or(&self.text, |fixed| &fixed.after);
        if self.has_mark { format!("{BYTE_ORDER_MARK}{text}") } else { text.clone() }
    }
}

impl Report {
    /// The file of a finding.
    pub fn file(&self, diagnostic: &Diagnostic) -> Option<&Checked> {
        self.file_at(&diagnostic.path)
    }

    /// The file of a path as shown.
    pub fn file_at(&self, shown: &str) -> Option<&Checked> {
        let at = self.checked.binary_search_by(|checked| checked.shown.as_str().cmp(shown)).ok()?;
        self.checked.get(at)
    }

    /// What all prompts weigh.
    pub fn weight(&self) -> Weight {
        self.checked.iter().map(|checked| checked.weight).sum()
    }

    /// Findings that suppressions left out.
    pub fn n_suppressed(&self) -> usize {
        self.checked.iter().map(|checked| checked.n_suppressed).sum()
    }

    /// Fixes made, or tried.
    pub fn n_fixed(&self) -> usize {
        self.checked.iter().filter_map(|checked| checked.fixed.as_ref()).map(|fixed| fixed.applied.len()).sum()
    }
}

impl Weight {
    fn of(linted: &Linted) -> Weight {
        Weight {
            n_prompts: linted.n_prompts,
            n_tokens: linted.n_tokens,
            usd_per_1k: linted.usd_per_1k,
            n_unpriced: linted.n_unpriced,
        }
    }
}

impl std::iter::Sum for Weight {
    fn sum<I: Iterator<Item = Weight>>(all: I) -> Weight {
        all.fold(Weight::default(), |sum, one| Weight {
            n_prompts: sum.n_prompts + one.n_prompts,
            n_tokens: sum.n_tokens.saturating_add(one.n_tokens),
            usd_per_1k: sum.usd_per_1k.saturating_add(one.usd_per_1k),
            n_unpriced: sum.n_unpriced + one.n_unpriced,
        })
    }
}

impl std::fmt::Debug for Options<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Options")
            .field("n_threads", &self.n_threads)
            .field("fixing", &self.fixing)
            .finish_non_exhaustive()
    }
}

/// Lints files. Of inputs that are shown by the same path, the first is taken.
pub fn run(linter: &Linter, mut inputs: Vec<Input>, options: &Options<'_>) -> Report {
    inputs.sort_by(|a, b| a.shown.cmp(&b.shown));
    inputs.dedup_by(|a, b| a.shown == b.shown);
    let next = AtomicUsize::new(0);
    let mut n_in_folder: HashMap<&str, usize> = HashMap::new();
    for input in &inputs {
        *n_in_folder.entry(folder(&input.shown)).or_default() += 1;
    }
    let has_neighbours = |input: &Input| n_in_folder.get(folder(&input.shown)).is_some_and(|n| *n > 1);
    let work = || {
        let mut done = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(input) = inputs.get(index) else { return done };
            done.push((index, one(linter, input, options, has_neighbours(input))));
        }
    };
    let n_threads = options.n_threads.clamp(1, inputs.len().max(1));
    let mut done = std::thread::scope(|scope| {
        let others: Vec<_> = (1..n_threads).map(|_| scope.spawn(work)).collect();
        let mut done = work();
        for other in others {
            done.extend(other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        }
        done
    });
    done.sort_by_key(|(index, _)| *index);

    let mut report = Report::default();
    let mut marks: Vec<(&'static Rule, Mark)> = Vec::new();
    for (_, outcome) in done {
        match outcome {
            Ok((checked, mut linted)) => {
                report.checked.push(checked);
                report.diagnostics.append(&mut linted.diagnostics);
                marks.append(&mut linted.marks);
            }
            Err(error) => report.errors.push(error),
        }
    }
    if !marks.is_empty() {
        report.diagnostics.extend(linter.across(&marks, &|path| (options.settings_of)(path)));
        sort(&mut report.diagnostics);
    }
    report
}

/// The folder of a path as shown; empty where it has none.
pub(super) fn folder(shown: &str) -> &str {
    shown.rsplit_once('/').map_or("", |(folder, _)| folder)
}

fn one(
    linter: &Linter,
    input: &Input,
    options: &Options<'_>,
    has_neighbours: bool,
) -> Result<(Checked, Linted), Error> {
    let opened = open(input)?;
    let settings = (options.settings_of)(&input.shown);
    let cache = options.cache.filter(|_| options.fixing == Fixing::No && input.bytes.is_none());
    let key = cache
        .zip(opened.text())
        .map(|(cache, text)| (cache, cache.key(&Subject { shown: &input.shown, text, has_neighbours }, &settings)));
    if let Some((cache, key)) = key
        && let Some(linted) = cache.get(key, &input.shown)
    {
        let Opened { content, has_mark } = opened;
        let text = String::from_utf8(content.unwrap_or_default()).unwrap_or_default();
        let lines = if is_kept(&linted) { Lines::of(&text) } else { Lines::default() };
        let file = File { text, lines, ..File::default() };
        return Ok((checked(input, file, has_mark, &linted), linted));
    }
    let has_mark = opened.has_mark;
    let mut file = opened.into_file(input);
    let mut linted = linter.lint_among(&file, &settings, has_neighbours);
    if let Some((cache, key)) = key {
        cache.put(key, &linted, &file.text);
    }
    let weight_before = Weight::of(&linted);
    let (least, is_applied) = match options.fixing {
        Fixing::No => (None, false),
        Fixing::Preview(least) => (Some(least), false),
        Fixing::Apply(least) => (Some(least), true),
    };
    let is_lossy = file.is_lossy;
    let may_be_fixed = |linted: &Linted, least| {
        let fixes = linted.diagnostics.iter().filter_map(|diagnostic| diagnostic.finding.fix.as_ref());
        !is_lossy && fixes.into_iter().any(|fix| fix.applicability >= least)
    };
    let mut fixed = None;
    if let Some(least) = least.filter(|least| may_be_fixed(&linted, *least)) {
        let made = linter.fix(&input.shown, &file.text, &settings, least);
        if made.text != file.text {
            let after = read(&input.shown, &made.text);
            let linted_after = linter.lint_among(&after, &settings, has_neighbours);
            fixed = Some(FixedFile {
                before: file.text.clone(),
                after: made.text,
                applied: made.applied,
                weight_before,
                weight_after: Weight::of(&linted_after),
                redact: [redacted(&linted, &file.text), redacted(&linted_after, &after.text)],
            });
            if is_applied {
                (file, linted) = (after, linted_after);
            }
        }
    }
    Ok((Checked { is_lossy, fixed, ..checked(input, file, has_mark, &linted) }, linted))
}

/// Whether the text is needed after the file was linted.
fn is_kept(linted: &Linted) -> bool {
    !linted.diagnostics.is_empty() || !linted.marks.is_empty()
}

fn checked(input: &Input, file: File, has_mark: bool, linted: &Linted) -> Checked {
    let is_kept = is_kept(linted);
    Checked {
        path: input.path.clone(),
        shown: input.shown.clone(),
        text: if is_kept || input.bytes.is_some() { file.text } else { String::new() },
        lines: if is_kept { file.lines } else { Lines::default() },
        has_mark,
        is_lossy: file.is_lossy,
        weight: Weight::of(linted),
        n_suppressed: linted.n_suppressed,
        fixed: None,
    }
}

/// What no report may show, whatever rules are on.
fn redacted(linted: &Linted, text: &str) -> Vec<std::ops::Range<usize>> {
    let marked = linted.diagnostics.iter().flat_map(|diagnostic| diagnostic.finding.redact.iter().cloned());
    marked.chain(secrets::spans(text)).collect()
}

const BYTE_ORDER_MARK: char = '\u{feff}';

/// A file as it lies there, without its byte-order mark, for which editors count no column.
struct Opened {
    /// Its bytes, or why they are not read.
    content: Result<Vec<u8>, String>,
    has_mark: bool,
}

impl Opened {
    /// The text, where the bytes are one: what else is in them is looked at each time.
    fn text(&self) -> Option<&str> {
        let bytes = self.content.as_deref().ok()?;
        if memchr::memchr(0, bytes).is_some() { None } else { std::str::from_utf8(bytes).ok() }
    }

    /// What is no text or too long is a mistake of the file.
    fn into_file(self, input: &Input) -> File {
        match self.content {
            Ok(bytes) => read_bytes(&input.shown, bytes),
            Err(why) => {
                let mut file = File::new(&*input.shown, "");
                file.mistake(0..0, why);
                file
            }
        }
    }
}

fn open(input: &Input) -> Result<Opened, Error> {
    let failed = |cause: std::io::Error| {
        let error = Error::new(Kind::Io, format!("cannot read `{}`", input.shown));
        match cause.kind() {
            std::io::ErrorKind::NotFound => error.help("there is no such file"),
            _ => error.because(cause),
        }
    };
    let unread = |why: String| Ok(Opened { content: Err(why), has_mark: false });
    let mut bytes = if let Some(bytes) = &input.bytes {
        bytes.clone()
    } else {
        let size = std::fs::metadata(&input.path).map_err(failed)?.len();
        if size > MAX_BYTES {
            return unread(format!("too large: {size} bytes; files up to {MAX_BYTES} bytes are read"));
        }
        std::fs::read(&input.path).map_err(failed)?
    };
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return unread("the file is UTF-16; prompts are read and sent as UTF-8".to_owned());
    }
    let has_mark = bytes.starts_with(BYTE_ORDER_MARK.encode_utf8(&mut [0; 4]).as_bytes());
    if has_mark {
        bytes.drain(..BYTE_ORDER_MARK.len_utf8());
    }
    Ok(Opened { content: Ok(bytes), has_mark })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "| name          | colour    |\r\n\
         |---------------|-----------|\r\n\
         | apple         | red       |\r\n\
         | banana        | yellow    |\r\n\
         | cherry        | red       |\r\n\
         | plum          | blue      |\r\n\
         | lime          | green     |\r\n\
         | grape         | violet    |\r\n\
         | pear          | green     |\r\n\
         | fig           | violet    |\r\n";

    fn input(shown: &str, bytes: &[u8]) -> Input {
        Input { path: shown.into(), shown: shown.to_owned(), bytes: Some(bytes.to_vec()) }
    }

    fn go(inputs: Vec<Input>, n_threads: usize, fixing: Fixing) -> Report {
        let settings = Arc::new(Settings::new("2026-11-22".parse().unwrap()));
        let options = Options { n_threads, settings_of: &|_| Arc::clone(&settings), fixing, cache: None };
        run(&Linter::new(), inputs, &options)
    }

    #[test]
    fn the_report_does_not_depend_on_the_number_of_threads() {
        let inputs: Vec<Input> = (0..40).map(|n| input(&format!("p{}.md", n % 30), TABLE.as_bytes())).collect();
        let show = |report: &Report| -> Vec<(String, usize)> {
            report.diagnostics.iter().map(|d| (d.path.clone(), d.finding.span.start)).collect()
        };
        let one = go(inputs.clone(), 1, Fixing::No);
        assert_eq!((one.checked.len(), one.diagnostics.len()), (30, 30));
        assert_eq!(show(&one), show(&go(inputs, 7, Fixing::No)));
        assert_eq!(one.file(&one.diagnostics[7]).unwrap().shown, one.diagnostics[7].path);
    }

    #[test]
    fn a_preview_tells_of_the_file_as_it_is_and_an_application_of_what_is_left() {
        let marked = format!("\u{feff}{TABLE}");
        let safe = Applicability::Safe;
        let preview = go(vec![input("a.md", marked.as_bytes())], 1, Fixing::Preview(safe));
        assert_eq!((preview.diagnostics.len(), preview.n_fixed()), (1, 1));
        assert_eq!(preview.diagnostics[0].finding.span.start, 0, "the byte-order mark is no part of the text");
        let applied = go(vec![input("a.md", marked.as_bytes())], 1, Fixing::Apply(safe));
        assert!(applied.diagnostics.is_empty());
        let fixed = applied.checked[0].fixed.as_ref().unwrap();
        assert!(fixed.weight_after.n_tokens < fixed.weight_before.n_tokens);
        let written = applied.checked[0].to_write();
        assert!(written.starts_with("\u{feff}|") && written.contains("\r\n"), "{written:?}");
    }

    #[test]
    fn what_is_no_text_is_a_finding_and_what_is_not_there_an_error() {
        let missing = Input { path: "no/such.md".into(), shown: "no/such.md".to_owned(), bytes: None };
        let report = go(vec![input("a.md", b"good\n\xffbad"), missing], 2, Fixing::Apply(Applicability::Unsafe));
        assert_eq!((report.diagnostics.len(), report.errors.len(), report.n_fixed()), (1, 1, 0));
        assert_eq!((report.diagnostics[0].rule.name, report.diagnostics[0].finding.span.start), ("syntax", 5));
        let utf16 = go(vec![input("a.md", b"\xff\xfea\0")], 1, Fixing::No);
        assert!(utf16.diagnostics[0].finding.message.contains("UTF-16"));
    }
}
