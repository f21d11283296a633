//! The price catalogue as this user has it: the one in the program, with the files of the folder `catalog` in the
//! configuration folder over it, in the order of their names.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use promptopt::catalog::Catalog;
use promptopt::catalog::load;
use promptopt::error::{Error, Kind, Result};

use crate::settings::Settings;

/// Where the user's own price files lie, if there is a configuration folder at all.
pub(crate) fn folder(settings: &Settings) -> Option<PathBuf> {
    settings.config_dir.as_ref().map(|config| config.join("catalog"))
}

/// The catalogue with the user's files over it. A file with a mistake is an error: a price that is silently not used
/// would be worse.
pub(crate) fn catalog(settings: &Settings) -> Result<Catalog> {
    shared(settings).map(Arc::unwrap_or_clone)
}

/// The same to be shared, with no copy made of what is in the program if there is nothing over it.
pub(crate) fn shared(settings: &Settings) -> Result<Arc<Catalog>> {
    let texts = texts(settings)?;
    if texts.is_empty() {
        return Ok(Catalog::shared());
    }
    let mut catalog = Catalog::embedded().clone();
    for (name, text) in texts {
        catalog = catalog.with_overlay(load::parse(&name, &text)?)?;
    }
    Ok(Arc::new(catalog))
}

/// The user's files: the name of each and its text.
pub(crate) fn texts(settings: &Settings) -> Result<Vec<(String, String)>> {
    let files = folder(settings).map_or_else(|| Ok(Vec::new()), |folder| files(&folder))?;
    let read = |path: PathBuf| {
        let name = path.display().to_string();
        let text = std::fs::read_to_string(&path)
            .map_err(|cause| Error::new(Kind::Io, format!("cannot read `{name}`")).because(cause))?;
        Ok((name, text))
    };
    files.into_iter().map(read).collect()
}

/// The TOML files of a folder by name; none if there is no such folder.
fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(cause) => return Err(cannot_read(folder, cause)),
    };
    let mut files = Vec::new();
    for entry in entries {
        let path = entry.map_err(|cause| cannot_read(folder, cause))?.path();
        if path.extension().is_some_and(|extension| extension == "toml") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn cannot_read(folder: &Path, cause: std::io::Error) -> Error {
    Error::new(Kind::Io, format!("cannot read the folder `{}`", folder.display())).because(cause)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn later_files_lie_over_earlier_ones() {
        let folder = tempfile::tempdir().unwrap();
        let own = folder.path().join("catalog");
        std::fs::create_dir(&own).unwrap();
        for (name, price) in [("a.toml", "1"), ("b.toml", "2"), ("notes.txt", "no price")] {
            let text = format!(
                "[source.mine]\nurl = \"my contract\"\n\n[[model]]\nhost = \"openai\"\nid = \"gpt-4o\"\n\
                 tokenizer = \"o200k_base\"\nsource = \"mine\"\nobserved = \"2026-11-01\"\n\n[[model.prices]]\n\
                 standard = {{ input = \"{price}\", output = \"{price}\" }}\n"
            );
            std::fs::write(own.join(name), text).unwrap();
        }
        assert_eq!(files(&own).unwrap().len(), 2);
        let mut catalog = Catalog::embedded().clone();
        for path in files(&own).unwrap() {
            let text = std::fs::read_to_string(&path).unwrap();
            catalog = catalog.with_overlay(load::parse("x", &text).unwrap()).unwrap();
        }
        let spec = catalog.find(Some("openai"), "gpt-4o").unwrap();
        let price = spec.cells().next().unwrap().rate;
        assert_eq!(price.pico(), 2_000_000);
        assert!(files(&own.join("nothing")).unwrap().is_empty());
    }
}
