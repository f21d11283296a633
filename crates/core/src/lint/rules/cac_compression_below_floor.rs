//! `compression-below-floor`: a saving that would cost the cache.

use crate::lint::diagnostic::Severity;
use crate::lint::rule::{Check, Evidence};

rule! {
    /// Text that could be shortened, but only at the price of the provider's prompt cache.
    ///
    /// ## Why
    ///
    /// A prefix below the model's minimum is never cached. Where a read from the cache costs a tenth of fresh input, 1,100
    /// cached tokens cost as much as 110 fresh ones; cut to 900, all 900 are fresh: eight times dearer. promptopt refuses
    /// such a fix and says so here, unless what is left costs less fresh than all of it did from the cache.
    ///
    /// ## Example
    ///
    /// A system prompt of 1,100 tokens with a padded table of 200, on a model whose smallest cacheable prefix is 1,024.
    "compression-below-floor",
    code: "CAC005",
    severity: Severity::Info,
    is_default: true,
    is_cost: false,
    evidence: Evidence {
        source: "minimum and prices from the catalogue; the example is arithmetic",
        date: "2026-11-22",
    },
    options: &[],
    check: Check::ByTheRun,
}
