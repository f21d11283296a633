//! Which files are looked at: those that the caller names, and in the folders that it names those that hold prompts, by
//! their name or, where the name leaves it open, by the beginning of their text. The same on every machine, in the same
//! order; what cannot be looked at is an error value, never a reason to stop.

use std::collections::HashSet;
use std::fs;
use std::io::Read;
use std::path::{Component, Path, PathBuf};

use globset::GlobSet;
use ignore::{DirEntry, WalkBuilder};

use super::file::File;
use super::read::{self, Fit};
use crate::error::{Error, Kind};

/// Where to look, and at what.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The folder that relative roots begin at and shown paths are relative to: absolute.
    pub base: PathBuf,
    /// Files that are prompts though their names do not say so, by their path as shown.
    pub include: GlobSet,
    /// Files and folders that are left out of folders, by their path as shown.
    pub exclude: GlobSet,
}

/// A file to lint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The path as shown: relative to the base where it lies under it, with `/`.
    pub path: String,
    /// The path to open.
    pub absolute: PathBuf,
    /// How well it fits its reader; [`Fit::No`] for a named file that no reader knows.
    pub fit: Fit,
    /// The caller named this very file.
    pub is_named: bool,
}

/// Larger files are not read: no prompt is that long, and a batch file of that size should be split.
pub const MAX_BYTES: u64 = 64 * 1024 * 1024;

/// What is read of a file to tell what it is.
const HEAD_BYTES: u64 = 256 * 1024;

/// Extensions that several kinds of files share, only some of which hold prompts: the text decides.
const SNIFFED: &[&str] = &[
    "json", "jsonl", "ndjson", "yaml", "yml", "prompt", "xml", "py", "pyi", "ts", "tsx", "mts", "cts", "js", "jsx",
    "mjs", "cjs", "rs",
];

/// Folders whose texts are prompts.
const PROMPT_FOLDERS: &[&str] = &[
    "prompt",
    "prompts",
    "system_prompts",
    "system-prompts",
    "systemprompts",
    "prompt_templates",
    "prompt-templates",
    "instructions",
    ".prompts",
];

/// Hidden folders in which instructions for agents are kept; others are not entered.
const HIDDEN_FOLDERS: &[&str] = &[
    ".agents",
    ".ai",
    ".amazonq",
    ".augment",
    ".claude",
    ".claude-plugin",
    ".clinerules",
    ".codex",
    ".continue",
    ".cursor",
    ".factory",
    ".gemini",
    ".github",
    ".junie",
    ".kiro",
    ".opencode",
    ".prompts",
    ".roo",
    ".windsurf",
];

/// Files about a project, which no model is told.
const DOCUMENTATION: &[&str] = &[
    "authors",
    "changelog",
    "changes",
    "code_of_conduct",
    "codeowners",
    "contributing",
    "contributors",
    "copying",
    "governance",
    "history",
    "license",
    "licence",
    "maintainers",
    "news",
    "notice",
    "notices",
    "readme",
    "releases",
    "release",
    "requirements",
    "robots",
    "security",
    "support",
    "todo",
    "cmakelists",
];

/// Finds the files to lint. Named files are always taken; a folder is walked as Git sees it (`.gitignore` holds). Texts
/// that could be anything (`.md`, `.txt`) are taken where a folder's name says that prompts are kept there, or where the
/// caller named a folder other than the base.
pub fn discover(roots: &[PathBuf], options: &Options) -> (Vec<Found>, Vec<Error>) {
    let mut found = Vec::new();
    let mut errors = Vec::new();
    for root in roots {
        let path = options.base.join(root);
        match fs::metadata(&path) {
            Err(error) => errors.push(
                Error::io(root.to_string_lossy().into_owned(), error).help("name a file or a folder that is there"),
            ),
            Ok(metadata) if metadata.is_dir() => walk(root, &path, options, &mut found, &mut errors),
            Ok(_) => {
                let shown = shown(root, &path, options);
                match fit(&shown, &path) {
                    Ok(fit) => found.push(Found { path: shown, absolute: path, fit, is_named: true }),
                    Err(error) => errors.push(Error::io(shown, error)),
                }
            }
        }
    }
    // A file that is named and lies in a folder that is named too is read once, as a named one.
    found.sort_by(|a, b| (&a.path, !a.is_named).cmp(&(&b.path, !b.is_named)));
    let mut seen = HashSet::new();
    found.retain(|found| seen.insert(found.absolute.components().collect::<PathBuf>()));
    (found, errors)
}

