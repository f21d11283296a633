//! Where it goes: models, parts of the prompt, tags, kinds of request. One table each, dearest first, with a last row for
//! the rest, so that a column adds up to the total.

use promptopt::estimate::Report;
use promptopt::estimate::report::{Group, SectionCost, Sum};
use promptopt::usd::Usd;

use crate::render::bars::bar;
use crate::render::page::{Page, Style};
use crate::render::table::{Cell, Column, Table};
use crate::render::words::{self, count, share, tokens};
use crate::render::{View, clean};

/// Columns of a bar.
const BAR: usize = 16;

/// Models and their hosts.
pub(super) fn models(report: &Report, view: &View, page: &mut Page) {
    groups("MODEL", &report.models, report.baseline.cost_usd, view.top, page);
}

/// Tags that were asked for, or all of them.
pub(super) fn tags(report: &Report, view: &View, page: &mut Page) {
    for (key, values) in &report.tags {
        if view.full || view.tags.contains(key) {
            let title = format!("BY {}", clean(key).to_uppercase());
            groups(&title, values, report.baseline.cost_usd, view.top, page);
        }
    }
}

fn groups(title: &str, groups: &[Group], total: Usd, top: usize, page: &mut Page) {
    if groups.is_empty() {
        return;
    }
    let (shown, rest) = groups.split_at(n_shown(groups.len(), top));
    let rest = sum_up(rest);
    let rows: Vec<&Group> = shown.iter().chain(&rest).collect();
    let money = words::money_column(&rows.iter().map(|group| group.cost.usd).collect::<Vec<_>>());
    let mut table = Table::new(
        title,
        vec![
            Column::name(),
            Column::figure("calls", 3),
            Column::figure("input", 4),
            Column::figure("cached", 6),
            Column::figure("output", 5),
            Column::figure("cost", 0),
            Column::figure("share", 2),
            Column::left("", 7),
        ],
    );
    for group in rows {
        let host = group.host.as_deref().map(|host| format!("  {}", clean(host))).unwrap_or_default();
        let all_unpriced = group.cost.usd.is_zero() && group.cost.unpriced_requests > 0;
        let cost = if all_unpriced {
            Cell::new("unpriced", Style::Bad)
        } else {
            Cell::new(money(group.cost.usd), Style::Plain)
        };
        let cached = if group.cache_read_tokens == 0 {
            String::new()
        } else {
            words::share_of(group.cache_read_tokens, group.input_tokens)
        };
        table.row(vec![
            Cell::new(named(&group.name), Style::Plain).and(host, Style::Dim),
            count(group.requests).into(),
            tokens(group.input_tokens).into(),
            Cell::new(cached, Style::Dim),
            tokens(group.output_tokens).into(),
            cost,
            if all_unpriced { "".into() } else { share(group.cost.usd, total).into() },
            Cell::new(bar(ratio(group.cost.usd, total), BAR), Style::Accent),
        ]);
        if !all_unpriced && group.cost.unpriced_requests > 0 {
            table.remark(format!("+ {} unpriced", words::calls(group.cost.unpriced_requests)));
        }
        if let Some(shutdown) = &group.shutdown {
            table.remark(clean(shutdown));
        }
    }
    table.draw(page);
}

/// How many of the rows are shown one by one: the rest is summed up, but a rest of one is shown as itself.
fn n_shown(n_rows: usize, top: usize) -> usize {
    if n_rows <= top.saturating_add(1) { n_rows } else { top }
}

/// The rest of the groups as one.
fn sum_up(groups: &[Group]) -> Option<Group> {
    if groups.is_empty() {
        return None;
    }
    let mut sum = Group { name: format!("({} others)", groups.len()), ..Group::default() };
    for group in groups {
        sum.requests += group.requests;
        sum.input_tokens += group.input_tokens;
        sum.cache_read_tokens += group.cache_read_tokens;
        sum.output_tokens += group.output_tokens;
        sum.cost = Sum {
            usd: sum.cost.usd.saturating_add(group.cost.usd),
            unpriced_requests: sum.cost.unpriced_requests + group.cost.unpriced_requests,
            unpriced_tokens: sum.cost.unpriced_tokens + group.cost.unpriced_tokens,
        };
    }
    Some(sum)
}

/// Parts of the prompt, and the answer.
pub(super) fn sections(report: &Report, view: &View, page: &mut Page) {
    if report.sections.is_empty() {
        return;
    }
    let (shown, rest) = report.sections.split_at(n_shown(report.sections.len(), view.top.saturating_add(1)));
    let others = (!rest.is_empty()).then(|| SectionCost {
        name: format!("({} others)", rest.len()),
        tokens: rest.iter().map(|section| section.tokens).sum(),
        cost_usd: rest.iter().map(|section| section.cost_usd).sum(),
    });
    let shown: Vec<&SectionCost> = shown.iter().chain(&others).collect();
    let total = report.baseline.cost_usd;
    let money = words::money_column(&shown.iter().map(|section| section.cost_usd).collect::<Vec<_>>());
    let mut table = Table::new(
        "PART OF THE CALL",
        vec![
            Column::name(),
            Column::figure("tokens", 1),
            Column::figure("cost", 0),
            Column::figure("share", 2),
            Column::left("", 3),
        ],
    );
    for section in shown {
        table.row(vec![
            words::section(&section.name).into(),
            tokens(section.tokens).into(),
            money(section.cost_usd).into(),
            share(section.cost_usd, total).into(),
            Cell::new(bar(ratio(section.cost_usd, total), 2 * BAR), Style::Accent),
        ]);
    }
    table.draw(page);
}

/// Kinds of request.
pub(super) fn templates(report: &Report, view: &View, page: &mut Page) {
    if report.templates.is_empty() {
        return;
    }
    let shown: Vec<_> = report.templates.iter().take(view.top).collect();
    let money = words::money_column(&shown.iter().map(|template| template.cost.usd).collect::<Vec<_>>());
    let more = report.templates.len() - shown.len();
    let aside = if more == 0 { String::new() } else { format!(", and {more} more") };
    let mut table = Table::new(
        format!("KIND OF REQUEST ({{…}} varies{aside})"),
        vec![
            Column::text(),
            Column::figure("calls", 2),
            Column::figure("constant", 3),
            Column::figure("cost", 0),
            Column::figure("share", 1),
        ],
    );
    for template in &shown {
        let constant = words::share_of(template.constant_tokens, template.input_tokens);
        table.row(vec![
            clean(&template.skeleton).into(),
            count(template.requests).into(),
            constant.into(),
            money(template.cost.usd).into(),
            share(template.cost.usd, report.baseline.cost_usd).into(),
        ]);
    }
    table.draw(page);
}

fn named(name: &str) -> String {
    let name = clean(name);
    if name.trim().is_empty() { "(none)".to_owned() } else { name }
}

fn ratio(part: Usd, whole: Usd) -> f64 {
    if whole.is_zero() { 0.0 } else { part.as_f64() / whole.as_f64() }
}
