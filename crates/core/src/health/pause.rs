//! How long to wait before asking again: by the provider's word in all its spellings, else longer each time, with jitter.

use std::time::Duration;

use http::HeaderMap;
use jiff::fmt::rfc2822;

use super::settings::RetrySettings;
use crate::clock::Timestamp;

/// A wait beyond this is no wait but a mistake.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(24 * 3600);

/// The pause before the `n`th retry (from 0). A provider's word holds, if it is not too long; `None` says not to wait for it. `seed`
/// decides the jitter: between nothing and the whole (AWS, "Exponential Backoff And Jitter").
pub fn pause(settings: &RetrySettings, n: u32, retry_after: Option<Duration>, seed: u64) -> Option<Duration> {
    let longest = settings.first_pause.saturating_mul(1 << n.min(16)).min(settings.max_pause);
    let share = u32::try_from(mixed(seed.wrapping_add(u64::from(n))) % 1001).unwrap_or(0);
    let jittered = longest.saturating_mul(share) / 1000;
    match retry_after {
        None => Some(jittered),
        Some(wait) if wait > settings.max_retry_after => None,
        // All who were told the same moment would come at that moment.
        Some(wait) => Some(wait + (wait / 10).min(jittered)),
    }
}

/// What a response says of when to ask again: `retry-after-ms` and `x-ms-retry-after-ms` (milliseconds), `retry-after` (seconds, also
/// with decimals, or a date). A moment that is past is no wait; what cannot be read is no word; more than a day is taken as a day.
pub fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    for name in ["retry-after-ms", "x-ms-retry-after-ms"] {
        if let Some(wait) = text(name).and_then(|text| decimal(text, 1)) {
            return Some(wait.min(MAX_RETRY_AFTER));
        }
    }
    let said = text("retry-after")?;
    let wait = decimal(said, 1000).or_else(|| {
        let at = rfc2822::parse(said).ok()?.timestamp();
        let micros = at.as_microsecond().saturating_sub(now.as_microsecond()).max(0);
        Some(Duration::from_micros(u64::try_from(micros).ok()?))
    })?;
    Some(wait.min(MAX_RETRY_AFTER))
}

/// A decimal number of units of so many milliseconds; what is negative is zero.
fn decimal(text: &str, unit_ms: u64) -> Option<Duration> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let is_negative = digits.len() < text.len();
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !is_number(whole) || !is_number(part) {
        return None;
    }
    if is_negative {
        return Some(Duration::ZERO);
    }
    // Too many digits are a long time.
    let whole: u64 = whole.parse().unwrap_or(u64::MAX);
    let thousandths: u64 = format!("{part:0<3}").get(..3).and_then(|digits| digits.parse().ok()).unwrap_or(0);
    let millis = whole.saturating_mul(unit_ms).saturating_add(thousandths * unit_ms / 1000);
    Some(Duration::from_millis(millis))
}

/// `SplitMix64`'s finisher: neighbours in, strangers out.
fn mixed(seed: u64) -> u64 {
    let mut z = seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use proptest::prelude::*;

    use super::*;

    fn said(name: &'static str, value: &str) -> Option<Duration> {
        let mut headers = HeaderMap::new();
        headers.insert(name, HeaderValue::from_str(value).unwrap());
        retry_after(&headers, "2026-11-26T12:00:00Z".parse().unwrap())
    }

    #[test]
    fn a_wait_is_read_in_all_its_spellings() {
        for (name, value, millis) in [
            ("retry-after", "7", Some(7_000)),
            ("retry-after", " 0.25 ", Some(250)),
            ("retry-after", "-3", Some(0)),
            ("retry-after", "Thu, 26 Nov 2026 12:00:30 GMT", Some(30_000)),
            ("retry-after", "Thu, 26 Nov 2026 11:00:00 GMT", Some(0)),
            ("retry-after", "99999999999999999999", Some(86_400_000)),
            ("retry-after", "soon", None),
            ("retry-after", "", None),
            ("retry-after-ms", "1500", Some(1_500)),
            ("x-ms-retry-after-ms", "20", Some(20)),
        ] {
            assert_eq!(said(name, value), millis.map(Duration::from_millis), "{name}: {value}");
        }
    }

    #[test]
    fn pauses_grow_and_a_provider_that_asks_for_too_long_is_not_waited_for() {
        let settings = RetrySettings::default();
        let most = |n| (0..200).filter_map(|seed| pause(&settings, n, None, seed)).max().unwrap();
        assert!(most(0) <= settings.first_pause && most(3) > most(0) && most(60) <= settings.max_pause);
        assert_eq!(pause(&settings, 0, Some(Duration::from_secs(3600)), 1), None);
        assert!(pause(&settings, 0, Some(Duration::from_secs(2)), 1) >= Some(Duration::from_secs(2)));
        assert_eq!(pause(&settings, 2, None, 5), pause(&settings, 2, None, 5));
    }

    proptest! {
        #[test]
        fn no_header_panics_or_waits_for_more_than_a_day(value in "[ -~]{0,30}") {
            if let Some(wait) = said("retry-after", &value) {
                prop_assert!(wait <= MAX_RETRY_AFTER);
            }
        }
    }
}
