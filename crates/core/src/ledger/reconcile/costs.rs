//! Cost reports: OpenAI's `/v1/organization/costs` (`amount: {value, currency}` in dollars, `line_item` is `MODEL, input` and the like) and
//! Anthropic's `cost_report` (`amount` is decimal text in cents).

use std::sync::Arc;

use serde_json::Value;

use super::statement::{Line, Statement};
use crate::catalog::Catalog;
use crate::clock::Timestamp;
use crate::error::{Error, Kind, Result};
use crate::format::when;
use crate::usd::Usd;

const DAY_US: i64 = 86_400_000_000;

/// The time of a bucket; a day if it tells no end.
pub(super) fn period(bucket: &Value) -> Option<(Timestamp, Timestamp)> {
    let from = when::from_fields(bucket, &["start_time", "starting_at"])?;
    let end = when::from_fields(bucket, &["end_time", "ending_at"]).filter(|end| *end > from);
    Some((from, end.or_else(|| Timestamp::from_microsecond(from.as_microsecond() + DAY_US).ok())?))
}

/// Reads the buckets.
pub(super) fn read(buckets: &[Value], catalog: &Catalog) -> Result<Statement> {
    let mut statement = Statement { kind: "openai costs", hosts: vec!["openai".into()], ..Statement::default() };
    for bucket in buckets {
        let results = bucket.get("results").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let from = when::from_fields(bucket, &["start_time", "starting_at"]);
        for result in results {
            let Some(from) = from else {
                return Err(Error::new(Kind::Input, "a bucket has no time").in_field("start_time"));
            };
            let (cost, rounding, host) = match result.get("amount") {
                Some(Value::Object(amount)) => {
                    currency(amount.get("currency"))?;
                    let (value, unit) = decimal(amount.get("value"))?;
                    (value, unit, "openai")
                }
                Some(amount) => {
                    currency(result.get("currency"))?;
                    let (cents, unit) = decimal(Some(amount))?;
                    (cents.checked_scale(1, 100)?, unit.checked_scale(1, 100)?, "anthropic")
                }
                None => continue,
            };
            if host == "anthropic" {
                statement.kind = "anthropic costs";
                statement.hosts = vec![Arc::from(host)];
            }
            let text = |name: &str| result.get(name).and_then(Value::as_str);
            let what = text("line_item").or_else(|| text("description")).or_else(|| text("cost_type"));
            // `gpt-6-luna-2026-10-01, cached input`
            let written = text("model").or_else(|| what.map(|what| what.split(", ").next().unwrap_or(what)));
            let model = written.and_then(|model| catalog.find(Some(host), model)).map(|spec| spec.id.to_string());
            let model = model.or_else(|| text("model").map(str::to_owned));
            statement.lines.push(Line {
                from,
                model,
                what: what.map(str::to_owned),
                calls: None,
                tokens: None,
                cost: Some(cost),
                rounding,
            });
        }
    }
    Ok(statement)
}

fn currency(value: Option<&Value>) -> Result<()> {
    match value.and_then(Value::as_str) {
        Some(name) if !name.eq_ignore_ascii_case("usd") => {
            Err(Error::new(Kind::Input, format!("amounts are in {name}, the ledger is in USD")).in_field("currency"))
        }
        _ => Ok(()),
    }
}

/// An amount, and half a unit of its last decimal: what rounding may have changed. Numbers are written by floats, whose last digits are
/// noise: the unit is no less than 10⁻⁹.
fn decimal(value: Option<&Value>) -> Result<(Usd, Usd)> {
    let text = match value {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => number.to_string(),
        _ => return Err(Error::new(Kind::Input, "an amount is missing").in_field("amount")),
    };
    amount(&text).map_err(|error| error.in_field("amount"))
}

/// Reads decimal text, with an exponent too.
pub(super) fn amount(text: &str) -> Result<(Usd, Usd)> {
    let text = text.trim();
    let value = Usd::parse_rounded(text)?;
    let decimals = match text.split_once('.') {
        Some((_, decimals)) => decimals.bytes().take_while(u8::is_ascii_digit).count(),
        None => 0,
    };
    // A whole amount is as likely exact as rounded: cents.
    let decimals = if text.contains(['e', 'E']) { 9 } else { decimals.clamp(2, 9) };
    let unit = 10_i128.pow(12 - u32::try_from(decimals).unwrap_or(9));
    Ok((value, Usd::from_pico(unit / 2)))
}
