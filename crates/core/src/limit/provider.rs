//! What providers say of their own limits, in the headers of their answers.

use std::time::Duration;

use http::HeaderMap;

use crate::clock::Timestamp;

/// The families of headers: what is allowed, what is left, and when it is whole again.
const HEADERS: [(Unit, [&str; 3]); 6] = [
    // OpenAI, Azure, Groq and most that are compatible.
    (Unit::Requests, ["x-ratelimit-limit-requests", "x-ratelimit-remaining-requests", "x-ratelimit-reset-requests"]),
    (Unit::Tokens, ["x-ratelimit-limit-tokens", "x-ratelimit-remaining-tokens", "x-ratelimit-reset-tokens"]),
    (
        Unit::Requests,
        [
            "anthropic-ratelimit-requests-limit",
            "anthropic-ratelimit-requests-remaining",
            "anthropic-ratelimit-requests-reset",
        ],
    ),
    (
        Unit::Tokens,
        [
            "anthropic-ratelimit-tokens-limit",
            "anthropic-ratelimit-tokens-remaining",
            "anthropic-ratelimit-tokens-reset",
        ],
    ),
    (
        Unit::Tokens,
        [
            "anthropic-ratelimit-input-tokens-limit",
            "anthropic-ratelimit-input-tokens-remaining",
            "anthropic-ratelimit-input-tokens-reset",
        ],
    ),
    (
        Unit::Tokens,
        [
            "anthropic-ratelimit-output-tokens-limit",
            "anthropic-ratelimit-output-tokens-remaining",
            "anthropic-ratelimit-output-tokens-reset",
        ],
    ),
];

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unit {
    Requests,
    Tokens,
}

/// Waiting longer than this for a limit's word is left to errors.
const LONGEST: Duration = Duration::from_secs(120);

/// Tokens are taken to be there for a call when this share of the limit is.
const TOKENS_FOR_A_CALL: u32 = 20;

/// How long a provider that refused has nothing left, by its own word; `None` if it has, or says nothing that can be read.
///
/// Resets are times to go (`1s`, `6m0s`, `20ms`, `2.5`) or instants (RFC 3339).
pub fn exhausted_for(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    used_up(headers, now).map(|(_, _, wait)| wait).max().map(|wait| wait.min(LONGEST))
}

/// How long to hold calls back after an answer that says nothing is left for the next one.
///
/// OpenAI and Anthropic both document the reset as the time at which the whole limit is there again, and fill it up all the while: a
/// request is there after its share of that time, tokens for a call after a twentieth. `None` if something is left.
pub fn held_for(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let share = |(unit, limit, wait): (Unit, Option<u32>, Duration)| match unit {
        Unit::Requests => wait / limit.unwrap_or(1).max(1),
        Unit::Tokens => wait / TOKENS_FOR_A_CALL,
    };
    used_up(headers, now).map(share).max().map(|wait| wait.min(LONGEST)).filter(|wait| !wait.is_zero())
}

/// What has nothing left: its limit, and when it is whole again.
fn used_up(headers: &HeaderMap, now: Timestamp) -> impl Iterator<Item = (Unit, Option<u32>, Duration)> {
    let text = move |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    HEADERS.iter().filter_map(move |(unit, [limit, remaining, reset])| {
        let is_used_up = text(remaining)?.parse::<i64>().ok()? <= 0;
        let wait = if is_used_up { until(text(reset)?, now)? } else { return None };
        Some((*unit, text(limit).and_then(|limit| limit.parse().ok()), wait))
    })
}

fn until(text: &str, now: Timestamp) -> Option<Duration> {
    if let Ok(at) = text.parse::<Timestamp>() {
        let micros = at.as_microsecond().saturating_sub(now.as_microsecond());
        return u64::try_from(micros).ok().map(Duration::from_micros);
    }
    let mut micros = 0_u64;
    let mut rest = text;
    while !rest.is_empty() {
        let n_digits = rest.bytes().take_while(|byte| byte.is_ascii_digit() || *byte == b'.').count();
        let number = &rest[..n_digits];
        rest = &rest[n_digits..];
        let n_letters = rest.bytes().take_while(u8::is_ascii_alphabetic).count();
        let unit_us: u64 = match &rest[..n_letters] {
            "us" => 1,
            "ms" => 1_000,
            "" | "s" => 1_000_000,
            "m" => 60_000_000,
            "h" => 3_600_000_000,
            "d" => 86_400_000_000,
            _ => return None,
        };
        rest = &rest[n_letters..];
        let (whole, part) = number.split_once('.').unwrap_or((number, ""));
        let whole: u64 = whole.parse().ok()?;
        let part: u64 = format!("{part:0<6}").get(..6)?.parse().ok()?;
        let part_us = part.checked_mul(unit_us)? / 1_000_000;
        micros = micros.checked_add(whole.checked_mul(unit_us)?)?.checked_add(part_us)?;
    }
    Some(Duration::from_micros(micros))
}

