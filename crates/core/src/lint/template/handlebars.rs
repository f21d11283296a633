//! Handlebars and Mustache, and dotprompt, which is Handlebars with a few helpers.

use super::{Closer, Slot, SlotKind, first_name};

pub(super) fn slots(text: &str) -> Vec<Slot> {
    let mut slots = Vec::new();
    let mut closer = Closer::default();
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(found) = text[at..].find("{{") {
        let start = at + found;
        at = start + 2;
        if start > 0 && bytes[start - 1] == b'\\' {
            continue;
        }
        let rest = &text[start..];
        let (open, close) = if rest.starts_with("{{!--") || rest.starts_with("{{~!--") {
            (2, "--}}")
        } else if rest.starts_with("{{{{") {
            // A raw block is text up to its own end: only its tags are slots.
            (4, "}}}}")
        } else if rest.starts_with("{{{") {
            (3, "}}}")
        } else {
            (2, "}}")
        };
        let is_comment = rest[open..].trim_start_matches('~').starts_with('!');
        let found = closer.find(text, start + open, close, false);
        let found = found.map(|end| (end, end + close.len())).or_else(|| {
            // `{{!-- … ~}}` and unbalanced ones: the next pair of braces ends them.
            closer.find(text, start + 2, "}}", false).map(|end| (end, end + 2))
        });
        let Some((end, after)) = found else { continue };
        let code = text.get(start + open..end).unwrap_or_default();
        let code = code.strip_prefix('~').unwrap_or(code);
        let code = code.strip_suffix('~').unwrap_or(code).trim();
        at = after;
        if is_comment {
            let code = code.trim_start_matches('!').trim_matches('-').trim();
            slots.push(Slot { span: start..after, kind: SlotKind::Comment, code: code.to_owned(), name: None });
            continue;
        }
        if open == 4 && !code.starts_with('/') {
            let word = code.split_whitespace().next().unwrap_or_default();
            if let Some(end) = text[after..].find(&format!("{{{{{{{{/{word}")) {
                at = after + end;
            }
            slots.push(Slot { span: start..after, kind: SlotKind::Control, code: code.to_owned(), name: None });
            continue;
        }
        let (kind, name) = describe(code);
        slots.push(Slot { span: start..after, kind, code: code.to_owned(), name: name.map(str::to_owned) });
    }
    slots
}

fn describe(code: &str) -> (SlotKind, Option<&str>) {
    match code.chars().next() {
        Some('#' | '^') => {
            let inner = code[1..].trim_start().trim_start_matches('*').trim_start();
            let name = match inner.split_once(char::is_whitespace) {
                Some((_, rest)) => names(rest).next(),
                // `{{#items}}` of Mustache is a helper's name only with Handlebars' own.
                None => variable(inner),
            };
            (SlotKind::Control, name)
        }
        Some('/' | '>' | '=') => (SlotKind::Control, None),
        _ => match code.split_whitespace().next() {
            None => (SlotKind::Output, None),
            Some("else") => (SlotKind::Control, code.split_once("if ").and_then(|(_, rest)| names(rest).next())),
            // Of dotprompt: who speaks from here on, and what is put in by the library.
            Some("role" | "history" | "section" | "media") => {
                (SlotKind::Control, names(code.split_once(' ').map_or("", |(_, rest)| rest)).next())
            }
            Some(_) => (SlotKind::Output, names_of_output(code).next()),
        },
    }
}

/// The variables of `{{x}}` or of a helper's call `{{helper x key=y}}`.
pub(super) fn names_of_output(code: &str) -> impl Iterator<Item = &str> {
    let code = code.trim_start_matches('&').trim_start();
    let is_call = code.contains(char::is_whitespace);
    names(if is_call { code.split_once(char::is_whitespace).map_or("", |(_, rest)| rest) } else { code })
}

/// The variables that arguments name.
pub(super) fn names(arguments: &str) -> impl Iterator<Item = &str> {
    let arguments = arguments.split(" as |").next().unwrap_or_default();
    words(arguments).filter_map(|(word, is_called)| {
        if is_called { None } else { variable(word.rsplit_once('=').map_or(word, |(_, value)| value)) }
    })
}

/// Words outside strings, and whether each is a helper that a parenthesis calls.
fn words(text: &str) -> impl Iterator<Item = (&str, bool)> {
    let bytes = text.as_bytes();
    let mut at = 0;
    std::iter::from_fn(move || {
        loop {
            let mut is_called = false;
            while at < bytes.len() && (bytes[at].is_ascii_whitespace() || matches!(bytes[at], b'(' | b')' | b',')) {
                is_called |= bytes[at] == b'(';
                at += 1;
            }
            if at >= bytes.len() {
                return None;
            }
            if matches!(bytes[at], b'"' | b'\'') {
                at = super::end_of_string(bytes, at).unwrap_or(bytes.len());
                continue;
            }
            let start = at;
            while at < bytes.len()
                && !bytes[at].is_ascii_whitespace()
                && !matches!(bytes[at], b'(' | b')' | b'"' | b'\'' | b',')
            {
                at += 1;
            }
            return Some((&text[start..at], is_called));
        }
    })
}

/// The variable that a path begins with: `user` of `user.name`, `../user`; none for `this`, `@index`, numbers.
fn variable(path: &str) -> Option<&str> {
    let path = path.strip_prefix("@root.").unwrap_or(path);
    let path = path.trim_start_matches("../").trim_start_matches("./");
    let path = path.strip_prefix("this.").unwrap_or(path);
    first_name(path).filter(|name| !matches!(*name, "this" | "true" | "false" | "null" | "undefined" | "else"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[(SlotKind, &str, Option<&str>)]) {
        let found = slots(text);
        let found: Vec<_> = found.iter().map(|slot| (slot.kind, &*slot.code, slot.name.as_deref())).collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn outputs_blocks_comments_and_partials() {
        use SlotKind::{Comment, Control, Output};
        check(
            "{{x}} {{{y.z}}} {{ helper a b=c }}",
            &[(Output, "x", Some("x")), (Output, "y.z", Some("y")), (Output, "helper a b=c", Some("a"))],
        );
        check(
            "{{#if user.ok}}{{else}}{{/if}}{{#each items as |item|}}{{/each}}",
            &[
                (Control, "#if user.ok", Some("user")),
                (Control, "else", None),
                (Control, "/if", None),
                (Control, "#each items as |item|", Some("items")),
                (Control, "/each", None),
            ],
        );
        check(
            "{{! a }}{{!-- b }} c --}}{{> part}}{{~x~}}",
            &[(Comment, "a", None), (Comment, "b }} c", None), (Control, "> part", None), (Output, "x", Some("x"))],
        );
        check(
            r#"{{role "system"}}{{history}}{{this}}{{@index}}\{{no}}"#,
            &[
                (Control, r#"role "system""#, None),
                (Control, "history", None),
                (Output, "this", None),
                (Output, "@index", None),
            ],
        );
        check(
            "{{#items}}a{{/items}}{{^items}}b{{/items}}",
            &[
                (Control, "#items", Some("items")),
                (Control, "/items", None),
                (Control, "^items", Some("items")),
                (Control, "/items", None),
            ],
        );
    }

    #[test]
    fn what_does_not_end_is_left_alone() {
        check("a {{x b", &[]);
        check("{{{x}} {{y}}", &[(SlotKind::Output, "x", Some("x")), (SlotKind::Output, "y", Some("y"))]);
    }
}
