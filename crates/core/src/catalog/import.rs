//! Reads other projects' price lists into rows: LiteLLM's price map and models.dev's `api.json`. Numbers are taken by
//! their decimal text. What is missing stays missing, what is absurd or negative is left out and reported, and nothing
//! becomes a price of zero by being absent.

mod litellm;
mod models_dev;
mod names;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::civil::Date;
use serde_json::{Map, Value};

use super::{Catalog, Cell, ModelSpec, Source};
use crate::error::{Error, Kind, Result};
use crate::usd::Usd;

/// Where the list comes from.
#[derive(Clone, Copy, Debug)]
pub struct ImportOptions<'a> {
    /// The name of the source that the rows get: `litellm`.
    pub source: &'a str,
    /// Its address.
    pub url: &'a str,
    /// The day on which it was read.
    pub observed: Date,
}

/// An imported list.
#[derive(Clone, Debug, Default)]
pub struct Imported {
    /// What it was recognised as.
    pub format: &'static str,
    /// Its rows, by host and id.
    pub models: Vec<ModelSpec>,
    /// The one source.
    pub sources: BTreeMap<Arc<str>, Source>,
    /// What was not taken as it stands, and why.
    pub notes: Vec<Note>,
}

/// Something that was not taken as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// The entry in the list.
    pub entry: String,
    /// What about it.
    pub what: String,
}

/// Above this, USD per million tokens, a price is taken for a mistake of units.
const ABSURD_PER_MILLION: i128 = 1_000;

/// Reads a price list. Rows that the catalogue has too keep its tokenizer, cache rule, names and successor, of which the
/// lists say nothing.
pub fn import(file: &str, text: &str, options: &ImportOptions<'_>, catalog: &Catalog) -> Result<Imported> {
    let value: Value = serde_json::from_str(text).map_err(|error| {
        let (line, column) = (error.line() as u64, error.column() as u64);
        Error::input("the price list is no JSON").in_file(file).at_line(line).at_column(column).because(error)
    })?;
    let unknown = || {
        Error::new(Kind::Input, "the price list is neither LiteLLM's nor models.dev's")
            .in_file(file)
            .help("expected `model_prices_and_context_window.json` of LiteLLM or `api.json` of models.dev")
    };
    let entries = value.as_object().ok_or_else(unknown)?;
    let has = |name: &str| entries.values().any(|entry| entry.get(name).is_some());
    let mut list = List { options, notes: Vec::new() };
    let (format, mut models) = if has("litellm_provider") {
        ("litellm", litellm::rows(entries, &mut list))
    } else if has("models") {
        ("models.dev", models_dev::rows(entries, &mut list))
    } else {
        return Err(unknown());
    };
    models.sort_by(|a, b| (&a.host, &a.id).cmp(&(&b.host, &b.id)));
    inherit(&mut models, catalog);
    let source = Source { url: options.url.to_owned(), note: None };
    let sources = BTreeMap::from([(Arc::from(options.source), source)]);
    Ok(Imported { format, models, sources, notes: list.notes })
}

/// What the catalogue knows of a row and the list does not say.
fn inherit(models: &mut [ModelSpec], catalog: &Catalog) {
    let listed: BTreeSet<(Arc<str>, Arc<str>)> =
        models.iter().map(|row| (Arc::clone(&row.host), Arc::clone(&row.id))).collect();
    for row in models {
        let Some(ours) = catalog.find(Some(&row.host), &row.id).filter(|ours| ours.id == row.id) else { continue };
        row.tokenizer = ours.tokenizer;
        row.cache.clone_from(&ours.cache);
        row.successor.clone_from(&ours.successor);
        row.shutdown = row.shutdown.or(ours.shutdown);
        row.aliases = ours
            .aliases
            .iter()
            .filter(|alias| !listed.contains(&(Arc::clone(&row.host), Arc::clone(alias))))
            .cloned()
            .collect();
    }
}

/// The list being read.
struct List<'a> {
    options: &'a ImportOptions<'a>,
    notes: Vec<Note>,
}

