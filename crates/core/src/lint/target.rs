//! The model that a prompt goes to, as the rules need it: how it counts, what it costs today, how it caches.

use crate::catalog::{CacheRule, CacheTrigger, Catalog, ModelSpec, TokenClass};
use crate::clock::Timestamp;
use crate::compress::Counter;
use crate::optimize::Weigher;
use crate::usage::Conditions;
use crate::usd::Usd;

use super::diagnostic::Saving;

/// A model.
#[derive(Clone, Debug)]
pub struct Target<'a> {
    /// The catalogue it is looked up in.
    pub catalog: &'a Catalog,
    /// Its name as the prompt or the settings write it; `None` if neither names one: then tokens are counted with
    /// `o200k_base`, and nothing has a price.
    pub name: Option<&'a str>,
    /// Whether the prompt itself names it.
    pub is_named: bool,
    /// Its row in the catalogue.
    pub spec: Option<&'a ModelSpec>,
    /// Counts its tokens.
    pub weigher: Weigher<'a>,
    /// The instant for prices.
    pub at: Option<Timestamp>,
}

impl Target<'_> {
    /// Tokens of a text.
    pub fn count(&self, text: &str) -> u64 {
        self.weigher.text(text)
    }

    /// Whether counts are the provider's own, not an approximation.
    pub fn is_exact(&self) -> bool {
        self.weigher.tokenizer().is_exact()
    }

    /// How the provider caches its prompts, if it does.
    pub fn cache(&self) -> Option<&CacheRule> {
        self.catalog.cache_rules.get(self.spec?.cache.as_ref()?)
    }

    /// Whether prompts are cached without being marked.
    pub fn caches_by_itself(&self) -> bool {
        self.cache().is_some_and(|rule| rule.trigger != CacheTrigger::Explicit)
    }

    /// Money per token of a class, for a prompt of so many tokens, at the standard tier today.
    pub fn rate(&self, class: TokenClass, n_prompt_tokens: u64) -> Option<Usd> {
        let conditions = Conditions { at: self.at, ..Conditions::default() };
        self.catalog.rate(self.spec?, class, n_prompt_tokens, &conditions).ok()
    }

    /// What input tokens cost per 1,000 calls.
    pub fn usd_per_1k(&self, class: TokenClass, n_tokens: u64, n_prompt_tokens: u64) -> Option<Usd> {
        self.rate(class, n_prompt_tokens)?.checked_mul(n_tokens.checked_mul(1000)?).ok()
    }

    /// What fewer input tokens save. `is_cacheable` says that they stand where the provider's cache may serve them.
    pub fn saving(&self, tokens: i64, n_prompt_tokens: u64, is_cacheable: bool) -> Saving {
        let priced = |class| {
            let usd = self.usd_per_1k(class, tokens.unsigned_abs(), n_prompt_tokens)?;
            Some(if tokens < 0 { Usd::ZERO.saturating_sub(usd) } else { usd })
        };
        let cached = if is_cacheable && self.cache().is_some() { priced(TokenClass::CacheRead) } else { None };
        Saving { tokens: Some(tokens), usd_per_1k: priced(TokenClass::Input), usd_per_1k_cached: cached }
    }
}
