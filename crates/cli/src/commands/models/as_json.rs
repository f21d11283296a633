//! Rows as JSON: the names of the catalogue files, money as decimal text in USD per million tokens (fees: USD apiece).

use promptopt::catalog::{Band, Cell, ModelSpec, PriceSheet};
use promptopt::usd::Usd;
use serde_json::{Map, Value, json};

/// One row.
pub(super) fn row(row: &ModelSpec) -> Value {
    json!({
        "id": row.id,
        "host": row.host,
        "aliases": row.aliases,
        "kind": row.kind.name(),
        "tokenizer": row.tokenizer.name(),
        "context": row.context,
        "max_output": row.max_output,
        "can": row.can,
        "cannot": row.cannot,
        "cache": row.cache,
        "shutdown": row.shutdown.map(|day| day.to_string()),
        "successor": row.successor,
        "via": row.via,
        "note": row.note,
        "prices": row.prices.iter().map(sheet).collect::<Vec<_>>(),
    })
}

fn sheet(sheet: &PriceSheet) -> Value {
    let fee = |fee: &Option<Cell>| fee.as_ref().map(|cell| cell_with(cell, cell.rate));
    let regions: Map<String, Value> = sheet
        .regions
        .iter()
        .map(|(region, thousandths)| (region.clone(), json!(f64::from(*thousandths) / 1000.0)))
        .collect();
    let windows: Vec<Value> = sheet
        .windows
        .iter()
        .map(|window| {
            json!({
                "days": window.days,
                "from_minute_utc": window.from_minute,
                "to_minute_utc": window.to_minute,
                "bands": window.bands.iter().map(band).collect::<Vec<_>>(),
            })
        })
        .collect();
    json!({
        "from": sheet.from.map(|day| day.to_string()),
        "to": sheet.to.map(|day| day.to_string()),
        "request": fee(&sheet.fees.request),
        "web_search": fee(&sheet.fees.web_search),
        "regions": regions,
        "bands": sheet.bands.iter().map(band).collect::<Vec<_>>(),
        "windows": windows,
    })
}

fn band(band: &Band) -> Value {
    let tiers: Map<String, Value> = band
        .tiers
        .iter()
        .map(|(tier, card)| {
            let cells: Map<String, Value> =
                card.cells.iter().map(|(class, cell)| (class.name().to_owned(), per_million(cell))).collect();
            (tier.to_string(), Value::Object(cells))
        })
        .collect();
    json!({ "above": band.above, "tiers": tiers })
}

fn per_million(cell: &Cell) -> Value {
    cell_with(cell, Usd::from_pico(cell.rate.pico().saturating_mul(1_000_000)))
}

fn cell_with(cell: &Cell, usd: Usd) -> Value {
    json!({ "usd": usd.to_decimal(), "source": cell.source, "observed": cell.observed.to_string() })
}

/// Indented, with a line end.
pub(super) fn pretty(value: &Value) -> String {
    format!("{value:#}\n")
}
