//! Every form of the sample report, as files under `snapshots/`: read the diff, then let `BLESS=1 cargo test` rewrite
//! them. And the hostile report, from which nothing may break out of any form.

use std::path::Path;

use super::clean::is_unsafe;
use super::{View, csv, focus, html, json, markdown, sample, text};

fn view(width: usize) -> View {
    View { width, color: false, top: View::TOP, full: false, tags: vec!["team".to_owned()] }
}

/// Compares with a file, or rewrites it.
pub(crate) fn snapshot(name: &str, actual: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    #[allow(clippy::disallowed_methods, reason = "a switch of this test harness, not of the program")]
    let bless = std::env::var_os("BLESS").is_some();
    if bless {
        std::fs::write(&path, actual).unwrap();
        return;
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    if let Some((n, (expected, actual))) = expected.lines().zip(actual.lines()).enumerate().find(|(_, (a, b))| a != b) {
        panic!("{name}:{}:\n expected {expected}\n   actual {actual}\nBLESS=1 rewrites it", n + 1);
    }
    assert!(expected == actual, "{name} has another length; BLESS=1 rewrites it");
}

#[test]
fn text_looks_as_it_should_at_every_width() {
    for width in [40, 60, 80, 100, 120] {
        let report = sample::report();
        snapshot(&format!("src/render/snapshots/text-{width}.txt"), &text(&report, &view(width)));
    }
    let full = View { full: true, top: usize::MAX, ..view(100) };
    snapshot("src/render/snapshots/text-full.txt", &text(&sample::report(), &full));
}

#[test]
fn other_forms_look_as_they_should() {
    let report = sample::report();
    snapshot("src/render/snapshots/report.md", &markdown(&report, &view(100)));
    snapshot("src/render/snapshots/report.html", &html(&report, &view(100)));
    snapshot("src/render/snapshots/report.csv", &csv(&report));
    snapshot("src/render/snapshots/focus.csv", &focus(&report));
}

/// The same file is what the end-to-end tests show again.
#[test]
fn json_is_the_report_and_reads_back_as_it() {
    for report in [sample::report(), sample::hostile()] {
        let written = json(&report).unwrap();
        let read: promptopt::estimate::Report = serde_json::from_str(&written).unwrap();
        assert_eq!(json(&read).unwrap(), written);
        assert!(written.ends_with("}\n"));
    }
    snapshot("../../tests/cmd/report.json", &json(&sample::report()).unwrap());
}

#[test]
fn an_empty_report_has_an_answer_in_every_form() {
    let report = promptopt::estimate::Report::default();
    assert_eq!(text(&report, &view(80)), "$0.00 for 0 calls\n");
    assert!(markdown(&report, &view(80)).starts_with("### $0.00 for 0 calls"));
    assert!(html(&report, &view(80)).contains("for 0 calls"));
    assert_eq!(csv(&report).lines().count(), 2);
    assert_eq!(focus(&report).lines().count(), 1);
}

#[test]
fn a_bill_of_nothing_has_no_shares() {
    let mut report = sample::report();
    report.baseline.cost_usd = promptopt::usd::Usd::ZERO;
    let shown = text(&report, &View { full: true, ..view(120) });
    assert!(shown.contains("all counted steps") && !shown.contains("– less"), "{shown}");
}

#[test]
fn a_model_that_cannot_take_every_call_says_how_many_it_takes() {
    let mut report = sample::report();
    report.what_if.truncate(1);
    let forms = |report: &_| [text(report, &view(60)), markdown(report, &view(60)), html(report, &view(60))];
    let said = "181,984 of 181,999 calls; 12 calls too long for it";
    for shown in forms(&report) {
        assert!(shown.split_whitespace().collect::<Vec<_>>().join(" ").contains(said), "{shown}");
    }
    report.what_if[0].requests = 181_999;
    for shown in forms(&report) {
        assert!(!shown.contains("of 181,999 calls"), "{shown}");
    }
}

#[test]
fn no_line_is_wider_than_the_terminal_and_none_ends_in_spaces() {
    for width in 36..=140 {
        for report in [sample::report(), sample::hostile()] {
            for line in text(&report, &View { full: width % 2 == 0, ..view(width) }).lines() {
                let columns = unicode_width::UnicodeWidthStr::width(line);
                assert!(columns <= width, "{columns} of {width}: {line}");
                assert_eq!(line, line.trim_end());
            }
        }
    }
}

#[test]
fn colour_changes_nothing_but_the_colours() {
    let colored = text(&sample::report(), &View { color: true, ..view(100) });
    assert!(colored.contains("\u{1b}["));
    let mut plain = String::new();
    for (i, part) in colored.split('\u{1b}').enumerate() {
        plain.push_str(if i == 0 { part } else { part.split_once('m').unwrap().1 });
    }
    assert_eq!(plain, text(&sample::report(), &view(100)));
}

#[test]
fn nothing_breaks_out_of_any_form() {
    let report = sample::hostile();
    let view = View { full: true, ..view(100) };
    let forms = [
        ("text", text(&report, &view)),
        ("markdown", markdown(&report, &view)),
        ("html", html(&report, &view)),
        ("csv", csv(&report)),
        ("focus", focus(&report)),
        ("json", json(&report).unwrap()),
    ];
    for (form, shown) in &forms {
        let escaped = shown.chars().find(|c| is_unsafe(*c) && *c != '\n');
        assert_eq!(escaped, None, "{form} passes a control on");
        assert!(!shown.contains("# x\r"), "{form}");
    }
    let html = &forms[2].1;
    assert!(!html.contains("<script"), "{html}");
    assert!(!html.contains("\"',"), "an attribute is left");
    // In Markdown a tag may stand in code, where it is text; nowhere else.
    let markdown = forms[1].1.replace("\\`", "");
    let outside_code: String = markdown.split('`').step_by(2).collect();
    assert!(!outside_code.contains("<script"), "{outside_code}");
    assert!(!outside_code.contains("@admin"), "{outside_code}");
    for line in forms[3].1.lines().chain(forms[4].1.lines()) {
        assert!(!line.split(',').any(|cell| cell.trim_matches('"').starts_with('=')), "{line}");
    }
}

/// The sample two weeks later: a model more, another gone, a longer system prompt.
fn later() -> promptopt::estimate::Report {
    let mut report = sample::report();
    let usd = |text: &str| promptopt::usd::Usd::parse(text).unwrap();
    report.baseline.cost_usd = usd("1537.20");
    report.baseline.requests = 190_004;
    report.baseline.input_tokens = 461_000_000;
    report.models[0].cost.usd = usd("941.10");
    report.models[0].input_tokens += 48_700_000;
    report.models[3].name = "deepseek-v5".to_owned();
    report.models[3].cost.usd = usd("30.20");
    report.models.swap(3, 4);
    report.sections[2].cost_usd = usd("399.98");
    report.sections[2].tokens += 48_700_000;
    report.inputs[0].bytes += 77_000;
    report.inputs[1].path = "logs/new.jsonl".to_owned();
    report
}

#[test]
fn a_comparison_looks_as_it_should() {
    let (base, head) = (sample::report(), later());
    let side = |name, report| crate::compare::Side { name, report, folder: "logs" };
    let comparison = crate::compare::compare(side("october.json", &base), side("november.json", &head));
    for width in [40, 80, 120] {
        let shown = super::diff_text(&comparison, &view(width));
        snapshot(&format!("src/render/snapshots/diff-{width}.txt"), &shown);
        assert!(shown.lines().all(|line| unicode_width::UnicodeWidthStr::width(line) <= width), "{shown}");
    }
    snapshot("src/render/snapshots/diff.md", &super::diff_markdown(&comparison, &view(80)));
    snapshot("src/render/snapshots/diff.json", &super::diff_json(&comparison).unwrap());
    snapshot("../../tests/cmd/later.json", &json(&head).unwrap());
}
