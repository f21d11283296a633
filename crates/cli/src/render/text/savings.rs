//! What would save how much: the waterfall from today's bill to the least one, and the same calls on other models.

use promptopt::estimate::Report;
use promptopt::estimate::report::{Step, WhatIf};
use promptopt::usd::Usd;

use crate::render::bars::remainder;
use crate::render::page::{Page, Style, cut};
use crate::render::table::{Cell, Column, Table};
use crate::render::words::{self, calls_of, count, tokens};
use crate::render::{View, clean};

/// Columns of the waterfall's bars, where there is room …
const BAR: usize = 24;
/// … and where there is less.
const SHORT_BAR: usize = 12;

/// The waterfall.
pub(super) fn steps(report: &Report, view: &View, page: &mut Page) {
    if report.steps.is_empty() {
        return;
    }
    let total = report.baseline.cost_usd;
    let amounts = report.steps.iter().flat_map(|step| [step.saved_usd, step.lower_usd, step.upper_usd, step.cost_usd]);
    let money = words::money_column(&amounts.chain([total]).collect::<Vec<_>>());
    let mut table = Table::new(
        "WHAT WOULD SAVE",
        vec![
            Column::text(),
            Column::figure("saves", 0),
            Column::figure("at least", 4),
            Column::figure("at most", 4),
            Column::figure("bill after", 1),
            Column::left("", 2),
        ],
    );
    let n_bar = if view.width >= 120 { BAR } else { SHORT_BAR };
    let full_bar = Cell::new(remainder(1.0, 1.0, n_bar).0, Style::Accent);
    table.row(vec!["as it is".into(), "".into(), "".into(), "".into(), money(total).into(), full_bar]);
    let mut before = total;
    // What is not counted and bears on no call says nothing on one screen.
    let says_something = |step: &&Step| view.full || step.counted || step.requests > 0;
    for step in report.steps.iter().filter(says_something) {
        let after = step.cost_usd;
        let title = Cell::new(clean(&step.title), Style::Plain);
        let saved = Cell::new(money(step.saved_usd), if step.saved_usd < Usd::ZERO { Style::Bad } else { Style::Good });
        let (least, most) = (money(step.lower_usd).into(), money(step.upper_usd).into());
        if step.counted {
            let (kept, gone) = remainder(ratio(before, total), ratio(after, total), n_bar);
            let bar = Cell::new(kept, Style::Accent).and(gone, Style::Good);
            table.row(vec![title, saved, least, most, money(after).into(), bar]);
            before = after;
        } else {
            table.row(vec![title, saved, least, most, Cell::new("(not counted)", Style::Dim), "".into()]);
        }
        let rests_on = rests_on(step);
        // On one screen a line each: the assumption that dominates stands first.
        table.remark(if view.full { rests_on } else { cut(&rests_on, page.width.saturating_sub(4)) });
    }
    if let Some(saved) = all_saved(report) {
        let empty = || Cell::from("");
        let sum = |name: &str, saved: Usd, after: Cell, share: Cell| {
            let name = Cell::new(name, Style::Bold);
            vec![name, Cell::new(money(saved), Style::Good), empty(), empty(), after, share]
        };
        table.row(sum("all counted steps", saved, money(before).into(), less(saved, total).into()));
        if let Some(same) = words::saved_with_same_answers(report) {
            table.row(sum("with the same answers", same, empty(), less(same, total).into()));
        }
    }
    table.draw(page);
}

/// `62 % less`; of a bill of nothing there is no share.
fn less(saved: Usd, total: Usd) -> String {
    if total.is_zero() { String::new() } else { format!("{} less", words::share(saved, total)) }
}

/// What the counted steps save together. A step alone needs no sum.
fn all_saved(report: &Report) -> Option<Usd> {
    let last = report.steps.iter().rev().find(|step| step.counted)?;
    let n_counted = report.steps.iter().filter(|step| step.counted).count();
    (n_counted > 1).then_some(last.cumulative_saved_usd)
}

