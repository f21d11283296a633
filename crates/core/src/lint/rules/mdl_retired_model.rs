//! `retired-model`: a model that was shut down.

use crate::lint::diagnostic::{Applicability, Severity};
use crate::lint::lifecycle;
use crate::lint::rule::{Check, Evidence};
use crate::lint::sink::Sink;
use crate::lint::view::View;

rule! {
    /// A model that was shut down.
    ///
    /// ## Why
    ///
    /// Every call fails.
    ///
    /// ## Example
    ///
    /// ```json
    /// {"model": "gpt-3.5-turbo", "messages": []}
    /// ```
    ///
    /// ## Fix
    ///
    /// Unsafe: the name of the successor that the provider names.
    ///
    /// ## Limits
    ///
    /// A day holds for its host. Days of Azure, Bedrock and Vertex AI are the earliest possible ones: see `deprecated-model`.
    /// A name with a maker in front (`openai/o1`) may mean a gateway that serves the model from
    /// elsewhere: where another host still has it, it is not reported unless the prompt says where it goes.
    "retired-model",
    code: "MDL003",
    severity: Severity::Error,
    is_default: true,
    is_cost: false,
    evidence: Evidence {
        source: "https://developers.openai.com/api/docs/deprecations and the like, as the catalogue has them",
        date: "2026-11-22",
    },
    options: &[],
    check: Check::Prompt(check),
}

fn check(view: &View<'_>, sink: &mut Sink<'_>) {
    let Some(shutdown) = lifecycle::shutdown(view).filter(|shutdown| shutdown.days_left < 0) else { return };
    if shutdown.is_elsewhere || shutdown.is_earliest {
        return;
    }
    let message = format!("`{}` was shut down on {} ({})", shutdown.spec.id, shutdown.date, shutdown.spec.host);
    sink.report(shutdown.finding(message, Applicability::Unsafe));
}
