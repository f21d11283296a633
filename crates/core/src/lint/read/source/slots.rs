//! Slots of Rust's `format!`: `{}`, `{0}`, `{name}`, `{name:>10}`; `{{` and `}}` are braces.

use crate::lint::template::{Slot, SlotKind, first_name};

/// The slots in a text that is known to be filled in so. What is no field, a brace of JSON for example, is left alone.
pub(super) fn braces(text: &str) -> Vec<Slot> {
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
        // A field is short and has no brace or line end in its name.
        let Some(length) = memchr::memchr3(b'}', b'{', b'\n', &bytes[at..]) else { break };
        if bytes[at + length] != b'}' {
            continue;
        }
        let code = text[at..at + length].trim();
        let field = code.split([':', '!']).next().unwrap_or_default();
        if field.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'[' | b']')) {
            let end = at + length + 1;
            slots.push(Slot {
                span: start..end,
                kind: SlotKind::Output,
                code: code.to_owned(),
                name: first_name(code).map(str::to_owned),
            });
            at = end;
        }
    }
    slots
}
