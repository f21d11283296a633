//! Compares our rows with another list, price by price. Every difference has a reason in `data/catalog/differences.toml`
//! (why we believe ours) or is reported without one: a mistake on one of the two sides.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use serde::Deserialize;

use super::audit::fits;
use super::diff::{Place, prices};
use super::import::Imported;
use super::{CacheTrigger, Catalog, ModelSpec, TokenClass};
use crate::usd::Usd;

/// One price that is not the same on both sides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Our row's host.
    pub host: Arc<str>,
    /// The entry's id in the other list.
    pub id: Arc<str>,
    /// Which price.
    pub place: Place,
    /// Ours, per token or apiece; `None` if we have none.
    pub ours: Option<Usd>,
    /// Theirs.
    pub theirs: Option<Usd>,
    /// Why we believe ours.
    pub why: Option<String>,
}

/// A comparison.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Crosscheck {
    /// Entries that both have.
    pub n_compared: usize,
    /// Prices that are the same.
    pub n_same: usize,
    /// Our rows that the list does not have.
    pub only_ours: Vec<(Arc<str>, Arc<str>)>,
    /// Prices that differ.
    pub differences: Vec<Difference>,
}

impl Catalog {
    /// Compares the newest sheets with an imported list. Entries are matched by host and exact name, aliases included.
    pub fn crosscheck(&self, list: &Imported) -> Crosscheck {
        let theirs: BTreeMap<(&str, &str), &ModelSpec> =
            list.models.iter().map(|row| ((&*row.host, &*row.id), row)).collect();
        let mut result = Crosscheck::default();
        for ours in self.models.iter().filter(|row| !row.prices.is_empty()) {
            let mut is_listed = false;
            for name in std::iter::once(&ours.id).chain(&ours.aliases) {
                if let Some(row) = theirs.get(&(&*ours.host, &**name)).filter(|row| !row.prices.is_empty()) {
                    is_listed = true;
                    self.compare(ours, row, &mut result);
                }
            }
            if !is_listed {
                result.only_ours.push((Arc::clone(&ours.host), Arc::clone(&ours.id)));
            }
        }
        result
    }

    fn compare(&self, ours: &ModelSpec, theirs: &ModelSpec, result: &mut Crosscheck) {
        result.n_compared += 1;
        let rule = ours.cache.as_ref().and_then(|name| self.cache_rules.get(name));
        let caches_by_itself = rule.is_some_and(|rule| rule.trigger != CacheTrigger::Explicit);
        let (mine, other) = (prices(ours.prices.last()), prices(theirs.prices.last()));
        // What the list lacks is no difference: snapshots there often lack tiers. What we lack is.
        for (place, price) in &other {
            let own = mine.get(place).copied();
            if own.or_else(|| stand_in(&mine, *place, caches_by_itself)) == Some(*price) {
                result.n_same += 1;
                continue;
            }
            let mut difference = Difference {
                host: Arc::clone(&ours.host),
                id: Arc::clone(&theirs.id),
                place: *place,
                ours: own,
                theirs: Some(*price),
                why: None,
            };
            difference.why = reason(&difference);
            result.differences.push(difference);
        }
    }
}

/// What a class without a price of its own is billed as, as [`Catalog::price`] has it.
fn stand_in(prices: &BTreeMap<Place, Usd>, place: Place, caches_by_itself: bool) -> Option<Usd> {
    let Place::Rate { above, tier, class } = place else { return None };
    let class = match class {
        TokenClass::Reasoning | TokenClass::AudioOut | TokenClass::ImageOut => TokenClass::Output,
        TokenClass::AudioIn | TokenClass::ImageIn => TokenClass::Input,
        TokenClass::AudioCached => TokenClass::CacheRead,
        TokenClass::CacheWriteShort | TokenClass::CacheWriteLong if caches_by_itself => TokenClass::Input,
        _ => return None,
    };
    prices.get(&Place::Rate { above, tier, class }).copied()
}

/// A known difference.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Known {
    host: String,
    /// The entry; `*` at its end stands for anything.
    id: String,
    /// The beginning of the place in words: `cache read`, `input, priority`; empty for every price.
    #[serde(default)]
    place: String,
    why: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    difference: Vec<Known>,
}

fn known() -> &'static [Known] {
    static KNOWN: LazyLock<File> = LazyLock::new(|| {
        serde_json::from_str(include_str!(concat!(env!("OUT_DIR"), "/catalog/differences.json"))).unwrap_or_default()
    });
    &KNOWN.difference
}

fn reason(difference: &Difference) -> Option<String> {
    let place = difference.place.words();
    let fitting = known().iter().find(|known| {
        known.host == *difference.host && fits(&known.id, &difference.id) && place.starts_with(&known.place)
    })?;
    Some(fitting.why.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::import::{ImportOptions, import};

    #[test]
    fn the_embedded_reasons_parse() {
        let file: File =
            serde_json::from_str(include_str!(concat!(env!("OUT_DIR"), "/catalog/differences.json"))).unwrap();
        assert!(file.difference.iter().all(|known| !known.why.is_empty()));
    }

    #[test]
    fn a_price_that_differs_is_listed_and_one_that_is_billed_the_same_is_not() {
        let text = r#"{"gpt-4o": {"litellm_provider": "openai", "mode": "chat", "input_cost_per_token": 2.5e-06,
            "output_cost_per_token": 1.1e-05, "cache_creation_input_token_cost": 2.5e-06}}"#;
        let options = ImportOptions { source: "list", url: "u", observed: "2026-11-22".parse().unwrap() };
        let list = import("list.json", text, &options, Catalog::embedded()).unwrap();
        let result = Catalog::embedded().crosscheck(&list);
        assert_eq!((result.n_compared, result.n_same), (1, 2));
        assert_eq!(result.differences.len(), 1);
        assert_eq!(result.differences[0].place.words(), "output, standard");
    }
}
