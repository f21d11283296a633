//! What is said to waste tokens and does not: a line of signs, indentation, blank lines, trailing blanks. Measured, none of
//! it costs anything worth a finding, so no rule may say so, neither those that are on by default nor any rule of cost.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking; helpers of integration tests are not seen as tests")]

use std::collections::BTreeSet;

use promptopt::lint::{Linter, RULES, Settings};

const BEFORE: &str = "Answer the customer in two sentences.\n\n";
const AFTER: &str = "\nName no price that is not in the list.\n";

/// The default rules, and every rule of cost besides.
fn settings() -> [Settings; 2] {
    let mut default = Settings::new("2026-11-22".parse().unwrap());
    default.model = Some("gpt-6-luna".to_owned());
    let mut every = default.clone();
    for rule in RULES.iter().filter(|rule| rule.is_cost) {
        every.rules.insert(rule.code, rule.severity);
    }
    [default, every]
}

fn found(path: &str, text: &str, settings: &Settings) -> BTreeSet<String> {
    let linted = Linter::new().lint_text(path, text, settings);
    linted.diagnostics.iter().map(|found| format!("{} {}", found.rule.code, found.finding.message)).collect()
}

fn codes(found: &BTreeSet<String>) -> BTreeSet<&str> {
    found.iter().filter_map(|finding| finding.split(' ').next()).collect()
}

#[test]
fn myths_are_no_findings() {
    let indented = |n: usize| format!("- one\n{0}- two\n{0}{0}- three\n", " ".repeat(n));
    let myths = [
        ("80 equals signs", format!("{}\n", "=".repeat(80))),
        ("a banner", format!("{0}\nRULES\n{0}\n", "=".repeat(80))),
        ("a rule of dashes", "-----\n".to_owned()),
        ("80 dashes", format!("{}\n", "-".repeat(80))),
        ("60 stars", format!("{}\n", "*".repeat(60))),
        ("a heading with many signs", "###### Rules\n".to_owned()),
        ("trailing blanks", "Be brief.   \nBe kind. \nSign.\t\n".to_owned()),
        ("a line break of Markdown", "Be brief.  \nBe kind.  \nSign.\n".to_owned()),
        ("blank lines", "Be brief.\n\n\n\nBe kind.\n\n\nSign.\n".to_owned()),
        ("40 blanks", format!("Name:{}Price\n", " ".repeat(40))),
        ("lists indented by 2", indented(2)),
        ("lists indented by 4", indented(4)),
        ("line ends of Windows", "Be brief.\r\nBe kind.\r\nSign.\r\n".to_owned()),
        ("a bare please", "Please be brief.\n".to_owned()),
        ("a form of JSON", "```json\n{\n    \"name\": \"oak\",\n    \"height\": 21.5\n}\n```\n".to_owned()),
        ("a small table", "| name | height |\n| ---- | ------ |\n| oak | 21 |\n| elm | 18 |\n".to_owned()),
    ];
    for settings in settings() {
        let control = found("prompts/reply.md", &format!("{BEFORE}Be brief.\n{AFTER}"), &settings);
        for (what, myth) in &myths {
            let here = found("prompts/reply.md", &format!("{BEFORE}{myth}{AFTER}"), &settings);
            assert_eq!(codes(&here), codes(&control), "{what}: {here:?}");
            let waste: Vec<&String> = here
                .iter()
                .filter(|code| ["DUP", "VRB", "FMT"].iter().any(|family| code.starts_with(family)))
                .collect();
            assert!(waste.is_empty(), "{what}: {waste:?}");
        }
    }
}

/// Pretty JSON costs more than compact JSON, but how deep it is indented makes no difference.
#[test]
fn indentation_of_two_costs_what_four_costs() {
    let record = |n: usize, indent: &str| {
        format!("{indent}{{\n{indent}{indent}\"id\": {n},\n{indent}{indent}\"name\": \"tree {n}\"\n{indent}}}")
    };
    let result = |indent: &str| {
        let rows: Vec<String> = (0..20).map(|n| record(n, indent)).collect();
        serde_json::json!({"model": "gpt-6-luna", "max_completion_tokens": 100, "messages": [
            {"role": "user", "content": "Which is the tallest?"},
            {"role": "assistant", "content": null, "tool_calls": [
                {"id": "c1", "type": "function", "function": {"name": "trees", "arguments": "{}"}}]},
            {"role": "tool", "tool_call_id": "c1", "content": format!("[\n{}\n]", rows.join(",\n"))},
        ]})
        .to_string()
    };
    for settings in settings() {
        let two = found("request.json", &result("  "), &settings);
        let four = found("request.json", &result("    "), &settings);
        assert_eq!(two, four);
        assert!(codes(&two).contains("FMT001"), "{two:?}");
    }
}
