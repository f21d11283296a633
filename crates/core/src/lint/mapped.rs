//! Text as the model reads it, with the way back to the bytes of the file it stands in, whatever lies between: a JSON
//! string's escapes, the indentation of a YAML block, the quotes of a literal. A finding is made on the text and shown in
//! the file; a change is made on the text and written in the file's own notation.

mod yaml;

use std::ops::Range;

use crate::text::floor;
use crate::text::json::{escape_at, push_string};

/// Decoded text and where each byte of it stands in the file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mapped {
    /// The text, decoded.
    pub text: String,
    /// Where text and file march in step from, in rising order. Between two points a byte of text is a byte of the file;
    /// where the file has more (an escape, an indentation) or less, the next point says so.
    points: Vec<Point>,
    /// How a change is written.
    pub codec: Codec,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Point {
    text: usize,
    file: usize,
    /// What follows is written otherwise, as a whole: there is no place inside it.
    is_escape: bool,
}

/// How text is written in its file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Codec {
    /// As it is.
    #[default]
    Plain,
    /// In a JSON string, or a YAML string in double quotes.
    Json,
    /// In a YAML block scalar (`|`) whose lines are indented by so many spaces.
    YamlBlock {
        /// Spaces before each line.
        indent: usize,
    },
    /// In a YAML string in single quotes.
    YamlSingle,
    /// In a YAML string without quotes, on one line.
    YamlPlain,
    /// In a string literal of a programming language.
    Literal {
        /// The quote that would end it.
        quote: char,
        /// Whether it may span lines (triple quotes, backquotes, raw strings).
        is_multiline: bool,
        /// Whether a backslash escapes; what needs an escape cannot be written in a raw string.
        has_escapes: bool,
    },
    /// In a string literal that spans lines and whose margin the program takes off (`textwrap.dedent`).
    IndentedLiteral {
        /// The quote that would end it.
        quote: char,
        /// Blanks before each line.
        indent: usize,
        /// Whether a backslash escapes.
        has_escapes: bool,
    },
    /// Not at all: a folded YAML scalar, text put together from several places.
    ReadOnly,
}

impl Mapped {
    /// Text that stands in the file as it is, from `at` on.
    pub fn plain(text: &str, at: usize) -> Mapped {
        Mapped {
            text: text.to_owned(),
            points: vec![Point { text: 0, file: at, is_escape: false }],
            codec: Codec::Plain,
        }
    }

    /// Text that is written in the file in a way that no change can be made to, somewhere in `file`.
    pub fn read_only(text: &str, file: Range<usize>) -> Mapped {
        let mut builder = Builder::default();
        builder.escape(text, file);
        builder.finish(Codec::ReadOnly)
    }

    /// The text of a JSON string; `raw` is the string with its quotes, which stands at `at`. `None` if it has no text
    /// (a lone surrogate).
    pub fn json(raw: &str, at: usize) -> Option<Mapped> {
        // An empty string has a place too.
        let mut builder =
            Builder { points: vec![Point { text: 0, file: at + 1, is_escape: false }], ..Builder::default() };
        let inner_end = raw.len().checked_sub(1)?;
        let mut here = 1;
        while here < inner_end {
            let plain = memchr::memchr(b'\\', &raw.as_bytes()[here..inner_end]).map_or(inner_end, |n| here + n);
            builder.same(raw.get(here..plain)?, at + here);
            here = plain;
            if here < inner_end {
                let (character, n_bytes) = escape_at(&raw[here..])?;
                builder.escape(character.encode_utf8(&mut [0; 4]), at + here..at + here + n_bytes);
                here += n_bytes;
            }
        }
        Some(builder.finish(Codec::Json))
    }

    /// The bytes of the file in which a range of the text is written.
    pub fn in_file(&self, range: &Range<usize>) -> Range<usize> {
        let start = self.start_in_file(range.start);
        if range.is_empty() {
            return start..start;
        }
        start..self.end_in_file(range.end).max(start)
    }

