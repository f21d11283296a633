//! `no-sample-data`: a variable without an example.

use crate::lint::diagnostic::{Finding, Severity};
use crate::lint::rule::{Check, Evidence};
use crate::lint::sink::Sink;
use crate::lint::view::View;

rule! {
    /// A declared variable has no sample value, so that the prompt can be neither tried nor weighed as it is sent.
    ///
    /// ## Why
    ///
    /// Tokens of a template are those of its text alone; with a sample they are those of a call. Prompt files have a place for
    /// it: `sample:` of Prompty, `default:` of dotprompt, `testData:` of GitHub Models.
    ///
    /// ## Example
    ///
    /// ```yaml
    /// inputs:
    ///   question:
    ///     type: string
    /// ```
    ///
    /// ## Limits
    ///
    /// Teams that keep samples elsewhere do not need them here: off unless selected.
    "no-sample-data",
    code: "TPL008",
    severity: Severity::Info,
    is_default: false,
    is_cost: false,
    evidence: Evidence { source: "docs.github.com, prompt files: `testData`; prompty.ai: `sample`", date: "2026-11-22" },
    options: &[],
    check: Check::Prompt(check),
}

fn check(view: &View<'_>, sink: &mut Sink<'_>) {
    if !matches!(view.file.format, "prompty" | "dotprompt") {
        return;
    }
    for variable in view.prompt.variables.iter().flatten().filter(|variable| !variable.has_sample) {
        sink.report(
            Finding::at(variable.span.clone(), format!("`{}` has no sample value", variable.name))
                .help("give an example of what stands there in a usual call"),
        );
    }
}
