//! What an answer consumed and cost: by the provider's word, or counted here where it has none.

use std::sync::Arc;

use crate::catalog::{Catalog, ModelSpec, Unpriced};
use crate::chat::{Answer, ChatRequest, Dialect};
use crate::clock::Timestamp;
use crate::dialect;
use crate::framing::{self, Profile, Scale};
use crate::ledger::UsageSource;
use crate::route::settings::Target;
use crate::tokens::memo::Memo;
use crate::usage::{Conditions, Reading, ServiceTier, Usage};
use crate::usd::Usd;

/// An answer, metered.
#[derive(Clone, Debug)]
pub(super) struct Metered {
    /// The model that is billed: the one that answered, where the catalogue knows it (`gpt-4o` may answer as an older
    /// snapshot with a price of its own).
    pub model: Arc<str>,
    pub usage: Usage,
    pub source: UsageSource,
    pub tier: ServiceTier,
    pub cost: Result<Usd, Unpriced>,
}

/// More than that many tokens in one call are a mistake: a hundred times the longest context there is.
const MAX_TOKENS: u64 = 1_000_000_000;

/// Whether a provider's counters can be its word: an empty object is none, and no call consumes a billion tokens.
pub(super) fn is_possible(usage: &Usage) -> bool {
    (1..=MAX_TOKENS).contains(&usage.total())
}

/// What metering needs beside the answer.
pub(super) struct Meter<'a> {
    pub catalog: &'a Catalog,
    pub memo: &'a Memo,
    pub target: &'a Target,
    /// The region of the provider as configured.
    pub region: Option<&'a str>,
    /// When the call was made.
    pub at: Timestamp,
}

impl Meter<'_> {
    /// By the usage object of a response, if there is one that can be true; else counted.
    pub(super) fn of_reply(&self, dialect: Dialect, request: &ChatRequest, reply: &dialect::Reply) -> Metered {
        let reading = reply.usage.as_ref().and_then(|usage| self.read(dialect, usage));
        match reading {
            Some(mut reading) => {
                reading.tier = reading.tier.or_else(|| ServiceTier::from_wire(reply.service_tier.as_deref()?));
                self.of_reading(&reading, reply.answer.model.as_deref())
            }
            None => self.counted(request, Some(&reply.answer)),
        }
    }

    /// By what a provider says; `None` for what cannot be true.
    fn read(&self, dialect: Dialect, usage: &serde_json::Value) -> Option<Reading> {
        let wire = dialect::wire(dialect).ok()?;
        let reading = (wire.usage)(usage, Some(&self.target.host)).ok()?;
        is_possible(&reading.usage).then_some(reading)
    }

    pub(super) fn of_reading(&self, reading: &Reading, answered: Option<&str>) -> Metered {
        let tier = reading.tier.unwrap_or(self.target.tier);
        let region = reading.region.as_deref().or(self.region);
        let spec = self.spec(answered);
        Metered {
            model: self.billed(spec),
            usage: reading.usage,
            source: UsageSource::Provider,
            tier,
            cost: self.price(spec, &reading.usage, tier, region),
        }
    }

    /// Counted from what was sent and what came back. The input is taken as fresh: nobody said that it was cached.
    pub(super) fn counted(&self, request: &ChatRequest, answer: Option<&Answer>) -> Metered {
        let names = [Some(&*self.target.model), request.model.as_deref()];
        let profile = Profile::of_call(self.catalog, Some(&self.target.host), &names);
        let input = framing::weigh(request, profile, self.memo).total();
        let scale = Scale { profile, memo: self.memo, kept: None };
        let output = answer
            .map_or(0, |answer| answer.parts.iter().map(|part| framing::content_tokens(part, &scale)).sum::<u64>());
        let usage = Usage { input_fresh: input, output_visible: output, ..Usage::default() };
        let spec = self.spec(answer.and_then(|answer| answer.model.as_deref()));
        let cost = self.price(spec, &usage, self.target.tier, self.region);
        Metered { model: self.billed(spec), usage, source: UsageSource::Counted, tier: self.target.tier, cost }
    }

    /// The row by which an answer is billed, as an estimate of its log would find it.
    fn spec(&self, answered: Option<&str>) -> Option<&ModelSpec> {
        let find = |model: &str| self.catalog.find(Some(&self.target.host), model);
        answered.and_then(find).or_else(|| find(&self.target.model))
    }

    fn billed(&self, spec: Option<&ModelSpec>) -> Arc<str> {
        spec.map_or_else(|| Arc::clone(&self.target.model), |spec| Arc::clone(&spec.id))
    }

    fn price(
        &self,
        spec: Option<&ModelSpec>,
        usage: &Usage,
        tier: ServiceTier,
        region: Option<&str>,
    ) -> Result<Usd, Unpriced> {
        let conditions = Conditions { tier, region: region.map(str::to_owned), at: Some(self.at), n_calls: None };
        let spec = spec.ok_or_else(|| Unpriced::UnknownModel { model: self.target.model.to_string() })?;
        self.catalog.total(spec, usage, &conditions)
    }
}
