//! `unused-suppression`: a suppression that hides nothing.

use crate::lint::diagnostic::Severity;
use crate::lint::rule::{Check, Evidence};

rule! {
    /// A suppression that hides nothing.
    ///
    /// ## Why
    ///
    /// What it hid is gone, or it never stood in the right place. Left there, it hides the next finding of its kind, which
    /// nobody has looked at.
    ///
    /// ## Example
    ///
    /// ```markdown
    /// <!-- promptopt: ignore padded-table -->
    /// Answer in one sentence.
    /// ```
    ///
    /// ## Fix
    ///
    /// Safe: the comment is removed, if none of the rules it names has anything to hide.
    ///
    /// ## Limits
    ///
    /// Patterns in `promptopt.toml` are not judged, as they speak of many files; a sidecar is. Where a run was told to look
    /// for other rules only, nothing is said.
    "unused-suppression",
    code: "SYN002",
    severity: Severity::Warning,
    is_default: true,
    is_cost: false,
    evidence: Evidence { source: "by construction: the run counts what each suppression hides", date: "2026-11-26" },
    options: &[],
    check: Check::ByTheRun,
}
