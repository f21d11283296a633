//! `promptopt models diff`.

use std::sync::Arc;

use promptopt::catalog::diff::{Change, Diff};
use promptopt::error::Result;
use serde_json::{Value, json};

use super::{as_json, read};
use crate::args::ListForm;
use crate::commands::Outcome;
use crate::output;
use crate::render::clean;
use crate::render::page::{Page, Style};
use crate::render::table::{Cell, Column, Table};
use crate::render::words::count;
use crate::settings::Settings;

/// Compares two catalogues.
pub(super) fn run(args: &crate::args::ModelsDiffArgs, settings: &Settings) -> Result<Outcome> {
    let diff = read::catalog(&args.old)?.diff(&read::catalog(&args.new)?);
    let text = match args.output {
        ListForm::Json => as_json::pretty(&diff_json(&diff)),
        ListForm::Text => page(&diff, settings),
    };
    output::write(&text, None)?;
    Ok(Outcome::default())
}

type Row = (Arc<str>, Arc<str>);

fn diff_json(diff: &Diff) -> Value {
    let rows = |rows: &[Row]| rows.iter().map(|(host, id)| json!({ "host": host, "id": id })).collect::<Vec<_>>();
    let changed: Vec<Value> = diff
        .changed
        .iter()
        .map(|change| {
            let usd = |price: Option<_>| price.map(|price| change.place.shown(price).to_decimal());
            json!({
                "host": change.host,
                "id": change.id,
                "price": change.place.words(),
                "old": usd(change.old),
                "new": usd(change.new),
                "percent": change.percent(),
            })
        })
        .collect();
    json!({ "added": rows(&diff.added), "removed": rows(&diff.removed), "changed": changed })
}

fn page(diff: &Diff, settings: &Settings) -> String {
    let mut page = Page::new(settings.width, settings.color_on_stdout);
    if diff.is_empty() {
        page.paragraph("Nothing changed.", 0, Style::Bold);
        return page.finish();
    }
    for (title, rows) in [("NEW", &diff.added), ("GONE", &diff.removed)] {
        if rows.is_empty() {
            continue;
        }
        let mut table = Table::new(title, vec![Column::name(), Column::left("host", 0)]);
        for (host, id) in rows {
            table.row(vec![clean(id).into(), Cell::new(clean(host), Style::Dim)]);
        }
        table.draw(&mut page);
    }
    if !diff.changed.is_empty() {
        changes(&diff.changed).draw(&mut page);
    }
    page.blank();
    let n = |n: usize| count(n as u64);
    let summary = format!(
        "{} new, {} gone, {} prices changed; USD per million tokens, fees apiece",
        n(diff.added.len()),
        n(diff.removed.len()),
        n(diff.changed.len())
    );
    page.paragraph(&summary, 0, Style::Dim);
    page.finish()
}

fn changes(changes: &[Change]) -> Table {
    let mut table = Table::new(
        "CHANGED",
        vec![
            Column::name(),
            Column::left("price", 0),
            Column::figure("before", 0),
            Column::figure("after", 0),
            Column::figure("", 1),
        ],
    );
    for change in changes {
        let price = |price: Option<_>| match price {
            Some(price) => read::two_decimals(&change.place.shown(price).to_decimal()),
            None => "–".to_owned(),
        };
        let percent = change.percent();
        let style = if percent.is_some_and(|percent| percent > 0.0) { Style::Bad } else { Style::Good };
        table.row(vec![
            Cell::from(clean(&change.id)).and(format!(" {}", clean(&change.host)), Style::Dim),
            change.place.words().into(),
            price(change.old).into(),
            price(change.new).into(),
            Cell::new(percent.map(|percent| format!("{percent:+.1} %")).unwrap_or_default(), style),
        ]);
    }
    table
}
