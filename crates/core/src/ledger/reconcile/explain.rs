//! Why both sides of a row differ.

use super::{Compared, Figures, Ours, Theirs, Verdict};
use crate::usage::Usage;
use crate::usd::{Usd, group_thousands};

/// Compares both sides.
pub(super) fn row(period: String, model: String, theirs: &Theirs, ours: &Ours) -> Compared {
    let here = Figures {
        calls: Some(ours.calls),
        tokens: Some(ours.usage.total()),
        cost_usd: (ours.unpriced == 0 || !ours.cost.is_zero()).then_some(ours.cost),
    };
    let there = Figures { calls: theirs.calls, tokens: theirs.tokens, cost_usd: theirs.cost };
    let difference_usd = there.cost_usd.map(|cost| cost.saturating_sub(ours.cost)).filter(|_| ours.unpriced == 0);
    let difference_tokens = there.tokens.map(|tokens| signed(tokens).saturating_sub(signed(ours.usage.total())));
    let verdict = verdict(theirs, ours, difference_usd, difference_tokens);
    let because = because(verdict, theirs, ours, difference_usd);
    Compared { period, model, theirs: there, ours: here, difference_usd, difference_tokens, verdict, because }
}

fn signed(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

fn verdict(theirs: &Theirs, ours: &Ours, usd: Option<Usd>, tokens: Option<i64>) -> Verdict {
    if ours.calls == 0 {
        return if theirs.is_nothing() { Verdict::Equal } else { Verdict::MissingHere };
    }
    if theirs.is_nothing() {
        return Verdict::MissingThere;
    }
    let splits_differ = theirs.split.is_some_and(|split| !is_same(split, ours.usage));
    if splits_differ || tokens.is_some_and(|tokens| tokens != 0) {
        return Verdict::TokensDiffer;
    }
    match usd {
        Some(usd) if usd.is_zero() => Verdict::Equal,
        Some(usd) if usd.pico().unsigned_abs() <= theirs.rounding.pico().unsigned_abs() => Verdict::Rounding,
        Some(_) => Verdict::PriceDiffers,
        None if theirs.cost.is_some() => Verdict::PriceDiffers,
        None => Verdict::Equal,
    }
}

/// Usage reports do not tell reasoning apart.
fn is_same(theirs: Usage, ours: Usage) -> bool {
    counters(theirs).iter().zip(counters(ours)).all(|((_, a), (_, b))| *a == b)
}

fn counters(usage: Usage) -> [(&'static str, u64); 4] {
    let writes = usage.cache_write_short.saturating_add(usage.cache_write_long);
    [
        ("fresh input", usage.input_fresh),
        ("cache read", usage.cache_read),
        ("cache write", writes),
        ("output", usage.output()),
    ]
}

fn because(verdict: Verdict, theirs: &Theirs, ours: &Ours, usd: Option<Usd>) -> Vec<String> {
    let mut because = Vec::new();
    match verdict {
        Verdict::Equal => return because,
        Verdict::Rounding => {
            because.push(format!("the statement is rounded: up to {} here", theirs.rounding));
            return because;
        }
        Verdict::MissingHere if !theirs.is_call => {
            because.push("a charge that is not by the call: the ledger knows calls only".to_owned());
            return because;
        }
        Verdict::MissingHere => {
            because.push("calls that did not go through this router, or that another ledger has".to_owned());
            return because;
        }
        Verdict::MissingThere => {
            because.push("the statement is not complete yet, or is of another account, project or key".to_owned());
        }
        Verdict::TokensDiffer => {
            let parts: Vec<String> = match theirs.split {
                Some(split) => {
                    let pairs = counters(split).into_iter().zip(counters(ours.usage));
                    pairs.filter(|((_, a), (_, b))| a != b).map(|((name, a), (_, b))| apart(name, a, b)).collect()
                }
                None => vec![apart("all tokens", theirs.tokens.unwrap_or(0), ours.usage.total())],
            };
            because.push(format!("there against here: {}", parts.join(", ")));
            match theirs.calls {
                Some(calls) if calls > ours.calls => {
                    let more = calls - ours.calls;
                    because.push(format!("the statement has {} more: they went past this router", calls_of(more)));
                }
                Some(calls) if calls < ours.calls => {
                    let fewer = ours.calls - calls;
                    because.push(format!(
                        "the statement has {} fewer: around midnight, or not complete yet",
                        calls_of(fewer)
                    ));
                }
                _ => {}
            }
        }
        Verdict::PriceDiffers => {
            if let Some(usd) = usd.filter(|_| !ours.cost.is_zero()) {
                let there = ours.cost.saturating_add(usd).as_f64();
                let ratio = there / ours.cost.as_f64();
                let ratio = if ratio < 10.0 {
                    format!("{:.1} % of ours", ratio * 100.0)
                } else {
                    format!("{ratio:.0} times ours")
                };
                because.push(format!("theirs is {ratio}: a discount, another tier, or a price that is out of date"));
            }
            if theirs.tokens.is_none() {
                because.push("this file tells no tokens: reconcile the usage report too".to_owned());
            }
        }
    }
    if ours.reserved > 0 {
        let (calls, cost) = (calls_of(ours.reserved), ours.reserved_cost);
        because.push(format!("{calls} broke off and stand at what was reserved, {cost}"));
    }
    if ours.counted > 0 {
        let tokens = group_thousands(ours.counted_tokens.into());
        because.push(format!(
            "{} with {tokens} tokens counted here, because the provider told none",
            calls_of(ours.counted)
        ));
    }
    if ours.unpriced > 0 {
        because.push(format!("{} without a price here", calls_of(ours.unpriced)));
    }
    because
}

fn apart(name: &str, theirs: u64, ours: u64) -> String {
    let sign = if theirs >= ours { "+" } else { "-" };
    format!("{name} {sign}{}", group_thousands(theirs.abs_diff(ours).into()))
}

fn calls_of(n: u64) -> String {
    format!("{} call{}", group_thousands(n.into()), if n == 1 { "" } else { "s" })
}
