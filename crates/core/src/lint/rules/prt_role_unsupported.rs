//! `role-unsupported`: a role that the model does not take.

use crate::compress::SegmentKind;
use crate::lint::diagnostic::{Finding, Severity};
use crate::lint::prose;
use crate::lint::rule::{Check, Evidence};
use crate::lint::sink::Sink;
use crate::lint::view::View;
use crate::lint::wire;

rule! {
    /// A system message to a model that takes none.
    ///
    /// ## Why
    ///
    /// Some models refuse the system role; the request fails at the first call.
    ///
    /// ## Example
    ///
    /// ```json
    /// {"model": "o1-mini", "messages": [{"role": "system", "content": "Be brief."}]}
    /// ```
    ///
    /// ## Limits
    ///
    /// Only where the catalogue knows that the model takes none (`promptopt models show MODEL`). Fallbacks are looked at too.
    "role-unsupported",
    code: "PRT002",
    severity: Severity::Error,
    is_default: true,
    is_cost: false,
    evidence: Evidence { source: "LiteLLM 1.106.2 map, `supports_system_messages: false`", date: "2026-11-22" },
    options: &[],
    check: Check::Prompt(check),
}

fn check(view: &View<'_>, sink: &mut Sink<'_>) {
    let Some((index, piece)) = view.prompt.pieces_of(SegmentKind::System).next() else { return };
    for spec in view.target.spec.into_iter().chain(wire::fallbacks(view)) {
        if spec.cannot.iter().any(|what| &**what == "system") {
            let end = prose::floor(piece.as_str(), 40);
            sink.report(
                Finding::at(view.at(index, 0..end), format!("`{}` takes no system message", spec.id))
                    .help("put the instructions at the beginning of the first user message"),
            );
        }
    }
}
