//! `absolutes-inflation`: always and never, too often.

use std::sync::LazyLock;

use regex::Regex;

use crate::lint::diagnostic::{Finding, Severity};
use crate::lint::rule::{Check, Default, Evidence, OptionSpec};
use crate::lint::sink::Sink;
use crate::lint::view::View;

rule! {
    /// Many rules that hold "always" or "never".
    ///
    /// ## Why
    ///
    /// When everything is absolute the model cannot tell which rule yields when two of them meet, and the words no longer
    /// make a difference.
    ///
    /// ## Example
    ///
    /// Fifteen rules, each of which begins with ALWAYS or NEVER.
    ///
    /// ## Options
    ///
    /// - `max_absolutes`: so many are left alone.
    /// - `words_per_absolute`: a prompt with fewer than one absolute in so many words is left alone.
    ///
    /// ## Limits
    ///
    /// A matter of taste in a file of hard rules, so it is off unless asked for.
    "absolutes-inflation",
    code: "VRB005",
    severity: Severity::Info,
    is_default: false,
    is_cost: false,
    evidence: Evidence { source: "Vale's style for prompts, `Prompts.Absolutes`: past ten none of them lands", date: "2026-11-22" },
    options: &[
        OptionSpec { name: "max_absolutes", default: Default::Int(10), about: "absolutes that are allowed" },
        OptionSpec { name: "words_per_absolute", default: Default::Int(60), about: "words of the prompt for each that is allowed" },
    ],
    check: Check::Prompt(check),
}

#[allow(clippy::unwrap_used, reason = "the pattern is constant; the cases build it")]
static ABSOLUTE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?i)(?-u:\b)(?:always|never|at all times|under no circumstances|without exception|no exceptions)(?-u:\b)",
    )
    .unwrap()
});

fn check(view: &View<'_>, sink: &mut Sink<'_>) {
    let max = usize::try_from(view.int("max_absolutes")).unwrap_or(0);
    let per_word = usize::try_from(view.int("words_per_absolute")).unwrap_or(0);
    for (piece, of) in view.instructions() {
        let text = of.as_str();
        let found = view.prose(piece).find(text, &ABSOLUTE);
        if found.len() <= max {
            continue;
        }
        let n_words = text.split_whitespace().count();
        let Some(first) = found.first().filter(|_| found.len() * per_word > n_words) else { continue };
        let mut finding = Finding::at(
            view.at(piece, first.clone()),
            format!("{} absolutes (always, never) in {n_words} words", found.len()),
        )
        .help("keep them for what must not be broken, and say of the others when they hold");
        for range in found.iter().skip(1).take(9) {
            finding = finding.label(view.at(piece, range.clone()), "here");
        }
        sink.report(finding);
    }
}
