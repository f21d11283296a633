//! `promptopt models list`.

use promptopt::catalog::{ModelKind, ModelSpec, TokenClass};
use promptopt::error::{Error, Kind, Result};
use promptopt::text::did_you_mean;
use promptopt::usage::ServiceTier;
use serde_json::Value;

use super::{as_json, read};
use crate::args::ListForm;
use crate::commands::Outcome;
use crate::render::clean;
use crate::render::page::{Page, Style};
use crate::render::table::{Cell, Column, Table};
use crate::render::words::{count, plural};
use crate::settings::Settings;
use crate::{output, overlay};

/// Writes the list.
pub(super) fn run(args: &crate::args::ListArgs, settings: &Settings) -> Result<Outcome> {
    let catalog = overlay::catalog(settings)?;
    let kind = args.kind.as_deref().map(kind).transpose()?;
    let host =
        args.host.as_deref().map(|host| catalog.host(host).ok_or_else(|| catalog.unknown_host(host))).transpose()?;
    let text = args.text.as_deref().map(str::to_lowercase);
    let is_wanted = |row: &&ModelSpec| {
        let names = || std::iter::once(&row.id).chain(&row.aliases);
        kind.is_none_or(|kind| row.kind == kind)
            && host.as_deref().is_none_or(|host| &*row.host == host)
            && text.as_ref().is_none_or(|text| names().any(|name| name.to_lowercase().contains(text)))
    };
    let rows: Vec<&ModelSpec> = catalog.models.iter().filter(is_wanted).collect();
    if rows.is_empty() {
        let message = "no model in the catalogue is like that";
        return Err(Error::new(Kind::UnknownModel, message).help("`promptopt models list` lists all"));
    }
    let text = match args.output {
        ListForm::Json => as_json::pretty(&Value::Array(rows.iter().map(|row| as_json::row(row)).collect())),
        ListForm::Text => table(&rows, settings),
    };
    output::write(&text, None)?;
    Ok(Outcome::default())
}

fn kind(name: &str) -> Result<ModelKind> {
    ModelKind::from_name(name).ok_or_else(|| {
        let known = ModelKind::ALL.iter().map(|(_, name)| *name);
        let help = did_you_mean(name, known).unwrap_or_else(|| "the kinds are chat, embedding and rerank".to_owned());
        Error::new(Kind::Config, format!("there is no kind `{}`", clean(name))).help(help)
    })
}

fn table(rows: &[&ModelSpec], settings: &Settings) -> String {
    let mut page = Page::new(settings.width, settings.color_on_stdout);
    let mut table = Table::new(
        "MODEL",
        vec![
            Column::name(),
            Column::left("host", 1),
            Column::figure("context", 3),
            Column::figure("input", 0),
            Column::figure("cached", 2),
            Column::figure("output", 0),
            Column::left("", 4),
        ],
    );
    for row in rows {
        let card = row.prices.last().and_then(|sheet| sheet.bands.first()?.tiers.get(&ServiceTier::Standard));
        let rate = |class| match card.and_then(|card| card.cells.get(&class)) {
            Some(cell) => Cell::from(read::per_million(cell.rate)),
            None => Cell::new(if row.prices.is_empty() { "?" } else { "" }, Style::Dim),
        };
        table.row(vec![
            clean(&row.id).into(),
            Cell::new(clean(&row.host), Style::Dim),
            row.context.map(count).unwrap_or_default().into(),
            rate(TokenClass::Input),
            rate(TokenClass::CacheRead),
            rate(TokenClass::Output),
            Cell::new(row.shutdown.map(|day| format!("until {day}")).unwrap_or_default(), Style::Dim),
        ]);
    }
    table.draw(&mut page);
    page.blank();
    let n = rows.len() as u64;
    let models = plural(n, "model", "models");
    page.paragraph(&format!("{models}; USD per million tokens at standard speed; ? is not known"), 0, Style::Dim);
    page.finish()
}
