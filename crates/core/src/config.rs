//! `promptopt.toml`: what a team sets for its prompts, as written, and what follows from it. The nearest file up the tree
//! holds; `extends` lays another under it. All mistakes are told at once, each with its place.
//!
//! Files are read through a function that the caller gives, so that an editor can answer with what is not saved yet and a
//! test needs no disk.

mod check;
pub mod keys;
mod layer;
mod paths;
mod resolve;
pub mod router;
pub mod sample;
pub mod schema;
mod values;

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

pub use layer::{BudgetEntry, IgnoreEntry, Layer, OverrideEntry};
pub use paths::{Globs, plain};

use crate::error::{Error, Kind};
use crate::lint::{SIDECAR_SUFFIX, Settings, Severity};
use paths::Base;

/// The file's name.
pub const FILE_NAME: &str = "promptopt.toml";

/// Reads a file.
pub type Reader<'r> = dyn Fn(&Path) -> io::Result<String> + Send + Sync + 'r;

/// What holds for the files of a folder.
#[derive(Clone, Debug)]
pub struct Config {
    /// What the rules go by, before overrides and sidecars: [`Configs::settings_for`] adds them.
    pub settings: Arc<Settings>,
    /// Files that are prompts though their names do not say so.
    pub include: Globs,
    /// Files and folders that are not looked at.
    pub exclude: Globs,
    /// The least severity that makes the command fail; `None` for never.
    pub fail_on: Option<Severity>,
    /// The file of known findings; absolute.
    pub baseline: Option<PathBuf>,
    /// The files that it was made of, the nearest first; absolute.
    pub files: Vec<PathBuf>,
    pub(crate) overrides: Vec<resolve::Override>,
}

/// Mistakes in configuration files, each with its place. Never empty.
#[derive(Clone, Debug)]
pub struct Problems(pub Arc<Vec<Error>>);

/// The configuration of every file of a run. Each configuration file is read once.
pub struct Configs<'r> {
    read: Box<Reader<'r>>,
    root: PathBuf,
    base: Settings,
    command_line: Layer,
    source: Source,
    memo: Mutex<Memo>,
}

enum Source {
    Nearest,
    File(PathBuf),
    Nothing,
}

type Answer = Result<Arc<Config>, Problems>;

#[derive(Default)]
struct Memo {
    by_folder: BTreeMap<PathBuf, Answer>,
    by_file: BTreeMap<PathBuf, Answer>,
    /// Settings with some of a configuration's overrides, by its first file.
    overridden: BTreeMap<(Option<PathBuf>, Vec<usize>), Arc<Settings>>,
}

