//! JSON read where it stands: every value keeps its byte range in the source, so that a change of one string leaves all
//! other bytes alone, key order, repeated keys and the spelling of numbers included. No copy, no recursion: depth is
//! bounded by memory alone. O(n) time, 24 bytes a value.
//!
//! Grammar: RFC 8259, strictly (no comments, no trailing commas, no control characters in strings). A string may hold a
//! lone surrogate escape; it is valid JSON that has no text ([`Value::string`] is `None`).

use std::borrow::Cow;
use std::ops::Range;

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

/// The text of a JSON string with its quotes. Borrowed if nothing is escaped; `None` if a surrogate stands alone or the
/// escape is malformed.
pub fn unescape(quoted: &str) -> Option<Cow<'_, str>> {
    let inner = quoted.get(1..quoted.len().checked_sub(1)?)?;
    let Some(first) = memchr::memchr(b'\\', inner.as_bytes()) else { return Some(Cow::Borrowed(inner)) };
    let mut out = String::with_capacity(inner.len());
    out.push_str(&inner[..first]);
    let mut rest = &inner[first..];
    while !rest.is_empty() {
        let plain = memchr::memchr(b'\\', rest.as_bytes()).unwrap_or(rest.len());
        out.push_str(&rest[..plain]);
        rest = &rest[plain..];
        if rest.is_empty() {
            break;
        }
        let (c, n_bytes) = escape_at(rest)?;
        out.push(c);
        rest = &rest[n_bytes..];
    }
    Some(Cow::Owned(out))
}

/// The character that an escape at the start of `text` stands for, and the escape's length.
pub fn escape_at(text: &str) -> Option<(char, usize)> {
    let simple = match text.as_bytes().get(1)? {
        b'"' => '"',
        b'\\' => '\\',
        b'/' => '/',
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        b'u' => {
            let unit = |from: usize| u32::from_str_radix(text.get(from..from + 4)?, 16).ok();
            let high = unit(2)?;
            if !(0xD800..0xDC00).contains(&high) {
                return Some((char::from_u32(high)?, 6));
            }
            let low = if text.get(6..8) == Some("\\u") { unit(8)? } else { return None };
            if !(0xDC00..0xE000).contains(&low) {
                return None;
            }
            return Some((char::from_u32(0x1_0000 + ((high - 0xD800) << 10) + (low - 0xDC00))?, 12));
        }
        _ => return None,
    };
    Some((simple, 2))
}

/// Appends `text` as a JSON string: only what must be escaped is, in its shortest form.
pub fn push_string(out: &mut String, text: &str) {
    out.push('"');
    let mut plain = 0;
    for (at, byte) in text.bytes().enumerate() {
        let escape = match byte {
            b'"' => "\\\"",
            b'\\' => "\\\\",
            b'\n' => "\\n",
            b'\r' => "\\r",
            b'\t' => "\\t",
            0x8 => "\\b",
            0xc => "\\f",
            0..0x20 => "",
            _ => continue,
        };
        out.push_str(&text[plain..at]);
        if escape.is_empty() {
            const HEX: &[u8; 16] = b"0123456789abcdef";
            out.push_str("\\u00");
            out.push(char::from(HEX[usize::from(byte >> 4)]));
            out.push(char::from(HEX[usize::from(byte & 15)]));
        } else {
            out.push_str(escape);
        }
        plain = at + 1;
    }
    out.push_str(&text[plain..]);
    out.push('"');
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

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    nodes: Vec<Node>,
    /// Arrays and objects not closed yet.
    open: Vec<u32>,
}

