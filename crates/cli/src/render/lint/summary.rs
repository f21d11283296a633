//! What all findings come to: how many, what can be mended, what it would save, and what is not known.

use std::collections::BTreeMap;

use promptopt::error::Result;
use promptopt::lint::{Applicability, Diagnostic, RULES};
use promptopt::usd::Usd;
use serde_json::json;

use super::{Findings, Totals, cost, new_page};
use crate::args::{LintForm, ShowFindingsArgs};
use crate::render::page::Style;
use crate::render::table::{Cell, Column, Table};
use crate::render::words::{count, plural, tokens};
use crate::settings::Settings;

/// `1 error, 8 warnings`.
pub(super) fn by_severity(totals: &Totals) -> String {
    let of = |n: usize, one: &str, many: &str| (n > 0).then(|| plural(n as u64, one, many));
    let parts = [
        of(totals.errors, "error", "errors"),
        of(totals.warnings, "warning", "warnings"),
        of(totals.infos, "info", "infos"),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// What following all findings saves; nothing if that is nothing or not known.
pub(super) fn saved(totals: &Totals) -> Option<String> {
    let mut parts = Vec::new();
    if totals.tokens > 0 {
        parts.push(plural(totals.tokens, "token a call", "tokens a call"));
    }
    if !totals.usd_per_1k.is_zero() {
        parts.push(format!("{} per 1,000 calls of each prompt", totals.usd_per_1k));
    }
    if !totals.usd_per_month.is_zero() {
        parts.push(format!("{} a month", totals.usd_per_month));
    }
    (!parts.is_empty()).then(|| parts.join(", "))
}

/// A few lines at the end.
pub(super) fn summary(findings: &Findings<'_>, settings: &Settings) -> String {
    if findings.report.checked.is_empty() {
        return String::new();
    }
    let mut page = new_page(settings);
    let (report, totals) = (findings.report, &findings.totals);
    let n_hidden = findings.all.len() - findings.n_shown;
    if n_hidden > 0 {
        page.line().add(format!("… {} not shown", plural(n_hidden as u64, "finding is", "findings are")), Style::Dim);
    }
    let is_applied = findings.run.is_fixed && report.checked.iter().any(|checked| checked.fixed.is_some());
    if is_applied {
        let files = report.checked.iter().filter(|checked| checked.fixed.is_some()).count() as u64;
        let fixed = report.n_fixed() as u64;
        let saved: u64 = report
            .checked
            .iter()
            .filter_map(|checked| checked.fixed.as_ref())
            .map(|fixed| fixed.weight_before.n_tokens.saturating_sub(fixed.weight_after.n_tokens))
            .sum();
        let line = page.line();
        line.add(
            format!("Fixed {} in {}", plural(fixed, "finding", "findings"), plural(files, "file", "files")),
            Style::Good,
        );
        if saved > 0 {
            line.add(format!(": {} fewer", plural(saved, "token", "tokens")), Style::Good);
        }
        line.add(".", Style::Good);
    }
    let n_files = findings.sources.len() as u64;
    if totals.n() == 0 {
        page.line().add(if is_applied { "Nothing is left." } else { "Nothing found." }, Style::Good);
    } else {
        let left = if is_applied { "Left" } else { "Found" };
        let style = if totals.errors > 0 { Style::Bad } else { Style::Bold };
        let line = page.line();
        line.add(format!("{left}: {}", by_severity(totals)), style);
        line.add(format!(" in {}.", plural(n_files, "file", "files")), Style::Plain);
        line.add(mendable(totals), Style::Plain);
    }
    if let Some(saved) = saved(totals) {
        page.paragraph(&format!("Following all of it saves up to {saved}."), 0, Style::Plain);
    }
    let weight = report.weight();
    if totals.n_unpriced > 0 || (totals.n() > 0 && weight.n_unpriced > 0) {
        let of = plural(weight.n_prompts as u64, "prompt", "prompts");
        let whose = if weight.n_unpriced == weight.n_prompts { of } else { format!("{} of {of}", weight.n_unpriced) };
        let unknown = if findings.run.has_model {
            format!("Dollars are not known for {whose}: no price is known for the models that they name.")
        } else {
            format!(
                "Dollars are not known for {whose}, and their tokens are o200k_base's: --model NAME counts and prices those \
                 that name no model."
            )
        };
        page.paragraph(&unknown, 0, Style::Dim);
    }
    let mut checked = format!(
        "Checked {} with {}: {} tokens",
        plural(report.checked.len() as u64, "file", "files"),
        plural(weight.n_prompts as u64, "prompt", "prompts"),
        tokens(weight.n_tokens)
    );
    if !weight.usd_per_1k.is_zero() {
        checked.push_str(&format!(", {} per 1,000 calls of each", weight.usd_per_1k));
    }
    match report.n_suppressed() {
        0 => {}
        n => checked.push_str(&format!("; {} suppressed", plural(n as u64, "finding is", "findings are"))),
    }
    page.paragraph(&(checked + "."), 0, Style::Dim);
    page.finish()
}

fn mendable(totals: &Totals) -> String {
    match (totals.safe, totals.r#unsafe) {
        (0, 0) => String::new(),
        (safe, 0) => format!(" --fix mends {}.", count(safe as u64)),
        (0, r#unsafe) => format!(" --unsafe-fixes mends {}.", count(r#unsafe as u64)),
        (safe, r#unsafe) => {
            format!(" --fix mends {}, --unsafe-fixes {} more.", count(safe as u64), count(r#unsafe as u64))
        }
    }
}

/// A row a rule: how often, and what it would save.
pub(super) fn statistics(findings: &Findings<'_>, args: &ShowFindingsArgs, settings: &Settings) -> Result<String> {
    let mut by_rule: BTreeMap<&str, Vec<&Diagnostic>> = BTreeMap::new();
    for diagnostic in &findings.all {
        by_rule.entry(diagnostic.rule.code).or_default().push(diagnostic);
    }
    let mut rows: Vec<(&promptopt::lint::Rule, Totals)> = RULES
        .iter()
        .filter_map(|rule| {
            Some((*rule, Totals::of(by_rule.get(rule.code)?.iter().copied(), &|path| cost(findings.report, path))))
        })
        .collect();
    rows.sort_by_key(|(_, totals)| std::cmp::Reverse(totals.n()));
    if args.output == LintForm::Json {
        let rows: Vec<_> = rows
            .iter()
            .map(|(rule, totals)| {
                json!({
                    "code": rule.code, "name": rule.name, "findings": totals.n(), "safe_fixes": totals.safe,
                    "unsafe_fixes": totals.r#unsafe, "tokens": totals.tokens, "usd_per_1k": totals.usd_per_1k,
                    "usd_per_month": totals.usd_per_month,
                })
            })
            .collect();
        return crate::render::json::pretty(&rows);
    }
    let mut page = new_page(settings);
    if !rows.is_empty() {
        let has_money = rows.iter().any(|(_, totals)| !totals.usd_per_1k.is_zero());
        let mut columns = vec![Column::text(), Column::figure("found", 0), Column::figure("fixable", 2)];
        columns.push(Column::figure("tokens a call", 1));
        if has_money {
            columns.push(Column::figure("$ per 1,000", 1));
        }
        let mut table = Table::new("RULE", columns);
        let money = crate::render::words::money_column(&rows.iter().map(|(_, t)| t.usd_per_1k).collect::<Vec<_>>());
        for (rule, totals) in &rows {
            let mut cells = vec![
                Cell::new(rule.code, Style::Accent).and(format!(" {}", rule.name), Style::Plain),
                count(totals.n() as u64).into(),
                dash(totals.safe as u64 + totals.r#unsafe as u64).into(),
                dash(totals.tokens).into(),
            ];
            if has_money {
                let usd = totals.usd_per_1k;
                cells.push(if usd == Usd::ZERO { "–".into() } else { money(usd).into() });
            }
            table.row(cells);
        }
        table.draw(&mut page);
        page.blank();
    }
    Ok(page.finish().trim_start_matches('\n').to_owned()
        + &if args.quiet { String::new() } else { summary(findings, settings) })
}

fn dash(n: u64) -> String {
    if n == 0 { "–".to_owned() } else { count(n) }
}

/// Whether a fix may be applied without a person finishing it.
pub(super) fn is_applicable(applicability: Applicability) -> bool {
    applicability > Applicability::Display
}
