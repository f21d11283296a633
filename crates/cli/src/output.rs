//! Where a report goes: to stdout through one locked buffer, or into a file that is complete or not there at all.

use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use promptopt::error::{Error, Kind, Result};

/// Writes a finished text to the file, or to stdout.
pub(crate) fn write(text: &str, file: Option<&Path>) -> Result<()> {
    write_bytes(text.as_bytes(), file)
}

/// The same with what is no text.
pub(crate) fn write_bytes(bytes: &[u8], file: Option<&Path>) -> Result<()> {
    let written = match file {
        None => to_stdout(bytes),
        Some(path) => to_file(bytes, path),
    };
    match written {
        // Who reads only the head of a report has what he wants; what the gates say does not depend on it.
        Err(error) if error.is_broken_pipe() => Ok(()),
        written => written,
    }
}

fn to_stdout(bytes: &[u8]) -> Result<()> {
    let mut stdout = BufWriter::new(std::io::stdout().lock());
    let written = stdout.write_all(bytes).and_then(|()| stdout.flush());
    written.map_err(|cause| Error::new(Kind::Io, "cannot write to standard output").because(cause))
}

/// Writes beside the file and renames: a full disk or a crash leaves the old file, never half of the new one.
fn to_file(bytes: &[u8], path: &Path) -> Result<()> {
    let failed = |cause| Error::new(Kind::Io, format!("cannot write `{}`", path.display())).because(cause);
    let Some(path) = &replaceable(path).map_err(failed)? else {
        let mut file = std::fs::OpenOptions::new().write(true).truncate(true).open(path).map_err(failed)?;
        return file.write_all(bytes).and_then(|()| file.flush()).map_err(failed);
    };
    let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    builder.prefix(".promptopt-");
    #[cfg(unix)]
    {
        // A temporary file is private; a report is as readable as any new file …
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    let mut aside = builder.tempfile_in(folder).map_err(failed)?;
    // … or as the file it replaces. Set afterwards: the umask takes its share of what a file is made with.
    #[cfg(unix)]
    if let Ok(old) = path.metadata() {
        aside.as_file().set_permissions(old.permissions()).map_err(failed)?;
    }
    aside.write_all(bytes).and_then(|()| aside.as_file().sync_all()).map_err(failed)?;
    aside.persist(path).map_err(|error| failed(error.error))?;
    Ok(())
}

/// Links that lead to links.
const MAX_LINKS: usize = 40;

/// The file that a rename may replace, which is where the links end, whether something is there or not. None for what must
/// be written through: a device (`/dev/full`, `/dev/null`), a pipe, an open file (`/dev/stdout`).
fn replaceable(path: &Path) -> std::io::Result<Option<PathBuf>> {
    if path.metadata().is_ok_and(|metadata| !metadata.is_file()) {
        return Ok(None);
    }
    let mut end = path.to_owned();
    for _ in 0..MAX_LINKS {
        if !end.is_symlink() {
            return Ok(Some(end));
        }
        // What these links say is for people to read; the system follows them by other means.
        if end.starts_with("/proc") || end.starts_with("/dev") {
            return Ok(None);
        }
        let target = std::fs::read_link(&end)?;
        end = end.parent().unwrap_or(Path::new("")).join(target);
    }
    Err(std::io::Error::other("its links go in a circle"))
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

    #[cfg(unix)]
    #[test]
    fn a_link_stays_a_link_and_what_it_leads_to_is_replaced_as_a_whole() {
        use std::os::unix::fs::{MetadataExt, symlink};
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        std::fs::create_dir(path("sub")).unwrap();
        std::fs::write(path("sub/report.txt"), "old").unwrap();
        symlink("sub/second", path("first")).unwrap();
        symlink("report.txt", path("sub/second")).unwrap();
        let before = path("sub/report.txt").metadata().unwrap().ino();
        write("new", Some(&path("first"))).unwrap();
        assert!(path("first").is_symlink() && path("sub/second").is_symlink());
        assert_eq!(std::fs::read_to_string(path("sub/report.txt")).unwrap(), "new");
        assert_ne!(path("sub/report.txt").metadata().unwrap().ino(), before, "renamed, not written over");

        symlink("sub/missing.txt", path("dangling")).unwrap();
        write("there", Some(&path("dangling"))).unwrap();
        assert!(path("dangling").is_symlink());
        assert_eq!(std::fs::read_to_string(path("sub/missing.txt")).unwrap(), "there");

        symlink("circle", path("circle")).unwrap();
        assert!(write("x", Some(&path("circle"))).unwrap_err().to_string().contains("in a circle"));
    }

    #[cfg(unix)]
    #[test]
    fn a_replaced_file_keeps_its_permissions_whatever_the_umask_takes() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report.txt");
        std::fs::write(&path, "old").unwrap();
        for mode in [0o666, 0o600] {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            write("new", Some(&path)).unwrap();
            assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, mode);
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_device_is_written_through() {
        assert_eq!(replaceable(Path::new("/dev/null")).unwrap(), None);
        write("x", Some(Path::new("/dev/null"))).unwrap();
    }

    #[test]
    fn a_folder_that_is_not_there_is_an_error_that_names_the_file() {
        let error = write("x", Some(Path::new("/no/such/folder/report.json"))).unwrap_err();
        assert!(error.to_string().contains("`/no/such/folder/report.json`"), "{error}");
    }
}
