//! `undelimited-input`: nothing says where the input begins and ends.

use crate::lint::diagnostic::{Finding, Severity};
use crate::lint::rule::{Check, Evidence};
use crate::lint::sink::Sink;
use crate::lint::untrusted::{is_untrusted, outputs};
use crate::lint::view::View;

rule! {
    /// Input filled into the middle of a sentence, with nothing around it.
    ///
    /// ## Why
    ///
    /// Where nothing says where the input begins and ends, its words are as good as the prompt's own. Tags or quotes make it
    /// data.
    ///
    /// ## Example
    ///
    /// ```jinja
    /// Translate {{ user_input }} into German and be polite.
    /// ```
    ///
    /// ## Limits
    ///
    /// Off unless chosen. Looks only at variables whose name says that a user, a tool or the web wrote them, with words before
    /// and after them on the same line.
    "undelimited-input",
    code: "SEC006",
    severity: Severity::Info,
    is_default: false,
    is_cost: false,
    evidence: Evidence { source: "providers' prompting guides (delimiters around input); told by names, so off by default", date: "2026-11-26" },
    options: &[],
    check: Check::Prompt(check),
}

fn check(view: &View<'_>, sink: &mut Sink<'_>) {
    for (index, piece) in view.prompt.pieces.iter().enumerate() {
        let text = piece.as_str();
        for (span, name) in outputs(piece).into_iter().filter(|(_, name)| is_untrusted(name)) {
            let is_word = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
            let before = text.get(..span.start).unwrap_or_default().trim_end_matches([' ', '\t']);
            let after = text.get(span.end..).unwrap_or_default().trim_start_matches([' ', '\t']);
            if is_word(before.chars().next_back()) && is_word(after.chars().next()) {
                sink.report(
                    Finding::at(view.at(index, span), format!("nothing marks where `{name}` begins and ends"))
                        .help(format!("put it between tags: `<{name}>…</{name}>`")),
                );
            }
        }
    }
}