fn rests_on(step: &Step) -> String {
    let mut parts = vec![words::calls(step.requests)];
    if step.answers != "identical" {
        parts.push("answers may differ".to_owned());
    }
    if !step.rests_on.is_empty() {
        parts.push(clean(&step.rests_on));
    }
    parts.join("; ")
}

/// Other models.
pub(super) fn what_if(report: &Report, view: &View, page: &mut Page) {
    if report.what_if.is_empty() {
        return;
    }
    let total = report.baseline.cost_usd;
    let rows: Vec<&WhatIf> = report.what_if.iter().take(view.top.max(View::TOP)).collect();
    let amounts = rows.iter().flat_map(|row| [row.cost.usd, row.lower_usd, row.upper_usd, row.saved_usd]);
    let money = words::money_column(&amounts.collect::<Vec<_>>());
    let mut table = Table::new(
        "WHAT IF ALL RAN ON",
        vec![
            Column::name(),
            Column::figure("calls", 4),
            Column::figure("input", 5),
            Column::figure("cost", 0),
            Column::figure("at least", 3),
            Column::figure("at most", 3),
            Column::figure("saves", 1),
            Column::figure("", 2),
        ],
    );
    for row in rows {
        let style = if row.saved_usd < Usd::ZERO { Style::Bad } else { Style::Good };
        let all_unpriced = row.cost.usd.is_zero() && row.cost.unpriced_requests > 0;
        let host = format!("  {}", clean(&row.host));
        let name = Cell::new(clean(&row.model), Style::Plain).and(host, Style::Dim);
        let calls = count(row.requests);
        let input = format!("{}{}", if row.exact { "" } else { "≈" }, tokens(row.input_tokens));
        if all_unpriced {
            let none = || Cell::from("");
            let unpriced = Cell::new("unpriced", Style::Bad);
            table.row(vec![name, calls.into(), input.into(), unpriced, none(), none(), none(), none()]);
            continue;
        }
        table.row(vec![
            name,
            calls.into(),
            input.into(),
            money(row.cost.usd).into(),
            money(row.lower_usd).into(),
            money(row.upper_usd).into(),
            Cell::new(money(row.saved_usd), style),
            Cell::new(words::share(row.saved_usd, total), style),
        ]);
        if let Some(remark) = what_if_limits(row, report) {
            table.remark(remark);
        }
    }
    table.draw(page);
}

/// What a cheaper model cannot do stands beside its price, or the price is a lie.
pub(crate) fn what_if_limits(row: &WhatIf, report: &Report) -> Option<String> {
    let mut limits = Vec::new();
    // What was answered from a cache, failed or is flawed costs nothing on any model.
    let baseline = &report.baseline;
    let n_free = baseline.from_cache.saturating_add(baseline.failed).saturating_add(baseline.flawed_requests);
    let n_calls = baseline.requests.saturating_sub(n_free);
    if row.requests < n_calls {
        limits.push(calls_of(row.requests, n_calls));
    }
    if row.over_context > 0 {
        limits.push(format!("{} too long for it, not in the cost", words::calls(row.over_context)));
    }
    if row.lacking > 0 {
        let needs = clean(&row.lacks.join(", "));
        limits.push(format!("{} need what it lacks ({needs}), not in the cost", words::calls(row.lacking)));
    }
    if row.over_price_cliff > 0 {
        limits.push(format!("{} at its long-context price", words::calls(row.over_price_cliff)));
    }
    if row.cost.unpriced_requests > 0 {
        limits.push(format!("{} unpriced", words::calls(row.cost.unpriced_requests)));
    }
    (!limits.is_empty()).then(|| limits.join("; "))
}

fn ratio(part: Usd, whole: Usd) -> f64 {
    if whole.is_zero() { 0.0 } else { part.as_f64() / whole.as_f64() }
}
