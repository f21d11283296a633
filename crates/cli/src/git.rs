//! Files as of a Git revision, laid out in a temporary folder, and the lines that changed since one (`git/changed.rs`).
//! Asks the user's own `git`, through an index of our own, so that neither the working tree nor what is staged is touched.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use promptopt::config::plain;
use promptopt::error::{Error, Kind, Result};
use promptopt::format::walk::discover;
use tempfile::TempDir;

pub(crate) mod changed;

/// What is to be compared, wherever the files lie: paths seen from the top of the repository.
#[derive(Debug)]
pub(crate) struct Places {
    /// The top of the work tree.
    top: PathBuf,
    /// The current folder, seen from there: `services/chat/`.
    prefix: PathBuf,
    /// The paths, seen from there. A wildcard is still one.
    paths: Vec<PathBuf>,
}

impl Places {
    /// Finds the repository of the current folder, and the paths in it; no path is the current folder.
    pub(crate) fn of(paths: &[String]) -> Result<Self> {
        let top = PathBuf::from(text(&git(&["rev-parse", "--show-toplevel"], None)?));
        let prefix = PathBuf::from(text(&git(&["rev-parse", "--show-prefix"], None)?));
        let below = if paths.is_empty() {
            vec![prefix.clone()]
        } else {
            paths.iter().map(|path| below(path, &top, &prefix)).collect::<Result<_>>()?
        };
        Ok(Places { top, prefix, paths: below })
    }

    /// The paths in the working tree: short if they all lie in the current folder.
    pub(crate) fn here(&self) -> Side {
        Side::new(if self.view() == self.prefix { Path::new(".") } else { &self.top }, self)
    }

    /// The folder from which both sides are seen: the current one, or the top if a path lies outside of it.
    fn view(&self) -> &Path {
        if self.paths.iter().all(|path| path.starts_with(&self.prefix)) { &self.prefix } else { Path::new("") }
    }
}

/// Paths of one side.
#[derive(Debug)]
pub(crate) struct Side {
    /// Folder that they begin with.
    pub(crate) folder: String,
    /// The paths, those that are there.
    pub(crate) paths: Vec<String>,
    /// For each path asked for, whether it is there.
    is_there: Vec<bool>,
}

impl Side {
    fn new(folder: &Path, places: &Places) -> Self {
        let seen = places.paths.iter().map(|path| folder.join(path.strip_prefix(places.view()).unwrap_or(path)));
        let all: Vec<String> = seen.map(|path| path.to_string_lossy().into_owned()).collect();
        let is_there: Vec<bool> = all.iter().map(|path| is_there(path)).collect();
        let paths = all.into_iter().zip(&is_there).filter(|(_, is_there)| **is_there).map(|(path, _)| path).collect();
        Side { folder: folder.join("").to_string_lossy().into_owned(), paths, is_there }
    }
}

/// A path that neither side has is a slip of the pen: that prompts are new, or gone, shows on one side.
pub(crate) fn require_either(places: &Places, base: &Side, head: &Side) -> Result<()> {
    let mut found = places.paths.iter().zip(base.is_there.iter().zip(&head.is_there));
    let Some((path, _)) = found.find(|(_, (base, head))| !**base && !**head) else { return Ok(()) };
    let message = format!("neither side has `{}`", path.display());
    Err(Error::new(Kind::Config, message).help("name files, folders or globs; a glob in quotes, for both sides"))
}

/// A file or folder, or a wildcard that something answers to.
fn is_there(path: &str) -> bool {
    Path::new(path).exists() || discover(&[path]).problems.is_empty()
}

/// A path as the user wrote it, seen from the top.
fn below(path: &str, top: &Path, prefix: &Path) -> Result<PathBuf> {
    let absolute = plain(&top.join(prefix).join(path));
    if let Ok(below) = absolute.strip_prefix(top) {
        return Ok(below.to_owned());
    }
    // Git names the top without links; the user may have come by one. What is not there, or a wildcard, has no links.
    let real = absolute.ancestors().find_map(|folder| {
        let rest = absolute.strip_prefix(folder).ok()?;
        Some(folder.canonicalize().ok()?.join(rest))
    });
    let top = top.canonicalize().unwrap_or_else(|_| top.to_owned());
    real.as_deref().and_then(|real| real.strip_prefix(top).ok()).map(Path::to_owned).ok_or_else(|| {
        Error::new(Kind::Config, format!("`{path}` is outside of this repository"))
            .help("--git compares files of the repository that the current folder is in")
    })
}

/// The part of a path before the first wildcard. A file whose name looks like one lies under it too.
fn fixed_part(path: &Path) -> PathBuf {
    path.iter().take_while(|part| !part.to_string_lossy().contains(['*', '?', '[', '{'])).collect()
}

/// A revision's files on disk, as long as this lives.
#[derive(Debug)]
pub(crate) struct Checkout {
    folder: TempDir,
}

