//! Findings as `JUnit` XML: a suite a file, a case a finding. What would not fail the command does not fail its case.

use std::collections::BTreeMap;

use promptopt::lint::Diagnostic;

use super::{Findings, ci};
use crate::args::FailOn;
use crate::render::clean;

pub(super) fn junit(findings: &Findings<'_>, fail_on: FailOn) -> String {
    let is_failure = |diagnostic: &&&Diagnostic| fail_on.is_met_by(diagnostic.severity);
    let shown = findings.shown();
    let mut out = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"promptopt lint\" tests=\"{}\" failures=\"{}\" errors=\"{}\">\n",
        shown.len() + n_clean(findings),
        shown.iter().filter(is_failure).count(),
        findings.run.errors.len(),
    );
    let mut by_path: BTreeMap<&str, Vec<&&Diagnostic>> = BTreeMap::new();
    for diagnostic in shown {
        by_path.entry(&diagnostic.path).or_default().push(diagnostic);
    }
    for checked in &findings.report.checked {
        let own = by_path.remove(&*checked.shown).unwrap_or_default();
        let path = escape(&checked.shown);
        let n_failures = own.iter().copied().filter(is_failure).count();
        out.push_str(&format!(
            "  <testsuite name=\"{path}\" tests=\"{}\" failures=\"{n_failures}\" errors=\"0\">\n",
            own.len().max(1)
        ));
        if own.is_empty() {
            out.push_str(&format!("    <testcase name=\"lint\" classname=\"{path}\"/>\n"));
        }
        for diagnostic in own {
            out.push_str(&case(findings, diagnostic, fail_on));
        }
        out.push_str("  </testsuite>\n");
    }
    if !findings.run.errors.is_empty() {
        let n = findings.run.errors.len();
        out.push_str(&format!("  <testsuite name=\"not read\" tests=\"{n}\" failures=\"0\" errors=\"{n}\">\n"));
        for error in &findings.run.errors {
            let error = escape(error);
            out.push_str(&format!(
                "    <testcase name=\"read\" classname=\"promptopt\"><error message=\"{error}\"/></testcase>\n"
            ));
        }
        out.push_str("  </testsuite>\n");
    }
    out.push_str("</testsuites>\n");
    out
}

fn n_clean(findings: &Findings<'_>) -> usize {
    findings.report.checked.len() - findings.sources.len()
}

fn case(findings: &Findings<'_>, diagnostic: &Diagnostic, fail_on: FailOn) -> String {
    let place = findings.source(diagnostic).position(diagnostic.finding.span.start);
    let name = format!("{} {} {}:{}", diagnostic.rule.code, diagnostic.rule.name, place.line, place.column);
    let said = ci::said(findings, diagnostic);
    let text = escape(&format!("{}:{}:{}: {}", diagnostic.path, place.line, place.column, said.join("; ")));
    let body = if fail_on.is_met_by(diagnostic.severity) {
        let message = escape(said.first().map_or("", String::as_str));
        format!("<failure message=\"{message}\" type=\"{}\">{text}</failure>", diagnostic.severity.name())
    } else {
        format!("<system-out>{text}</system-out>")
    };
    let (name, path) = (escape(&name), escape(&diagnostic.path));
    format!(
        "    <testcase name=\"{name}\" classname=\"{path}\" file=\"{path}\" line=\"{}\">{body}</testcase>\n",
        place.line
    )
}

/// Controls, which XML 1.0 cannot hold at all, are spelt out before.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in clean(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            // No characters, by the specification.
            '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_xml_cannot_hold_is_spelt_out() {
        assert_eq!(escape("<a href=\"x\">&\u{1b}[0m\u{0}"), "&lt;a href=&quot;x&quot;&gt;&amp;\\x1b[0m\\x00");
    }
}
