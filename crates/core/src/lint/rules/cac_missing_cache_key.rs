//! `missing-cache-key`: no `prompt_cache_key` where the cache needs one.

use crate::catalog::CacheKey;
use crate::lint::caching::{Terms, field_named, money};
use crate::lint::diagnostic::{Finding, Severity};
use crate::lint::rule::{Check, Default, Evidence, OptionSpec};
use crate::lint::sink::Sink;
use crate::lint::view::View;

rule! {
    /// A long shared prefix without `prompt_cache_key`, where the provider needs it or many calls share it.
    ///
    /// ## Why
    ///
    /// Mistral caches only calls with a key. OpenAI chooses the machine by the beginning of the prompt and the key: where more calls
    /// share a prefix than one machine takes, those that land elsewhere read nothing; a key for each group of callers keeps them
    /// together.
    ///
    /// ## Example
    ///
    /// ```json
    /// {"model": "mistral-medium-latest", "messages": [{"role": "system", "content": "… 2,000 tokens …"}]}
    /// ```
    ///
    /// ## Options
    ///
    /// - `min_tokens`: tokens of tools and instructions from which it is worth it; by default 500.
    /// - `min_calls_per_month`: calls from which one machine is too small, where a key only helps; by default 648,000, which is 15 a
    ///   minute.
    ///
    /// ## Limits
    ///
    /// Where a key only helps, nothing is said unless the prompt's traffic is known.
    "missing-cache-key",
    code: "CAC012",
    severity: Severity::Info,
    is_default: true,
    is_cost: false,
    evidence: Evidence {
        source: "https://docs.mistral.ai/capabilities/prompt_caching, https://developers.openai.com/api/docs/guides/prompt-caching",
        date: "2026-11-22",
    },
    options: &[
        OptionSpec {
            name: "min_tokens",
            default: Default::Int(500),
            about: "tokens of tools and instructions from which a key is worth it",
        },
        OptionSpec {
            name: "min_calls_per_month",
            default: Default::Int(648_000),
            about: "calls a month from which one machine is too small, where a key only helps",
        },
    ],
    check: Check::Prompt(check),
}

fn check(view: &View<'_>, sink: &mut Sink<'_>) {
    let Some(rule) = view.target.cache().filter(|_| view.prompt.is_request()) else { return };
    let tokens = view.prefix().tokens;
    let least = u64::try_from(view.int("min_tokens")).unwrap_or(0).max(rule.min_tokens);
    if tokens < least || field_named(view.prompt, &["prompt_cache_key"]).is_some() {
        return;
    }
    match rule.cache_key {
        CacheKey::Unused => {}
        CacheKey::Needed => {
            let Some(terms) = Terms::of(view) else { return };
            let Some(usd) = terms.read_saving(tokens).filter(|usd| usd.pico() > 0) else { return };
            let message = format!(
                "without `prompt_cache_key` {} caches none of the {tokens} tokens of tools and instructions",
                view.target.label()
            );
            sink.report(
                Finding::at(view.head(), message)
                    .note("the saving is that of calls which read the cache")
                    .help("set `prompt_cache_key` to the name of the prompt; no personal data in it")
                    .saves(money(usd)),
            );
        }
        CacheKey::Helps => {
            let most = u64::try_from(view.int("min_calls_per_month")).unwrap_or(u64::MAX);
            let Some(calls) = view.settings.calls_per_month(&view.file.path).filter(|calls| *calls >= most) else {
                return;
            };
            let message = format!("{calls} calls a month share {tokens} tokens without a `prompt_cache_key`");
            sink.report(
                Finding::at(view.head(), message).help(
                    "set a `prompt_cache_key` for each group of callers, so that their calls meet the same cache",
                ),
            );
        }
    }
}
