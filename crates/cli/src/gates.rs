//! Gates: what makes a command fail although it did its work. A gate that cannot be answered says no: a budget is not
//! kept by calls of which nobody knows the price.

use promptopt::error::{Error, Kind};
use promptopt::estimate::Report;
use promptopt::usd::Usd;

use crate::args::{GateArgs, Percent};
use crate::render::words;

/// The gates that say no.
pub(crate) fn check(report: &Report, base: Option<&Report>, args: &GateArgs) -> Vec<Error> {
    let budget = args.budget.and_then(|limit| budget(report, limit));
    let increase = base.zip(args.fail_on_increase).and_then(|(base, limit)| increase(base, report, limit));
    budget.into_iter().chain(increase).collect()
}

fn budget(report: &Report, limit: Usd) -> Option<Error> {
    let baseline = &report.baseline;
    if baseline.cost_usd > limit {
        let over = baseline.cost_usd.saturating_sub(limit);
        let message = format!("over budget: {} of {limit}, {over} too much", baseline.cost_usd);
        return Some(Error::new(Kind::Config, message).help("see what would save, or raise --budget"));
    }
    left_out(report).map(|(what, help)| {
        let message = format!("the budget of {limit} cannot be checked: {what}");
        Error::new(Kind::Config, message).help(help)
    })
}

/// Fails when the head costs more than `limit` percent more than the base.
pub(crate) fn increase(base: &Report, head: &Report, limit: Percent) -> Option<Error> {
    let (before, after) = (base.baseline.cost_usd, head.baseline.cost_usd);
    let hundred_percent = 100 * Usd::parse("1").map_or(0, Usd::pico);
    // Out of range is beyond any bill; then the gate says no.
    let allowed = before.checked_scale(limit.0, hundred_percent).map_or(Usd::ZERO, |more| before.saturating_add(more));
    if after > allowed {
        let change = words::change(before, after);
        let allowed_percent = Usd::from_pico(limit.0).to_decimal();
        let message = format!("the cost rose: {change}, allowed +{allowed_percent} %");
        return Some(Error::new(Kind::Config, message).help("`promptopt diff BASE HEAD` shows what changed"));
    }
    let n_left_out =
        |report: &Report| report.baseline.unpriced_requests.saturating_add(report.baseline.flawed_requests);
    if n_left_out(head) <= n_left_out(base) {
        return None;
    }
    left_out(head).map(|(what, help)| {
        let message = format!("the increase cannot be checked: {what}, more than before");
        Error::new(Kind::Config, message).help(help)
    })
}

/// Fails when the dearest call costs more than the limit.
pub(crate) fn max_cost(report: &Report, limit: Usd) -> Option<Error> {
    let dearest = report.baseline.dearest_call_usd;
    if dearest > limit {
        let place = report.baseline.dearest_call.as_deref().map(|place| format!(", at {place}")).unwrap_or_default();
        let message = format!("a call costs {dearest}, more than the {limit} allowed{place}");
        return Some(Error::new(Kind::Config, message).help("shorten it, or raise --max-cost"));
    }
    left_out(report).map(|(what, help)| {
        let message = format!("--max-cost cannot be checked: {what}");
        Error::new(Kind::Config, message).help(help)
    })
}

/// Calls that the sums leave out, if there are any, and what to do about them.
fn left_out(report: &Report) -> Option<(String, String)> {
    let baseline = &report.baseline;
    let (mut what, mut helps) = (Vec::new(), Vec::new());
    if baseline.unpriced_requests > 0 {
        what.push(format!("{} without a known price", words::calls(baseline.unpriced_requests)));
        let first = baseline.unpriced.first();
        helps.push(first.map_or("see the report for the reasons", |unpriced| unpriced.reason.as_str()));
        helps.extend(first.and_then(|unpriced| unpriced.help.as_deref()));
    }
    if baseline.flawed_requests > 0 {
        what.push(format!("{} whose usage contradicts itself", words::calls(baseline.flawed_requests)));
        helps.push("the report says which usage is contradictory: correct it, or count anew with --ignore-usage");
    }
    (!what.is_empty()).then(|| (what.join(", "), helps.join("; ")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::{percent, usd};

    fn costing(amount: &str) -> Report {
        let mut report = Report::default();
        report.baseline.cost_usd = usd(amount).unwrap();
        report
    }

    #[test]
    fn a_budget_is_kept_up_to_the_last_pico_dollar() {
        let limit = usd("10").unwrap();
        assert!(budget(&costing("10"), limit).is_none());
        let error = budget(&costing("10.000000000001"), limit).unwrap();
        assert!(error.message().starts_with("over budget: $10.00 of $10.00, $0.000000000001 too much"), "{error}");
    }

    #[test]
    fn calls_without_a_price_break_a_budget() {
        let mut report = costing("1");
        report.baseline.unpriced_requests = 3;
        assert!(budget(&report, usd("10").unwrap()).unwrap().message().contains("cannot be checked: 3 calls"));
    }

    #[test]
    fn calls_left_out_as_flawed_break_every_gate() {
        let mut report = costing("1");
        report.baseline.flawed_requests = 2;
        let limit = usd("10").unwrap();
        let reason = "cannot be checked: 2 calls whose usage contradicts itself";
        assert!(budget(&report, limit).unwrap().message().contains(reason));
        assert!(max_cost(&report, limit).unwrap().message().contains(reason));
        let more = percent("5").unwrap();
        assert!(increase(&costing("1"), &report, more).unwrap().message().contains(reason));
        assert!(increase(&report, &report, more).is_none());
        report.baseline.unpriced_requests = 1;
        let both = "1 call without a known price, 2 calls whose usage contradicts itself";
        assert!(budget(&report, limit).unwrap().message().ends_with(both));
    }

    #[test]
    fn the_dearest_call_is_judged_and_named() {
        let mut report = costing("9");
        report.baseline.dearest_call_usd = usd("0.5").unwrap();
        report.baseline.dearest_call = Some("a.jsonl:7".to_owned());
        assert!(max_cost(&report, usd("0.5").unwrap()).is_none());
        let error = max_cost(&report, usd("0.4").unwrap()).unwrap();
        assert_eq!(error.message(), "a call costs $0.50, more than the $0.40 allowed, at a.jsonl:7");
    }

    #[test]
    fn an_increase_is_judged_exactly() {
        let limit = percent("5").unwrap();
        assert!(increase(&costing("100"), &costing("105"), limit).is_none());
        assert!(increase(&costing("100"), &costing("105.01"), limit).is_some());
        assert!(increase(&costing("0"), &costing("0"), limit).is_none());
        assert!(increase(&costing("0"), &costing("0.01"), limit).is_some());
        assert!(increase(&costing("100"), &costing("50"), limit).is_none());
    }
}
