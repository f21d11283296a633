//! LiteLLM's `model_prices_and_context_window.json`: one flat object an entry, USD per token, with tier and context band
//! in the names of the fields.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::{Map, Value};

use super::{List, names};
use crate::catalog::{Band, Fees, ModelKind, ModelSpec, PriceSheet, RateCard, TokenClass, hosts};
use crate::usage::ServiceTier;
use crate::usd::Usd;

const CLASSES: [(&str, TokenClass); 11] = [
    ("input_cost_per_token", TokenClass::Input),
    ("cache_read_input_token_cost", TokenClass::CacheRead),
    ("cache_creation_input_token_cost", TokenClass::CacheWriteShort),
    ("cache_creation_input_token_cost_above_1hr", TokenClass::CacheWriteLong),
    ("output_cost_per_token", TokenClass::Output),
    ("output_cost_per_reasoning_token", TokenClass::Reasoning),
    ("input_cost_per_audio_token", TokenClass::AudioIn),
    ("cache_read_input_audio_token_cost", TokenClass::AudioCached),
    ("output_cost_per_audio_token", TokenClass::AudioOut),
    ("input_cost_per_image_token", TokenClass::ImageIn),
    ("output_cost_per_image_token", TokenClass::ImageOut),
];

const TIERS: [(&str, ServiceTier); 4] = [
    ("_batches", ServiceTier::Batch),
    ("_flex", ServiceTier::Flex),
    ("_priority", ServiceTier::Priority),
    ("_ultrafast", ServiceTier::Ultrafast),
];

const FLAGS: [(&str, &str); 14] = [
    ("supports_function_calling", "tools"),
    ("supports_parallel_function_calling", "parallel_tools"),
    ("supports_vision", "vision"),
    ("supports_audio_input", "audio_in"),
    ("supports_audio_output", "audio_out"),
    ("supports_video_input", "video_in"),
    ("supports_pdf_input", "pdf"),
    ("supports_response_schema", "structured_output"),
    ("supports_reasoning", "reasoning"),
    ("supports_prompt_caching", "prompt_cache"),
    ("supports_web_search", "web_search"),
    ("supports_sampling_params", "temperature"),
    ("supports_assistant_prefill", "prefill"),
    ("supports_tool_choice", "tool_choice"),
];

/// The rows of chat, embedding and rerank models.
pub(super) fn rows(entries: &Map<String, Value>, list: &mut List<'_>) -> Vec<ModelSpec> {
    let mut rows: BTreeMap<(Arc<str>, Arc<str>), ModelSpec> = BTreeMap::new();
    for (name, entry) in entries.iter().filter(|(name, _)| *name != "sample_spec") {
        let Some(row) = entry.as_object().and_then(|fields| row(name, fields, list)) else { continue };
        // `gpt-4o` and `openai/gpt-4o`: the first spelling stays.
        rows.entry((Arc::clone(&row.host), Arc::clone(&row.id))).or_insert(row);
    }
    rows.into_values().collect()
}

fn row(name: &str, fields: &Map<String, Value>, list: &mut List<'_>) -> Option<ModelSpec> {
    let text = |field: &str| fields.get(field).and_then(Value::as_str);
    let kind = match text("mode")? {
        "chat" | "responses" | "completion" => ModelKind::Chat,
        "embedding" => ModelKind::Embedding,
        "rerank" => ModelKind::Rerank,
        _ => return None,
    };
    let provider = text("litellm_provider")?;
    let host = names::host(provider);
    let id = id(name, provider);
    let flagged = |is: bool| -> BTreeSet<Arc<str>> {
        let flags = FLAGS.iter().filter(|(field, _)| fields.get(*field) == Some(&Value::Bool(is)));
        flags.map(|(_, word)| Arc::from(*word)).collect()
    };
    let count = |field: &str| fields.get(field).and_then(number);
    Some(ModelSpec {
        tokenizer: names::tokenizer(id),
        id: Arc::from(id),
        aliases: Vec::new(),
        kind,
        context: count("max_input_tokens").or_else(|| count("max_tokens")),
        max_output: count("max_output_tokens").filter(|_| kind == ModelKind::Chat),
        can: flagged(true).into_iter().collect(),
        cannot: flagged(false).into_iter().collect(),
        cache: None,
        shutdown: text("deprecation_date").and_then(|day| day.parse().ok()),
        successor: None,
        via: text("source").filter(|url| url.starts_with("http")).map(Arc::from),
        note: None,
        prices: sheet(name, fields, &host, kind, list).into_iter().collect(),
        host: Arc::from(host),
    })
}

