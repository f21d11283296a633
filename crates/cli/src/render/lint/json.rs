//! Findings for a program. Lines and columns count from 1, columns in characters; `start` and `end` are bytes of the file, so
//! that an edit is `file[..start] + text + file[end..]`. Money is a decimal string in dollars. What is not known is `null`.
//!
//! ```text
//! { "promptopt": "0.1.0",
//!   "summary":  { findings, errors, warnings, infos, safe_fixes, unsafe_fixes, suppressed, fixed, files, prompts, tokens,
//!                 usd_per_1k, prompts_without_price, saving: { tokens, usd_per_1k, usd_per_month } },
//!   "findings": [ { code, name, severity, path, span, message, labels: [{ span, text }], notes, help,
//!                   saving: { tokens, usd_per_1k, usd_per_1k_cached, usd_per_month, calls_per_month } | null,
//!                   fix: { title, applicability: "safe"|"unsafe"|"display", edits: [{ span, text }] } | null,
//!                   fingerprint } ],
//!   "files":    [ { path, prompts, tokens, usd_per_1k, findings, suppressed, fixed: [{ code, title }],
//!                   tokens_before_fixes } ],
//!   "errors":   [ "…" ] }
//! span: { start, end, line, column, end_line, end_column }
//! ```

use std::collections::HashMap;
use std::ops::Range;

use promptopt::error::Result;
use promptopt::lint::Diagnostic;
use serde_json::{Value, json};

use super::Findings;
use crate::render::json::pretty;

pub(super) fn json(findings: &Findings<'_>) -> Result<String> {
    let (report, totals) = (findings.report, &findings.totals);
    let weight = report.weight();
    let mut n_by_path: HashMap<&str, usize> = HashMap::new();
    for diagnostic in &findings.all {
        *n_by_path.entry(&diagnostic.path).or_default() += 1;
    }
    let files: Vec<Value> = report
        .checked
        .iter()
        .map(|checked| {
            let applied = checked.fixed.iter().flat_map(|fixed| &fixed.applied);
            json!({
                "path": checked.shown,
                "prompts": checked.weight.n_prompts,
                "tokens": checked.weight.n_tokens,
                "usd_per_1k": known(checked.weight.n_prompts, checked.weight.n_unpriced).then_some(checked.weight.usd_per_1k),
                "findings": n_by_path.get(&*checked.shown).copied().unwrap_or(0),
                "suppressed": checked.n_suppressed,
                "fixed": applied.map(|(code, title)| json!({ "code": code, "title": title })).collect::<Vec<_>>(),
                "tokens_before_fixes": checked.fixed.as_ref().map(|fixed| fixed.weight_before.n_tokens),
            })
        })
        .collect();
    pretty(&json!({
        "promptopt": env!("CARGO_PKG_VERSION"),
        "summary": {
            "findings": totals.n(),
            "errors": totals.errors,
            "warnings": totals.warnings,
            "infos": totals.infos,
            "safe_fixes": totals.safe,
            "unsafe_fixes": totals.r#unsafe,
            "suppressed": report.n_suppressed(),
            "fixed": report.n_fixed(),
            "files": report.checked.len(),
            "prompts": weight.n_prompts,
            "tokens": weight.n_tokens,
            "usd_per_1k": known(weight.n_prompts, weight.n_unpriced).then_some(weight.usd_per_1k),
            "prompts_without_price": weight.n_unpriced,
            "saving": {
                "tokens": totals.tokens,
                "usd_per_1k": (totals.n_unpriced == 0 || !totals.usd_per_1k.is_zero()).then_some(totals.usd_per_1k),
                "usd_per_month": (!totals.usd_per_month.is_zero()).then_some(totals.usd_per_month),
            },
        },
        "findings": findings.shown().iter().map(|diagnostic| finding(findings, diagnostic)).collect::<Vec<_>>(),
        "files": files,
        "errors": findings.run.errors,
    }))
}

/// Whether any of the prompts has a price: a sum of none is not known, not zero.
fn known(n_prompts: usize, n_unpriced: usize) -> bool {
    n_prompts > n_unpriced
}

fn finding<'a>(findings: &Findings<'a>, diagnostic: &'a Diagnostic) -> Value {
    let finding = &diagnostic.finding;
    let text = |text: &str| findings.source(diagnostic).redacted(text);
    let at = |range: &Range<usize>| span(findings, diagnostic, range);
    let labels = finding.labels.iter().map(|(range, label)| json!({ "span": at(range), "text": text(label) }));
    let saving = finding.saving.map(|saving| {
        json!({
            "tokens": saving.tokens,
            "usd_per_1k": saving.usd_per_1k,
            "usd_per_1k_cached": saving.usd_per_1k_cached,
            "usd_per_month": diagnostic.usd_per_month(),
            "calls_per_month": diagnostic.calls_per_month,
        })
    });
    let fix = findings.changes(diagnostic).map(|(title, applicability, changes)| {
        let edits = changes.iter().map(|change| json!({ "span": at(&change.span), "text": change.text }));
        json!({ "title": text(title), "applicability": applicability.name(), "edits": edits.collect::<Vec<_>>() })
    });
    json!({
        "code": diagnostic.rule.code,
        "name": diagnostic.rule.name,
        "severity": diagnostic.severity.name(),
        "path": diagnostic.path,
        "span": at(&finding.span),
        "message": text(&finding.message),
        "labels": labels.collect::<Vec<_>>(),
        "notes": finding.notes.iter().map(|note| text(note)).collect::<Vec<_>>(),
        "help": finding.help.as_deref().map(text),
        "saving": saving,
        "fix": fix,
        "fingerprint": findings.fingerprints.get(diagnostic),
    })
}

fn span(findings: &Findings<'_>, diagnostic: &Diagnostic, range: &Range<usize>) -> Value {
    let source = findings.source(diagnostic);
    let (start, end) = (source.position(range.start), source.position(range.end));
    // A byte-order mark is no character of the text, but its bytes are the file's.
    let has_mark = findings.report.file(diagnostic).is_some_and(|checked| checked.has_mark);
    let shift = if has_mark { '\u{feff}'.len_utf8() } else { 0 };
    json!({
        "start": range.start + shift,
        "end": range.end + shift,
        "line": start.line,
        "column": start.column,
        "end_line": end.line,
        "end_column": end.column,
    })
}
