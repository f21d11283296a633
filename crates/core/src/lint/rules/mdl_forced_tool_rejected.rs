//! `forced-tool-rejected`: a tool demanded of a model that chooses for itself.

use crate::lint::diagnostic::{Finding, Severity};
use crate::lint::file::{Field, Prompt};
use crate::lint::parameters;
use crate::lint::rule::{Check, Evidence};
use crate::lint::sink::Sink;
use crate::lint::view::View;

rule! {
    /// A `tool_choice` that demands a tool, for a model that refuses to be told.
    ///
    /// ## Why
    ///
    /// Claude Opus 5.5, Sonnet 5.5 and Fable 5.1 always think, and answer 400 to `any` and to a tool by name.
    ///
    /// ## Example
    ///
    /// ```json
    /// {"model": "claude-sonnet-5-5", "max_tokens": 900, "tool_choice": {"type": "any"}, "tools": [], "messages": []}
    /// ```
    ///
    /// ## Limits
    ///
    /// Only models of which the catalogue says so (`cannot` has `forced_tool_use`).
    "forced-tool-rejected",
    code: "MDL012",
    severity: Severity::Error,
    is_default: true,
    is_cost: false,
    evidence: Evidence {
        source: "`forced_tool_use` in the catalogue, from LiteLLM 1.106.2 (supports_forced_tool_use)",
        date: "2026-11-22",
    },
    options: &[],
    check: Check::Prompt(check),
}

fn check(view: &View<'_>, sink: &mut Sink<'_>) {
    let Some(spec) = parameters::direct(view) else { return };
    if !spec.cannot.iter().any(|cannot| &**cannot == "forced_tool_use") {
        return;
    }
    let Some(field) = forced(view.prompt) else { return };
    sink.report(
        Finding::at(field.span.clone(), format!("`{}` refuses a forced tool", view.target.name.unwrap_or_default()))
            .help("use `auto` and say in the instructions when to call the tool, or structured output for a shape"),
    );
}

/// The field that demands a tool: Anthropic's `any` and `tool`, OpenAI's `required` and a function, Converse's `any`.
fn forced(prompt: &Prompt) -> Option<&Field> {
    prompt.fields.iter().find(|field| match (&*field.path, &field.value) {
        ("tool_choice", value) if value.is_string() => value == "required" || value == "any",
        ("tool_choice", value) => {
            value.get("type").is_some_and(|kind| kind == "any" || kind == "tool" || kind == "function")
        }
        ("toolConfig.toolChoice", value) => value.get("any").is_some() || value.get("tool").is_some(),
        _ => false,
    })
}
