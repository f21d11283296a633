//! `unescaped-brace`: a brace of JSON where `format` expects a field.

use std::ops::Range;

use crate::lint::diagnostic::{Applicability, Finding, Severity};
use crate::lint::file::Piece;
use crate::lint::rule::{Check, Evidence};
use crate::lint::sink::Sink;
use crate::lint::template::Syntax;
use crate::lint::view::View;

rule! {
    /// A sample of JSON or code in a text that `format` fills in, with its braces not doubled.
    ///
    /// ## Why
    ///
    /// Every single brace begins a field: the call raises `KeyError` or `ValueError` before a model is asked. In an f-string
    /// `{"a": 1}` is the value `"a"` in the format ` 1`, which raises too.
    ///
    /// ## Example
    ///
    /// ```python
    /// PROMPT = 'Answer as {"score": 1}. Text: {text}'
    /// PROMPT.format(text=text)
    /// ```
    ///
    /// ## Fix
    ///
    /// Safe: the braces are doubled, which is what `format` takes for one. As it stands the call fails.
    ///
    /// ## Limits
    ///
    /// Only where the file itself shows that the text is filled in by `format`.
    "unescaped-brace",
    code: "TPL004",
    severity: Severity::Error,
    is_default: true,
    is_cost: false,
    evidence: Evidence { source: "docs.python.org, format string syntax; tried with Python 3.11", date: "2026-11-26" },
    options: &[],
    check: Check::Prompt(check),
}

fn check(view: &View<'_>, sink: &mut Sink<'_>) {
    if view.prompt.syntax != Syntax::Braces || view.file.format != "python" {
        return;
    }
    let is_formatted = view.prompt.variables.is_some();
    for (index, piece) in view.prompt.pieces.iter().enumerate() {
        let broken = piece.slots.iter().find(|slot| is_json(&slot.code));
        if let Some(slot) = broken {
            sink.report(
                Finding::at(
                    view.at(index, slot.span.clone()),
                    "in an f-string this is a value with a format, not JSON",
                )
                .help("double its braces: `{{` and `}}`"),
            );
        } else if is_formatted {
            let braces = lone(piece);
            let Some(first) = braces.first() else { continue };
            // Where some are doubled already, `}}` may be one brace or two: that is for the author to say.
            let changes = braces.iter().map(|at| {
                let brace = &piece.as_str()[at.clone()];
                view.change(index, at.clone(), &brace.repeat(2)).filter(|_| !piece.as_str().contains("{{"))
            });
            let message = if braces.len() == 1 {
                "a brace that `format` takes for the edge of a field".to_owned()
            } else {
                format!("{} braces that `format` takes for edges of fields", braces.len())
            };
            sink.report(
                Finding::at(view.at(index, first.clone()), message)
                    .help("double braces that are meant as such: `{{` and `}}`")
                    .fix("double the braces", Applicability::Safe, changes.collect()),
            );
        }
    }
}

/// `"name": …` as the code of a slot.
fn is_json(code: &str) -> bool {
    let Some(quote) = code.chars().next().filter(|quote| matches!(quote, '"' | '\'')) else { return false };
    code[1..].split_once(quote).is_some_and(|(_, rest)| rest.trim_start().starts_with(": "))
}

/// Braces that are neither doubled nor the edge of a slot. Where no opening one is doubled, two closing ones are two.
fn lone(piece: &Piece) -> Vec<Range<usize>> {
    let text = piece.as_str();
    let bytes = text.as_bytes();
    let has_doubled = text.contains("{{");
    let mut found = Vec::new();
    let mut slots = piece.slots.iter().filter(|slot| !slot.code.is_empty()).peekable();
    let mut at = 0;
    while let Some(next) = bytes.get(at..).and_then(|rest| memchr::memchr2(b'{', b'}', rest)) {
        at += next;
        while slots.next_if(|slot| slot.span.end <= at).is_some() {}
        if let Some(slot) = slots.peek()
            && slot.span.start <= at
        {
            at = slot.span.end;
        } else if has_doubled && bytes.get(at + 1) == Some(&bytes[at]) {
            at += 2;
        } else {
            found.push(at..at + 1);
            at += 1;
        }
    }
    // Closing ones alone are no JSON: `}}` by itself is a brace.
    if found.iter().all(|brace| bytes[brace.start] == b'}') {
        found.clear();
    }
    found
}
