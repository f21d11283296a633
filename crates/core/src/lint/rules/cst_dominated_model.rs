//! `dominated-model`: a model whose maker offers a cheaper successor.

use crate::catalog::{ModelSpec, TokenClass};
use crate::lint::diagnostic::{Applicability, Change, Finding, Saving, Severity};
use crate::lint::rule::{Check, Evidence};
use crate::lint::sink::Sink;
use crate::lint::view::View;
use crate::optimize::Weigher;
use crate::tokens::memo::Memo;
use crate::usage::Conditions;

rule! {
    /// A model whose maker names a successor that costs less in every respect.
    ///
    /// ## Why
    ///
    /// Prices per token fall from one generation to the next, and a prompt keeps the model that it was written for. The prompt is
    /// counted with both tokenizers: a lower price per token is none if there are a third more of them.
    ///
    /// ## Example
    ///
    /// gpt-4o costs $2.50 per million tokens of input and $10 of output; its successor gpt-6-luna $0.10 and $0.50.
    ///
    /// ## Fix
    ///
    /// Unsafe: the model's name is replaced. Answers change; run the prompt's tests.
    ///
    /// ## Limits
    ///
    /// Only successors that the maker names itself, on the same host, cheaper for input, cached input and output. Whether the
    /// answers are as good is not judged. Models that were shut down are `retired-model`'s.
    "dominated-model",
    code: "CST008",
    severity: Severity::Warning,
    is_default: true,
    is_cost: true,
    evidence: Evidence {
        source: "successors and prices of the catalogue, from the makers' deprecation and price pages",
        date: "2026-11-22",
    },
    options: &[],
    check: Check::Prompt(check),
}

fn check(view: &View<'_>, sink: &mut Sink<'_>) {
    let Some(model) = &view.prompt.model else { return };
    let Some(spec) = view.target.spec.filter(|_| view.target.is_named) else { return };
    if spec.shutdown.is_some_and(|day| day <= view.settings.today) {
        return;
    }
    let catalog = view.target.catalog;
    let Some(next) = spec.successor.as_deref().and_then(|name| catalog.find(Some(&spec.host), name)) else { return };
    if next.id == spec.id || next.shutdown.is_some_and(|day| day <= view.settings.today) {
        return;
    }
    // Counted once a prompt: what one rule counts is not worth keeping.
    let memo = Memo::new();
    let weigher = Weigher::new(catalog, Some(&next.host), Some(&next.id), &memo);
    let now = view.total();
    let then = match &view.prompt.request {
        Some(request) => weigher.weight(request),
        None => view.prompt.pieces.iter().map(|piece| crate::compress::Counter::text(&weigher, piece.as_str())).sum(),
    };
    let conditions = Conditions { at: view.target.at, ..Conditions::default() };
    let rate = |of: &ModelSpec, class, n| catalog.rate(of, class, n, &conditions).ok();
    // As many more tokens as the prompt has are assumed of the answer too.
    let is_cheaper = |class| {
        let (Some(old), Some(new)) = (rate(spec, class, now), rate(next, class, then)) else { return false };
        new.pico().saturating_mul(i128::from(then.max(1))) < old.pico().saturating_mul(i128::from(now.max(1)))
    };
    let has_cache = rate(spec, TokenClass::CacheRead, now).is_some();
    if now == 0
        || !is_cheaper(TokenClass::Input)
        || !is_cheaper(TokenClass::Output)
        || (has_cache && !is_cheaper(TokenClass::CacheRead))
    {
        return;
    }
    let cost = |of: &ModelSpec, n: u64| rate(of, TokenClass::Input, n)?.checked_mul(n.checked_mul(1000)?).ok();
    let Some((old, new)) = cost(spec, now).zip(cost(next, then)) else { return };
    let saved = old.saturating_sub(new);
    let percent = saved.pico() * 100 / old.pico().max(1);
    let mut finding = Finding::at(
        model.span.clone(),
        format!("`{}`, which its maker names as the successor of `{}`, costs {percent} % less here", next.id, spec.id),
    )
    .note(format!("input of 1,000 calls: {old} for {now} tokens each, {new} for {then}"))
    .help("try the successor on the prompt's tests")
    .saves(Saving { tokens: None, usd_per_1k: Some(saved), usd_per_1k_cached: None });
    if model.text == *spec.id || spec.aliases.iter().any(|alias| **alias == *model.text) {
        let change = Change { span: model.span.clone(), text: next.id.to_string() };
        finding = finding.fix("name the successor", Applicability::Unsafe, Some(vec![change]));
    }
    sink.report(finding);
}
