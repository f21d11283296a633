//! `promptopt models show`: one row with all its prices and where they were read.

use std::collections::BTreeSet;

use promptopt::catalog::{Band, CacheTrigger, Catalog, ModelSpec, PriceSheet, TokenClass};
use promptopt::error::{Error, Kind, Result};
use promptopt::usd::Usd;

use super::{as_json, read};
use crate::args::{ListForm, ShowArgs};
use crate::commands::Outcome;
use crate::render::clean;
use crate::render::page::{Page, Style};
use crate::render::table::{Column, Table};
use crate::render::words::count;
use crate::settings::Settings;
use crate::{output, overlay};

/// Shows the model.
pub(super) fn run(args: &ShowArgs, settings: &Settings) -> Result<Outcome> {
    let catalog = overlay::catalog(settings)?;
    let host = args.host.as_deref();
    let row = catalog.find(host, &args.model).ok_or_else(|| catalog.unknown_model(host, &args.model))?;
    let sheet = match args.as_of {
        None => row.prices.last(),
        Some(day) => {
            let held = row.prices.iter().rev().find(|sheet| sheet.holds_on(day));
            Some(held.ok_or_else(|| {
                let message = format!("`{}` has no known price on {day}", clean(&row.id));
                Error::new(Kind::UnknownModel, message).help("without --as-of the newest prices are shown")
            })?)
        }
    };
    let text = match args.output {
        ListForm::Json => {
            let mut shown = row.clone();
            if args.as_of.is_some() {
                shown.prices = sheet.cloned().into_iter().collect();
            }
            as_json::pretty(&as_json::row(&shown))
        }
        ListForm::Text => page(&catalog, row, sheet, settings),
    };
    output::write(&text, None)?;
    Ok(Outcome::default())
}

fn page(catalog: &Catalog, row: &ModelSpec, sheet: Option<&PriceSheet>, settings: &Settings) -> String {
    let mut page = Page::new(settings.width, settings.color_on_stdout);
    page.line().add(clean(&row.id), Style::Bold).add(format!("  {}", clean(&row.host)), Style::Dim);
    for (name, value) in facts(catalog, row) {
        let line = page.line();
        line.space(2).add(name, Style::Dim).pad_to(16).add(value, Style::Plain);
    }
    match sheet {
        None => page.paragraph("  Its prices are not known.", 0, Style::Bad),
        Some(sheet) => prices(sheet, &mut page),
    }
    if row.prices.len() > 1 {
        let days = row.prices.iter().map(|sheet| days(sheet)).collect::<Vec<_>>().join("; ");
        page.blank();
        page.paragraph(&format!("Price sheets: {days} (--as-of DATE shows one)"), 2, Style::Dim);
    }
    sources(catalog, row, sheet, &mut page);
    page.finish()
}

fn facts(catalog: &Catalog, row: &ModelSpec) -> Vec<(&'static str, String)> {
    let words = |words: &[std::sync::Arc<str>]| words.iter().map(|word| clean(word)).collect::<Vec<_>>().join(", ");
    let rule = row.cache.as_ref().and_then(|name| catalog.cache_rules.get(name));
    let cache = rule.map(|rule| {
        let from =
            if rule.min_tokens > 1 { format!("from {} tokens, ", count(rule.min_tokens)) } else { String::new() };
        let trigger = match rule.trigger {
            CacheTrigger::Automatic => "automatic",
            CacheTrigger::WholePrefix => "automatic, whole prefixes",
            CacheTrigger::Explicit => "with markers",
        };
        format!("{trigger}, {from}about {} min", rule.ttl_s.div_ceil(60))
    });
    let others: BTreeSet<String> = catalog
        .models
        .iter()
        .filter(|other| other.host != row.host && read::is_named(other, &row.id))
        .map(|other| clean(&other.host))
        .collect();
    [
        ("also called", words(&row.aliases)),
        ("kind", row.kind.name().to_owned()),
        ("tokenizer", row.tokenizer.name().to_owned()),
        ("context", row.context.map(count).unwrap_or_default()),
        ("max output", row.max_output.map(count).unwrap_or_default()),
        ("can", words(&row.can)),
        ("cannot", words(&row.cannot)),
        ("prompt cache", cache.unwrap_or_default()),
        ("shut down", row.shutdown.map(|day| day.to_string()).unwrap_or_default()),
        ("successor", row.successor.as_deref().map(clean).unwrap_or_default()),
        ("also on", others.into_iter().collect::<Vec<_>>().join(", ")),
        ("note", row.note.as_deref().map(clean).unwrap_or_default()),
    ]
    .into_iter()
    .filter(|(_, value)| !value.is_empty())
    .collect()
}

