//! When: the hours of the week as a strip of block characters, the busiest one in words, and how many calls and tokens
//! come in a minute. Beside each other where there is room, under each other where not.

use promptopt::estimate::Report;
use promptopt::estimate::report::{Quantiles, TimeUse};

use crate::render::View;
use crate::render::heat::{LABEL, strip};
use crate::render::page::{Page, Style, wrap};
use crate::render::words::{self, tokens};

/// Columns of the least text that stands beside the strip.
const ASIDE: usize = 28;

/// Draws it, if any call has a time.
pub(super) fn draw(report: &Report, view: &View, page: &mut Page) {
    let Some(time) = &report.time else { return };
    let columns_per_hour = if view.width >= LABEL + 48 + 3 + ASIDE { 2 } else { 1 };
    let strip = strip(&time.heat_requests, columns_per_hour);
    let beside = LABEL + 24 * columns_per_hour + 3;
    page.heading("WHEN", "calls by hour of the week, UTC");
    if view.width < beside + ASIDE {
        for line in strip {
            page.push(line);
        }
        for row in facts(time, view.width - 2, false) {
            page.line().space(2).add(row, Style::Plain);
        }
        return;
    }
    let mut facts = facts(time, view.width - beside, true).into_iter();
    for mut line in strip {
        if let Some(fact) = facts.next() {
            line.pad_to(beside).add(fact, Style::Plain);
        }
        page.push(line);
    }
}

fn facts(time: &TimeUse, n_columns: usize, beside: bool) -> Vec<String> {
    let mut rows = if beside { vec![String::new()] } else { Vec::new() };
    rows.extend(wrap(&format!("busiest {}", words::peak(time)), n_columns));
    let table = |name: &str, of: &Quantiles, show: fn(u64) -> String| {
        format!("{name:<10}{:>8}{:>8}{:>8}", show(of.p50), show(of.p95), show(of.max))
    };
    if beside {
        rows.push(String::new());
    }
    if n_columns >= 34 {
        rows.push(format!("{:<10}{:>8}{:>8}{:>8}", "a minute", "median", "95 %", "most"));
        rows.push(table("calls", &time.requests_per_minute, words::count));
        rows.push(table("tokens", &time.tokens_per_minute, tokens));
    } else {
        let (calls, n_tokens) = (time.requests_per_minute, time.tokens_per_minute);
        rows.extend(wrap(&format!("calls a minute: {} median, {} most", calls.p50, calls.max), n_columns));
        let most = format!("tokens a minute: {} median, {} most", tokens(n_tokens.p50), tokens(n_tokens.max));
        rows.extend(wrap(&most, n_columns));
    }
    rows
}
