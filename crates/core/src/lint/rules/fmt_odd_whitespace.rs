//! `odd-whitespace`: blanks that are no plain blanks.

use std::ops::Range;

use crate::compress::protect;
use crate::lint::diagnostic::{Applicability, Finding, Severity};
use crate::lint::rule::{Check, Default, Evidence, OptionSpec};
use crate::lint::sink::Sink;
use crate::lint::view::View;

rule! {
    /// No-break, thin and other odd spaces in plain text.
    ///
    /// ## Why
    ///
    /// They look like blanks but are tokens of their own, and keep words from being found. They come with text pasted from
    /// office programs and web pages.
    ///
    /// ## Example
    ///
    /// Four words with no-break spaces between them are seven tokens instead of four.
    ///
    /// ## Fix
    ///
    /// Safe outside code: plain blanks take their place in every line, so that an indentation stays in step.
    ///
    /// ## Options
    ///
    /// - `min_tokens`: a smaller saving is left alone.
    ///
    /// ## Limits
    ///
    /// Text with indented lines, which may be code, is left alone; so are spaces before `:`, `;`, `!`, `?` and inside « »,
    /// and between digits, where French and other languages want them.
    "odd-whitespace",
    code: "FMT008",
    severity: Severity::Warning,
    is_default: true,
    is_cost: true,
    evidence: Evidence { source: "measured: 4 words, 4 tokens with blanks, 7 with no-break spaces (o200k_base)", date: "2026-11-22" },
    options: &[OptionSpec { name: "min_tokens", default: Default::Int(8), about: "least tokens saved" }],
    check: Check::Prompt(check),
}

fn check(view: &View<'_>, sink: &mut Sink<'_>) {
    let odd = has_odd_space;
    if !view.prompt.pieces.iter().any(|piece| odd(piece.as_str())) {
        return;
    }
    let edits = view.transform("whitespace");
    for (piece, of) in view.prompt.pieces.iter().enumerate() {
        let text = of.as_str();
        // The optimizer stays out of code and touches only lines that get cheaper. Where it finds one, all of them change, as
        // half of an indentation would be worse than none.
        let is_found = edits.iter().filter(|edit| edit.segment == piece).any(|edit| odd(&text[edit.span.clone()]));
        if !is_found {
            continue;
        }
        let own = lines(text, &view.prose(piece).fences);
        let Some((first, _)) = own.first() else { continue };
        let saved = view.tokens_saved(piece, &own);
        if !view.is_worth(saved) {
            continue;
        }
        let count = |text: &str| text.chars().filter(|c| is_odd_space(*c)).count();
        let n: usize = own.iter().map(|(range, line)| count(&text[range.clone()]) - count(line)).sum();
        let changes = own.iter().map(|(range, line)| view.change(piece, range.clone(), line)).collect();
        // Four plain blanks at a line's beginning are code to Markdown; odd ones are not.
        let is_indented = own.iter().any(|(range, _)| text[range.clone()].starts_with(is_odd_space));
        let applicability = if is_indented { Applicability::Unsafe } else { Applicability::Safe };
        sink.report(
            Finding::at(view.at(piece, first.clone()), format!("{n} no-break or other odd spaces cost {saved} tokens"))
                .note(format!("in {} lines, the first of which this is", own.len()))
                .help("plain blanks take their place")
                .saves(view.saving(saved, piece, first.start))
                .fix("write plain blanks", applicability, changes),
        );
    }
}

/// In longer lines odd spaces stay: facts are looked for in each, which may cost its length for each it has.
const MAX_CHECKED: usize = 4096;

/// Lines outside code with odd spaces, and what they are without. Blanks at a line's end go if an odd one is among them.
fn lines(text: &str, fences: &[Range<usize>]) -> Vec<(Range<usize>, String)> {
    let mut found = Vec::new();
    let mut at = 0;
    for whole in text.split_inclusive('\n') {
        let line = whole.trim_end_matches(['\n', '\r']);
        let span = at..at + line.len();
        at += whole.len();
        if line.len() > MAX_CHECKED || !line.contains(is_odd_space) || protect::overlaps(fences, &span) {
            continue;
        }
        let end = line.trim_end_matches(|c| c == ' ' || c == '\t' || is_odd_space(c)).len();
        let kept = if line[end..].contains(is_odd_space) { &line[..end] } else { line };
        let plain: String = kept
            .char_indices()
            .map(|(at, c)| if is_odd_space(c) && !is_typographic(kept, at, c) { ' ' } else { c })
            .collect();
        let same_facts = protect::facts(line).map(str::trim_end).eq(protect::facts(&plain).map(str::trim_end));
        if plain != line && same_facts {
            found.push((span, plain));
        }
    }
    found
}

/// An odd space where a language's typography wants it.
fn is_typographic(line: &str, at: usize, c: char) -> bool {
    let before = line[..at].chars().next_back();
    let after = line[at + c.len_utf8()..].chars().next();
    after.is_some_and(|c| matches!(c, ':' | ';' | '!' | '?' | '»' | '%' | '€' | '–' | '—'))
        || before.is_some_and(|c| matches!(c, '«' | '–' | '—') || c.is_ascii_digit())
}

/// By the first bytes of these spaces in UTF-8, which English text hardly has.
fn has_odd_space(text: &str) -> bool {
    memchr::memchr2_iter(b'\xc2', b'\xe2', text.as_bytes())
        .any(|at| text[at..].chars().next().is_some_and(is_odd_space))
}

fn is_odd_space(c: char) -> bool {
    matches!(c, '\u{a0}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}')
}
