//! The catalogue: models, their hosts, dated prices, capabilities and prompt-cache rules. All of it is data in
//! `crates/core/data/catalog/*.toml`, embedded in the binary, one file a host, one `[[model]]` row a model on a host; each
//! price cell has a source and the date on which it was observed there.
//!
//! A price that is not known is [`Unpriced`] with its reason, never zero. A model that costs nothing (Ollama on one's own
//! machine) has prices of zero: free is not unpriced.

pub mod audit;
pub mod crosscheck;
pub mod diff;
pub mod import;
pub mod load;
pub mod render;

mod find;
mod hosts;
mod lack;
mod overlay;
mod price;

pub use price::Rates;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, LazyLock};

use jiff::civil::Date;

use crate::tokens::Tokenizer;
use crate::usage::ServiceTier;
use crate::usd::Usd;

/// What a token is billed as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TokenClass {
    /// Fresh input.
    Input,
    /// Input read from the prompt cache.
    CacheRead,
    /// Input written to the prompt cache, short time to live.
    CacheWriteShort,
    /// Input written to the prompt cache, long time to live.
    CacheWriteLong,
    /// Output.
    Output,
    /// Output spent on reasoning, where it has a price of its own.
    Reasoning,
    /// Audio input.
    AudioIn,
    /// Audio input read from the prompt cache.
    AudioCached,
    /// Audio output.
    AudioOut,
    /// Image input.
    ImageIn,
    /// Image output.
    ImageOut,
}

/// One price: money per token, with where and when it was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    /// Per token.
    pub rate: Usd,
    /// Key into [`Catalog::sources`].
    pub source: Arc<str>,
    /// The day on which the source said so.
    pub observed: Date,
}

/// Prices by token class, for one tier and one context band.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RateCard {
    /// Known cells; a class that is absent has no price of its own.
    pub cells: BTreeMap<TokenClass, Cell>,
}

/// Prices that hold when the whole prompt (cached or not) has more than `above` tokens; they apply to the whole request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Band {
    /// Tokens of input that must be exceeded; 0 for the base band.
    pub above: u64,
    /// Rate cards by tier. `Standard` is always there in the base band.
    pub tiers: BTreeMap<ServiceTier, RateCard>,
}

/// Prices that hold in certain hours (UTC), instead of the base prices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    /// On which days, Monday first. An hour after midnight in a window that runs over midnight belongs to the day before.
    pub days: [bool; 7],
    /// Minute of the UTC day at which it begins.
    pub from_minute: u16,
    /// Minute of the UTC day at which it ends (exclusive); smaller than `from_minute` if it runs over midnight.
    pub to_minute: u16,
    /// Bands of this window.
    pub bands: Vec<Band>,
}

/// What is billed apiece.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fees {
    /// Per request.
    pub request: Option<Cell>,
    /// Per web search.
    pub web_search: Option<Cell>,
}

/// A model's prices from one day to another.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PriceSheet {
    /// First day on which these prices hold, if known.
    pub from: Option<Date>,
    /// Last day on which these prices hold, if known to have ended.
    pub to: Option<Date>,
    /// Bands in rising order; the first has `above == 0`.
    pub bands: Vec<Band>,
    /// Off-peak (or peak) windows.
    pub windows: Vec<Window>,
    /// Factors by region, in thousandths: 1,100 is 1.1 ×. They apply to tokens, not to fees. The key `regional` stands for
    /// every named region but `global`; a region without a factor has the base prices.
    pub regions: BTreeMap<String, u32>,
    /// What is billed apiece.
    pub fees: Fees,
}

/// One model on one host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelSpec {
    /// The id that one sends to this host.
    pub id: Arc<str>,
    /// The host: `openai`, `azure`, `anthropic`, `gemini`, `vertex`, `bedrock`, …
    pub host: Arc<str>,
    /// Other ids for the same model on this host: dated snapshots, `-latest`.
    pub aliases: Vec<Arc<str>>,
    /// Chat, embedding, …
    pub kind: ModelKind,
    /// How its tokens are counted.
    pub tokenizer: Tokenizer,
    /// Context window: tokens of input and output together, or of input alone where the source says so.
    pub context: Option<u64>,
    /// Most tokens of output.
    pub max_output: Option<u64>,
    /// What it accepts: `tools`, `vision`, `structured_output`, `reasoning`, `temperature`, … Sorted.
    pub can: Vec<Arc<str>>,
    /// What it rejects, where known. Sorted.
    pub cannot: Vec<Arc<str>>,
    /// Key into [`Catalog::cache_rules`]; `None` if the model has no prompt cache, or none is known.
    pub cache: Option<Arc<str>>,
    /// Day of shutdown, if announced.
    pub shutdown: Option<Date>,
    /// The model to use instead.
    pub successor: Option<Arc<str>>,
    /// The page that the row's source cites, where the row was not read on the page itself.
    pub via: Option<Arc<str>>,
    /// What else one must know to read the prices.
    pub note: Option<Arc<str>>,
    /// Price sheets, oldest first.
    pub prices: Vec<PriceSheet>,
}

