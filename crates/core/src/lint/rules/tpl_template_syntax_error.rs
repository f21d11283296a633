//! `template-syntax-error`: a template that its engine refuses.

use std::ops::Range;

use crate::lint::diagnostic::{Finding, Severity};
use crate::lint::rule::{Check, Evidence};
use crate::lint::sink::Sink;
use crate::lint::template::{Slot, SlotKind, Syntax};
use crate::lint::view::View;

rule! {
    /// A block that is not closed, an end without a beginning, or braces that do not close, in Jinja or Handlebars.
    ///
    /// ## Why
    ///
    /// The engine raises an error at run time, in the branch of the program that uses this prompt.
    ///
    /// ## Example
    ///
    /// ```jinja
    /// {% if history %}Before: {{ history }}
    /// Question: {{ question }}
    /// ```
    ///
    /// ## Limits
    ///
    /// Blocks and delimiters only, not expressions. String constants of programs are left alone: they may be put together.
    "template-syntax-error",
    code: "TPL007",
    severity: Severity::Error,
    is_default: true,
    is_cost: false,
    evidence: Evidence { source: "jinja.palletsprojects.com (TemplateSyntaxError), handlebarsjs.com", date: "2026-11-26" },
    options: &[],
    check: Check::Prompt(check),
}

/// Blocks of Jinja, Nunjucks and Liquid that have an end.
const BLOCKS: &[&str] = &[
    "if",
    "for",
    "block",
    "macro",
    "raw",
    "verbatim",
    "with",
    "filter",
    "call",
    "unless",
    "case",
    "capture",
    "tablerow",
    "autoescape",
    "trans",
];

/// A block that is open: its name, its piece, its place there.
type Open = (String, usize, Range<usize>);

fn check(view: &View<'_>, sink: &mut Sink<'_>) {
    let prompt = view.prompt;
    let is_handlebars = prompt.syntax == Syntax::Handlebars;
    if !(is_handlebars || prompt.syntax == Syntax::Jinja)
        || matches!(view.file.format, "python" | "typescript" | "rust")
    {
        return;
    }
    let ends: Vec<&str> = prompt.pieces.iter().flat_map(|piece| &piece.slots).filter_map(|slot| end(slot)).collect();
    let mut open: Vec<Open> = Vec::new();
    for (index, piece) in prompt.pieces.iter().enumerate() {
        for slot in piece.slots.iter().filter(|slot| slot.kind == SlotKind::Control) {
            let step = if is_handlebars { handlebars(&slot.code) } else { jinja(&slot.code, &ends) };
            match step {
                Step::Opens(name) => open.push((name.to_owned(), index, slot.span.clone())),
                Step::Closes(name) => match open.pop() {
                    Some((opened, ..)) if opened == name => {}
                    Some((opened, at, span)) => {
                        sink.report(
                            Finding::at(
                                view.at(index, slot.span.clone()),
                                format!("`{name}` ends where `{opened}` is open"),
                            )
                            .label(view.at(at, span), "opened here"),
                        );
                        // What follows would be said again and again.
                        return;
                    }
                    None => {
                        sink.report(Finding::at(
                            view.at(index, slot.span.clone()),
                            format!("`{name}` ends but was not opened"),
                        ));
                        return;
                    }
                },
                Step::Inside if open.is_empty() => {
                    sink.report(Finding::at(
                        view.at(index, slot.span.clone()),
                        format!(
                            "`{}` stands outside any block",
                            slot.code.split_whitespace().next().unwrap_or_default()
                        ),
                    ));
                    return;
                }
                Step::Inside | Step::Other => {}
            }
        }
        if let Some(at) = unclosed(piece.as_str(), &piece.slots) {
            sink.report(Finding::at(
                view.at(index, at..at + 2),
                format!("`{}` does not close", &piece.as_str()[at..at + 2]),
            ));
            return;
        }
    }
    for (name, index, span) in open {
        sink.report(Finding::at(view.at(index, span), format!("`{name}` is not closed")));
    }
}

enum Step<'a> {
    Opens(&'a str),
    Closes(&'a str),
    Inside,
    Other,
}

fn first_word(code: &str) -> &str {
    code.split(|c: char| c.is_whitespace() || c == '(').next().unwrap_or_default()
}

/// The block that a slot of Jinja ends.
fn end(slot: &Slot) -> Option<&str> {
    first_word(&slot.code).strip_prefix("end").filter(|_| slot.kind == SlotKind::Control)
}

fn jinja<'a>(code: &'a str, ends: &[&str]) -> Step<'a> {
    let word = first_word(code);
    if let Some(block) = word.strip_prefix("end").filter(|block| !block.is_empty()) {
        return Step::Closes(block);
    }
    match word {
        "else" | "elif" | "elsif" | "elseif" | "when" => Step::Inside,
        // `{% set x %}…{% endset %}`; with a value it is no block.
        "set" if !code.contains('=') => Step::Opens(word),
        "set" => Step::Other,
        _ if BLOCKS.contains(&word) || ends.contains(&word) => Step::Opens(word),
        _ => Step::Other,
    }
}

fn handlebars(code: &str) -> Step<'_> {
    let rest = code.trim_start_matches('~');
    let Some(sign) = rest.chars().next() else { return Step::Other };
    let name = first_word(rest[sign.len_utf8()..].trim_start_matches(['>', '*', ' ']));
    match sign {
        '#' => Step::Opens(name),
        '^' if !name.is_empty() => Step::Opens(name),
        '/' => Step::Closes(name.trim_end_matches('~')),
        _ => Step::Other,
    }
}

/// Where a delimiter opens that nothing closes.
fn unclosed(text: &str, slots: &[Slot]) -> Option<usize> {
    let last = slots.last().map_or(0, |slot| slot.span.end);
    let rest = text.get(last..)?;
    // `{{` in prose about templates may be meant; before a name it is not.
    let found = rest.match_indices("{{").chain(rest.match_indices("{%")).find(|(at, open)| {
        let inner = rest[at + 2..].trim_start_matches(['-', '~', '#', '/']).trim_start();
        let close = if *open == "{{" { "}}" } else { "%}" };
        inner.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') && !inner.contains(close)
    });
    let (at, _) = found?;
    // A line that says so in code quotes it.
    let line = rest[..at].rsplit('\n').next().unwrap_or_default();
    (line.matches('`').count() % 2 == 0).then_some(last + at)
}
