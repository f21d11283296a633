//! The text of a YAML scalar with the way back to the file: through indentation, quotes, escapes and folded lines.

use std::ops::Range;

use saphyr_parser::ScalarStyle;

use super::yaml::Value;
use crate::lint::mapped::{Builder, Codec, Mapped};

/// The text of a scalar; `None` for a list, a mapping or nothing. `file` is the whole file.
pub(super) fn mapped(file: &str, value: Value<'_>) -> Option<Mapped> {
    let (text, style) = value.scalar()?;
    let span = value.text_span();
    let found = match style {
        ScalarStyle::Literal => literal(file, text, &span),
        ScalarStyle::Folded => folded(file, text, &span),
        ScalarStyle::Plain => plain(file, text, &span),
        ScalarStyle::SingleQuoted => quoted(file, &span, b'\''),
        ScalarStyle::DoubleQuoted => quoted(file, &span, b'"'),
    };
    // What does not come out as the parser read it has no way back.
    Some(found.filter(|mapped| mapped.text == text).unwrap_or_else(|| Mapped::read_only(text, span)))
}

/// Where the first line of a block scalar begins: its span begins with the first line that is not blank, or with its anchor
/// on the line before all.
fn first_line(file: &str, text: &str, span: &Range<usize>) -> Option<usize> {
    let line_start = |at: usize| file[..at].rfind('\n').map_or(0, |end| end + 1);
    if file[span.start..].starts_with(['&', '!', '|', '>'])
        && !text.trim_start_matches('\n').starts_with(['&', '!', '|', '>'])
    {
        return file[span.start..].find('\n').map(|end| span.start + end + 1);
    }
    let mut start = line_start(span.start);
    for _ in 0..text.len() - text.trim_start_matches('\n').len() {
        start = line_start(start.checked_sub(1)?);
    }
    Some(start)
}

fn literal(file: &str, text: &str, span: &Range<usize>) -> Option<Mapped> {
    if text.trim_matches('\n').is_empty() {
        return None;
    }
    let mut builder = Builder::default();
    let mut at = first_line(file, text, span)?;
    let mut indent = None;
    for line in text.split_inclusive('\n') {
        let body = line.strip_suffix('\n').unwrap_or(line);
        let whole = &file[at..];
        let end = whole.find('\n');
        let source = &whole[..end.unwrap_or(whole.len())];
        let inner = source.strip_suffix('\r').unwrap_or(source);
        let own = if body.is_empty() {
            inner.len().min(indent.unwrap_or(usize::MAX))
        } else {
            let own = inner.strip_suffix(body)?.len();
            if *indent.get_or_insert(own) != own {
                return None;
            }
            own
        };
        if !inner[..own].bytes().all(|byte| byte == b' ') {
            return None;
        }
        builder.same(body, at + own);
        if line.len() > body.len() {
            let newline = at + inner.len();
            match end {
                Some(end) if source.len() == inner.len() => builder.same("\n", at + end),
                Some(end) => builder.escape("\n", newline..at + end + 1),
                // The parser ends the last line if the file does not.
                None => builder.escape("\n", newline..newline),
            }
        }
        at = end.map_or(file.len(), |end| at + end + 1);
    }
    let indent = indent.unwrap_or(0);
    Some(builder.finish(if indent == 0 { Codec::ReadOnly } else { Codec::YamlBlock { indent } }))
}

