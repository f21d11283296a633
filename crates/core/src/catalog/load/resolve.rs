//! From the schema to the catalogue's types: names become values, decimal text becomes money per token, and what cannot
//! be is an error that names the key.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::civil::Date;

use super::Words;
use super::schema::{BandRow, CardRow, ModelRow, PriceCell, RuleRow, SheetRow, WindowRow};
use crate::catalog::{
    Band, CacheKey, CacheRule, CacheTrigger, Cell, Fees, ModelKind, ModelSpec, PriceSheet, RateCard, TokenClass, Window,
};
use crate::error::{Error, Kind, Result};
use crate::text::did_you_mean;
use crate::tokens::{Encoding, FAMILIES, Tokenizer};
use crate::usage::ServiceTier;
use crate::usd::Usd;

/// The source and day of a cell that names none.
pub(super) struct Defaults<'t> {
    source: Option<&'t str>,
    observed: Option<Date>,
}

impl RuleRow {
    pub(super) fn resolve(self, words: &mut Words) -> Result<CacheRule> {
        let trigger = match self.trigger.as_str() {
            "automatic" => CacheTrigger::Automatic,
            "whole_prefix" => CacheTrigger::WholePrefix,
            "explicit" => CacheTrigger::Explicit,
            other => {
                let error = Error::new(Kind::Catalog, format!("there is no trigger `{other}`")).in_field("trigger");
                return Err(error.help("the triggers are automatic, whole_prefix, explicit"));
            }
        };
        let rising = self.ttl_low_s <= self.ttl_s && self.ttl_s <= self.ttl_high_s;
        if !rising || self.step == 0 || self.hit_permille > 1000 {
            let error =
                Error::new(Kind::Catalog, "times to live must rise, the step be 1 or more, a share at most 1000");
            return Err(error.help("check ttl_low_s, ttl_s, ttl_high_s, step and hit_permille"));
        }
        let cache_key = match self.cache_key.as_deref() {
            None => CacheKey::Unused,
            Some("helps") => CacheKey::Helps,
            Some("needed") => CacheKey::Needed,
            Some(other) => {
                let error = Error::new(Kind::Catalog, format!("a cache key is not `{other}`")).in_field("cache_key");
                return Err(error.help("write `helps` or `needed`, or leave it out"));
            }
        };
        Ok(CacheRule {
            trigger,
            lookback: self.lookback,
            cache_key,
            min_tokens: self.min_tokens,
            step: self.step,
            ttl_s: self.ttl_s,
            ttl_low_s: self.ttl_low_s,
            ttl_high_s: self.ttl_high_s,
            long_ttl_s: self.long_ttl_s,
            max_breakpoints: self.max_breakpoints,
            hit_permille: self.hit_permille,
            source: words.intern(&self.source),
        })
    }
}

impl ModelRow {
    pub(super) fn resolve(self, file_host: Option<&str>, words: &mut Words) -> Result<ModelSpec> {
        let host = self.host.as_deref().or(file_host).ok_or_else(|| {
            Error::new(Kind::Catalog, "the row names no host").help("write `host = \"openai\"` in the row or on top")
        })?;
        let kind = self.kind.as_deref().unwrap_or("chat");
        let kind = ModelKind::from_name(kind).ok_or_else(|| {
            Error::new(Kind::Catalog, format!("there is no kind `{kind}`")).help("chat, embedding or rerank")
        })?;
        let tokenizer = Tokenizer::from_name(&self.tokenizer).ok_or_else(|| {
            let encodings = Encoding::ALL.iter().map(|encoding| encoding.name());
            let known = encodings.chain(FAMILIES.iter().map(|(_, name)| *name));
            let help = did_you_mean(&self.tokenizer, known).unwrap_or_else(|| "use `unknown`".to_owned());
            Error::new(Kind::Catalog, format!("there is no tokenizer `{}`", self.tokenizer)).help(help)
        })?;
        let defaults = Defaults { source: self.source.as_deref(), observed: self.observed.map(|day| day.0) };
        let mut prices = Vec::with_capacity(self.prices.len());
        for sheet in self.prices {
            prices.push(sheet.resolve(&defaults, words)?);
        }
        if prices.windows(2).any(|pair| pair[0].to.is_none() || pair[0].to >= pair[1].from) {
            let error = Error::new(Kind::Catalog, "the price sheets overlap or are not in order");
            return Err(error.help("each sheet but the last needs a `to` before the next one's `from`"));
        }
        Ok(ModelSpec {
            id: Arc::from(self.id.as_str()),
            host: words.intern(host),
            aliases: self.aliases.iter().map(|alias| Arc::from(alias.as_str())).collect(),
            kind,
            tokenizer,
            context: self.context,
            max_output: self.max_output,
            can: words.sorted(&self.can),
            cannot: words.sorted(&self.cannot),
            cache: self.cache.map(|rule| words.intern(&rule)),
            shutdown: self.shutdown.map(|day| day.0),
            successor: self.successor.map(|id| words.intern(&id)),
            via: self.via.map(|url| words.intern(&url)),
            note: self.note.map(|note| words.intern(&note)),
            prices,
        })
    }
}

