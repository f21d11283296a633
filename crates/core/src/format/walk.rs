//! Finds the files of a corpus: files, folders, globs and standard input (`-`), in an order that is the same on every
//! machine. In a folder, hidden files and what its `.gitignore` excludes are left out.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use globset::GlobMatcher;
use ignore::WalkBuilder;

use crate::error::{Error, Result};
use crate::format::open::Source;

/// A file to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// Where it is.
    pub source: Source,
    /// The user named this very file: that it is no corpus is an error. In a folder it is a note.
    pub is_named: bool,
}

/// What was found.
#[derive(Debug, Default)]
pub struct Found {
    /// Files to read, in their order.
    pub inputs: Vec<Input>,
    /// Files left out, and why.
    pub skipped: Vec<Skipped>,
    /// What the user named and is not there, and what could not be looked at.
    pub problems: Vec<Error>,
}

/// A file left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    /// Which.
    pub file: Arc<str>,
    /// Why.
    pub reason: Arc<str>,
}

/// Finds the files that the arguments name. An argument that exists is taken as it is, even if it looks like a glob.
pub fn discover<A: AsRef<str>>(arguments: &[A]) -> Found {
    let mut found = Found::default();
    for argument in arguments {
        let argument = argument.as_ref();
        let path = Path::new(argument);
        if argument == "-" {
            found.inputs.push(Input { source: Source::Stdin, is_named: true });
        } else if path.is_dir() {
            walk(path, None, &mut found);
        } else if path.exists() {
            found.inputs.push(Input { source: Source::File(path.to_owned()), is_named: true });
        } else if argument.contains(['*', '?', '[', '{']) {
            if let Err(error) = glob(argument, &mut found) {
                found.problems.push(error);
            }
        } else {
            let missing = std::io::Error::from(std::io::ErrorKind::NotFound);
            found.problems.push(Error::io(argument, missing).help("name a file, a folder, a glob, or `-` for stdin"));
        }
    }
    found
}

fn walk(root: &Path, matcher: Option<&GlobMatcher>, found: &mut Found) {
    // Rules above the folder do not count: who names an ignored folder wants it read. Nor do the user's global rules, so
    // that two machines find the same.
    let walk = WalkBuilder::new(root)
        .parents(false)
        .git_global(false)
        .git_exclude(false)
        .require_git(false)
        .sort_by_file_path(Path::cmp)
        .build();
    for entry in walk {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                let message = format!("cannot look into `{}`", root.display());
                found.problems.push(Error::new(crate::error::Kind::Io, message).because(error));
                continue;
            }
        };
        if !entry.file_type().is_some_and(|kind| kind.is_file()) {
            continue;
        }
        let path = entry.into_path();
        if matcher.is_some_and(|matcher| !matcher.is_match(clean(&path))) {
            continue;
        }
        if let Some(reason) = is_documentation(&path) {
            let file = Arc::from(path.to_string_lossy());
            found.skipped.push(Skipped { file, reason: Arc::from(reason) });
            continue;
        }
        found.inputs.push(Input { source: Source::File(path), is_named: false });
    }
}

fn glob(pattern: &str, found: &mut Found) -> Result<()> {
    let bad = |error| Error::input(format!("`{pattern}` is no file and no valid glob")).because(error);
    let matcher = globset::GlobBuilder::new(clean(Path::new(pattern)).to_string_lossy().as_ref())
        .literal_separator(true)
        .build()
        .map_err(bad)?
        .compile_matcher();
    let n_before = found.inputs.len() + found.skipped.len();
    let root = fixed_part(pattern);
    if root.is_dir() {
        walk(&root, Some(&matcher), found);
    }
    if found.inputs.len() + found.skipped.len() == n_before {
        return Err(Error::input(format!("no file matches `{pattern}`")));
    }
    Ok(())
}

/// The folder before the first part with a wildcard.
fn fixed_part(pattern: &str) -> PathBuf {
    let fixed: PathBuf =
        Path::new(pattern).iter().take_while(|part| !part.to_string_lossy().contains(['*', '?', '[', '{'])).collect();
    if fixed.as_os_str().is_empty() { PathBuf::from(".") } else { fixed }
}

/// Without a leading `./`, which the walk adds and a pattern may have.
fn clean(path: &Path) -> &Path {
    path.strip_prefix("./").unwrap_or(path)
}

/// Files that describe a corpus instead of being part of it.
fn is_documentation(path: &Path) -> Option<&'static str> {
    let name = path.file_stem()?.to_string_lossy().to_lowercase();
    match name.split(['.', '-', '_']).next()? {
        "readme" => Some("a README describes a corpus"),
        "license" | "licence" | "copying" | "notice" | "changelog" => Some("a licence or change log is no prompt"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(name: &str) -> PathBuf {
        let root = std::env::temp_dir().join(format!("promptopt-walk-{}-{name}", std::process::id()));
        for file in
            ["b.jsonl", "a.jsonl", "sub/c.csv", "sub/README.md", "LICENSE", ".git/config", ".hidden", "skip/x.jsonl"]
        {
            let path = root.join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "x").unwrap();
        }
        std::fs::write(root.join(".gitignore"), "skip/\n").unwrap();
        root
    }

    fn names(root: &Path, found: &Found) -> Vec<String> {
        let relative = |input: &Input| match &input.source {
            Source::Stdin => "-".to_owned(),
            Source::File(path) => path.strip_prefix(root).unwrap().to_string_lossy().into_owned(),
        };
        found.inputs.iter().map(relative).collect()
    }

    #[test]
    fn a_folder_is_read_in_order_without_what_is_hidden_ignored_or_documentation() {
        let root = folder("folder");
        let found = discover(&[root.to_string_lossy()]);
        assert_eq!(names(&root, &found), ["a.jsonl", "b.jsonl", "sub/c.csv"]);
        assert_eq!(found.skipped.len(), 2);
        assert!(found.problems.is_empty() && found.inputs.iter().all(|input| !input.is_named));
    }

    #[test]
    fn a_named_file_is_read_whatever_it_is_called() {
        let root = folder("named");
        let found = discover(&[root.join("sub/README.md").to_string_lossy(), "-".into()]);
        assert_eq!(names(&root, &found), ["sub/README.md", "-"]);
        assert!(found.inputs.iter().all(|input| input.is_named));
    }

    #[test]
    fn globs_match_paths() {
        let root = folder("globs");
        let glob = |pattern: &str| names(&root, &discover(&[root.join(pattern).to_string_lossy()]));
        assert_eq!(glob("*.jsonl"), ["a.jsonl", "b.jsonl"]);
        assert_eq!(glob("**/*.{csv,jsonl}"), ["a.jsonl", "b.jsonl", "sub/c.csv"]);
        assert_eq!(glob("s*/c.csv"), ["sub/c.csv"]);
    }

    #[test]
    fn what_is_not_there_is_a_problem_each() {
        let found = discover(&["/no/such/file.jsonl", "/no/such/*.jsonl"]);
        assert_eq!(found.problems.len(), 2, "{:?}", found.problems);
    }
}
