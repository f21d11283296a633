//! `premium-tier-pinned`: a faster and dearer tier written into a prompt file.

use crate::catalog::TokenClass;
use crate::lint::caching::{field_named, money, per_1k};
use crate::lint::diagnostic::{Applicability, Change, Finding, Severity};
use crate::lint::rule::{Check, Evidence};
use crate::lint::sink::Sink;
use crate::lint::view::View;
use crate::usage::ServiceTier;

rule! {
    /// A faster, dearer service tier that every call of the prompt gets.
    ///
    /// ## Why
    ///
    /// Priority and fast tiers cost up to six times the standard price. Written into a prompt, they are paid by nightly jobs and
    /// tests as by the users who wait.
    ///
    /// ## Example
    ///
    /// ```json
    /// {"model": "gpt-6-luna", "service_tier": "priority", "messages": []}
    /// ```
    ///
    /// ## Fix
    ///
    /// Unsafe: the field is removed, and answers come at standard speed.
    ///
    /// ## Limits
    ///
    /// Only tiers that the catalogue has a price for.
    "premium-tier-pinned",
    code: "CST007",
    severity: Severity::Warning,
    is_default: true,
    is_cost: true,
    evidence: Evidence { source: "prices by tier in the catalogue, from the providers' price pages", date: "2026-11-22" },
    options: &[],
    check: Check::Prompt(check),
}

fn check(view: &View<'_>, sink: &mut Sink<'_>) {
    let Some(field) = field_named(view.prompt, &["service_tier", "serviceTier", "speed"]) else { return };
    let Some(tier) = field.value.as_str().and_then(ServiceTier::from_wire) else { return };
    if !matches!(tier, ServiceTier::Priority | ServiceTier::Fast | ServiceTier::Ultrafast) {
        return;
    }
    let total = view.total();
    let rate = |tier| view.target.rate_at(TokenClass::Input, total, tier, None);
    let Some((standard, asked)) = rate(ServiceTier::Standard).zip(rate(tier)) else { return };
    let Some(usd) = per_1k(asked.saturating_sub(standard), total) else { return };
    let Some(times) = (asked.pico() * 100).checked_div(standard.pico()) else { return };
    let removal = field.removal.clone().map(|span| vec![Change { span, text: String::new() }]);
    sink.report(
        Finding::at(
            field.key.start..field.span.end,
            format!("the {tier} tier costs {}.{:02} times the standard price", times / 100, times % 100),
        )
        .note("the saving is that of input; output costs as many times more")
        .help("leave the tier to the callers who need the speed")
        .saves(money(usd))
        .fix("remove the tier", Applicability::Unsafe, removal),
    );
}