    /// The range of the text that a byte range of the file covers, as far as it does; `None` if it covers nothing of it.
    pub fn in_text(&self, file: &Range<usize>) -> Option<Range<usize>> {
        let whole = self.in_file(&(0..self.text.len()));
        if file.end < whole.start || file.start > whole.end {
            return None;
        }
        let start = self.offset_of(file.start.max(whole.start), false);
        let end = self.offset_of(file.end.min(whole.end), true);
        (start <= end).then_some(start..end)
    }

    /// `replacement` as it must be written in the file; `None` if the notation cannot say it here.
    pub fn encode(&self, replacement: &str) -> Option<String> {
        self.codec.encode(replacement)
    }

    /// A change of a range of the text: the bytes of the file that it replaces and what is to stand there. Where the notation
    /// has more than the text (the indentation of a block's lines) that is seen to. `None` if it cannot be written.
    pub fn change(&self, range: &Range<usize>, replacement: &str) -> Option<(Range<usize>, String)> {
        match self.codec {
            Codec::YamlBlock { indent } => yaml::change_block(self, range, replacement, indent),
            Codec::YamlPlain => yaml::change_plain(self, range, replacement),
            Codec::Literal { quote, .. } | Codec::IndentedLiteral { quote, .. }
                if !self.stays_a_literal(range, replacement, quote) =>
            {
                None
            }
            Codec::IndentedLiteral { indent, .. } => self.change_indented(range, replacement, indent),
            _ => Some((self.in_file(range), self.encode(replacement)?)),
        }
    }

    /// Whether what stands around a change in a literal still means what it did: a lone backslash escapes what comes after
    /// it, quotes that come together may end the literal, and a line continued by a backslash loses its first blanks.
    fn stays_a_literal(&self, range: &Range<usize>, replacement: &str, quote: char) -> bool {
        let (Some(before), Some(after)) = (self.text.get(..range.start), self.text.get(range.end..)) else {
            return false;
        };
        let next = replacement.chars().chain(after.chars()).next();
        let is_joined = replacement.is_empty() && before.ends_with(quote) && next.is_none_or(|next| next == quote);
        let is_after_gap = self.has_gap_before(range.start);
        let is_lost = is_after_gap && next.is_some_and(char::is_whitespace);
        !(before.ends_with('\\') || is_joined || is_lost)
    }

    /// Whether the file has something before a place that the text has not: a line continued, the next literal.
    fn has_gap_before(&self, offset: usize) -> bool {
        let first = self.points.partition_point(|point| point.text < offset);
        let before = first.checked_sub(1).and_then(|index| self.points.get(index));
        before.is_some_and(|point| point.file + (offset - point.text) != self.start_in_file(offset))
    }

    /// The same where the program takes the margin of lines off.
    fn change_indented(
        &self,
        range: &Range<usize>,
        replacement: &str,
        indent: usize,
    ) -> Option<(Range<usize>, String)> {
        // The least margin is taken off: a line without any more must be left, or all others move.
        let has_edge = |line: &str| line.chars().next().is_some_and(|first| !first.is_whitespace());
        let mut before = self.text.get(..range.start)?.split('\n');
        let mut after = self.text.get(range.end..)?.split('\n').skip(1);
        if !before.any(has_edge) && !after.any(has_edge) {
            return None;
        }
        let mut span = self.in_file(range);
        let mut text = self.encode(replacement)?;
        // The margin of the line that follows is the file's, not the text's.
        let has_margin = self.text.get(range.clone()).is_some_and(|old| old.ends_with('\n'));
        let needs_margin = replacement.ends_with('\n');
        let is_line_left = self.text.get(range.end..).is_some_and(|rest| !rest.is_empty() && !rest.starts_with('\n'));
        // An empty line has no margin in the file: whole lines may go there, no text may come.
        if self.text.get(..range.start)?.ends_with('\n') && self.text.get(range.start..)?.starts_with('\n') {
            return (replacement.is_empty() && has_margin).then_some((span, text));
        }
        if has_margin && !needs_margin && range.end < self.text.len() {
            span.end = self.start_in_file(range.end);
        } else if needs_margin && !has_margin && is_line_left {
            text.extend(std::iter::repeat_n(' ', indent));
        }
        Some((span, text))
    }

