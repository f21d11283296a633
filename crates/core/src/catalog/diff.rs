//! What changed between two catalogues: rows that came and went, and every price that moved, with its change.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{Catalog, ModelSpec, PriceSheet, TokenClass};
use crate::usage::ServiceTier;
use crate::usd::Usd;

/// The difference.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diff {
    /// Rows of the new catalogue alone: host and id.
    pub added: Vec<(Arc<str>, Arc<str>)>,
    /// Rows of the old one alone.
    pub removed: Vec<(Arc<str>, Arc<str>)>,
    /// Prices of the newest sheets that differ.
    pub changed: Vec<Change>,
}

/// One price that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The row's host.
    pub host: Arc<str>,
    /// The row's id.
    pub id: Arc<str>,
    /// Which price.
    pub place: Place,
    /// Before; `None` if it was not known. Per token, or apiece for a fee.
    pub old: Option<Usd>,
    /// Now.
    pub new: Option<Usd>,
}

/// Which price of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// Tokens.
    Rate {
        /// Tokens of input that must be exceeded.
        above: u64,
        /// The tier.
        tier: ServiceTier,
        /// What the tokens are billed as.
        class: TokenClass,
    },
    /// Per request.
    Request,
    /// Per web search.
    WebSearch,
}

impl Catalog {
    /// What changed from this catalogue to a newer one.
    pub fn diff(&self, newer: &Catalog) -> Diff {
        let (old, new) = (rows(self), rows(newer));
        let mut diff = Diff::default();
        for (key, row) in &new {
            match old.get(key) {
                None => diff.added.push(key.clone()),
                Some(before) => diff.changed.extend(changes(before, row)),
            }
        }
        diff.removed = old.keys().filter(|key| !new.contains_key(*key)).cloned().collect();
        diff
    }
}

impl Diff {
    /// True if nothing changed.
    pub fn is_empty(&self) -> bool {
        self.added.is_empty() && self.removed.is_empty() && self.changed.is_empty()
    }
}

impl Change {
    /// By how much the price rose, in percent; `None` if one of the two is not known or the old one was zero.
    pub fn percent(&self) -> Option<f64> {
        let (old, new) = (self.old?, self.new?);
        (!old.is_zero()).then(|| (new.as_f64() / old.as_f64() - 1.0) * 100.0)
    }
}

impl Place {
    /// In words: `cache read, batch, above 272000`.
    pub fn words(self) -> String {
        match self {
            Place::Rate { above: 0, tier, class } => format!("{}, {tier}", class.words()),
            Place::Rate { above, tier, class } => format!("{}, {tier}, above {above}", class.words()),
            Place::Request => "request fee".to_owned(),
            Place::WebSearch => "web search fee".to_owned(),
        }
    }

    /// A price as one says it: per million tokens, or apiece.
    pub fn shown(self, price: Usd) -> Usd {
        match self {
            Place::Rate { .. } => Usd::from_pico(price.pico().saturating_mul(1_000_000)),
            Place::Request | Place::WebSearch => price,
        }
    }
}

fn rows(catalog: &Catalog) -> BTreeMap<(Arc<str>, Arc<str>), &ModelSpec> {
    catalog.models.iter().map(|row| ((Arc::clone(&row.host), Arc::clone(&row.id)), row)).collect()
}

fn changes(old: &ModelSpec, new: &ModelSpec) -> Vec<Change> {
    let (before, now) = (prices(old.prices.last()), prices(new.prices.last()));
    let places: BTreeSet<Place> = before.keys().chain(now.keys()).copied().collect();
    places
        .into_iter()
        .map(|place| (place, before.get(&place).copied(), now.get(&place).copied()))
        .filter(|(_, old, new)| old != new)
        .map(|(place, before, now)| Change {
            host: Arc::clone(&new.host),
            id: Arc::clone(&new.id),
            place,
            old: before,
            new: now,
        })
        .collect()
}

/// Every price of a sheet by its place.
pub(super) fn prices(sheet: Option<&PriceSheet>) -> BTreeMap<Place, Usd> {
    let Some(sheet) = sheet else { return BTreeMap::new() };
    let mut prices = BTreeMap::new();
    for band in &sheet.bands {
        for (tier, card) in &band.tiers {
            for (class, cell) in &card.cells {
                prices.insert(Place::Rate { above: band.above, tier: *tier, class: *class }, cell.rate);
            }
        }
    }
    let fees = [(Place::Request, &sheet.fees.request), (Place::WebSearch, &sheet.fees.web_search)];
    prices.extend(fees.into_iter().filter_map(|(place, fee)| Some((place, fee.as_ref()?.rate))));
    prices
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::load::{Part, parse};

    fn catalog(rows: &[(&str, &str, &str)]) -> Catalog {
        let mut text = "host = \"x\"\n[source.s]\nurl = \"u\"\n".to_owned();
        for (id, input, output) in rows {
            text.push_str(&format!(
                "[[model]]\nid = \"{id}\"\ntokenizer = \"claude\"\nsource = \"s\"\nobserved = \"2026-01-01\"\n[[model.prices]]\nstandard = {{ input = \"{input}\", output = \"{output}\" }}\n"
            ));
        }
        parse("x.toml", &text).and_then(Part::into_catalog).unwrap()
    }

    #[test]
    fn rows_and_prices_that_changed_are_listed() {
        let old = catalog(&[("a", "1", "2"), ("b", "1", "2")]);
        let new = catalog(&[("b", "1", "3"), ("c", "1", "2")]);
        let diff = old.diff(&new);
        let ids = |rows: &[(Arc<str>, Arc<str>)]| rows.iter().map(|(_, id)| id.to_string()).collect::<Vec<_>>();
        assert_eq!((ids(&diff.added), ids(&diff.removed)), (vec!["c".to_owned()], vec!["a".to_owned()]));
        let [change] = diff.changed.as_slice() else { panic!("{diff:?}") };
        assert_eq!(change.place.words(), "output, standard");
        assert!((change.percent().unwrap() - 50.0).abs() < 1e-9);
        assert_eq!(change.place.shown(change.new.unwrap()).to_decimal(), "3");
        assert!(old.diff(&old).is_empty());
    }
}
