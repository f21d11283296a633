//! `effort-unsupported`: an effort or a way of thinking that the model does not know.

use crate::lint::diagnostic::{Finding, Severity};
use crate::lint::parameters::{self, Topic};
use crate::lint::rule::{Check, Evidence};
use crate::lint::sink::Sink;
use crate::lint::view::View;

rule! {
    /// A reasoning effort, or a type of thinking, that the model does not take.
    ///
    /// ## Why
    ///
    /// The levels differ from model to model: GPT-5 has `minimal` and no `none`, GPT-5.1 and later `none` and no `minimal`,
    /// GPT-6.1 Sol neither; Claude since Opus 4.7 takes adaptive thinking and no budget. The request is answered with 400.
    ///
    /// ## Example
    ///
    /// ```json
    /// {"model": "gpt-6.1-sol", "reasoning": {"effort": "none"}, "input": "Hi"}
    /// ```
    ///
    /// ## Limits
    ///
    /// Only levels of which it is known that the model refuses them.
    "effort-unsupported",
    code: "MDL010",
    severity: Severity::Error,
    is_default: true,
    is_cost: false,
    evidence: Evidence {
        source: "https://developers.openai.com/api/docs/models/gpt-6.2-sol; data/lint/parameters.toml has a source for each family",
        date: "2026-11-26",
    },
    options: &[],
    check: Check::Prompt(check),
}

fn check(view: &View<'_>, sink: &mut Sink<'_>) {
    for (row, field) in parameters::refused(view, Topic::Effort) {
        let model = view.target.name.unwrap_or_default();
        sink.report(
            Finding::at(field.span.clone(), format!("`{model}` does not take `{}` of {}", field.path, field.value))
                .help(format!("the model {}", row.why)),
        );
    }
}
