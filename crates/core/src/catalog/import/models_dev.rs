//! models.dev's `api.json`: providers with their models, USD per million tokens.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::{Map, Value};

use super::{List, names};
use crate::catalog::{Band, ModelKind, ModelSpec, PriceSheet, RateCard, TokenClass};
use crate::usage::ServiceTier;

const CLASSES: [(&str, TokenClass); 7] = [
    ("input", TokenClass::Input),
    ("cache_read", TokenClass::CacheRead),
    ("cache_write", TokenClass::CacheWriteShort),
    ("output", TokenClass::Output),
    ("reasoning", TokenClass::Reasoning),
    ("input_audio", TokenClass::AudioIn),
    ("output_audio", TokenClass::AudioOut),
];

/// The one context band of the format.
const BAND: (&str, u64) = ("context_over_200k", 200_000);

/// The rows of all providers.
pub(super) fn rows(providers: &Map<String, Value>, list: &mut List<'_>) -> Vec<ModelSpec> {
    let mut rows = Vec::new();
    for (provider, entry) in providers {
        for (id, model) in entry.get("models").and_then(Value::as_object).into_iter().flatten() {
            rows.extend(model.as_object().map(|fields| row(provider, id, fields, list)));
        }
    }
    rows
}

fn row(provider: &str, id: &str, fields: &Map<String, Value>, list: &mut List<'_>) -> ModelSpec {
    let mut can: BTreeSet<Arc<str>> = BTreeSet::new();
    let mut cannot: BTreeSet<Arc<str>> = BTreeSet::new();
    for (field, word) in [
        ("tool_call", "tools"),
        ("reasoning", "reasoning"),
        ("temperature", "temperature"),
        ("structured_output", "structured_output"),
    ] {
        match fields.get(field) {
            Some(Value::Bool(true)) => can.insert(Arc::from(word)),
            Some(Value::Bool(false)) => cannot.insert(Arc::from(word)),
            _ => false,
        };
    }
    let takes = fields.get("modalities").and_then(|modalities| modalities.get("input")).and_then(Value::as_array);
    for (name, word) in [("image", "vision"), ("audio", "audio_in"), ("video", "video_in"), ("pdf", "pdf")] {
        if takes.is_some_and(|takes| takes.iter().any(|taken| taken == name)) {
            can.insert(Arc::from(word));
        }
    }
    let limit = |name: &str| fields.get("limit")?.get(name)?.as_u64().filter(|n| *n > 0);
    let entry = format!("{provider}/{id}");
    let costs = fields.get("cost").and_then(Value::as_object);
    ModelSpec {
        id: Arc::from(id),
        host: Arc::from(names::host(provider)),
        aliases: Vec::new(),
        kind: if id.contains("embed") { ModelKind::Embedding } else { ModelKind::Chat },
        tokenizer: names::tokenizer(id),
        context: limit("context"),
        max_output: limit("output"),
        can: can.into_iter().collect(),
        cannot: cannot.into_iter().collect(),
        cache: None,
        shutdown: None,
        successor: None,
        via: None,
        note: None,
        prices: costs.and_then(|costs| sheet(&entry, costs, list)).into_iter().collect(),
    }
}

fn sheet(entry: &str, costs: &Map<String, Value>, list: &mut List<'_>) -> Option<PriceSheet> {
    let base = card(entry, costs, list);
    base.cells.get(&TokenClass::Input)?;
    if base.cells.values().all(|cell| cell.rate.is_zero()) {
        list.note(entry, "costs nothing in the list: taken for unknown");
        return None;
    }
    let mut bands = vec![band(0, base)];
    if let Some(costs) = costs.get(BAND.0).and_then(Value::as_object) {
        bands.push(band(BAND.1, card(entry, costs, list)));
    }
    for field in costs.keys().filter(|field| *field != BAND.0 && !CLASSES.iter().any(|(known, _)| field == known)) {
        list.note(entry, format!("`cost.{field}` is not understood and left out"));
    }
    Some(PriceSheet { bands, ..PriceSheet::default() })
}

fn card(entry: &str, costs: &Map<String, Value>, list: &mut List<'_>) -> RateCard {
    let cells = CLASSES.iter().filter_map(|(field, class)| Some((*class, list.cell(entry, costs, field, true)?)));
    RateCard { cells: cells.collect() }
}

fn band(above: u64, card: RateCard) -> Band {
    Band { above, tiers: BTreeMap::from([(ServiceTier::Standard, card)]) }
}

#[cfg(test)]
mod tests {
    use super::super::{ImportOptions, import};
    use crate::catalog::Catalog;
    use crate::usage::{Conditions, Usage};

    #[test]
    fn a_provider_with_models_is_read() {
        let text = r#"{"google": {"id": "google", "models": {"gemini-x": {"id": "gemini-x", "tool_call": true,
            "temperature": false, "modalities": {"input": ["text", "image"]}, "limit": {"context": 1000, "output": 100},
            "cost": {"input": 1.25, "output": 10, "cache_read": 0.31, "context_over_200k": {"input": 2.5, "output": 15}}}}}}"#;
        let options = ImportOptions {
            source: "models.dev",
            url: "https://models.dev/api.json",
            observed: "2026-11-22".parse().unwrap(),
        };
        let imported = import("api.json", text, &options, Catalog::embedded()).unwrap();
        assert_eq!(imported.format, "models.dev");
        let row = &imported.models[0];
        assert_eq!((&*row.host, row.tokenizer.name()), ("gemini", "gemini"));
        assert!(row.can("vision") && row.can("tools"));
        let usage = |input| Usage { input_fresh: input, output_visible: 1_000_000, ..Usage::default() };
        let price =
            |input| Catalog::embedded().price(row, &usage(input), &Conditions::default()).unwrap().total.to_decimal();
        assert_eq!(price(200_000), "10.25");
        assert_eq!(price(200_001), "15.5000025");
    }
}