impl Checkout {
    /// Lays out the files of a revision that lie under the paths.
    pub(crate) fn of(revision: &str, places: &Places) -> Result<Self> {
        let commit = commit(revision)?;
        let folder = tempfile::Builder::new().prefix("promptopt-").tempdir();
        let folder = folder.map_err(|cause| Error::io("a temporary folder", cause))?;
        let checkout = Checkout { folder };
        std::fs::create_dir_all(checkout.tree().join(&places.prefix))
            .map_err(|cause| Error::io("a temporary folder", cause))?;
        let index = checkout.folder.path().join(".index");
        git(&["read-tree", &commit], Some(&index))?;
        // Which files a wildcard means is decided in one place, for both sides, and not by Git's rules.
        let top = places.top.to_string_lossy();
        let fixed = places.paths.iter().map(|path| fixed_part(path).to_string_lossy().into_owned());
        let fixed: Vec<String> = fixed.map(|path| if path.is_empty() { ".".to_owned() } else { path }).collect();
        let mut list = vec!["-C", &*top, "--literal-pathspecs", "ls-files", "-z", "--"];
        list.extend(fixed.iter().map(String::as_str));
        let files = git(&list, Some(&index))?;
        checkout.lay_out(&index, &top, &files)?;
        Ok(checkout)
    }

    /// The paths in it.
    pub(crate) fn side(&self, places: &Places) -> Side {
        Side::new(&self.tree().join(places.view()), places)
    }

    fn tree(&self) -> PathBuf {
        self.folder.path().join("tree")
    }

    fn lay_out(&self, index: &Path, top: &str, files: &[u8]) -> Result<()> {
        // A link is laid out as the file it is in Git: none leads out of the folder.
        let prefix = format!("--prefix={}/tree/", self.folder.path().display());
        let mut command =
            command(&["-C", top, "-c", "core.symlinks=false", "checkout-index", "-z", "--stdin", &prefix], Some(index));
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().map_err(missing)?;
        // Its answer is the exit code: an early end shows there, not in a failed write.
        if let Some(mut stdin) = child.stdin.take() {
            let _ended = stdin.write_all(files);
        }
        let output = child.wait_with_output().map_err(|cause| Error::io("git", cause))?;
        if output.status.success() { Ok(()) } else { Err(failed("checkout-index", &output.stderr)) }
    }
}

/// The commit that a revision names.
fn commit(revision: &str) -> Result<String> {
    let commit = format!("{revision}^{{commit}}");
    let named = git(&["rev-parse", "--verify", "--quiet", "--end-of-options", &commit], None);
    named.map(|commit| text(&commit)).map_err(|error| match error.advice() {
        Some(_) => error,
        None => Error::new(Kind::Config, format!("there is no Git revision `{revision}` here"))
            .help("`git log --oneline` lists revisions; a shallow clone lacks old ones (`git fetch --unshallow`)"),
    })
}

/// Runs Git for its output, without the line end.
fn git(args: &[&str], index: Option<&Path>) -> Result<Vec<u8>> {
    let output = command(args, index).output().map_err(missing)?;
    if !output.status.success() {
        return Err(failed(subcommand(args), &output.stderr));
    }
    let mut stdout = output.stdout;
    while stdout.last() == Some(&b'\n') {
        stdout.pop();
    }
    Ok(stdout)
}

fn command(args: &[&str], index: Option<&Path>) -> Command {
    let mut command = Command::new("git");
    command.args(args);
    if let Some(index) = index {
        command.env("GIT_INDEX_FILE", index);
    }
    command
}

/// `diff` of `-C folder -c key=value diff …`.
fn subcommand<'a>(args: &[&'a str]) -> &'a str {
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        match *arg {
            "-C" | "-c" => _ = args.next(),
            arg if arg.starts_with('-') => {}
            arg => return arg,
        }
    }
    ""
}

fn missing(cause: std::io::Error) -> Error {
    Error::new(Kind::Io, "cannot run `git`")
        .because(cause)
        .help("the Git that is installed is asked; put it on the PATH")
}

fn failed(what: &str, stderr: &[u8]) -> Error {
    let said = text(stderr);
    let error =
        Error::new(Kind::Config, format!("`git {what}` failed: {}", said.lines().next().unwrap_or("no reason given")));
    if said.contains("not a git repository") {
        return error.help("run it inside the repository that has the revisions");
    }
    error
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_seen_from_the_top_and_none_leads_out() {
        let seen = |path: &str| below(path, Path::new("/no/repo"), Path::new("services/chat/"));
        assert_eq!(seen("prompts/*.txt").unwrap(), Path::new("services/chat/prompts/*.txt"));
        assert_eq!(seen("/no/repo/prompts").unwrap(), Path::new("prompts"));
        assert_eq!(seen("../other/./x").unwrap(), Path::new("services/other/x"));
        assert_eq!(seen("../..").unwrap(), Path::new(""));
        for outside in ["/no/repository/x", "../../../x", "/"] {
            assert!(seen(outside).unwrap_err().message().contains("outside of this repository"), "{outside}");
        }
    }

    #[test]
    fn the_fixed_part_ends_before_a_wildcard() {
        assert_eq!(fixed_part(Path::new("a/b/c*.txt")), Path::new("a/b"));
        assert_eq!(fixed_part(Path::new("**/x")), Path::new(""));
        assert_eq!(fixed_part(Path::new("a/b")), Path::new("a/b"));
    }
}
