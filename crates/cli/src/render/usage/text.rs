//! The figures for a terminal: what was spent, by whom, when, how fast, what went wrong, what was saved.

use promptopt::labels::readable;
use promptopt::ledger::report::{Group, UsageReport};
use promptopt::usd::Usd;

use super::{Figures, median, month, most, name, span};
use crate::render::bars::bar;
use crate::render::clean;
use crate::render::heat::{LABEL, strip};
use crate::render::page::{Page, Style};
use crate::render::table::{Cell, Column, Table};
use crate::render::words::{self, count, money_column, plural, share, share_of, tokens};

/// Kinds of error that are shown.
const ERRORS: usize = 6;
/// Columns of a bar.
const BAR: usize = 8;

/// The figures for a terminal.
pub(crate) fn text(figures: &Figures<'_>, width: usize, color: bool) -> String {
    let report = figures.report;
    let mut page = Page::new(width, color);
    headline(figures, &mut page);
    if report.total.attempts > 0 {
        groups(figures, &mut page);
        when(report, &mut page);
        errors(report, &mut page);
        templates(report, &mut page);
    }
    budgets(figures, &mut page);
    page.heading("MONTH", &report.month.month);
    let (said, how) = month(report);
    page.line().space(2).add(said, Style::Plain);
    page.paragraph(&how, 2, Style::Dim);
    if report.month.unpriced > 0 {
        let attempts = plural(report.month.unpriced, "attempt", "attempts");
        page.paragraph(&format!("{attempts} without a price are not in it"), 2, Style::Bad);
    }
    page.finish()
}

fn headline(figures: &Figures<'_>, page: &mut Page) {
    let total = &figures.report.total;
    let ledger = clean(&figures.ledger.display().to_string());
    if total.attempts == 0 {
        page.line().add("Nothing was asked", Style::Bold).add(format!("  {ledger}"), Style::Dim);
        return;
    }
    let attempts = plural(total.attempts, "attempt", "attempts");
    page.line().add(total.cost_usd.to_string(), Style::Bold).add(format!(" for {attempts}"), Style::Plain);
    let mut said: Vec<String> = span(figures.report).into_iter().collect();
    let parts = [
        (total.answered, "answered"),
        (total.from_cache, "from the cache"),
        (total.coalesced, "shared"),
        (total.failed, "failed"),
    ];
    said.extend(parts.iter().filter(|(n, _)| *n > 0).map(|(n, words)| format!("{} {words}", count(*n))));
    if !total.saved_usd.is_zero() {
        said.push(format!("{} saved by the response cache", total.saved_usd));
    }
    if let Some(rating) = total.feedback {
        let scores = plural(rating.n, "score", "scores");
        said.push(format!("{scores} of {} in 1000 on average", rating.mean_permille));
    }
    said.push(ledger);
    page.paragraph(&said.join(", "), 0, Style::Dim);
    if total.unpriced > 0 {
        let attempts = plural(total.unpriced, "attempt", "attempts");
        page.paragraph(&format!("{attempts} without a price are not in the cost"), 0, Style::Bad);
    }
    if !total.reserved_usd.is_zero() {
        let said =
            format!("{} of it stands for attempts that broke off: what was reserved for them", total.reserved_usd);
        page.paragraph(&said, 0, Style::Dim);
    }
}

fn groups(figures: &Figures<'_>, page: &mut Page) {
    let (report, top) = (figures.report, figures.query.top);
    // Of days the newest are shown, of anything else the dearest.
    let skipped = report.groups.len().saturating_sub(top);
    let by_time = figures.query.by.is_of_time();
    let shown = if by_time { &report.groups[skipped..] } else { &report.groups[..report.groups.len() - skipped] };
    let mut columns = vec![
        Column::name(),
        Column::figure("answered", 4),
        Column::figure("cached", 5),
        Column::figure("failed", 3),
        Column::figure("input", 6),
        Column::figure("of it cached", 8),
        Column::figure("output", 6),
        Column::figure("cost", 0),
        Column::figure("", 1),
        Column::figure("saved", 7),
        Column::figure("median", 2),
        Column::figure("95 %", 2),
        Column::figure("first byte", 9),
        Column::figure("score", 8),
    ];
    if by_time {
        columns.push(Column::left("", 10));
    }
    let money =
        money_column(&shown.iter().map(|group| group.cost_usd).chain([report.total.cost_usd]).collect::<Vec<_>>());
    let saved = money_column(&shown.iter().map(|group| group.saved_usd).collect::<Vec<_>>());
    let largest = shown.iter().map(|group| group.cost_usd).max().unwrap_or(Usd::ZERO);
    let some = |n: u64| if n == 0 { String::new() } else { count(n) };
    let row = |group: &Group, style: Style| -> Vec<Cell> {
        let failed = Cell::new(some(group.failed), if group.failed > 0 { Style::Bad } else { Style::Plain });
        let cost = if group.unpriced > 0 { money(group.cost_usd) + " + ?" } else { money(group.cost_usd) };
        let mut cells = vec![
            Cell::new(if style == Style::Bold { "all".to_owned() } else { name(group) }, style),
            some(group.answered).into(),
            some(group.from_cache + group.coalesced).into(),
            failed,
            tokens(group.input_tokens).into(),
            share_of(group.cache_read_tokens, group.input_tokens).into(),
            tokens(group.output_tokens).into(),
            Cell::new(cost, style),
            Cell::new(share(group.cost_usd, report.total.cost_usd), Style::Dim),
            if group.saved_usd.is_zero() { String::new() } else { saved(group.saved_usd) }.into(),
            median(group.latency).into(),
            most(group.latency).into(),
            median(group.first_byte).into(),
            group.feedback.map(|rating| rating.mean_permille.to_string()).unwrap_or_default().into(),
        ];
        if by_time {
            let part = if largest.is_zero() { 0.0 } else { group.cost_usd.as_f64() / largest.as_f64() };
            let drawn = if style == Style::Bold { String::new() } else { bar(part, BAR) };
            cells.push(Cell::new(drawn, Style::Accent));
        }
        cells
    };
    let mut table = Table::new(format!("BY {}", clean(&report.by).to_uppercase()), columns);
    for group in shown {
        table.row(row(group, Style::Plain));
    }
    if skipped > 0 {
        let which = if by_time { "earlier" } else { "cheaper" };
        table.remark(format!("{} {which} not shown: --top", count(skipped as u64)));
    }
    if report.groups.len() > 1 {
        table.row(row(&report.total, Style::Bold));
    }
    table.draw(page);
}

