//! `regional-uplift`: a region that costs more than the provider's choice.

use crate::catalog::TokenClass;
use crate::lint::caching::{field_named, money, per_1k, tier};
use crate::lint::diagnostic::{Applicability, Change, Finding, Severity};
use crate::lint::rule::{Check, Evidence};
use crate::lint::sink::Sink;
use crate::lint::view::View;

rule! {
    /// A region written into the request that the provider charges more for.
    ///
    /// ## Why
    ///
    /// Some providers add a tenth to every token if the call has to stay in a region. Where no contract and no law asks for it,
    /// the provider's own choice is cheaper.
    ///
    /// ## Example
    ///
    /// ```json
    /// {"model": "claude-opus-5-5", "inference_geo": "us", "max_tokens": 100, "messages": []}
    /// ```
    ///
    /// ## Fix
    ///
    /// Unsafe: the field is removed, and the data may be worked on elsewhere.
    ///
    /// ## Limits
    ///
    /// Regions chosen by address or deployment are not seen in a prompt file.
    "regional-uplift",
    code: "CST010",
    severity: Severity::Info,
    is_default: true,
    is_cost: true,
    evidence: Evidence { source: "regional factors of the catalogue, from the providers' price pages", date: "2026-11-22" },
    options: &[],
    check: Check::Prompt(check),
}

fn check(view: &View<'_>, sink: &mut Sink<'_>) {
    let Some(field) = field_named(view.prompt, &["inference_geo"]) else { return };
    let Some(region) = field.value.as_str().filter(|region| !region.contains(['{', '$'])) else { return };
    let total = view.total();
    let rate = |region| view.target.rate_at(TokenClass::Input, total, tier(view), region);
    let Some((plain, there)) = rate(None).zip(rate(Some(region))) else { return };
    let Some(usd) = per_1k(there.saturating_sub(plain), total).filter(|usd| usd.pico() > 0) else { return };
    let percent = there.saturating_sub(plain).pico() * 100 / plain.pico().max(1);
    let removal = field.removal.clone().map(|span| vec![Change { span, text: String::new() }]);
    sink.report(
        Finding::at(
            field.key.start..field.span.end,
            format!("the region `{}` costs {percent} % more", crate::text::shorten(region, 20)),
        )
        .note("input alone; output rises by as much")
        .help("leave it out if nothing obliges you to stay there")
        .saves(money(usd))
        .fix("remove the region", Applicability::Unsafe, removal),
    );
}
