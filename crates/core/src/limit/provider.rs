//! What providers say of their own limits, in the headers of their answers.

use std::time::Duration;

use http::HeaderMap;

use crate::clock::Timestamp;

/// The families of headers: what is left, and when it is whole again.
const HEADERS: [(&str, &str); 6] = [
    // OpenAI, Azure, Groq and most that are compatible.
    ("x-ratelimit-remaining-requests", "x-ratelimit-reset-requests"),
    ("x-ratelimit-remaining-tokens", "x-ratelimit-reset-tokens"),
    // Anthropic.
    ("anthropic-ratelimit-requests-remaining", "anthropic-ratelimit-requests-reset"),
    ("anthropic-ratelimit-tokens-remaining", "anthropic-ratelimit-tokens-reset"),
    ("anthropic-ratelimit-input-tokens-remaining", "anthropic-ratelimit-input-tokens-reset"),
    ("anthropic-ratelimit-output-tokens-remaining", "anthropic-ratelimit-output-tokens-reset"),
];

/// Waiting longer than this for a limit's word is left to errors.
const LONGEST: Duration = Duration::from_secs(120);

/// How long a provider has nothing left, by its own word; `None` if it has, or says nothing that can be read.
///
/// Resets are times to go (`1s`, `6m0s`, `20ms`, `2.5`) or instants (RFC 3339).
pub fn exhausted_for(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    let waits = HEADERS.iter().filter_map(|(remaining, reset)| {
        let is_used_up = text(remaining)?.parse::<i64>().ok()? <= 0;
        if is_used_up { until(text(reset)?, now) } else { None }
    });
    waits.max().map(|wait| wait.min(LONGEST))
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
            "us" | "µs" => 1,
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
        micros =
            micros.checked_add(whole.checked_mul(unit_us)?)?.checked_add(part * (unit_us / 1_000).max(1) / 1_000)?;
    }
    Some(Duration::from_micros(micros))
}

#[cfg(test)]
mod tests {
    use http::{HeaderName, HeaderValue};

    use super::*;

    fn check(pairs: &[(&str, &str)], millis: Option<u64>) {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.insert(HeaderName::try_from(*name).unwrap(), HeaderValue::try_from(*value).unwrap());
        }
        let now = "2026-11-26T12:00:00Z".parse().unwrap();
        assert_eq!(exhausted_for(&headers, now), millis.map(Duration::from_millis), "{pairs:?}");
    }

    #[test]
    fn what_is_left_and_when_it_is_whole_again_is_read() {
        let openai = |left, reset| [("x-ratelimit-remaining-tokens", left), ("x-ratelimit-reset-tokens", reset)];
        check(&openai("0", "1s"), Some(1_000));
        check(&openai("0", "1m0s"), Some(60_000));
        check(&openai("0", "6m0s"), Some(120_000));
        check(&openai("0", "20ms"), Some(20));
        check(&openai("0", "7.66s"), Some(7_660));
        check(&openai("0", "2.5"), Some(2_500));
        check(&openai("5", "1s"), None);
        check(&openai("0", "soon"), None);
        check(&openai("", "1s"), None);
        let anthropic = [
            ("anthropic-ratelimit-requests-remaining", "0"),
            ("anthropic-ratelimit-requests-reset", "2026-11-26T12:00:30Z"),
        ];
        check(&anthropic, Some(30_000));
        check(&[], None);
    }
}
