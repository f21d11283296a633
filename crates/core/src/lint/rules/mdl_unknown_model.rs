//! `unknown-model`: a model that the catalogue does not know.

use crate::lint::diagnostic::{Finding, Severity};
use crate::lint::parameters::{self, PARAMETERS};
use crate::lint::rule::{Check, Evidence};
use crate::lint::sink::Sink;
use crate::lint::view::View;
use crate::text::nearest;

rule! {
    /// A model that the catalogue does not know.
    ///
    /// ## Why
    ///
    /// A misspelt name fails at the first call; a model without a known price has no known cost, so neither budgets nor
    /// savings can be reckoned for it.
    ///
    /// ## Example
    ///
    /// ```json
    /// {"model": "gpt-4.o", "messages": []}
    /// ```
    ///
    /// ## Limits
    ///
    /// Models of your own belong into an overlay of the catalogue (`promptopt models --help`). Names that are filled in by a
    /// template are left alone, as are deployments on Azure, models on one's own machine (Ollama), hosts that the catalogue
    /// does not have, and, where no host is said, names that resemble none of the catalogue's and names of open models, which may
    /// run anywhere (`qwen3`, `gpt-oss:120b`). In the front matter of a text, a
    /// name with a blank in it is a host's name to show (`Claude Sonnet 4.5 (copilot)`).
    "unknown-model",
    code: "MDL001",
    severity: Severity::Error,
    is_default: true,
    is_cost: false,
    evidence: Evidence { source: "the catalogue (`promptopt models list`)", date: "2026-11-22" },
    options: &[],
    check: Check::Prompt(check),
}

fn check(view: &View<'_>, sink: &mut Sink<'_>) {
    let Some(model) = &view.prompt.model else { return };
    let is_filled_in = model.text.contains(['{', '$', '<']) || model.text.trim().is_empty();
    if view.target.spec.is_some() || is_filled_in || model.text.starts_with("arn:") {
        return;
    }
    let catalog = view.target.catalog;
    let is_judged = if let Some(host) = &view.prompt.host {
        catalog.host(host).is_some_and(|host| !parameters::is_host_of(&host, &PARAMETERS.own_names))
    } else {
        PARAMETERS.maker_names.is_one(&model.text)
            && !nearest(&model.text, catalog.models.iter().map(|spec| &*spec.id)).is_empty()
    };
    if !is_judged {
        return;
    }
    let error = catalog.unknown_model(view.prompt.host.as_deref(), &model.text);
    let finding = Finding::at(model.span.clone(), error.message());
    sink.report(match error.advice() {
        Some(help) => finding.help(help),
        None => finding,
    });
}
