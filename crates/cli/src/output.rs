//! Where a report goes: to stdout through one locked buffer, or into a file that is complete or not there at all.

use std::io::{BufWriter, Write};
use std::path::Path;

use promptopt::error::{Error, Kind, Result};

/// Writes a finished text to the file, or to stdout.
pub(crate) fn write(text: &str, file: Option<&Path>) -> Result<()> {
    match file {
        None => to_stdout(text),
        Some(path) => to_file(text, path),
    }
}

fn to_stdout(text: &str) -> Result<()> {
    let mut stdout = BufWriter::new(std::io::stdout().lock());
    let written = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
    written.map_err(|cause| Error::new(Kind::Io, "cannot write to standard output").because(cause))
}

/// Writes beside the file and renames: a full disk or a crash leaves the old file, never half of the new one.
fn to_file(text: &str, path: &Path) -> Result<()> {
    let failed = |cause| Error::new(Kind::Io, format!("cannot write `{}`", path.display())).because(cause);
    if path.symlink_metadata().is_ok_and(|metadata| !metadata.is_file()) {
        // A device (`/dev/full`, `/dev/null`), a pipe or a link must be written through, not replaced.
        let mut file = std::fs::OpenOptions::new().write(true).truncate(true).open(path).map_err(failed)?;
        return file.write_all(text.as_bytes()).and_then(|()| file.flush()).map_err(failed);
    }
    let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    builder.prefix(".promptopt-");
    #[cfg(unix)]
    {
        // A temporary file is private; a report gets the permissions of the file it replaces, else the usual ones.
        use std::os::unix::fs::PermissionsExt;
        let old = path.metadata().map(|metadata| metadata.permissions());
        builder.permissions(old.unwrap_or_else(|_| std::fs::Permissions::from_mode(0o666)));
    }
    let mut aside = builder.tempfile_in(folder).map_err(failed)?;
    aside.write_all(text.as_bytes()).and_then(|()| aside.as_file().sync_all()).map_err(failed)?;
    aside.persist(path).map_err(|error| failed(error.error))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_as_a_whole_and_nothing_is_left_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report.json");
        write("old, and longer", Some(&path)).unwrap();
        write("new", Some(&path)).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "new");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_folder_that_is_not_there_is_an_error_that_names_the_file() {
        let error = write("x", Some(Path::new("/no/such/folder/report.json"))).unwrap_err();
        assert!(error.to_string().contains("`/no/such/folder/report.json`"), "{error}");
    }
}
