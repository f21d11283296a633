//! `pii-in-prompt`: a person's data in a text that every call sends.

use crate::compress::SegmentKind;
use crate::lint::diagnostic::{Finding, Severity};
use crate::lint::personal::{Kind, find};
use crate::lint::rule::{Check, Evidence};
use crate::lint::secrets::shown;
use crate::lint::sink::Sink;
use crate::lint::view::View;

rule! {
    /// A person's e-mail address, card, bank account or telephone number in a prompt.
    ///
    /// ## Why
    ///
    /// What stands in a prompt goes to the provider with every call, and may come back in any answer. Examples in prompts tend
    /// to be copied from real cases.
    ///
    /// ## Example
    ///
    /// ```markdown
    /// Example: "Please refund my card 4539 1488 0343 6467."
    /// ```
    ///
    /// ## Limits
    ///
    /// Only what can be told for sure: card and bank account numbers whose check digits hold, and that are not the networks' test
    /// numbers; telephone numbers in international form beside a word that says so; e-mail addresses of persons, not those of
    /// examples, of offices (`info@`, `support@`) or of authors in a licence. Names and postal addresses are not looked for.
    /// In requests only instructions and tools are looked at, not what users and tools said.
    "pii-in-prompt",
    code: "SEC007",
    severity: Severity::Warning,
    is_default: true,
    is_cost: false,
    evidence: Evidence { source: "GDPR article 5(1)(c); ISO/IEC 7812-1 and ISO 13616 check digits; 0 findings in 4,500 public prompts and requests", date: "2026-11-26" },
    options: &[],
    check: Check::Prompt(check),
}

fn check(view: &View<'_>, sink: &mut Sink<'_>) {
    for (index, piece) in view.prompt.pieces.iter().enumerate() {
        if !matches!(piece.kind, Some(SegmentKind::System | SegmentKind::Prompt | SegmentKind::ToolSchema) | None) {
            continue;
        }
        let text = piece.as_str();
        for (range, kind) in find(text) {
            let span = view.at(index, range.clone());
            let (what, instead) = match kind {
                Kind::Email => ("a person's e-mail address", "make one up at example.com"),
                Kind::Card => ("a card number", "use a test card, such as 4242 4242 4242 4242"),
                Kind::Iban => ("a bank account number", "use the registry's example, DE89 3704 0044 0532 0130 00"),
                Kind::Phone => ("a telephone number", "use one that is kept for fiction, such as +1 202 555 0123"),
            };
            sink.report(
                Finding::at(span.clone(), format!("{what} stands in the prompt: `{}`", shown(&text[range])))
                    .redact(span)
                    .help(instead),
            );
        }
    }
}
