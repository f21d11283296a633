//! `ascii-escaped`: letters written as escapes.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use crate::compress::protect::overlaps;
use crate::lint::diagnostic::{Applicability, Finding, Severity};
use crate::lint::rule::{Check, Default, Evidence, OptionSpec};
use crate::lint::sink::Sink;
use crate::lint::view::View;
use crate::text::json::escape_at;

rule! {
    /// Text in which letters stand as `\uXXXX`: the model reads the escapes.
    ///
    /// ## Why
    ///
    /// An escape takes three to six tokens, the letter one or less. It comes from JSON put into a JSON string with
    /// `ensure_ascii`, which is on unless switched off in Python's `json.dumps`.
    ///
    /// ## Example
    ///
    /// A tool's result that says `{"city":"K\u00f6ln"}` to the model, where it could say `{"city":"Köln"}`.
    ///
    /// ## Fix
    ///
    /// Safe inside JSON, where both are the same; unsafe elsewhere. Control characters and lone surrogates stay.
    ///
    /// ## Options
    ///
    /// - `min_tokens`: a smaller saving is left alone.
    ///
    /// ## Limits
    ///
    /// Escapes in code and in ranges (`\u4e00-\u9fff`) are meant and left alone.
    "ascii-escaped",
    code: "FMT004",
    severity: Severity::Warning,
    is_default: true,
    is_cost: true,
    evidence: Evidence { source: "measured: 3,300 tokens escaped, 900 as text (o200k_base)", date: "2026-11-22" },
    options: &[OptionSpec { name: "min_tokens", default: Default::Int(16), about: "least tokens saved" }],
    check: Check::Prompt(check),
}

#[allow(clippy::unwrap_used, reason = "the pattern is constant; the cases build it")]
static ESCAPES: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"(?:\\u[0-9a-fA-F]{4})+").unwrap());

fn check(view: &View<'_>, sink: &mut Sink<'_>) {
    for (piece, of) in view.prompt.pieces.iter().enumerate() {
        let text = of.as_str();
        if !of.is_told() || memchr::memmem::find(text.as_bytes(), b"\\u").is_none() {
            continue;
        }
        let edits: Vec<(Range<usize>, String)> = view
            .prose(piece)
            .find(text, &ESCAPES)
            .into_iter()
            .filter(|range| !is_range(text, range))
            .filter_map(|range| Some((range.clone(), decoded(&text[range])?)))
            .collect();
        let Some((first, _)) = edits.first() else { continue };
        let n: usize = edits.iter().map(|(_, letters)| letters.chars().count()).sum();
        // A few escapes are spoken of.
        if n < 4 {
            continue;
        }
        let saved = view.tokens_saved(piece, &edits);
        if !view.is_worth(saved) {
            continue;
        }
        let json: Vec<Range<usize>> = view
            .transform_data("json_compact")
            .into_iter()
            .filter(|edit| edit.segment == piece)
            .map(|edit| edit.span)
            .collect();
        let is_json = edits.iter().all(|(range, _)| overlaps(&json, range));
        // Among a program's lines an escape is the program's.
        if !is_json && looks_like_code(text, first.start) {
            continue;
        }
        let applicability = if is_json { Applicability::Safe } else { Applicability::Unsafe };
        let changes = edits.iter().map(|(range, letters)| view.change(piece, range.clone(), letters)).collect();
        sink.report(
            Finding::at(
                view.at(piece, first.clone()),
                format!("{n} letters are written as escapes: {saved} tokens more than the letters"),
            )
            .help("serialise with `ensure_ascii=False` (Python) before it goes into the message")
            .saves(view.saving(saved, piece, first.start))
            .fix("write the letters", applicability, changes),
        );
    }
}

/// The characters of a run of escapes; `None` if one of them has to stay.
fn decoded(mut run: &str) -> Option<String> {
    let mut out = String::new();
    while !run.is_empty() {
        let (c, n_bytes) = escape_at(run)?;
        if c.is_ascii() || c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{200b}'..='\u{200f}')
        {
            return None;
        }
        out.push(c);
        run = run.get(n_bytes..)?;
    }
    Some(out)
}

/// One end of `a-b`, the beginning of a set of characters, or escaped once more.
fn is_range(text: &str, range: &Range<usize>) -> bool {
    let (before, after) = (&text[..range.start], &text[range.end..]);
    let is_one = range.len() == r"\u0000".len();
    before.ends_with(['\\', '[']) || is_one && (after.starts_with("-\\u") || before.ends_with('-'))
}

fn looks_like_code(text: &str, at: usize) -> bool {
    let from = text[..at].rfind('\n').map_or(0, |line| line + 1);
    let to = text[at..].find('\n').map_or(text.len(), |line| at + line);
    let line = &text[from..to];
    ["const ", "let ", "var ", "return ", "re.compile", "RegExp", "def ", " = \"", " = '", ");", "u\"", "u'"]
        .iter()
        .any(|sign| line.contains(sign))
}