fn prices(sheet: &PriceSheet, page: &mut Page) {
    bands("USD PER MILLION TOKENS", &sheet.bands, page);
    for window in &sheet.windows {
        const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
        let on: Vec<&str> = DAYS.iter().zip(window.days).filter(|(_, is_in)| *is_in).map(|(day, _)| *day).collect();
        let days = if on.len() == 7 { "every day".to_owned() } else { on.join(" ") };
        let clock = |minute: u16| format!("{:02}:{:02}", minute / 60, minute % 60);
        let title = format!("{}–{} UTC, {days}", clock(window.from_minute), clock(window.to_minute));
        bands(&title, &window.bands, page);
    }
    let apiece = |usd: Usd| read::two_decimals(&usd.to_decimal());
    let mut more = Vec::new();
    if let Some(fee) = &sheet.fees.request {
        more.push(format!("{} USD a request", apiece(fee.rate)));
    }
    if let Some(fee) = &sheet.fees.web_search {
        more.push(format!("{} USD a web search", apiece(fee.rate)));
    }
    for (region, thousandths) in &sheet.regions {
        more.push(format!("× {} in {}", f64::from(*thousandths) / 1000.0, clean(region)));
    }
    if !more.is_empty() {
        page.paragraph(&format!("and {}", more.join(", ")), 2, Style::Plain);
    }
}

/// A row a tier and band, a column a class.
fn bands(title: &str, bands: &[Band], page: &mut Page) {
    let is_used = |class: TokenClass| {
        bands.iter().flat_map(|band| band.tiers.values()).any(|card| card.cells.contains_key(&class))
    };
    let classes: Vec<TokenClass> =
        TokenClass::ALL.iter().map(|(class, _)| *class).filter(|class| is_used(*class)).collect();
    let mut columns = vec![Column::name()];
    columns.extend(classes.iter().map(|class| Column::figure(class.name(), 0)));
    let mut table = Table::new(title, columns);
    for band in bands {
        for (tier, card) in &band.tiers {
            let above = if band.above > 0 { format!(", above {}", count(band.above)) } else { String::new() };
            let mut cells = vec![format!("{tier}{above}").into()];
            cells.extend(classes.iter().map(|class| {
                card.cells.get(class).map(|cell| read::per_million(cell.rate)).unwrap_or_default().into()
            }));
            table.row(cells);
        }
    }
    table.draw(page);
}

fn days(sheet: &PriceSheet) -> String {
    match (sheet.from, sheet.to) {
        (None, None) => "always".to_owned(),
        (None, Some(to)) => format!("until {to}"),
        (Some(from), None) => format!("from {from}"),
        (Some(from), Some(to)) => format!("{from} to {to}"),
    }
}

fn sources(catalog: &Catalog, row: &ModelSpec, sheet: Option<&PriceSheet>, page: &mut Page) {
    let Some(sheet) = sheet else { return };
    let one = ModelSpec { prices: vec![sheet.clone()], ..row.clone() };
    let seen: BTreeSet<_> = one.cells().map(|cell| (cell.source.clone(), cell.observed)).collect();
    page.blank();
    for (name, observed) in seen {
        let url = catalog.sources.get(&name).map(|source| clean(&source.url)).unwrap_or_default();
        page.paragraph(&format!("{} on {observed}: {url}", clean(&name)), 2, Style::Dim);
        if let Some(note) = catalog.sources.get(&name).and_then(|source| source.note.as_deref()) {
            page.paragraph(&clean(note), 4, Style::Dim);
        }
    }
    if let Some(via) = &row.via {
        page.paragraph(&format!("via {}", clean(via)), 2, Style::Dim);
    }
}
