//! Reads catalogue files: the schema as written ([`File`]), and its resolution into the catalogue's types. One schema for
//! the embedded files, for overlays and for what `import` writes. Every mistake names file, line, column, row and key.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;
use std::sync::Arc;

use jiff::civil::Date;
use serde::Deserialize;
use serde::de::{self, Deserializer, IgnoredAny, MapAccess, Visitor};

use super::hosts::HOSTS;
use super::{
    Band, CacheRule, CacheTrigger, Catalog, Cell, Fees, ModelKind, ModelSpec, PriceSheet, RateCard, Source, TokenClass,
    Window,
};
use crate::error::{Error, Kind, Result};
use crate::text::did_you_mean;
use crate::tokens::{Encoding, FAMILIES, Tokenizer};
use crate::usage::ServiceTier;
use crate::usd::Usd;

/// Rows, rules and sources of one or more files, before they are joined into a [`Catalog`].
#[derive(Clone, Debug, Default)]
pub struct Part {
    /// Rows, in the order of their files.
    pub models: Vec<ModelSpec>,
    /// Prompt-cache rules by name.
    pub cache_rules: BTreeMap<Arc<str>, CacheRule>,
    /// Sources by name.
    pub sources: BTreeMap<Arc<str>, Source>,
    /// Where each row stands, for messages about several rows.
    pub(super) places: Vec<Option<(Arc<str>, u64)>>,
}

/// The catalogue from the files in the binary.
pub(super) fn embedded() -> Result<Catalog> {
    let mut all = Part::default();
    let mut words = Words::default();
    let shared = [
        ("sources.toml", include_str!(concat!(env!("OUT_DIR"), "/catalog/sources.json"))),
        ("cache_rules.toml", include_str!(concat!(env!("OUT_DIR"), "/catalog/cache_rules.json"))),
    ];
    let hosts = HOSTS.iter().map(|host| (host.name, host.rows));
    for (name, json) in shared.into_iter().chain(hosts) {
        let file: File = serde_json::from_str(json).map_err(|error| {
            Error::new(Kind::Catalog, "the embedded file cannot be read").in_file(name).because(error)
        })?;
        all.append(resolve(file, name, &[], &mut words)?);
    }
    all.into_catalog()
}

/// Reads one file. Names of sources and cache rules are looked up later, by [`Part::into_catalog`].
pub fn parse(file: &str, text: &str) -> Result<Part> {
    let raw: File = toml::from_str(text).map_err(|error| syntax_error(file, text, &error))?;
    resolve(raw, file, &row_lines(text), &mut Words::default())
}

impl Part {
    /// Adds a row that stands in no file.
    pub(super) fn push(&mut self, model: ModelSpec) {
        self.models.push(model);
        self.places.push(None);
    }

    /// Adds another file's rows behind these.
    pub fn append(&mut self, other: Part) {
        self.models.extend(other.models);
        self.places.extend(other.places);
        self.cache_rules.extend(other.cache_rules);
        self.sources.extend(other.sources);
    }

    /// Checks what needs all files: that sources and cache rules exist, and that no id is given twice.
    pub fn into_catalog(self) -> Result<Catalog> {
        let mut seen: HashMap<(&str, &str), usize> = HashMap::with_capacity(self.models.len() * 2);
        for (at, model) in self.models.iter().enumerate() {
            self.check_names(model).map_err(|error| self.place(error, at))?;
            for id in std::iter::once(&model.id).chain(&model.aliases) {
                if let Some(first) = seen.insert((&*model.host, &**id), at) {
                    let other = &self.models[first].id;
                    let error = Error::new(
                        Kind::Catalog,
                        format!("`{id}` on `{}` names two rows: `{other}` and `{}`", model.host, model.id),
                    );
                    return Err(self.place(error.help("remove one of them, or one of their aliases"), at));
                }
            }
        }
        Ok(Catalog::new(self.models, self.cache_rules, self.sources))
    }