/// Line by line, where the text has what the file has; white space with a line end in it stands for what the text has there.
fn folded(file: &str, text: &str, span: &Range<usize>) -> Option<Mapped> {
    let is_blank = |c: char| matches!(c, ' ' | '\t' | '\n' | '\r');
    let mut builder = Builder::default();
    let mut at = first_line(file, text, span)?;
    while builder.text().len() < text.len() {
        let rest = text.get(builder.text().len()..)?;
        let source = file.get(at..)?;
        let run = source.len() - source.trim_start_matches(is_blank).len();
        if run > 0 && (source[..run].contains('\n') || builder.text().is_empty() || run == source.len()) {
            let length = rest.len() - rest.trim_start_matches(is_blank).len();
            if length > 0 {
                builder.escape(&rest[..length], at..at + run);
            } else if !builder.text().is_empty() {
                return None;
            }
            at += run;
            continue;
        }
        if run > 0 {
            builder.same(rest.get(..run)?, at);
            at += run;
            continue;
        }
        let length = source.find(is_blank).unwrap_or(source.len());
        if length == 0 || !rest.starts_with(&source[..length]) {
            // The last line end, where the file has none.
            if source.is_empty() && rest == "\n" {
                builder.escape(rest, at..at);
                continue;
            }
            return None;
        }
        builder.same(&source[..length], at);
        at += length;
    }
    Some(builder.finish(Codec::ReadOnly))
}

fn plain(file: &str, text: &str, span: &Range<usize>) -> Option<Mapped> {
    let raw = file.get(span.clone())?;
    if let Some(before) = raw.strip_suffix(text) {
        // An anchor or a tag may stand before it.
        let mut builder = Builder::default();
        builder.same(text, span.start + before.len());
        return Some(builder.finish(Codec::YamlPlain));
    }
    let mut builder = Builder::default();
    lines(raw, span.start, &mut builder, |_, _, _| Some(0))?;
    Some(builder.finish(Codec::ReadOnly))
}

fn quoted(file: &str, span: &Range<usize>, quote: u8) -> Option<Mapped> {
    let raw = file.get(span.clone())?;
    let open = memchr::memchr(quote, raw.as_bytes())?;
    // White space may follow the closing quote.
    let inner = raw.get(open + 1..memchr::memrchr(quote, raw.as_bytes())?)?;
    let mut builder = Builder::default();
    lines(inner, span.start + open + 1, &mut builder, if quote == b'"' { double_escape } else { single_escape })?;
    let is_one_line = !inner.contains('\n');
    Some(builder.finish(match quote {
        _ if !is_one_line => Codec::ReadOnly,
        b'"' => Codec::Json,
        _ => Codec::YamlSingle,
    }))
}

/// A flow scalar: escapes by `escape`, which says how many bytes it took, and line ends folded.
fn lines(
    inner: &str,
    base: usize,
    builder: &mut Builder,
    escape: fn(&str, usize, &mut Builder) -> Option<usize>,
) -> Option<()> {
    let bytes = inner.as_bytes();
    let mut at = 0;
    while at < inner.len() {
        match bytes[at] {
            b'\\' | b'\'' => {
                let taken = escape(&inner[at..], base + at, builder)?;
                if taken == 0 {
                    builder.same(&inner[at..=at], base + at);
                }
                at += taken.max(1);
            }
            b' ' | b'\t' | b'\r' | b'\n' => {
                let rest = &inner[at..];
                let run = rest.len() - rest.trim_start_matches([' ', '\t', '\r', '\n']).len();
                match rest[..run].matches('\n').count() {
                    0 => builder.same(&rest[..run], base + at),
                    1 => builder.escape(" ", base + at..base + at + run),
                    n => builder.escape(&"\n".repeat(n - 1), base + at..base + at + run),
                }
                at += run;
            }
            _ => {
                let rest = &inner[at..];
                let length = rest.find(['\\', '\'', ' ', '\t', '\r', '\n']).unwrap_or(rest.len());
                builder.same(&rest[..length], base + at);
                at += length;
            }
        }
    }
    Some(())
}

#[allow(clippy::unnecessary_wraps, reason = "of one type with the escapes of double quotes")]
fn single_escape(rest: &str, at: usize, builder: &mut Builder) -> Option<usize> {
    if rest.starts_with("''") {
        builder.escape("'", at..at + 2);
        return Some(2);
    }
    Some(0)
}

