//! `write-premium-one-shot`: prompts that are sent once and written to the cache all the same.

use crate::catalog::{CacheTrigger, TokenClass};
use crate::compress::SegmentKind;
use crate::lint::caching::{field_named, money, per_1k, tier};
use crate::lint::diagnostic::{Applicability, Change, Finding, Severity};
use crate::lint::requests;
use crate::lint::rule::{Check, Default, Evidence, OptionSpec};
use crate::lint::sink::Sink;
use crate::lint::view::{FileView, PromptView};
use crate::usd::Usd;

rule! {
    /// Long prompts that share no beginning, on a model that writes each to the cache and bills it.
    ///
    /// ## Why
    ///
    /// From gpt-5.6 on OpenAI caches every long prompt by itself and charges a quarter more for what it writes. Prompts that no later
    /// call begins with pay that for nothing. Explicit mode without breakpoints turns it off.
    ///
    /// ## Example
    ///
    /// A file of one-off summaries: each request has its document first.
    ///
    /// ## Fix
    ///
    /// Unsafe: `prompt_cache_options` with mode `explicit` is added to each request. It changes no answer.
    ///
    /// ## Options
    ///
    /// - `min_requests`: requests in a file from which they are compared; by default 3.
    ///
    /// ## Limits
    ///
    /// Only files of several requests of which no two share a prefix that could be cached: one request alone cannot tell what
    /// follows it.
    "write-premium-one-shot",
    code: "CAC011",
    severity: Severity::Warning,
    is_default: true,
    is_cost: true,
    evidence: Evidence {
        source: "https://developers.openai.com/api/docs/guides/prompt-caching: writes cost 1.25 times the input from gpt-5.6 on, \
                 explicit mode without breakpoints caches nothing; prices of the catalogue",
        date: "2026-11-22",
    },
    options: &[OptionSpec {
        name: "min_requests",
        default: Default::Int(3),
        about: "requests in a file from which they are compared",
    }],
    check: Check::File(check),
}

fn check(view: &FileView<'_>, sink: &mut Sink<'_>) {
    let least = requests::least(view);
    let sent = requests::sent(view);
    // A breakpoint may be set for each one: what is chosen by hand stays.
    if sent.len() < least || sent.iter().any(|request| field_named(request.prompt, &["prompt_cache_options"]).is_some())
    {
        return;
    }
    let long: Vec<&PromptView<'_>> = sent.iter().copied().filter(|request| is_written(request)).collect();
    if long.len() < least || long.len() * 2 < sent.len() {
        return;
    }
    // The same instructions behind other tools are `tools-vary`'s.
    let has_shared_system = requests::by_system(&long).iter().any(|group| group.len() > 1 && has_long_system(group));
    if has_shared_system {
        return;
    }
    let shared = requests::shared_bytes(&sent);
    for (request, n_bytes) in sent.iter().zip(shared) {
        let Some(rule) = request.target.cache() else { return };
        // A token has a byte at least.
        if n_bytes as u64 >= rule.min_tokens && tokens_of_beginning(request, n_bytes) >= rule.min_tokens {
            return;
        }
    }
    let mut total = Usd::ZERO;
    for request in &long {
        let Some(usd) = premium(request) else { return };
        total = total.saturating_add(usd);
    }
    let Some(first) = long.first() else { return };
    let Some(mean) = total.checked_scale(1, long.len() as i128).ok().filter(|usd| usd.pico() > 0) else { return };
    let changes = long.iter().map(|request| explicit(request)).collect::<Option<Vec<_>>>();
    sink.report(
        Finding::at(
            first.head(),
            format!(
                "{} long requests share no beginning: each is written to the prompt cache and never read",
                long.len()
            ),
        )
        .note("the saving is what the writes cost over fresh input, if none of the requests is sent again in time")
        .help("add `\"prompt_cache_options\": {\"mode\": \"explicit\"}`, or put what they share first")
        .saves(money(mean))
        .fix("turn implicit caching off", Applicability::Unsafe, changes),
    );
}

fn has_long_system(group: &[&PromptView<'_>]) -> bool {
    let Some((first, rule)) = group.first().and_then(|first| Some((first, first.target.cache()?))) else {
        return false;
    };
    let system = first.prompt.pieces_of(SegmentKind::System).map(|(index, _)| first.tokens(index));
    system.sum::<u64>() >= rule.min_tokens
}

/// Whether the provider writes it to the cache by itself, for money.
fn is_written(view: &PromptView<'_>) -> bool {
    let Some(rule) = view.target.cache().filter(|rule| rule.trigger == CacheTrigger::Automatic) else { return false };
    rule.max_breakpoints > 0 && view.total() >= rule.min_tokens && premium(view).is_some_and(|usd| usd.pico() > 0)
}

fn premium(view: &PromptView<'_>) -> Option<Usd> {
    let (total, tier) = (view.total(), tier(view));
    let rate = |class| view.target.rate_at(class, total, tier, None);
    per_1k(rate(TokenClass::CacheWriteShort)?.saturating_sub(rate(TokenClass::Input)?), total)
}

/// Tokens of the first bytes of a request's text.
fn tokens_of_beginning(view: &PromptView<'_>, n_bytes: usize) -> u64 {
    let mut left = n_bytes;
    let mut tokens = 0;
    for (index, piece) in view.prompt.pieces.iter().enumerate() {
        let text = piece.as_str();
        if left <= text.len() {
            return tokens + view.target.count(&text[..crate::text::floor(text, left)]);
        }
        tokens += view.tokens(index);
        left -= text.len() + 1;
    }
    tokens
}

/// Explicit mode, written behind the model's name.
fn explicit(view: &PromptView<'_>) -> Option<Change> {
    let end = view.prompt.model.as_ref()?.span.end + 1;
    let is_json = view.file.text.get(end - 1..end)? == "\"";
    let text = r#", "prompt_cache_options": {"mode": "explicit"}"#.to_owned();
    is_json.then_some(Change { span: end..end, text })
}
