//! `cache-floor-per-fallback`: a prefix that the fallback does not cache.

use crate::compress::Counter;
use crate::lint::diagnostic::{Finding, Severity};
use crate::lint::file::PromptKind;
use crate::lint::rule::{Check, Evidence};
use crate::lint::sink::Sink;
use crate::lint::view::View;
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
    options: &[],
    check: Check::Prompt(check),
}

fn check(view: &View<'_>, sink: &mut Sink<'_>) {
    let Some(rule) = view.target.cache() else { return };
    let prefix = view.prefix();
    if prefix.tokens < rule.min_tokens || matches!(view.prompt.kind, PromptKind::Example | PromptKind::Tools) {
        return;
    }
    let catalog = view.target.catalog;
    let memo = Memo::new();
    for name in &view.settings.fallbacks {
        let weigher = Weigher::new(catalog, None, Some(name), &memo);
        let Some(spec) = weigher.spec().filter(|spec| view.target.spec.is_none_or(|own| own.id != spec.id)) else {
            continue;
        };
        let Some(floor) = weigher.cache_rule() else { continue };
        let mut tokens = 0;
        for (index, piece) in view.prompt.pieces.iter().enumerate().take(prefix.piece + 1) {
            let text =
                if index < prefix.piece { piece.as_str() } else { piece.as_str().get(..prefix.offset).unwrap_or("") };
            tokens += if piece.is_tool() { weigher.tool(text) } else { weigher.text(text) };
        }
        if tokens >= floor.min_tokens {
            continue;
        }
        sink.report(
            Finding::at(
                view.head(),
                format!(
                    "the prefix of {tokens} tokens is not cached by the fallback `{}`, which caches from {} on",
                    spec.id, floor.min_tokens
                ),
            )
            .note(format!("{} caches it: {} tokens, from {} on", view.target.label(), prefix.tokens, rule.min_tokens))
            .help("count the fallback's calls at the price of fresh input"),
        );
    }
}
