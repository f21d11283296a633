//! Reads what the commands compare: catalogue files, price lists of others, or the catalogue in the program. And shows
//! prices as people write them.

use std::path::Path;

use jiff::civil::Date;
use promptopt::catalog::import::{ImportOptions, Imported, import};
use promptopt::catalog::load::{self, Part};
use promptopt::catalog::{Catalog, ModelSpec};
use promptopt::error::{Error, Kind, Result};
use promptopt::usd::Usd;

use crate::settings::today;

/// A file's text.
pub(super) fn text(path: &Path) -> Result<String> {
    let name = path.display();
    std::fs::read_to_string(path).map_err(|cause| Error::new(Kind::Io, format!("cannot read `{name}`")).because(cause))
}

/// A price list of LiteLLM or models.dev.
pub(super) fn list(path: &Path, observed: Date, catalog: &Catalog) -> Result<Imported> {
    let name = path.display().to_string();
    let source = source_name(path);
    import(&name, &text(path)?, &ImportOptions { source: &source, url: &name, observed }, catalog)
}

/// The name of the source that rows of a file get: its stem.
pub(super) fn source_name(path: &Path) -> String {
    path.file_stem().map_or_else(|| "imported".to_owned(), |stem| stem.to_string_lossy().into_owned())
}

/// A whole catalogue: `embedded`, a TOML file, or a price list.
pub(super) fn catalog(path: &Path) -> Result<Catalog> {
    let embedded = Catalog::embedded();
    if path.as_os_str() == "embedded" {
        return Ok(embedded.clone());
    }
    let mut part = if path.extension().is_some_and(|extension| extension == "json") {
        let Imported { models, sources, .. } = list(path, today(), embedded)?;
        Part::new(models, sources)
    } else {
        load::parse(&path.display().to_string(), &text(path)?)?
    };
    // A file of one host names rules and sources that stand in other files.
    for (name, rule) in &embedded.cache_rules {
        part.cache_rules.entry(name.clone()).or_insert_with(|| rule.clone());
    }
    for (name, source) in &embedded.sources {
        part.sources.entry(name.clone()).or_insert_with(|| source.clone());
    }
    part.into_catalog()
}

/// A rate in USD per million tokens, with two decimals at least: `2.50`, `0.0028`.
pub(super) fn per_million(rate: Usd) -> String {
    two_decimals(&Usd::from_pico(rate.pico().saturating_mul(1_000_000)).to_decimal())
}

/// `2` → `2.00`, `2.5` → `2.50`; more decimals stay.
pub(super) fn two_decimals(decimal: &str) -> String {
    match decimal.split_once('.') {
        None => format!("{decimal}.00"),
        Some((_, fraction)) if fraction.len() < 2 => format!("{decimal}0"),
        Some(_) => decimal.to_owned(),
    }
}

/// True for a row of that host and name, aliases included.
pub(super) fn is_named(row: &ModelSpec, name: &str) -> bool {
    row.id.eq_ignore_ascii_case(name) || row.aliases.iter().any(|alias| alias.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prices_have_two_decimals_and_lose_none() {
        assert_eq!(two_decimals("2"), "2.00");
        assert_eq!(two_decimals("2.5"), "2.50");
        assert_eq!(two_decimals("0.0028"), "0.0028");
        assert_eq!(per_million(Usd::from_pico(2_800)), "0.0028");
    }
}
