//! Files as of a Git revision, laid out in a temporary folder. Asks the user's own `git`, through an index of our own, so
//! that neither the working tree nor what is staged is touched.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use promptopt::error::{Error, Kind, Result};
use tempfile::TempDir;

/// A revision's files on disk, as long as this lives.
#[derive(Debug)]
pub(crate) struct Checkout {
    folder: TempDir,
    /// The current folder, seen from the top of the repository: `services/chat/`.
    prefix: String,
}

impl Checkout {
    /// Lays out the files of a revision that lie under the paths.
    pub(crate) fn of(revision: &str, paths: &[String]) -> Result<Self> {
        let commit =
            git(&["rev-parse", "--verify", "--quiet", "--end-of-options", &format!("{revision}^{{commit}}")], None)
                .map_err(|error| match error.advice() {
                    Some(_) => error,
                    None => Error::new(Kind::Config, format!("there is no Git revision `{revision}` here")).help(
                        "`git log --oneline` lists revisions; a shallow clone lacks old ones (`git fetch --unshallow`)",
                    ),
                })?;
        let prefix = git(&["rev-parse", "--show-prefix"], None)?;
        let folder = tempfile::Builder::new().prefix("promptopt-").tempdir();
        let folder = folder.map_err(|cause| Error::io("a temporary folder", cause))?;
        let checkout = Checkout { folder, prefix: text(&prefix) };
        std::fs::create_dir_all(checkout.root()).map_err(|cause| Error::io("a temporary folder", cause))?;
        let index = checkout.folder.path().join(".index");
        git(&["read-tree", &text(&commit)], Some(&index))?;
        let mut list = vec!["ls-files", "-z", "--"];
        list.extend(paths.iter().map(String::as_str));
        let files = git(&list, Some(&index))?;
        checkout.lay_out(&index, &files)?;
        Ok(checkout)
    }

    /// The folder that stands for the current one.
    pub(crate) fn root(&self) -> PathBuf {
        self.folder.path().join("tree").join(&self.prefix)
    }

    /// The paths within, as far as the revision has them.
    pub(crate) fn paths(&self, paths: &[String]) -> Vec<String> {
        let there = paths.iter().map(|path| self.root().join(path)).filter(|path| path.exists());
        there.map(|path| path.to_string_lossy().into_owned()).collect()
    }

    fn lay_out(&self, index: &Path, files: &[u8]) -> Result<()> {
        // A link is laid out as the file it is in Git: none leads out of the folder.
        let prefix = format!("--prefix={}/tree/", self.folder.path().display());
        let mut command =
            command(&["-c", "core.symlinks=false", "checkout-index", "-z", "--stdin", &prefix], Some(index));
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

/// Runs Git for its output, without the line end.
fn git(args: &[&str], index: Option<&Path>) -> Result<Vec<u8>> {
    let output = command(args, index).output().map_err(missing)?;
    if !output.status.success() {
        return Err(failed(args.first().unwrap_or(&""), &output.stderr));
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

fn missing(cause: std::io::Error) -> Error {
    Error::new(Kind::Io, "cannot run `git`")
        .because(cause)
        .help("--git asks the Git that is installed; put it on the PATH, or compare two folders or saved reports")
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
