//! Which lines changed since a revision, in the working tree as it is: what is staged, what is not, and files that Git does
//! not know yet.

use promptopt::error::Result;
use promptopt::lint::since::Changes;

use super::{commit, git, text};

/// The changes since a revision, files named as they are shown from the current folder. Where the revision is a branch that
/// has gone on since, what counts is the commit at which the two parted.
pub(crate) fn since(revision: &str) -> Result<Changes> {
    let commit = commit(revision)?;
    let prefix = text(&git(&["rev-parse", "--show-prefix"], None)?);
    let top = text(&git(&["rev-parse", "--show-toplevel"], None)?);
    // Without a common commit (a shallow clone, unrelated histories) the revision itself is what there is.
    let base = git(&["merge-base", &commit, "HEAD"], None).map_or(commit, |base| text(&base));
    let mut diff = vec!["-C", &*top, "-c", "core.quotePath=false", "-c", "diff.noprefix=false", "diff"];
    diff.extend(["--unified=0", "--no-color", "--no-ext-diff", "--no-textconv", "--find-renames", "--no-prefix"]);
    diff.extend(["--ignore-submodules", &base, "--"]);
    let mut changes = Changes::parse(&String::from_utf8_lossy(&git(&diff, None)?));
    let untracked = git(&["-C", &top, "ls-files", "--others", "--exclude-standard", "-z"], None)?;
    for path in untracked.split(|byte| *byte == 0).filter(|path| !path.is_empty()) {
        changes.add_whole(String::from_utf8_lossy(path));
    }
    Ok(changes.renamed(|path| from_here(path, &prefix)))
}

/// A path seen from the top, as it is seen from a folder: `prefix` is that folder with a slash at its end, or empty.
fn from_here(path: &str, prefix: &str) -> String {
    let mut rest = path;
    let mut folders = prefix.split_terminator('/').peekable();
    while let Some(folder) = folders.peek() {
        match rest.strip_prefix(*folder).and_then(|rest| rest.strip_prefix('/')) {
            Some(inner) => rest = inner,
            None => break,
        }
        folders.next();
    }
    "../".repeat(folders.count()) + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_seen_from_the_current_folder() {
        for (path, prefix, expected) in [
            ("a/b.md", "", "a/b.md"),
            ("a/b.md", "a/", "b.md"),
            ("a/b.md", "a/c/", "../b.md"),
            ("b.md", "a/c/", "../../b.md"),
            ("ab/c.md", "a/", "../ab/c.md"),
        ] {
            assert_eq!(from_here(path, prefix), expected, "{path} from {prefix}");
        }
    }
}
