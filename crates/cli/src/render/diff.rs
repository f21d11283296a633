//! A comparison of two reports: one sentence, then what changed, the largest change first.

use promptopt::error::Result;
use promptopt::usd::Usd;

use super::json::pretty;
use super::markdown::{code, escape, row as markdown_row, table as markdown_table};
use super::page::{Page, Style};
use super::table::{Cell, Column, Table};
use super::words::{self, change_percent, count, plural, tokens};
use super::{View, clean};
use crate::compare::{Change, Comparison, File, Row};

/// For programs.
pub(crate) fn json(comparison: &Comparison) -> Result<String> {
    pretty(comparison)
}

/// For a terminal.
pub(crate) fn text(comparison: &Comparison, view: &View) -> String {
    let mut page = Page::new(view.width, view.color);
    let cost = comparison.cost_usd;
    let style = match cost.after.cmp(&cost.before) {
        std::cmp::Ordering::Greater => Style::Bad,
        std::cmp::Ordering::Less => Style::Good,
        std::cmp::Ordering::Equal => Style::Bold,
    };
    page.paragraph(&words::change(cost.before, cost.after), 0, style);
    page.paragraph(&format!("{} → {}", clean(&comparison.base), clean(&comparison.head)), 0, Style::Dim);
    if let Some(unpriced) = unpriced(comparison) {
        page.paragraph(&unpriced, 0, Style::Bad);
    }
    draw_totals(comparison, &mut page);
    draw_rows("MODEL", &comparison.models, view, &mut page);
    draw_rows("PART OF THE CALL", &comparison.sections, view, &mut page);
    draw_files(&comparison.files, view, &mut page);
    page.finish()
}

fn draw_totals(comparison: &Comparison, page: &mut Page) {
    let mut table = Table::new(
        "",
        vec![
            Column::name(),
            Column::figure("before", 0),
            Column::figure("after", 0),
            Column::figure("change", 2),
            Column::figure("", 1),
        ],
    );
    for (name, change, show) in totals(comparison) {
        let (more, percent) = change_of(change, show);
        let more = if change.is_change() { more } else { "unchanged".to_owned() };
        let percent = if change.is_change() { percent } else { String::new() };
        table.row(vec![
            name.into(),
            show(change.before).into(),
            show(change.after).into(),
            more.into(),
            percent.into(),
        ]);
    }
    if let Some((before, after)) = per_call(comparison) {
        let percent = change_percent(before, after).unwrap_or_default();
        let (before, after) = (before.to_string(), after.to_string());
        table.row(vec!["cost a call".into(), before.into(), after.into(), "".into(), percent.into()]);
    }
    table.draw(page);
}

fn draw_rows(title: &'static str, rows: &[Row], view: &View, page: &mut Page) {
    if rows.is_empty() {
        return;
    }
    let shown = &rows[..rows.len().min(view.top)];
    let money = column(shown);
    let mut table = Table::new(
        title,
        vec![
            Column::name(),
            Column::figure("tokens", 4),
            Column::figure("before", 3),
            Column::figure("after", 2),
            Column::figure("change", 0),
            Column::figure("", 1),
        ],
    );
    for row in shown {
        let more = row.more();
        let style = match more.cmp(&Usd::ZERO) {
            std::cmp::Ordering::Greater => Style::Bad,
            std::cmp::Ordering::Less => Style::Good,
            std::cmp::Ordering::Equal => Style::Plain,
        };
        let sign = if more > Usd::ZERO { "+" } else { "" };
        let host = row.host.as_deref().map(|host| format!("  {}", clean(host))).unwrap_or_default();
        table.row(vec![
            Cell::new(name(row, title), Style::Plain).and(host, Style::Dim),
            tokens(row.tokens.after).into(),
            cost(row.cost_usd.before, row.unpriced_requests.before, &money).into(),
            cost(row.cost_usd.after, row.unpriced_requests.after, &money).into(),
            Cell::new(format!("{sign}{}", money(more)), style),
            Cell::new(came_or_went(row), style),
        ]);
    }
    table.draw(page);
    and_more(rows.len() - shown.len(), page);
}

fn draw_files(files: &[File], view: &View, page: &mut Page) {
    if files.is_empty() {
        return;
    }
    let shown = &files[..files.len().min(view.top)];
    let mut table = Table::new(
        "FILE",
        vec![
            Column::name(),
            Column::figure("records before", 3),
            Column::figure("after", 2),
            Column::figure("change", 0),
            Column::figure("bytes", 1),
        ],
    );
    for file in shown {
        let number = |n: Option<u64>| n.map_or_else(|| "–".to_owned(), count);
        table.row(vec![
            clean(&file.path).into(),
            number(file.records.before).into(),
            number(file.records.after).into(),
            fate(file).into(),
            number(file.bytes.after).into(),
        ]);
    }
    table.draw(page);
    and_more(files.len() - shown.len(), page);
}

fn and_more(n: usize, page: &mut Page) {
    if n > 0 {
        page.line().space(2).add(format!("and {} more", count(n as u64)), Style::Dim);
    }
}

