//! Findings for a pull request: what the prompts cost and would cost with the safe fixes, then the findings, the rest folded.

use promptopt::lint::runner::{Checked, Weight};
use promptopt::lint::{Diagnostic, Severity};
use promptopt::usd::Usd;

use super::{Findings, saving, summary};
use crate::render::markdown::{code, escape, fold, row, table};
use crate::render::words::{self, count, plural};

/// Findings in the open; GitHub takes 65,536 characters of a comment, and nobody reads them.
const MAX_OPEN: usize = 20;
/// Findings in all.
const MAX_ROWS: usize = 200;

pub(super) fn markdown(findings: &Findings<'_>) -> String {
    let totals = &findings.totals;
    let mut parts = Vec::new();
    parts.push(if totals.n() == 0 {
        "### promptopt lint: nothing found\n".to_owned()
    } else {
        format!("### promptopt lint: {}\n", summary::by_severity(totals))
    });
    parts.push(cost(findings));
    let shown = findings.shown();
    let (open, folded) = shown.split_at(shown.len().min(MAX_OPEN));
    if !open.is_empty() {
        parts.push(rows(findings, open));
    }
    if !folded.is_empty() {
        let listed = &folded[..folded.len().min(MAX_ROWS - MAX_OPEN)];
        parts.push(fold(&plural(listed.len() as u64, "more finding", "more findings"), &rows(findings, listed)));
    }
    let n_left_out = findings.all.len() - shown.len().min(MAX_ROWS);
    if n_left_out > 0 {
        parts.push(format!("{} not shown.\n", plural(n_left_out as u64, "finding is", "findings are")));
    }
    if let Some(files) = files(findings) {
        parts.push(fold("Files", &files));
    }
    if !findings.run.errors.is_empty() {
        let errors: String = findings.run.errors.iter().map(|error| format!("- {}\n", escape(error))).collect();
        parts.push(format!("**Not read:**\n\n{errors}"));
    }
    parts.join("\n")
}

/// What the prompts weigh now, and with the fixes.
fn now_and_then(checked: &Checked) -> (Weight, Weight) {
    match &checked.fixed {
        Some(fixed) => (fixed.weight_before, fixed.weight_after),
        None => (checked.weight, checked.weight),
    }
}

fn cost(findings: &Findings<'_>) -> String {
    let pairs = || findings.report.checked.iter().map(now_and_then);
    let (now, then): (Weight, Weight) = (pairs().map(|(now, _)| now).sum(), pairs().map(|(_, then)| then).sum());
    let prompts = plural(now.n_prompts as u64, "prompt", "prompts");
    let files = plural(findings.report.checked.len() as u64, "file", "files");
    let tokens = if then.n_tokens == now.n_tokens {
        format!("{} tokens", count(now.n_tokens))
    } else {
        format!("{} → {} tokens", count(now.n_tokens), count(then.n_tokens))
    };
    let mut text = format!("{prompts} in {files}: **{tokens}**");
    if now.n_prompts > now.n_unpriced {
        let money = if now.usd_per_1k == then.usd_per_1k {
            now.usd_per_1k.to_string()
        } else {
            words::change(now.usd_per_1k, then.usd_per_1k)
        };
        text.push_str(&format!(", **{money}** per 1,000 calls of each"));
    }
    if then.n_tokens != now.n_tokens {
        let n_fixes = findings.report.n_fixed() as u64;
        text.push_str(&format!(", following {}", plural(n_fixes, "fix", "fixes")));
    }
    text.push_str(".\n");
    if now.n_unpriced > 0 {
        text.push_str(&format!(
            "\n<sub>{} no known price: `--model` names the model of prompts that name none.</sub>\n",
            plural(now.n_unpriced as u64, "prompt has", "prompts have")
        ));
    }
    text
}

fn rows(findings: &Findings<'_>, diagnostics: &[&Diagnostic]) -> String {
    let mut out = table(&["", "Rule", "Where", "Finding", "Saves"], "llllr");
    for diagnostic in diagnostics {
        let place = findings.source(diagnostic).position(diagnostic.finding.span.start);
        let mark = match diagnostic.severity {
            Severity::Error => "🔴 error",
            Severity::Warning => "🟡 warning",
            Severity::Info => "🔵 info",
        };
        let mut said = escape(&findings.words(diagnostic, &diagnostic.finding.message));
        if let Some(help) = &diagnostic.finding.help {
            said.push_str(&format!("<br><sub>{}</sub>", escape(&findings.words(diagnostic, help))));
        }
        if let Some(fix) = &diagnostic.finding.fix {
            let title = escape(&findings.words(diagnostic, &fix.title));
            said.push_str(&format!("<br><sub>{} fix: {title}</sub>", fix.applicability.name()));
        }
        out += &row(&[
            mark.to_owned(),
            format!("{}<br><sub>{}</sub>", diagnostic.rule.code, diagnostic.rule.name),
            code(&format!("{}:{}", diagnostic.path, place.line)),
            said,
            saving::short(diagnostic).map(|saving| saving.trim_start_matches("saves ").to_owned()).unwrap_or_default(),
        ]);
    }
    out
}

fn files(findings: &Findings<'_>) -> Option<String> {
    if findings.report.checked.is_empty() {
        return None;
    }
    let all: Vec<(&Checked, Weight, Weight)> = findings
        .report
        .checked
        .iter()
        .map(|checked| {
            let (now, then) = now_and_then(checked);
            (checked, now, then)
        })
        .collect();
    let money = words::money_column(
        &all.iter().flat_map(|(_, now, then)| [now.usd_per_1k, then.usd_per_1k]).collect::<Vec<_>>(),
    );
    let priced =
        |weight: &Weight, usd: Usd| if weight.n_prompts > weight.n_unpriced { money(usd) } else { "–".into() };
    let mut out = table(&["File", "Tokens", "with fixes", "Per 1,000 calls", "with fixes", "Findings"], "lrrrrr");
    for (checked, now, then) in all.iter().take(MAX_ROWS) {
        let n = findings.all.iter().filter(|diagnostic| diagnostic.path == checked.shown).count();
        out += &row(&[
            code(&checked.shown),
            count(now.n_tokens),
            count(then.n_tokens),
            priced(now, now.usd_per_1k),
            priced(then, then.usd_per_1k),
            count(n as u64),
        ]);
    }
    if all.len() > MAX_ROWS {
        out.push_str(&format!("\n{} more.\n", plural((all.len() - MAX_ROWS) as u64, "file", "files")));
    }
    Some(out)
}
