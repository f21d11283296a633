//! `pretty-json`: indented JSON that nobody reads.

use crate::lint::data::{self, DataEdit};
use crate::lint::diagnostic::{Applicability, Finding, Severity};
use crate::lint::rule::{Check, Default, Evidence, OptionSpec};
use crate::lint::sink::Sink;
use crate::lint::view::View;

rule! {
    /// Data sent as JSON with line ends and indentation.
    ///
    /// ## Why
    ///
    /// The model reads compact JSON as well; the layout is a third of its tokens. How deep it is indented makes no
    /// difference: two blanks cost what four cost.
    ///
    /// ## Example
    ///
    /// A tool's result made by `json.dumps(result, indent=2)`.
    ///
    /// ## Fix
    ///
    /// Safe in results of tools and documents: the same JSON value, numbers as spelt, keys in their order. Unsafe in
    /// messages and instructions, where JSON may be there to be imitated. It is the edit of `promptopt optimize`
    /// (`json_compact`).
    ///
    /// ## Options
    ///
    /// - `min_tokens`: a smaller saving is left alone.
    ///
    /// ## Limits
    ///
    /// JSON in code fences, and short JSON in instructions, is mostly the form of the answer and left alone; there only
    /// lists of eight records and more are data.
    "pretty-json",
    code: "FMT001",
    severity: Severity::Warning,
    is_default: true,
    is_cost: true,
    evidence: Evidence {
        source: "measured: 200 records, 14,219 tokens indented, 9,419 compact (o200k_base); accuracy the same (TOON benchmark: 73.3 and 72.4 %)",
        date: "2026-11-22",
    },
    options: &[OptionSpec { name: "min_tokens", default: Default::Int(16), about: "least tokens saved" }],
    check: Check::Prompt(check),
}

fn check(view: &View<'_>, sink: &mut Sink<'_>) {
    report(view, sink, true, "indented JSON", "write it compact");
}

/// JSON data whose shortest form saves: over several lines, or in one. What is certain to be data is one finding a prompt,
/// as one line of a program makes it all.
pub(super) fn report(view: &View<'_>, sink: &mut Sink<'_>, is_pretty: bool, what: &str, title: &str) {
    let all: Vec<DataEdit> = data::edits(view, "json_compact")
        .into_iter()
        .filter(|DataEdit { edit, .. }| {
            let piece = view.prompt.pieces.get(edit.segment);
            piece.is_some_and(|piece| piece.as_str()[edit.span.clone()].contains('\n') == is_pretty)
        })
        .collect();
    let (certain, other): (Vec<DataEdit>, Vec<DataEdit>) = all.into_iter().partition(|edit| edit.is_certain);
    let groups = std::iter::once((certain, Applicability::Safe))
        .chain(other.into_iter().map(|edit| (vec![edit], Applicability::Unsafe)));
    for (group, applicability) in groups {
        let saved = group.iter().map(|of| of.edit.tokens_saved).sum::<u64>().cast_signed();
        let Some(DataEdit { edit, .. }) = group.first().filter(|_| view.is_worth(saved)) else { continue };
        let place = match group.len() {
            1 => String::new(),
            n => format!(" in {n} places"),
        };
        let changes =
            group.iter().map(|of| view.change(of.edit.segment, of.edit.span.clone(), &of.edit.replacement)).collect();
        let mut finding = Finding::at(
            view.at(edit.segment, edit.span.clone()),
            format!("{what}{place} costs {saved} tokens more than compact JSON"),
        )
        .help("serialise it without white space (Python: `separators=(\",\", \":\")`)")
        .saves(view.saving(saved, edit.segment, edit.span.start))
        .fix(title, applicability, changes);
        for of in group.iter().skip(1).take(4) {
            finding = finding.label(view.at(of.edit.segment, of.edit.span.clone()), "and here");
        }
        sink.report(finding);
    }
}
