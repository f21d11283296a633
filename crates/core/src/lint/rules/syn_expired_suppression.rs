//! `expired-suppression`: a suppression whose last day is over.

use crate::lint::diagnostic::Severity;
use crate::lint::rule::{Check, Evidence};

rule! {
    /// A suppression whose last day is over.
    ///
    /// ## Why
    ///
    /// Somebody meant to mend it by then. The findings that it hid are shown again.
    ///
    /// ## Example
    ///
    /// ```markdown
    /// <!-- promptopt: ignore padded-table until 2026-06-30 rewritten in June -->
    /// ```
    ///
    /// ## Limits
    ///
    /// `until` names the last day on which it holds, in UTC. A pattern in `promptopt.toml` or a sidecar is mentioned only in
    /// files in which it hid something.
    "expired-suppression",
    code: "SYN003",
    severity: Severity::Warning,
    is_default: true,
    is_cost: false,
    evidence: Evidence { source: "by construction: the day that the suppression itself names", date: "2026-11-26" },
    options: &[],
    check: Check::ByTheRun,
}
