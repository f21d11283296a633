//! `odd-whitespace`: blanks that are no plain blanks.

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
    /// Safe outside code: plain blanks take their place. It is the edit of `promptopt optimize` (`whitespace`).
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
        // Lines of the optimizer's in which an odd space goes; trailing blanks are none.
        let own: Vec<_> = edits
            .iter()
            .filter(|edit| edit.segment == piece)
            .filter(|edit| {
                odd(&text[edit.span.clone()]) && !odd(&edit.replacement) && !is_typographic(&text[edit.span.clone()])
            })
            .map(|edit| (edit.span.clone(), edit.replacement.clone()))
            .collect();
        let Some((first, _)) = own.first() else { continue };
        let saved = view.tokens_saved(piece, &own);
        if !view.is_worth(saved) {
            continue;
        }
        let n: usize =
            own.iter().map(|(range, _)| text[range.clone()].chars().filter(|c| is_odd_space(*c)).count()).sum();
        let changes = own.iter().map(|(range, line)| view.change(piece, range.clone(), line)).collect();
        sink.report(
            Finding::at(view.at(piece, first.clone()), format!("{n} no-break or other odd spaces cost {saved} tokens"))
                .note(format!("in {} lines, the first of which this is", own.len()))
                .help("plain blanks take their place")
                .saves(view.saving(saved, piece, first.start))
                .fix("write plain blanks", Applicability::Safe, changes),
        );
    }
}

/// By the first bytes of these spaces in UTF-8, which English text hardly has.
fn has_odd_space(text: &str) -> bool {
    memchr::memchr2_iter(b'\xc2', b'\xe2', text.as_bytes())
        .any(|at| text[at..].chars().next().is_some_and(is_odd_space))
}

fn is_odd_space(c: char) -> bool {
    matches!(c, '\u{a0}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}')
}

/// All odd spaces of a line stand where a language's typography wants them.
fn is_typographic(line: &str) -> bool {
    line.char_indices().filter(|(_, c)| is_odd_space(*c)).all(|(at, c)| {
        let before = line[..at].chars().next_back();
        let after = line[at + c.len_utf8()..].chars().next();
        let is_digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
        after.is_some_and(|c| matches!(c, ':' | ';' | '!' | '?' | '»' | '%' | '€' | '–' | '—'))
            || before.is_some_and(|c| matches!(c, '«' | '–' | '—'))
            || is_digit(before)
    })
}
