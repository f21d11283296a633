//! `floating-alias`: a name that means another model tomorrow.

use crate::lint::diagnostic::{Finding, Severity};
use crate::lint::rule::{Check, Evidence};
use crate::lint::sink::Sink;
use crate::lint::view::View;

rule! {
    /// A model name that its provider points at another model now and then (`…-latest`).
    ///
    /// ## Why
    ///
    /// Answers, price and smallest cacheable prefix change without a change of yours, and evaluations do not compare.
    ///
    /// ## Example
    ///
    /// ```json
    /// {"model": "gemini-flash-latest", "contents": []}
    /// ```
    ///
    /// ## Limits
    ///
    /// Only names that say `latest`. Models on one's own machine (Ollama's `:latest`) change when one pulls them, and are
    /// left alone, as are models that are gone (`retired-model`).
    "floating-alias",
    code: "MDL004",
    severity: Severity::Info,
    is_default: true,
    is_cost: false,
    evidence: Evidence {
        source: "https://ai.google.dev/gemini-api/docs/changelog: on 2026-01-21 gemini-pro-latest and gemini-flash-latest moved to Gemini 3",
        date: "2026-11-26",
    },
    options: &[],
    check: Check::Prompt(check),
}

fn check(view: &View<'_>, sink: &mut Sink<'_>) {
    let Some(model) = view.prompt.model.as_ref().filter(|_| view.target.is_named) else { return };
    let Some(spec) = view.target.spec.filter(|spec| &*spec.host != "ollama") else { return };
    let is_floating = model.text.to_ascii_lowercase().ends_with("-latest");
    if !is_floating || spec.shutdown.is_some_and(|date| date < view.settings.today) {
        return;
    }
    let dated = spec.aliases.iter().rev().find(|alias| alias.ends_with(|c: char| c.is_ascii_digit()));
    let finding =
        Finding::at(model.span.clone(), format!("`{}` means another model whenever its provider says so", model.text));
    sink.report(match dated {
        Some(dated) => finding.help(format!("name the version: `{dated}`")),
        None => finding.help("name the version that you have tested"),
    });
}
