//! Token counts that a log keeps in fields of its own, turned into a [`Reading`]. Formats that carry a provider's own usage
//! object leave it to the dialect instead.

use serde_json::Value;

use crate::usage::{Flaw, InclusiveCounts, Reading, Semantics, Usage};

/// Counts as a log states them; `None` is not stated.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counts {
    /// Whether `input` includes the cache figures.
    pub(crate) semantics: Semantics,
    pub(crate) input: Option<u64>,
    pub(crate) cache_read: Option<u64>,
    pub(crate) cache_write_short: Option<u64>,
    pub(crate) cache_write_long: Option<u64>,
    /// All output, reasoning included.
    pub(crate) output: Option<u64>,
    pub(crate) reasoning: Option<u64>,
    pub(crate) total: Option<u64>,
}

impl Counts {
    /// The reading, or nothing if the log states neither input nor output.
    pub(crate) fn reading(self) -> Option<Result<Reading, Flaw>> {
        if self.input.is_none() && self.output.is_none() {
            return None;
        }
        let counts = InclusiveCounts {
            input: self.input.unwrap_or(0),
            cache_read: self.cache_read.unwrap_or(0),
            cache_write_short: self.cache_write_short.unwrap_or(0),
            cache_write_long: self.cache_write_long.unwrap_or(0),
            output: self.output.unwrap_or(0),
            reasoning: self.reasoning.unwrap_or(0),
        };
        let usage = match self.semantics {
            Semantics::Exclusive => Usage::from_exclusive(counts),
            Semantics::Inclusive | Semantics::Unknown => Usage::from_inclusive(counts),
        };
        Some(usage.map(|usage| {
            let parts = usage.total();
            let flaws = self.total.filter(|stated| *stated != parts).map(|stated| Flaw::TotalDiffers { parts, stated });
            Reading {
                usage,
                semantics: self.semantics,
                stated_total: self.total,
                flaws: flaws.into_iter().collect(),
                ..Reading::default()
            }
        }))
    }
}

/// Reads counts by name. The first contradiction is kept and becomes the result.
pub(crate) struct Counter<'a> {
    object: &'a Value,
    flaw: Option<Flaw>,
}

impl<'a> Counter<'a> {
    pub(crate) fn new(object: &'a Value) -> Self {
        Counter { object, flaw: None }
    }

    /// The first of the fields that is stated.
    pub(crate) fn get(&mut self, names: &[&str]) -> Option<u64> {
        let (name, value) =
            names.iter().find_map(|name| Some((*name, self.object.get(name)?)).filter(|(_, v)| !v.is_null()))?;
        match count(value) {
            Ok(count) => count,
            Err(found) => {
                self.flaw.get_or_insert(Flaw::NotACount { field: name.to_owned(), found });
                None
            }
        }
    }

    /// What was made of the counts, unless one of the fields was no count.
    pub(crate) fn checked<T>(self, counts: T) -> Result<T, Flaw> {
        self.flaw.map_or(Ok(counts), Err)
    }

    /// The reading of the counts, unless one of the fields was no count.
    pub(crate) fn reading(self, counts: Counts) -> Option<Result<Reading, Flaw>> {
        match self.flaw {
            Some(flaw) => Some(Err(flaw)),
            None => counts.reading(),
        }
    }
}

/// A count as a number or as text; empty text states nothing. Errors with what was found instead.
pub(crate) fn count(value: &Value) -> Result<Option<u64>, String> {
    match value {
        Value::Null => Ok(None),
        Value::Number(number) => count_text(number.as_str()),
        Value::String(text) => count_text(text),
        other => Err(crate::text::shorten(&other.to_string(), 40)),
    }
}

/// As [`count`], from text. Exports write whole numbers as floats (`12.0`), some with thousands separators.
pub(crate) fn count_text(text: &str) -> Result<Option<u64>, String> {
    const LIMIT: u64 = 1 << 53;
    let trimmed = text.trim();
    if trimmed.is_empty() {
        return Ok(None);
    }
    let bad = || crate::text::shorten(trimmed, 40);
    let whole = match trimmed.split_once('.') {
        Some((whole, fraction)) if fraction.bytes().all(|b| b == b'0') => whole,
        _ => trimmed,
    };
    let digits = whole.replace(',', "");
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(bad());
    }
    digits.parse().ok().filter(|count| *count <= LIMIT).map(Some).ok_or_else(bad)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn counts_as_exports_write_them() {
        for (text, expected) in [("12", Some(12)), ("12.0", Some(12)), ("1,234", Some(1234)), (" ", None)] {
            assert_eq!(count_text(text), Ok(expected), "{text}");
        }
        for text in ["-1", "1.5", "many", "NaN", "99999999999999999999", "9007199254740993", "."] {
            assert!(count_text(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_count_that_is_none_spoils_the_reading() {
        let log = json!({"input": -3, "output": 4});
        let mut counter = Counter::new(&log);
        let counts = Counts { input: counter.get(&["input"]), output: counter.get(&["output"]), ..Counts::default() };
        let expected = Flaw::NotACount { field: "input".to_owned(), found: "-3".to_owned() };
        assert_eq!(counter.reading(counts), Some(Err(expected)));
    }

    #[test]
    fn a_total_that_is_not_the_sum_is_flagged_and_kept() {
        let counts = Counts { input: Some(10), output: Some(5), total: Some(16), ..Counts::default() };
        let reading = counts.reading().unwrap().unwrap();
        assert_eq!(reading.flaws, [Flaw::TotalDiffers { parts: 15, stated: 16 }]);
        assert!(Counts { total: Some(3), ..Counts::default() }.reading().is_none());
    }
}
