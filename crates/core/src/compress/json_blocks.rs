//! Where JSON documents stand in a text: the whole of it, or values that begin a line and end one. Each is parsed once.

use std::ops::Range;

use crate::text::json::{Json, Kind};

/// Smaller documents have nothing to save.
const MIN_BYTES: usize = 32;

/// The JSON arrays and objects in a text, sorted and disjoint. Linear: what an attempt has read is not read again.
pub(super) fn json_blocks(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let bytes = text.as_bytes();
    let mut at = 0;
    while at + MIN_BYTES <= bytes.len() {
        let line_end = memchr::memchr(b'\n', &bytes[at..]).map_or(bytes.len(), |end| at + end);
        let start = at + bytes[at..line_end].iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\r')).count();
        if !matches!(bytes.get(start), Some(b'{' | b'[')) {
            at = line_end + 1;
            continue;
        }
        let (end, is_json) = extent(&text[start..]);
        let end = start + end;
        let rest_of_line = bytes[end..].iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\r')).count();
        let ends_a_line = matches!(bytes.get(end + rest_of_line), None | Some(b'\n'));
        if is_json && ends_a_line && end - start >= MIN_BYTES {
            found.push(start..end);
        }
        at = memchr::memchr(b'\n', &bytes[end.max(start + 1)..])
            .map_or(bytes.len(), |next| end.max(start + 1) + next + 1);
    }
    found
}

/// How far the value at the start of `text` reaches, and whether it is JSON; if not, how far it was read.
fn extent(text: &str) -> (usize, bool) {
    match Json::parse(text) {
        Ok(json) => (json.root().span().end, true),
        // Something stands after the value: then the value itself is whole.
        Err(mistake) if mistake.expected == crate::text::json::THE_END => {
            let end = text[..mistake.offset].trim_end().len();
            match Json::parse(&text[..end]) {
                Ok(json) if matches!(json.root().kind(), Kind::Array | Kind::Object) => (end, true),
                _ => (mistake.offset, false),
            }
        }
        Err(mistake) => (mistake.offset.min(text.len()), false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[&str]) {
        let found: Vec<&str> = json_blocks(text).into_iter().map(|span| &text[span]).collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn documents_are_found_alone_and_among_lines() {
        let json = r#"{"name": "a", "values": [1, 2, 3], "x": null}"#;
        check(json, &[json]);
        check(&format!("<output>\n{json}\n</output>\n  {json}  \n"), &[json, json]);
        check(&format!("{json} and more"), &[]);
        check("{not json at all, although it begins so}\n[1, 2", &[]);
        check("[section]\nkey = a value that is long enough for it\n", &[]);
        let pretty = "[\n  {\"a\": 1, \"b\": 2},\n  {\"a\": 3, \"b\": 4}\n]";
        check(&format!("x\n{pretty}\ny"), &[pretty]);
    }

    #[test]
    fn brackets_without_end_are_no_quadratic_work() {
        assert!(json_blocks(&"[\n".repeat(200_000)).is_empty());
        assert!(json_blocks(&"{\"a\":\n".repeat(200_000)).is_empty());
    }
}
