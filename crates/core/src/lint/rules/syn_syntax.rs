//! `syntax`: what could not be read.

use crate::lint::diagnostic::{Finding, Severity};
use crate::lint::rule::{Check, Evidence};
use crate::lint::sink::Sink;
use crate::lint::view::FileView;

rule! {
    /// A file, or a part of it, that its format does not allow.
    ///
    /// ## Why
    ///
    /// What cannot be read cannot be checked, and the provider or the template engine will refuse it too. Everything else in
    /// the file is checked all the same.
    ///
    /// ## Example
    ///
    /// ```json
    /// {"model": "gpt-6-luna", "messages": [}
    /// ```
    "syntax",
    code: "SYN001",
    severity: Severity::Error,
    is_default: true,
    is_cost: false,
    evidence: Evidence { source: "the format's own grammar (RFC 8259 for JSON, YAML 1.2, …)", date: "2026-11-22" },
    options: &[],
    check: Check::File(check),
}

fn check(view: &FileView<'_>, sink: &mut Sink<'_>) {
    for mistake in &view.file.mistakes {
        sink.report(Finding::at(mistake.span.clone(), mistake.message.clone()));
    }
}
