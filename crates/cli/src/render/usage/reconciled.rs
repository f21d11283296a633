//! Both sides of a reconciliation, and why they differ.

use promptopt::ledger::reconcile::{Compared, Reconciliation, Verdict};
use promptopt::usd::Usd;

use crate::render::clean;
use crate::render::page::{Page, Style};
use crate::render::table::{Cell, Column, Table};
use crate::render::words::{count, plural};

/// For a terminal. Rows that agree are left out, unless all are wanted.
pub(crate) fn text(found: &Reconciliation, tolerance_ppm: u64, full: bool, width: usize, color: bool) -> String {
    let mut page = Page::new(width, color);
    let percent = |ppm: u64| format!("{}.{:02} %", ppm / 10_000, ppm % 10_000 / 100);
    let (said, style) = match found.apart_ppm {
        Some(0) => ("they agree".to_owned(), Style::Good),
        Some(ppm) if !found.is_beyond(tolerance_ppm) => {
            (format!("{} apart, within {}", apart(ppm), percent(tolerance_ppm)), Style::Good)
        }
        Some(ppm) => (format!("{} apart, more than {}", apart(ppm), percent(tolerance_ppm)), Style::Bad),
        None => ("the report has nothing of what the ledger has".to_owned(), Style::Bad),
    };
    page.line().add(said, style);
    let hosts = if found.hosts.is_empty() { "all hosts".to_owned() } else { clean(&found.hosts.join(", ")) };
    let aside = format!("{} of {hosts}, {} to {}", found.statement, found.from, found.to);
    page.paragraph(&aside, 0, Style::Dim);
    table(found, full, &mut page);
    let n_equal = found.rows.iter().filter(|row| row.verdict == Verdict::Equal).count() as u64;
    if n_equal > 0 && !full {
        page.blank();
        page.paragraph(&format!("{} more that agree: --full", plural(n_equal, "row", "rows")), 2, Style::Dim);
    }
    page.finish()
}

fn apart(ppm: u64) -> String {
    match ppm {
        0..100 => "<0.01 %".to_owned(),
        _ => format!("{}.{:02} %", ppm / 10_000, ppm % 10_000 / 100),
    }
}

fn table(found: &Reconciliation, full: bool, page: &mut Page) {
    let columns = vec![
        Column::name(),
        Column::figure("calls", 6),
        Column::figure("there", 6),
        Column::figure("tokens", 4),
        Column::figure("there", 4),
        Column::figure("cost", 2),
        Column::figure("there", 2),
        Column::figure("difference", 1),
        Column::left("", 0),
    ];
    let mut table = Table::new("LEDGER AND REPORT", columns);
    for row in found.rows.iter().filter(|row| full || row.verdict != Verdict::Equal) {
        table.row(cells(row, Style::Plain));
        for why in &row.because {
            table.remark(clean(why));
        }
    }
    table.row(cells(&found.total, Style::Bold));
    table.draw(page);
}

fn cells(row: &Compared, style: Style) -> Vec<Cell> {
    let n = |n: Option<u64>| n.map(count).unwrap_or_default();
    let usd = |usd: Option<Usd>| usd.map(|usd| usd.to_string()).unwrap_or_default();
    let signed = |text: String, positive: bool| if positive { format!("+{text}") } else { text };
    let difference = match (row.difference_usd, row.difference_tokens) {
        (Some(usd), _) if !usd.is_zero() => signed(usd.to_string(), usd > Usd::ZERO),
        (None, Some(tokens)) if tokens != 0 => {
            let sign = if tokens > 0 { "+" } else { "-" };
            format!("{sign}{} tokens", count(tokens.unsigned_abs()))
        }
        _ => String::new(),
    };
    let verdict_style = match row.verdict {
        Verdict::Equal | Verdict::Rounding => Style::Good,
        _ => Style::Bad,
    };
    let is_total = style == Style::Bold;
    let name = if is_total { "all".to_owned() } else { format!("{} {}", row.period, clean(&row.model)) };
    vec![
        Cell::new(name, style),
        n(row.ours.calls).into(),
        n(row.theirs.calls).into(),
        n(row.ours.tokens).into(),
        n(row.theirs.tokens).into(),
        Cell::new(usd(row.ours.cost_usd), style),
        Cell::new(usd(row.theirs.cost_usd), style),
        difference.into(),
        if is_total { Cell::default() } else { Cell::new(row.verdict.words(), verdict_style) },
    ]
}