/// The id without the provider's prefix.
fn id<'a>(name: &'a str, provider: &str) -> &'a str {
    let stem = provider.split('-').next().unwrap_or(provider);
    [provider, stem].iter().find_map(|prefix| name.strip_prefix(prefix)?.strip_prefix('/')).unwrap_or(name)
}

/// `4096` and `4096.0`.
fn number(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.to_string().strip_suffix(".0")?.parse().ok()).filter(|n| *n > 0)
}

fn sheet(
    name: &str,
    fields: &Map<String, Value>,
    host: &str,
    kind: ModelKind,
    list: &mut List<'_>,
) -> Option<PriceSheet> {
    let mut bands: BTreeMap<u64, BTreeMap<ServiceTier, RateCard>> = BTreeMap::new();
    for field in fields.keys() {
        let Some((class, tier, above)) = price_field(field) else { continue };
        let Some(cell) = list.cell(name, fields, field, false) else { continue };
        bands.entry(above).or_default().entry(tier).or_default().cells.insert(class, cell);
    }
    for range in fields.get("tiered_pricing").and_then(Value::as_array).into_iter().flatten() {
        let (Some(range), Some(above)) = (range.as_object(), range.get("range").and_then(|range| range.get(0))) else {
            continue;
        };
        let above = number(above).unwrap_or(0);
        for (field, class) in CLASSES {
            if let Some(cell) = list.cell(name, range, field, false) {
                bands.entry(above).or_default().entry(ServiceTier::Standard).or_default().cells.insert(class, cell);
            }
        }
    }
    fast_mode(fields, &mut bands);
    let search = fields.get("search_context_cost_per_query").and_then(Value::as_object);
    let web_search = search.and_then(|fees| list.fee(name, fees, "search_context_size_medium"));
    let per_query = (kind == ModelKind::Rerank).then(|| list.fee(name, fields, "input_cost_per_query")).flatten();
    let request = list.fee(name, fields, "input_cost_per_request").or(per_query);
    for tiers in bands.values_mut() {
        for (tier, card) in tiers.iter_mut() {
            tidy(name, *tier, card, host, list);
        }
        tiers.retain(|_, card| card.cells.contains_key(&TokenClass::Input));
        if kind != ModelKind::Chat {
            tiers.values_mut().for_each(|card| card.cells.retain(|class, _| *class != TokenClass::Output));
        }
    }
    if request.is_some() && kind == ModelKind::Rerank {
        // Reranking is billed by the query; its tokens cost nothing beside.
        let free = list.priced(Usd::ZERO);
        bands.entry(0).or_default().entry(ServiceTier::Standard).or_default().cells.insert(TokenClass::Input, free);
    }
    bands.retain(|_, tiers| !tiers.is_empty());
    bands.get(&0)?.get(&ServiceTier::Standard)?;
    let bands = bands.into_iter().map(|(above, tiers)| Band { above, tiers }).collect();
    Some(PriceSheet { bands, regions: regions(fields), fees: Fees { request, web_search }, ..PriceSheet::default() })
}

/// Anthropic's fast mode stands as one factor over all classes.
fn fast_mode(fields: &Map<String, Value>, bands: &mut BTreeMap<u64, BTreeMap<ServiceTier, RateCard>>) {
    let Some(factor) = fields.get("provider_specific_entry").and_then(|entry| entry.get("fast")).and_then(thousandths)
    else {
        return;
    };
    for tiers in bands.values_mut() {
        let Some(mut card) = tiers.get(&ServiceTier::Standard).cloned() else { continue };
        for cell in card.cells.values_mut() {
            if let Ok(rate) = cell.rate.checked_scale(i128::from(factor), 1000) {
                cell.rate = rate;
            }
        }
        tiers.insert(ServiceTier::Fast, card);
    }
}

/// A factor such as `1.1` in thousandths.
fn thousandths(value: &Value) -> Option<u32> {
    let pico = Usd::parse(&value.to_string()).ok()?.pico();
    u32::try_from(pico / 1_000_000_000).ok().filter(|thousandths| *thousandths > 0)
}

