//! What is another in every call: expressions of template languages, and times and numbers written into a rendered prompt.
//! A date alone or a full
//! hour is not: it costs one rewrite of the cache a day or an hour.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

#[allow(clippy::unwrap_used, reason = "a constant pattern, which a test compiles")]
static CODE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?i)(^|[^a-z0-9_])(now\s*\(|(utcnow|strftime_now|timestamp|current_?time|current_?date_?time|uuid[0-9]?|request_?id|trace_?id|correlation_?id|nonce)([^a-z0-9_]|$))",
    )
    .unwrap()
});

#[allow(clippy::unwrap_used, reason = "a constant pattern, which a test compiles")]
static CLOCK: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r#"(?ix)
        \b(?:current|now|today|time\s+is|local)\b [^\n"'`{}]{0,40}?
        (
            \d{4}-\d{2}-\d{2} [T\x20] \d{2}:\d{2} (?: :\d{2} (?: \.\d+ )? )? (?: \x20? (?: Z | [+-]\d{2}:?\d{2} ) )?
            | (?: mon|tue|wed|thu|fri|sat|sun )[a-z]*, \x20 [a-z0-9\x20,]{6,24} \x20 (?:at\x20)? \d{1,2}:\d{2}(?::\d{2})?(?:\x20?[ap]m)?
        )"#,
    )
    .unwrap()
});

#[allow(clippy::unwrap_used, reason = "a constant pattern, which a test compiles")]
static NUMBER: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?ix)
        \b(?:request|trace|correlation|invocation|message)[\x20_-]?id \b [:=\x20]{1,4}
        ( [0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12} )",
    )
    .unwrap()
});

#[allow(clippy::unwrap_used, reason = "a constant pattern, which a test compiles")]
static HOUR: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"[T ]\d{1,2}:00(?::00(?:\.0+)?)?(?:[^:\d.]|$)").unwrap());

/// Whether an expression of a template gives something else in every call: the time of day, a fresh number.
pub(super) fn is_volatile(code: &str) -> bool {
    if !CODE.is_match(code) {
        return false;
    }
    // Formatted to the day it changes once a day.
    let is_formatted = code.contains('%') || code.contains("yyyy") || code.contains("YYYY");
    let has_time = ["%H", "%I", "%M", "%S", "%f", "%T", "%X", "%c", "%s", "HH", "hh:", ":mm"];
    let shows_time = !is_formatted || has_time.iter().any(|part| code.contains(part));
    shows_time && !code.contains(".date()")
}

/// The first time of day or fresh number written into a text, introduced as such.
pub(super) fn literal(text: &str) -> Option<Range<usize>> {
    let found = [&*CLOCK, &*NUMBER];
    let all = found.iter().filter_map(|pattern| pattern.captures(text)?.get(1));
    // A full hour was rounded, or is no clock at all.
    all.filter(|hit| !HOUR.is_match(hit.as_str())).map(|hit| hit.range()).min_by_key(|range| range.start)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_of_day_is_volatile_and_the_day_is_not() {
        for code in ["now()", "current_time", "utcnow().isoformat()", "strftime_now('%Y-%m-%d %H:%M')", "uuid4()"] {
            assert!(is_volatile(code), "{code}");
        }
        for code in ["current_date", "strftime_now('%d %B %Y')", "now().date()", "knowledge", "user.name", "timestamps"]
        {
            assert!(!is_volatile(code), "{code}");
        }
    }

    #[test]
    fn a_clock_is_found_where_it_is_introduced_as_one() {
        let hit = |text: &str| literal(text).map(|range| text[range].to_owned());
        assert_eq!(hit("Rules.\nCurrent time: 2026-11-22T10:03:07Z\n").as_deref(), Some("2026-11-22T10:03:07Z"));
        assert_eq!(hit("It is now Sunday, 22 November 2026 10:03.").as_deref(), Some("Sunday, 22 November 2026 10:03"));
        assert!(hit("request id: 0b9f3c1e-7d1b-4b8e-9d2a-3c5e8a7f1b2c").is_some());
        assert_eq!(hit("Today is 2026-11-22."), None);
        assert_eq!(hit("The current time is 2026-11-22 15:00:00 EST."), None);
        assert_eq!(hit("The current time is 2026-11-22T15:00:01Z.").as_deref(), Some("2026-11-22T15:00:01Z"));
        assert_eq!(hit("{\"timestamp\": \"2026-11-22T10:03:07Z\"}"), None);
        assert_eq!(hit("{\"current_time\": \"2026-11-22T10:03:07Z\"}"), None);
        assert_eq!(hit("Knowledge cutoff: 2026-01. The current rules hold."), None);
    }
}
