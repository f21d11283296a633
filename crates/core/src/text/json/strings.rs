//! JSON strings and the text they stand for.

use std::borrow::Cow;

/// The text of a JSON string with its quotes. Borrowed if nothing is escaped; `None` if a surrogate stands alone or the
/// escape is malformed.
pub fn unescape(quoted: &str) -> Option<Cow<'_, str>> {
    let inner = quoted.get(1..quoted.len().checked_sub(1)?)?;
    if !inner.contains('\\') {
        return Some(Cow::Borrowed(inner));
    }
    let mut out = String::with_capacity(inner.len());
    push_unescaped(&mut out, quoted)?;
    Some(Cow::Owned(out))
}

/// Appends the text of a JSON string with its quotes, as [`unescape`] gives it; a part of it if that is `None`.
pub fn push_unescaped(out: &mut String, quoted: &str) -> Option<()> {
    let mut rest = quoted.get(1..quoted.len().checked_sub(1)?)?;
    out.reserve(rest.len());
    while let Some(plain) = memchr::memchr(b'\\', rest.as_bytes()) {
        out.push_str(&rest[..plain]);
        let (c, n_bytes) = escape_at(&rest[plain..])?;
        out.push(c);
        rest = &rest[plain + n_bytes..];
    }
    out.push_str(rest);
    Some(())
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
            let unit = |from: usize| {
                // `from_str_radix` would take a sign.
                let hex = text.get(from..from + 4).filter(|hex| hex.bytes().all(|byte| byte.is_ascii_hexdigit()))?;
                u32::from_str_radix(hex, 16).ok()
            };
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
