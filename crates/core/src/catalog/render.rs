//! Writes rows as catalogue TOML, in the order and style of the embedded files: what `import` makes is what a person would
//! have written, and can be edited.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Arc;

use jiff::civil::Date;

use super::load::DAYS;
use super::{Band, Cell, ModelKind, ModelSpec, PriceSheet, RateCard, Source, Window};
use crate::usd::Usd;

/// A file with sources and rows. Each line of `head` becomes a comment on top.
pub fn render(head: &str, sources: &BTreeMap<Arc<str>, Source>, models: &[ModelSpec]) -> String {
    let mut out = String::new();
    for line in head.lines() {
        let _ = writeln!(out, "{}", format!("# {line}").trim_end());
    }
    for (name, source) in sources {
        let _ = writeln!(out, "\n[source.{}]\nurl = {}", quote(name), quote(&source.url));
        if let Some(note) = &source.note {
            let _ = writeln!(out, "note = {}", quote(note));
        }
    }
    for model in models {
        row(&mut out, model);
    }
    out
}

fn row(out: &mut String, model: &ModelSpec) {
    let _ = writeln!(out, "\n[[model]]\nid = {}\nhost = {}", quote(&model.id), quote(&model.host));
    list(out, "aliases", &model.aliases);
    if model.kind != ModelKind::Chat {
        let _ = writeln!(out, "kind = {}", quote(model.kind.name()));
    }
    let _ = writeln!(out, "tokenizer = {}", quote(model.tokenizer.name()));
    for (key, number) in [("context", model.context), ("max_output", model.max_output)] {
        if let Some(number) = number {
            let _ = writeln!(out, "{key} = {number}");
        }
    }
    list(out, "can", &model.can);
    list(out, "cannot", &model.cannot);
    let shutdown = model.shutdown.map(|day| day.to_string());
    let usual = usual_provenance(model);
    let observed = usual.map(|(_, day)| day.to_string());
    let words = [
        ("cache", model.cache.as_deref()),
        ("shutdown", shutdown.as_deref()),
        ("successor", model.successor.as_deref()),
        ("source", usual.map(|(source, _)| source)),
        ("observed", observed.as_deref()),
        ("via", model.via.as_deref()),
        ("note", model.note.as_deref()),
    ];
    for (key, text) in words {
        if let Some(text) = text {
            let _ = writeln!(out, "{key} = {}", quote(text));
        }
    }
    for price_sheet in &model.prices {
        sheet(out, price_sheet, usual);
    }
}

/// The source and day that most prices of a row have: they are written once.
fn usual_provenance(model: &ModelSpec) -> Option<(&str, Date)> {
    let mut counts: BTreeMap<(&str, Date), usize> = BTreeMap::new();
    for cell in model.cells() {
        *counts.entry((&cell.source, cell.observed)).or_default() += 1;
    }
    counts.into_iter().max_by_key(|(_, n)| *n).map(|(usual, _)| usual)
}

fn sheet(out: &mut String, sheet: &PriceSheet, usual: Option<(&str, Date)>) {
    out.push_str("\n[[model.prices]]\n");
    for (key, day) in [("from", sheet.from), ("to", sheet.to)] {
        if let Some(day) = day {
            let _ = writeln!(out, "{key} = \"{day}\"");
        }
    }
    for (key, fee) in [("request", &sheet.fees.request), ("web_search", &sheet.fees.web_search)] {
        if let Some(fee) = fee {
            let _ = writeln!(out, "{key} = {}", price(fee, &fee.rate.to_decimal(), usual));
        }
    }
    if !sheet.regions.is_empty() {
        let factors: Vec<String> = sheet
            .regions
            .iter()
            .map(|(region, thousandths)| {
                let factor = Usd::from_pico(i128::from(*thousandths) * 1_000_000_000).to_decimal();
                format!("{} = \"{factor}\"", key(region))
            })
            .collect();
        let _ = writeln!(out, "regions = {{ {} }}", factors.join(", "));
    }
    for band in &sheet.bands {
        if band.above > 0 {
            let _ = writeln!(out, "\n[[model.prices.band]]\nabove = {}", band.above);
        }
        tiers(out, band, usual);
    }
    for window in &sheet.windows {
        window_head(out, window);
        for band in &window.bands {
            tiers(out, band, usual);
        }
    }
}

fn window_head(out: &mut String, window: &Window) {
    out.push_str("\n[[model.prices.window]]\n");
    if window.days != [true; 7] {
        let days: Vec<String> =
            DAYS.iter().zip(window.days).filter(|(_, is_in)| *is_in).map(|(day, _)| format!("\"{day}\"")).collect();
        let _ = writeln!(out, "days = [{}]", days.join(", "));
    }
    for (key, minute) in [("from", window.from_minute), ("to", window.to_minute)] {
        let _ = writeln!(out, "{key} = \"{:02}:{:02}\"", minute / 60, minute % 60);
    }
}

fn tiers(out: &mut String, band: &Band, usual: Option<(&str, Date)>) {
    for (tier, card) in &band.tiers {
        let _ = writeln!(out, "{tier} = {}", rates(card, usual));
    }
}

fn rates(card: &RateCard, usual: Option<(&str, Date)>) -> String {
    let cells: Vec<String> = card
        .cells
        .iter()
        .map(|(class, cell)| {
            let million = Usd::from_pico(cell.rate.pico().saturating_mul(1_000_000));
            format!("{} = {}", class.name(), price(cell, &million.to_decimal(), usual))
        })
        .collect();
    format!("{{ {} }}", cells.join(", "))
}

fn price(cell: &Cell, usd: &str, usual: Option<(&str, Date)>) -> String {
    if usual == Some((&cell.source, cell.observed)) {
        return quote(usd);
    }
    format!("{{ usd = {}, source = {}, observed = \"{}\" }}", quote(usd), quote(&cell.source), cell.observed)
}

fn list(out: &mut String, key: &str, words: &[Arc<str>]) {
    if !words.is_empty() {
        let quoted: Vec<String> = words.iter().map(|word| quote(word)).collect();
        let _ = writeln!(out, "{key} = [{}]", quoted.join(", "));
    }
}

fn key(name: &str) -> String {
    let is_bare = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    if is_bare { name.to_owned() } else { quote(name) }
}

/// A TOML basic string.
fn quote(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => {
                quoted.push('\\');
                quoted.push(c);
            }
            c if c.is_control() => {
                let _ = write!(quoted, "\\u{:04X}", u32::from(c));
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::{Catalog, load};

    #[test]
    fn what_is_written_is_read_back() {
        let catalog = Catalog::embedded();
        let text = render("All rows.", &catalog.sources, &catalog.models);
        let mut part = load::parse("rendered.toml", &text).unwrap();
        part.cache_rules = catalog.cache_rules.clone();
        let again = part.into_catalog().unwrap();
        for (written, read) in catalog.models.iter().zip(&again.models) {
            assert_eq!(written, read);
        }
        assert_eq!(catalog.models.len(), again.models.len());
        assert_eq!(catalog.sources, again.sources);
    }

    #[test]
    fn odd_text_is_quoted() {
        assert_eq!(quote("a\"b\\c\n"), "\"a\\\"b\\\\c\\u000A\"");
        assert_eq!(key("eu west"), "\"eu west\"");
    }
}