impl Reader<'_> {
    fn read(&mut self) -> Result<(), Mistake> {
        let mut key = (NO_KEY, 0);
        loop {
            // A value is due.
            self.blanks();
            let start = self.at;
            let kind = self.begin()?;
            let index = self.nodes.len() as u32;
            let end = self.at as u32;
            self.nodes.push(Node { start: start as u32, end, key: key.0, key_end: key.1, after: index + 1, kind });
            key = (NO_KEY, 0);
            if matches!(kind, Kind::Array | Kind::Object) {
                self.blanks();
                let close = if kind == Kind::Array { b']' } else { b'}' };
                self.open.push(index);
                if self.peek() != Some(close) {
                    if kind == Kind::Object {
                        key = self.key()?;
                    }
                    continue;
                }
            }
            // A value is complete, or an empty container waits for its end: close what closes, or go on to the next.
            loop {
                self.blanks();
                let Some(&parent) = self.open.last() else {
                    return if self.at == self.bytes.len() { Ok(()) } else { Err(self.mistake("the end")) };
                };
                let is_array = self.nodes[parent as usize].kind == Kind::Array;
                let is_empty = self.nodes.len() as u32 == parent + 1;
                match self.peek() {
                    Some(b',') if !is_empty => {
                        self.at += 1;
                        if !is_array {
                            key = self.key()?;
                        }
                        break;
                    }
                    Some(b']') if is_array => self.close(parent),
                    Some(b'}') if !is_array => self.close(parent),
                    _ => return Err(self.mistake(if is_array { "`,` or `]`" } else { "`,` or `}`" })),
                }
            }
        }
    }

    fn close(&mut self, index: u32) {
        self.at += 1;
        let after = self.nodes.len() as u32;
        let node = &mut self.nodes[index as usize];
        node.end = self.at as u32;
        node.after = after;
        self.open.pop();
    }

    fn key(&mut self) -> Result<(u32, u32), Mistake> {
        self.blanks();
        if self.peek() != Some(b'"') {
            return Err(self.mistake("a key in quotes"));
        }
        let start = self.at;
        self.string()?;
        let span = (start as u32, self.at as u32);
        self.blanks();
        if self.peek() != Some(b':') {
            return Err(self.mistake("`:`"));
        }
        self.at += 1;
        Ok(span)
    }

    fn begin(&mut self) -> Result<Kind, Mistake> {
        match self.peek() {
            Some(b'"') => self.string().map(|()| Kind::String),
            Some(b'[') => {
                self.at += 1;
                Ok(Kind::Array)
            }
            Some(b'{') => {
                self.at += 1;
                Ok(Kind::Object)
            }
            Some(b'-' | b'0'..=b'9') => self.number().map(|()| Kind::Number),
            Some(b't') => self.word(b"true", Kind::Bool),
            Some(b'f') => self.word(b"false", Kind::Bool),
            Some(b'n') => self.word(b"null", Kind::Null),
            _ => Err(self.mistake("a value")),
        }
    }

    fn word(&mut self, word: &[u8], kind: Kind) -> Result<Kind, Mistake> {
        if !self.bytes[self.at..].starts_with(word) {
            return Err(self.mistake("a value"));
        }
        self.at += word.len();
        Ok(kind)
    }

    fn string(&mut self) -> Result<(), Mistake> {
        let start = self.at;
        let end = string_end(self.bytes, start).ok_or(Mistake { offset: start, expected: "a closing quote" })?;
        let inner = &self.bytes[start + 1..end - 1];
        if let Some(control) = inner.iter().position(|byte| *byte < 0x20) {
            return Err(Mistake { offset: start + 1 + control, expected: "an escaped control character" });
        }
        let mut at = 0;
        while let Some(escape) = memchr::memchr(b'\\', &inner[at..]) {
            at += escape;
            let is_good = match inner.get(at + 1) {
                Some(b'u') => inner.get(at + 2..at + 6).is_some_and(|hex| hex.iter().all(u8::is_ascii_hexdigit)),
                Some(byte) => b"\"\\/bfnrt".contains(byte),
                None => false,
            };
            if !is_good {
                return Err(Mistake { offset: start + 1 + at, expected: "an escape that JSON knows" });
            }
            at += 2;
        }
        self.at = end;
        Ok(())
    }

    fn number(&mut self) -> Result<(), Mistake> {
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        match self.peek() {
            Some(b'0') => self.at += 1,
            _ => self.digits()?,
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits()?;
        }
        Ok(())
    }

    fn digits(&mut self) -> Result<(), Mistake> {
        let start = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        if self.at == start { Err(self.mistake("a digit")) } else { Ok(()) }
    }

    fn blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn mistake(&self, expected: &'static str) -> Mistake {
        Mistake { offset: self.at, expected }
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
