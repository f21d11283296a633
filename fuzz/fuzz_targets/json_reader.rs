//! The JSON reader against `serde_json`: both take or refuse a text, and what is taken reads the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use promptopt::text::json::{Json, push_compact};

fuzz_target!(|text: &str| {
    let ours = Json::parse(text);
    // Depth is bounded there, and a lone surrogate, which has no text, is refused.
    let n_open = text.bytes().filter(|byte| matches!(byte, b'[' | b'{')).count();
    let theirs = serde_json::from_str::<serde_json::Value>(text);
    if n_open < 100 && !text.contains("\\u") {
        assert_eq!(ours.is_ok(), theirs.is_ok());
    }
    let Ok(json) = ours else { return };
    for value in json.root().descendants() {
        let _ = (value.string(), value.key(), value.raw(), value.member_span(), value.get("a"));
    }
    let mut compact = String::new();
    push_compact(&mut compact, text);
    assert!(compact.len() <= text.len());
    if let Ok(theirs) = theirs {
        assert_eq!(serde_json::from_str::<serde_json::Value>(&compact).ok(), Some(theirs));
    }
});
