//! Looks at the beginning of a corpus and tells its format from the content, and how its JSON values are laid out: one a
//! line, as elements of an array, or spread over many lines.

use std::io::{self, BufRead, Cursor, Read};

use serde_json::Value;

use crate::error::{Error, Result};
use crate::format::{FORMATS, Format, Head, scan};

/// So many bytes are looked at …
const HEAD: usize = 64 << 10;
/// … and so many at most, if the first JSON value is longer than that: as long as a line may be.
const LONGEST_FIRST: usize = 256 << 20;

/// The beginning of a corpus, read and taken apart.
#[derive(Debug, Default)]
pub struct Beginning {
    /// The bytes read; the rest of the stream comes after them.
    pub bytes: Vec<u8>,
    /// True if that was all.
    pub is_whole: bool,
    /// The first JSON value that could be parsed, if there is one.
    pub first: Option<Value>,
    /// How JSON values are laid out.
    pub layout: Layout,
    /// What went wrong while reading; the bytes before are good.
    fault: Option<io::Error>,
    /// So many bytes are read at most in search of the first value's end.
    longest: usize,
}

/// The confidence of a guess: good enough for a file that the user named, not for one found in a folder.
pub(crate) const GUESS: u8 = 5;

/// How the JSON values of a file are laid out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Layout {
    /// One value a line (JSONL); also anything that is not JSON.
    #[default]
    Lines,
    /// The elements of one array.
    Array,
    /// One value after another (often only one), each over several lines.
    Values,
}

impl Beginning {
    /// Reads the beginning of a stream. Never fails: a fault comes back at its place in [`then`](Self::then).
    pub fn read(reader: &mut dyn BufRead) -> Beginning {
        Beginning::read_up_to(reader, LONGEST_FIRST)
    }

    fn read_up_to(reader: &mut dyn BufRead, longest: usize) -> Beginning {
        let mut beginning = Beginning { longest, ..Beginning::default() };
        beginning.fill(reader, HEAD);
        if beginning.bytes.starts_with(b"\xef\xbb\xbf") {
            // The byte order mark that Windows programs put before UTF-8.
            beginning.bytes.drain(..3);
        }
        beginning.layout = beginning.find_layout(reader);
        beginning.first = beginning.find_first(reader);
        beginning
    }

    /// The whole stream again: these bytes, the fault if there was one, and the rest.
    pub fn then(&mut self, rest: Box<dyn BufRead + Send>) -> Box<dyn BufRead + Send> {
        let start = Cursor::new(std::mem::take(&mut self.bytes));
        match self.fault.take() {
            Some(fault) => Box::new(start.chain(Fault(Some(fault)))),
            None => Box::new(start.chain(rest)),
        }
    }

    /// As a format's `sniff` sees it.
    pub fn head<'a>(&'a self, path: &'a str) -> Head<'a> {
        Head { path, bytes: &self.bytes, first: self.first.as_ref(), is_whole: self.is_whole }
    }

    /// Why this can be no corpus at all.
    pub fn refusal(&self) -> Option<&'static str> {
        match self.bytes.as_slice() {
            [] if self.fault.is_none() => Some("the file is empty"),
            [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => Some("the text is UTF-16, only UTF-8 is read"),
            [b'P', b'A', b'R', b'1', ..] if cfg!(feature = "parquet") => None,
            [b'P', b'A', b'R', b'1', ..] => {
                Some("it is Parquet, which this build does not read (cargo feature `parquet`)")
            }
            bytes if memchr::memchr(0, bytes).is_some() => Some("it is a binary file"),
            _ => None,
        }
    }

    fn fill(&mut self, reader: &mut dyn BufRead, n_more: usize) {
        if self.is_whole || self.fault.is_some() {
            return;
        }
        match reader.take(n_more as u64).read_to_end(&mut self.bytes) {
            Ok(n) => self.is_whole = n < n_more,
            Err(fault) => self.fault = Some(fault),
        }
    }