/// Opens a file and takes it apart. What is not UTF-8 or too large is a mistake of the file. O(size).
pub fn open(found: &Found) -> Result<File, Error> {
    let failed = |error| Error::io(found.path.clone(), error);
    let size = fs::metadata(&found.absolute).map_err(failed)?.len();
    if size > MAX_BYTES {
        let mut file = File::new(&*found.path, "");
        file.mistake(0..0, format!("too large: {size} bytes; files up to {MAX_BYTES} bytes are read"));
        return Ok(file);
    }
    Ok(read::read_bytes(&found.path, fs::read(&found.absolute).map_err(failed)?))
}

fn walk(root: &Path, path: &Path, options: &Options, found: &mut Vec<Found>, errors: &mut Vec<Error>) {
    let is_base = is_same(path, &options.base);
    let filter = {
        let (root, path, options) = (root.to_owned(), path.to_owned(), options.clone());
        move |entry: &DirEntry| entry.depth() == 0 || is_entered(entry, &root, &path, &options)
    };
    // The user's global rules do not count, so that two machines find the same.
    let walk = WalkBuilder::new(path)
        .hidden(false)
        .git_global(false)
        .git_exclude(false)
        .require_git(false)
        .sort_by_file_path(Path::cmp)
        .filter_entry(filter)
        .build();
    for entry in walk {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                let message = format!("cannot look into `{}`", root.display());
                errors.push(Error::new(Kind::Io, message).because(error));
                continue;
            }
        };
        if !entry.file_type().is_some_and(|kind| kind.is_file()) {
            continue;
        }
        let absolute = entry.into_path();
        let inside = absolute.strip_prefix(path).unwrap_or(&absolute);
        let shown = shown(&root.join(inside), &absolute, options);
        let fit = match fit(&shown, &absolute) {
            Ok(fit) => fit,
            Err(error) => {
                errors.push(Error::io(shown, error));
                continue;
            }
        };
        let is_taken = match fit {
            Fit::No => false,
            Fit::Plain => options.include.is_match(&shown) || is_prompt_text(&shown, !is_base),
            Fit::Sniffed | Fit::Named => true,
        };
        if is_taken {
            found.push(Found { path: shown, absolute, fit, is_named: false });
        }
    }
}

fn is_entered(entry: &DirEntry, root: &Path, path: &Path, options: &Options) -> bool {
    let name = entry.file_name().to_string_lossy();
    if entry.file_type().is_some_and(|kind| kind.is_dir()) {
        let is_foreign = matches!(&*name, "node_modules" | "__pycache__" | "site-packages" | "venv");
        // What a hidden folder for agents holds is theirs, hidden again or not.
        let is_agents = |part: Component<'_>| HIDDEN_FOLDERS.contains(&&*part.as_os_str().to_string_lossy());
        let is_hidden =
            name.starts_with('.') && !entry.path().strip_prefix(path).is_ok_and(|p| p.components().any(is_agents));
        if is_foreign || is_hidden || name == ".git" {
            return false;
        }
    }
    let inside = entry.path().strip_prefix(path).unwrap_or(entry.path());
    options.exclude.is_empty() || !options.exclude.is_match(shown(&root.join(inside), entry.path(), options))
}

/// How well a file fits, by as little of it as tells.
fn fit(shown: &str, path: &Path) -> std::io::Result<Fit> {
    let by_name = read::reader(shown, "").map_or(Fit::No, |(_, fit)| fit);
    let extension = path.extension().map(|extension| extension.to_string_lossy().to_lowercase());
    if by_name == Fit::Named || !extension.is_some_and(|extension| SNIFFED.contains(&&*extension)) {
        return Ok(by_name);
    }
    let mut head = Vec::new();
    fs::File::open(path)?.take(HEAD_BYTES).read_to_end(&mut head)?;
    if memchr::memchr(0, &head).is_some() {
        return Ok(Fit::No);
    }
    Ok(read::reader(shown, &String::from_utf8_lossy(&head)).map_or(Fit::No, |(_, fit)| fit))
}

/// Whether a text that could be anything is taken for a prompt.
fn is_prompt_text(shown: &str, is_in_named_folder: bool) -> bool {
    let (folders, name) = shown.rsplit_once('/').unwrap_or(("", shown));
    let stem = name.split('.').next().unwrap_or_default().to_lowercase().replace('-', "_");
    if DOCUMENTATION.iter().any(|known| stem == *known || stem.starts_with(&format!("{known}_"))) {
        return false;
    }
    let folders = folders.to_lowercase();
    let is_kept_there = folders.split('/').any(|folder| PROMPT_FOLDERS.contains(&folder))
        // `templates` alone is as often a web framework's.
        || (folders.contains("prompt") && folders.split('/').any(|folder| folder == "templates"));
    // Elsewhere only prose: not every YAML or JSON file of a folder that is named.
    let is_prose = [".md", ".markdown", ".txt"].iter().any(|end| name.to_lowercase().ends_with(end));
    is_kept_there || (is_in_named_folder && is_prose)
}

