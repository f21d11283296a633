//! `empty-persona`: a role that says nothing.

use std::sync::LazyLock;

use regex::Regex;

use crate::lint::diagnostic::{Applicability, Finding, Severity};
use crate::lint::rule::{Check, Default, Evidence, OptionSpec};
use crate::lint::sink::Sink;
use crate::lint::view::View;

rule! {
    /// "You are a helpful assistant." and its like: a role without a domain, a reader or a tone.
    ///
    /// ## Why
    ///
    /// Chat models are helpful assistants already. The sentence is billed in every call and takes the place of what would
    /// help: for whom, about what, how.
    ///
    /// ## Example
    ///
    /// "You are a helpful AI assistant. Summarise the ticket for the engineer on call."
    ///
    /// ## Fix
    ///
    /// Unsafe: deletes the sentence, if something else is left.
    ///
    /// ## Options
    ///
    /// - `min_tokens`: a shorter sentence is left alone.
    ///
    /// ## Limits
    ///
    /// A sentence that goes on ("… assistant that answers in French") says something and is left alone.
    "empty-persona",
    code: "VRB003",
    severity: Severity::Info,
    is_default: true,
    is_cost: true,
    evidence: Evidence { source: "measured: 6 tokens (o200k_base)", date: "2026-11-22" },
    options: &[OptionSpec { name: "min_tokens", default: Default::Int(4), about: "least tokens of the sentence" }],
    check: Check::Prompt(check),
}

#[allow(clippy::unwrap_used, reason = "the pattern is constant; the cases build it")]
static EMPTY: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?xi)
        (?-u:\b)you\ are\ (?:an?|the)\ (?:very\ |highly\ |extremely\ )?
        (?:(?:helpful|useful|friendly|intelligent|smart|knowledgeable|capable|honest|harmless|polite|clever|good|great)
           (?:,?\ and\ |,\ |\ ))+
        (?:ai\ |virtual\ |digital\ )?(?:assistant|chatbot|bot|ai)[.!](?:\ |\n+|$)",
    )
    .unwrap()
});

/// How far a role is looked for.
const BEGINNING: usize = 300;

fn check(view: &View<'_>, sink: &mut Sink<'_>) {
    for (piece, of) in view.instructions() {
        let text = of.as_str();
        let beginning = crate::text::floor(text, BEGINNING);
        // A role stands at the beginning; elsewhere it is an example or a quotation.
        let Some(found) = EMPTY.find(&text[..beginning]).filter(|found| text[..found.start()].trim().len() <= 24)
        else {
            continue;
        };
        if view.prose(piece).is_code(&found.range()) {
            continue;
        }
        let said = found.start()..found.start() + found.as_str().trim_end().len();
        let saved = view.tokens_saved_at(piece, &found.range(), "");
        if !view.is_worth(saved) {
            continue;
        }
        let is_all = text.trim().len() == said.len();
        let change = if is_all { None } else { view.change(piece, found.range(), "") };
        sink.report(
            Finding::at(view.at(piece, said), format!("a role without content costs {saved} tokens"))
                .help("say for whom, about what and how, or leave it out")
                .saves(view.saving(saved, piece, found.start()))
                .fix("delete the sentence", Applicability::Unsafe, change.map(|change| vec![change])),
        );
    }
}
