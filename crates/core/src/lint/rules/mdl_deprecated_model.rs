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
    /// Unsafe: the name of the successor that the provider names. Another model answers otherwise. Sampling parameters
    /// that the successor refuses go with the name. None on Azure, where the name is that of a deployment.
    ///
    /// ## Options
    ///
    /// - `days`: report shutdowns at most so many days away, a year if not set; 0 for all that are announced.
    ///
    /// ## Limits
    ///
    /// A day holds for its host. Azure, Bedrock and Vertex AI name days of their own, before which a model does not end, for
    /// new models too: they count once the maker ends the model. Names that a template fills in are left alone.
    "deprecated-model",
    code: "MDL002",
    severity: Severity::Warning,
    is_default: true,
    is_cost: false,
    evidence: Evidence {
        source: "https://developers.openai.com/api/docs/deprecations and the like, as the catalogue has them",
        date: "2026-11-22",
    },
    options: &[OptionSpec {
        name: "days",
        default: Default::Int(365),
        about: "most days until the shutdown; 0 for any",
    }],
    check: Check::Prompt(check),
}

fn check(view: &View<'_>, sink: &mut Sink<'_>) {
    let Some(shutdown) = lifecycle::shutdown(view) else { return };
    let (id, host, date) = (&shutdown.spec.id, &shutdown.spec.host, shutdown.date);
    let most = view.int("days");
    if most > 0 && shutdown.days_left > most {
        return;
    }
    let message = match (shutdown.is_earliest, shutdown.days_left) {
        (false, ..=-1) => return,
        (true, ..=-1) => format!("`{id}` may be shut down any day ({host}): it was kept until {date} at least"),
        (true, days) => {
            format!("the maker of `{id}` ends it; {host} keeps it until {date} at least, for {days} days")
        }
        (false, 0) => format!("`{id}` is shut down today ({host})"),
        (false, 1) => format!("`{id}` is shut down tomorrow ({host})"),
        (false, days) => format!("`{id}` is shut down on {date}, in {days} days ({host})"),
    };
    sink.report(shutdown.finding(message, Applicability::Unsafe));
}
