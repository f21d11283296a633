//! `overspent-effort`: much thinking for a small task.

use std::sync::LazyLock;

use regex::Regex;

use crate::compress::SegmentKind;
use crate::lint::diagnostic::{Finding, Severity};
use crate::lint::parameters;
use crate::lint::rule::{Check, Default, Evidence, OptionSpec};
use crate::lint::sink::Sink;
use crate::lint::view::View;

rule! {
    /// A high reasoning effort on a short prompt that classifies or extracts.
    ///
    /// ## Why
    ///
    /// Reasoning is billed as output. Labels and fields seldom get better by more of it; measure before paying for it.
    ///
    /// ## Example
    ///
    /// ```json
    /// {"model": "gpt-6-sol", "reasoning": {"effort": "xhigh"}, "instructions": "Classify the ticket.", "input": "…"}
    /// ```
    ///
    /// ## Options
    ///
    /// - `max_tokens`: tokens above which a prompt is no longer taken for a small task.
    ///
    /// ## Limits
    ///
    /// Off unless switched on: whether more thinking helps is a matter of your data.
    "overspent-effort",
    code: "MDL014",
    severity: Severity::Info,
    is_default: false,
    is_cost: false,
    evidence: Evidence {
        source: "reasoning tokens are billed as output (catalogue); no measurement of quality is claimed",
        date: "2026-11-22",
    },
    options: &[OptionSpec {
        name: "max_tokens",
        default: Default::Int(1000),
        about: "tokens of a small task's prompt, at most",
    }],
    check: Check::Prompt(check),
}

static TASK: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)^\W*(?:you (?:are|will)[^.\n]{0,80}\b)?(?:please )?(classify|categori[sz]e|label|tag|extract|detect the language)\b").ok()
});

fn check(view: &View<'_>, sink: &mut Sink<'_>) {
    let Some((field, effort)) = parameters::effort(view.prompt) else { return };
    if !matches!(effort, "high" | "xhigh" | "max") {
        return;
    }
    let Some(task) = TASK.as_ref() else { return };
    // The instructions, or what stands first: a question about classifying is no task of that kind.
    let first = view.prompt.pieces.iter().find(|piece| piece.kind != Some(SegmentKind::ToolSchema));
    let says_so = first.and_then(|piece| Some(task.captures(piece.as_str())?.get(1)?.as_str().to_lowercase()));
    let Some(word) = says_so else { return };
    let tokens = view.total();
    if u64::try_from(view.int("max_tokens")).is_ok_and(|most| tokens > most) {
        return;
    }
    sink.report(
        Finding::at(
            field.span.clone(),
            format!("effort `{effort}` for a prompt of {tokens} tokens that begins with \"{word}\""),
        )
        .help("try `low` or `none` and compare the answers"),
    );
}
