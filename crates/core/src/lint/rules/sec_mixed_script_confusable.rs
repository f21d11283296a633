//! `mixed-script-confusable`: a word with a letter of another alphabet in it.

use std::ops::Range;

use crate::lint::diagnostic::{Applicability, Finding, Severity};
use crate::lint::rule::{Check, Evidence};
use crate::lint::scripts::{Script, cyrillic, latin};
use crate::lint::sink::Sink;
use crate::lint::view::View;

rule! {
    /// A word that mixes letters of two alphabets that look alike.
    ///
    /// ## Why
    ///
    /// A Cyrillic `а` in a Latin word is another word to the model: it is cut into more tokens, matches no tool, no key and no
    /// rule, and it is how filters and reviewers are fooled. Most come from a keyboard left in the wrong layout.
    ///
    /// ## Example
    ///
    /// `pаssword` with a Cyrillic `а`.
    ///
    /// ## Fix
    ///
    /// Unsafe: the letters are replaced by those that they look like. A test of filters may want them.
    ///
    /// ## Limits
    ///
    /// Only words of four letters and more, and only where the odd letters are the fewer. Units and formulas (`μs`, `Δx`) and
    /// Latin words with endings in a text that is Cyrillic are left alone.
    "mixed-script-confusable",
    code: "SEC004",
    severity: Severity::Warning,
    is_default: true,
    is_cost: false,
    evidence: Evidence { source: "Unicode TR39, mixed-script confusables; 1 word in 2,100 public prompts and rule files", date: "2026-11-26" },
    options: &[],
    check: Check::Prompt(check),
}

/// Bytes of a text and what to write there.
type Edit = (Range<usize>, String);

/// A word of two scripts.
struct Word {
    range: Range<usize>,
    n_latin: usize,
    n_other: usize,
    other: Script,
}

fn check(view: &View<'_>, sink: &mut Sink<'_>) {
    for (index, piece) in view.prompt.pieces.iter().enumerate() {
        let text = piece.as_str();
        if text.is_ascii() {
            continue;
        }
        let (words, has_pure) = words(text);
        for word in words {
            let Some((letters, edits)) = odd(text, &word, has_pure) else { continue };
            let written = &text[word.range.clone()];
            let message = if word.n_latin >= word.n_other {
                format!("`{written}` has {} letters in a Latin word: {letters}", word.other.name())
            } else {
                format!("`{written}` has Latin letters in a {} word: {letters}", word.other.name())
            };
            let changes = edits.iter().map(|(range, to)| view.change(index, range.clone(), to)).collect::<Option<_>>();
            sink.report(
                Finding::at(view.at(index, word.range.clone()), message).help("write the word in one alphabet").fix(
                    "write it in one alphabet",
                    Applicability::Unsafe,
                    changes,
                ),
            );
        }
    }
}

/// Words of two scripts, and whether words of two letters and more are wholly Cyrillic or Greek. Looks only around bytes
/// that begin such a letter.
fn words(text: &str) -> (Vec<Word>, bool) {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut has_pure = false;
    let mut at = 0;
    while let Some(next) = bytes[at..].iter().position(|byte| (0xcd..=0xd4).contains(byte)) {
        let here = at + next;
        let is_letter = |c: &char| Script::of(*c).is_some();
        // From `at`, as the word before it was looked at already.
        let before: usize = text[at..here].chars().rev().take_while(is_letter).map(char::len_utf8).sum();
        let after: usize = text[here..].chars().take_while(is_letter).map(char::len_utf8).sum();
        at = here + after.max(2);
        let range = here - before..here + after;
        let mut counts = [0; 3];
        for script in text[range.clone()].chars().filter_map(Script::of) {
            counts[script as usize] += 1;
        }
        match counts {
            [0, c, g] => has_pure |= c >= 2 || g >= 3,
            [n_latin, n_other, 0] => found.push(Word { range, n_latin, n_other, other: Script::Cyrillic }),
            [n_latin, 0, n_other] => found.push(Word { range, n_latin, n_other, other: Script::Greek }),
            _ => {}
        }
    }
    (found, has_pure)
}

/// The odd letters of a word in words, and what to write for them; `None` if the word is fine.
fn odd(text: &str, word: &Word, has_pure: bool) -> Option<(String, Vec<Edit>)> {
    let written = text.get(word.range.clone())?;
    if word.n_latin + word.n_other < 4 || word.n_latin < 2 && word.n_other < 3 {
        return None;
    }
    let is_latin_word = word.n_latin >= word.n_other;
    let is_odd = |c: char| (Script::of(c) == Some(Script::Latin)) != is_latin_word;
    let twin = |c: char| if is_latin_word { latin(c) } else { cyrillic(c) };
    let odd: Vec<(usize, char)> = written.char_indices().filter(|(_, c)| is_odd(*c)).collect();
    let are_twins = odd.iter().all(|(_, c)| twin(*c).is_some());
    let first = odd.first()?.0;
    // A stem with an ending: the odd letters of a Latin word come last, or those of a Cyrillic word first.
    let is_inflected = if is_latin_word {
        written[first..].chars().all(is_odd)
    } else {
        written.chars().take_while(|c| is_odd(*c)).count() == odd.len() && odd.iter().all(|(_, c)| c.is_uppercase())
    };
    let is_wrong = if has_pure {
        are_twins && !is_inflected && (word.other == Script::Cyrillic || is_latin_word)
    } else {
        are_twins || (word.other == Script::Cyrillic && word.n_latin >= 2)
    };
    if !is_wrong {
        return None;
    }
    let mut letters: Vec<String> = odd.iter().map(|(_, c)| format!("`{c}` (U+{:04X})", u32::from(*c))).collect();
    letters.dedup();
    let edits = odd.iter().filter(|_| are_twins).filter_map(|(at, c)| {
        let start = word.range.start + at;
        Some((start..start + c.len_utf8(), twin(*c)?.to_string()))
    });
    Some((letters.join(", "), edits.collect()))
}
