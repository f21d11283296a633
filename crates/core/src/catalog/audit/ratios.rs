//! Relations between the prices of one row that hold everywhere.

use std::collections::BTreeMap;

use super::{Finding, Severity};
use crate::catalog::hosts::OWN_MACHINE;
use crate::catalog::{Band, ModelKind, ModelSpec, PriceSheet, RateCard, TokenClass};
use crate::usage::ServiceTier;
use crate::usd::Usd;

/// No tier is more than so many times as dear as the standard one, or that much cheaper.
const MOST_BETWEEN_TIERS: i128 = 12;

/// Checks every sheet of a row.
pub(super) fn check(model: &ModelSpec, findings: &mut Vec<Finding>) {
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
    for sheet in &model.prices {
        let windows = sheet.windows.iter().map(|window| window.bands.as_slice());
        for bands in std::iter::once(sheet.bands.as_slice()).chain(windows) {
            for band in bands {
                for (tier, card) in &band.tiers {
                    classes(model, *tier, band.above, card, &mut found);
                }
                tiers(band, &mut found);
            }
            rising(bands, &mut found);
        }
        regions(sheet, &mut found);
        free(model, sheet, &mut found);
    }
}

type Found<'a> = dyn FnMut(Severity, &'static str, String) + 'a;

fn rate(card: &RateCard, class: TokenClass) -> Option<Usd> {
    card.cells.get(&class).map(|cell| cell.rate)
}

/// USD per million tokens.
fn show(rate: Usd) -> String {
    Usd::from_pico(rate.pico().saturating_mul(1_000_000)).to_decimal()
}

fn place(tier: ServiceTier, above: u64) -> String {
    if above > 0 { format!("{tier} above {above}") } else { tier.to_string() }
}

fn classes(model: &ModelSpec, tier: ServiceTier, above: u64, card: &RateCard, found: &mut Found<'_>) {
    let Some(input) = rate(card, TokenClass::Input) else { return };
    if let Some(read) = rate(card, TokenClass::CacheRead).filter(|read| *read > input) {
        let message = format!("{}: a cache read costs {}, fresh input {}", place(tier, above), show(read), show(input));
        found(Severity::Error, "cache-read-above-input", message);
    }
    let short = rate(card, TokenClass::CacheWriteShort);
    if let Some(write) = short.filter(|write| *write < input) {
        let message =
            format!("{}: a cache write costs {}, fresh input {}", place(tier, above), show(write), show(input));
        found(Severity::Error, "cache-write-below-input", message);
    }
    if let (Some(short), Some(long)) = (short, rate(card, TokenClass::CacheWriteLong))
        && long < short
    {
        let message =
            format!("{}: a long cache write costs {}, a short one {}", place(tier, above), show(long), show(short));
        found(Severity::Error, "long-write-below-short", message);
    }
    if let Some(output) = rate(card, TokenClass::Output).filter(|output| *output < input)
        && model.kind == ModelKind::Chat
    {
        let message = format!("{}: output costs {}, input {}", place(tier, above), show(output), show(input));
        found(Severity::Warning, "output-below-input", message);
    }
}

fn tiers(band: &Band, found: &mut Found<'_>) {
    let Some(standard) = band.tiers.get(&ServiceTier::Standard) else { return };
    for (tier, card) in band.tiers.iter().filter(|(tier, _)| **tier != ServiceTier::Standard) {
        for (class, cell) in &card.cells {
            let Some(base) = rate(standard, *class).filter(|base| !base.is_zero()) else { continue };
            let (other, base) = (cell.rate, base);
            let words =
                || format!("{} of {}: {} against {}", class.words(), place(*tier, band.above), show(other), show(base));
            if other.pico() > base.pico() * MOST_BETWEEN_TIERS || other.pico() * MOST_BETWEEN_TIERS < base.pico() {
                found(Severity::Error, "tier-outlier", words());
            } else if matches!(tier, ServiceTier::Batch | ServiceTier::Flex) && other > base {
                found(Severity::Error, "slow-tier-above-standard", words());
            } else if !matches!(tier, ServiceTier::Batch | ServiceTier::Flex) && other < base {
                found(Severity::Error, "fast-tier-below-standard", words());
            }
        }
    }
}

fn rising(bands: &[Band], found: &mut Found<'_>) {
    let mut before: BTreeMap<(ServiceTier, TokenClass), Usd> = BTreeMap::new();
    for band in bands {
        for (tier, card) in &band.tiers {
            for (class, cell) in &card.cells {
                if let Some(lower) = before.insert((*tier, *class), cell.rate).filter(|lower| *lower > cell.rate) {
                    let (place, words) = (place(*tier, band.above), class.words());
                    let message = format!("{words} of {place}: {} below {} before", show(cell.rate), show(lower));
                    found(Severity::Error, "band-falls", message);
                }
            }
        }
    }
}

fn regions(sheet: &PriceSheet, found: &mut Found<'_>) {
    for (region, factor) in &sheet.regions {
        if !(900..=1500).contains(factor) {
            let message = format!("region `{region}` multiplies prices by {factor}/1000");
            found(Severity::Error, "region-factor", message);
        }
        for card in sheet.bands.iter().flat_map(|band| band.tiers.values()) {
            for (class, cell) in &card.cells {
                if cell.rate.pico() * i128::from(*factor) % 1000 != 0 {
                    let message = format!("{} in region `{region}` is no whole pico-dollar", class.words());
                    found(Severity::Error, "region-factor-not-exact", message);
                }
            }
        }
    }
}

fn free(model: &ModelSpec, sheet: &PriceSheet, found: &mut Found<'_>) {
    let has_fee = sheet.fees.request.is_some();
    let cards = || sheet.bands.iter().flat_map(|band| band.tiers.values());
    let is_free = cards().all(|card| card.cells.values().all(|cell| cell.rate.is_zero()));
    if is_free && !has_fee && &*model.host != OWN_MACHINE {
        found(Severity::Error, "free-of-charge", "all prices are zero, on a host that is not free".to_owned());
    }
}
