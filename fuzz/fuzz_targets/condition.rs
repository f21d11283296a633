//! Any text as a route's condition: it is refused in words, or holds, or does not, or cannot be told; no panic, and a mistake's place
//! lies in the text.
#![no_main]

use libfuzzer_sys::fuzz_target;
use promptopt::route::condition::{Condition, Facts, PreparedFacts, check};

fuzz_target!(|source: &str| {
    if let Err((message, offset)) = check(source) {
        assert!(!message.is_empty() && offset.is_none_or(|offset| offset <= source.len()));
        assert!(Condition::new(source).is_err());
        return;
    }
    let condition = Condition::new(source).unwrap();
    let _ = condition.holds(&PreparedFacts::of(&Facts::default()));
});
