//! `wordy-phrase`: more words than needed.

use std::sync::LazyLock;

use regex::Regex;

use crate::lint::diagnostic::Severity;
use crate::lint::phrases;
use crate::lint::rule::{Check, Default, Evidence, OptionSpec};
use crate::lint::sink::Sink;
use crate::lint::view::View;

rule! {
    /// A phrase for which there is a word.
    ///
    /// ## Why
    ///
    /// "Due to the fact that" is six tokens, "because" two. Whether a phrase costs more is measured with the model's
    /// tokenizer where it stands; many do not. Off unless asked for: the saving is a few tokens a prompt.
    ///
    /// ## Example
    ///
    /// "In order to answer, make use of the table" for "To answer, use the table".
    ///
    /// ## Fix
    ///
    /// Unsafe: puts the shorter phrase there.
    ///
    /// ## Options
    ///
    /// - `min_tokens`: least tokens that all of them in a prompt save together.
    "wordy-phrase",
    code: "VRB002",
    severity: Severity::Info,
    is_default: false,
    is_cost: true,
    evidence: Evidence { source: "measured: `in order to` 4 tokens, `to` 2 (o200k_base)", date: "2026-11-22" },
    options: &[OptionSpec { name: "min_tokens", default: Default::Int(4), about: "least tokens together" }],
    check: Check::Prompt(check),
}

/// Phrases and what says the same.
const PHRASES: &[(&str, &str)] = &[
    ("in order to", "to"),
    ("due to the fact that", "because"),
    ("owing to the fact that", "because"),
    ("in spite of the fact that", "although"),
    ("despite the fact that", "although"),
    ("in the event that", "if"),
    ("on the condition that", "if"),
    ("for the purpose of", "for"),
    ("with the exception of", "except"),
    ("with regard to", "about"),
    ("with respect to the fact that", "as"),
    ("in relation to", "about"),
    ("in reference to", "about"),
    ("at this point in time", "now"),
    ("at the present time", "now"),
    ("at all times", "always"),
    ("in the near future", "soon"),
    ("prior to", "before"),
    ("subsequent to", "after"),
    ("a large number of", "many"),
    ("a small number of", "few"),
    ("the majority of", "most"),
    ("in close proximity to", "near"),
    ("has the ability to", "can"),
    ("have the ability to", "can"),
    ("is able to", "can"),
    ("are able to", "can"),
    ("make use of", "use"),
    ("makes use of", "uses"),
    ("take into consideration", "consider"),
    ("take into account", "consider"),
    ("it is important to note that", "note:"),
    ("it should be noted that", "note:"),
    ("keep in mind that", "note:"),
    ("each and every", "every"),
    ("in a manner that", "so that it"),
    ("in accordance with", "by"),
    ("until such time as", "until"),
    ("by means of", "by"),
    ("as a means of", "for"),
    ("whether or not", "whether"),
];

#[allow(clippy::unwrap_used, reason = "the phrases are constant; the cases build them")]
static PATTERN: LazyLock<Regex> = LazyLock::new(|| {
    let all: Vec<String> = PHRASES.iter().map(|(phrase, _)| regex::escape(phrase)).collect();
    Regex::new(&format!(r"(?i)(?-u:\b)(?:{})(?-u:\b)", all.join("|"))).unwrap()
});

fn check(view: &View<'_>, sink: &mut Sink<'_>) {
    let short = |phrase: &str| {
        let phrase = phrase.to_lowercase();
        PHRASES.iter().find(|(long, _)| *long == phrase).map_or(String::new(), |(_, short)| (*short).to_owned())
    };
    phrases::report_together(view, sink, &PATTERN, short, "wordy phrases", "say it shorter");
}