impl SheetRow {
    pub(super) fn resolve(self, row: &Defaults<'_>, words: &mut Words) -> Result<PriceSheet> {
        let defaults = Defaults {
            source: self.source.as_deref().or(row.source),
            observed: self.observed.map(|day| day.0).or(row.observed),
        };
        let base = BandRow {
            above: 0,
            batch: self.batch,
            flex: self.flex,
            standard: self.standard,
            priority: self.priority,
            fast: self.fast,
            ultrafast: self.ultrafast,
        };
        if base.standard.is_none() {
            return Err(Error::new(Kind::Catalog, "a price sheet has no `standard` prices")
                .help("write `standard = { input = \"…\", output = \"…\" }`, or leave the sheet out: unpriced"));
        }
        let mut bands = vec![base.resolve(&defaults, words)?];
        for band in self.band {
            bands.push(band.resolve(&defaults, words)?);
        }
        if bands.windows(2).any(|pair| pair[0].above >= pair[1].above) {
            return Err(Error::new(Kind::Catalog, "the bands do not rise").help("order them by `above`, from 1 up"));
        }
        let mut windows = Vec::with_capacity(self.window.len());
        for window in self.window {
            windows.push(window.resolve(&defaults, words)?);
        }
        if let (Some(from), Some(to)) = (self.from, self.to)
            && from.0 > to.0
        {
            return Err(Error::new(
                Kind::Catalog,
                format!("a price sheet ends ({}) before it begins ({})", to.0, from.0),
            ));
        }
        Ok(PriceSheet {
            from: self.from.map(|day| day.0),
            to: self.to.map(|day| day.0),
            bands,
            windows,
            regions: self.regions.into_iter().map(|(name, factor)| (name, factor.0)).collect(),
            fees: Fees {
                request: self.request.map(|cell| cell.resolve("request", Usd::parse, &defaults, words)).transpose()?,
                web_search: self
                    .web_search
                    .map(|cell| cell.resolve("web_search", Usd::parse, &defaults, words))
                    .transpose()?,
            },
        })
    }
}

impl BandRow {
    pub(super) fn resolve(self, defaults: &Defaults<'_>, words: &mut Words) -> Result<Band> {
        let mut tiers = BTreeMap::new();
        let cards = [
            (ServiceTier::Batch, self.batch),
            (ServiceTier::Flex, self.flex),
            (ServiceTier::Standard, self.standard),
            (ServiceTier::Priority, self.priority),
            (ServiceTier::Fast, self.fast),
            (ServiceTier::Ultrafast, self.ultrafast),
        ];
        for (tier, card) in cards {
            if let Some(card) = card {
                tiers.insert(tier, card.resolve(defaults, words)?);
            }
        }
        Ok(Band { above: self.above, tiers })
    }
}