    fn start_in_file(&self, offset: usize) -> usize {
        let next = self.points.partition_point(|point| point.text <= offset);
        let Some(point) = next.checked_sub(1).map(|index| self.points[index]) else { return 0 };
        if point.is_escape {
            return point.file;
        }
        // Where the file has less than the text, no further than it goes on.
        let most = self.points.get(next).map_or(usize::MAX, |next| next.file);
        (point.file + (offset - point.text)).min(most)
    }

    fn end_in_file(&self, offset: usize) -> usize {
        let next = self.points.partition_point(|point| point.text < offset);
        let after = self.points.get(next);
        match next.checked_sub(1).map(|index| self.points[index]) {
            Some(before) if before.is_escape => after.map_or(before.file, |after| after.file),
            _ => match after {
                Some(after) if after.text == offset => after.file,
                _ => self.start_in_file(offset),
            },
        }
    }

    /// The place in the text of a byte of the file; inside an escape its end if `is_end`, else its beginning.
    fn offset_of(&self, file: usize, is_end: bool) -> usize {
        let next = self.points.partition_point(|point| point.file <= file);
        let Some(point) = next.checked_sub(1).map(|index| self.points[index]) else { return 0 };
        let most = self.points.get(next).map_or(self.text.len(), |next| next.text);
        if point.is_escape {
            return if is_end && file > point.file { most } else { point.text };
        }
        floor(&self.text, (point.text + (file - point.file)).min(most))
    }
}

impl Codec {
    /// `text` as it is written in this notation, without what stands around it; `None` if the notation cannot say it.
    pub fn encode(self, text: &str) -> Option<String> {
        match self {
            Codec::Plain => Some(text.to_owned()),
            Codec::Json => {
                let mut quoted = String::with_capacity(text.len() + 2);
                push_string(&mut quoted, text);
                Some(quoted[1..quoted.len() - 1].to_owned())
            }
            Codec::YamlBlock { indent } => {
                if text.contains('\r') || text.chars().any(|c| c.is_control() && c != '\n' && c != '\t') {
                    return None;
                }
                let mut out = String::with_capacity(text.len() + 16);
                for (index, line) in text.split('\n').enumerate() {
                    if index > 0 {
                        out.push('\n');
                        if !line.is_empty() {
                            out.extend(std::iter::repeat_n(' ', indent));
                        }
                    }
                    out.push_str(line);
                }
                Some(out)
            }
            Codec::YamlPlain => yaml::is_plain(text).then(|| text.to_owned()),
            Codec::YamlSingle => (!text.contains(char::is_control)).then(|| text.replace('\'', "''")),
            Codec::Literal { quote, is_multiline, has_escapes } => literal(text, quote, is_multiline, has_escapes),
            Codec::IndentedLiteral { quote, indent, has_escapes } => {
                Codec::YamlBlock { indent }.encode(&literal(text, quote, true, has_escapes)?)
            }
            Codec::ReadOnly => None,
        }
    }
}

fn literal(text: &str, quote: char, is_multiline: bool, has_escapes: bool) -> Option<String> {
    let needs_escape = |c: char| {
        c == quote || (c == '\\' && has_escapes) || (c.is_control() && !(is_multiline && c == '\n') && c != '\t')
    };
    // In a template literal it would be an expression; in a raw string of Python a last backslash would hold off the quote.
    if (quote == '`' && text.contains("${")) || (!has_escapes && text.ends_with('\\')) {
        return None;
    }
    if !has_escapes {
        return (!text.contains(needs_escape)).then(|| text.to_owned());
    }
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' if !is_multiline => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            c if c == quote || c == '\\' => out.extend(['\\', c]),
            c if needs_escape(c) => return None,
            c => out.push(c),
        }
    }
    Some(out)
}