    fn check_names(&self, model: &ModelSpec) -> Result<()> {
        let missing = |what: &str, name: &str, known: Option<String>| {
            let error = Error::new(Kind::Catalog, format!("model `{}`: there is no {what} `{name}`", model.id));
            error.help(known.unwrap_or_else(|| format!("define it, or use a {what} that exists")))
        };
        if let Some(rule) = model.cache.as_deref()
            && !self.cache_rules.contains_key(rule)
        {
            return Err(missing("cache rule", rule, did_you_mean(rule, self.cache_rules.keys().map(|k| &**k))));
        }
        for cell in model.cells() {
            if !self.sources.contains_key(&cell.source) {
                let known = did_you_mean(&cell.source, self.sources.keys().map(|k| &**k));
                return Err(missing("source", &cell.source, known));
            }
        }
        Ok(())
    }

    fn place(&self, error: Error, at: usize) -> Error {
        match self.places.get(at) {
            Some(Some((file, line))) => error.in_file(&**file).at_line(*line),
            _ => error,
        }
    }
}

/// From the schema as written to the types. `lines` says where the rows stand, as far as that is known.
fn resolve(raw: File, file: &str, lines: &[u64], words: &mut Words) -> Result<Part> {
    let name = words.intern(file);
    let mut part = Part::default();
    for (key, source) in raw.source {
        part.sources.insert(words.intern(&key), Source { url: source.url, note: source.note });
    }
    for (key, rule) in raw.cache_rule {
        let rule = rule.resolve(words).map_err(|error| error.in_field(&key).in_file(file))?;
        part.cache_rules.insert(words.intern(&key), rule);
    }
    for (at, row) in raw.model.into_iter().enumerate() {
        let line = lines.get(at).copied().unwrap_or(1);
        let id = row.id.clone();
        let model =
            row.resolve(raw.host.as_deref(), words).map_err(|error| prefix(&id, error).in_file(file).at_line(line))?;
        part.models.push(model);
        part.places.push(Some((Arc::clone(&name), line)));
    }
    Ok(part)
}

fn prefix(id: &str, error: Error) -> Error {
    let mut named = Error::new(Kind::Catalog, format!("model `{id}`: {}", error.message()));
    if let Some(advice) = error.advice() {
        named = named.help(advice);
    }
    named
}

/// A mistake in the TOML or in a key or value, with its line, column, row, and what was probably meant.
fn syntax_error(file: &str, text: &str, error: &toml::de::Error) -> Error {
    let message = error.message().trim().replace('\n', ", ");
    let start = error.span().map_or(0, |span| span.start.min(text.len()));
    let before = &text.as_bytes()[..start];
    let line = before.iter().filter(|byte| **byte == b'\n').count() as u64 + 1;
    let line_start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    let column = text.get(line_start..start).map_or(0, |part| part.chars().count()) as u64 + 1;
    let row = row_around(text, start).map(|id| format!("model `{id}`: ")).unwrap_or_default();
    let placed = |message: String| Error::new(Kind::Catalog, message).in_file(file).at_line(line).at_column(column);

    // serde lists what it would have accepted: "unknown field `inptu`, expected one of `input`, `output`".
    if let Some(rest) = message.strip_prefix("unknown field `")
        && let Some((key, expected)) = rest.split_once('`')
    {
        let known: Vec<&str> = expected.split('`').skip(1).step_by(2).collect();
        let help = did_you_mean(key, known.iter().copied())
            .unwrap_or_else(|| format!("the keys here are {}", known.join(", ")));
        return placed(format!("{row}unknown key `{key}`")).help(help);
    }
    placed(format!("{row}{message}"))
}

/// The id of the row in which a byte stands, read from the text because the file did not parse.
fn row_around(text: &str, at: usize) -> Option<&str> {
    let start = text.get(..at)?.rfind("[[model]]")?;
    let row = &text[start + "[[model]]".len()..];
    let row = row.find("[[model]]").map_or(row, |end| &row[..end]);
    let line = row.lines().find_map(|line| line.trim().strip_prefix("id"))?;
    line.trim_start().strip_prefix('=')?.trim().split('"').nth(1)
}