    /// The layout follows from the first byte and from whether the first line is a value by itself.
    fn find_layout(&mut self, reader: &mut dyn BufRead) -> Layout {
        let Some(start) = self.bytes.iter().position(|b| !b.is_ascii_whitespace()) else { return Layout::Lines };
        let opener = self.bytes[start];
        if !matches!(opener, b'{' | b'[') {
            return Layout::Lines;
        }
        // A first line longer than the head needs more of it.
        while memchr::memchr(b'\n', &self.bytes[start..]).is_none() && self.can_grow() {
            self.fill(reader, self.bytes.len());
        }
        let mut lines = non_blank_lines(&self.bytes[start..]);
        let (first, second) = (lines.next().unwrap_or_default(), lines.next());
        let is_complete = |line: &[u8]| scan::end_of_value(line) == Some(line.len());
        if opener == b'{' {
            // A broken first line must not swallow a file of good ones.
            let is_one_a_line = is_complete(first) || second.is_some_and(|line| line[0] == b'{' && is_complete(line));
            return if is_one_a_line { Layout::Lines } else { Layout::Values };
        }
        if is_complete(first) && second.is_some_and(|line| line[0] == b'[') {
            return Layout::Lines;
        }
        drop(lines);
        // An array of messages is one conversation, not many records.
        let inner = self.bytes[start + 1..].iter().position(|b| !b.is_ascii_whitespace()).map(|at| start + 1 + at);
        match inner.and_then(|at| self.value_at(at, reader)) {
            Some(element) if element.get("role").is_some() && element.get("messages").is_none() => Layout::Values,
            _ => Layout::Array,
        }
    }

    fn find_first(&mut self, reader: &mut dyn BufRead) -> Option<Value> {
        let start = self.bytes.iter().position(|b| !b.is_ascii_whitespace())?;
        match self.layout {
            Layout::Values => self.value_at(start, reader),
            Layout::Array => {
                let inner = self.bytes[start + 1..].iter().position(|b| !b.is_ascii_whitespace())?;
                self.value_at(start + 1 + inner, reader)
            }
            // A few broken lines at the top do not hide the format.
            Layout::Lines if matches!(self.bytes[start], b'{' | b'[') => {
                non_blank_lines(&self.bytes[start..]).take(20).find_map(|line| serde_json::from_slice(line).ok())
            }
            Layout::Lines => None,
        }
    }

    /// The value that begins at an offset, reading on until it is complete.
    fn value_at(&mut self, start: usize, reader: &mut dyn BufRead) -> Option<Value> {
        let mut scanner = scan::Scanner::default();
        let mut n_seen = 0;
        loop {
            if let Some(end) = scanner.feed(&self.bytes[start + n_seen..]) {
                return serde_json::from_slice(&self.bytes[start..start + n_seen + end]).ok();
            }
            n_seen = self.bytes.len() - start;
            if !self.can_grow() {
                return None;
            }
            self.fill(reader, self.bytes.len());
        }
    }

    fn can_grow(&self) -> bool {
        !self.is_whole && self.fault.is_none() && self.bytes.len() < self.longest
    }

    /// True if the first line did not end within what is looked at.
    fn is_endless(&self) -> bool {
        let start = self.bytes.iter().position(|b| !b.is_ascii_whitespace()).unwrap_or(0);
        let is_full = !self.is_whole && self.fault.is_none() && self.bytes.len() >= self.longest;
        is_full && memchr::memchr(b'\n', &self.bytes[start..]).is_none()
    }
}

