//! `unbounded-output`: nothing says how long the answer may be.

use std::sync::LazyLock;

use regex::Regex;

use crate::catalog::TokenClass;
use crate::chat::AnswerFormat;
use crate::lint::diagnostic::{Finding, Severity};
use crate::lint::rule::{Check, Evidence};
use crate::lint::sink::Sink;
use crate::lint::view::View;

rule! {
    /// A request whose answer may be of any length: no limit, no word about its length, no form.
    ///
    /// ## Why
    ///
    /// Output tokens cost several times as much as input tokens, and a model without a limit says more than is read.
    ///
    /// ## Example
    ///
    /// ```json
    /// {"model": "gpt-6-luna", "messages": [{"role": "user", "content": "What is a hedge fund?"}]}
    /// ```
    ///
    /// ## Limits
    ///
    /// Looks for words about length in the instructions; it cannot know what answer is wanted, so it is off unless asked
    /// for. Requests with tools or with a form for the answer are left alone.
    "unbounded-output",
    code: "VRB008",
    severity: Severity::Warning,
    is_default: false,
    is_cost: false,
    evidence: Evidence { source: "prices of the catalogue: output costs 4 to 8 times as much as input", date: "2026-11-22" },
    options: &[],
    check: Check::Prompt(check),
}

#[allow(clippy::unwrap_used, reason = "the pattern is constant; the cases build it")]
static LENGTH: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?xi)(?-u:\b)(?:brief|briefly|concise|concisely|short|shortly|succinct|terse|one[-\ ](?:word|sentence|line|paragraph)
        |only|just|summar\w+|at\ most|no\ more\ than|up\ to|maximum|fewer\ than|less\ than
        |\d+\ (?:words?|sentences?|lines?|paragraphs?|characters?|bullets?|points?|tokens?|items?)
        |in\ (?:one|two|three|a\ few)\ (?:words?|sentences?|lines?|paragraphs?)|yes\ or\ no|json|label|classify)(?-u:\b)",
    )
    .unwrap()
});

fn check(view: &View<'_>, sink: &mut Sink<'_>) {
    let Some(request) = &view.prompt.request else { return };
    let is_formed = !matches!(request.answer_format, AnswerFormat::Text);
    if request.max_output.is_some() || is_formed || !request.tools.is_empty() || request.messages.is_empty() {
        return;
    }
    if view.instructions().any(|(_, piece)| LENGTH.is_match(piece.as_str())) {
        return;
    }
    let mut finding = Finding::at(view.head(), "nothing says how long the answer may be")
        .help("say in the prompt how long it should be, and set a limit of output tokens");
    if let Some(usd) = view.target.usd_per_1k(TokenClass::Output, 100, view.total()) {
        finding = finding.note(format!("every 100 tokens of output cost ${} per 1,000 calls", usd.to_decimal()));
    }
    sink.report(finding);
}
