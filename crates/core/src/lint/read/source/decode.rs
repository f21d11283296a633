//! Escapes in string literals of the languages that are read: what they stand for, and where they stand.

use std::ops::Range;

use super::written::Chunk;

/// How escapes are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Escapes {
    /// Not at all: a raw string.
    None,
    /// As in Python: what is no escape stays with its backslash.
    Python,
    /// As in JavaScript: a backslash before any other character is dropped.
    JavaScript,
    /// As in Rust: a backslash at the end of a line takes the next line's indentation along.
    Rust,
}

/// What a backslash does.
enum Escape {
    /// Stands for a character.
    Char(char),
    /// Stands for nothing.
    Nothing,
    /// Stands for something that has no text of its own (a lone surrogate, a name that would have to be looked up).
    Unknown,
    /// Is no escape.
    Plain,
}

/// Decodes bytes of a literal; whether something in it has no text, so that it must not be written anew. `None` if the range
/// is none of the text's.
pub(super) fn decode(source: &str, range: Range<usize>, escapes: Escapes, out: &mut Vec<Chunk>) -> Option<bool> {
    let text = source.get(range.clone())?;
    let base = range.start;
    let mut is_lossy = false;
    let mut start = 0;
    let mut at = 0;
    let flush = |from: usize, to: usize, out: &mut Vec<Chunk>| {
        if from < to {
            out.push(Chunk {
                text: text[from..to].to_owned(),
                file: base + from..base + to,
                is_same: true,
                is_value: false,
            });
        }
    };
    while let Some(found) = memchr::memchr2(b'\\', b'\r', &text.as_bytes()[at..]) {
        let here = at + found;
        let rest = &text[here..];
        let (escape, n_bytes) = if rest.starts_with('\r') {
            // Every one of the languages reads a line end of two bytes as one.
            if rest.starts_with("\r\n") { (Escape::Char('\n'), 2) } else { (Escape::Plain, 1) }
        } else {
            match escapes {
                Escapes::None => (Escape::Plain, 1),
                Escapes::Python => python(rest),
                Escapes::JavaScript => javascript(rest),
                Escapes::Rust => rust(rest),
            }
        };
        at = here + n_bytes;
        let decoded = match escape {
            Escape::Plain => continue,
            Escape::Char(c) => c.to_string(),
            Escape::Nothing => String::new(),
            Escape::Unknown => {
                is_lossy = true;
                char::REPLACEMENT_CHARACTER.to_string()
            }
        };
        flush(start, here, out);
        out.push(Chunk { text: decoded, file: base + here..base + at, is_same: false, is_value: false });
        start = at;
    }
    flush(start, text.len(), out);
    Some(is_lossy)
}

/// An escape at the beginning of a text, and how long it is: never more than the text.
fn python(text: &str) -> (Escape, usize) {
    match text.as_bytes().get(1) {
        Some(b'\n') => (Escape::Nothing, 2),
        Some(b'\r') => (Escape::Nothing, if text.as_bytes().get(2) == Some(&b'\n') { 3 } else { 2 }),
        Some(b'0'..=b'7') => {
            let n = text[1..].bytes().take(3).take_while(|b| (b'0'..=b'7').contains(b)).count();
            (scalar(&text[1..=n], 8), 1 + n)
        }
        Some(b'x') => hex(text, 2, 2),
        Some(b'u') => hex(text, 2, 4),
        Some(b'U') => hex(text, 2, 8),
        Some(b'N') if text[2..].starts_with('{') => match text.find('}') {
            Some(end) => (Escape::Unknown, end + 1),
            None => (Escape::Plain, 1),
        },
        Some(b'\\') => (Escape::Char('\\'), 2),
        Some(b'\'') => (Escape::Char('\''), 2),
        Some(b'"') => (Escape::Char('"'), 2),
        Some(b'a') => (Escape::Char('\u{7}'), 2),
        Some(other) => control(*other).map_or((Escape::Plain, 1), |c| (Escape::Char(c), 2)),
        None => (Escape::Plain, 1),
    }
}

