//! `missing-max-output`: a request without a limit of its answer.

use crate::chat::Dialect;
use crate::lint::diagnostic::{Finding, Severity};
use crate::lint::parameters;
use crate::lint::rule::{Check, Evidence};
use crate::lint::sink::Sink;
use crate::lint::view::View;

rule! {
    /// A request that does not limit its output.
    ///
    /// ## Why
    ///
    /// Output costs several times as much as input. Without a limit a runaway answer is billed to the model's own, which is
    /// 128,000 tokens on most current models.
    ///
    /// ## Example
    ///
    /// ```json
    /// {"model": "gpt-6-luna", "input": "List the colours."}
    /// ```
    ///
    /// ## Limits
    ///
    /// Off unless switched on: many requests are right without a limit. Embeddings have no output.
    "missing-max-output",
    code: "MDL005",
    severity: Severity::Warning,
    is_default: false,
    is_cost: false,
    evidence: Evidence {
        source: "`max_output` of the catalogue; the rule PL002 of llm-promptlint",
        date: "2026-11-22",
    },
    options: &[],
    check: Check::Prompt(check),
}

fn check(view: &View<'_>, sink: &mut Sink<'_>) {
    let prompt = view.prompt;
    let Some(request) = prompt.request.as_ref().filter(|_| prompt.is_request()) else { return };
    if request.dialect == Dialect::Embeddings
        || request.max_output.is_some()
        || parameters::max_output(prompt).is_some()
    {
        return;
    }
    let place = prompt.model.as_ref().map_or_else(|| view.head(), |model| model.span.clone());
    let most = view.target.spec.and_then(|spec| spec.max_output);
    let until = most.map_or_else(String::new, |most| format!(": it may grow to {most} tokens"));
    let name = match request.dialect {
        Dialect::Responses => "max_output_tokens",
        Dialect::GenerateContent => "generationConfig.maxOutputTokens",
        Dialect::Converse => "inferenceConfig.maxTokens",
        Dialect::Chat => "max_completion_tokens",
        _ => "max_tokens",
    };
    sink.report(Finding::at(place, format!("the answer has no limit{until}")).help(format!("set `{name}`")));
}
