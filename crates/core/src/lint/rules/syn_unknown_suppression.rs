//! `unknown-suppression`: a suppression that names no rule there is.

use crate::lint::diagnostic::Severity;
use crate::lint::rule::{Check, Evidence};

rule! {
    /// A suppression that names no rule, a rule that does not exist, or a day that is none.
    ///
    /// ## Why
    ///
    /// It hides nothing, though whoever wrote it thinks so. With a day that cannot be read it does not hold either: it would
    /// hold for ever.
    ///
    /// ## Example
    ///
    /// ```python
    /// GREETING = "..."  # promptopt: ignore padded-tabel until spring
    /// ```
    "unknown-suppression",
    code: "SYN004",
    severity: Severity::Warning,
    is_default: true,
    is_cost: false,
    evidence: Evidence { source: "by construction: the list of rules (`promptopt rules`)", date: "2026-11-26" },
    options: &[],
    check: Check::ByTheRun,
}
