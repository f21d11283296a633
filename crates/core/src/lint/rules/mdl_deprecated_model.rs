//! `deprecated-model`: a model that is going to be shut down.

use crate::lint::diagnostic::{Applicability, Severity};
use crate::lint::lifecycle;
use crate::lint::rule::{Check, Default, Evidence, OptionSpec};
use crate::lint::sink::Sink;
use crate::lint::view::View;

rule! {
    /// A model whose day of shutdown is announced.
    ///
    /// ## Why
    ///
    /// After that day every call fails. What replaces it has other prices, another tokenizer, another smallest cacheable
    /// prefix, and may refuse parameters: `promptopt migrate` shows them for each place.
    ///
    /// ## Example
    ///
    /// ```json
    /// {"model": "gpt-4o", "messages": []}
    /// ```
    ///
    /// ## Fix
    ///
    /// Unsafe: the name of the successor that the provider names. Another model answers otherwise.
    ///
    /// ## Options
    ///
    /// - `days`: report shutdowns at most so many days away; 0 for all that are announced.
    ///
    /// ## Limits
    ///
    /// A day holds for its host: Azure, Bedrock and Vertex AI have days of their own for the same model. Names that a
    /// template fills in are left alone.
    "deprecated-model",
    code: "MDL002",
    severity: Severity::Warning,
    is_default: true,
    is_cost: false,
    evidence: Evidence { source: "https://developers.openai.com/api/docs/deprecations and the like, as the catalogue has them", date: "2026-11-22" },
    options: &[OptionSpec { name: "days", default: Default::Int(0), about: "most days until the shutdown; 0 for any" }],
    check: Check::Prompt(check),
}

fn check(view: &View<'_>, sink: &mut Sink<'_>) {
    let Some(shutdown) = lifecycle::shutdown(view).filter(|shutdown| shutdown.days_left >= 0) else { return };
    let most = view.int("days");
    if most > 0 && shutdown.days_left > most {
        return;
    }
    let when = match shutdown.days_left {
        0 => "today".to_owned(),
        1 => "tomorrow".to_owned(),
        days => format!("on {}, in {days} days", shutdown.date),
    };
    let message = format!("`{}` is shut down {when} ({})", shutdown.spec.id, shutdown.spec.host);
    sink.report(shutdown.finding(message, Applicability::Unsafe));
}
