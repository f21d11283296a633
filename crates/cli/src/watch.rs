//! Runs again whenever a file has changed: `--watch`. Looks at sizes and times of change twice a second, which needs no
//! service of the system, works on network drives, and costs little for as many files as prompts are.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// How long is waited between looks.
const PAUSE: Duration = Duration::from_millis(500);

/// What a file looks like from outside; `None` if it is not there.
type Stamp = Option<(u64, Option<SystemTime>)>;

/// Calls `run` at once, and again after each change, until it says to stop. `run` gets the files that changed (none the
/// first time) and answers with the files to look at.
pub(crate) fn watch(run: impl FnMut(&[PathBuf]) -> ControlFlow<(), Vec<PathBuf>>) {
    watch_with(run, stamp, || std::thread::sleep(PAUSE));
}

fn watch_with(
    mut run: impl FnMut(&[PathBuf]) -> ControlFlow<(), Vec<PathBuf>>,
    mut stamp: impl FnMut(&Path) -> Stamp,
    mut wait: impl FnMut(),
) {
    let mut changed = Vec::new();
    let mut paths: Vec<PathBuf> = Vec::new();
    loop {
        // Taken before the run: what changes while it runs is seen at the next look.
        let before: BTreeMap<PathBuf, Stamp> = paths.iter().map(|path| (path.clone(), stamp(path))).collect();
        let ControlFlow::Continue(next) = run(&changed) else { return };
        paths = next;
        let known: BTreeMap<PathBuf, Stamp> =
            paths.iter().map(|path| (path.clone(), before.get(path).copied().unwrap_or_else(|| stamp(path)))).collect();
        changed = loop {
            wait();
            let mut differs = |path: &Path, known: &Stamp| stamp(path) != *known;
            let changed: Vec<PathBuf> =
                known.iter().filter(|(path, known)| differs(path, known)).map(|(path, _)| path.clone()).collect();
            if !changed.is_empty() {
                break changed;
            }
        };
    }
}

/// Of a folder its time of change: a new file in it is a change.
fn stamp(path: &Path) -> Stamp {
    let metadata = path.metadata().ok()?;
    Some((if metadata.is_dir() { 0 } else { metadata.len() }, metadata.modified().ok()))
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    #[test]
    fn it_runs_at_once_and_after_each_change() {
        let sizes = RefCell::new(BTreeMap::from([("a", Some(1)), ("b", None), ("c", Some(3))]));
        let mut edits = vec![vec![("c", None)], vec![], vec![("b", Some(2)), ("a", Some(9))], vec![]];
        let mut runs = Vec::new();
        watch_with(
            |changed| {
                runs.push(changed.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(" "));
                if runs.len() == 3 {
                    return ControlFlow::Break(());
                }
                ControlFlow::Continue(["a", "b", "c"].map(PathBuf::from).to_vec())
            },
            |path| sizes.borrow()[path.to_str().unwrap()].map(|size| (size, None)),
            || sizes.borrow_mut().extend(edits.pop().expect("it stops before")),
        );
        assert_eq!(runs, ["", "a b", "c"]);
    }
}