#[cfg(test)]
mod tests {
    use http::{HeaderName, HeaderValue};
    use proptest::prelude::*;

    use super::*;

    fn headers(pairs: &[(&str, &str)]) -> HeaderMap {
        let pair = |(name, value): &(&str, &str)| {
            (HeaderName::try_from(*name).unwrap(), HeaderValue::try_from(*value).unwrap())
        };
        pairs.iter().map(pair).collect()
    }

    fn now() -> Timestamp {
        "2026-11-26T12:00:00Z".parse().unwrap()
    }

    fn check(pairs: &[(&str, &str)], millis: Option<u64>) {
        assert_eq!(exhausted_for(&headers(pairs), now()), millis.map(Duration::from_millis), "{pairs:?}");
    }

    #[test]
    fn what_is_left_and_when_it_is_whole_again_is_read() {
        for (left, reset, millis) in [
            ("0", "1s", Some(1_000)),
            ("0", "1m0s", Some(60_000)),
            ("0", "6m0s", Some(120_000)),
            ("0", "20ms", Some(20)),
            ("0", "7.66s", Some(7_660)),
            ("0", "2.5", Some(2_500)),
            ("0", "1h2m3.5s", Some(120_000)),
            ("0", "1500us", None),
            ("-3", "1s", Some(1_000)),
            ("5", "1s", None),
            ("0", "soon", None),
            ("0", "1.2.3s", None),
            ("0", "s", None),
            ("0", "-1s", None),
            ("0", "99999999999999999999h", None),
            ("0", "18446744073709551615h", None),
            ("0", "2026-11-26T11:00:00Z", None),
            ("0", "2026-11-26T12:00:30.5Z", Some(30_500)),
            ("", "1s", None),
        ] {
            let pairs = [("x-ratelimit-remaining-tokens", left), ("x-ratelimit-reset-tokens", reset)];
            if reset == "1500us" {
                assert_eq!(exhausted_for(&headers(&pairs), now()), Some(Duration::from_micros(1_500)));
            } else {
                check(&pairs, millis);
            }
        }
        check(
            &[
                ("anthropic-ratelimit-requests-remaining", "0"),
                ("anthropic-ratelimit-requests-reset", "2026-11-26T12:00:30Z"),
                ("anthropic-ratelimit-tokens-remaining", "0"),
                ("anthropic-ratelimit-tokens-reset", "2026-11-26T12:00:10Z"),
            ],
            Some(30_000),
        );
        check(&[], None);
    }

    #[test]
    fn calls_are_held_back_until_there_is_room_for_one() {
        let held = |pairs: &[(&str, &str)]| held_for(&headers(pairs), now());
        let requests = |limit, left| {
            held(&[
                ("x-ratelimit-limit-requests", limit),
                ("x-ratelimit-remaining-requests", left),
                ("x-ratelimit-reset-requests", "60s"),
            ])
        };
        assert_eq!(requests("60", "0"), Some(Duration::from_secs(1)));
        assert_eq!(requests("0", "0"), Some(Duration::from_secs(60)));
        assert_eq!(requests("many", "0"), Some(Duration::from_secs(60)));
        assert_eq!(requests("60", "1"), None);
        let tokens = [("x-ratelimit-remaining-tokens", "0"), ("x-ratelimit-reset-tokens", "40s")];
        assert_eq!(held(&tokens), Some(Duration::from_secs(2)));
        assert_eq!(held(&[]), None);
    }

    proptest! {
        #[test]
        fn no_header_panics_or_waits_for_long(left in "[ -~]{0,6}", reset in "[ -~]{0,24}", time in "[0-9.smhd]{0,24}") {
            for reset in [reset, time] {
                let pairs = [("x-ratelimit-remaining-tokens", left.as_str()), ("x-ratelimit-reset-tokens", reset.as_str())];
                let zero = [("x-ratelimit-remaining-requests", "0"), ("x-ratelimit-reset-requests", reset.as_str())];
                for wait in [exhausted_for(&headers(&pairs), now()), held_for(&headers(&zero), now())] {
                    prop_assert!(wait.is_none_or(|wait| wait <= LONGEST));
                }
            }
        }
    }
}
