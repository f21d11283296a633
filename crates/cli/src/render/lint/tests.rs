//! Forms of findings that the rules on small files do not show: other places, secrets, spans of every kind.

use promptopt::lint::diagnostic::{Applicability, Change, Finding, Saving};
use promptopt::lint::lines::Lines;
use promptopt::lint::runner::{Checked, Report};
use promptopt::lint::{Diagnostic, RULES};
use promptopt::usd::Usd;

use super::*;
use crate::args::{ScreenArgs, ShowFindingsArgs};

fn report(text: &str, found: Vec<Finding>) -> Report {
    let diagnostic = |finding| Diagnostic {
        rule: RULES[0],
        severity: Severity::Warning,
        path: "prompts/a.md".to_owned(),
        finding,
        calls_per_month: Some(150_000),
    };
    Report {
        diagnostics: found.into_iter().map(diagnostic).collect(),
        checked: vec![Checked {
            shown: "prompts/a.md".to_owned(),
            text: text.to_owned(),
            lines: Lines::of(text),
            ..Checked::default()
        }],
        errors: Vec::new(),
    }
}

fn show(report: &Report, output: LintForm) -> String {
    let args = ShowFindingsArgs { output, ..ShowFindingsArgs::default() };
    let screen = ScreenArgs { color: crate::args::ColorChoice::Never, width: Some(80), no_progress: true };
    render(&Findings::new(report, &args, Run::default()), &args, &Settings::read(&screen)).unwrap()
}

const FORMS: [LintForm; 8] = [
    LintForm::Text,
    LintForm::Concise,
    LintForm::Json,
    LintForm::Sarif,
    LintForm::Github,
    LintForm::Gitlab,
    LintForm::Junit,
    LintForm::Markdown,
];

#[test]
fn other_places_are_shown_where_they_are_and_money_by_call_and_month() {
    let text = "Answer in JSON.\nBe kind.\n\n\n\n\n\n\nAnswer in JSON.\n";
    let saving = Saving { tokens: Some(4), usd_per_1k: Some(Usd::parse("0.01").unwrap()), usd_per_1k_cached: None };
    let finding = Finding::at(31..46, "says again what line 1 says")
        .label(0..15, "said here first")
        .saves(saving)
        .help("leave one of them");
    let shown = show(&report(text, vec![finding]), LintForm::Text);
    let expected = "\
warning[SYN001 syntax]: says again what line 1 says
 --> prompts/a.md:9:1
  |
9 | Answer in JSON.
  | ^^^^^^^^^^^^^^^
  |
 ::: prompts/a.md:1:1
  |
1 | Answer in JSON.
  | --------------- said here first
  |
  = saves: 4 tokens a call: $0.010 per 1,000 calls, $1.50 a month at 150,000
           calls
  = help: leave one of them
";
    assert!(shown.starts_with(expected), "{shown}");
}

#[test]
fn a_secret_is_in_no_form() {
    let text = "Use the key sk-live-0123456789abcdef for it.\n| a |\n";
    let secret = 12..35;
    let found =
        Finding::at(secret.clone(), "a key").redact(secret.clone()).help("take it out: sk-live-0123456789abcdef");
    let near = Finding::at(8..40, "quotes sk-live-0123456789abcdef").fix(
        "say it again",
        Applicability::Safe,
        Some(vec![Change { span: 8..40, text: "key sk-live-0123456789abcdef for".to_owned() }]),
    );
    let report = report(text, vec![near, found]);
    for form in FORMS {
        let shown = show(&report, form);
        assert!(!shown.contains("0123456789"), "{form:?}: {shown}");
        assert!(shown.contains('…'), "{form:?}: {shown}");
    }
}

#[test]
fn every_span_of_an_odd_text_is_shown_in_every_form() {
    for text in ["", "\n", "é\r\n\t漢\u{202e}\u{1b}🦀\r\n\r\nend", "\u{feff}a\nb\nc\nd\ne\nf\ng\nh\n"] {
        for start in 0..=text.len() + 1 {
            for end in start..=text.len() + 2 {
                let finding = Finding::at(start..end, "x").label(0..start, "y").redact(start..start + 1);
                let report = report(text, vec![finding]);
                for form in FORMS {
                    assert!(show(&report, form).contains("SYN001"), "{form:?} {start}..{end} of {text:?}");
                }
            }
        }
    }
}
