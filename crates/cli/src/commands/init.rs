//! `promptopt init`: writes a commented `promptopt.toml`, or prints its schema.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};

use promptopt::config::{FILE_NAME, sample, schema};
use promptopt::error::{Error, Kind, Result};

use super::Outcome;
use crate::args::InitArgs;
use crate::output;

/// Runs the command.
pub(crate) fn run(args: &InitArgs) -> Result<Outcome> {
    if args.schema {
        output::write(&schema::text(), None)?;
        return Ok(Outcome::default());
    }
    let path = args.folder.join(FILE_NAME);
    let shown = path.strip_prefix(".").unwrap_or(&path).display().to_string();
    let text = sample::text();
    if args.force {
        output::write(&text, Some(&path))?;
    } else {
        // Made anew or not at all: between a look and a write somebody else may write it.
        let made = OpenOptions::new().write(true).create_new(true).open(&path);
        let written = made.and_then(|mut file| file.write_all(text.as_bytes()));
        written.map_err(|cause| match cause.kind() {
            ErrorKind::AlreadyExists => {
                Error::new(Kind::Config, format!("`{shown}` is there already")).help("--force replaces it")
            }
            _ => Error::new(Kind::Io, format!("cannot write `{shown}`")).because(cause),
        })?;
    }
    output::write(&format!("wrote {shown}: every key is in it, commented out\n"), None)?;
    Ok(Outcome::default())
}
