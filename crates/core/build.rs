//! Turns the catalogue's TOML files into JSON for the binary: people edit TOML, and JSON is read ten times as fast at
//! every start. Nothing is interpreted here; `catalog/load.rs` reads both with one schema, and a mistake in a file is
//! reported by `promptopt models audit` and the tests with its place. A file that is no TOML stops the build.

use std::error::Error;
use std::fs;
use std::path::Path;

fn main() -> Result<(), Box<dyn Error>> {
    let from = Path::new("data/catalog");
    println!("cargo::rerun-if-changed={}", from.display());
    #[allow(clippy::disallowed_methods, reason = "cargo passes the folder in this way")]
    let out = std::env::var_os("OUT_DIR").ok_or("cargo sets OUT_DIR")?;
    let into = Path::new(&out).join("catalog");
    fs::create_dir_all(&into)?;
    for entry in fs::read_dir(from)? {
        let path = entry?.path();
        let (Some("toml"), Some(stem)) = (path.extension().and_then(|e| e.to_str()), path.file_stem()) else {
            continue;
        };
        let table: toml::Table =
            toml::from_str(&fs::read_to_string(&path)?).map_err(|error| format!("{}: {error}", path.display()))?;
        fs::write(into.join(stem).with_extension("json"), serde_json::to_vec(&table)?)?;
    }
    Ok(())
}
