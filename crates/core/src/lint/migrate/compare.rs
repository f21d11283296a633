//! Two models beside each other, for one prompt.

use serde::Serialize;

use crate::catalog::{ModelSpec, TokenClass};
use crate::lint::target::Target;
use crate::lint::view::PromptView;
use crate::usd::Usd;

/// A price per million tokens, now and then.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PriceChange {
    /// What is billed: `input`, `cache_read`, `output`, …
    pub class: &'static str,
    /// USD now; `None` if unknown.
    pub now: Option<String>,
    /// USD then; `None` if unknown.
    pub then: Option<String>,
}

/// Input of one call of this prompt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct InputChange {
    /// Tokens now, counted with the old model's tokenizer.
    pub tokens_now: u64,
    /// Tokens then, counted with the new one's.
    pub tokens_then: u64,
    /// How many more, in thousandths: 300 is 30 % more. `None` for a prompt without tokens.
    pub tokens_permille: Option<i64>,
    /// Whether both counts are the providers' own.
    pub is_exact: bool,
    /// USD per 1,000 calls now, all of it fresh input; `None` if unknown.
    pub usd_per_1k_now: Option<String>,
    /// USD per 1,000 calls then.
    pub usd_per_1k_then: Option<String>,
}

/// The provider's prompt cache.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CacheChange {
    /// Smallest cacheable prefix now; `None` if the model caches nothing.
    pub minimum_now: Option<u64>,
    /// And then.
    pub minimum_then: Option<u64>,
    /// Tokens of this prompt's part that is the same in every call, now.
    pub prefix_now: u64,
    /// And then.
    pub prefix_then: u64,
    /// Whether it is long enough to be cached now.
    pub reaches_now: bool,
    /// And then.
    pub reaches_then: bool,
}

/// A limit that differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LimitChange {
    /// `context` or `max_output`, in tokens.
    pub limit: &'static str,
    /// Now; `None` if unknown.
    pub now: Option<u64>,
    /// Then.
    pub then: Option<u64>,
}

/// Prices that differ.
pub(super) fn prices(now: &Target<'_>, then: &Target<'_>) -> Vec<PriceChange> {
    const CLASSES: [TokenClass; 5] = [
        TokenClass::Input,
        TokenClass::CacheRead,
        TokenClass::CacheWriteShort,
        TokenClass::CacheWriteLong,
        TokenClass::Output,
    ];
    let per_million = |target: &Target<'_>, class| target.rate(class, 0)?.checked_mul(1_000_000).ok();
    CLASSES
        .into_iter()
        .map(|class| (class, per_million(now, class), per_million(then, class)))
        .filter(|(_, now, then)| now != then)
        .map(|(class, now, then)| PriceChange {
            class: class.name(),
            now: now.map(Usd::to_decimal),
            then: then.map(Usd::to_decimal),
        })
        .collect()
}

/// The prompt counted for both.
pub(super) fn input(now: &PromptView<'_>, then: &PromptView<'_>) -> InputChange {
    let (before, after) = (now.total(), then.total());
    let usd = |target: &Target<'_>, tokens| target.usd_per_1k(TokenClass::Input, tokens, tokens).map(Usd::to_decimal);
    let more = (i128::from(after) - i128::from(before)) * 1000;
    InputChange {
        tokens_now: before,
        tokens_then: after,
        tokens_permille: more.checked_div(i128::from(before)).and_then(|permille| i64::try_from(permille).ok()),
        is_exact: now.target.is_exact() && then.target.is_exact(),
        usd_per_1k_now: usd(&now.target, before),
        usd_per_1k_then: usd(&then.target, after),
    }
}

/// The cache of both; `None` if neither has one.
pub(super) fn cache(now: &PromptView<'_>, then: &PromptView<'_>) -> Option<CacheChange> {
    let minimum = |view: &PromptView<'_>| view.target.cache().map(|rule| rule.min_tokens);
    let (minimum_now, minimum_then) = (minimum(now), minimum(then));
    if minimum_now.is_none() && minimum_then.is_none() {
        return None;
    }
    let (prefix_now, prefix_then) = (now.prefix().tokens, then.prefix().tokens);
    Some(CacheChange {
        minimum_now,
        minimum_then,
        prefix_now,
        prefix_then,
        reaches_now: minimum_now.is_some_and(|minimum| prefix_now >= minimum),
        reaches_then: minimum_then.is_some_and(|minimum| prefix_then >= minimum),
    })
}

/// Limits that differ.
pub(super) fn limits(now: &ModelSpec, then: &ModelSpec) -> Vec<LimitChange> {
    [("context", now.context, then.context), ("max_output", now.max_output, then.max_output)]
        .into_iter()
        .filter(|(_, now, then)| now != then)
        .map(|(limit, now, then)| LimitChange { limit, now, then })
        .collect()
}
