//! `over-emphasis`: shouting everywhere.

use std::ops::Range;

use crate::lint::diagnostic::{Finding, Severity};
use crate::lint::prose::trimmed;
use crate::lint::rule::{Check, Default, Evidence, OptionSpec};
use crate::lint::sink::Sink;
use crate::lint::view::View;

rule! {
    /// Many sentences in capitals.
    ///
    /// ## Why
    ///
    /// Emphasis marks what matters more than the rest. Where every second rule shouts nothing stands out, newer models
    /// overreact to it, and capitals cost more tokens than small letters.
    ///
    /// ## Example
    ///
    /// "YOU MUST ALWAYS CHECK THE DATE. NEVER GUESS A PRICE. ALL ANSWERS MUST BE SHORT."
    ///
    /// ## Options
    ///
    /// - `max_lines`: so many sentences in capitals are left alone.
    ///
    /// ## Limits
    ///
    /// Headings, code, tables, single words and names in capitals do not count.
    "over-emphasis",
    code: "VRB004",
    severity: Severity::Info,
    is_default: true,
    is_cost: true,
    evidence: Evidence { source: "measured: a sentence of 15 tokens is 18 in capitals (o200k_base)", date: "2026-11-22" },
    options: &[OptionSpec { name: "max_lines", default: Default::Int(5), about: "sentences in capitals that are allowed" }],
    check: Check::Prompt(check),
}

/// Words of an order.
const ORDERS: &[&str] =
    &["MUST", "NEVER", "ALWAYS", "NOT", "ONLY", "DO", "DON", "EVERY", "ALL", "YOU", "YOUR", "SHALL"];
/// Capitals that a shouted sentence has.
const MIN_CAPITALS: usize = 12;
/// Words in capitals that make a sentence shout.
const MIN_WORDS: usize = 4;

fn check(view: &View<'_>, sink: &mut Sink<'_>) {
    let max = usize::try_from(view.int("max_lines")).unwrap_or(0);
    for (piece, of) in view.instructions() {
        let text = of.as_str();
        let shouted = shouted(text, |range| view.prose(piece).is_code(range));
        if shouted.len() <= max {
            continue;
        }
        let Some(first) = shouted.first() else { continue };
        let edits: Vec<(Range<usize>, String)> =
            shouted.iter().map(|range| (range.clone(), text[range.clone()].to_lowercase())).collect();
        let saved = view.tokens_saved(piece, &edits);
        let mut finding = Finding::at(
            view.at(piece, first.clone()),
            format!("{} sentences are in capitals: {saved} tokens more than in small letters", shouted.len()),
        )
        .help("keep capitals for the one or two rules whose breach does harm")
        .saves(view.saving(saved, piece, first.start));
        for range in shouted.iter().skip(1).take(9) {
            finding = finding.label(view.at(piece, range.clone()), "here");
        }
        sink.report(finding);
    }
}

/// Sentences in capitals, looked for line by line.
fn shouted(text: &str, is_code: impl Fn(&Range<usize>) -> bool) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        // Most lines have small letters alone or nearly so.
        if line.bytes().filter(u8::is_ascii_uppercase).count() >= MIN_CAPITALS
            && !line.trim_start().starts_with(['#', '|'])
        {
            let mut start = at;
            for sentence in line.split_inclusive(['.', '!']) {
                let range = trimmed(text, start..start + sentence.len());
                start += sentence.len();
                if is_shouted(&text[range.clone()]) && !is_code(&range) {
                    found.push(range);
                }
            }
        }
        at += line.len();
    }
    found
}

/// Nearly all letters of several words are capitals.
fn is_shouted(sentence: &str) -> bool {
    // Nearly every sentence is out by its ASCII letters alone.
    let mut ascii = [0_usize; 2];
    for byte in sentence.bytes() {
        ascii[0] += usize::from(byte.is_ascii_lowercase());
        ascii[1] += usize::from(!byte.is_ascii() || byte.is_ascii_uppercase());
    }
    if ascii[1] <= 4 * ascii[0] {
        return false;
    }
    let words = sentence.split_whitespace().filter(|word| {
        let n_upper = word.chars().filter(|c| c.is_uppercase()).count();
        n_upper >= 2 && !word.chars().any(char::is_lowercase) && !word.contains('_')
    });
    let (mut n_upper, mut n_lower) = (0_usize, 0_usize);
    for c in sentence.chars() {
        n_upper += usize::from(c.is_uppercase());
        n_lower += usize::from(c.is_lowercase());
    }
    // Titles are in capitals too; an order has one of these.
    let is_order = ORDERS.iter().any(|order| sentence.split(|c: char| !c.is_alphanumeric()).any(|word| word == *order));
    words.count() >= MIN_WORDS && n_upper > 4 * n_lower && is_order && !sentence.trim_end().ends_with(':')
}