/// The format that is surest that a file is its own; the first in [`FORMATS`] among equals.
pub fn detect(head: &Head<'_>) -> Option<&'static Format> {
    detect_above(head, 0)
}

/// As [`detect`], but wants more than that confidence.
pub(crate) fn detect_above(head: &Head<'_>, confidence: u8) -> Option<&'static Format> {
    let mut best: Option<(u8, &'static Format)> = None;
    for format in FORMATS {
        let sure = (format.sniff)(head);
        if sure > best.map_or(confidence, |(most, _)| most) {
            best = Some((sure, format));
        }
    }
    best.map(|(_, format)| format)
}

/// The error for a file whose format nobody claims.
pub(crate) fn no_format(beginning: &Beginning) -> Error {
    let error = match (&beginning.first, beginning.refusal()) {
        (_, Some(refusal)) => return Error::input(format!("cannot be read as a corpus: {refusal}")),
        (Some(Value::Object(object)), None) => {
            let names: Vec<&str> = object.keys().map(String::as_str).take(8).collect();
            Error::input(format!("no corpus format has records with the fields `{}`", names.join("`, `")))
        }
        (Some(_), None) => Error::input("no corpus format has records like the first JSON value"),
        (None, None) if beginning.is_endless() => {
            let longest = beginning.longest >> 20;
            return Error::input(format!("the first line is longer than {longest} MiB, name its format with --format"));
        }
        (None, None) => Error::input("no corpus format is like the content of this file"),
    };
    error.help("name the format with --format")
}

/// Checks a first value with a test, for formats of JSON objects.
pub(crate) fn first_is(head: &Head<'_>, test: impl FnOnce(&Value) -> bool, confidence: u8) -> u8 {
    if head.first.is_some_and(test) { confidence } else { 0 }
}

/// Reads everything the reader gives, as an error if it is more than a limit.
pub(crate) fn read_whole(reader: &mut dyn BufRead, limit: u64) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let n = reader.take(limit + 1).read_to_end(&mut bytes).map_err(|e| Error::input("cannot be read").because(e))?;
    if n as u64 > limit {
        return Err(Error::input(format!("is longer than the {} MiB that are read at once", limit >> 20)));
    }
    Ok(bytes)
}

/// Lines trimmed of white space, without the blank ones.
fn non_blank_lines(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    bytes.split(|b| *b == b'\n').map(<[u8]>::trim_ascii).filter(|line| !line.is_empty())
}

/// Gives its error once, then nothing.
struct Fault(Option<io::Error>);

impl Read for Fault {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        self.0.take().map_or(Ok(0), Err)
    }
}

impl BufRead for Fault {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.0.take().map_or(Ok(&[]), Err)
    }

    fn consume(&mut self, _: usize) {}
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(text: &str, layout: Layout, first: Option<&Value>) {
        let beginning = Beginning::read(&mut text.as_bytes());
        assert_eq!(beginning.layout, layout, "{text}");
        assert_eq!(beginning.first.as_ref(), first, "{text}");
        assert_eq!(beginning.refusal(), None);
    }

    #[test]
    fn layouts_are_told_apart() {
        let a = json!({"a": 1});
        let a = || Some(&a);
        check("{\"a\":1}\n{\"a\":2}\n", Layout::Lines, a());
        check("{\"a\":1}", Layout::Lines, a());
        check("\n \u{20}{\"a\":1}\r\n", Layout::Lines, a());
        check("\u{feff}{\"a\":1}\n", Layout::Lines, a());
        check("{\n  \"a\": 1\n}\n{\n \"a\": 2}", Layout::Values, a());
        check("[{\"a\":1},{\"a\":2}]", Layout::Array, a());
        check("[\n  {\n \"a\": 1\n }\n]", Layout::Array, a());
        check("[1]\n[2]\n", Layout::Lines, Some(&json!([1])));
        check("[\"a prompt\", \"another\"]", Layout::Array, Some(&json!("a prompt")));
        check("[{\"role\":\"user\"}]", Layout::Values, Some(&json!([{"role": "user"}])));
        check("broken {\n", Layout::Lines, None);
        check("{\"a\":\n{\"a\":1}\n", Layout::Lines, a());
        check("plain text", Layout::Lines, None);
    }

    #[test]
    fn a_first_value_longer_than_the_head_is_read_to_its_end() {
        let long = "x".repeat(3 * HEAD);
        for text in [format!("{{\"a\":\"{long}\"}}\n{{}}\n"), format!("[\n{{\"a\":\"{long}\"}}]")] {
            let mut reader = text.as_bytes();
            let mut beginning = Beginning::read(&mut reader);
            assert_eq!(beginning.first, Some(json!({"a": long})));
            let mut again = String::new();
            let rest = reader.to_vec();
            beginning.then(Box::new(Cursor::new(rest))).read_to_string(&mut again).unwrap();
            assert_eq!(again, text);
        }
    }

    #[test]
    fn a_first_line_beyond_the_limit_is_called_so() {
        let text = format!("{{\"a\":\"{}\"}}\n", "x".repeat(5 << 20));
        let cut = Beginning::read_up_to(&mut text.as_bytes(), 2 << 20);
        assert!(cut.first.is_none());
        let said = no_format(&cut).to_string();
        assert!(said.contains("the first line is longer than 2 MiB, name its format with --format"), "{said}");
        assert!(Beginning::read_up_to(&mut text.as_bytes(), 8 << 20).first.is_some());
    }

    #[test]
    fn a_first_line_of_a_hundred_megabytes_is_read() {
        let head = &b"{\"messages\":\""[..];
        let text = io::repeat(b'x').take(100 << 20);
        let mut line = io::BufReader::new(head.chain(text).chain(&b"\"}\n"[..]));
        let beginning = Beginning::read(&mut line);
        assert_eq!(beginning.layout, Layout::Lines);
        assert!(beginning.first.is_some());
    }

    #[test]
    fn what_is_no_text_is_refused() {
        for bytes in [&b""[..], b"\x89PNG\r\n\x1a\n\0\0", b"\xff\xfe{\0"] {
            assert!(Beginning::read(&mut &bytes[..]).refusal().is_some());
        }
    }
}