impl<'r> Configs<'r> {
    /// `base` has the catalogue and the day; `root` is the folder that shown paths are seen from, absolute.
    pub fn new(
        base: Settings,
        root: impl Into<PathBuf>,
        read: impl Fn(&Path) -> io::Result<String> + Send + Sync + 'r,
    ) -> Configs<'r> {
        let root = plain(&root.into());
        let command_line = Layer { folder: root.clone(), ..Layer::default() };
        Configs { read: Box::new(read), root, base, command_line, source: Source::Nearest, memo: Mutex::default() }
    }

    /// What the command line sets: it wins over every file. Its patterns are seen from the root.
    #[must_use]
    pub fn with_command_line(mut self, layer: Layer) -> Configs<'r> {
        self.command_line = Layer { folder: self.root.clone(), ..layer };
        self
    }

    /// This file, whatever lies beside the prompts (`--config`).
    #[must_use]
    pub fn with_file(mut self, file: &Path) -> Configs<'r> {
        self.source = Source::File(plain(&self.root.join(file)));
        self
    }

    /// No file at all (`--isolated`).
    #[must_use]
    pub fn isolated(mut self) -> Configs<'r> {
        self.source = Source::Nothing;
        self
    }

    /// What holds for a file, by its path as shown.
    pub fn for_file(&self, shown: &str) -> Answer {
        let path = plain(&self.root.join(shown));
        self.for_folder(path.parent().unwrap_or(&self.root))
    }

    /// What holds for the files of a folder; relative to the root, or absolute.
    pub fn for_folder(&self, folder: &Path) -> Answer {
        let folder = plain(&self.root.join(folder));
        if let Some(answer) = self.memo().by_folder.get(&folder) {
            return answer.clone();
        }
        let answer = match &self.source {
            Source::Nothing => self.resolve(None),
            Source::File(file) => self.resolve(Some(file)),
            Source::Nearest => self.nearest(&folder),
        };
        self.memo().by_folder.insert(folder, answer.clone());
        answer
    }

    /// What the rules go by in a file: its folder's settings, with the overrides that match its path and its sidecar.
    pub fn settings_for(&self, shown: &str) -> Result<Arc<Settings>, Problems> {
        let config = self.for_file(shown)?;
        let matching: Vec<usize> = config
            .overrides
            .iter()
            .enumerate()
            .filter(|(_, one)| one.paths.is_match(shown))
            .map(|(index, _)| index)
            .collect();
        let settings = if matching.is_empty() {
            Arc::clone(&config.settings)
        } else {
            let key = (config.files.first().cloned(), matching);
            let known = self.memo().overridden.get(&key).cloned();
            known.unwrap_or_else(|| {
                let made = Arc::new(config.overridden(&key.1));
                self.memo().overridden.insert(key, Arc::clone(&made));
                made
            })
        };
        self.with_sidecar(shown, settings)
    }

    /// The settings of some files, by path as shown, or all mistakes in their configuration, each once: to be asked before a
    /// run, which then reads no configuration and cannot fail for it.
    pub fn settings_of_all<'p>(
        &self,
        shown: impl IntoIterator<Item = &'p str>,
    ) -> Result<BTreeMap<String, Arc<Settings>>, Problems> {
        let mut by_path = BTreeMap::new();
        let mut all: Vec<Problems> = Vec::new();
        for path in shown {
            match self.settings_for(path) {
                Ok(settings) => _ = by_path.insert(path.to_owned(), settings),
                Err(problems) if all.iter().all(|known| !Arc::ptr_eq(&known.0, &problems.0)) => all.push(problems),
                Err(_) => {}
            }
        }
        match &all[..] {
            [] => Ok(by_path),
            [one] => Err(one.clone()),
            several => Err(Problems::of_several(several)),
        }
    }

    fn with_sidecar(&self, shown: &str, settings: Arc<Settings>) -> Result<Arc<Settings>, Problems> {
        if matches!(self.source, Source::Nothing) {
            return Ok(settings);
        }
        let sidecar = format!("{shown}{SIDECAR_SUFFIX}");
        let path = plain(&self.root.join(&sidecar));
        let Some(text) = self.read_if_there(&path, &sidecar)? else { return Ok(settings) };
        let (entries, problems) = layer::read_sidecar(&sidecar, &text);
        if !problems.is_empty() {
            return Err(Problems(Arc::new(problems)));
        }
        let mut settings = (*settings).clone();
        settings.ignores.extend(entries.iter().filter_map(|entry| resolve::of_one_file(entry, shown, &sidecar)));
        Ok(Arc::new(settings))
    }

    /// The nearest file up the tree. Folders in between learn what was found.
    fn nearest(&self, folder: &Path) -> Answer {
        let file = folder.join(FILE_NAME);
        let shown = self.shown(&file);
        if self.read_if_there(&file, &shown)?.is_some() {
            return self.resolve(Some(&file));
        }
        match folder.parent() {
            Some(above) => self.for_folder(above),
            None => self.resolve(None),
        }
    }

    fn resolve(&self, file: Option<&Path>) -> Answer {
        let key = file.map(Path::to_owned).unwrap_or_default();
        if let Some(answer) = self.memo().by_file.get(&key) {
            return answer.clone();
        }
        let answer = self.layers(file).map(|(layers, files)| {
            Arc::new(resolve::resolve(&self.base, &layers, &self.command_line, &self.root, files))
        });
        self.memo().by_file.insert(key, answer.clone());
        answer
    }

    /// A file and those that it extends, the nearest first.
    fn layers(&self, file: Option<&Path>) -> Result<(Vec<Layer>, Vec<PathBuf>), Problems> {
        let (mut layers, mut files, mut problems) = (Vec::new(), Vec::<PathBuf>::new(), Vec::new());
        let mut next = file.map(Path::to_owned);
        let mut named_by: Option<(String, Error)> = None;
        while let Some(path) = next.take() {
            let chain = || files.iter().chain([&path]).map(|file| self.shown(file)).collect::<Vec<_>>().join(" → ");
            if files.contains(&path) {
                problems.extend(named_by.take().map(|(_, at)| at.help(format!("it goes in a circle: {}", chain()))));
                break;
            }
            let shown = self.shown(&path);
            let text = match (self.read)(&path) {
                Ok(text) => text,
                Err(cause) => {
                    let error = match named_by.take() {
                        Some((written, at)) => at.help(format!("cannot read `{written}` ({cause}); {}", chain())),
                        None => Error::io(shown, cause),
                    };
                    problems.push(error);
                    break;
                }
            };
            let mut read = layer::read(&path, &shown, &text, &self.base.catalog);
            problems.append(&mut read.problems);
            if let Some(written) = &read.layer.extends {
                next = Some(plain(&read.layer.folder.join(written)));
                let checker = check::Checker::new(&shown, &text, &self.base.catalog);
                let at = read.extends_at.unwrap_or(0..0);
                let message = format!("cannot extend `{written}`");
                named_by = Some((written.clone(), checker.error_at(&at, "extends", message)));
            }
            files.push(path);
            layers.push(read.layer);
        }
        if problems.is_empty() { Ok((layers, files)) } else { Err(Problems(Arc::new(problems))) }
    }

    fn read_if_there(&self, path: &Path, shown: &str) -> Result<Option<String>, Problems> {
        match (self.read)(path) {
            Ok(text) => Ok(Some(text)),
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => Ok(None),
            Err(error) => Err(Problems(Arc::new(vec![Error::io(shown, error)]))),
        }
    }

    fn shown(&self, path: &Path) -> String {
        seen_from(&self.root, path)
    }

    fn memo(&self) -> std::sync::MutexGuard<'_, Memo> {
        // What is in it is whole at every moment, whoever panicked.
        self.memo.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A path as it is seen from a folder, with `/`; both absolute.
pub fn seen_from(folder: &Path, path: &Path) -> String {
    Base::new(folder, folder).shown(path)
}

impl Problems {
    /// A file that several extend has its mistakes told once.
    fn of_several(several: &[Problems]) -> Problems {
        let mut seen = std::collections::BTreeSet::new();
        let mut all = Vec::new();
        for error in several.iter().flat_map(|problems| problems.0.iter()) {
            if seen.insert(error.to_string()) {
                all.push(error.duplicate());
            }
        }
        Problems(Arc::new(all))
    }

    /// All of it as one error, for a command that ends with it.
    pub fn into_error(self) -> Error {
        match &self.0[..] {
            [one] => {
                let error = Error::new(one.kind(), one.to_string());
                error.help("promptopt init --schema prints what may stand in promptopt.toml")
            }
            several => {
                let list: Vec<String> = several.iter().map(|error| format!("\n  {error}")).collect();
                let message = format!("{} mistakes in the configuration:{}", several.len(), list.concat());
                Error::new(Kind::Config, message)
            }
        }
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<String> = self.0.iter().map(ToString::to_string).collect();
        f.write_str(&lines.join("\n"))
    }
}