fn double_escape(rest: &str, at: usize, builder: &mut Builder) -> Option<usize> {
    if rest.starts_with('\'') {
        return Some(0);
    }
    let letter = rest[1..].chars().next()?;
    let coded = |n_digits: usize| {
        let code = u32::from_str_radix(rest.get(2..2 + n_digits)?, 16).ok()?;
        Some((char::from_u32(code)?, 2 + n_digits))
    };
    let (character, n_bytes) = match letter {
        '\n' | '\r' => {
            // A line that goes on: nothing stands for the line end and the next line's indentation.
            let blank = rest[1..].len() - rest[1..].trim_start_matches([' ', '\t', '\r', '\n']).len();
            return Some(1 + blank);
        }
        '0' => ('\0', 2),
        'a' => ('\x07', 2),
        'b' => ('\x08', 2),
        't' | '\t' => ('\t', 2),
        'n' => ('\n', 2),
        'v' => ('\x0b', 2),
        'f' => ('\x0c', 2),
        'r' => ('\r', 2),
        'e' => ('\x1b', 2),
        ' ' | '"' | '/' | '\\' => (letter, 2),
        'N' => ('\u{85}', 2),
        '_' => ('\u{a0}', 2),
        'L' => ('\u{2028}', 2),
        'P' => ('\u{2029}', 2),
        'x' => coded(2)?,
        'u' => coded(4)?,
        'U' => coded(8)?,
        _ => return None,
    };
    builder.escape(character.encode_utf8(&mut [0; 4]), at..at + n_bytes);
    Some(n_bytes)
}

#[cfg(test)]
mod tests {
    use super::super::yaml::Yaml;
    use super::*;

    /// The text under `k`, and how a few words of it stand in the file.
    fn check(file: &str, text: &str, codec: Codec, places: &[(&str, &str)]) {
        let yaml = Yaml::parse(file, 0);
        let found = mapped(file, yaml.root().unwrap().get("k").unwrap()).unwrap();
        assert_eq!((&*found.text, found.codec), (text, codec), "{file:?}");
        for (word, written) in places {
            let at = found.text.find(word).unwrap();
            assert_eq!(&file[found.in_file(&(at..at + word.len()))], *written, "{file:?}");
        }
    }

    #[test]
    fn every_style_knows_where_its_words_stand() {
        check("k: |\n  one\n\n   two\nb: 1\n", "one\n\n two\n", Codec::YamlBlock { indent: 2 }, &[("two", "two")]);
        check(
            "a: é\nk: |-\r\n    one\r\n    two\r\n",
            "one\ntwo",
            Codec::YamlBlock { indent: 4 },
            &[("e\n", "e\r\n"), ("two", "two")],
        );
        check("k: |2\n\n    one", "\n  one\n", Codec::YamlBlock { indent: 2 }, &[("one", "one")]);
        check("k: &x |\n  one\nj: *x\n", "one\n", Codec::YamlBlock { indent: 2 }, &[("one", "one")]);
        check(
            "k: >\n  one\n  two\n\n  three\n",
            "one two\nthree\n",
            Codec::ReadOnly,
            &[("two", "two"), ("three", "three")],
        );
        check(
            "k: >-\n  one\n    two\n  three",
            "one\n  two\nthree",
            Codec::ReadOnly,
            &[("two", "two"), ("three", "three")],
        );
        check("k: one two  # no\n", "one two", Codec::YamlPlain, &[("two", "two")]);
        check("k: one\n  two\n", "one two", Codec::ReadOnly, &[("two", "two"), (" ", "\n  ")]);
        check("k: 'it''s\t a'\n", "it's\t a", Codec::YamlSingle, &[("'", "''"), ("a", "a")]);
        check(r#"k: "a\n\x41\u00e9 'b'" # c"#, "a\nAé 'b'", Codec::Json, &[("A", r"\x41"), ("'b'", "'b'")]);
        check("k: \"a\n  b\\\n  c\n\n  d\"", "a bc\nd", Codec::ReadOnly, &[("c", "c"), ("d", "d")]);
    }
}
