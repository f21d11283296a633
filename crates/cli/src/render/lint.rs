//! What `promptopt lint` found, in every form, and the rules' manual. A form never shows bytes that a finding marks as
//! secret, nor anything that a terminal would obey; what it costs is a window around each finding, never a walk over its file.

use std::collections::BTreeMap;

use promptopt::error::Result;
use promptopt::lint::diagnostic::Change;
use promptopt::lint::runner::Report;
use promptopt::lint::secrets;
use promptopt::lint::{Applicability, Diagnostic, Severity};
use promptopt::usd::Usd;

use super::page::Page;
use crate::args::{FailOn, LintForm, ShowFindingsArgs, SortBy};
use crate::settings::Settings;

mod ci;
mod concise;
mod excerpt;
mod fingerprint;
mod json;
mod junit;
mod manual;
mod markdown;
mod patch;
mod sarif;
mod saving;
mod source;
mod summary;
mod text;

#[cfg(test)]
mod tests;

pub(crate) use manual::{page, rules};
pub(crate) use patch::{patch, summary as patch_summary};

use fingerprint::Fingerprints;
use source::Source;

/// Findings in their order, with what every form needs to know of them.
pub(crate) struct Findings<'a> {
    /// What came of the run.
    report: &'a Report,
    /// All findings, in the order asked for.
    all: Vec<&'a Diagnostic>,
    /// How many of them are shown.
    n_shown: usize,
    /// Their sums.
    totals: Totals,
    /// What else is to be known of the run.
    run: Run,
    /// The files in which something was found, by path.
    sources: BTreeMap<&'a str, Source<'a>>,
    /// For a finding without a file.
    nowhere: Source<'a>,
    /// What tells a finding from others between runs.
    fingerprints: Fingerprints,
}

/// What the report itself does not tell of a run.
#[derive(Clone, Debug, Default)]
pub(crate) struct Run {
    /// Whether a model is set for prompts that name none.
    pub(crate) has_model: bool,
    /// Whether fixes were made, not only tried.
    pub(crate) is_fixed: bool,
    /// What makes the command fail.
    pub(crate) fail_on: FailOn,
    /// What could not be done, in words.
    pub(crate) errors: Vec<String>,
}

/// Sums over findings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Totals {
    errors: usize,
    warnings: usize,
    infos: usize,
    /// Findings with a fix that is safe, and with one that is not.
    safe: usize,
    r#unsafe: usize,
    /// Tokens a call that following all of them saves at most.
    tokens: u64,
    usd_per_1k: Usd,
    usd_per_month: Usd,
    /// Findings that save tokens of which nobody knows the price.
    n_unpriced: usize,
}

impl<'a> Findings<'a> {
    /// Puts findings in order.
    pub(crate) fn new(report: &'a Report, args: &ShowFindingsArgs, run: Run) -> Findings<'a> {
        let mut all: Vec<&Diagnostic> = report.diagnostics.iter().collect();
        if args.sort == SortBy::Money {
            // Stable: what saves the same stays in the order of its place.
            all.sort_by_key(|diagnostic| std::cmp::Reverse(worth(diagnostic)));
        }
        let mut redactions: BTreeMap<&str, Vec<std::ops::Range<usize>>> = BTreeMap::new();
        for diagnostic in &all {
            redactions.entry(&diagnostic.path).or_default().extend(diagnostic.finding.redact.iter().cloned());
        }
        let mut sources = BTreeMap::new();
        for diagnostic in &all {
            if !sources.contains_key(&*diagnostic.path)
                && let Some(checked) = report.file(diagnostic)
            {
                // Whatever rules are on: no form shows a secret.
                let mut redact = redactions.remove(&*diagnostic.path).unwrap_or_default();
                redact.extend(secrets::spans(&checked.text));
                sources.insert(&*diagnostic.path, Source::new(&checked.text, &checked.lines, redact));
            }
        }
        let mut findings = Findings {
            report,
            n_shown: args.max_findings.unwrap_or(all.len()).min(all.len()),
            totals: Totals::of(all.iter().copied(), &|path| cost(report, path)),
            all,
            run,
            sources,
            nowhere: Source::empty(),
            fingerprints: Fingerprints::default(),
        };
        findings.fingerprints = Fingerprints::of(&findings);
        findings
    }

    /// The findings that are shown.
    fn shown(&self) -> &[&'a Diagnostic] {
        &self.all[..self.n_shown]
    }

    /// The file of a finding.
    fn source(&self, diagnostic: &Diagnostic) -> &Source<'a> {
        self.sources.get(&*diagnostic.path).unwrap_or(&self.nowhere)
    }

