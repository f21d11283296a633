//! What it costs, from what, how sure, and what is left out: the first lines.

use promptopt::estimate::Report;
use promptopt::estimate::report::Baseline;
use unicode_width::UnicodeWidthStr;

use crate::render::page::{Page, Style, wrap};
use crate::render::words::{self, count, plural, share, share_of, tokens};

/// The total, what it rests on, and what it leaves out.
pub(super) fn draw(report: &Report, page: &mut Page) {
    let baseline = &report.baseline;
    let (total, calls) = (words::sum(words::total(baseline)), format!("for {}", words::calls(baseline.requests)));
    if total.width() + 1 + calls.width() <= page.width {
        page.line().add(total, Style::Bold).space(1).add(calls, Style::Plain);
    } else {
        page.paragraph(&format!("{total} {calls}"), 0, Style::Bold);
    }
    for sentence in [basis(report), span(report)].into_iter().flatten() {
        for row in wrap(&sentence, page.width) {
            page.line().add(row, Style::Dim);
        }
    }
    if baseline.requests > 0 {
        tokens_and_cost(baseline, page);
    }
    left_out(baseline, page);
    billed(baseline, page);
}

fn basis(report: &Report) -> Option<String> {
    let basis = Some(words::basis(report)).filter(|basis| !basis.is_empty());
    let said: Vec<String> = [words::interval(&report.baseline), basis].into_iter().flatten().collect();
    (!said.is_empty()).then(|| said.join("; "))
}

fn span(report: &Report) -> Option<String> {
    let monthly = words::monthly(report).map(|usd| format!("{usd} in 30 days at this pace"));
    let prices = crate::render::clean(&report.prices_observed);
    let prices = (!prices.is_empty()).then(|| format!("prices as of {prices}"));
    let said = [report.time.as_ref().map(words::span), monthly, prices];
    let said: Vec<String> = said.into_iter().flatten().collect();
    (!said.is_empty()).then(|| said.join("; "))
}

fn tokens_and_cost(baseline: &Baseline, page: &mut Page) {
    let cached = (baseline.cache_read_tokens > 0).then(|| {
        let share = share_of(baseline.cache_read_tokens, baseline.input_tokens);
        format!("{share} of it read from the prompt cache")
    });
    let reasoning = (baseline.reasoning_tokens > 0)
        .then(|| format!("{} of it reasoning", share_of(baseline.reasoning_tokens, baseline.output_tokens)));
    let rows = [
        ("input", tokens(baseline.input_tokens), baseline.input_usd, cached),
        ("output", tokens(baseline.output_tokens), baseline.output_usd, reasoning),
        ("fees", String::new(), baseline.fees_usd, None),
    ];
    let amounts: Vec<_> = rows.iter().map(|row| row.2).collect();
    let money = words::money_column(&amounts);
    let widest = amounts.iter().map(|usd| money(*usd).len()).max().unwrap_or(0);
    page.blank();
    for (name, n_tokens, usd, remark) in rows {
        if name == "fees" && usd.is_zero() {
            continue;
        }
        let share = share(usd, baseline.cost_usd);
        let unit = if n_tokens.is_empty() { "" } else { " tokens" };
        let room = page.width;
        let line = page.line();
        line.space(2).add(format!("{name:<6} {n_tokens:>6}{unit:<7}"), Style::Plain);
        line.add(format!("  {:>widest$}", money(usd)), Style::Plain);
        if line.width() + 8 <= room {
            line.add(format!("  {share:>6}"), Style::Plain);
        }
        if let Some(remark) = remark.filter(|remark| line.width() + 2 + remark.len() <= room) {
            line.space(2).add(remark, Style::Dim);
        }
    }
}

/// What the total does not hold, and why.
fn left_out(baseline: &Baseline, page: &mut Page) {
    for unpriced in baseline.unpriced.iter().take(3) {
        let calls = words::calls(unpriced.requests);
        let help = unpriced.help.as_deref().map(|help| format!(" ({help})")).unwrap_or_default();
        let reason = crate::render::clean(&format!("{}{help}", unpriced.reason));
        let text = format!("{calls}, {} tokens, unpriced: {reason}", tokens(unpriced.tokens));
        for row in wrap(&text, page.width.saturating_sub(2)) {
            page.line().space(2).add(row, Style::Bad);
        }
    }
    if baseline.unpriced.len() > 3 {
        let more = plural(baseline.unpriced.len() as u64 - 3, "more reason", "more reasons");
        page.line().space(2).add(format!("and {more}"), Style::Bad);
    }
    if baseline.flawed_requests > 0 {
        let calls = words::calls(baseline.flawed_requests);
        page.paragraph(&format!("{calls} not priced: their usage contradicts itself"), 2, Style::Bad);
    }
}

/// How our sum compares with what the log says was charged.
fn billed(baseline: &Baseline, page: &mut Page) {
    let Some(billed) = baseline.billed.filter(|billed| billed.requests > 0) else { return };
    let text = if billed.equal == billed.requests {
        format!(
            "the log's own bill, {}, agrees for {}",
            billed.billed_usd,
            of_calls(billed.requests, baseline.requests)
        )
    } else {
        format!(
            "the log's own bill is {}, computed {} for the same calls; {} of {} agree",
            billed.billed_usd,
            billed.computed_usd,
            count(billed.equal),
            words::calls(billed.requests)
        )
    };
    page.paragraph(&text, 2, Style::Dim);
}

fn of_calls(n: u64, all: u64) -> String {
    if n == all { format!("all {}", words::calls(n)) } else { words::calls_of(n, all) }
}