/// What a model is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ModelKind {
    /// Chat and text completion.
    Chat,
    /// Embeddings.
    Embedding,
    /// Reranking.
    Rerank,
}

/// How a provider caches prompts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CacheRule {
    /// Whether it works by itself or needs markers.
    pub trigger: CacheTrigger,
    /// Smallest cacheable prefix in tokens.
    pub min_tokens: u64,
    /// Cached prefixes are rounded down to a multiple of this; 1 for exact boundaries.
    pub step: u64,
    /// Seconds after its last use for which an entry is expected to live.
    pub ttl_s: u64,
    /// Seconds after which it may be gone already (lower bound of hits) …
    pub ttl_low_s: u64,
    /// … and for which it may still live (upper bound).
    pub ttl_high_s: u64,
    /// Seconds of the long time to live, where one can be bought.
    pub long_ttl_s: Option<u64>,
    /// Breakpoints a request may set.
    pub max_breakpoints: u32,
    /// Content blocks before a breakpoint that are searched for an earlier entry, where the search is bounded.
    pub lookback: Option<u32>,
    /// What `prompt_cache_key` does.
    pub cache_key: CacheKey,
    /// Share of reads that are expected to hit although the entry should live, in thousandths (machines change).
    pub hit_permille: u32,
    /// Where that was read.
    pub source: Arc<str>,
}

/// What makes a provider cache a prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CacheTrigger {
    /// Any prefix long enough, by itself.
    Automatic,
    /// Whole units only: the end of an earlier request's input, or of its output.
    WholePrefix,
    /// Breakpoints in the request.
    Explicit,
}

/// What a request's `prompt_cache_key` does for the provider's prompt cache.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CacheKey {
    /// Nothing.
    #[default]
    Unused,
    /// Sends calls with the same key to the same machine.
    Helps,
    /// Without it nothing is cached.
    Needed,
}

/// Where prices come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Address of the page or name of the data set.
    pub url: String,
    /// What else is to be said of it.
    pub note: Option<String>,
}

/// All models with their prices and rules.
#[derive(Clone, Debug, Default)]
pub struct Catalog {
    /// Rows, in the order of their files.
    pub models: Vec<ModelSpec>,
    /// Prompt-cache rules by name.
    pub cache_rules: BTreeMap<Arc<str>, CacheRule>,
    /// Sources by name.
    pub sources: BTreeMap<Arc<str>, Source>,
    /// From spellings to rows. Built once, when the rows are.
    index: find::Index,
}

// A test holds that the embedded files parse. Should one not, every model is unknown, and so unpriced.
static EMBEDDED: LazyLock<Arc<Catalog>> = LazyLock::new(|| Arc::new(load::embedded().unwrap_or_default()));

impl Catalog {
    /// The catalogue in the binary. Parsed on first use.
    pub fn embedded() -> &'static Catalog {
        &EMBEDDED
    }

    /// The same, to be shared: a clone of thousands of rows takes longer than many a run.
    pub fn shared() -> Arc<Catalog> {
        Arc::clone(&EMBEDDED)
    }

    /// From its parts.
    pub fn new(
        models: Vec<ModelSpec>,
        cache_rules: BTreeMap<Arc<str>, CacheRule>,
        sources: BTreeMap<Arc<str>, Source>,
    ) -> Catalog {
        let index = find::Index::new(&models);
        Catalog { models, cache_rules, sources, index }
    }

    /// The newest day on which any price was observed: the age of the catalogue.
    pub fn newest_observed(&self) -> Option<Date> {
        self.models.iter().flat_map(ModelSpec::cells).map(|cell| cell.observed).max()
    }
}

