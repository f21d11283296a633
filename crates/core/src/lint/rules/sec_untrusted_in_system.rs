//! `untrusted-in-system`: what a user wrote, spoken with the operator's voice.

use crate::compress::SegmentKind;
use crate::lint::diagnostic::{Finding, Severity};
use crate::lint::rule::{Check, Default, Evidence, OptionSpec};
use crate::lint::sink::Sink;
use crate::lint::untrusted::{is_untrusted, outputs};
use crate::lint::view::View;

rule! {
    /// A system prompt into which the words of a user, a tool or a web page are filled.
    ///
    /// ## Why
    ///
    /// Models follow the system role before any other. What stands there with a user's words in it speaks with the operator's
    /// voice, and changes in every call, which costs the provider's prompt cache.
    ///
    /// ## Example
    ///
    /// ```yaml
    /// - role: system
    ///   content: "You answer for the bank. The customer says: {{ user_message }}"
    /// ```
    ///
    /// ## Options
    ///
    /// - `names`: further names of variables that hold what others wrote.
    ///
    /// ## Limits
    ///
    /// Told by the variable's name alone, so only by names that leave no doubt (`user_input`, `tool_output`, `web_page`).
    "untrusted-in-system",
    code: "SEC005",
    severity: Severity::Warning,
    is_default: true,
    is_cost: false,
    evidence: Evidence { source: "OWASP LLM01:2025, segregate external content; llm-promptlint PL001", date: "2026-11-22" },
    options: &[OptionSpec {
        name: "names",
        default: Default::List(&[]),
        about: "further names of variables that hold what others wrote",
    }],
    check: Check::Prompt(check),
}

fn check(view: &View<'_>, sink: &mut Sink<'_>) {
    let further = view.list("names");
    for (index, piece) in view.prompt.pieces_of(SegmentKind::System) {
        for (span, name) in outputs(piece) {
            if is_untrusted(&name) || further.contains(&name.as_str()) {
                sink.report(
                    Finding::at(
                        view.at(index, span),
                        format!("`{name}` puts what somebody else wrote into the system prompt"),
                    )
                    .help("put it into a user message, between tags, and say in the system prompt that it is data"),
                );
            }
        }
    }
}
