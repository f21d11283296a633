//! `billed-suppression`: a suppression that is sent with the prompt.

use crate::lint::diagnostic::Severity;
use crate::lint::rule::{Check, Evidence};

rule! {
    /// A suppression in text that is sent to the model, and billed in every call.
    ///
    /// ## Why
    ///
    /// In Markdown and plain text nothing is a comment to the model: it reads the line, and it is paid for each time. The
    /// suppression holds all the same.
    ///
    /// ## Example
    ///
    /// ```markdown
    /// <!-- promptopt: ignore padded-table -->
    /// | name      | colour |
    /// |-----------|--------|
    /// | apple     | red    |
    /// ```
    ///
    /// In `fruit.md.promptopt.toml` beside `fruit.md` it costs nothing:
    ///
    /// ```toml
    /// [[ignore]]
    /// rules = ["padded-table"]
    /// until = 2027-03-31        # if it shall end
    /// reason = "people read it" # if it is to be known why
    /// ```
    ///
    /// `[lint.per-file-ignores]` in `promptopt.toml` does the same for many files.
    ///
    /// ## Limits
    ///
    /// Comments of a template language and of source code never reach the model, and are left alone.
    "billed-suppression",
    code: "SYN005",
    severity: Severity::Info,
    is_default: true,
    is_cost: true,
    evidence: Evidence { source: "measured with the model's tokenizer, on the comment itself", date: "2026-11-26" },
    options: &[],
    check: Check::ByTheRun,
}
