//! Python's `str.format`, which `LangChain` and many a YAML file use: `{x}`, `{x.y[0]!r:>10}`; doubled braces are braces.

use super::{Slot, SlotKind, first_name};

pub(super) fn slots(text: &str) -> Vec<Slot> {
    let bytes = text.as_bytes();
    let mut slots = Vec::new();
    let mut at = 0;
    while let Some(found) = memchr::memchr(b'{', &bytes[at..]) {
        let start = at + found;
        if bytes.get(start + 1) == Some(&b'{') {
            at = start + 2;
            continue;
        }
        at = start + 1;
        let Some(length) = field(&text[start + 1..]) else { continue };
        let code = &text[start + 1..start + 1 + length];
        at = start + 2 + length;
        let name = first_name(code).map(str::to_owned);
        slots.push(Slot { span: start..at, kind: SlotKind::Output, code: code.to_owned(), name });
    }
    slots
}

/// How long the field is that `text` begins with, up to its closing brace; `None` if it is none, as in a JSON sample.
pub(super) fn field(text: &str) -> Option<usize> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let mut at = text.find(|c| !is_word(c)).unwrap_or(text.len());
    let is_number = text[..at].bytes().all(|byte| byte.is_ascii_digit());
    if at == 0 || (!is_number && text.starts_with(|c: char| c.is_ascii_digit())) {
        return None;
    }
    loop {
        let rest = &text[at..];
        match rest.bytes().next()? {
            b'}' => return Some(at),
            b'.' => {
                let length = rest[1..].find(|c| !is_word(c)).unwrap_or(rest.len() - 1);
                if length == 0 {
                    return None;
                }
                at += 1 + length;
            }
            b'[' => {
                let length = rest[1..].find([']', '\n', '{', '}'])?;
                if rest.as_bytes().get(1 + length) != Some(&b']') || length == 0 {
                    return None;
                }
                at += length + 2;
            }
            b'!' => {
                let is_conversion = matches!(rest.as_bytes().get(1), Some(b'r' | b's' | b'a'));
                if !is_conversion || !matches!(rest.as_bytes().get(2), Some(b':' | b'}')) {
                    return None;
                }
                at += 2;
            }
            b':' => return specification(&rest[1..]).map(|length| at + 1 + length),
            _ => return None,
        }
    }
}

/// How long a format specification is. `{a: 1}` has none: that is how objects are written, not numbers.
fn specification(text: &str) -> Option<usize> {
    if text.starts_with(char::is_whitespace) {
        return None;
    }
    let mut at = 0;
    loop {
        let next = at + text[at..].find(['{', '}', '\n', '"'])?;
        match text.as_bytes()[next] {
            b'}' => return Some(next),
            // A width that is itself a field.
            b'{' => {
                let close = next + 1 + text[next + 1..].find(|c: char| !(c.is_alphanumeric() || c == '_'))?;
                if text.as_bytes()[close] != b'}' {
                    return None;
                }
                at = close + 1;
            }
            _ => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[(&str, Option<&str>)]) {
        let found = slots(text);
        let found: Vec<_> = found.iter().map(|slot| (&text[slot.span.clone()], slot.name.as_deref())).collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn fields_are_slots() {
        check(
            "{x} {x.y[0]} {x!r:>10} {x:{width}} {0} {x:,.2f}",
            &[
                ("{x}", Some("x")),
                ("{x.y[0]}", Some("x")),
                ("{x!r:>10}", Some("x")),
                ("{x:{width}}", Some("x")),
                ("{0}", None),
                ("{x:,.2f}", Some("x")),
            ],
        );
    }

    #[test]
    fn doubled_braces_and_samples_are_not() {
        check(r#"{{x}} {"a": 1} {a: 1} {} { x } {a b} {'k': [1]} {1a} {x"#, &[]);
        check(r#"{{"query": "{query}"}} {{{x}}}"#, &[("{query}", Some("query")), ("{x}", Some("x"))]);
        check("{\"a\": {b}}", &[("{b}", Some("b"))]);
    }
}
