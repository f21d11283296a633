//! `cache-floor-per-fallback`: a prefix that the fallback does not cache.

use crate::compress::Counter;
use crate::lint::diagnostic::{Finding, Severity};
use crate::lint::file::PromptKind;
use crate::lint::rule::{Check, Default, Evidence, OptionSpec};
use crate::lint::sink::Sink;
use crate::lint::view::{FileView, PromptView};
use crate::optimize::Weigher;
use crate::tokens::memo::Memo;

rule! {
    /// A prefix that the model caches and a fallback does not, being too short for it.
    ///
    /// ## Why
    ///
    /// The smallest cacheable prefix differs from model to model. When calls move to a fallback with a higher one, all input is fresh
    /// again, and the bill rises by more than the prices per token say.
    ///
    /// ## Example
    ///
    /// A prefix of 1,500 tokens: claude-opus-5-5 caches from 512 on, claude-haiku-4-5 from 4,096.
    ///
    /// ## Options
    ///
    /// - `min_tokens`: tokens of a prefix from which it is worth a word; by default 500.
    ///
    /// ## Limits
    ///
    /// Says nothing unless fallbacks are configured.
    "cache-floor-per-fallback",
    code: "CAC018",
    severity: Severity::Info,
    is_default: true,
    is_cost: false,
    evidence: Evidence {
        source: "minimum per model in the catalogue's cache rules, from the providers' guides to prompt caching",
        date: "2026-11-22",
    },
    options: &[OptionSpec {
        name: "min_tokens",
        default: Default::Int(500),
        about: "tokens of a prefix from which it is worth a word",
    }],
    check: Check::File(check),
}

fn check(view: &FileView<'_>, sink: &mut Sink<'_>) {
    let least = u64::try_from(view.settings.int(view.rule, "min_tokens")).unwrap_or(0);
    let memo = Memo::new();
    for name in &view.settings.fallbacks {
        let weigher = Weigher::new(&view.settings.catalog, None, Some(name), &memo);
        let (Some(spec), Some(floor)) = (weigher.spec(), weigher.cache_rule()) else { continue };
        let mut found: Vec<(&PromptView<'_>, u64)> = Vec::new();
        for prompt in view.prompts.iter().filter(|prompt| is_cached(prompt, least)) {
            let is_other = prompt.target.spec.is_some_and(|own| own.id != spec.id);
            // Where the model's own minimum is as high, both cache it or neither.
            let is_higher = prompt.target.cache().is_some_and(|own| own.min_tokens < floor.min_tokens);
            if is_other && is_higher {
                let tokens = prefix_tokens(prompt, &weigher);
                if tokens < floor.min_tokens {
                    found.push((prompt, tokens));
                }
            }
        }
        let Some((first, tokens)) = found.first() else { continue };
        let Some(own) = first.target.cache() else { continue };
        let place = if found.len() == 1 {
            String::new()
        } else {
            format!(", nor are those of {} more prompts", found.len() - 1)
        };
        sink.report(
            Finding::at(
                first.head(),
                format!(
                    "the prefix of {tokens} tokens is not cached by the fallback `{}`, which caches from {} on{place}",
                    spec.id, floor.min_tokens
                ),
            )
            .note(format!(
                "{} caches it: {} tokens, from {} on",
                first.target.label(),
                first.prefix().tokens,
                own.min_tokens
            ))
            .help("count the fallback's calls at the price of fresh input"),
        );
    }
}

/// Whether the prompt's own model caches its beginning, and something follows that changes.
fn is_cached(view: &PromptView<'_>, least: u64) -> bool {
    let of_interest = matches!(view.prompt.kind, PromptKind::Template | PromptKind::Request | PromptKind::BatchRequest);
    let prefix = view.prefix();
    of_interest
        && prefix.is_ended
        && view.target.cache().is_some_and(|rule| prefix.tokens >= rule.min_tokens.max(least))
}

fn prefix_tokens(view: &PromptView<'_>, weigher: &Weigher<'_>) -> u64 {
    let prefix = view.prefix();
    let pieces = view.prompt.pieces.iter().enumerate().take(prefix.piece + 1);
    let count = |(index, piece): (usize, &crate::lint::file::Piece)| {
        let end = if index < prefix.piece { piece.as_str().len() } else { prefix.offset };
        let text = piece.as_str().get(..end).unwrap_or_default();
        if piece.is_tool() { weigher.tool(text) } else { weigher.text(text) }
    };
    pieces.map(count).sum()
}
