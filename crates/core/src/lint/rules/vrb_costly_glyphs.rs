//! `costly-glyphs`: lines and boxes drawn with special characters.

use std::ops::Range;

use crate::lint::diagnostic::{Applicability, Finding, Severity};
use crate::lint::rule::{Check, Default, Evidence, OptionSpec};
use crate::lint::sink::Sink;
use crate::lint::view::View;

rule! {
    /// Boxes, trees and lines drawn with box-drawing characters, where ASCII would cost less.
    ///
    /// ## Why
    ///
    /// A tokenizer knows long runs of `-` and `=` as one token; of box-drawing characters it knows few runs. What ASCII
    /// would save is measured for the model: a tree of plain `├──` often costs no more and is then left alone.
    ///
    /// ## Example
    ///
    /// ```text
    /// ╔══════════════╗
    /// ║ House rules  ║
    /// ╚══════════════╝
    /// ```
    ///
    /// ## Fix
    ///
    /// Unsafe: draws the same with `+`, `-`, `=`, `|`.
    ///
    /// ## Options
    ///
    /// - `min_tokens`: least tokens that ASCII saves in the prompt.
    ///
    /// ## Limits
    ///
    /// Runs of `=`, `-`, `*` and `#`, indentation, blank lines and trailing blanks are cheap and never flagged.
    "costly-glyphs",
    code: "VRB009",
    severity: Severity::Info,
    is_default: true,
    is_cost: true,
    evidence: Evidence {
        source: "measured: a box line of 60 characters is 11 tokens (o200k_base) or 33 (cl100k_base), 80 `=` are 1",
        date: "2026-11-22",
    },
    options: &[OptionSpec { name: "min_tokens", default: Default::Int(40), about: "least tokens that ASCII saves" }],
    check: Check::Prompt(check),
}

/// What draws about the same in ASCII.
fn ascii(c: char) -> Option<char> {
    Some(match c {
        '─' | '━' | '┄' | '┅' | '┈' | '┉' | '╌' | '╍' | '╴' | '╶' | '╸' | '╺' | '╼' | '╾' => {
            '-'
        }
        '═' => '=',
        '│' | '┃' | '┆' | '┇' | '┊' | '┋' | '╎' | '╏' | '║' | '╵' | '╷' | '╹' | '╻' | '╽' | '╿' | '├' | '┝' | '┞'
        | '┟' | '┠' | '┡' | '┢' | '┣' => '|',
        '\u{2500}'..='\u{257f}' => '+',
        '\u{2580}'..='\u{2593}' => '#',
        _ => return None,
    })
}

fn check(view: &View<'_>, sink: &mut Sink<'_>) {
    for (piece, of) in view.instructions() {
        let text = of.as_str();
        // Their first two bytes in UTF-8.
        if memchr::memmem::find(text.as_bytes(), b"\xe2\x94").is_none()
            && memchr::memmem::find(text.as_bytes(), b"\xe2\x95").is_none()
            && memchr::memmem::find(text.as_bytes(), b"\xe2\x96").is_none()
        {
            continue;
        }
        let edits = edits(text);
        let Some((first, _)) = edits.first() else { continue };
        let saved = view.tokens_saved(piece, &edits);
        if !view.is_worth(saved) {
            continue;
        }
        let last = edits.last().map_or(first.end, |(range, _)| range.end);
        let n: usize = edits.iter().map(|(range, _)| text[range.clone()].chars().count()).sum();
        let fix = edits.iter().map(|(range, line)| view.change(piece, range.clone(), line)).collect();
        sink.report(
            Finding::at(
                view.at(piece, first.start..last),
                format!("{n} box-drawing characters cost {saved} tokens more than ASCII"),
            )
            .help("draw with `-`, `=`, `|` and `+`, or use indentation")
            .saves(view.saving(saved, piece, first.start))
            .fix("draw it in ASCII", Applicability::Unsafe, fix),
        );
    }
}

/// Each run of such characters, in ASCII.
fn edits(text: &str) -> Vec<(Range<usize>, String)> {
    let mut edits: Vec<(Range<usize>, String)> = Vec::new();
    for (at, c) in text.char_indices() {
        let Some(plain) = ascii(c) else { continue };
        let end = at + c.len_utf8();
        match edits.last_mut() {
            Some((range, run)) if range.end == at => {
                range.end = end;
                run.push(plain);
            }
            _ => edits.push((at..end, plain.to_string())),
        }
    }
    edits
}
