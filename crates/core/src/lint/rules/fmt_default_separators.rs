//! `default-separators`: blanks behind commas and colons of JSON.

use super::fmt_pretty_json::report;
use crate::lint::diagnostic::Severity;
use crate::lint::rule::{Check, Default, Evidence, OptionSpec};
use crate::lint::sink::Sink;
use crate::lint::view::View;

rule! {
    /// Data sent as JSON in one line, with a blank behind each comma and colon.
    ///
    /// ## Why
    ///
    /// It is what Python's `json.dumps` writes unless told otherwise; compact JSON has a fifth fewer tokens.
    ///
    /// ## Example
    ///
    /// ```json
    /// {"id": 1, "name": "oak", "height": 21.5}
    /// ```
    ///
    /// ## Fix
    ///
    /// Safe in results of tools and documents, else unsafe, as for `pretty-json`.
    ///
    /// ## Options
    ///
    /// - `min_tokens`: a smaller saving is left alone.
    "default-separators",
    code: "FMT002",
    severity: Severity::Warning,
    is_default: true,
    is_cost: true,
    evidence: Evidence { source: "measured: 21.6 % of the tokens of 200 records (o200k_base)", date: "2026-11-22" },
    options: &[OptionSpec { name: "min_tokens", default: Default::Int(16), about: "least tokens saved" }],
    check: Check::Prompt(check),
}

fn check(view: &View<'_>, sink: &mut Sink<'_>) {
    report(view, sink, false, "JSON with blanks behind commas and colons", "leave out the blanks");
}
