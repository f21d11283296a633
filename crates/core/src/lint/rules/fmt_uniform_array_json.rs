//! `uniform-array-json`: records with the same keys, each time.

use crate::lint::data;
use crate::lint::diagnostic::{Finding, Severity};
use crate::lint::rule::{Check, Default, Evidence, OptionSpec};
use crate::lint::sink::Sink;
use crate::lint::view::View;
use crate::text::json::{Json, Kind, push_compact};

rule! {
    /// A list of records as JSON objects that all have the same keys.
    ///
    /// ## Why
    ///
    /// The keys are written once a record: a table says them once and has a third fewer tokens than compact JSON.
    ///
    /// ## Example
    ///
    /// ```json
    /// [{"id":1,"name":"oak"},{"id":2,"name":"elm"},{"id":3,"name":"ash"}]
    /// ```
    ///
    /// ## Options
    ///
    /// - `min_rows`: shorter lists are left alone.
    /// - `min_tokens`: a smaller saving against compact JSON is left alone.
    ///
    /// ## Limits
    ///
    /// No fix: one benchmark has models answer a little less well from CSV (67.8 %) than from JSON (72.4 %). Measure with
    /// your own questions (`promptopt eval`), or use `promptopt optimize`, whose tables can be decoded.
    "uniform-array-json",
    code: "FMT003",
    severity: Severity::Info,
    is_default: true,
    is_cost: true,
    evidence: Evidence { source: "measured: CSV 36 % below compact JSON (o200k_base); accuracy from the TOON benchmark", date: "2026-11-22" },
    options: &[
        OptionSpec { name: "min_rows", default: Default::Int(8), about: "least records" },
        OptionSpec { name: "min_tokens", default: Default::Int(40), about: "least tokens saved against compact JSON" },
    ],
    check: Check::Prompt(check),
}

fn check(view: &View<'_>, sink: &mut Sink<'_>) {
    let min_rows = usize::try_from(view.int("min_rows")).unwrap_or(0);
    for data::DataEdit { edit, .. } in data::edits(view, "json_table") {
        let Some(piece) = view.prompt.pieces.get(edit.segment) else { continue };
        let json = &piece.as_str()[edit.span.clone()];
        let Ok(parsed) = Json::parse(json) else { continue };
        let rows = |value: crate::text::json::Value<'_, '_>| match value.kind() {
            Kind::Array => value.children().filter(|child| child.kind() == Kind::Object).count(),
            _ => 0,
        };
        let n_rows = parsed.root().descendants().map(rows).max().unwrap_or(0);
        let mut compact = String::new();
        push_compact(&mut compact, json);
        let saved = view.target.count(&compact).cast_signed() - view.target.count(&edit.replacement).cast_signed();
        if n_rows < min_rows || !view.is_worth(saved) {
            continue;
        }
        sink.report(
            Finding::at(
                view.at(edit.segment, edit.span.clone()),
                format!("{n_rows} records repeat their keys: a table has {saved} tokens fewer than compact JSON"),
            )
            .help("write the keys once, as CSV or a table, if your questions are answered as well from it")
            .saves(view.saving(saved, edit.segment, edit.span.start)),
        );
    }
}
