//! `duplicate-tool`: two tools of one name.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::lint::diagnostic::{Finding, Severity};
use crate::lint::rule::{Check, Evidence};
use crate::lint::sink::Sink;
use crate::lint::tool;
use crate::lint::view::View;

rule! {
    /// Two tools with the same name in one request.
    ///
    /// ## Why
    ///
    /// Names must be unique: Anthropic refuses the request, others call either of the two.
    ///
    /// ## Example
    ///
    /// ```json
    /// {"tools": [{"name": "search", "input_schema": {}}, {"name": "search", "input_schema": {}}]}
    /// ```
    "duplicate-tool",
    code: "TOL005",
    severity: Severity::Error,
    is_default: true,
    is_cost: false,
    evidence: Evidence { source: "Anthropic answers 400, `tools: Tool names must be unique` (tailcallhq/forgecode#892)", date: "2026-11-26" },
    options: &[],
    check: Check::Prompt(check),
}

fn check(view: &View<'_>, sink: &mut Sink<'_>) {
    let mut met: BTreeMap<String, Range<usize>> = BTreeMap::new();
    for (index, piece) in view.prompt.pieces.iter().enumerate() {
        tool::each(piece, |definition| {
            let Some(name) = definition.get("name") else { return };
            let span = view.at(index, name.span());
            match met.get(&definition.name()) {
                Some(first) => sink.report(
                    Finding::at(span, format!("a second tool is called `{}`", definition.name()))
                        .label(first.clone(), "the first")
                        .help("rename one, or leave one out"),
                ),
                None => {
                    met.insert(definition.name(), span);
                }
            }
        });
    }
}
