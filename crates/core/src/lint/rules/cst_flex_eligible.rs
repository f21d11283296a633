//! `flex-eligible`: a call in the background at the price of one in the foreground.

use crate::catalog::TokenClass;
use crate::lint::caching::{field_named, money, per_1k};
use crate::lint::diagnostic::{Finding, Severity};
use crate::lint::rule::{Check, Evidence};
use crate::lint::sink::Sink;
use crate::lint::view::View;
use crate::usage::ServiceTier;

rule! {
    /// A call in the background that does not ask for the cheaper flex tier.
    ///
    /// ## Why
    ///
    /// Who sets `background` fetches the answer later. The flex tier answers when there is room and costs half.
    ///
    /// ## Example
    ///
    /// ```json
    /// {"model": "gpt-6-luna", "background": true, "input": "…"}
    /// ```
    ///
    /// ## Limits
    ///
    /// Only models with a flex price in the catalogue. Flex calls may be turned away when there is no room: the caller has to
    /// try again.
    "flex-eligible",
    code: "CST006",
    severity: Severity::Info,
    is_default: true,
    is_cost: true,
    evidence: Evidence { source: "flex prices of the catalogue, from the providers' price pages", date: "2026-11-22" },
    options: &[],
    check: Check::Prompt(check),
}

fn check(view: &View<'_>, sink: &mut Sink<'_>) {
    let Some(field) = view.prompt.field("background").filter(|field| field.value == true) else { return };
    let asked = field_named(view.prompt, &["service_tier", "serviceTier"]).and_then(|tier| tier.value.as_str());
    if !matches!(asked, None | Some("auto" | "default" | "standard")) {
        return;
    }
    let total = view.total();
    let rate = |tier| view.target.rate_at(TokenClass::Input, total, tier, None);
    let Some((standard, flex)) = rate(ServiceTier::Standard).zip(rate(ServiceTier::Flex)) else { return };
    let Some(usd) = per_1k(standard.saturating_sub(flex), total) else { return };
    sink.report(
        Finding::at(
            field.key.start..field.span.end,
            "a call in the background pays the price of one in the foreground",
        )
        .note("input alone; output is as much cheaper")
        .help("set `\"service_tier\": \"flex\"`, and try again when a call is turned away")
        .saves(money(usd)),
    );
}
