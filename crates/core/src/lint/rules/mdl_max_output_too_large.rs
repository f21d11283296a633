//! `max-output-too-large`: more output asked for than the model gives.

use crate::lint::diagnostic::{Applicability, Change, Finding, Severity};
use crate::lint::parameters::{self, PARAMETERS};
use crate::lint::rule::{Check, Evidence};
use crate::lint::sink::Sink;
use crate::lint::view::View;
use crate::usd::group_thousands;

rule! {
    /// A limit of output above the model's own.
    ///
    /// ## Why
    ///
    /// OpenAI, Azure, Anthropic and Bedrock answer 400 instead of cutting it down.
    ///
    /// ## Example
    ///
    /// ```json
    /// {"model": "claude-haiku-4-5", "max_tokens": 100000, "messages": []}
    /// ```
    ///
    /// ## Fix
    ///
    /// Safe: the model's own limit.
    ///
    /// ## Limits
    ///
    /// Hosts that are not known to refuse, and models whose limit the catalogue does not have, are left alone.
    "max-output-too-large",
    code: "MDL015",
    severity: Severity::Error,
    is_default: true,
    is_cost: false,
    evidence: Evidence {
        source: "https://github.com/enoch3712/ExtractThinker/issues/346 (max_tokens is too large: 32000, at most 16384); limits of the catalogue",
        date: "2026-11-26",
    },
    options: &[],
    check: Check::Prompt(check),
}

fn check(view: &View<'_>, sink: &mut Sink<'_>) {
    let Some(spec) = parameters::direct(view).filter(|spec| parameters::is_of(spec, &PARAMETERS.caps)) else { return };
    let Some(most) = spec.max_output else { return };
    let Some((field, asked)) = parameters::max_output(view.prompt).filter(|(_, asked)| *asked > most) else { return };
    let message = format!(
        "{} tokens of output, `{}` gives {} at most",
        group_thousands(u128::from(asked)),
        view.target.name.unwrap_or_default(),
        group_thousands(u128::from(most)),
    );
    let change = Change { span: field.span.clone(), text: most.to_string() };
    sink.report(Finding::at(field.span.clone(), message).fix(
        "ask for what there is",
        if view.target.is_named { Applicability::Safe } else { Applicability::Unsafe },
        Some(vec![change]),
    ));
}
