//! Looks for prices that cannot be right: ratios between classes, tiers and bands that no provider has, names that lead
//! nowhere, dates that contradict each other, and prices that nobody has looked at for long. Findings are values; what is
//! odd but true is allowed, with its reason, in `data/catalog/allowed.toml`.

mod allowed;
mod names;
mod ratios;

use std::fmt;
use std::sync::Arc;

use jiff::civil::Date;

pub(super) use allowed::fits;

use super::Catalog;

/// What is wrong with a row.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// How sure that is.
    pub severity: Severity,
    /// Which check found it.
    pub check: &'static str,
    /// The row's host.
    pub host: Arc<str>,
    /// The row's id.
    pub id: Arc<str>,
    /// In words.
    pub message: String,
    /// Why it is right all the same, if that is known.
    pub allowed: Option<String>,
}

/// How sure it is that something is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// A price or name that cannot be right.
    Error,
    /// Worth a look.
    Warning,
}

/// What to compare with.
#[derive(Clone, Copy, Debug, Default)]
pub struct AuditOptions {
    /// Today; without it nothing is too old.
    pub today: Option<Date>,
    /// Days after which a price is old.
    pub max_age_days: Option<u32>,
}

impl Catalog {
    /// Every finding, allowed ones included, sorted: errors first, then by host and id.
    pub fn audit(&self, options: AuditOptions) -> Vec<Finding> {
        let mut findings = Vec::new();
        for model in &self.models {
            ratios::check(model, &mut findings);
            names::check(self, model, options, &mut findings);
        }
        for finding in &mut findings {
            finding.allowed = allowed::reason(finding);
        }
        findings.sort();
        findings
    }
}

impl Finding {
    /// True for an error that nothing allows.
    pub fn is_failure(&self) -> bool {
        self.severity == Severity::Error && self.allowed.is_none()
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
        })
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}[{}] {} {}: {}", self.severity, self.check, self.host, self.id, self.message)?;
        match &self.allowed {
            Some(why) => write!(f, " (allowed: {why})"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::load::{Part, parse};

    fn check(prices: &str, expected: &[&str]) {
        let text = format!(
            "host = \"x\"\n[source.s]\nurl = \"u\"\n[[model]]\nid = \"m\"\ntokenizer = \"claude\"\nsource = \"s\"\nobserved = \"2026-01-01\"\n{prices}"
        );
        let catalog = parse("my.toml", &text).and_then(Part::into_catalog).unwrap();
        let checks: Vec<&str> = catalog.audit(AuditOptions::default()).iter().map(|finding| finding.check).collect();
        assert_eq!(checks, expected, "{prices}");
    }

    fn standard(card: &str, more: &str) -> String {
        format!("[[model.prices]]\nstandard = {{ input = \"2\", output = \"10\"{card} }}\n{more}")
    }

    #[test]
    fn each_check_finds_its_mistake() {
        check(&standard("", ""), &[]);
        check(&standard(", cache_read = \"3\"", ""), &["cache-read-above-input", "price-without-cache-rule"]);
        check(&standard(", write_short = \"1\"", ""), &["cache-write-below-input", "price-without-cache-rule"]);
        check(&standard("", "batch = { input = \"3\", output = \"12\" }"), &["slow-tier-above-standard"; 2]);
        check(
            &standard("", "priority = { input = \"100\", output = \"20\" }"),
            &["tier-outlier", "output-below-input"],
        );
        check(
            &standard("", "[[model.prices.band]]\nabove = 1000\nstandard = { input = \"1\", output = \"10\" }"),
            &["band-falls"],
        );
        check(&standard("", "regions = { us = \"3\" }"), &["region-factor"]);
        check(&standard("", "").replace("\"10\"", "\"1\""), &["output-below-input"]);
        check("[[model.prices]]\nstandard = { input = \"0\", output = \"0\" }", &["free-of-charge"]);
        check("successor = \"gone\"\n", &["no-such-successor", "unpriced"]);
    }

    #[test]
    fn old_prices_are_found() {
        let options = AuditOptions { today: Some("2027-03-01".parse().unwrap()), max_age_days: Some(60) };
        let findings = Catalog::embedded().audit(options);
        assert!(findings.iter().any(|finding| finding.check == "old-price"));
    }

    #[test]
    fn the_embedded_catalogue_has_no_failures() {
        let failures: Vec<String> = Catalog::embedded()
            .audit(AuditOptions::default())
            .iter()
            .filter(|finding| finding.is_failure())
            .map(ToString::to_string)
            .collect();
        assert!(failures.is_empty(), "{} failures\n{}", failures.len(), failures.join("\n"));
    }

    #[test]
    fn every_allowance_is_needed() {
        let findings = Catalog::embedded().audit(AuditOptions::default());
        for allowance in allowed::all() {
            assert!(
                findings.iter().any(|finding| allowance.covers(finding)),
                "nothing needs the allowance {} {} {}",
                allowance.check,
                allowance.host,
                allowance.id
            );
        }
    }
}
