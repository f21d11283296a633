//! `hidden-thinking-truncation`: a limit of output that thinking alone may fill.

use crate::lint::diagnostic::{Finding, Severity};
use crate::lint::parameters::{self, PARAMETERS};
use crate::lint::rule::{Check, Default, Evidence, OptionSpec};
use crate::lint::sink::Sink;
use crate::lint::view::View;

rule! {
    /// A small limit of output for a model that thinks unless told not to.
    ///
    /// ## Why
    ///
    /// The limit counts thinking and answer together. When thinking fills it, the answer is cut or empty, with status 200 and
    /// billed in full.
    ///
    /// ## Example
    ///
    /// ```json
    /// {"model": "claude-opus-5", "max_tokens": 200, "messages": []}
    /// ```
    ///
    /// ## Options
    ///
    /// - `min_tokens`: limits below this are too small for a model that thinks.
    ///
    /// ## Limits
    ///
    /// Models that are known to think by default; not where thinking is off, its budget is set, or the effort is low.
    "hidden-thinking-truncation",
    code: "MDL017",
    severity: Severity::Warning,
    is_default: true,
    is_cost: false,
    evidence: Evidence {
        source: "recorded: gpt-5.6-sol with a limit of 100 spent 100 and 54 tokens on reasoning and was cut; https://platform.claude.com/docs/en/models/opus-5/migration-guide",
        date: "2026-11-26",
    },
    options: &[OptionSpec {
        name: "min_tokens",
        default: Default::Int(1000),
        about: "least tokens of output for a model that thinks",
    }],
    check: Check::Prompt(check),
}

fn check(view: &View<'_>, sink: &mut Sink<'_>) {
    let Some(spec) = view.target.spec.filter(|spec| parameters::is_of(spec, &PARAMETERS.thinks)) else { return };
    let Some((field, limit)) = parameters::max_output(view.prompt) else { return };
    let least = u64::try_from(view.int("min_tokens")).unwrap_or(0);
    if limit >= least || is_restrained(view) {
        return;
    }
    sink.report(
        Finding::at(
            field.span.clone(),
            format!("`{}` thinks before it answers: {limit} tokens may hold no answer", spec.id),
        )
        .help(format!("allow {least} tokens or more, or set a low effort")),
    );
}

/// Whether something says how much to think.
fn is_restrained(view: &View<'_>) -> bool {
    let is_low = |effort: &str| matches!(effort.to_ascii_lowercase().as_str(), "none" | "minimal" | "low");
    view.prompt.fields.iter().any(|field| {
        let name = field.path.rsplit('.').next().unwrap_or(&field.path);
        match name {
            "effort" | "reasoning_effort" | "thinkingLevel" | "thinking_level" => {
                field.value.as_str().is_some_and(is_low)
            }
            "thinkingBudget" | "thinking_budget" | "budget_tokens" => true,
            "type" if field.path.ends_with("thinking.type") => field.value == "disabled",
            _ => false,
        }
    })
}