fn when(report: &UsageReport, page: &mut Page) {
    let peak = (0..7_usize).flat_map(|day| (0..24_usize).map(move |hour| (day, hour)));
    // The first of those that are as busy.
    let Some((day, hour)) = peak.rev().max_by_key(|(day, hour)| report.heat[*day][*hour]) else { return };
    let per_hour = if page.width >= LABEL + 48 { 2 } else { 1 };
    page.heading("WHEN", "attempts by hour of the week, UTC");
    for line in strip(&report.heat, per_hour) {
        page.push(line);
    }
    let n = report.heat[day][hour];
    let part = share_of(n, report.total.attempts);
    let said =
        format!("busiest {} {hour:02}:00–{:02}:00 with {} ({part})", words::weekday(day), (hour + 1) % 24, count(n));
    page.paragraph(&said, 2, Style::Dim);
}

fn errors(report: &UsageReport, page: &mut Page) {
    if report.errors.is_empty() {
        return;
    }
    let columns =
        vec![Column::text(), Column::figure("attempts", 0), Column::figure("of all", 2), Column::figure("cost", 1)];
    let mut table = Table::new("ERRORS", columns);
    for error in report.errors.iter().take(ERRORS) {
        let mut said = vec![error.outcome.replace('_', " ")];
        said.extend(error.status.map(|status| status.to_string()));
        said.extend(error.error.as_deref().map(clean));
        let cost = if error.cost_usd.is_zero() { String::new() } else { error.cost_usd.to_string() };
        table.row(vec![
            said.join(" ").into(),
            count(error.attempts).into(),
            Cell::new(share_of(error.attempts, report.total.attempts), Style::Dim),
            cost.into(),
        ]);
    }
    let rest: u64 = report.errors.iter().skip(ERRORS).map(|error| error.attempts).sum();
    if rest > 0 {
        table.remark(format!("{} of other kinds", plural(rest, "attempt", "attempts")));
    }
    table.draw(page);
}

fn templates(report: &UsageReport, page: &mut Page) {
    if report.n_templates < 2 {
        return;
    }
    let columns = vec![
        Column::name(),
        Column::figure("attempts", 3),
        Column::figure("saved", 5),
        Column::figure("input", 2),
        Column::figure("of it cached", 4),
        Column::figure("output", 2),
        Column::figure("cost", 0),
        Column::figure("", 1),
    ];
    let money = money_column(&report.templates.iter().map(|template| template.cost_usd).collect::<Vec<_>>());
    let mut table = Table::new("PROMPTS BY INSTRUCTIONS AND TOOLS", columns);
    for template in &report.templates {
        table.row(vec![
            template.template.as_str().into(),
            count(template.attempts).into(),
            if template.saved == 0 { String::new() } else { count(template.saved) }.into(),
            tokens(template.input_tokens).into(),
            share_of(template.cache_read_tokens, template.input_tokens).into(),
            tokens(template.output_tokens).into(),
            money(template.cost_usd).into(),
            Cell::new(share(template.cost_usd, report.total.cost_usd), Style::Dim),
        ]);
    }
    let rest = report.n_templates.saturating_sub(report.templates.len() as u64);
    if rest > 0 {
        table.remark(format!("{} cheaper not shown: --top", count(rest)));
    }
    table.draw(page);
}

fn budgets(figures: &Figures<'_>, page: &mut Page) {
    if figures.budgets.is_empty() {
        return;
    }
    let columns = vec![
        Column::name(),
        Column::figure("spent", 0),
        Column::figure("of", 0),
        Column::figure("", 1),
        Column::left("", 2),
        Column::left("until", 3),
    ];
    let mut table = Table::new("BUDGETS", columns);
    for spent in figures.budgets {
        let limit = spent.hard.or(spent.soft);
        let is_over = limit.is_some_and(|limit| spent.settled > limit);
        let style = if is_over { Style::Bad } else { Style::Plain };
        let part = limit.filter(|limit| !limit.is_zero()).map(|limit| spent.settled.as_f64() / limit.as_f64());
        let mut named = Cell::new(clean(&spent.budget), Style::Plain);
        if !spent.subject.is_empty() {
            named = named.and(format!(" {}", clean(&readable(&spent.subject))), Style::Dim);
        }
        let limit_text = limit
            .map_or_else(String::new, |limit| format!("{limit}{}", if spent.hard.is_some() { "" } else { " soft" }));
        table.row(vec![
            named,
            Cell::new(spent.settled.to_string(), style),
            limit_text.into(),
            Cell::new(limit.map(|limit| share(spent.settled, limit)).unwrap_or_default(), style),
            Cell::new(
                part.map(|part| bar(part, BAR)).unwrap_or_default(),
                if is_over { Style::Bad } else { Style::Accent },
            ),
            Cell::new(spent.to.strftime("%Y-%m-%d %H:%M").to_string(), Style::Dim),
        ]);
    }
    table.draw(page);
}
