//! Finds where a JSON value ends without parsing it, so that the elements of an array, or values spread over many lines,
//! can be cut out and parsed in parallel like the lines of a JSONL file.

use memchr::memchr;

/// Follows one JSON value over pieces of text. It trusts brackets and quotes only; the parser judges the rest.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Scanner {
    depth: u32,
    kind: Kind,
    /// The piece before ended in a backslash that escapes what comes next in the string.
    escaped: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Kind {
    /// Nothing of the value was seen yet.
    #[default]
    Fresh,
    /// Between the tokens of an array or object.
    Inside,
    /// In a string.
    Text,
    /// In a bare word at the top: a number, `true`, or something that is no JSON.
    Word,
}

impl Scanner {
    /// Feeds the next bytes; the first byte ever fed must be the value's own. Answers how many of them belong to the value
    /// if it ends here.
    pub(crate) fn feed(&mut self, bytes: &[u8]) -> Option<usize> {
        let mut at = 0;
        while at < bytes.len() {
            match self.kind {
                Kind::Text => {
                    // Only quotes are looked for: texts have many more escapes that are none.
                    let found = memchr(b'"', &bytes[at..]);
                    let text = &bytes[at..found.map_or(bytes.len(), |n| at + n)];
                    let is_escaped = self.ends_in_escape(text);
                    self.escaped = is_escaped && found.is_none();
                    at += found? + 1;
                    if is_escaped {
                        continue;
                    }
                    self.kind = Kind::Inside;
                    if self.depth == 0 {
                        return Some(at);
                    }
                }
                Kind::Word => {
                    if matches!(bytes[at], b',' | b']' | b'}') || bytes[at].is_ascii_whitespace() {
                        return Some(at);
                    }
                    at += 1;
                }
                Kind::Fresh | Kind::Inside => {
                    let byte = bytes[at];
                    at += 1;
                    match byte {
                        b'"' => self.kind = Kind::Text,
                        b'{' | b'[' => {
                            self.depth += 1;
                            self.kind = Kind::Inside;
                        }
                        b'}' | b']' => {
                            self.depth = self.depth.saturating_sub(1);
                            if self.depth == 0 {
                                return Some(at);
                            }
                        }
                        _ if self.kind == Kind::Fresh => self.kind = Kind::Word,
                        _ => {}
                    }
                }
            }
        }
        None
    }

    /// True if what follows this part of a string is escaped: an odd number of backslashes stands before it.
    fn ends_in_escape(self, text: &[u8]) -> bool {
        let n = text.iter().rev().take_while(|byte| **byte == b'\\').count();
        // What stood before the piece counts if nothing else stands between.
        (n % 2 == 1) != (self.escaped && n == text.len())
    }
}

/// The end of the value at the beginning of `bytes`, if it ends there.
pub(crate) fn end_of_value(bytes: &[u8]) -> Option<usize> {
    Scanner::default().feed(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn values_end_where_they_end() {
        let check = |text: &str, value: &str| {
            assert_eq!(end_of_value(text.as_bytes()), Some(value.len()), "{text}");
            assert!(text.starts_with(value));
        };
        check(r#"{"a":"}\"{"} rest"#, r#"{"a":"}\"{"}"#);
        check(r#"[1,[2],{"b":"]"}],3"#, r#"[1,[2],{"b":"]"}]"#);
        check(r#""text \\" "#, r#""text \\""#);
        check("12.5,", "12.5");
        check("nonsense]", "nonsense");
        check("]", "]");
        assert_eq!(end_of_value(b"{\"a\": 1"), None);
        assert_eq!(end_of_value(b""), None);
    }

    proptest! {
        #[test]
        fn pieces_make_no_difference(texts in proptest::collection::vec("[a\"\\\\{}\\[\\],: ]{0,8}", 0..6), cut in 0_usize..64) {
            let value = serde_json::to_string(&serde_json::json!({"k": texts, "n": [texts, 1]})).unwrap();
            let mut scanner = Scanner::default();
            let cut = cut.min(value.len());
            let first = scanner.feed(&value.as_bytes()[..cut]);
            let end = first.or_else(|| scanner.feed(&value.as_bytes()[cut..]).map(|end| end + cut));
            prop_assert_eq!(end, Some(value.len()));
        }

        #[test]
        fn something_is_always_taken_or_more_is_wanted(bytes in proptest::collection::vec(any::<u8>(), 1..200)) {
            prop_assert!(end_of_value(&bytes) != Some(0) || matches!(bytes[0], b',' | b' '));
        }
    }
}
