//! `long-context-cliff`: a prompt at the edge of a dearer price band.

use crate::catalog::{Band, TokenClass};
use crate::lint::caching::{money, per_1k};
use crate::lint::diagnostic::{Finding, Severity};
use crate::lint::rule::{Check, Default, Evidence, OptionSpec};
use crate::lint::sink::Sink;
use crate::lint::view::View;
use crate::usage::ServiceTier;
use crate::usd::Usd;

rule! {
    /// A prompt just above, or just below, a length from which every token of the request is dearer.
    ///
    /// ## Why
    ///
    /// Long-context prices hold for the whole request, not for what lies above the edge: one token more doubles the bill,
    /// and the answer is dearer too.
    ///
    /// ## Example
    ///
    /// On gpt-6.1-sol 272,000 tokens of input cost $0.544; 273,000 cost $1.092, as the price of input goes from $2 to $4 per
    /// million.
    ///
    /// ## Options
    ///
    /// - `margin`: per cent of the edge within which a prompt is reported; by default 10. Far above it, length is meant.
    ///
    /// ## Limits
    ///
    /// Edges and prices are the catalogue's. Values of variables are not counted.
    "long-context-cliff",
    code: "CST002",
    severity: Severity::Warning,
    is_default: true,
    is_cost: false,
    evidence: Evidence {
        source: "price bands of the catalogue, from the providers' price pages (`promptopt models show NAME`)",
        date: "2026-11-22",
    },
    options: &[OptionSpec {
        name: "margin",
        default: Default::Int(10),
        about: "per cent of the edge within which a prompt is reported",
    }],
    check: Check::Prompt(check),
}

fn check(view: &View<'_>, sink: &mut Sink<'_>) {
    let Some(sheet) = view.target.sheet() else { return };
    let margin = u64::try_from(view.int("margin")).unwrap_or(0).min(100);
    let total = view.total();
    for pair in sheet.bands.windows(2) {
        let [below, above] = pair else { continue };
        let edge = above.above;
        let room = edge / 100 * margin;
        let Some((cheap, dear)) = input_rates(below, above) else { continue };
        if dear <= cheap || total + room < edge || total > edge.saturating_add(room) {
            continue;
        }
        let times = factor(cheap, dear);
        let finding = if total > edge {
            let message = format!("{total} tokens: above {edge} every token of input costs {times} times as much");
            let saved = per_1k(dear, total).zip(per_1k(cheap, edge)).map(|(now, then)| now.saturating_sub(then));
            let finding = Finding::at(view.head(), message).help(format!("cut {} tokens", total - edge));
            match saved {
                Some(usd) => finding.saves(money(usd)),
                None => finding,
            }
        } else {
            let message = format!(
                "{total} tokens: {} more and every token of input costs {times} times as much",
                edge + 1 - total
            );
            Finding::at(view.head(), message).help(format!("keep the prompt below {edge} tokens, or cap what may grow"))
        };
        sink.report(finding);
    }
}

fn input_rates(below: &Band, above: &Band) -> Option<(Usd, Usd)> {
    let rate = |band: &Band| Some(band.tiers.get(&ServiceTier::Standard)?.cells.get(&TokenClass::Input)?.rate);
    Some((rate(below)?, rate(above)?))
}

/// How many times as dear, with a decimal where it is not whole.
fn factor(cheap: Usd, dear: Usd) -> String {
    let tenths = dear.pico().saturating_mul(10) / cheap.pico().max(1);
    if tenths % 10 == 0 { (tenths / 10).to_string() } else { format!("{}.{}", tenths / 10, tenths % 10) }
}

#[cfg(test)]
mod tests {
    use crate::lint::{Linter, Settings};
    use crate::usd::Usd;

    /// A request for claude-haiku-4-5's successor with about so many tokens: a word a token.
    fn found(n_words: usize) -> Vec<(String, Option<Usd>)> {
        let text = "word ".repeat(n_words);
        let body = format!(
            "{{\"model\": \"claude-haiku-5-5\", \"max_tokens\": 9, \"messages\": [{{\"role\": \"user\", \"content\": \"{text}\"}}]}}"
        );
        let settings = Settings::new("2026-11-22".parse().unwrap()).only(&["CST002"]).unwrap();
        let diagnostics = Linter::new().lint_text("a.json", &body, &settings).diagnostics;
        let finding = |diagnostic: crate::lint::Diagnostic| {
            let saving = diagnostic.finding.saving.and_then(|saving| saving.usd_per_1k);
            (diagnostic.finding.message, saving)
        };
        diagnostics.into_iter().map(finding).collect()
    }

    #[test]
    fn the_edge_is_reported_from_both_sides_and_with_its_price() {
        let mut seen = Vec::new();
        for n_words in [40_000, 70_000, 73_000, 76_000, 79_000, 82_000, 200_000] {
            for (message, saving) in found(n_words) {
                let total: u64 = message.split(' ').next().unwrap().parse().unwrap_or_default();
                assert!((90_000..=110_000).contains(&total), "{message}");
                if total > 100_000 {
                    // By hand: all tokens at $0.50, the edge's 100,000 at $0.10 per million, 1,000 calls.
                    let by_hand = i128::from(total) * 500_000_000 - 10_i128 * 1_000_000_000_000;
                    assert_eq!(saving.unwrap().pico(), by_hand, "{message}");
                }
                seen.push(total > 100_000);
            }
        }
        assert!(seen.contains(&true) && seen.contains(&false), "{seen:?}");
    }
}