impl List<'_> {
    fn note(&mut self, entry: &str, what: impl Into<String>) {
        self.notes.push(Note { entry: entry.to_owned(), what: what.into() });
    }

    /// A price, if the field is there and makes sense. `per_million` says whether the number is USD per million tokens
    /// instead of per token.
    fn cell(&mut self, entry: &str, fields: &Map<String, Value>, field: &str, per_million: bool) -> Option<Cell> {
        let text = match fields.get(field)? {
            Value::Number(number) => number.to_string(),
            Value::String(text) => text.clone(),
            Value::Null => return None,
            other => {
                self.note(entry, format!("`{field}` is no number: {other}"));
                return None;
            }
        };
        let (rounded, was_noisy) = significant_digits(&text, 12);
        // Per million: six decimals further down.
        let scaled = if per_million { shift(&rounded, -6) } else { rounded };
        let rate = match Usd::parse(&scaled) {
            Ok(rate) => rate,
            Err(error) => {
                self.note(entry, format!("`{field}` is left out: {}", error.message()));
                return None;
            }
        };
        if was_noisy {
            self.note(entry, format!("`{field}`: {text} is rounded to 12 significant digits"));
        }
        if rate < Usd::ZERO {
            self.note(entry, format!("`{field}` is left out: {text} is negative"));
            return None;
        }
        if rate > Usd::from_pico(ABSURD_PER_MILLION * 1_000_000) {
            self.note(entry, format!("`{field}` is left out: {text} is above {ABSURD_PER_MILLION} USD per million"));
            return None;
        }
        Some(self.priced(rate))
    }

    /// A fee in USD apiece.
    fn fee(&mut self, entry: &str, fields: &Map<String, Value>, field: &str) -> Option<Cell> {
        let text = fields.get(field).filter(|value| value.is_number())?.to_string();
        match Usd::parse(&significant_digits(&text, 12).0) {
            Ok(fee) if fee > Usd::ZERO => Some(self.priced(fee)),
            Ok(_) => None,
            Err(error) => {
                self.note(entry, format!("`{field}` is left out: {}", error.message()));
                None
            }
        }
    }

    fn priced(&self, rate: Usd) -> Cell {
        Cell { rate, source: Arc::from(self.options.source), observed: self.options.observed }
    }
}

/// Decimal text rounded to some significant digits, half away from zero, and whether that changed it. What is no decimal
/// number comes back as it is.
fn significant_digits(text: &str, n_digits: usize) -> (String, bool) {
    let as_is = || (text.to_owned(), false);
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let Ok(exponent) = exponent.parse::<i64>() else { return as_is() };
    let (sign, mantissa) = mantissa.strip_prefix('-').map_or(("", mantissa), |rest| ("-", rest));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let all = format!("{whole}{fraction}");
    let digits = all.trim_start_matches('0');
    let significant = digits.trim_end_matches('0');
    if significant.len() <= n_digits || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return as_is();
    }
    let (kept, rest) = digits.split_at(n_digits);
    let Ok(mut kept) = kept.parse::<u64>() else { return as_is() };
    kept += u64::from(rest.as_bytes()[0] >= b'5');
    let exponent = exponent - fraction.len() as i64 + rest.len() as i64;
    (format!("{sign}{kept}e{exponent}"), true)
}

/// Decimal text × 10^`by`.
fn shift(text: &str, by: i64) -> String {
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    match exponent.parse::<i64>() {
        Ok(exponent) => format!("{mantissa}e{}", exponent + by),
        Err(_) => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn float_noise_goes_and_digits_stay() {
        let check = |text: &str, expected: &str| {
            let (rounded, changed) = significant_digits(text, 12);
            assert_eq!(Usd::parse_rounded(&rounded).unwrap(), Usd::parse_rounded(expected).unwrap(), "{text}");
            assert_eq!(changed, text != expected, "{text}");
        };
        check("1.5000020000000002e-05", "1.500002e-05");
        check("0.30000000000000004", "0.3");
        check("9.999999999999999e-07", "1e-06");
        check("2.5e-06", "2.5e-06");
        check("123456789012", "123456789012");
        assert_eq!(significant_digits("abc", 12).0, "abc");
        assert_eq!(shift("1.25", -6), "1.25e-6");
    }

    fn options() -> ImportOptions<'static> {
        ImportOptions { source: "list", url: "https://example.org", observed: "2026-11-22".parse().unwrap() }
    }

    #[test]
    fn what_is_no_price_list_is_an_error() {
        let check = |text: &str, expected: &str| {
            let error = import("list.json", text, &options(), Catalog::embedded()).unwrap_err().to_string();
            assert!(error.starts_with(expected), "{error}");
        };
        check("{\"a\": 1,}", "list.json:1:9: the price list is no JSON");
        check("{\"a\": 1}", "list.json: the price list is neither LiteLLM's nor models.dev's");
        check("[]", "list.json: the price list is neither");
    }

    #[test]
    fn absurd_and_negative_prices_are_reported_and_left_out() {
        let text = r#"{"m": {"litellm_provider": "openai", "mode": "chat", "input_cost_per_token": 0.0032,
            "output_cost_per_token": -1e-6, "cache_read_input_token_cost": "cheap"}}"#;
        let imported = import("list.json", text, &options(), Catalog::embedded()).unwrap();
        assert!(imported.models[0].prices.is_empty());
        let notes: Vec<&str> = imported.notes.iter().map(|note| note.what.as_str()).collect();
        assert!(notes.iter().any(|note| note.contains("above 1000 USD per million")), "{notes:?}");
        assert!(notes.iter().any(|note| note.contains("negative")), "{notes:?}");
        assert!(notes.iter().any(|note| note.contains("not a decimal number")), "{notes:?}");
    }
}