fn javascript(text: &str) -> (Escape, usize) {
    match text[1..].chars().next() {
        Some('\r') if text[2..].starts_with('\n') => (Escape::Nothing, 3),
        Some(c @ ('\n' | '\r' | '\u{2028}' | '\u{2029}')) => (Escape::Nothing, 1 + c.len_utf8()),
        Some('0') => (Escape::Char('\0'), 2),
        Some('x') => hex(text, 2, 2),
        Some('u') if text[2..].starts_with('{') => braced(text),
        Some('u') => match hex(text, 2, 4) {
            (Escape::Unknown, 6) => surrogates(text).map_or((Escape::Unknown, 6), |c| (Escape::Char(c), 12)),
            other => other,
        },
        Some(c) => {
            let control = u8::try_from(c).ok().and_then(control);
            (Escape::Char(control.unwrap_or(c)), 1 + c.len_utf8())
        }
        None => (Escape::Plain, 1),
    }
}

fn rust(text: &str) -> (Escape, usize) {
    match text.as_bytes().get(1) {
        Some(b'\n' | b'\r') => {
            let rest = &text[1..];
            (Escape::Nothing, 1 + rest.len() - rest.trim_start_matches([' ', '\t', '\n', '\r']).len())
        }
        Some(b'x') => hex(text, 2, 2),
        Some(b'u') if text[2..].starts_with('{') => braced(text),
        Some(b'0') => (Escape::Char('\0'), 2),
        Some(c @ (b'\\' | b'\'' | b'"')) => (Escape::Char(char::from(*c)), 2),
        Some(other) => control(*other).map_or((Escape::Plain, 1), |c| (Escape::Char(c), 2)),
        None => (Escape::Plain, 1),
    }
}

fn control(letter: u8) -> Option<char> {
    Some(match letter {
        b'n' => '\n',
        b't' => '\t',
        b'r' => '\r',
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        b'v' => '\u{b}',
        _ => return None,
    })
}

fn hex(text: &str, from: usize, n_digits: usize) -> (Escape, usize) {
    match text.get(from..from + n_digits).filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit())) {
        Some(digits) => (scalar(digits, 16), from + n_digits),
        None => (Escape::Plain, 1),
    }
}

fn scalar(digits: &str, radix: u32) -> Escape {
    u32::from_str_radix(digits, radix).ok().and_then(char::from_u32).map_or(Escape::Unknown, Escape::Char)
}

/// `\u{1F980}`.
fn braced(text: &str) -> (Escape, usize) {
    match text.find('}') {
        Some(end) if end <= 12 => (scalar(&text[3..end].replace('_', ""), 16), end + 1),
        _ => (Escape::Plain, 1),
    }
}

fn surrogates(text: &str) -> Option<char> {
    let unit = |from: usize| u16::from_str_radix(text.get(from..from + 4)?, 16).ok();
    if text.get(6..8)? != "\\u" {
        return None;
    }
    char::decode_utf16([unit(2)?, unit(8)?]).next()?.ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(text: &str, escapes: Escapes) -> String {
        let mut chunks = Vec::new();
        decode(text, 0..text.len(), escapes, &mut chunks).unwrap();
        chunks.into_iter().map(|chunk| chunk.text).collect()
    }

    #[test]
    fn each_language_has_its_escapes() {
        assert_eq!(decoded(r"a\n\x41\101\u00e9\d\'", Escapes::Python), "a\nAAé\\d'");
        assert_eq!(decoded("a\\\n  b\r\nc", Escapes::Python), "a  b\nc");
        assert_eq!(decoded(r"\ud83e\udd80\u{1F980}\d\`\${x}", Escapes::JavaScript), "🦀🦀d`${x}");
        assert_eq!(decoded("a\\\n    b \\u{e9}\\\"", Escapes::Rust), "ab é\"");
        assert_eq!(decoded(r"\n\", Escapes::None), r"\n\");
    }
}