    /// What is said of a finding, without secrets and controls.
    fn words(&self, diagnostic: &Diagnostic, text: &str) -> String {
        super::clean(&self.source(diagnostic).redacted(text))
    }

    /// The changes of a finding's fix that a report may show: none that would repeat a secret.
    fn changes(&self, diagnostic: &'a Diagnostic) -> Option<(&'a str, Applicability, &'a [Change])> {
        let fix = diagnostic.finding.fix.as_ref()?;
        let source = self.source(diagnostic);
        let is_shown = fix.changes.iter().all(|change| !source.is_secret(&change.span));
        is_shown.then_some((&*fix.title, fix.applicability, &*fix.changes))
    }
}

impl Totals {
    fn of<'d>(diagnostics: impl Iterator<Item = &'d Diagnostic>, cost: &dyn Fn(&str) -> Option<Usd>) -> Totals {
        let mut totals = Totals::default();
        let mut by_file: BTreeMap<&str, Usd> = BTreeMap::new();
        for diagnostic in diagnostics {
            match diagnostic.severity {
                Severity::Error => totals.errors += 1,
                Severity::Warning => totals.warnings += 1,
                Severity::Info => totals.infos += 1,
            }
            match diagnostic.finding.fix.as_ref().map(|fix| fix.applicability) {
                Some(Applicability::Safe) => totals.safe += 1,
                Some(Applicability::Unsafe) => totals.r#unsafe += 1,
                Some(Applicability::Display) | None => {}
            }
            let Some(saving) = diagnostic.finding.saving else { continue };
            let tokens = saving.tokens.unwrap_or(0).max(0).unsigned_abs();
            totals.tokens = totals.tokens.saturating_add(tokens);
            match saving.usd_per_1k {
                Some(usd) if usd > Usd::ZERO => {
                    let sum = by_file.entry(&diagnostic.path).or_default();
                    *sum = sum.saturating_add(usd);
                }
                Some(_) => {}
                None => totals.n_unpriced += usize::from(tokens > 0),
            }
            if let Some(usd) = diagnostic.usd_per_month().filter(|usd| *usd > Usd::ZERO) {
                totals.usd_per_month = totals.usd_per_month.saturating_add(usd);
            }
        }
        // Findings overlap: who changes the model and shortens the text saves no more than all of it.
        for (path, sum) in by_file {
            let most = cost(path).unwrap_or(sum);
            totals.usd_per_1k = totals.usd_per_1k.saturating_add(if sum > most { most } else { sum });
        }
        totals
    }

    fn n(&self) -> usize {
        self.errors + self.warnings + self.infos
    }
}

/// What the prompts of a file cost per 1,000 calls, if all of them have a price.
fn cost(report: &Report, path: &str) -> Option<Usd> {
    report.file_at(path).map(|checked| checked.weight).filter(|weight| weight.n_unpriced == 0).map(|it| it.usd_per_1k)
}

/// What following a finding is worth: by month where traffic is known, then by call.
fn worth(diagnostic: &Diagnostic) -> (Usd, Usd, i64) {
    let saving = diagnostic.finding.saving.unwrap_or_default();
    (
        diagnostic.usd_per_month().unwrap_or(Usd::ZERO),
        saving.usd_per_1k.unwrap_or(Usd::ZERO),
        saving.tokens.unwrap_or(0),
    )
}

/// The findings in the form asked for.
pub(crate) fn render(findings: &Findings<'_>, args: &ShowFindingsArgs, settings: &Settings) -> Result<String> {
    if args.statistics {
        return summary::statistics(findings, args, settings);
    }
    Ok(match args.output {
        LintForm::Text => {
            let mut out = text::text(findings, settings);
            if !args.quiet {
                out.push_str(&summary::summary(findings, settings));
            }
            out
        }
        LintForm::Concise => {
            let mut out = concise::concise(findings);
            if !args.quiet {
                out.push_str(&summary::summary(findings, settings));
            }
            out
        }
        LintForm::Json => json::json(findings)?,
        LintForm::Sarif => sarif::sarif(findings)?,
        LintForm::Github => ci::github(findings),
        LintForm::Gitlab => ci::gitlab(findings)?,
        LintForm::Junit => junit::junit(findings, findings.run.fail_on),
        LintForm::Markdown => markdown::markdown(findings),
    })
}

/// A page that goes where the findings go.
fn new_page(settings: &Settings) -> Page {
    Page::new(settings.width, settings.color_on_stdout)
}
