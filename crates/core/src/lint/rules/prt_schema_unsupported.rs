//! `schema-unsupported`: an answer format that the model does not know.

use crate::chat::AnswerFormat;
use crate::lint::diagnostic::{Finding, Severity};
use crate::lint::rule::{Check, Evidence};
use crate::lint::sink::Sink;
use crate::lint::view::View;
use crate::lint::wire;

rule! {
    /// A JSON schema demanded of a model that cannot be held to one.
    ///
    /// ## Why
    ///
    /// The provider refuses the request, or the answer is not held to the schema and fails later, where it is parsed.
    ///
    /// ## Example
    ///
    /// ```json
    /// {"model": "gpt-audio", "response_format": {"type": "json_schema", "json_schema": {"name": "a", "schema": {}}}}
    /// ```
    ///
    /// ## Limits
    ///
    /// Only where the catalogue knows that the model cannot. Fallbacks are looked at too.
    "schema-unsupported",
    code: "PRT004",
    severity: Severity::Error,
    is_default: true,
    is_cost: false,
    evidence: Evidence { source: "LiteLLM 1.106.2 map, `supports_response_schema: false`", date: "2026-11-22" },
    options: &[],
    check: Check::Prompt(check),
}

fn check(view: &View<'_>, sink: &mut Sink<'_>) {
    let Some(request) = &view.prompt.request else { return };
    if !matches!(request.answer_format, AnswerFormat::JsonSchema { .. }) {
        return;
    }
    let paths =
        ["response_format", "text.format", "text", "generationConfig.responseSchema", "output_config", "format"];
    let field = paths.iter().find_map(|path| view.prompt.field(path));
    let span = field.map_or_else(|| view.head(), |field| field.key.clone());
    for spec in view.target.spec.into_iter().chain(wire::fallbacks(view)) {
        if spec.cannot.iter().any(|what| &**what == "structured_output") {
            sink.report(
                Finding::at(span.clone(), format!("`{}` cannot be held to a JSON schema", spec.id))
                    .help("name a model that can, or ask for a tool call with that schema"),
            );
        }
    }
}
