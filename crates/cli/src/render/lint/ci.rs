//! Findings as continuous integration shows them: annotations of a GitHub workflow, Code Quality of GitLab.

use promptopt::error::Result;
use promptopt::lint::{Diagnostic, Severity};
use serde_json::{Value, json};

use super::{Findings, saving};
use crate::render::clean;
use crate::render::json::pretty;

/// Workflow commands:
/// <https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands>. GitHub shows ten of each kind a
/// step; the rest stands in the log.
pub(super) fn github(findings: &Findings<'_>) -> String {
    let mut out = String::new();
    for diagnostic in findings.shown() {
        let source = findings.source(diagnostic);
        let span = &diagnostic.finding.span;
        let (start, end) = (source.position(span.start), source.position(span.end));
        let command = match diagnostic.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Info => "notice",
        };
        // A column counts only where the finding stands on one line; GitHub refuses the other combination.
        let columns = if start.line == end.line {
            format!(",col={},endColumn={}", start.column, end.column.max(start.column))
        } else {
            String::new()
        };
        out.push_str(&format!(
            "::{command} file={},line={}{columns},endLine={},title={}::{}\n",
            property(&clean(&diagnostic.path)),
            start.line,
            end.line,
            property(&format!("promptopt {} {}", diagnostic.rule.code, diagnostic.rule.name)),
            data(&said(findings, diagnostic).join("\n")),
        ));
    }
    out
}

/// Code Quality: <https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format>.
pub(super) fn gitlab(findings: &Findings<'_>) -> Result<String> {
    let issues: Vec<Value> = findings
        .shown()
        .iter()
        .map(|diagnostic| {
            let source = findings.source(diagnostic);
            let span = &diagnostic.finding.span;
            let severity = match diagnostic.severity {
                Severity::Error => "critical",
                Severity::Warning => "major",
                Severity::Info => "info",
            };
            json!({
                "description": said(findings, diagnostic).join(". "),
                "check_name": format!("{} {}", diagnostic.rule.code, diagnostic.rule.name),
                "fingerprint": findings.fingerprints.get(diagnostic),
                "severity": severity,
                "location": {
                    "path": diagnostic.path,
                    "lines": { "begin": source.position(span.start).line, "end": source.position(span.end).line },
                },
            })
        })
        .collect();
    pretty(&issues)
}

/// The message, what it saves, what to do.
pub(super) fn said(findings: &Findings<'_>, diagnostic: &Diagnostic) -> Vec<String> {
    let mut said = vec![findings.words(diagnostic, &diagnostic.finding.message)];
    said.extend(saving::long(diagnostic).map(|(verb, saving)| format!("{verb} {saving}")));
    said.extend(diagnostic.finding.help.as_ref().map(|help| format!("help: {}", findings.words(diagnostic, help))));
    said
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_workflow_command_would_take_for_its_own_is_escaped() {
        assert_eq!(data("50 % a,b: c\nd"), "50 %25 a,b: c%0Ad");
        assert_eq!(property("C:\\x,y%"), "C%3A\\x%2Cy%25");
    }
}
