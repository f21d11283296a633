//! `cache-near-miss`: a prefix a little too short for the cache.

use crate::lint::caching::{Terms, money, per_1k};
use crate::lint::diagnostic::{Finding, Severity};
use crate::lint::file::PromptKind;
use crate::lint::fixed::Walk;
use crate::lint::rule::{Check, Default, Evidence, OptionSpec};
use crate::lint::sink::Sink;
use crate::lint::view::View;

rule! {
    /// A fixed beginning that falls short of the model's smallest cacheable prefix by a little.
    ///
    /// ## Why
    ///
    /// Below the minimum all of it is fresh input. With a few more fixed tokens in front, an example that stands elsewhere or one
    /// more rule, all of it is read from the cache: 940 fresh tokens cost nine times what 1,024 cached ones do.
    ///
    /// ## Example
    ///
    /// A system prompt of 940 tokens on gpt-6-luna, whose minimum is 1,024.
    ///
    /// ## Options
    ///
    /// - `percent`: how far below the minimum, in per cent of it; by default 15.
    ///
    /// ## Limits
    ///
    /// The provider's framing is counted in favour of the prompt. Worth it only for prompts that are called again within the
    /// cache's time to live.
    "cache-near-miss",
    code: "CAC004",
    severity: Severity::Warning,
    is_default: true,
    is_cost: true,
    evidence: Evidence {
        source: "minimum and prices of the catalogue; the saving is arithmetic",
        date: "2026-11-22",
    },
    options: &[OptionSpec {
        name: "percent",
        default: Default::Int(15),
        about: "how far below the minimum a prefix is reported, in per cent of it",
    }],
    check: Check::Prompt(check),
}

fn check(view: &View<'_>, sink: &mut Sink<'_>) {
    let of_interest = matches!(view.prompt.kind, PromptKind::Template | PromptKind::Request);
    let Some(rule) = view.target.cache().filter(|_| of_interest) else { return };
    let prefix = view.prefix();
    let percent = u64::try_from(view.int("percent")).unwrap_or(0).min(100);
    let least = rule.min_tokens - rule.min_tokens * percent / 100;
    let minimum = rule.min_tokens.next_multiple_of(rule.step.max(1));
    // With all of the framing in front it is not more than this.
    let most = match &view.prompt.request {
        Some(_) => {
            let others = (prefix.piece..view.prompt.pieces.len()).map(|piece| view.tokens(piece)).sum();
            view.total().saturating_sub(others)
        }
        None => prefix.tokens,
    };
    if !prefix.is_ended || prefix.tokens.min(most) < least || most >= rule.min_tokens {
        return;
    }
    // Where a template has more fixed text behind its variable, `dynamic-before-static` says what to do.
    if !view.prompt.is_request() {
        let Some(walk) = Walk::of(view, |_| true) else { return };
        if walk.gain(rule.min_tokens).is_some() || (walk.piece, walk.span.start) != (prefix.piece, prefix.offset) {
            return;
        }
    }
    let Some(terms) = Terms::of(view) else { return };
    let Some((now, then)) = per_1k(terms.input, most).zip(per_1k(terms.read, minimum)) else { return };
    let short = minimum.saturating_sub(most);
    sink.report(
        Finding::at(
            view.head(),
            format!("the fixed beginning has {most} tokens, {short} too few to be cached by {}", view.target.label()),
        )
        .note(format!("saving: {most} fresh tokens cost {now} per 1,000 calls, {minimum} read from the cache {then}"))
        .help(format!("move {short} more tokens of fixed text, such as examples, in front of what changes"))
        .saves(money(now.saturating_sub(then))),
    );
}
