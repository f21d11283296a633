//! `budget-exceeded`: a prompt over its budget.

use crate::catalog::TokenClass;
use crate::lint::diagnostic::{Finding, Severity};
use crate::lint::rule::{Check, Evidence};
use crate::lint::sink::Sink;
use crate::lint::view::View;

rule! {
    /// A prompt with more tokens, or more money a call, than its budget allows.
    ///
    /// ## Why
    ///
    /// Prompts grow by a sentence at a time, and nobody sees the sum. A budget makes the growth a decision.
    ///
    /// ## Example
    ///
    /// ```toml
    /// [[lint.budget]]
    /// paths = "prompts/support/**"
    /// max_tokens = 1500
    /// ```
    ///
    /// ## Limits
    ///
    /// Values of variables are not counted, so a template within its budget may exceed it once it is filled in. Where several
    /// budgets match a file, the last one that sets a limit holds. Money is that of fresh input at today's price.
    "budget-exceeded",
    code: "CST003",
    severity: Severity::Error,
    is_default: true,
    is_cost: false,
    evidence: Evidence { source: "the budgets of `promptopt.toml`; prices from the catalogue", date: "2026-11-22" },
    options: &[],
    check: Check::Prompt(check),
}

fn check(view: &View<'_>, sink: &mut Sink<'_>) {
    let matching = || view.settings.budgets.iter().rev().filter(|budget| budget.paths.is_match(&view.file.path));
    let total = view.total();
    if let Some((most, budget)) = matching().find_map(|budget| Some((budget.max_tokens?, budget)))
        && total > most
    {
        let message = format!("the prompt has {total} tokens, {} over the budget of {most}", total - most);
        sink.report(Finding::at(view.head(), message).note(format!("budget of `{}`", budget.pattern)));
    }
    if let Some((most, budget)) = matching().find_map(|budget| Some((budget.max_usd_per_1k?, budget)))
        && let Some(usd) = view.target.usd_per_1k(TokenClass::Input, total, total)
        && usd > most
    {
        let message = format!("1,000 calls cost {usd} of input on {}, the budget is {most}", view.target.label());
        sink.report(Finding::at(view.head(), message).note(format!("budget of `{}`", budget.pattern)));
    }
}
