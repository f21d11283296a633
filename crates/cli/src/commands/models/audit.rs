//! `promptopt models audit`.

use promptopt::catalog::audit::{AuditOptions, Finding, Severity};
use promptopt::error::{Error, Kind, Result};
use serde_json::{Value, json};

use super::as_json;
use crate::args::{AuditArgs, ListForm};
use crate::commands::Outcome;
use crate::render::clean;
use crate::render::page::{Page, Style};
use crate::render::words::plural;
use crate::settings::{Settings, today};
use crate::{output, overlay};

/// Audits the catalogue with the user's own files over it.
pub(super) fn run(args: &AuditArgs, settings: &Settings) -> Result<Outcome> {
    let catalog = overlay::catalog(settings)?;
    let options = AuditOptions { today: Some(today()), max_age_days: args.max_age };
    let findings: Vec<Finding> =
        catalog.audit(options).into_iter().filter(|finding| args.all || finding.allowed.is_none()).collect();
    let text = match args.output {
        ListForm::Json => as_json::pretty(&Value::Array(findings.iter().map(finding_json).collect())),
        ListForm::Text => page(&findings, catalog.models.len() as u64, settings),
    };
    output::write(&text, None)?;
    let n_failures = findings.iter().filter(|finding| finding.is_failure()).count() as u64;
    let failed = (n_failures > 0).then(|| {
        let message = format!("{} cannot be right", plural(n_failures, "price or name", "prices or names"));
        Error::new(Kind::Catalog, message)
    });
    Ok(Outcome { failed_gates: failed.into_iter().collect(), ..Outcome::default() })
}

fn finding_json(finding: &Finding) -> Value {
    json!({
        "severity": finding.severity.to_string(),
        "check": finding.check,
        "host": finding.host,
        "id": finding.id,
        "message": finding.message,
        "allowed": finding.allowed,
    })
}

fn page(findings: &[Finding], n_models: u64, settings: &Settings) -> String {
    let mut page = Page::new(settings.width, settings.color_on_stdout);
    for finding in findings {
        let style = if finding.is_failure() { Style::Bad } else { Style::Accent };
        let row = format!("  {} {}", clean(&finding.host), clean(&finding.id));
        page.line().add(format!("{}[{}]", finding.severity, finding.check), style).add(row, Style::Plain);
        page.paragraph(&clean(&finding.message), 4, Style::Plain);
        if let Some(why) = &finding.allowed {
            page.paragraph(&format!("allowed: {}", clean(why)), 4, Style::Dim);
        }
    }
    let n = |severity| findings.iter().filter(|finding| finding.severity == severity).count() as u64;
    let (errors, warnings) = (n(Severity::Error), n(Severity::Warning));
    let summary = format!(
        "{}: {}, {}",
        plural(n_models, "model", "models"),
        plural(errors, "error", "errors"),
        plural(warnings, "warning", "warnings")
    );
    page.paragraph(&summary, 0, Style::Bold);
    page.finish()
}