impl WindowRow {
    pub(super) fn resolve(self, defaults: &Defaults<'_>, words: &mut Words) -> Result<Window> {
        let days = match &self.days {
            None => [true; 7],
            Some(names) => days(names)?,
        };
        let (from_minute, to_minute) = (minute(&self.from)?, minute(&self.to)?);
        let (batch, flex, standard, priority) = (self.batch, self.flex, self.standard, self.priority);
        let band = BandRow { above: 0, batch, flex, standard, priority, fast: None, ultrafast: None };
        Ok(Window { days, from_minute, to_minute, bands: vec![band.resolve(defaults, words)?] })
    }
}

impl CardRow {
    pub(super) fn resolve(self, defaults: &Defaults<'_>, words: &mut Words) -> Result<RateCard> {
        let mut cells = BTreeMap::new();
        let classes = [
            (TokenClass::Input, self.input),
            (TokenClass::CacheRead, self.cache_read),
            (TokenClass::CacheWriteShort, self.write_short),
            (TokenClass::CacheWriteLong, self.write_long),
            (TokenClass::Output, self.output),
            (TokenClass::Reasoning, self.reasoning),
            (TokenClass::AudioIn, self.audio_in),
            (TokenClass::AudioCached, self.audio_cached),
            (TokenClass::AudioOut, self.audio_out),
            (TokenClass::ImageIn, self.image_in),
            (TokenClass::ImageOut, self.image_out),
        ];
        for (class, cell) in classes {
            if let Some(cell) = cell {
                cells.insert(class, cell.resolve(class.name(), per_million, defaults, words)?);
            }
        }
        Ok(RateCard { cells })
    }
}

impl PriceCell {
    pub(super) fn resolve(
        self,
        key: &str,
        read: impl Fn(&str) -> Result<Usd>,
        defaults: &Defaults<'_>,
        words: &mut Words,
    ) -> Result<Cell> {
        let rate = read(&self.usd).map_err(|error| {
            let advice = error.advice().unwrap_or("write the price as decimal text, such as \"0.25\"").to_owned();
            Error::new(Kind::Catalog, format!("key `{key}`: {}", error.message())).help(advice)
        })?;
        if rate < Usd::ZERO {
            return Err(Error::new(Kind::Catalog, format!("key `{key}`: the price {} is negative", self.usd)));
        }
        let lacks = |what: &str| {
            Error::new(Kind::Catalog, format!("key `{key}`: the price has no {what}"))
                .help(format!("write `{what} = \"…\"` in the row, in the sheet, or in the cell"))
        };
        let source = self.source.as_deref().or(defaults.source).ok_or_else(|| lacks("source"))?;
        let observed = self.observed.map(|day| day.0).or(defaults.observed).ok_or_else(|| lacks("observed"))?;
        Ok(Cell { rate, source: words.intern(source), observed })
    }
}

/// USD per million tokens as decimal text → money per token. Exact, or an error.
fn per_million(text: &str) -> Result<Usd> {
    let million = Usd::parse(text)?;
    if million.pico() % 1_000_000 != 0 {
        return Err(Error::new(
            Kind::Catalog,
            format!("`{text}` is finer than a millionth of a dollar per million tokens"),
        ));
    }
    Ok(Usd::from_pico(million.pico() / 1_000_000))
}

pub(in crate::catalog) const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

fn days(names: &[String]) -> Result<[bool; 7]> {
    let mut days = [false; 7];
    for name in names {
        let day = DAYS.iter().position(|day| day == name).ok_or_else(|| {
            Error::new(Kind::Catalog, format!("there is no day `{name}`")).help(format!("use {}", DAYS.join(", ")))
        })?;
        days[day] = true;
    }
    Ok(days)
}

fn minute(text: &str) -> Result<u16> {
    let time =
        text.split_once(':').and_then(|(hour, minute)| Some((hour.parse::<u16>().ok()?, minute.parse::<u16>().ok()?)));
    match time {
        Some((hour, minute)) if (hour < 24 && minute < 60) || (hour == 24 && minute == 0) => Ok(hour * 60 + minute),
        _ => Err(Error::new(Kind::Catalog, format!("`{text}` is no time of day"))
            .help("write \"06:30\"; midnight is \"24:00\"")),
    }
}
