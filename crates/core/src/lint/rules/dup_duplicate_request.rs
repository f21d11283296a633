//! `duplicate-request`: one request sent twice.

use std::collections::HashMap;

use crate::cache::{CacheKey, request_key};
use crate::lint::diagnostic::{Finding, Severity};
use crate::lint::rule::{Check, Evidence};
use crate::lint::sink::Sink;
use crate::lint::view::FileView;

rule! {
    /// A request that stands in the same file before, equal in everything that bears on the answer.
    ///
    /// ## Why
    ///
    /// Input and output are paid for again, for an answer that is there already. Requests are equal as the response cache
    /// has it: model, messages, tools and parameters, byte for byte; ids and `stream` do not matter.
    ///
    /// ## Example
    ///
    /// ```json
    /// {"custom_id": "1", "method": "POST", "url": "/v1/chat/completions", "body": {"model": "gpt-6-luna", "messages": [{"role": "user", "content": "Name a tree."}]}}
    /// {"custom_id": "2", "method": "POST", "url": "/v1/chat/completions", "body": {"model": "gpt-6-luna", "messages": [{"role": "user", "content": "Name a tree."}]}}
    /// ```
    ///
    /// ## Limits
    ///
    /// Several samples of one request are cheaper as one request with `n`, where the provider has it. Requests with a
    /// `seed` or with `n` above 1 are left alone: there the copy is meant.
    "duplicate-request",
    code: "DUP005",
    severity: Severity::Warning,
    is_default: true,
    is_cost: false,
    evidence: Evidence { source: "the key of the response cache; the whole price of each copy", date: "2026-11-22" },
    options: &[],
    check: Check::File(check),
}

fn check(view: &FileView<'_>, sink: &mut Sink<'_>) {
    if view.prompts.len() < 2 {
        return;
    }
    let mut places: HashMap<CacheKey, usize> = HashMap::new();
    let mut copies: Vec<(usize, Vec<usize>)> = Vec::new();
    for (index, prompt) in view.prompts.iter().enumerate().filter(|(_, prompt)| prompt.prompt.is_request()) {
        let Some(request) = &prompt.prompt.request else { continue };
        let is_sampled = request.n_answers > 1 || request.parameters.iter().any(|(name, _)| &**name == "seed");
        if is_sampled || request.messages.is_empty() {
            continue;
        }
        let key = request_key(request, prompt.prompt.host.as_deref().unwrap_or_default());
        if let Some(place) = places.get(&key) {
            copies[*place].1.push(index);
        } else {
            places.insert(key, copies.len());
            copies.push((index, Vec::new()));
        }
    }
    for (first, again) in copies {
        let Some(copy) = again.first().map(|index| &view.prompts[*index]) else { continue };
        let of = &view.prompts[first];
        let line = |span: usize| view.file.lines.position(&view.file.text, span).line;
        let tokens = of.total().saturating_mul(again.len() as u64);
        let origin = line(of.prompt.span.start);
        let message = match again.len() {
            1 => format!("the same request as in line {origin}: {tokens} input tokens are paid for again"),
            n => format!(
                "{n} requests are the same as the one in line {origin}: {tokens} input tokens are paid for again"
            ),
        };
        let mut finding = Finding::at(copy.head(), message)
            .label(of.head(), "first here")
            .help("send it once and use the answer again")
            .saves(of.target.saving(tokens.cast_signed(), of.total(), false));
        for index in again.iter().skip(1).take(4) {
            finding = finding.label(view.prompts[*index].head(), "again here");
        }
        sink.report(finding);
    }
}
