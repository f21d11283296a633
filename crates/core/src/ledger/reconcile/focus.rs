//! FinOps FOCUS tables (1.0 to 1.3): a row a charge and period. The model is looked for in the columns that name what was bought.

use std::sync::Arc;

use super::costs::amount;
use super::statement::{KNOWN, Line, Statement, Tokens};
use crate::catalog::Catalog;
use crate::error::{Error, Kind, Result};
use crate::format::when;

/// Reads a table.
pub(super) fn read(bytes: &[u8], catalog: &Catalog) -> Result<Statement> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(bytes);
    let broken = |cause: csv::Error| {
        let line = cause.position().map_or(1, csv::Position::line);
        Error::new(Kind::Input, "is not readable as CSV").at_line(line).because(cause)
    };
    let header = reader.headers().map_err(broken)?.clone();
    let column = |names: &[&str]| {
        names.iter().find_map(|name| header.iter().position(|found| found.trim().eq_ignore_ascii_case(name)))
    };
    let (Some(cost), Some(begin)) = (column(&["BilledCost", "EffectiveCost"]), column(&["ChargePeriodStart"])) else {
        return Err(Error::new(Kind::Input, "it has no columns `BilledCost` and `ChargePeriodStart`").help(KNOWN));
    };
    let end = column(&["ChargePeriodEnd"]);
    let names =
        ["x_Model", "ResourceName", "SkuMeter", "SkuId", "ResourceId", "ChargeDescription"].map(|name| column(&[name]));
    let hosts =
        ["HostProviderName", "ServiceProviderName", "ProviderName", "PublisherName"].map(|name| column(&[name]));
    let (quantity, unit) = (column(&["ConsumedQuantity"]), column(&["ConsumedUnit"]));
    let (currency, category) = (column(&["BillingCurrency"]), column(&["ChargeCategory"]));
    let (description, requests) = (column(&["ChargeDescription"]), column(&["x_Requests"]));

    let mut statement = Statement { kind: "focus", ..Statement::default() };
    let mut knows_all_hosts = true;
    for row in reader.records() {
        let row = row.map_err(broken)?;
        let number = row.position().map_or(0, csv::Position::line);
        let cell = |column: Option<usize>| {
            column.and_then(|column| row.get(column)).map(str::trim).filter(|text| !text.is_empty())
        };
        if let Some(name) = cell(currency).filter(|name| !name.eq_ignore_ascii_case("usd")) {
            let error = Error::new(Kind::Input, format!("the bill is in {name}, the ledger is in USD"));
            return Err(error.at_line(number).in_field("BillingCurrency"));
        }
        let Some(from) = cell(Some(begin)).and_then(when::from_text) else {
            return Err(Error::new(Kind::Input, "expected an instant").at_line(number).in_field("ChargePeriodStart"));
        };
        let (cost, rounding) =
            amount(cell(Some(cost)).unwrap_or("0")).map_err(|error| error.at_line(number).in_field("BilledCost"))?;
        let host = hosts.iter().find_map(|column| catalog.host(&cell(*column)?.to_lowercase()));
        let model = names.iter().find_map(|column| model_of(catalog, host.as_deref(), cell(*column)?));
        // Savings and credits of other tools cost nothing and name no model.
        let is_free_remark = cost.is_zero() && model.is_none();
        if is_free_remark {
            continue;
        }
        match host {
            Some(host) if !statement.hosts.iter().any(|known| **known == *host) => {
                statement.hosts.push(Arc::from(host));
            }
            Some(_) => {}
            None => knows_all_hosts = false,
        }
        let is_usage = cell(category).is_none_or(|category| category.eq_ignore_ascii_case("usage"));
        let end = cell(end).and_then(when::from_text).filter(|end| *end > from).unwrap_or(from);
        statement.covers.push((from, end));
        statement.lines.push(Line {
            from,
            model: model.filter(|_| is_usage),
            what: cell(description).or(cell(category)).map(str::to_owned),
            calls: cell(requests).and_then(|n| n.parse().ok()),
            tokens: cell(quantity).zip(cell(unit)).filter(|_| is_usage).and_then(|(n, unit)| tokens(n, unit)),
            cost: Some(cost),
            rounding,
        });
    }
    if !knows_all_hosts {
        // Of some lines it is unknown whose they are: all of the ledger's hosts are compared.
        statement.hosts.clear();
    }
    Ok(statement)
}

/// `openai/gpt-6-luna`, `gpt-6-luna-2026-10-01`, or a description whose words name one.
fn model_of(catalog: &Catalog, host: Option<&str>, text: &str) -> Option<String> {
    let tail = text.rsplit('/').next().unwrap_or(text);
    let words = text.split([' ', ',', ':', '(', ')']).filter(|word| word.len() > 3 && word.contains(['-', '.']));
    let id = |name: &str| {
        let found = match host {
            Some(host) => catalog.find(Some(host), name),
            None => catalog.find(None, name),
        };
        found.map(|spec| spec.id.to_string())
    };
    [text, tail].into_iter().chain(words).find_map(id)
}

/// A quantity of tokens: `tokens`, `1K tokens`, `1M Tokens`.
fn tokens(quantity: &str, unit: &str) -> Option<Tokens> {
    let unit = unit.to_lowercase();
    if !unit.contains("token") {
        return None;
    }
    let (n, _) = amount(quantity).ok()?;
    let factor: i128 = if unit.contains("million") || unit.starts_with("1m") {
        1_000_000
    } else if unit.contains("thousand") || unit.starts_with("1k") || unit.starts_with("1000") {
        1_000
    } else {
        1
    };
    let whole = n.pico().checked_mul(factor)? / 1_000_000_000_000;
    u64::try_from(whole).ok().map(Tokens::Total)
}
