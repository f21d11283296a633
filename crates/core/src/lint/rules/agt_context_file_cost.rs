//! `context-file-cost`: what an instruction file costs in each session.

use crate::catalog::TokenClass;
use crate::lint::diagnostic::{Finding, Severity};
use crate::lint::file::PromptKind;
use crate::lint::front_matter::is_in_every_session;
use crate::lint::rule::{Check, Default, Evidence, OptionSpec};
use crate::lint::sink::Sink;
use crate::lint::view::View;
use crate::usd::group_thousands;

rule! {
    /// An instruction file for agents that is large, with what it costs in each session.
    ///
    /// ## Why
    ///
    /// AGENTS.md, CLAUDE.md and their like are read at the beginning of every session and sent again with every turn, mostly
    /// from the provider's cache. Such files made tasks a fifth dearer in a study of 2026; those that a model had written made
    /// results worse.
    ///
    /// ## Example
    ///
    /// A file of 14,000 tokens, in a session of 50 turns.
    ///
    /// ## Options
    ///
    /// - `max_tokens`: tokens that are fine.
    /// - `turns`: turns of a session, for the cost.
    "context-file-cost",
    code: "AGT001",
    severity: Severity::Info,
    is_default: true,
    is_cost: false,
    evidence: Evidence { source: "arXiv 2602.11988: +20 to 23 % cost, read at second hand; the threshold is a judgement", date: "2026-11-26" },
    options: &[
        OptionSpec { name: "max_tokens", default: Default::Int(10_000), about: "tokens that are fine" },
        OptionSpec { name: "turns", default: Default::Int(50), about: "turns of a session, for the cost" },
    ],
    check: Check::Prompt(check),
}

fn check(view: &View<'_>, sink: &mut Sink<'_>) {
    // No text has more tokens than bytes.
    let max_tokens = u64::try_from(view.int("max_tokens")).unwrap_or(0);
    if view.prompt.kind != PromptKind::AgentInstructions || (view.file.text.len() as u64) <= max_tokens {
        return;
    }
    let tokens = view.total();
    if tokens <= max_tokens || !is_in_every_session(view.file) {
        return;
    }
    let turns = u64::try_from(view.int("turns")).unwrap_or(1).max(1);
    let message = format!(
        "{} tokens go into every session, and again into every turn of it",
        group_thousands(u128::from(tokens))
    );
    let mut finding = Finding::at(view.head(), message)
        .help("keep what every task needs; move the rest into skills or files that are read when they are needed");
    let first =
        view.target.rate(TokenClass::CacheWriteShort, tokens).or_else(|| view.target.rate(TokenClass::Input, tokens));
    let again = view.target.rate(TokenClass::CacheRead, tokens).or_else(|| view.target.rate(TokenClass::Input, tokens));
    if let (Some(name), Some(first), Some(again)) = (view.target.name, first, again)
        && let Ok(first) = first.checked_mul(tokens)
        && let Ok(again) = again.checked_mul(tokens.saturating_mul(turns - 1))
        && let Ok(usd) = first.checked_add(again)
    {
        finding = finding.note(format!("a session of {turns} turns: {usd} with `{name}`, most of it cache reads"));
    }
    sink.report(finding);
}
