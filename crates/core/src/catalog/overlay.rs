//! A user's own rows over the catalogue: another price, a model that is not there, a host that nobody else has. A row of
//! the overlay replaces the row of that host and id; its names are its own, whoever had them before.

use std::collections::BTreeSet;

use super::load::Part;
use super::{Catalog, ModelSpec};
use crate::error::Result;

impl Catalog {
    /// This catalogue with an overlay's rows, sources and cache rules over it. Errors name the overlay's file and line.
    pub fn with_overlay(&self, overlay: Part) -> Result<Catalog> {
        let taken: BTreeSet<(String, String)> = overlay
            .models
            .iter()
            .flat_map(|row| names(row).map(|name| (row.host.to_string(), name.to_lowercase())))
            .collect();
        let is_taken = |host: &str, name: &str| taken.contains(&(host.to_owned(), name.to_lowercase()));
        let mut merged =
            Part { cache_rules: self.cache_rules.clone(), sources: self.sources.clone(), ..Part::default() };
        for row in &self.models {
            if is_taken(&row.host, &row.id) {
                continue;
            }
            let mut row = row.clone();
            row.aliases.retain(|alias| !is_taken(&row.host, alias));
            merged.push(row);
        }
        merged.append(overlay);
        merged.into_catalog()
    }
}

fn names(row: &ModelSpec) -> impl Iterator<Item = &str> {
    std::iter::once(&*row.id).chain(row.aliases.iter().map(|alias| &**alias))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::load::parse;
    use crate::usage::{Conditions, Usage};

    const MINE: &str = r#"
[source.contract]
url = "our contract of 2026-10-01"

[[model]]
host = "openai"
id = "gpt-4o"
tokenizer = "o200k_base"
source = "contract"
observed = "2026-10-01"

[[model.prices]]
standard = { input = "2", output = "8" }

[[model]]
host = "our-vllm"
id = "house-model"
tokenizer = "llama"
source = "contract"
observed = "2026-10-01"

[[model.prices]]
standard = { input = "0.05", output = "0.05" }
"#;

    #[test]
    fn the_overlays_rows_come_first() {
        let catalog = Catalog::embedded().with_overlay(parse("mine.toml", MINE).unwrap()).unwrap();
        let usage = Usage { input_fresh: 1_000_000, ..Usage::default() };
        let cost = |host: &str, model: &str| {
            let spec = catalog.find(Some(host), model).unwrap();
            catalog.price(spec, &usage, &Conditions::default()).unwrap().total.to_decimal()
        };
        assert_eq!(cost("openai", "gpt-4o"), "2");
        assert_eq!(cost("openai", "gpt-4o-mini"), "0.15");
        assert_eq!(cost("Our-vLLM", "house-model"), "0.05");
        assert_eq!(catalog.models.len(), Catalog::embedded().models.len() + 1);
    }

    #[test]
    fn a_name_moves_with_its_row() {
        let mine = MINE.replace("\"gpt-4o\"", "\"gpt-4o-2024-11-20\"");
        let catalog = Catalog::embedded().with_overlay(parse("mine.toml", &mine).unwrap()).unwrap();
        assert_eq!(&*catalog.find(Some("openai"), "gpt-4o-2024-11-20").unwrap().id, "gpt-4o-2024-11-20");
        assert_eq!(&*catalog.find(Some("openai"), "gpt-4o-2024-08-06").unwrap().id, "gpt-4o");
    }

    #[test]
    fn a_mistake_names_the_overlay() {
        let mine = MINE.replace("source = \"contract\"", "source = \"contrakt\"");
        let error = Catalog::embedded().with_overlay(parse("mine.toml", &mine).unwrap()).unwrap_err();
        assert_eq!(
            error.to_string(),
            "mine.toml:5: model `gpt-4o`: there is no source `contrakt` (did you mean `contract`?)"
        );
    }
}