/// Puts a [`Mapped`] together from the pieces that stand in the file.
#[derive(Clone, Debug, Default)]
pub struct Builder {
    text: String,
    points: Vec<Point>,
}

impl Builder {
    /// Text that stands in the file as it is, from `file` on.
    pub fn same(&mut self, text: &str, file: usize) {
        if text.is_empty() {
            return;
        }
        self.point(file);
        self.text.push_str(text);
    }

    /// Text that is written otherwise in the file.
    pub fn escape(&mut self, text: &str, file: Range<usize>) {
        self.close();
        self.points.push(Point { text: self.text.len(), file: file.start, is_escape: true });
        self.text.push_str(text);
        // What follows begins where the escape ends, even if nothing follows.
        self.points.push(Point { text: self.text.len(), file: file.end, is_escape: false });
    }

    /// What there is.
    pub fn finish(mut self, codec: Codec) -> Mapped {
        if self.points.is_empty() {
            self.points.push(Point { text: 0, file: 0, is_escape: false });
        }
        Mapped { text: self.text, points: self.points, codec }
    }

    /// Text so far.
    pub fn text(&self) -> &str {
        &self.text
    }

    fn point(&mut self, file: usize) {
        let at = self.text.len();
        let is_in_step = self.points.last().is_some_and(|last| last.file + (at - last.text) == file);
        if !is_in_step {
            self.close();
            self.points.push(Point { text: at, file, is_escape: false });
        }
    }

    /// Where the text so far ends in the file must stay known: an end is not the next beginning.
    fn close(&mut self) {
        if let Some(last) = self.points.last().copied()
            && last.text < self.text.len()
        {
            let text = self.text.len();
            self.points.push(Point { text, file: last.file + (text - last.text), is_escape: false });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_json_string_maps_through_its_escapes() {
        let raw = r#""a\nb\u00e9c""#;
        let mapped = Mapped::json(raw, 100).unwrap();
        assert_eq!(mapped.text, "a\nbéc");
        assert_eq!(mapped.in_file(&(0..1)), 101..102);
        assert_eq!(mapped.in_file(&(1..2)), 102..104, "an escape is two bytes");
        assert_eq!(mapped.in_file(&(3..5)), 105..111);
        assert_eq!(mapped.in_file(&(5..6)), 111..112);
        assert_eq!(mapped.in_text(&(105..111)), Some(3..5));
        assert_eq!(mapped.encode("x\n\"").unwrap(), r#"x\n\""#);
        assert_eq!(Mapped::json("\"\"", 7).unwrap().in_file(&(0..0)), 8..8);
    }

    #[test]
    fn an_indented_block_maps_line_by_line() {
        // "|\n  one\n  two\n" at 10: lines stand at 14 and 20.
        let mut builder = Builder::default();
        builder.same("one\n", 14);
        builder.same("two\n", 20);
        let mapped = builder.finish(Codec::YamlBlock { indent: 2 });
        assert_eq!(mapped.in_file(&(0..4)), 14..18, "without the indentation of the next line");
        assert_eq!(mapped.in_file(&(4..7)), 20..23);
        assert_eq!(mapped.in_file(&(2..6)), 16..22);
        assert_eq!(mapped.encode("a\n\nb").unwrap(), "a\n\n  b");
    }

    #[test]
    fn what_a_notation_cannot_say_is_not_written() {
        assert_eq!(Codec::YamlSingle.encode("it's").unwrap(), "it''s");
        assert_eq!(Codec::YamlSingle.encode("a\nb"), None);
        assert_eq!(Codec::ReadOnly.encode("a"), None);
        let raw = Codec::Literal { quote: '"', is_multiline: true, has_escapes: false };
        assert_eq!(raw.encode("a\"b"), None);
        let plain = Codec::Literal { quote: '"', is_multiline: false, has_escapes: true };
        assert_eq!(plain.encode("a\"b\n\\").unwrap(), "a\\\"b\\n\\\\");
    }
}
