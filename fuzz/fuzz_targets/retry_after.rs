//! Any text in the headers that say when to ask again: no panic, and never more than a day.
#![no_main]

use std::time::Duration;

use http::{HeaderMap, HeaderValue};
use libfuzzer_sys::fuzz_target;
use promptopt::clock::Timestamp;
use promptopt::health::retry_after;

fuzz_target!(|input: (u8, i64, &[u8])| {
    let (which, now, text) = input;
    let Ok(value) = HeaderValue::from_bytes(text) else { return };
    let Ok(now) = Timestamp::from_microsecond(now) else { return };
    let name = ["retry-after", "retry-after-ms", "x-ms-retry-after-ms"][usize::from(which) % 3];
    let wait = retry_after(&HeaderMap::from_iter([(http::HeaderName::from_static(name), value)]), now);
    assert!(wait.is_none_or(|wait| wait <= Duration::from_secs(86_400)));
});
