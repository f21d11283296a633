//! Whether what a row names is there, and whether dates and ages make sense.

use super::{AuditOptions, Finding, Severity};
use crate::catalog::{Catalog, ModelSpec, TokenClass};

/// Checks one row against the catalogue.
pub(super) fn check(catalog: &Catalog, model: &ModelSpec, options: AuditOptions, findings: &mut Vec<Finding>) {
    let mut found = |severity, check, message: String| {
        findings.push(Finding {
            severity,
            check,
            host: model.host.clone(),
            id: model.id.clone(),
            message,
            allowed: None,
        });
    };
    if model.prices.is_empty() {
        found(Severity::Warning, "unpriced", "has no price".to_owned());
    }
    if let Some(successor) = &model.successor {
        match catalog.find(Some(&model.host), successor) {
            None => found(Severity::Error, "no-such-successor", format!("`{successor}` is not on this host")),
            Some(next) if next.id == model.id => {
                found(Severity::Error, "no-such-successor", "names itself as its successor".to_owned());
            }
            Some(next) => {
                if let (Some(ours), Some(theirs)) = (model.shutdown, next.shutdown)
                    && theirs <= ours
                {
                    let message = format!("its successor `{successor}` is shut down on {theirs}, itself on {ours}");
                    found(Severity::Warning, "short-lived-successor", message);
                }
            }
        }
    }
    // `gpt-4o-2024-05-13` beside `gpt-4o`: a dated snapshot has a row only because its prices differ.
    if let Some(base) = base_of(catalog, model) {
        if base.prices == model.prices {
            found(
                Severity::Warning,
                "needless-snapshot",
                format!("has the prices of `{}`: an alias would do", base.id),
            );
        }
        if model.shutdown.is_none() && base.shutdown.is_some() {
            found(Severity::Warning, "shutdown-missing", format!("`{}` has a shutdown date, this has none", base.id));
        }
    }
    let is_cached = model.cells_of(TokenClass::CacheRead).next().is_some()
        || model.cells_of(TokenClass::CacheWriteShort).next().is_some();
    if is_cached && model.cache.is_none() {
        found(Severity::Warning, "price-without-cache-rule", "has cache prices, but no cache rule".to_owned());
    }
    if !is_cached && model.cache.is_some() && !model.prices.is_empty() {
        found(Severity::Warning, "cache-rule-without-price", "has a cache rule, but no cache price".to_owned());
    }
    if let (Some(today), Some(days)) = (options.today, options.max_age_days)
        && let Some(oldest) = model.prices.last().and_then(|sheet| {
            let cards = sheet.bands.iter().flat_map(|band| band.tiers.values());
            cards.flat_map(|card| card.cells.values()).map(|cell| cell.observed).min()
        })
    {
        let age = (today - oldest).get_days();
        if i64::from(age) > i64::from(days) {
            found(Severity::Warning, "old-price", format!("was last looked at on {oldest}, {age} days ago"));
        }
    }
}

/// The undated row that a dated one belongs to.
fn base_of<'a>(catalog: &'a Catalog, model: &ModelSpec) -> Option<&'a ModelSpec> {
    let base = crate::catalog::find::without_date(&model.id)?;
    catalog.models.iter().find(|row| row.host == model.host && &*row.id == base)
}

impl ModelSpec {
    /// The prices of one class over all sheets, bands and tiers.
    fn cells_of(&self, class: TokenClass) -> impl Iterator<Item = &crate::catalog::Cell> {
        let bands = self.prices.iter().flat_map(|sheet| &sheet.bands);
        bands.flat_map(|band| band.tiers.values()).filter_map(move |card| card.cells.get(&class))
    }
}
