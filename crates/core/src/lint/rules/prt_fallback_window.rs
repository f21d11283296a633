//! `fallback-window`: a prompt that a fallback cannot hold.

use crate::lint::diagnostic::{Finding, Severity};
use crate::lint::rule::{Check, Evidence};
use crate::lint::sink::Sink;
use crate::lint::view::View;
use crate::lint::wire;
use crate::optimize::Weigher;
use crate::tokens::memo::Memo;
use crate::usd::group_thousands;

rule! {
    /// A prompt that fits the model, but not one of its fallbacks.
    ///
    /// ## Why
    ///
    /// The fallback is called when the model fails, and fails too: its window is smaller than the prompt with the answer that is
    /// asked for.
    ///
    /// ## Example
    ///
    /// `fallbacks = ["gpt-4"]`, a window of 8,192 tokens, for a prompt of 12,000.
    ///
    /// ## Limits
    ///
    /// Tokens are counted with the fallback's own tokenizer. Variables count as what stands there, so templates may be larger.
    "fallback-window",
    code: "PRT006",
    severity: Severity::Error,
    is_default: true,
    is_cost: false,
    evidence: Evidence { source: "windows from the catalogue, tokens counted", date: "2026-11-22" },
    options: &[],
    check: Check::Prompt(check),
}

fn check(view: &View<'_>, sink: &mut Sink<'_>) {
    let max_output = view.prompt.request.as_ref().and_then(|request| request.max_output).unwrap_or(0);
    let asked = view.total() + max_output;
    if view.target.spec.and_then(|spec| spec.context).is_some_and(|window| asked > window) {
        return;
    }
    for spec in wire::fallbacks(view) {
        let Some(window) = spec.context else { continue };
        // Tokenizers differ by less than half: what is far from the window need not be counted again.
        if asked.saturating_mul(2) <= window {
            continue;
        }
        let memo = Memo::new();
        let weigher = Weigher::new(view.target.catalog, Some(&spec.host), Some(&spec.id), &memo);
        let tokens = match &view.prompt.request {
            Some(request) => weigher.weight(request),
            None => {
                view.prompt.pieces.iter().map(|piece| crate::compress::Counter::text(&weigher, piece.as_str())).sum()
            }
        };
        if tokens + max_output > window {
            let n = |n: u64| group_thousands(u128::from(n));
            let output = if max_output > 0 { format!(" and {} of output", n(max_output)) } else { String::new() };
            let message = format!(
                "{} tokens{output} do not fit into the fallback `{}`, whose window is {}",
                n(tokens),
                spec.id,
                n(window)
            );
            sink.report(
                Finding::at(view.head(), message)
                    .help("name a fallback with a larger window, or shorten the prompt for it"),
            );
        }
    }
}
