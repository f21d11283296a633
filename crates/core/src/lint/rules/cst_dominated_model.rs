//! `dominated-model`: a model whose maker offers a cheaper successor.

use std::collections::BTreeMap;

use crate::catalog::{ModelSpec, TokenClass};
use crate::chat::ChatRequest;
use crate::compress::Counter;
use crate::lint::caching::{money, per_1k};
use crate::lint::diagnostic::{Applicability, Change, Finding, Severity};
use crate::lint::parameters::{self, PARAMETERS};
use crate::lint::rule::{Check, Evidence};
use crate::lint::sink::Sink;
use crate::lint::view::{FileView, PromptView};
use crate::optimize::Weigher;
use crate::tokens::memo::Memo;
use crate::usage::Conditions;
use crate::usd::Usd;

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
    /// answers are as good is not judged. Where the successor thinks before it answers and the model did not, its output must
    /// cost half at most, as its thoughts are billed with it. Models that were shut down are `retired-model`'s.
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
    check: Check::File(check),
}

fn check(view: &FileView<'_>, sink: &mut Sink<'_>) {
    // Once a name: a file of requests has it in each of them.
    let mut groups: BTreeMap<&str, Vec<&PromptView<'_>>> = BTreeMap::new();
    for prompt in view.prompts.iter().filter(|prompt| prompt.target.is_named) {
        if let Some(model) = &prompt.prompt.model {
            groups.entry(&model.text).or_default().push(prompt);
        }
    }
    for group in groups.values() {
        if let Some(finding) = finding(group) {
            sink.report(finding);
        }
    }
}

fn finding(group: &[&PromptView<'_>]) -> Option<Finding> {
    let first = group.first()?;
    let spec = first.target.spec?;
    let today = first.settings.today;
    let is_gone = |spec: &ModelSpec| spec.shutdown.is_some_and(|day| day <= today);
    let next = first.target.catalog.find(Some(&spec.host), spec.successor.as_deref()?)?;
    if next.id == spec.id || is_gone(spec) || is_gone(next) {
        return None;
    }
    let memo = Memo::new();
    let weigher = Weigher::new(first.target.catalog, Some(&next.host), Some(&next.id), &memo);
    let (mut old, mut new) = (Usd::ZERO, Usd::ZERO);
    for prompt in group {
        let (before, after) = costs(prompt, spec, next, &weigher)?;
        old = old.saturating_add(before);
        new = new.saturating_add(after);
    }
    let mean = |usd: Usd| usd.checked_scale(1, group.len() as i128).ok();
    let (old, new) = (mean(old)?, mean(new)?);
    let saved = old.saturating_sub(new);
    if saved.pico() <= 0 {
        return None;
    }
    let percent = saved.pico() * 100 / old.pico().max(1);
    let model = first.prompt.model.as_ref()?;
    let place =
        if group.len() == 1 { "this input".to_owned() } else { format!("the input of {} requests", group.len()) };
    let message = format!(
        "`{}`, the successor that the maker of `{}` names, takes {place} for {percent} % less",
        next.id, spec.id
    );
    let is_plain = model.text == *spec.id || spec.aliases.iter().any(|alias| **alias == *model.text);
    // What the successor refuses has to go too: `deprecated-model` and `migrate` say what.
    let is_taken = group.iter().all(|prompt| parameters::refused_by(next, prompt.prompt).is_empty());
    let changes = group
        .iter()
        .filter_map(|prompt| prompt.prompt.model.as_ref())
        .map(|model| Change { span: model.span.clone(), text: next.id.to_string() });
    let finding = Finding::at(model.span.clone(), message)
        .note(format!("input of 1,000 calls: {old} now, {new} then, counted with each model's tokenizer"));
    let finding = if thinks_more(spec, next) {
        finding.note(format!("`{}` thinks before it answers; its thoughts are billed as output", next.id))
    } else {
        finding
    };
    Some(finding.help("try the successor on the prompt's tests").saves(money(saved)).fix(
        "name the successor",
        Applicability::Unsafe,
        (is_plain && is_taken).then(|| changes.collect()),
    ))
}

/// Whether the successor thinks by itself and the model does not.
fn thinks_more(spec: &ModelSpec, next: &ModelSpec) -> bool {
    parameters::is_of(next, &PARAMETERS.thinks) && !parameters::is_of(spec, &PARAMETERS.thinks)
}

/// Money for the input of 1,000 calls now and then, if all prices fall even for as many more tokens as the successor counts.
fn costs(view: &PromptView<'_>, spec: &ModelSpec, next: &ModelSpec, weigher: &Weigher<'_>) -> Option<(Usd, Usd)> {
    let now = view.total().max(1);
    let has_media = |request: &ChatRequest| request.messages.iter().any(|message| !message.media.is_empty());
    let then = match &view.prompt.request {
        // The same vocabulary counts the same, media aside.
        Some(request) if has_media(request) || spec.tokenizer != next.tokenizer => weigher.weight(request),
        None if spec.tokenizer != next.tokenizer => {
            view.prompt.pieces.iter().map(|piece| weigher.text(piece.as_str())).sum()
        }
        _ => now,
    };
    let conditions = Conditions { at: view.target.at, ..Conditions::default() };
    let rate = |of: &ModelSpec, class, n| view.target.catalog.rate(of, class, n, &conditions).ok();
    // The answer is taken to grow as the prompt does.
    let is_cheaper_by = |class, factor: i128| {
        let (Some(old), Some(new)) = (rate(spec, class, now), rate(next, class, then)) else { return false };
        new.pico().saturating_mul(i128::from(then)).saturating_mul(factor) < old.pico().saturating_mul(i128::from(now))
    };
    let is_cheaper = |class| is_cheaper_by(class, 1);
    // Thoughts are taken to be as long as the answer.
    let outputs = if thinks_more(spec, next) { 2 } else { 1 };
    let has_cache = rate(spec, TokenClass::CacheRead, now).is_some();
    let is_dominated = is_cheaper(TokenClass::Input)
        && is_cheaper_by(TokenClass::Output, outputs)
        && (!has_cache || is_cheaper(TokenClass::CacheRead));
    let cost = |of: &ModelSpec, n| per_1k(rate(of, TokenClass::Input, n)?, n);
    if is_dominated { cost(spec, now).zip(cost(next, then)) } else { None }
}
