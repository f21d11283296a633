//! JSON read where it stands: every value keeps its byte range in the source, so that a change of one string leaves all
//! other bytes alone, key order, repeated keys and the spelling of numbers included. No copy, no recursion: depth is
//! bounded by memory alone. O(n) time, 24 bytes a value.
//!
//! Grammar: RFC 8259, strictly (no comments, no trailing commas, no control characters in strings). A string may hold a
//! lone surrogate escape; it is valid JSON that has no text ([`Value::string`] is `None`).

mod read;
mod strings;
mod value;

use std::borrow::Cow;
use std::ops::Range;

pub use strings::{escape_at, push_string, push_unescaped, unescape};

use read::Reader;

/// A JSON text with the ranges of its values.
#[derive(Debug)]
pub struct Json<'a> {
    text: &'a str,
    nodes: Vec<Node>,
}

/// What kind of value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool,
    /// A number, as spelt.
    Number,
    /// A string.
    String,
    /// An array.
    Array,
    /// An object.
    Object,
}

/// Where a text stops being JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// Byte offset.
    pub offset: usize,
    /// What should stand there.
    pub expected: &'static str,
}

#[derive(Clone, Copy, Debug)]
struct Node {
    start: u32,
    end: u32,
    /// Where the key's opening quote stands; `NO_KEY` for what is no member.
    key: u32,
    key_end: u32,
    /// The node after this one's last descendant.
    after: u32,
    kind: Kind,
}

const NO_KEY: u32 = u32::MAX;

/// What is expected where a whole value is followed by something else.
pub const THE_END: &str = "the end";

/// One value of a [`Json`].
#[derive(Clone, Copy, Debug)]
pub struct Value<'j, 'a> {
    json: &'j Json<'a>,
    index: u32,
}

impl<'a> Json<'a> {
    /// Reads one JSON value, white space around it allowed. Texts of 4 GiB and more are refused.
    pub fn parse(text: &'a str) -> Result<Json<'a>, Mistake> {
        if text.len() >= NO_KEY as usize {
            return Err(Mistake { offset: 0, expected: "less than 4 GiB" });
        }
        let mut reader = Reader { bytes: text.as_bytes(), at: 0, nodes: Vec::new(), open: Vec::new() };
        reader.read()?;
        Ok(Json { text, nodes: reader.nodes })
    }

    /// The outermost value.
    pub fn root(&self) -> Value<'_, 'a> {
        Value { json: self, index: 0 }
    }

    /// The whole text.
    pub fn text(&self) -> &'a str {
        self.text
    }

    /// How many values there are, at all depths.
    pub fn n_values(&self) -> usize {
        self.nodes.len()
    }
}

impl<'j, 'a> Value<'j, 'a> {
    fn node(&self) -> &'j Node {
        &self.json.nodes[self.index as usize]
    }

    /// What kind of value.
    pub fn kind(&self) -> Kind {
        self.node().kind
    }

    /// Its bytes in the source, quotes and brackets included.
    pub fn span(&self) -> Range<usize> {
        self.node().start as usize..self.node().end as usize
    }

    /// Its JSON, as written.
    pub fn raw(&self) -> &'a str {
        &self.json.text[self.span()]
    }

    /// The bytes of the member: from the key's opening quote to the value's end. The value's own if it is no member.
    pub fn member_span(&self) -> Range<usize> {
        let node = self.node();
        if node.key == NO_KEY { self.span() } else { node.key as usize..node.end as usize }
    }

    /// The key as written, with its quotes, if this is a member of an object.
    pub fn raw_key(&self) -> Option<&'a str> {
        let node = self.node();
        (node.key != NO_KEY).then(|| &self.json.text[node.key as usize..node.key_end as usize])
    }

    /// The key, if this is a member of an object whose key is text.
    pub fn key(&self) -> Option<Cow<'a, str>> {
        unescape(self.raw_key()?)
    }

    /// The text of a string; `None` for other values and for strings with a lone surrogate.
    pub fn string(&self) -> Option<Cow<'a, str>> {
        if self.kind() == Kind::String { unescape(self.raw()) } else { None }
    }

    /// Elements of an array or members of an object, in their order; nothing for the rest.
    pub fn children(&self) -> Children<'j, 'a> {
        Children { json: self.json, next: self.index + 1, end: self.node().after }
    }

    /// All values inside it, at all depths, in the order in which they begin; itself first.
    pub fn descendants(&self) -> impl Iterator<Item = Value<'j, 'a>> + use<'j, 'a> {
        let json = self.json;
        (self.index..self.node().after).map(move |index| Value { json, index })
    }

    /// The member of that name; the last one if there are several, as most readers take it. O(members).
    pub fn get(&self, name: &str) -> Option<Value<'j, 'a>> {
        if self.kind() != Kind::Object {
            return None;
        }
        self.children().filter(|member| member.is_named(name)).last()
    }

    /// Whether its key is `name`.
    pub fn is_named(&self, name: &str) -> bool {
        let Some(raw) = self.raw_key() else { return false };
        if raw.len() == name.len() + 2 {
            &raw[1..raw.len() - 1] == name
        } else {
            unescape(raw).is_some_and(|key| key == name)
        }
    }
}

/// The children of a value.
#[derive(Clone, Debug)]
pub struct Children<'j, 'a> {
    json: &'j Json<'a>,
    next: u32,
    end: u32,
}

impl<'j, 'a> Iterator for Children<'j, 'a> {
    type Item = Value<'j, 'a>;

