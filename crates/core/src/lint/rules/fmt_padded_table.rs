//! `padded-table`: columns aligned with blanks.

use crate::lint::data;
use crate::lint::diagnostic::{Applicability, Finding, Severity};
use crate::lint::rule::{Check, Default, Evidence, OptionSpec};
use crate::lint::sink::Sink;
use crate::lint::view::View;

rule! {
    /// A Markdown table whose columns are aligned with blanks and dashes.
    ///
    /// ## Why
    ///
    /// Models read a table by its bars; the padding is billed in every call.
    ///
    /// ## Example
    ///
    /// ```markdown
    /// | name      | colour |
    /// |-----------|--------|
    /// | apple     | red    |
    /// ```
    ///
    /// says the same as
    ///
    /// ```markdown
    /// |name|colour|
    /// |-|-|
    /// |apple|red|
    /// ```
    ///
    /// ## Fix
    ///
    /// Safe: the table keeps its cells. It is the edit that `promptopt optimize` makes (`markdown_table`).
    ///
    /// ## Options
    ///
    /// - `min_tokens`: a smaller saving is left alone.
    ///
    /// ## Limits
    ///
    /// A table with one blank around its cells is not padded, though it too could be written closer. A table that shows the
    /// form of the answer is left alone.
    "padded-table",
    code: "FMT006",
    severity: Severity::Info,
    is_default: true,
    is_cost: true,
    evidence: Evidence { source: "measured: 18.6 % of a padded table's tokens (o200k_base)", date: "2026-11-22" },
    options: &[OptionSpec { name: "min_tokens", default: Default::Int(12), about: "least tokens saved" }],
    check: Check::Prompt(check),
}

/// Whether there is a row, which begins with a bar, with two blanks in it.
fn may_be_padded(text: &str) -> bool {
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(bar) = memchr::memchr(b'|', &bytes[at..]) {
        let bar = at + bar;
        let start = memchr::memrchr(b'\n', &bytes[at..bar]).map_or(at, |newline| at + newline + 1);
        let end = memchr::memchr(b'\n', &bytes[bar..]).map_or(bytes.len(), |newline| bar + newline);
        let line = text[start..end].trim();
        if line.starts_with('|') && memchr::memmem::find(line.as_bytes(), b"  ").is_some() {
            return true;
        }
        at = end;
    }
    false
}

fn check(view: &View<'_>, sink: &mut Sink<'_>) {
    if !view.prompt.pieces.iter().any(|piece| may_be_padded(piece.as_str())) {
        return;
    }
    for edit in view.transform("markdown_table") {
        let Some(piece) = view.prompt.pieces.get(edit.segment) else { continue };
        // Aligned: a cell somewhere is filled up with blanks.
        let table = &piece.as_str()[edit.span.clone()];
        let is_padded = table.lines().any(|line| line.trim().contains("  "));
        // Cells to be filled in, or words about the answer before it: the answer is to look like this.
        let is_form = ["| ...", "| …", "| [", "| {", "| <", "| $"].iter().any(|cell| table.contains(cell));
        if !is_padded
            || is_form
            || data::is_form(piece.as_str(), edit.span.start)
            || !view.is_worth(edit.tokens_saved.cast_signed())
        {
            continue;
        }
        let span = view.at(edit.segment, edit.span.clone());
        let fix = view.change(edit.segment, edit.span.clone(), &edit.replacement).map(|change| vec![change]);
        sink.report(
            Finding::at(span, format!("padding in a table costs {} tokens", edit.tokens_saved))
                .saves(view.saving(edit.tokens_saved.cast_signed(), edit.segment, edit.span.start))
                .fix("remove the padding", Applicability::Safe, fix),
        );
    }
}
