//! One reading of time for all formats. Logs write instants as RFC 3339, as Postgres and Python print them, or as a
//! number of seconds, milliseconds, microseconds or nanoseconds since 1970. What names no zone is UTC.

use jiff::civil::{Date, DateTime};
use serde_json::Value;

use crate::clock::Timestamp;

/// An instant as JSON writes it: text or a number. `None` for anything else.
pub(crate) fn from_value(value: &Value) -> Option<Timestamp> {
    match value {
        Value::Number(number) => from_number(number.as_str()),
        Value::String(text) => from_text(text),
        _ => None,
    }
}

/// The first of the fields that holds an instant.
pub(crate) fn from_fields(object: &Value, names: &[&str]) -> Option<Timestamp> {
    names.iter().find_map(|name| object.get(name).and_then(from_value))
}

/// An instant as text: a number, RFC 3339, or a date with or without a time.
pub(crate) fn from_text(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    if text.bytes().all(|b| b.is_ascii_digit() || b == b'.') {
        return from_number(text);
    }
    let text = text.strip_suffix("UTC").map_or(text, str::trim_end);
    text.parse::<Timestamp>()
        .ok()
        .or_else(|| civil(text)?.to_zoned(jiff::tz::TimeZone::UTC).ok().map(|z| z.timestamp()))
}

/// A count since 1970. The unit follows from the size: seconds reach 10¹¹ in the year 5138, and so on.
fn from_number(text: &str) -> Option<Timestamp> {
    let number: f64 = text.parse().ok()?;
    // Zero stands for a time that nobody set.
    if number <= 0.0 {
        return None;
    }
    // Whole counts keep all digits: nanoseconds do not fit into a float.
    let nanos_per_unit: i128 = match number.abs() {
        n if n < 1e11 => 1_000_000_000,
        n if n < 1e14 => 1_000_000,
        n if n < 1e17 => 1_000,
        _ => 1,
    };
    let nanos = match text.parse::<i128>() {
        Ok(whole) => whole.checked_mul(nanos_per_unit)?,
        Err(_) if number.is_finite() => fraction_nanos(text, number, nanos_per_unit)?,
        Err(_) => return None,
    };
    Timestamp::from_nanosecond(nanos).ok()
}

/// Decimal digits are kept exactly (`1700000000.123456` is not the nearest float); exponents go through the float.
fn fraction_nanos(text: &str, number: f64, nanos_per_unit: i128) -> Option<i128> {
    let Some((whole, fraction)) = text.split_once('.').filter(|(_, f)| f.bytes().all(|b| b.is_ascii_digit())) else {
        return Some((number * nanos_per_unit as f64).round() as i128);
    };
    let negative = whole.starts_with('-');
    let whole: i128 = if matches!(whole, "" | "-") { 0 } else { whole.parse().ok()? };
    let mut part = 0_i128;
    let mut unit = nanos_per_unit / 10;
    for digit in fraction.bytes() {
        part += i128::from(digit - b'0') * unit;
        unit /= 10;
    }
    Some(whole.checked_mul(nanos_per_unit)? + if negative { -part } else { part })
}

/// `2023-11-16 18:17:03.9799600`, `2023-11-16T18:17:03`, `2023-11-16`: in UTC.
fn civil(text: &str) -> Option<DateTime> {
    // More than nine decimals are beyond a nanosecond.
    let kept = match text.split_once('.') {
        Some((whole, fraction)) if fraction.len() > 9 && fraction.bytes().all(|b| b.is_ascii_digit()) => {
            &text[..whole.len() + 10]
        }
        _ => text,
    };
    kept.parse::<DateTime>().ok().or_else(|| Some(kept.parse::<Date>().ok()?.at(0, 0, 0, 0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        let found = from_text(text).map(|at| at.to_string());
        assert_eq!(found.as_deref(), Some(expected), "{text}");
    }

    #[test]
    fn instants_as_logs_write_them() {
        check("2023-11-16 18:17:03.9799600", "2023-11-16T18:17:03.97996Z");
        check("2026-10-05T09:27:22Z", "2026-10-05T09:27:22Z");
        check("2026-10-05T11:27:22.5+02:00", "2026-10-05T09:27:22.5Z");
        check("2026-10-05 09:27:22.123456+00", "2026-10-05T09:27:22.123456Z");
        check("2026-10-05 09:27:22 UTC", "2026-10-05T09:27:22Z");
        check("2026-10-05T09:27:22.12345678901", "2026-10-05T09:27:22.123456789Z");
        check("2026-10-05", "2026-10-05T00:00:00Z");
        check("1775802348", "2026-04-10T06:25:48Z");
        check("1775802348123", "2026-04-10T06:25:48.123Z");
        check("1775802348123456", "2026-04-10T06:25:48.123456Z");
        check("1775802348123456789", "2026-04-10T06:25:48.123456789Z");
        check("1775802348.123456", "2026-04-10T06:25:48.123456Z");
    }

    #[test]
    fn what_is_no_instant_is_none() {
        for text in ["", "yesterday", "12:30", ".", "1.2.3", "99999999999999999999999999999999999999999", "2026-13-01"]
        {
            assert_eq!(from_text(text), None, "{text}");
        }
        assert_eq!(from_value(&serde_json::json!({"seconds": 1})), None);
        // Zero and less stand for a time that nobody set.
        assert_eq!(from_value(&serde_json::json!(0)), None);
        assert_eq!(from_value(&serde_json::json!(-1)), None);
    }
}
