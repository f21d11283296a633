//! Where third-party material for tests lies. It is not part of the repository: tests that need it say so and pass when it
//! is not there.

use std::path::{Path, PathBuf};

/// A file of the shared material: under `data` in the folder that `PROMPTOPT_SHARED` names, else in `../shared/data` beside
/// the repository. `None`, with a line on standard error, if it is not there.
pub(crate) fn shared_data(path: &str) -> Option<PathBuf> {
    #[allow(clippy::disallowed_methods, reason = "a test has no Settings; the variable only says where material lies")]
    let named = std::env::var_os("PROMPTOPT_SHARED").map(|folder| PathBuf::from(folder).join("data"));
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let file = named.unwrap_or_else(beside).join(path);
    if file.exists() {
        return Some(file);
    }
    #[allow(clippy::print_stderr, reason = "a skipped test has to say so")]
    {
        eprintln!("not run: {} is not there", file.display());
    }
    None
}
