//! A line a finding, for people who grep and editors that jump: `path:line:column: CODE message [saves …]`.

use super::{Findings, saving};
use crate::render::clean;

pub(super) fn concise(findings: &Findings<'_>) -> String {
    let mut out = String::new();
    for diagnostic in findings.shown() {
        let place = findings.source(diagnostic).position(diagnostic.finding.span.start);
        let fix = match findings.changes(diagnostic) {
            Some((_, applicability, _)) => match applicability.name() {
                "safe" => " [*]",
                "unsafe" => " [unsafe fix]",
                _ => "",
            },
            None => "",
        };
        let saving = saving::short(diagnostic).map(|saving| format!(" [{saving}]")).unwrap_or_default();
        out.push_str(&format!(
            "{}:{}:{}: {}{fix} {}{saving}\n",
            clean(&diagnostic.path),
            place.line,
            place.column,
            diagnostic.rule.code,
            findings.words(diagnostic, &diagnostic.finding.message),
        ));
    }
    out
}
