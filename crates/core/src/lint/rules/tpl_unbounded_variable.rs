//! `unbounded-variable`: a variable of any length.

use std::collections::BTreeSet;

use crate::lint::diagnostic::{Finding, Severity};
use crate::lint::rule::{Check, Evidence};
use crate::lint::sink::Sink;
use crate::lint::view::View;

rule! {
    /// A variable whose value may be of any length.
    ///
    /// ## Why
    ///
    /// What a call costs at most can be said only if its parts have a most. A document a hundred times as long as the usual one
    /// costs a hundred times as much, or does not fit and fails.
    ///
    /// ## Example
    ///
    /// `{{ document }}` where `{{ document | truncate(8000) }}` would do.
    ///
    /// ## Limits
    ///
    /// Whether the program that fills it in cuts it first is not seen: off unless selected.
    "unbounded-variable",
    code: "TPL006",
    severity: Severity::Info,
    is_default: false,
    is_cost: false,
    evidence: Evidence { source: "arithmetic: without a bound of the parts there is none of the sum", date: "2026-11-26" },
    options: &[],
    check: Check::Prompt(check),
}

/// Filters, functions and methods that bound a value.
const BOUNDS: &[&str] =
    &["truncate", "truncatewords", "slice", "shorten", "head", "first", "length", "count", "limit", "substring"];

fn check(view: &View<'_>, sink: &mut Sink<'_>) {
    let mut said = BTreeSet::new();
    for (piece, slot, name) in view.prompt.free_variables() {
        let Some(slot) = view.prompt.pieces.get(piece).and_then(|it| it.slots.get(slot)) else { continue };
        let words = || slot.code.split(|c: char| !(c.is_alphanumeric() || c == '_'));
        let is_cut = slot.code.contains("[:") || words().any(|word| BOUNDS.contains(&word));
        let is_bounded = view.prompt.variables.iter().flatten().any(|it| it.name == name && it.is_bounded);
        let is_output = slot.kind == crate::lint::template::SlotKind::Output;
        if is_output && !is_cut && !is_bounded && said.insert(name.clone()) {
            sink.report(
                Finding::at(view.at(piece, slot.span.clone()), format!("`{name}` may be of any length"))
                    .help("cut it (`truncate` in Jinja, a slice in Python) or declare its greatest length"),
            );
        }
    }
}
