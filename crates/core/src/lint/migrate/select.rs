//! Which models to move away from.

use std::sync::Arc;

use crate::catalog::{Catalog, ModelSpec};
use crate::error::{Error, Kind, Result};
use crate::lint::lifecycle;
use crate::text::{did_you_mean, shorten};

/// The models to move away from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum From {
    /// Every model whose shutdown is announced or past.
    Deprecated,
    /// One model by its id, on whatever host: snapshots and aliases of the row are the same model.
    Model(Arc<str>),
}

impl From {
    /// `deprecated`, or a model as it is written anywhere: `gpt-4o`, `gpt-4o-2024-11-20`, `openai/gpt-4o`.
    pub fn parse(written: &str, catalog: &Catalog) -> Result<From> {
        let written = written.trim();
        if written.eq_ignore_ascii_case("deprecated") {
            return Ok(From::Deprecated);
        }
        if let Some(spec) = catalog.find(None, written) {
            return Ok(From::Model(Arc::clone(&spec.id)));
        }
        let known = catalog.models.iter().map(|spec| &*spec.id).chain(["deprecated"]);
        let error = Error::new(Kind::UnknownModel, format!("model `{}` is not in the catalogue", shorten(written, 80)));
        let help = did_you_mean(written, known);
        Err(error.help(help.unwrap_or_else(|| "name a model, or `deprecated` for all that are shut down".to_owned())))
    }

    /// Whether a prompt with this model is meant.
    pub fn matches(&self, spec: &ModelSpec, catalog: &Catalog) -> bool {
        match self {
            From::Deprecated => lifecycle::ending(catalog, spec).is_some(),
            // The same model has other ids on other hosts (`anthropic.claude-…`, `openai/gpt-4o`): its maker's row tells.
            From::Model(id) => {
                *spec.id == **id
                    || spec.aliases.iter().any(|alias| **alias == **id)
                    || lifecycle::maker(catalog, spec).is_some_and(|maker| *maker.id == **id)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_family_is_a_row_with_its_snapshots_on_every_host() {
        let catalog = Catalog::embedded();
        let from = From::parse("gpt-4o-2024-11-20", catalog).unwrap();
        let check = |host: &str, model: &str, expected: bool| {
            let spec = catalog.find(Some(host), model).unwrap();
            assert_eq!(from.matches(spec, catalog), expected, "{host} {model}");
        };
        check("openai", "gpt-4o", true);
        check("azure", "gpt-4o", true);
        check("openrouter", "openai/gpt-4o", true);
        check("openai", "gpt-4o-mini", false);
        check("openai", "gpt-6-luna", false);
        assert!(From::parse("deprecated", catalog).unwrap().matches(catalog.find(None, "gpt-5").unwrap(), catalog));
        assert!(From::parse("gpt-4oo", catalog).unwrap_err().to_string().contains("gpt-4o"));
    }
}
