//! Numbers, times and sizes that are of the right kind but cannot be meant: a timeout of nothing, a share above the whole, a count that
//! is larger than what counts it.

use std::time::Duration;

use toml::de::DeTable;

use super::super::check::{Checker, whole};
use super::super::values;
use super::fields::tables;

/// What a number must be.
#[derive(Clone, Copy)]
enum Range {
    /// A whole number between these.
    Count(u64, u64),
    /// Longer than nothing.
    Time,
    /// More than nothing, and at most so many bytes.
    Size(u64),
    /// More than nothing.
    Times,
}

use Range::{Count, Size, Time, Times};

const MOST: u64 = u32::MAX as u64;

/// Ranges by key, of sections that stand once.
static ONCE: &[(&str, &[(&str, Range)])] = &[
    ("router", &[("max-body", Size(u64::MAX))]),
    ("queue", &[("ageing", Time)]),
    ("cache", &[("max-entry", Size(MOST))]),
    ("ledger", &[("keep", Time)]),
    ("retry", &[("max-attempts", Count(1, 100))]),
    (
        "breaker",
        &[("failures", Count(1, MOST)), ("failure-percent", Count(1, 100)), ("window", Time), ("cooldown", Time)],
    ),
];

/// Of lists of tables.
static LISTS: &[(&str, &[(&str, Range)])] = &[
    ("routes", &[("deadline", Time), ("expected-output", Count(0, MOST))]),
    (
        "limits",
        &[("rpm", Count(1, MOST)), ("tpm", Count(1, u64::MAX)), ("concurrency", Count(1, MOST)), ("burst", Time)],
    ),
    ("alerts", &[("percent", Count(1, 1000)), ("times", Times), ("days", Count(0, 10_000))]),
];

/// Of each provider.
static PROVIDER: &[(&str, Range)] =
    &[("connect-timeout", Time), ("first-byte-timeout", Time), ("idle-timeout", Time), ("total-timeout", Time)];

/// Of a route's cache.
static ROUTE_CACHE: &[(&str, Range)] = &[("ttl", Time)];

/// Checks one file.
pub(super) fn check(table: &DeTable<'_>, checker: &mut Checker<'_>) {
    let section = |name: &str| table.get(name).and_then(|value| value.get_ref().as_table());
    for (name, ranges) in ONCE {
        if let Some(section) = section(name) {
            members(name, section, ranges, checker);
        }
    }
    for (name, ranges) in LISTS {
        for (entry, _) in tables(table, name).into_iter().flatten() {
            members(name, entry, ranges, checker);
            if let Some(cache) = entry.get("cache").and_then(|value| value.get_ref().as_table()) {
                members("routes.cache", cache, ROUTE_CACHE, checker);
            }
        }
    }
    for (name, value) in section("providers").into_iter().flatten() {
        if let Some(provider) = value.get_ref().as_table() {
            members(&format!("providers.{}", name.get_ref()), provider, PROVIDER, checker);
        }
    }
}

/// What is of another kind was told before.
fn members(field: &str, table: &DeTable<'_>, ranges: &[(&str, Range)], checker: &mut Checker<'_>) {
    for (key, range) in ranges {
        let Some(value) = table.get(*key) else { continue };
        let inner = value.get_ref();
        let expected = match *range {
            Count(least, most) => {
                let number = whole(inner).and_then(|number| u64::try_from(number).ok());
                number
                    .filter(|number| !(least..=most).contains(number))
                    .map(|number| if number < least { format!("at least {least}") } else { format!("at most {most}") })
            }
            Time => values::duration(inner).filter(Duration::is_zero).map(|_| "more than no time".to_owned()),
            Size(most) => match values::size(inner) {
                Some(0) => Some("more than nothing".to_owned()),
                Some(size) if size > most => Some(format!("at most {most} B")),
                _ => None,
            },
            Times => values::times(inner).filter(|times| *times == 0).map(|_| "more than 0".to_owned()),
        };
        if let Some(expected) = expected {
            checker.tell(&value.span(), &format!("{field}.{key}"), format!("expected {expected}"), None);
        }
    }
}
