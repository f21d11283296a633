//! What an estimate is told: the corpus says the rest.

use std::sync::Arc;

use crate::catalog::Catalog;
use crate::clock::Timestamp;
use crate::format::Format;
use crate::optimize::Optimizer;
use crate::usage::ServiceTier;

/// Options of an estimate; [`Options::new`] gives the defaults of the command line.
#[derive(Clone)]
#[allow(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub struct Options {
    /// Prices and rules.
    pub catalog: Arc<Catalog>,
    /// The format of all inputs; `None` detects each.
    pub format: Option<&'static Format>,
    /// The first bad line is an error instead of being skipped and counted.
    pub strict: bool,
    /// Model for prompts that name none.
    pub model: Option<String>,
    /// Host for records that name none.
    pub host: Option<String>,
    /// Prices of this instant instead of those of each call.
    pub as_of: Option<Timestamp>,
    /// The instant of the estimate: for days until a shutdown.
    pub now: Timestamp,
    /// Count tokens although the log has usage.
    pub ignore_usage: bool,
    /// Take input and output from the log's usage, but not what it says of the prompt cache.
    pub ignore_cache_fields: bool,
    /// Output tokens of calls without answer and usage.
    pub output_tokens: Option<u64>,
    /// Tier of calls that do not say.
    pub tier: Option<ServiceTier>,
    /// Region of calls that do not say.
    pub region: Option<String>,
    /// The response cache to replay.
    pub response_cache: ResponseCacheOptions,
    /// Which calls may wait for a batch.
    pub batchable: Batchable,
    /// `FROM=TO`: calls to the first model go to the second.
    pub routes: Vec<(String, String)>,
    /// Models to price the corpus on.
    pub what_if: Vec<String>,
    /// Shows what rewriting the prompts would save, and shortening them, if it is told to shorten.
    pub optimizer: Option<Arc<Optimizer>>,
    /// Messages that come again are read once. The report is the same without.
    pub remember: bool,
    /// Worker threads.
    pub n_threads: usize,
}

/// A response cache's settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResponseCacheOptions {
    /// Seconds for which an answer is kept.
    pub time_to_live_s: u64,
    /// Answers kept.
    pub capacity: usize,
}

/// Which calls may be answered within hours.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Batchable {
    /// Nobody said: the saving is shown as an opportunity and not counted.
    #[default]
    Unknown,
    /// None.
    None,
    /// All.
    All,
    /// Those with one of these tags (key, value).
    Tagged(Vec<(String, String)>),
}

impl Options {
    /// Defaults: usage believed, one hour and 10,000 answers of response cache, one worker.
    pub fn new(catalog: Arc<Catalog>, now: Timestamp) -> Self {
        Options {
            catalog,
            format: None,
            strict: false,
            model: None,
            host: None,
            as_of: None,
            now,
            ignore_usage: false,
            ignore_cache_fields: false,
            output_tokens: None,
            tier: None,
            region: None,
            response_cache: ResponseCacheOptions { time_to_live_s: 3600, capacity: 10_000 },
            batchable: Batchable::Unknown,
            routes: Vec::new(),
            what_if: Vec::new(),
            optimizer: None,
            remember: true,
            n_threads: 1,
        }
    }
}
