//! The schema of catalogue files as written: what serde reads from TOML (and from the JSON in the binary). Unknown keys are
//! errors.

use std::collections::BTreeMap;
use std::fmt;

use jiff::civil::Date;
use serde::Deserialize;
use serde::de::{self, Deserializer, MapAccess, Visitor};

use crate::usd::Usd;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub(super) host: Option<String>,
    #[serde(default)]
    pub(super) source: BTreeMap<String, SourceRow>,
    #[serde(default)]
    pub(super) cache_rule: BTreeMap<String, RuleRow>,
    #[serde(default)]
    pub(super) model: Vec<ModelRow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SourceRow {
    pub(super) url: String,
    pub(super) note: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RuleRow {
    pub(super) trigger: String,
    pub(super) min_tokens: u64,
    pub(super) step: u64,
    pub(super) ttl_low_s: u64,
    pub(super) ttl_s: u64,
    pub(super) ttl_high_s: u64,
    pub(super) long_ttl_s: Option<u64>,
    pub(super) max_breakpoints: u32,
    pub(super) lookback: Option<u32>,
    pub(super) cache_key: Option<String>,
    pub(super) hit_permille: u32,
    pub(super) source: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ModelRow {
    pub(super) id: String,
    pub(super) host: Option<String>,
    #[serde(default)]
    pub(super) aliases: Vec<String>,
    pub(super) kind: Option<String>,
    pub(super) tokenizer: String,
    pub(super) context: Option<u64>,
    pub(super) max_output: Option<u64>,
    #[serde(default)]
    pub(super) can: Vec<String>,
    #[serde(default)]
    pub(super) cannot: Vec<String>,
    pub(super) cache: Option<String>,
    pub(super) shutdown: Option<Day>,
    pub(super) successor: Option<String>,
    pub(super) source: Option<String>,
    pub(super) observed: Option<Day>,
    pub(super) via: Option<String>,
    pub(super) note: Option<String>,
    #[serde(default)]
    pub(super) prices: Vec<SheetRow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SheetRow {
    pub(super) from: Option<Day>,
    pub(super) to: Option<Day>,
    pub(super) source: Option<String>,
    pub(super) observed: Option<Day>,
    pub(super) request: Option<PriceCell>,
    pub(super) web_search: Option<PriceCell>,
    #[serde(default)]
    pub(super) regions: BTreeMap<String, Factor>,
    pub(super) batch: Option<CardRow>,
    pub(super) flex: Option<CardRow>,
    pub(super) standard: Option<CardRow>,
    pub(super) priority: Option<CardRow>,
    pub(super) fast: Option<CardRow>,
    pub(super) ultrafast: Option<CardRow>,
    #[serde(default)]
    pub(super) band: Vec<BandRow>,
    #[serde(default)]
    pub(super) window: Vec<WindowRow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BandRow {
    pub(super) above: u64,
    pub(super) batch: Option<CardRow>,
    pub(super) flex: Option<CardRow>,
    pub(super) standard: Option<CardRow>,
    pub(super) priority: Option<CardRow>,
    pub(super) fast: Option<CardRow>,
    pub(super) ultrafast: Option<CardRow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WindowRow {
    pub(super) days: Option<Vec<String>>,
    pub(super) from: String,
    pub(super) to: String,
    pub(super) batch: Option<CardRow>,
    pub(super) flex: Option<CardRow>,
    pub(super) standard: Option<CardRow>,
    pub(super) priority: Option<CardRow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CardRow {
    pub(super) input: Option<PriceCell>,
    pub(super) cache_read: Option<PriceCell>,
    pub(super) write_short: Option<PriceCell>,
    pub(super) write_long: Option<PriceCell>,
    pub(super) output: Option<PriceCell>,
    pub(super) reasoning: Option<PriceCell>,
    pub(super) audio_in: Option<PriceCell>,
    pub(super) audio_cached: Option<PriceCell>,
    pub(super) audio_out: Option<PriceCell>,
    pub(super) image_in: Option<PriceCell>,
    pub(super) image_out: Option<PriceCell>,
}

/// `"4"`, or `{ usd = "4", source = "…", observed = "…" }`.
pub(super) struct PriceCell {
    pub(super) usd: String,
    pub(super) source: Option<String>,
    pub(super) observed: Option<Day>,
}

impl<'de> Deserialize<'de> for PriceCell {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct CellVisitor;
        impl<'de> Visitor<'de> for CellVisitor {
            type Value = PriceCell;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(
                    "a price as decimal text (\"0.25\") or { usd = \"0.25\", source = \"…\", observed = \"…\" }",
                )
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
                Ok(PriceCell { usd: text.to_owned(), source: None, observed: None })
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                const KEYS: &[&str] = &["usd", "source", "observed"];
                let (mut usd, mut source, mut observed) = (None, None, None);
                while let Some(key) = map.next_key::<String>()? {
                    match key.as_str() {
                        "usd" => usd = Some(map.next_value()?),
                        "source" => source = Some(map.next_value()?),
                        "observed" => observed = Some(map.next_value()?),
                        other => return Err(de::Error::unknown_field(other, KEYS)),
                    }
                }
                Ok(PriceCell { usd: usd.ok_or_else(|| de::Error::missing_field("usd"))?, source, observed })
            }
        }
        deserializer.deserialize_any(CellVisitor)
    }
}

/// A day as text: `"2026-11-22"`.
#[derive(Clone, Copy)]
pub(super) struct Day(pub(super) Date);

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map(Day).map_err(|_| de::Error::custom(format!("`{text}` is no day; write \"2026-11-22\"")))
    }
}

/// A factor as decimal text with at most three decimals: `"1.1"`.
pub(super) struct Factor(pub(super) u32);

impl<'de> Deserialize<'de> for Factor {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let thousandths = Usd::parse(&text).ok().map(Usd::pico).filter(|pico| pico % 1_000_000_000 == 0);
        thousandths
            .and_then(|pico| u32::try_from(pico / 1_000_000_000).ok())
            .map(Factor)
            .ok_or_else(|| de::Error::custom(format!("`{text}` is no factor with at most three decimals")))
    }
}
