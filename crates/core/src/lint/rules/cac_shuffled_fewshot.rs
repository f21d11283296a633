//! `shuffled-fewshot`: examples in random order.

use std::sync::LazyLock;

use regex::Regex;

use crate::lint::diagnostic::{Finding, Severity};
use crate::lint::rule::{Check, Evidence};
use crate::lint::sink::Sink;
use crate::lint::template::SlotKind;
use crate::lint::view::View;

rule! {
    /// Examples that a template draws or shuffles at random.
    ///
    /// ## Why
    ///
    /// A prompt whose examples come in another order in each call shares no prefix with the one before: neither the examples nor what
    /// follows them is ever read from the cache.
    ///
    /// ## Example
    ///
    /// ```jinja
    /// {% for example in examples | shuffle %}
    /// ```
    ///
    /// ## Limits
    ///
    /// Only what the template itself does is seen, not what the program did before.
    "shuffled-fewshot",
    code: "CAC017",
    severity: Severity::Warning,
    is_default: true,
    is_cost: false,
    evidence: Evidence {
        source: "exact prefix match, by OpenAI's, Anthropic's and Google's guides to prompt caching",
        date: "2026-11-22",
    },
    options: &[],
    check: Check::Prompt(check),
}

#[allow(clippy::unwrap_used, reason = "a constant pattern, which a test compiles")]
static RANDOM: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)\|\s*(shuffle|random|sample)\b|\b(shuffled?|random\.(shuffle|sample|choices?)|random_sample)\s*\(")
        .unwrap()
});

fn check(view: &View<'_>, sink: &mut Sink<'_>) {
    // A model that caches nothing loses nothing.
    if view.target.spec.is_some() && view.target.cache().is_none() {
        return;
    }
    for (index, piece) in view.prompt.pieces.iter().enumerate() {
        for slot in piece.slots.iter().filter(|slot| slot.kind != SlotKind::Comment && RANDOM.is_match(&slot.code)) {
            sink.report(
                Finding::at(
                    view.at(index, slot.span.clone()),
                    "a random order: no two calls share what stands from here on",
                )
                .help("draw once and keep the order, or put the examples behind what is fixed"),
            );
        }
    }
}
