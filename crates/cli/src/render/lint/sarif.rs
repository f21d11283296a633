//! Findings as SARIF 2.1.0, for GitHub code scanning and every other viewer. Rules bring their manual page; a finding brings
//! its fix, what it saves, and a fingerprint by which it is known again.
//! <https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>

use std::ops::Range;

use promptopt::error::Result;
use promptopt::lint::{Diagnostic, RULES, Rule, Severity};
use serde_json::{Value, json};

use super::{Findings, manual, saving, summary};
use crate::render::json::pretty;

pub(super) fn sarif(findings: &Findings<'_>) -> Result<String> {
    let mut rules: Vec<&Rule> = RULES.to_vec();
    rules.retain(|rule| findings.shown().iter().any(|diagnostic| std::ptr::eq(diagnostic.rule, *rule)));
    let results: Vec<Value> = findings.shown().iter().map(|diagnostic| result(findings, diagnostic, &rules)).collect();
    let notifications: Vec<Value> =
        findings.run.errors.iter().map(|error| json!({ "level": "error", "message": { "text": error } })).collect();
    pretty(&json!({
        "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/schemas/sarif-schema-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "promptopt",
                "version": env!("CARGO_PKG_VERSION"),
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "informationUri": env!("CARGO_PKG_REPOSITORY"),
                "rules": rules.iter().map(|rule| descriptor(rule)).collect::<Vec<_>>(),
            } },
            "invocations": [{
                "executionSuccessful": findings.run.errors.is_empty(),
                "toolExecutionNotifications": notifications,
            }],
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    }))
}

fn descriptor(rule: &Rule) -> Value {
    json!({
        "id": rule.code,
        "name": pascal(rule.name),
        "shortDescription": { "text": rule.about().trim() },
        "fullDescription": { "text": manual::sentence(rule) },
        "help": { "text": manual::plain(rule), "markdown": manual::plain(rule) },
        "defaultConfiguration": { "level": level(rule.severity), "enabled": rule.is_default },
        "properties": { "tags": [rule.family()], "kebabName": rule.name },
    })
}

fn result<'a>(findings: &Findings<'a>, diagnostic: &'a Diagnostic, rules: &[&Rule]) -> Value {
    let finding = &diagnostic.finding;
    let text = |text: &str| findings.words(diagnostic, text);
    let mut message = text(&finding.message);
    if let Some((verb, saving)) = saving::long(diagnostic) {
        let verb = if verb == "costs" { "Costs" } else { "Saves" };
        message.push_str(&format!(". {verb} {saving}"));
    }
    if let Some(help) = &finding.help {
        message.push_str(&format!(". {}", text(help)));
    }
    let location = json!({ "uri": uri(&diagnostic.path) });
    let place = |range: &Range<usize>| json!({ "artifactLocation": location.clone(), "region": region(findings, diagnostic, range) });
    let mut result = json!({
        "ruleId": diagnostic.rule.code,
        "ruleIndex": rules.iter().position(|rule| std::ptr::eq(*rule, diagnostic.rule)),
        "level": level(diagnostic.severity),
        "message": { "text": message },
        "locations": [{ "physicalLocation": place(&finding.span) }],
        "partialFingerprints": { "promptopt/v1": findings.fingerprints.get(diagnostic) },
    });
    if !finding.labels.is_empty() {
        let related = finding.labels.iter().enumerate().map(|(index, (range, label))| {
            json!({ "id": index + 1, "physicalLocation": place(range), "message": { "text": text(label) } })
        });
        result["relatedLocations"] = related.collect();
    }
    // A fix that a person has to finish must not be offered as one to be applied.
    if let Some((title, applicability, changes)) =
        findings.changes(diagnostic).filter(|(_, applicability, _)| summary::is_applicable(*applicability))
    {
        let replacements = changes.iter().map(|change| {
            json!({
                "deletedRegion": region(findings, diagnostic, &change.span),
                "insertedContent": { "text": change.text },
            })
        });
        result["fixes"] = json!([{
            "description": { "text": format!("{} ({})", text(title), applicability.name()) },
            "artifactChanges": [{ "artifactLocation": location, "replacements": replacements.collect::<Vec<_>>() }],
        }]);
    }
    if let Some(saving) = finding.saving {
        result["properties"] = json!({
            "tokensPerCall": saving.tokens,
            "usdPer1000Calls": saving.usd_per_1k,
            "usdPer1000CallsCached": saving.usd_per_1k_cached,
            "usdPerMonth": diagnostic.usd_per_month(),
        });
    }
    result
}

fn region(findings: &Findings<'_>, diagnostic: &Diagnostic, range: &Range<usize>) -> Value {
    let source = findings.source(diagnostic);
    let (start, end) = (source.position(range.start), source.position(range.end));
    json!({ "startLine": start.line, "startColumn": start.column, "endLine": end.line, "endColumn": end.column })
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "note",
    }
}

/// A path as a relative URI: RFC 3986 leaves only some characters as they are.
fn uri(path: &str) -> String {
    let mut uri = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'.' | b'_' | b'~' => uri.push(char::from(byte)),
            _ => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri
}

/// `padded-table` → `PaddedTable`, as viewers expect a rule's name.
fn pascal(name: &str) -> String {
    let upper = |word: &str| {
        let mut chars = word.chars();
        chars.next().map(|first| first.to_uppercase().collect::<String>() + chars.as_str()).unwrap_or_default()
    };
    name.split('-').map(upper).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_uris_and_names_are_pascal() {
        assert_eq!(uri("prompts/a b#1%é.md"), "prompts/a%20b%231%25%C3%A9.md");
        assert_eq!(pascal("padded-table"), "PaddedTable");
    }
}
