//! `contradictory-length`: two lengths that exclude each other.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use crate::lint::diagnostic::{Finding, Severity};
use crate::lint::rule::{Check, Evidence};
use crate::lint::sink::Sink;
use crate::lint::template::SlotKind;
use crate::lint::view::View;

rule! {
    /// Instructions about the length of the answer that cannot both be followed.
    ///
    /// ## Why
    ///
    /// The model follows one of the two, not always the same one; the longer answer is paid for as output.
    ///
    /// ## Example
    ///
    /// "Your answer must have at least 300 words." and further down "Keep your answer under 100 words."
    ///
    /// ## Limits
    ///
    /// Both sentences have to speak of the whole answer and name a number in the same unit; a title, a summary or a field
    /// with a limit of its own is no contradiction. "Be concise" beside "explain in detail" is left alone: they are mostly
    /// said of different parts.
    "contradictory-length",
    code: "VRB010",
    severity: Severity::Warning,
    is_default: true,
    is_cost: false,
    evidence: Evidence { source: "Vale's style for prompts, `Prompts.Contradiction`", date: "2026-11-22" },
    options: &[],
    check: Check::Prompt(check),
}

#[allow(clippy::unwrap_used, reason = "the pattern is constant; the cases build it")]
static BOUND: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?xi)(?-u:\b)(?:(?P<most>no\ more\ than|not\ more\ than|at\ most|fewer\ than|less\ than|under|within|up\ to|maximum\ of|max(?:imum)?\.?)
        |(?P<least>at\ least|no\ fewer\ than|no\ less\ than|not\ less\ than|more\ than|minimum\ of|minimum))
        \s+(?P<n>[0-9][0-9,]{0,6})\s+(?P<unit>words?|sentences?|paragraphs?|lines?|characters?|tokens?|pages?)(?-u:\b)",
    )
    .unwrap()
});

/// What makes a sentence one about the whole answer.
#[allow(clippy::unwrap_used, reason = "the pattern is constant; the cases build it")]
static WHOLE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)(?-u:\b)(?:(?:your|the|each|every|all|final|entire|whole) (?:answer|response|reply|output|message)s?|(?:answer|respond|reply) (?:in|with|using)|keep (?:it|them))(?-u:\b)").unwrap()
});

/// What makes it one about a part.
#[allow(clippy::unwrap_used, reason = "the pattern is constant; the cases build it")]
static PART: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)(?-u:\b)(?:each (?:section|paragraph|item|bullet|line|field|point|sentence)|per |title|summary|headline|description|subject|caption|introduction|intro|conclusion|section|if |when |unless |for )").unwrap()
});

struct Bound {
    piece: usize,
    range: Range<usize>,
    n: u64,
    unit: String,
    is_most: bool,
}

/// Whether what could be a least length stands before a number.
fn may_have_least(text: &str) -> bool {
    let parts = [
        ("least", ""),
        ("inimum", " of"),
        ("ore than", ""),
        ("o fewer", " than"),
        ("ot less", " than"),
        ("o less", " than"),
    ];
    parts.into_iter().any(|(part, rest)| {
        memchr::memmem::find_iter(text.as_bytes(), part).any(|at| {
            let behind = &text[at + part.len()..];
            let cut = behind.get(..rest.len()).filter(|cut| cut.eq_ignore_ascii_case(rest)).map_or(0, str::len);
            behind[cut..].trim_start().starts_with(char::is_numeric)
        })
    })
}

fn check(view: &View<'_>, sink: &mut Sink<'_>) {
    // Looking for letters costs next to nothing, looking for phrases does: without a least length there is no contradiction.
    if !view.instructions().any(|(_, piece)| may_have_least(piece.as_str())) {
        return;
    }
    let mut bounds: Vec<Bound> = Vec::new();
    for (piece, of) in view.instructions() {
        let text = of.as_str();
        if !BOUND.is_match(text) || of.slots.iter().any(|slot| slot.kind == SlotKind::Control) {
            continue;
        }
        for range in view.prose(piece).sentences(text) {
            let sentence = &text[range.clone()];
            if !WHOLE.is_match(sentence) || PART.is_match(sentence) {
                continue;
            }
            for found in BOUND.captures_iter(sentence) {
                let (Some(whole), Some(n), Some(unit)) = (found.get(0), found.name("n"), found.name("unit")) else {
                    continue;
                };
                let Ok(n) = n.as_str().replace(',', "").parse() else { continue };
                bounds.push(Bound {
                    piece,
                    range: range.start + whole.start()..range.start + whole.end(),
                    n,
                    unit: unit.as_str().to_lowercase().trim_end_matches('s').to_owned(),
                    is_most: found.name("most").is_some(),
                });
            }
        }
    }
    let most = bounds.iter().filter(|bound| bound.is_most).min_by_key(|bound| bound.n);
    let Some(most) = most else { return };
    let least = bounds.iter().find(|bound| !bound.is_most && bound.unit == most.unit && bound.n > most.n);
    let Some(least) = least else { return };
    sink.report(
        Finding::at(
            view.at(least.piece, least.range.clone()),
            format!("at least {} {unit}s and at most {} {unit}s cannot both be", least.n, most.n, unit = least.unit),
        )
        .label(view.at(most.piece, most.range.clone()), "the other limit")
        .help("decide on one"),
    );
}