    fn next(&mut self) -> Option<Value<'j, 'a>> {
        if self.next >= self.end {
            return None;
        }
        let value = Value { json: self.json, index: self.next };
        self.next = value.node().after;
        Some(value)
    }
}

/// Appends valid JSON without the white space between its tokens; strings and numbers stay as written.
pub fn push_compact(out: &mut String, json: &str) {
    let bytes = json.as_bytes();
    let (mut at, mut kept) = (0, 0);
    while at < bytes.len() {
        match bytes[at] {
            b'"' => at = string_end(bytes, at).unwrap_or(bytes.len()),
            b' ' | b'\t' | b'\n' | b'\r' => {
                out.push_str(&json[kept..at]);
                at += 1;
                kept = at;
            }
            _ => at += 1,
        }
    }
    out.push_str(&json[kept..]);
}

/// The place after the closing quote of the string that opens at `start`.
fn string_end(bytes: &[u8], start: usize) -> Option<usize> {
    let mut at = start + 1;
    loop {
        at += memchr::memchr2(b'"', b'\\', bytes.get(at..)?)?;
        if bytes[at] == b'"' {
            return Some(at + 1);
        }
        at += 2;
    }
}

/// Where the string, array or object at the start of `text` ends, told by its quotes and brackets alone; `None` if it does
/// not end. O(its length).
pub fn end_of_value(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let (mut at, mut depth) = (0, 0_usize);
    loop {
        match bytes.get(at)? {
            b'"' => at = string_end(bytes, at)?,
            b'{' | b'[' => {
                depth += 1;
                at += 1;
            }
            b'}' | b']' => {
                depth = depth.checked_sub(1)?;
                at += 1;
            }
            _ => at += 1,
        }
        if depth == 0 {
            return Some(at);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn values_are_found_where_they_stand() {
        let text = r#" {"a": [1, -2.50e+3, "x\n"], "b": {}, "a": null} "#;
        let json = Json::parse(text).unwrap();
        let root = json.root();
        let keys: Vec<_> = root.children().map(|member| member.key().unwrap().into_owned()).collect();
        assert_eq!(keys, ["a", "b", "a"]);
        assert_eq!(root.get("a").unwrap().kind(), Kind::Null);
        let array = root.children().next().unwrap();
        let raw: Vec<&str> = array.children().map(|value| value.raw()).collect();
        assert_eq!(raw, ["1", "-2.50e+3", r#""x\n""#]);
        assert_eq!(array.children().nth(2).unwrap().string().unwrap(), "x\n");
        assert_eq!(&text[array.member_span()], r#""a": [1, -2.50e+3, "x\n"]"#);
        let mut compact = String::new();
        push_compact(&mut compact, text);
        assert_eq!(compact, r#"{"a":[1,-2.50e+3,"x\n"],"b":{},"a":null}"#);
    }

    #[test]
    fn what_is_no_json_says_where_and_what_was_expected() {
        for (text, offset) in [
            ("", 0),
            ("{", 1),
            ("[1,]", 3),
            ("[,]", 1),
            ("{,}", 1),
            ("{\"a\" 1}", 5),
            ("{\"a\":1,}", 7),
            ("01", 1),
            ("1.", 2),
            ("\"a\nb\"", 2),
            ("\"a", 0),
            ("\"\\x\"", 1),
            ("\"\\", 0),
            ("[1}", 2),
            ("nul", 0),
            ("1 2", 2),
        ] {
            assert_eq!(Json::parse(text).unwrap_err().offset, offset, "{text}");
        }
    }

    #[test]
    fn a_lone_surrogate_is_json_without_text() {
        let json = Json::parse(r#""\ud83d""#).unwrap();
        assert_eq!(json.root().string(), None);
        assert_eq!(unescape(r#""\ud83e\udd80""#).unwrap(), "🦀");
        // Four digits, of which a sign is none.
        for malformed in [r#""\u+123""#, r#""\u12""#, r#""\ud83e\u+d80""#, r#""\x""#] {
            assert_eq!(unescape(malformed), None, "{malformed}");
        }
    }

    #[test]
    fn depth_is_bounded_by_memory_alone() {
        let deep = "[".repeat(200_000) + &"]".repeat(200_000);
        assert_eq!(Json::parse(&deep).unwrap().n_values(), 200_000);
        assert!(Json::parse(&"[".repeat(200_000)).is_err());
    }

    proptest! {
        #[test]
        fn what_serde_json_reads_is_read_and_what_it_refuses_is_refused(text in r#"[\[\]{}:, 0-9.eE"a\\nu+-]{0,14}|\[?(\{"a": ?)?(-?[0-9.]{1,4}|"[^"\\\x00-\x1f]{0,6}"|null)\}?\]?"#) {
            let theirs = serde_json::from_str::<serde_json::Value>(&text).is_ok();
            let ours = Json::parse(&text).is_ok();
            // serde_json refuses lone surrogates as well; those are text-less here.
            prop_assert!(ours == theirs || text.contains("\\u"), "{} {}", ours, theirs);
        }

        #[test]
        fn strings_come_back_as_they_were(text in "(?s).{0,40}") {
            let mut quoted = String::new();
            push_string(&mut quoted, &text);
            prop_assert_eq!(unescape(&quoted).unwrap(), text.as_str());
            prop_assert_eq!(serde_json::from_str::<String>(&quoted).unwrap(), text);
        }
    }
}