/// The line on which each row begins.
fn row_lines(text: &str) -> Vec<u64> {
    let headers = text.lines().enumerate().filter(|(_, line)| line.trim() == "[[model]]");
    headers.map(|(at, _)| at as u64 + 1).collect()
}

/// One allocation for each word that rows repeat.
#[derive(Default)]
struct Words(BTreeSet<Arc<str>>);

impl Words {
    fn intern(&mut self, word: &str) -> Arc<str> {
        if let Some(known) = self.0.get(word) {
            return Arc::clone(known);
        }
        let new: Arc<str> = Arc::from(word);
        self.0.insert(Arc::clone(&new));
        new
    }

    fn sorted(&mut self, words: &[String]) -> Vec<Arc<str>> {
        let mut list: Vec<Arc<str>> = words.iter().map(|word| self.intern(word)).collect();
        list.sort();
        list.dedup();
        list
    }
}

// The schema as written.

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    host: Option<String>,
    #[serde(default)]
    source: BTreeMap<String, SourceRow>,
    #[serde(default)]
    cache_rule: BTreeMap<String, RuleRow>,
    #[serde(default)]
    model: Vec<ModelRow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SourceRow {
    url: String,
    note: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleRow {
    trigger: String,
    min_tokens: u64,
    step: u64,
    ttl_low_s: u64,
    ttl_s: u64,
    ttl_high_s: u64,
    long_ttl_s: Option<u64>,
    max_breakpoints: u32,
    hit_permille: u32,
    source: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ModelRow {
    id: String,
    host: Option<String>,
    #[serde(default)]
    aliases: Vec<String>,
    kind: Option<String>,
    tokenizer: String,
    context: Option<u64>,
    max_output: Option<u64>,
    #[serde(default)]
    can: Vec<String>,
    #[serde(default)]
    cannot: Vec<String>,
    cache: Option<String>,
    shutdown: Option<Day>,
    successor: Option<String>,
    source: Option<String>,
    observed: Option<Day>,
    via: Option<String>,
    note: Option<String>,
    #[serde(default)]
    prices: Vec<SheetRow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SheetRow {
    from: Option<Day>,
    to: Option<Day>,
    source: Option<String>,
    observed: Option<Day>,
    request: Option<PriceCell>,
    web_search: Option<PriceCell>,
    #[serde(default)]
    regions: BTreeMap<String, Factor>,
    batch: Option<CardRow>,
    flex: Option<CardRow>,
    standard: Option<CardRow>,
    priority: Option<CardRow>,
    fast: Option<CardRow>,
    ultrafast: Option<CardRow>,
    #[serde(default)]
    band: Vec<BandRow>,
    #[serde(default)]
    window: Vec<WindowRow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BandRow {
    above: u64,
    batch: Option<CardRow>,
    flex: Option<CardRow>,
    standard: Option<CardRow>,
    priority: Option<CardRow>,
    fast: Option<CardRow>,
    ultrafast: Option<CardRow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WindowRow {
    days: Option<Vec<String>>,
    from: String,
    to: String,
    batch: Option<CardRow>,
    flex: Option<CardRow>,
    standard: Option<CardRow>,
    priority: Option<CardRow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CardRow {
    input: Option<PriceCell>,
    cache_read: Option<PriceCell>,
    write_short: Option<PriceCell>,
    write_long: Option<PriceCell>,
    output: Option<PriceCell>,
    reasoning: Option<PriceCell>,
    audio_in: Option<PriceCell>,
    audio_cached: Option<PriceCell>,
    audio_out: Option<PriceCell>,
    image_in: Option<PriceCell>,
    image_out: Option<PriceCell>,
}

/// `"4"`, or `{ usd = "4", source = "…", observed = "…" }`.
struct PriceCell {
    usd: String,
    source: Option<String>,
    observed: Option<Day>,
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
                        other => {
                            let error = de::Error::unknown_field(other, KEYS);
                            map.next_value::<IgnoredAny>()?;
                            return Err(error);
                        }
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
struct Day(Date);

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map(Day).map_err(|_| de::Error::custom(format!("`{text}` is no day; write \"2026-11-22\"")))
    }
}

/// A factor as decimal text with at most three decimals: `"1.1"`.
struct Factor(u32);

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

// From the schema to the types.

/// The source and day of a cell that names none.
struct Defaults<'t> {
    source: Option<&'t str>,
    observed: Option<Date>,
}

impl RuleRow {
    fn resolve(self, words: &mut Words) -> Result<CacheRule> {
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
        Ok(CacheRule {
            trigger,
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
    fn resolve(self, file_host: Option<&str>, words: &mut Words) -> Result<ModelSpec> {
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
    fn resolve(self, row: &Defaults<'_>, words: &mut Words) -> Result<PriceSheet> {
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
    fn resolve(self, defaults: &Defaults<'_>, words: &mut Words) -> Result<Band> {
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
    fn resolve(self, defaults: &Defaults<'_>, words: &mut Words) -> Result<Window> {
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
    fn resolve(self, defaults: &Defaults<'_>, words: &mut Words) -> Result<RateCard> {
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
    fn resolve(
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
pub(super) fn per_million(text: &str) -> Result<Usd> {
    let million = Usd::parse(text)?;
    if million.pico() % 1_000_000 != 0 {
        return Err(Error::new(
            Kind::Catalog,
            format!("`{text}` is finer than a millionth of a dollar per million tokens"),
        ));
    }
    Ok(Usd::from_pico(million.pico() / 1_000_000))
}

pub(super) const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_files_parse() {
        let catalog = embedded().unwrap();
        assert!(catalog.models.len() > 400, "{}", catalog.models.len());
    }

    /// The binary holds JSON that was made from the TOML; both must say the same, and the TOML has the better messages.
    #[test]
    fn every_file_parses_as_it_is_written() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("data/catalog");
        let mut all = Part::default();
        let shared = ["sources", "cache_rules"];
        for name in shared.into_iter().chain(HOSTS.iter().map(|host| host.name)) {
            let path = folder.join(name).with_extension("toml");
            let text = std::fs::read_to_string(&path).unwrap();
            all.append(parse(&path.to_string_lossy(), &text).unwrap());
        }
        let written = all.into_catalog().unwrap();
        assert_eq!(written.models, embedded().unwrap().models);
    }

    fn check_error(text: &str, expected: &str) {
        let error = parse("my.toml", text).and_then(Part::into_catalog).unwrap_err();
        assert_eq!(error.to_string(), expected);
    }

    #[test]
    fn a_mistake_is_named_with_its_place() {
        check_error(
            "host = \"x\"\n[[model]]\nid = \"m\"\ntokenizer = \"claude\"\n[[model.prices]]\nstandard = { inptu = \"1\" }\n",
            "my.toml:6:14: model `m`: unknown key `inptu` (did you mean `input`?)",
        );
        check_error(
            "host = \"x\"\n[[model]]\nid = \"m\"\ntokenizer = \"cluade\"\n",
            "my.toml:2: model `m`: there is no tokenizer `cluade` (did you mean `claude`?)",
        );
        check_error(
            "host = \"x\"\n[[model]]\nid = \"m\"\ntokenizer = \"claude\"\n[[model.prices]]\nstandard = { input = \"1\" }\n",
            "my.toml:2: model `m`: key `input`: the price has no source (write `source = \"…\"` in the row, in the sheet, or in the cell)",
        );
        check_error(
            "host = \"x\"\n[[model]]\nid = \"m\"\naliases = [\"M2\"]\ntokenizer = \"claude\"\n[[model]]\nid = \"M2\"\ntokenizer = \"claude\"\n",
            "my.toml:6: `M2` on `x` names two rows: `m` and `M2` (remove one of them, or one of their aliases)",
        );
    }

    #[test]
    fn a_missing_comma_is_found() {
        let text = "host = \"x\"\n[[model]]\nid = \"m\"\ntokenizer = \"claude\"\n[[model.prices]]\nstandard = { input = \"1\" output = \"2\" }\n";
        let error = parse("my.toml", text).unwrap_err().to_string();
        assert!(error.starts_with("my.toml:6:"), "{error}");
    }
}