/// For a pull request.
pub(crate) fn markdown(comparison: &Comparison, view: &View) -> String {
    let cost = comparison.cost_usd;
    let mut parts = vec![format!(
        "### {}\n\n<sub>{} → {}</sub>\n",
        words::change(cost.before, cost.after),
        escape(&comparison.base),
        escape(&comparison.head)
    )];
    parts.extend(unpriced(comparison).map(|text| format!("**{text}**\n")));
    let mut body = markdown_table(&["", "Before", "After", "Change"], "lrrr");
    for (name, change, show) in totals(comparison) {
        let (more, percent) = change_of(change, show);
        let more = if change.is_change() { format!("{more} ({percent})") } else { "unchanged".to_owned() };
        body += &markdown_row(&[name.to_owned(), show(change.before), show(change.after), more]);
    }
    if let Some((before, after)) = per_call(comparison) {
        let percent = change_percent(before, after).unwrap_or_default();
        body += &markdown_row(&["cost a call".to_owned(), before.to_string(), after.to_string(), percent]);
    }
    parts.push(body);
    parts.extend(markdown_rows("Model", &comparison.models, view));
    parts.extend(markdown_rows("Part of the call", &comparison.sections, view));
    if !comparison.files.is_empty() {
        let n_files = plural(comparison.files.len() as u64, "file", "files");
        let mut body = markdown_table(&["File", "Change"], "ll");
        comparison.files.iter().for_each(|file| body += &markdown_row(&[code(&file.path), fate(file)]));
        parts.push(format!("<details><summary>{n_files} changed</summary>\n\n{body}\n</details>\n"));
    }
    parts.join("\n")
}

fn markdown_rows(title: &str, rows: &[Row], view: &View) -> Option<String> {
    if rows.is_empty() {
        return None;
    }
    let shown = &rows[..rows.len().min(view.top)];
    let money = column(shown);
    let mut body = markdown_table(&[title, "Before", "After", "Change", ""], "lrrrr");
    for row in shown {
        let host = row.host.as_deref().map(|host| format!(" {}", escape(host))).unwrap_or_default();
        let sign = if row.more() > Usd::ZERO { "+" } else { "" };
        let name = if row.host.is_some() { code(&row.name) } else { escape(&words::section(&row.name)) };
        body += &markdown_row(&[
            format!("{name}{host}"),
            cost(row.cost_usd.before, row.unpriced_requests.before, &money),
            cost(row.cost_usd.after, row.unpriced_requests.after, &money),
            format!("{sign}{}", money(row.more())),
            came_or_went(row),
        ]);
    }
    Some(body)
}

type Show = fn(u64) -> String;

fn totals(comparison: &Comparison) -> Vec<(&'static str, Change<u64>, Show)> {
    let all: [(&str, Change<u64>, Show); 4] = [
        ("calls", comparison.requests, count),
        ("input tokens", comparison.input_tokens, tokens),
        ("of them cached", comparison.cache_read_tokens, tokens),
        ("output tokens", comparison.output_tokens, tokens),
    ];
    all.into_iter().filter(|(_, change, _)| change.before > 0 || change.after > 0).collect()
}

/// The difference with its sign, and in percent.
fn change_of(change: Change<u64>, show: Show) -> (String, String) {
    let sign = if change.after >= change.before { "+" } else { "-" };
    let percent = match change.before {
        0 => "new".to_owned(),
        before => format!("{:+.1} %", (change.after as f64 - before as f64) / before as f64 * 100.0),
    };
    (format!("{sign}{}", show(change.after.abs_diff(change.before))), percent)
}

/// The mean cost of a call; without calls there is none.
fn per_call(comparison: &Comparison) -> Option<(Usd, Usd)> {
    let mean = |cost: Usd, requests: u64| cost.checked_scale(1, i128::from(requests)).ok();
    let (requests, cost) = (comparison.requests, comparison.cost_usd);
    if requests.before == 0 || requests.after == 0 {
        return None;
    }
    mean(cost.before, requests.before).zip(mean(cost.after, requests.after))
}

fn unpriced(comparison: &Comparison) -> Option<String> {
    let Change { before, after } = comparison.unpriced_requests;
    (before > 0 || after > 0)
        .then(|| format!("not in these sums: {} → {} without a price", count(before), words::calls(after)))
}

fn column(rows: &[Row]) -> impl Fn(Usd) -> String + use<> {
    words::money_column(&rows.iter().flat_map(|row| [row.cost_usd.before, row.cost_usd.after]).collect::<Vec<_>>())
}

fn name(row: &Row, title: &str) -> String {
    if title == "MODEL" { clean(&row.name) } else { words::section(&row.name) }
}

/// Nothing that is only nothing for want of a price is not shown as nothing.
fn cost(usd: Usd, n_unpriced: u64, money: &impl Fn(Usd) -> String) -> String {
    match (usd.is_zero(), n_unpriced) {
        (true, 1..) => "unpriced".to_owned(),
        (false, 1..) => format!("{} + ?", money(usd)),
        _ => money(usd),
    }
}

fn came_or_went(row: &Row) -> String {
    match (row.tokens.before, row.tokens.after) {
        (0, 1..) => "new".to_owned(),
        (1.., 0) => "gone".to_owned(),
        _ => change_percent(row.cost_usd.before, row.cost_usd.after).unwrap_or_default(),
    }
}

fn fate(file: &File) -> String {
    let bytes = |n: i128| {
        format!("{}{} bytes", if n < 0 { "-" } else { "+" }, promptopt::usd::group_thousands(n.unsigned_abs()))
    };
    match (file.bytes.before, file.bytes.after) {
        (None, _) => "new".to_owned(),
        (_, None) => "gone".to_owned(),
        (Some(before), Some(after)) => bytes(i128::from(after) - i128::from(before)),
    }
}
