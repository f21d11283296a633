//! What a call is expected to cost at a target, and the most it can cost there.

use super::settings::Target;
use crate::catalog::{Catalog, ModelKind, ModelSpec, TokenClass, Unpriced};
use crate::chat::ChatRequest;
use crate::clock::Timestamp;
use crate::framing::Weight;
use crate::prefix_cache::{Hit, bills_writes, usages};
use crate::usage::{Conditions, ServiceTier, Usage};
use crate::usd::Usd;

/// Output of a call of which nothing else is known. It only ranks targets by price; no bill and no ceiling rests on it.
pub(super) const ASSUMED_OUTPUT: u64 = 400;

/// What a price is asked for.
pub(super) struct Asked<'a> {
    pub catalog: &'a Catalog,
    pub spec: &'a ModelSpec,
    pub target: &'a Target,
    pub region: Option<&'a str>,
    pub at: Timestamp,
}

impl Asked<'_> {
    fn conditions(&self, tier: ServiceTier) -> Conditions {
        Conditions { tier, region: self.region.map(str::to_owned), at: Some(self.at), n_calls: None }
    }

    /// The expected cost: input as it is thought to be cached, and output as expected.
    pub(super) fn expected(&self, input: u64, hit: &Hit, output: u64) -> Result<Usd, Unpriced> {
        let output = if self.spec.kind == ModelKind::Chat { output } else { 0 };
        let base = Usage { input_fresh: input, output_visible: output, ..Usage::default() };
        let [_, usage, _] = usages(&base, hit, bills_writes(self.spec));
        self.catalog.total(self.spec, &usage, &self.conditions(self.target.tier))
    }

    /// The most that a call can cost: all input at its dearest class, `output` tokens of it for each answer, at the dearest of the tiers
    /// that may serve it, in each context band up to the input's upper bound.
    ///
    /// [`Unpriced`] if any of these has no price, or if the call may be billed for what cannot be bounded.
    pub(super) fn ceiling(
        &self,
        request: &ChatRequest,
        weight: &Weight,
        output: u64,
        tiers: &[ServiceTier],
    ) -> Result<Usd, Unpriced> {
        let mut input = weight.high.max(weight.total());
        if request.has_stored_context || !request.server_tools.is_empty() {
            // Input that is not in the body: whatever fits.
            input = input.max(self.spec.context.ok_or_else(|| self.unbounded("input that is not in the request"))?);
        }
        let output = if self.spec.kind == ModelKind::Chat {
            output.saturating_mul(u64::from(request.n_answers.max(1)))
        } else {
            0
        };
        let mut most = Usd::ZERO;
        for tier in tiers {
            for band in self.bands(input) {
                most = most.max(self.dearest(input, band, output, *tier)?);
            }
        }
        if !request.server_tools.is_empty() {
            most = most.saturating_add(self.searches()?);
        }
        Ok(most)
    }

    /// Prompt lengths that stand for the bands that may be met: the longest of each, since a count may be off to either side.
    fn bands(&self, input: u64) -> Vec<u64> {
        let bands = self.spec.prices.iter().flat_map(|sheet| {
            sheet.bands.iter().chain(sheet.windows.iter().flat_map(|window| &window.bands)).map(|band| band.above)
        });
        let mut lengths: Vec<u64> = bands.filter(|above| *above > 0 && *above < input).collect();
        lengths.push(input);
        lengths.sort_unstable();
        lengths.dedup();
        lengths
    }

    fn dearest(&self, input: u64, band: u64, output: u64, tier: ServiceTier) -> Result<Usd, Unpriced> {
        use TokenClass::{
            AudioCached, AudioIn, AudioOut, CacheRead, CacheWriteLong, CacheWriteShort, ImageIn, ImageOut, Input,
            Output, Reasoning,
        };
        let conditions = self.conditions(tier);
        let rates = self.catalog.rates(self.spec, band, &conditions)?;
        // A class without a price of its own cannot be billed; fresh input and output can.
        let dearest = |must: TokenClass, may: &[TokenClass]| -> Result<Usd, Unpriced> {
            Ok(may.iter().filter_map(|class| rates.known(*class)).fold(rates.rate(must)?, Usd::max))
        };
        let per_input = dearest(Input, &[CacheRead, CacheWriteShort, CacheWriteLong, AudioIn, AudioCached, ImageIn])?;
        let per_output = if output == 0 { Usd::ZERO } else { dearest(Output, &[Reasoning, AudioOut, ImageOut])? };
        let sum = per_input
            .checked_mul(input)
            .and_then(|input| input.checked_add(per_output.checked_mul(output)?))
            .map_err(|_| Unpriced::Overflow)?;
        sum.checked_add(rates.fee()).map_err(|_| Unpriced::Overflow)
    }

    /// Searches are billed apiece, and how many a model makes is not bounded by the request.
    fn searches(&self) -> Result<Usd, Unpriced> {
        Err(self.unbounded("tools that run with the provider"))
    }

    fn unbounded(&self, what: &str) -> Unpriced {
        Unpriced::NoRate { model: self.spec.id.to_string(), what: format!("{what} (there is no upper bound)") }
    }
}
