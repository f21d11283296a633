//! `charcount-budget`: tokens reckoned from characters.

use std::sync::LazyLock;

use regex::Regex;

use crate::lint::code_spans;
use crate::lint::diagnostic::{Finding, Severity};
use crate::lint::rule::{Check, Evidence};
use crate::lint::sink::Sink;
use crate::lint::view::View;

rule! {
    /// A budget of tokens that is reckoned from characters.
    ///
    /// ## Why
    ///
    /// Four characters a token holds for English prose only: base64 has 1.5, a rule of `=` has 80, and Hindi, code and JSON lie
    /// between. A budget kept that way overflows or wastes half of the window.
    ///
    /// ## Example
    ///
    /// ```markdown
    /// Stop when the notes reach 8,000 tokens (1 token = 4 characters).
    /// ```
    ///
    /// ## Limits
    ///
    /// Off unless chosen: where nothing but an estimate is needed it does no harm.
    "charcount-budget",
    code: "PRT007",
    severity: Severity::Info,
    is_default: false,
    is_cost: false,
    evidence: Evidence { source: "measured: 1.49 (base64) to 80 (`=`) characters a token (o200k_base)", date: "2026-11-22" },
    options: &[],
    check: Check::Prompt(check),
}

static RATIO: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?i)\b(?:1|one|a|per) token (?:is |equals )?(?:about |roughly |approximately |~|≈|=)\s?(?:4|four) char",
        r"|(?i)\b(?:4|four) char(?:acter)?s? (?:per|=|≈|~) ?(?:1 |one |a )?token",
        r"|len\([a-z_]+\) ?//? ?4\b"
    ))
    .ok()
});

fn check(view: &View<'_>, sink: &mut Sink<'_>) {
    let Some(ratio) = &*RATIO else { return };
    for (index, piece) in view.prompt.pieces.iter().enumerate() {
        let text = piece.as_str();
        for found in ratio.find_iter(text).filter(|found| code_spans::line(text, found.start()).contains("token")) {
            sink.report(
                Finding::at(view.at(index, found.range()), "tokens are reckoned from characters: 1.5 to 80 make one")
                    .help("count with the model's tokenizer: `promptopt tokens count`"),
            );
        }
    }
}
