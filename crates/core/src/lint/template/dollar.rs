//! `${x}` and `${x:default}`, as shells, JavaScript and prompt collections write variables. Names may be words with blanks:
//! `${Product Name:shoes}`.

use super::{Slot, SlotKind};

/// Longer ones are code.
const MAX_NAME: usize = 80;

pub(super) fn slots(text: &str) -> Vec<Slot> {
    let mut slots = Vec::new();
    let mut at = 0;
    while let Some(found) = text[at..].find("${") {
        let start = at + found;
        at = start + 2;
        let Some(length) = text[at..].find(['}', '{', '\n', '`']) else { break };
        let end = at + length;
        if text.as_bytes()[end] != b'}' {
            continue;
        }
        let code = text[at..end].trim();
        let Some(name) = name(code) else { continue };
        at = end + 1;
        slots.push(Slot {
            span: start..at,
            kind: SlotKind::Output,
            code: code.to_owned(),
            name: Some(name.to_owned()),
        });
    }
    slots
}

/// The variable: what stands before the default, the first part of a path; `None` for an expression.
fn name(code: &str) -> Option<&str> {
    let before = code.split(':').next().unwrap_or_default().trim();
    let is_name = before.starts_with(|c: char| c.is_alphabetic() || c == '_')
        && before.len() <= MAX_NAME
        && before
            .chars()
            .all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | ' ' | '/' | '\'' | '&' | ',' | '#'));
    if !is_name {
        return None;
    }
    if before.contains(' ') { Some(before) } else { before.split('.').next() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_may_have_blanks_and_defaults() {
        let text = "${a} ${b:two words} ${Product Name:shoes} ${user.id} ${f(x)} ${a ? 1 : 2} ${open";
        let found: Vec<_> = slots(text).into_iter().map(|slot| (slot.code, slot.name.unwrap_or_default())).collect();
        let expected = [("a", "a"), ("b:two words", "b"), ("Product Name:shoes", "Product Name"), ("user.id", "user")];
        assert_eq!(found, expected.map(|(code, name)| (code.to_owned(), name.to_owned())));
    }
}
