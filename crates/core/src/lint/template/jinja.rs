//! Jinja and its kin: minijinja, Nunjucks, Liquid.

use super::{Closer, Slot, SlotKind};

pub(super) fn slots(text: &str) -> Vec<Slot> {
    let mut slots = Vec::new();
    let mut closer = Closer::default();
    let mut at = 0;
    while let Some(found) = memchr::memchr(b'{', &text.as_bytes()[at..]) {
        let start = at + found;
        let kind = match text.as_bytes().get(start + 1) {
            Some(b'{') => SlotKind::Output,
            Some(b'%') => SlotKind::Control,
            Some(b'#') => SlotKind::Comment,
            _ => {
                at = start + 1;
                continue;
            }
        };
        let end = match kind {
            SlotKind::Output => closer.find(text, start + 2, "}}", true),
            SlotKind::Control => closer.find(text, start + 2, "%}", false),
            SlotKind::Comment => closer.plain(text, start + 2, "#}"),
        };
        let Some(end) = end else {
            at = start + 2;
            continue;
        };
        at = end + 2;
        let code = strip(&text[start + 2..end]);
        match (kind, code.split_whitespace().next()) {
            // What is raw is text, whatever it looks like.
            (SlotKind::Control, Some(word @ ("raw" | "verbatim"))) => {
                slots.push(slot(start, at, kind, code));
                if let Some(closing) = closing(text, at, word) {
                    at = closing;
                }
            }
            (SlotKind::Control, Some("comment")) => {
                if let Some((before, after)) = closing(text, at, "comment").and_then(|before| {
                    let end = text[before..].find("%}")?;
                    Some((before, before + end + 2))
                }) {
                    let inner = text[at..before].trim();
                    slots.push(Slot {
                        span: start..after,
                        kind: SlotKind::Comment,
                        code: inner.to_owned(),
                        name: None,
                    });
                    at = after;
                } else {
                    slots.push(slot(start, at, kind, code));
                }
            }
            (SlotKind::Control, Some(word)) if word.starts_with('#') => {
                slots.push(slot(start, at, SlotKind::Comment, code.trim_start_matches('#').trim()));
            }
            _ => slots.push(slot(start, at, kind, code)),
        }
    }
    slots
}

impl Closer {
    /// In a comment nothing but its end means anything.
    fn plain(&mut self, text: &str, from: usize, close: &'static str) -> Option<usize> {
        if self.missing.contains(&close) {
            return None;
        }
        let found = text.get(from..)?.find(close).map(|found| from + found);
        if found.is_none() {
            self.missing.push(close);
        }
        found
    }
}

fn slot(start: usize, end: usize, kind: SlotKind, code: &str) -> Slot {
    let name = match kind {
        SlotKind::Output => names(code).next(),
        SlotKind::Control => subject(code).and_then(|subject| names(subject).next()),
        SlotKind::Comment => None,
    };
    Slot { span: start..end, kind, code: code.to_owned(), name: name.map(str::to_owned) }
}

/// Without the marks that trim white space.
fn strip(inner: &str) -> &str {
    let inner = inner.strip_prefix(['-', '+', '~']).unwrap_or(inner);
    inner.strip_suffix(['-', '+', '~']).unwrap_or(inner).trim()
}

/// Where `{% endWORD %}` opens, at or after `from`.
fn closing(text: &str, from: usize, word: &str) -> Option<usize> {
    let mut at = from;
    while let Some(found) = text[at..].find("{%") {
        let start = at + found;
        let code = text[start + 2..].trim_start_matches(['-', '+', '~']).trim_start();
        if code.strip_prefix("end").is_some_and(|rest| rest.starts_with(word)) {
            return Some(start);
        }
        at = start + 2;
    }
    None
}

/// What a block tests or goes through.
fn subject(code: &str) -> Option<&str> {
    let (word, rest) = code.split_once(char::is_whitespace)?;
    match word {
        "if" | "elif" | "elsif" | "elseif" | "unless" | "case" => Some(rest),
        "for" | "tablerow" => rest.split_once(" in ").map(|(_, subject)| subject),
        _ => None,
    }
}