/// The path as shown: relative to the base where it lies under it, else as the caller wrote it.
fn shown(written: &Path, path: &Path, options: &Options) -> String {
    let clean: PathBuf = path.components().filter(|part| *part != Component::CurDir).collect();
    let inside = clean.strip_prefix(&options.base).unwrap_or(written);
    let text = inside.to_string_lossy();
    let text = if cfg!(windows) { text.replace('\\', "/") } else { text.into_owned() };
    text.strip_prefix("./").map_or(text.clone(), str::to_owned)
}

fn is_same(a: &Path, b: &Path) -> bool {
    let clean = |path: &Path| path.components().filter(|part| *part != Component::CurDir).collect::<PathBuf>();
    clean(a) == clean(b)
}

#[cfg(test)]
mod tests {
    use globset::{Glob, GlobSetBuilder};

    use super::*;

    const PROMPT: &str = "---\nmodel: a/b\n---\n{{role \"system\"}}Be brief.\n";

    fn folder(name: &str, files: &[(&str, &str)]) -> PathBuf {
        let root = std::env::temp_dir().join(format!("promptopt-discover-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&root);
        for (file, text) in files {
            let path = root.join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        root
    }

    fn set(globs: &[&str]) -> GlobSet {
        let mut builder = GlobSetBuilder::new();
        for glob in globs {
            builder.add(Glob::new(glob).unwrap());
        }
        builder.build().unwrap()
    }

    fn paths(base: &Path, roots: &[&str], include: &[&str], exclude: &[&str]) -> Vec<String> {
        let options = Options { base: base.to_owned(), include: set(include), exclude: set(exclude) };
        let (found, errors) = discover(&roots.iter().map(PathBuf::from).collect::<Vec<_>>(), &options);
        assert!(errors.is_empty(), "{errors:?}");
        found.into_iter().map(|found| found.path).collect()
    }

    #[test]
    fn names_and_texts_say_what_is_a_prompt() {
        let base = folder(
            "names",
            &[
                ("AGENTS.md", "a"),
                ("README.md", "a"),
                ("docs/guide.md", "a"),
                ("docs/README.md", "a"),
                ("prompts/one.md", "a"),
                ("prompts/README.md", "a"),
                ("src/chat.prompt", PROMPT),
                ("src/request.json", "{\"messages\": [{\"role\": \"user\", \"content\": \"a\"}]}"),
                ("package.json", "{\"name\": \"a\", \"input\": 1}"),
                (".cursor/rules/a.mdc", "a"),
                (".cursor/rules/.own/b.mdc", "a"),
                (".github/copilot-instructions.md", "a"),
                (".venv/AGENTS.md", "a"),
                ("node_modules/x/AGENTS.md", "a"),
                (".gitignore", "/skip/\n"),
                ("skip/AGENTS.md", "a"),
                ("binary.jsonl", "\0{\"messages\""),
            ],
        );
        let all = [
            ".cursor/rules/.own/b.mdc",
            ".cursor/rules/a.mdc",
            ".github/copilot-instructions.md",
            "AGENTS.md",
            "prompts/one.md",
            "src/chat.prompt",
            "src/request.json",
        ];
        assert_eq!(paths(&base, &["."], &[], &[]), all);
        assert_eq!(paths(&base, &["docs"], &[], &[]), ["docs/guide.md"], "a folder that is named holds prompts");
        assert_eq!(paths(&base, &["README.md", ".", "src"], &[], &[]).len(), all.len() + 1, "a file is found once");
        let more = paths(&base, &["."], &["docs/*.md"], &[]);
        assert_eq!(more.len(), all.len() + 2, "what is included comes to what is found anyway: {more:?}");
        assert_eq!(
            paths(&base, &["."], &[], &["src", ".cursor/**", "AGENTS.md"]),
            [".github/copilot-instructions.md", "prompts/one.md"]
        );
    }

    #[test]
    fn what_is_not_there_is_an_error_and_what_is_no_text_a_mistake() {
        let base = folder("broken", &[("a.txt", "a")]);
        fs::write(base.join("latin.md"), b"caf\xe9 Be brief.").unwrap();
        fs::write(base.join("image.md"), b"\x89PNG\0").unwrap();
        let options = Options { base, ..Options::default() };
        let (found, errors) = discover(&["none.md".into(), "latin.md".into(), "image.md".into()], &options);
        assert_eq!((found.len(), errors.len()), (2, 1));
        assert!(errors[0].to_string().contains("none.md"), "{}", errors[0]);
        let image = open(&found[0]).unwrap();
        assert_eq!((image.prompts.len(), image.mistakes.len()), (0, 1));
        let latin = open(&found[1]).unwrap();
        assert_eq!((latin.prompts.len(), latin.mistakes[0].span.start, latin.is_lossy), (1, 3, true));
    }
}
