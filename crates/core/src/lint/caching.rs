//! Sums about the provider's prompt cache and about prices that several rules need. All money is what the catalogue says
//! for the day; nothing is claimed where a price is not known.

use super::diagnostic::Saving;
use super::file::{Field, Prompt, PromptKind};
use super::target::Target;
use super::view::PromptView;
use crate::catalog::{ModelSpec, PriceSheet, TokenClass};
use crate::chat::{ChatRequest, Content};
use crate::usage::{Conditions, ServiceTier};
use crate::usd::Usd;

/// What a token of input costs a model, by where it comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Terms {
    /// Fresh.
    pub(super) input: Usd,
    /// Read from the cache.
    pub(super) read: Usd,
    /// Written to the cache for the short time; the price of fresh input where writes are free.
    pub(super) write: Usd,
}

impl Terms {
    /// The terms of a prompt at its tier; `None` if the model has no cache or no price for it.
    pub(super) fn of(view: &PromptView<'_>) -> Option<Terms> {
        view.target.cache()?;
        let (total, tier) = (view.total(), tier(view));
        let rate = |class| view.target.rate_at(class, total, tier, None);
        let input = rate(TokenClass::Input)?;
        let read = rate(TokenClass::CacheRead)?;
        let write = rate(TokenClass::CacheWriteShort).unwrap_or(input);
        Some(Terms { input, read, write })
    }

    /// What 1,000 calls save if so many tokens are read from the cache, not fresh.
    pub(super) fn read_saving(&self, n_tokens: u64) -> Option<Usd> {
        per_1k(self.input.saturating_sub(self.read), n_tokens)
    }

    /// What 1,000 calls pay for writing so many tokens over what fresh input costs.
    pub(super) fn write_premium(&self, n_tokens: u64) -> Option<Usd> {
        per_1k(self.write.saturating_sub(self.input), n_tokens)
    }

    /// Later reads after which one write has paid: the least k with k (input - read) > write - input.
    pub(super) fn reads_to_pay(&self) -> Option<i128> {
        let gain = self.input.saturating_sub(self.read).pico();
        let premium = self.write.saturating_sub(self.input).pico().max(0);
        (gain > 0).then(|| premium / gain + 1)
    }
}

/// The tier under which a prompt is billed: that of batches for a request of one, else the one that it asks for.
pub(super) fn tier(view: &PromptView<'_>) -> ServiceTier {
    if view.prompt.kind == PromptKind::BatchRequest {
        return ServiceTier::Batch;
    }
    let asked = view.prompt.request.as_ref().and_then(|request| request.service_tier.as_deref());
    asked.and_then(ServiceTier::from_wire).unwrap_or_default()
}

/// A rate for so many tokens, 1,000 times.
pub(super) fn per_1k(rate: Usd, n_tokens: u64) -> Option<Usd> {
    rate.checked_mul(n_tokens.checked_mul(1000)?).ok()
}

/// A saving of money that is none of tokens.
pub(super) fn money(usd_per_1k: Usd) -> Saving {
    Saving { tokens: None, usd_per_1k: Some(usd_per_1k), usd_per_1k_cached: None }
}

/// A share in whole per cent.
pub(super) fn percent(part: u64, whole: u64) -> u64 {
    (u128::from(part) * 100 / u128::from(whole.max(1))) as u64
}

impl Target<'_> {
    /// Money per token of a class at a tier and in a region, today.
    pub(super) fn rate_at(
        &self,
        class: TokenClass,
        n_prompt_tokens: u64,
        tier: ServiceTier,
        region: Option<&str>,
    ) -> Option<Usd> {
        let conditions = Conditions { tier, region: region.map(str::to_owned), at: self.at, n_calls: None };
        self.catalog.rate(self.spec?, class, n_prompt_tokens, &conditions).ok()
    }

    /// The price sheet of the day.
    pub(super) fn sheet(&self) -> Option<&PriceSheet> {
        sheet_of(self.spec?, self)
    }

    /// The model's name, as in the catalogue where it is there.
    pub(super) fn label(&self) -> &str {
        self.spec.map(|spec| &*spec.id).or(self.name).unwrap_or("the model")
    }
}

fn sheet_of<'s>(spec: &'s ModelSpec, target: &Target<'_>) -> Option<&'s PriceSheet> {
    let Some(at) = target.at else { return spec.prices.last() };
    let day = at.to_zoned(jiff::tz::TimeZone::UTC).date();
    spec.prices.iter().rev().find(|sheet| sheet.holds_on(day))
}

impl PromptView<'_> {
    /// Tokens of the whole prompt from its beginning to the end of a piece, at most: the provider's framing counts as if
    /// it all stood before, so that who compares with a minimum errs on the side of silence.
    pub(super) fn tokens_up_to(&self, piece: usize) -> u64 {
        let after: u64 = (piece + 1..self.prompt.pieces.len()).map(|index| self.tokens(index)).sum();
        self.total().saturating_sub(after)
    }

    /// The pieces after which the request sets a breakpoint.
    pub(super) fn marked_pieces(&self) -> Vec<usize> {
        let pieces = self.prompt.pieces.iter().enumerate();
        pieces.filter(|(_, piece)| piece.cache_mark.is_some()).map(|(index, _)| index).collect()
    }
}

/// The first field whose last name is one of these, at whatever depth a format keeps it.
pub(super) fn field_named<'p>(prompt: &'p Prompt, names: &[&str]) -> Option<&'p Field> {
    prompt.fields.iter().find(|field| {
        let last = field.path.rsplit('.').next().unwrap_or_default();
        names.contains(&last)
    })
}

/// Breakpoints that a request sets, on blocks without text too.
pub(super) fn n_marks(request: &ChatRequest) -> usize {
    fn of_parts(parts: &[crate::chat::Part]) -> usize {
        let inner = |part: &crate::chat::Part| match &part.content {
            Content::ToolResult { parts, .. } => of_parts(parts),
            _ => 0,
        };
        parts.iter().map(|part| usize::from(part.cache_mark.is_some()) + inner(part)).sum()
    }
    let tools = request.tools.iter().filter(|tool| tool.cache_mark.is_some()).count();
    let messages: usize = request.messages.iter().map(|message| of_parts(&message.parts)).sum();
    tools + messages + usize::from(request.cache_mark.is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_write_pays_after_the_reads_that_arithmetic_says() {
        let usd = |text: &str| Usd::parse(text).unwrap();
        let terms = |write: &str| Terms { input: usd("4"), read: usd("0.4"), write: usd(write) };
        // k > (1.25 - 1) / (1 - 0.1) = 0.28; k > (2 - 1) / 0.9 = 1.1; free writes: the first read already saves.
        assert_eq!(terms("5").reads_to_pay(), Some(1));
        assert_eq!(terms("8").reads_to_pay(), Some(2));
        assert_eq!(terms("4").reads_to_pay(), Some(1));
        assert_eq!(Terms { input: usd("1"), read: usd("1"), write: usd("1") }.reads_to_pay(), None);
    }
}
