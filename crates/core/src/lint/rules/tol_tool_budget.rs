//! `tool-budget`: tools that weigh more than the question.

use crate::lint::diagnostic::{Finding, Severity};
use crate::lint::rule::{Check, Default, Evidence, OptionSpec};
use crate::lint::sink::Sink;
use crate::lint::view::View;
use crate::usd::group_thousands;

rule! {
    /// Tool definitions that together are larger than they should be.
    ///
    /// ## Why
    ///
    /// All of them are sent with every call, used or not, and models choose worse among many. Providers offer to load
    /// definitions when they are searched for.
    ///
    /// ## Example
    ///
    /// Five MCP servers with 58 tools together.
    ///
    /// ## Options
    ///
    /// - `max_tokens`: tokens of all definitions that are fine.
    "tool-budget",
    code: "TOL002",
    severity: Severity::Warning,
    is_default: true,
    is_cost: false,
    evidence: Evidence { source: "docs.orq.ai on tool search: it pays off from ten tools or 10,000 tokens of definitions", date: "2026-11-26" },
    options: &[OptionSpec {
        name: "max_tokens",
        default: Default::Int(10_000),
        about: "tokens of all definitions that are fine",
    }],
    check: Check::Prompt(check),
}

fn check(view: &View<'_>, sink: &mut Sink<'_>) {
    let tools = || view.prompt.pieces.iter().enumerate().filter(|(_, piece)| piece.is_tool());
    let max_tokens = u64::try_from(view.int("max_tokens")).unwrap_or(0);
    let n_bytes: usize = tools().map(|(_, piece)| piece.as_str().len()).sum();
    if (n_bytes as u64) <= max_tokens {
        return;
    }
    let tokens: u64 = tools().map(|(index, _)| view.tokens(index)).sum();
    if tokens > max_tokens {
        let n = |n: u64| group_thousands(u128::from(n));
        let largest = tools().max_by_key(|(index, _)| view.tokens(*index)).map(|(index, _)| index);
        let at = largest.map_or_else(|| view.head(), |index| view.at(index, 0..1));
        sink.report(
            Finding::at(
                at,
                format!("{} tools weigh {} tokens in every call, {} are fine", tools().count(), n(tokens), n(max_tokens)),
            )
            .help("send the tools that the task needs, or let the provider search them (`defer_loading`); this one is the largest"),
        );
    }
}