/// Words of the language, which name no variable.
const WORDS: &[&str] = &[
    "and",
    "or",
    "not",
    "in",
    "is",
    "if",
    "else",
    "true",
    "false",
    "none",
    "True",
    "False",
    "None",
    "null",
    "nil",
    "contains",
    "recursive",
    "blank",
    "empty",
    "reversed",
    "limit",
    "offset",
    "with",
    "without",
    "context",
    "ignore",
    "missing",
    "as",
];

/// The variables that an expression names, in their order: not attributes, filters, tests, keyword arguments, strings.
pub(super) fn names(code: &str) -> impl Iterator<Item = &str> {
    let bytes = code.as_bytes();
    let mut at = 0;
    // What stood before: decides what a word is.
    let mut before = ' ';
    std::iter::from_fn(move || {
        while at < bytes.len() {
            let byte = bytes[at];
            if (byte == b'"' || byte == b'\'') && !before.is_alphanumeric() {
                at = super::end_of_string(bytes, at).unwrap_or(bytes.len());
                before = '"';
                continue;
            }
            let rest = code.get(at..)?;
            let Some(c) = rest.chars().next() else { break };
            if c.is_alphabetic() || c == '_' {
                let length = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
                let word = &rest[..length];
                at += length;
                let after = rest[length..].trim_start();
                let is_keyword_argument = after.starts_with('=') && !after.starts_with("==");
                let is_name = !matches!(before, '.' | '|' | 'i') && !WORDS.contains(&word) && !is_keyword_argument;
                // After `is` comes a test, also after `is not`.
                before = if word == "is" || (word == "not" && before == 'i') { 'i' } else { 'w' };
                if is_name {
                    return Some(word);
                }
                continue;
            }
            if c.is_ascii_digit() {
                at += rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
                before = '0';
                continue;
            }
            if !c.is_whitespace() {
                before = c;
            }
            at += c.len_utf8();
        }
        None
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<(SlotKind, String, Option<String>)> {
        slots(text).into_iter().map(|slot| (slot.kind, slot.code, slot.name)).collect()
    }

    fn one(kind: SlotKind, code: &str, name: Option<&str>) -> (SlotKind, String, Option<String>) {
        (kind, code.to_owned(), name.map(str::to_owned))
    }

    #[test]
    fn there_are_outputs_blocks_and_comments() {
        assert_eq!(
            found("a {{ user.name | trim }} {% if x %}b{% endif %} {# note #} {{ broken"),
            [
                one(SlotKind::Output, "user.name | trim", Some("user")),
                one(SlotKind::Control, "if x", Some("x")),
                one(SlotKind::Control, "endif", None),
                one(SlotKind::Comment, "note", None),
            ]
        );
    }

    #[test]
    fn strings_and_braces_inside_do_not_end_a_slot() {
        assert_eq!(
            found(r#"{{ f("}}") }}{{ {"a": {"b": x}}["a"] }}{%- if x == "%}" -%}"#)
                .into_iter()
                .map(|(_, code, _)| code)
                .collect::<Vec<_>>(),
            [r#"f("}}")"#, r#"{"a": {"b": x}}["a"]"#, r#"if x == "%}""#]
        );
        assert_eq!(found("{{ the user's name }} don't {{ b }}").len(), 2);
    }

    #[test]
    fn what_is_raw_is_no_slot() {
        assert_eq!(
            found("{% raw %}{{ a }}{% endraw %}{{ b }}").into_iter().map(|(_, code, _)| code).collect::<Vec<_>>(),
            ["raw", "endraw", "b"]
        );
        assert_eq!(
            found("{% comment %} {{ a }} {% endcomment %}{{ b }}"),
            [one(SlotKind::Comment, "{{ a }}", None), one(SlotKind::Output, "b", Some("b"))]
        );
    }

    #[test]
    fn a_block_names_what_it_tests_or_goes_through() {
        assert_eq!(found("{% for k, v in table.items() %}")[0].2.as_deref(), Some("table"));
        assert_eq!(found("{%- elif not done -%}")[0].2.as_deref(), Some("done"));
        assert_eq!(found("{% set x = y %}")[0].2, None);
    }

    #[test]
    fn names_are_variables_only() {
        let all = |code| names(code).collect::<Vec<_>>();
        assert_eq!(
            all("a.b | join(', ') ~ c[d] if e is not defined else f(g, h=i)"),
            ["a", "c", "d", "e", "f", "g", "i"]
        );
        assert_eq!(all("'x' + \"y\" + 12e3"), Vec::<&str>::new());
    }
}
