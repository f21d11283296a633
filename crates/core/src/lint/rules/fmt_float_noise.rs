//! `float-noise`: more digits than anybody measured.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use crate::lint::diagnostic::{Applicability, Finding, Severity};
use crate::lint::rule::{Check, Default, Evidence, OptionSpec};
use crate::lint::sink::Sink;
use crate::lint::view::View;

rule! {
    /// Numbers in data with ten digits and more behind the point.
    ///
    /// ## Why
    ///
    /// They are what a binary fraction looks like when it is printed in full. Three digits are one token; `0.1234567` and
    /// the ten digits behind it are eight.
    ///
    /// ## Example
    ///
    /// `0.30000000000000004` for `0.3`, or a coordinate with 15 digits, which is the width of an atom.
    ///
    /// ## Fix
    ///
    /// Unsafe: rounds them to six digits behind the point.
    ///
    /// ## Options
    ///
    /// - `min_numbers`: fewer of them are left alone.
    /// - `min_tokens`: least tokens saved together.
    ///
    /// ## Limits
    ///
    /// Numbers below 0.001 are left alone, as six digits would lose what they say; so is code.
    "float-noise",
    code: "FMT010",
    severity: Severity::Info,
    is_default: true,
    is_cost: true,
    evidence: Evidence { source: "measured: 0.12345678901234567 is 8 tokens, 0.123 is 3 (o200k_base)", date: "2026-11-22" },
    options: &[
        OptionSpec { name: "min_numbers", default: Default::Int(5), about: "least numbers" },
        OptionSpec { name: "min_tokens", default: Default::Int(16), about: "least tokens saved" },
    ],
    check: Check::Prompt(check),
}

#[allow(clippy::unwrap_used, reason = "the pattern is constant; the cases build it")]
static LONG: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"[0-9]{1,12}\.[0-9]{10,}").unwrap());

/// Digits that stay behind the point.
const KEPT: usize = 6;

fn check(view: &View<'_>, sink: &mut Sink<'_>) {
    let least = usize::try_from(view.int("min_numbers")).unwrap_or(0);
    for (piece, of) in view.prompt.pieces.iter().enumerate() {
        if !of.is_told() {
            continue;
        }
        let text = of.as_str();
        let edits: Vec<(Range<usize>, String)> = view
            .prose(piece)
            .find(text, &LONG)
            .into_iter()
            .filter(|range| stands_alone(text, range))
            .filter_map(|range| Some((range.clone(), rounded(&text[range])?)))
            .collect();
        let Some((first, short)) = edits.first() else { continue };
        let saved = if edits.len() < least { 0 } else { view.tokens_saved(piece, &edits) };
        if !view.is_worth(saved) {
            continue;
        }
        let changes = edits.iter().map(|(range, short)| view.change(piece, range.clone(), short)).collect();
        sink.report(
            Finding::at(
                view.at(piece, first.clone()),
                format!(
                    "{} numbers have ten digits and more behind the point: {saved} tokens more than with six",
                    edits.len()
                ),
            )
            .help(format!("round them to what was measured: `{}` to `{short}`", &text[first.clone()]))
            .saves(view.saving(saved, piece, first.start))
            .fix("round them", Applicability::Unsafe, changes),
        );
    }
}

/// Not a part of a version, a name or an exponent.
fn stands_alone(text: &str, range: &Range<usize>) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_');
    !text[..range.start].ends_with(is_part) && !text[range.end..].starts_with(is_part)
}

/// Rounded half up to [`KEPT`] digits, zeros at the end left out; `None` if too little would be left.
fn rounded(number: &str) -> Option<String> {
    let (whole, fraction) = number.split_once('.')?;
    let kept = fraction.get(..KEPT)?;
    if whole.bytes().all(|digit| digit == b'0') && kept.starts_with("000") {
        return None;
    }
    let up = u128::from(fraction.as_bytes().get(KEPT).is_some_and(|digit| *digit >= b'5'));
    let scaled: u128 = format!("{whole}{kept}").parse::<u128>().ok()? + up;
    let digits = format!("{scaled:0width$}", width = KEPT + 1);
    let (whole, fraction) = digits.split_at(digits.len() - KEPT);
    let fraction = fraction.trim_end_matches('0');
    Some(if fraction.is_empty() { whole.to_owned() } else { format!("{whole}.{fraction}") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_rounded_as_people_do() {
        for (number, expected) in [
            ("0.30000000000000004", Some("0.3")),
            ("12.9999999999999", Some("13")),
            ("48.858370123456789", Some("48.85837")),
            ("0.0000012345678901", None),
        ] {
            assert_eq!(rounded(number).as_deref(), expected, "{number}");
        }
    }
}