impl ModelSpec {
    /// Every price of the row, with fees and windows, over all sheets.
    pub fn cells(&self) -> impl Iterator<Item = &Cell> {
        self.prices.iter().flat_map(|sheet| {
            let bands = sheet.bands.iter().chain(sheet.windows.iter().flat_map(|window| &window.bands));
            let cards = bands.flat_map(|band| band.tiers.values()).flat_map(|card| card.cells.values());
            cards.chain(sheet.fees.request.iter()).chain(sheet.fees.web_search.iter())
        })
    }

    /// True if the model is documented to accept something: `tools`, `vision`, …
    pub fn can(&self, what: &str) -> bool {
        self.can.iter().any(|known| &**known == what)
    }
}

impl TokenClass {
    /// All classes with their names in price files.
    pub const ALL: [(TokenClass, &'static str); 11] = [
        (TokenClass::Input, "input"),
        (TokenClass::CacheRead, "cache_read"),
        (TokenClass::CacheWriteShort, "write_short"),
        (TokenClass::CacheWriteLong, "write_long"),
        (TokenClass::Output, "output"),
        (TokenClass::Reasoning, "reasoning"),
        (TokenClass::AudioIn, "audio_in"),
        (TokenClass::AudioCached, "audio_cached"),
        (TokenClass::AudioOut, "audio_out"),
        (TokenClass::ImageIn, "image_in"),
        (TokenClass::ImageOut, "image_out"),
    ];

    /// The name in price files.
    pub fn name(self) -> &'static str {
        TokenClass::ALL.iter().find(|(class, _)| *class == self).map_or("", |(_, name)| name)
    }

    /// In words, for reports.
    pub const fn words(self) -> &'static str {
        match self {
            TokenClass::Input => "input",
            TokenClass::CacheRead => "cache read",
            TokenClass::CacheWriteShort => "cache write (short)",
            TokenClass::CacheWriteLong => "cache write (long)",
            TokenClass::Output => "output",
            TokenClass::Reasoning => "reasoning",
            TokenClass::AudioIn => "audio input",
            TokenClass::AudioCached => "cached audio input",
            TokenClass::AudioOut => "audio output",
            TokenClass::ImageIn => "image input",
            TokenClass::ImageOut => "image output",
        }
    }
}

impl ModelKind {
    /// All kinds with their names.
    pub const ALL: [(ModelKind, &'static str); 3] =
        [(ModelKind::Chat, "chat"), (ModelKind::Embedding, "embedding"), (ModelKind::Rerank, "rerank")];

    /// The name in files and options.
    pub fn name(self) -> &'static str {
        ModelKind::ALL.iter().find(|(kind, _)| *kind == self).map_or("", |(_, name)| name)
    }

    /// From its name.
    pub fn from_name(name: &str) -> Option<ModelKind> {
        ModelKind::ALL.iter().find(|(_, known)| *known == name).map(|(kind, _)| *kind)
    }
}

/// A priced call: lines that sum to the total.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    /// One line a token class or fee that was used.
    pub lines: Vec<CostLine>,
    /// Their sum.
    pub total: Usd,
}

/// One line of a [`Cost`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CostLine {
    /// The class; `None` for a fee.
    pub class: Option<TokenClass>,
    /// Tokens (or pieces, for a fee).
    pub n_units: u64,
    /// Price per unit after regional factors.
    pub rate: Usd,
    /// Units × rate.
    pub usd: Usd,
}

/// Why there is no price.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Unpriced {
    /// The log or request names no model.
    NoModel,
    /// The catalogue has no such model.
    UnknownModel {
        /// As written.
        model: String,
    },
    /// The model has no price for a class of tokens that was used.
    NoRate {
        /// The model.
        model: String,
        /// What has no price, with its tier: `cache write (long), batch`.
        what: String,
    },
    /// The model has no price on that day.
    NoSheet {
        /// The model.
        model: String,
        /// The day.
        day: String,
    },
    /// Neither usage nor a request from which tokens could be counted.
    NoTokens,
    /// Money left its range.
    Overflow,
}

impl fmt::Display for Unpriced {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unpriced::NoModel => f.write_str("no model is named"),
            Unpriced::UnknownModel { model } => write!(f, "model `{model}` is not in the catalogue"),
            Unpriced::NoRate { model, what } => write!(f, "`{model}` has no known price for {what}"),
            Unpriced::NoSheet { model, day } => write!(f, "`{model}` has no known price on {day}"),
            Unpriced::NoTokens => f.write_str("neither usage nor a request to count"),
            Unpriced::Overflow => f.write_str("the amount left the range of money"),
        }
    }
}
