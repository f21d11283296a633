//! `context-overflow`: a prompt that does not fit.

use crate::lint::diagnostic::{Finding, Severity};
use crate::lint::rule::{Check, Evidence};
use crate::lint::sink::Sink;
use crate::lint::view::View;

rule! {
    /// A prompt that is longer than the model's context window.
    ///
    /// ## Why
    ///
    /// The call fails, or the host cuts the prompt without saying where.
    ///
    /// ## Example
    ///
    /// A transcript of 210,000 tokens sent to a model with a window of 200,000.
    ///
    /// ## Limits
    ///
    /// Only input is held against the window: some hosts count the room for the answer into it, others state it apart.
    /// Tokens of models whose vocabulary is not public are an approximation; there the prompt has to be a tenth longer than
    /// the window. Values of variables are not counted.
    "context-overflow",
    code: "CST001",
    severity: Severity::Error,
    is_default: true,
    is_cost: false,
    evidence: Evidence { source: "context windows as the catalogue has them (`promptopt models list`)", date: "2026-11-22" },
    options: &[],
    check: Check::Prompt(check),
}

fn check(view: &View<'_>, sink: &mut Sink<'_>) {
    let Some(window) = view.target.spec.and_then(|spec| spec.context) else { return };
    let total = view.total();
    let sure = if view.target.is_exact() { window } else { window.saturating_add(window / 10) };
    if total <= sure {
        return;
    }
    let label = view.target.label();
    sink.report(
        Finding::at(view.head(), format!("the prompt has {total} tokens, the window of {label} {window}"))
            .help(format!("cut at least {} tokens, or take a model with a larger window", total - window)),
    );
}