/// Takes apart `cache_read_input_token_cost_above_272k_tokens_priority`.
fn price_field(field: &str) -> Option<(TokenClass, ServiceTier, u64)> {
    let (stem, tier) = TIERS
        .iter()
        .find_map(|(suffix, tier)| Some((field.strip_suffix(suffix)?, *tier)))
        .unwrap_or((field, ServiceTier::Standard));
    let (stem, above) = match stem.strip_suffix("k_tokens").and_then(|rest| rest.rsplit_once("_above_")) {
        Some((stem, thousands)) => (stem, thousands.parse::<u64>().ok()?.checked_mul(1000)?),
        None => (stem, 0),
    };
    let (_, class) = CLASSES.iter().find(|(name, _)| *name == stem)?;
    Some((*class, tier, above))
}

/// Drops what says nothing: zeros that stand for "unknown" or "no surcharge", and prices equal to the class they are part
/// of anyway.
fn tidy(name: &str, tier: ServiceTier, card: &mut RateCard, host: &str, list: &mut List<'_>) {
    let rate = |card: &RateCard, class| card.cells.get(&class).map(|cell| cell.rate);
    let is_zero = |card: &RateCard, class| rate(card, class).is_some_and(Usd::is_zero);
    for class in [TokenClass::CacheWriteShort, TokenClass::CacheWriteLong] {
        if is_zero(card, class) {
            list.note(name, format!("a zero for {} means no surcharge, not a price", class.words()));
            card.cells.remove(&class);
        }
    }
    let parts = [
        (TokenClass::Reasoning, TokenClass::Output),
        (TokenClass::AudioOut, TokenClass::Output),
        (TokenClass::ImageOut, TokenClass::Output),
        (TokenClass::AudioIn, TokenClass::Input),
        (TokenClass::ImageIn, TokenClass::Input),
        (TokenClass::AudioCached, TokenClass::CacheRead),
    ];
    for (part, whole) in parts {
        if is_zero(card, part) || (rate(card, part).is_some() && rate(card, part) == rate(card, whole)) {
            card.cells.remove(&part);
        }
    }
    let all_zero = card.cells.values().all(|cell| cell.rate.is_zero());
    if all_zero && !card.cells.is_empty() && host != hosts::OWN_MACHINE {
        list.note(name, format!("the {tier} tier costs nothing in the list: taken for unknown"));
        card.cells.clear();
    } else if is_zero(card, TokenClass::Output) && !is_zero(card, TokenClass::Input) {
        card.cells.remove(&TokenClass::Output);
    }
}

fn regions(fields: &Map<String, Value>) -> BTreeMap<String, u32> {
    let mut regions = BTreeMap::new();
    for (field, region) in [
        ("regional_processing_uplift_multiplier_eu", "eu"),
        ("regional_processing_uplift_multiplier_us", "us"),
        ("regional_endpoint_uplift_multiplier", "regional"),
    ] {
        if let Some(factor) = fields.get(field).and_then(thousandths) {
            regions.insert(region.to_owned(), factor);
        }
    }
    if let Some(factor) = fields.get("provider_specific_entry").and_then(|entry| entry.get("us")).and_then(thousandths)
    {
        regions.insert("us".to_owned(), factor);
    }
    regions
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn field_names_are_taken_apart() {
        assert_eq!(price_field("input_cost_per_token"), Some((TokenClass::Input, ServiceTier::Standard, 0)));
        assert_eq!(
            price_field("cache_creation_input_token_cost_above_1hr_above_100k_tokens"),
            Some((TokenClass::CacheWriteLong, ServiceTier::Standard, 100_000))
        );
        assert_eq!(
            price_field("cache_read_input_token_cost_above_272k_tokens_priority"),
            Some((TokenClass::CacheRead, ServiceTier::Priority, 272_000))
        );
        assert_eq!(price_field("input_cost_per_token_decisions"), None);
        assert_eq!(price_field("input_cost_per_second"), None);
        assert_eq!(id("vertex_ai/claude-opus-5", "vertex_ai-anthropic_models"), "claude-opus-5");
        assert_eq!(id("gpt-4o", "openai"), "gpt-4o");
    }
}
