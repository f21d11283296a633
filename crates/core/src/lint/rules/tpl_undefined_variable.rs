//! `undefined-variable`: a variable that nobody fills in.

use std::collections::BTreeSet;

use crate::lint::diagnostic::{Finding, Severity};
use crate::lint::rule::{Check, Evidence};
use crate::lint::sink::Sink;
use crate::lint::view::View;
use crate::text::did_you_mean;

rule! {
    /// A template uses a variable that is neither declared nor passed.
    ///
    /// ## Why
    ///
    /// Python's `format` raises an error at the call; Jinja and Handlebars put nothing there and say nothing: the model gets
    /// a question without its document, answers all the same, and the call is paid.
    ///
    /// ## Example
    ///
    /// ```python
    /// PROMPT = "Sum up {document} in {language}."
    /// text = PROMPT.format(document=document)
    /// ```
    ///
    /// ## Limits
    ///
    /// Only where the declarations are in the same file: `input:` and `inputs:` of prompt files, parameters of a function, the
    /// only `format` call of a constant. Nothing is said where values are passed on by `**values` or by position.
    "undefined-variable",
    code: "TPL001",
    severity: Severity::Error,
    is_default: true,
    is_cost: false,
    evidence: Evidence {
        source: "BoundaryML/baml#1102 asks for it as a compiler error; jinja.palletsprojects.com: undefined renders as nothing",
        date: "2026-11-22",
    },
    options: &[],
    check: Check::Prompt(check),
}

fn check(view: &View<'_>, sink: &mut Sink<'_>) {
    let Some(declared) = &view.prompt.variables else { return };
    let is_by_tests = matches!(view.file.format, "promptfoo" | "github-models" | "github_models");
    if is_by_tests && declared.is_empty() {
        return;
    }
    let mut said = BTreeSet::new();
    for (piece, slot, name) in view.prompt.free_variables() {
        let is_known = declared.iter().any(|variable| variable.name.split('.').next() == Some(&*name));
        // What BAML brings along; functions, enums and template strings begin with a capital.
        let is_of_baml = view.file.format == "baml"
            && (matches!(&*name, "_" | "ctx") || name.starts_with(|c: char| c.is_uppercase()));
        if is_known || is_of_baml || !said.insert(name.clone()) {
            continue;
        }
        let Some(span) = view.prompt.pieces.get(piece).and_then(|it| it.slots.get(slot)).map(|slot| slot.span.clone())
        else {
            continue;
        };
        let message = if is_by_tests {
            format!("no test gives `{name}` a value")
        } else {
            format!("`{name}` is used but neither declared nor passed")
        };
        let help = did_you_mean(&name, declared.iter().map(|variable| &*variable.name))
            .unwrap_or_else(|| "declare it, pass it, or take it out".to_owned());
        sink.report(Finding::at(view.at(piece, span), message).help(help));
    }
}
