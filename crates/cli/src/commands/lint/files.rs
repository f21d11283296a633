//! What is linted, and what is written back.

use std::collections::HashSet;
use std::io::Read;
use std::path::PathBuf;

use promptopt::config::Configs;
use promptopt::error::{Error, Kind, Result};
use promptopt::lint::discover::Found;
use promptopt::lint::runner::{Input, Report};

use crate::args::LintArgs;
use crate::{output, steer};

/// The files under the paths as the configuration sees them, and standard input.
pub(super) fn inputs(args: &LintArgs, configs: &Configs<'_>) -> Result<(Vec<Input>, Vec<Error>)> {
    let is_stdin = |path: &&PathBuf| path.as_os_str() == "-";
    let roots: Vec<PathBuf> = args.paths.iter().filter(|path| !is_stdin(path)).cloned().collect();
    let (found, errors) = steer::found(&roots, configs)?;
    let from_disk = |found: Found| Input { path: found.absolute, shown: found.path, bytes: None };
    let mut inputs: Vec<Input> = found.into_iter().map(from_disk).collect();
    if args.paths.iter().any(|path| is_stdin(&path)) {
        let mut bytes = Vec::new();
        std::io::stdin().lock().read_to_end(&mut bytes).map_err(|cause| Error::io("<stdin>", cause))?;
        let shown = args.stdin_filename.replace('\\', "/");
        // Piped text stands for the file on the disk, as an editor's buffer does.
        inputs.retain(|input| input.shown != shown);
        inputs.push(Input { path: PathBuf::from("-"), shown, bytes: Some(bytes) });
    }
    Ok((inputs, errors))
}

/// Writes what fixes made of files.
pub(super) fn write_fixes(report: &Report) -> Vec<Error> {
    let fixed = report.checked.iter().filter(|checked| checked.fixed.is_some() && checked.path.as_os_str() != "-");
    let mut errors = Vec::new();
    let mut written = HashSet::new();
    for checked in fixed {
        // Two names of one file (a link and what it leads to) are one file: the second would undo nothing, but change it twice.
        let is_first = written.insert(checked.path.canonicalize().unwrap_or_else(|_| checked.path.clone()));
        if is_first && let Err(error) = output::write(&checked.to_write(), Some(&checked.path)) {
            errors.push(error);
        }
    }
    errors
}

/// Writes what was piped in, mended.
pub(super) fn write_stdin(report: &Report) -> Result<()> {
    let Some(checked) = report.checked.iter().find(|checked| checked.path.as_os_str() == "-") else { return Ok(()) };
    if checked.is_lossy {
        return Err(Error::new(Kind::Input, "standard input is no UTF-8 text; nothing was written"));
    }
    output::write(&checked.to_write(), None)
}
