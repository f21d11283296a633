//! `promptopt models crosscheck`.

use std::collections::BTreeMap;

use promptopt::catalog::crosscheck::{Crosscheck, Difference};
use promptopt::error::{Error, Kind, Result};
use serde_json::{Value, json};

use super::{as_json, read};
use crate::args::{CrosscheckArgs, ListForm};
use crate::commands::Outcome;
use crate::render::clean;
use crate::render::page::{Page, Style};
use crate::render::table::{Cell, Column, Table};
use crate::render::words::{count, plural};
use crate::settings::{Settings, today};
use crate::{output, overlay};

/// Compares.
pub(super) fn run(args: &CrosscheckArgs, settings: &Settings) -> Result<Outcome> {
    let catalog = overlay::catalog(settings)?;
    let result = catalog.crosscheck(&read::list(&args.file, today(), &catalog)?);
    let text = match args.output {
        ListForm::Json => as_json::pretty(&result_json(&result)),
        ListForm::Text => page(&result, args.all, settings),
    };
    output::write(&text, None)?;
    let n = result.differences.iter().filter(|difference| difference.why.is_none()).count() as u64;
    let failed = (n > 0).then(|| {
        let message = format!("{} {} without a known reason", count(n), plural(n, "price differs", "prices differ"));
        Error::new(Kind::Catalog, message).help("look both up at the provider's page; one of the two is wrong or old")
    });
    Ok(Outcome { failed_gates: failed.into_iter().collect(), ..Outcome::default() })
}

fn usd(difference: &Difference, price: Option<promptopt::usd::Usd>) -> Option<String> {
    price.map(|price| difference.place.shown(price).to_decimal())
}

fn result_json(result: &Crosscheck) -> Value {
    let differences: Vec<Value> = result
        .differences
        .iter()
        .map(|difference| {
            json!({
                "host": difference.host,
                "id": difference.id,
                "price": difference.place.words(),
                "ours": usd(difference, difference.ours),
                "theirs": usd(difference, difference.theirs),
                "why": difference.why,
            })
        })
        .collect();
    let only_ours: Vec<Value> = result.only_ours.iter().map(|(host, id)| json!({ "host": host, "id": id })).collect();
    json!({
        "entries_compared": result.n_compared,
        "prices_same": result.n_same,
        "only_ours": only_ours,
        "differences": differences,
    })
}

fn page(result: &Crosscheck, all: bool, settings: &Settings) -> String {
    let mut page = Page::new(settings.width, settings.color_on_stdout);
    let n = |n: usize| count(n as u64);
    page.paragraph(
        &format!(
            "{} entries compared: {} prices are the same, {} differ; {} models are not in the list",
            n(result.n_compared),
            n(result.n_same),
            n(result.differences.len()),
            n(result.only_ours.len())
        ),
        0,
        Style::Bold,
    );
    let mut groups: BTreeMap<Option<&str>, Vec<&Difference>> = BTreeMap::new();
    for difference in &result.differences {
        groups.entry(difference.why.as_deref()).or_default().push(difference);
    }
    for (why, differences) in groups.iter().filter(|(why, _)| all || why.is_none()) {
        page.blank();
        page.paragraph(&why.map_or("Without a known reason:".to_owned(), clean), 0, Style::Plain);
        table(differences).draw(&mut page);
    }
    page.finish()
}

fn table(differences: &[&Difference]) -> Table {
    let mut table = Table::new(
        "MODEL",
        vec![Column::name(), Column::left("price", 0), Column::figure("ours", 0), Column::figure("theirs", 0)],
    );
    for difference in differences {
        let price = |price| usd(difference, price).map_or("–".to_owned(), |usd| read::two_decimals(&usd));
        table.row(vec![
            Cell::from(clean(&difference.id)).and(format!(" {}", clean(&difference.host)), Style::Dim),
            difference.place.words().into(),
            price(difference.ours).into(),
            price(difference.theirs).into(),
        ]);
    }
    table
}
