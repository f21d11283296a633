//! `filler-courtesy`: please and thank you.

use std::sync::LazyLock;

use regex::Regex;

use crate::lint::diagnostic::Severity;
use crate::lint::phrases;
use crate::lint::rule::{Check, Default, Evidence, OptionSpec};
use crate::lint::sink::Sink;
use crate::lint::view::View;

rule! {
    /// Words of courtesy that a model does not need.
    ///
    /// ## Why
    ///
    /// They say nothing about the task. Each costs a token or two, so this rule is off unless asked for: it pays in a
    /// prompt that is sent millions of times, and nowhere else.
    ///
    /// ## Example
    ///
    /// "Could you please kindly list" for "List".
    ///
    /// ## Fix
    ///
    /// Unsafe: deletes the words.
    ///
    /// ## Options
    ///
    /// - `min_tokens`: least tokens that all of them in a prompt cost together.
    "filler-courtesy",
    code: "VRB001",
    severity: Severity::Info,
    is_default: false,
    is_cost: true,
    evidence: Evidence { source: "measured: `please` is 1 to 2 tokens (o200k_base)", date: "2026-11-22" },
    options: &[OptionSpec { name: "min_tokens", default: Default::Int(4), about: "least tokens together" }],
    check: Check::Prompt(check),
}

#[allow(clippy::unwrap_used, reason = "the pattern is constant; the cases build it")]
static COURTESY: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?xi)
        (?-u:\b)(?:could|can|would)\ you\ (?:please|kindly)\ (?:kindly\ )?
        | (?-u:\b)please\ (?:kindly|make\ sure\ to|be\ sure\ to|ensure\ that\ you)\ | (?-u:\b)(?:please|kindly)\ 
        | ,\ please(?-u:\b) | (?-u:\b)[Tt]hanks?(?:\ you)?(?:\ (?:so|very)\ much|\ in\ advance)?[.!]\ ?
        | (?-u:\b)if\ you\ (?:don't\ mind|would\ be\ so\ kind),?\ 
        ",
    )
    .unwrap()
});

fn check(view: &View<'_>, sink: &mut Sink<'_>) {
    phrases::report_together(view, sink, &COURTESY, |_| String::new(), "words of courtesy", "delete them");
}
