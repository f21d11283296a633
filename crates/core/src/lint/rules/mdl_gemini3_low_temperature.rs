//! `gemini3-low-temperature`: a temperature that Gemini 3 is not made for.

use crate::lint::diagnostic::{Applicability, Change, Finding, Severity};
use crate::lint::parameters::{self, Topic};
use crate::lint::rule::{Check, Evidence};
use crate::lint::sink::Sink;
use crate::lint::view::View;

rule! {
    /// A temperature below 1 for a Gemini 3 model.
    ///
    /// ## Why
    ///
    /// Google made these models for their default of 1.0: below it they may loop or reason worse. Since Gemini 3.6 Flash and
    /// 3.5 Flash-Lite sampling is fixed and the value does nothing.
    ///
    /// ## Example
    ///
    /// ```json
    /// {"model": "gemini-3.1-pro-preview", "contents": [], "generationConfig": {"temperature": 0.2}}
    /// ```
    ///
    /// ## Fix
    ///
    /// Unsafe: the parameter is removed; answers will vary more.
    "gemini3-low-temperature",
    code: "MDL008",
    severity: Severity::Warning,
    is_default: true,
    is_cost: false,
    evidence: Evidence {
        source: "https://ai.google.dev/gemini-api/docs/gemini-3, cited by https://github.com/NousResearch/hermes-agent/pull/46243",
        date: "2026-11-26",
    },
    options: &[],
    check: Check::Prompt(check),
}

fn check(view: &View<'_>, sink: &mut Sink<'_>) {
    for (row, field) in parameters::refused(view, Topic::LowTemperature) {
        if field.value.as_f64().is_none_or(|temperature| temperature >= 1.0) {
            continue;
        }
        let model = view.target.name.unwrap_or_default();
        let changes = field.removal.clone().map(|span| vec![Change { span, text: String::new() }]);
        sink.report(
            Finding::at(
                field.key.start..field.span.end.max(field.key.end),
                format!("a temperature of {} for `{model}`", field.value),
            )
            .note(format!("the model {}", row.why))
            .help("leave the temperature out")
            .fix("remove the temperature", Applicability::Unsafe, changes),
        );
    }
}
