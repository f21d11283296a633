//! `role-unsupported`: a role that the model does not take.

use crate::compress::SegmentKind;
use crate::lint::diagnostic::{Finding, Severity};
use crate::lint::rule::{Check, Evidence};
use crate::lint::sink::Sink;
use crate::lint::view::View;
use crate::lint::wire;
use crate::text::floor;

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
    /// {"model": "gpt-5.3-codex", "messages": [{"role": "system", "content": "Be brief."}]}
    /// ```
    ///
    /// ## Limits
    ///
    /// Off unless chosen: what the catalogue knows of it comes from a price map that was wrong before. Looks at messages alone,
    /// not at instructions beside them, and at fallbacks too.
    "role-unsupported",
    code: "PRT002",
    severity: Severity::Error,
    is_default: false,
    is_cost: false,
    evidence: Evidence { source: "LiteLLM 1.106.2 map, `supports_system_messages: false`", date: "2026-11-22" },
    options: &[],
    check: Check::Prompt(check),
}

fn check(view: &View<'_>, sink: &mut Sink<'_>) {
    let mut system = view.prompt.pieces_of(SegmentKind::System);
    let Some((index, piece)) = system.find(|(_, piece)| piece.path.starts_with("messages.")) else { return };
    for spec in view.target.spec.into_iter().chain(wire::fallbacks(view)) {
        if spec.cannot.iter().any(|what| &**what == "system") {
            let end = floor(piece.as_str(), 40);
            sink.report(
                Finding::at(view.at(index, 0..end), format!("`{}` takes no system message", spec.id))
                    .help("put the instructions at the beginning of the first user message"),
            );
        }
    }
}
