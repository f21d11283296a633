//! `undescribed-tool`: a tool of which the model knows the name only.

use crate::lint::diagnostic::{Finding, Severity};
use crate::lint::rule::{Check, Evidence};
use crate::lint::sink::Sink;
use crate::lint::tool;
use crate::lint::view::View;

rule! {
    /// A tool without a description.
    ///
    /// ## Why
    ///
    /// The model decides by the description whether to call a tool and with what. Providers call it the most important part of
    /// a definition.
    ///
    /// ## Example
    ///
    /// ```json
    /// {"name": "lookup", "parameters": {"type": "object", "properties": {"q": {"type": "string"}}}}
    /// ```
    "undescribed-tool",
    code: "TOL004",
    severity: Severity::Warning,
    is_default: true,
    is_cost: false,
    evidence: Evidence { source: "anthropic-sdk-python, message_create_params.py: a description is optional, but strongly recommended", date: "2026-11-26" },
    options: &[],
    check: Check::Prompt(check),
}

fn check(view: &View<'_>, sink: &mut Sink<'_>) {
    for (index, piece) in view.prompt.pieces.iter().enumerate() {
        tool::each(piece, |definition| {
            let Some(name) = definition.get("name") else { return };
            // A schema may carry it instead.
            let described = definition
                .text("description")
                .or_else(|| definition.schema?.get("description")?.string().map(Into::into));
            if described.is_none_or(|text| text.trim().is_empty()) {
                sink.report(
                    Finding::at(
                        view.at(index, name.span()),
                        format!("the tool `{}` has no description", definition.name()),
                    )
                    .help("say what it does, when to use it, and what it gives back"),
                );
            }
        });
    }
}
