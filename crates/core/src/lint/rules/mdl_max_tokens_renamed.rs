//! `max-tokens-renamed`: the limit of output under its old name.

use crate::lint::diagnostic::{Applicability, Change, Finding, Severity};
use crate::lint::parameters::{self, Topic};
use crate::lint::rule::{Check, Evidence};
use crate::lint::sink::Sink;
use crate::lint::view::View;

rule! {
    /// `max_tokens` for a model that wants `max_completion_tokens`.
    ///
    /// ## Why
    ///
    /// OpenAI's reasoning models answer 400 `unsupported_parameter` to the old name in Chat Completions.
    ///
    /// ## Example
    ///
    /// ```json
    /// {"model": "gpt-6-luna", "max_tokens": 500, "messages": []}
    /// ```
    ///
    /// ## Fix
    ///
    /// Safe: the key is renamed. Mind that the new limit counts the tokens of reasoning too.
    ///
    /// ## Limits
    ///
    /// Only where the prompt is a Chat Completions request that is known to go to OpenAI or Azure: gateways translate.
    "max-tokens-renamed",
    code: "MDL006",
    severity: Severity::Error,
    is_default: true,
    is_cost: false,
    evidence: Evidence {
        source: "https://github.com/simonw/llm/issues/724; data/lint/parameters.toml has a source for each family",
        date: "2026-11-26",
    },
    options: &[],
    check: Check::Prompt(check),
}

fn check(view: &View<'_>, sink: &mut Sink<'_>) {
    for (row, field) in parameters::refused(view, Topic::Renamed) {
        let Some(name) = &row.becomes else { continue };
        let model = view.target.name.unwrap_or_default();
        let finding = Finding::at(field.key.clone(), format!("`{model}` wants `{name}`, not `{}`", field.path));
        // With both there the old one is only in the way.
        let (title, change) = if view.prompt.field(name).is_some() {
            ("remove the old name", field.removal.clone().map(|span| Change { span, text: String::new() }))
        } else {
            ("rename it", Some(Change { span: field.key.clone(), text: name.clone() }))
        };
        sink.report(
            finding
                .note(format!("the provider {}", row.why))
                .help(format!("`{name}` counts reasoning too: leave room for it"))
                .fix(
                    title,
                    if view.target.is_named { Applicability::Safe } else { Applicability::Unsafe },
                    change.map(|change| vec![change]),
                ),
        );
    }
}
