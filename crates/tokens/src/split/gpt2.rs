//! The pattern of `p50k_base` and `r50k_base` as a state machine over characters.

use super::scalar::run;
use crate::classes::{Class, class_at};

/// ```text
/// '(?:[sdmt]|ll|ve|re)| ?\p{L}++| ?\p{N}++| ?[^\s\p{L}\p{N}]++|\s++$|\s+(?!\S)|\s
/// ```
pub(super) fn piece_end(text: &[u8], start: usize) -> usize {
    let byte = |offset: usize| text.get(start + offset).copied().unwrap_or(0);
    match (byte(0), byte(1), byte(2)) {
        (b'\'', b's' | b'd' | b'm' | b't', _) => return start + 2,
        (b'\'', b'r' | b'v', b'e') | (b'\'', b'l', b'l') => return start + 3,
        _ => {}
    }
    let (first, second) = class_at(text, start);
    let (class, at) = if first == Class::Space { (class_at(text, second).0, second) } else { (first, start) };
    match kind(class) {
        Kind::Blank => blanks(text, start),
        kind_of_run => run(text, at, |class| kind(class) == kind_of_run),
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Letter,
    Number,
    Symbol,
    /// Also the end of the text.
    Blank,
}

fn kind(class: Class) -> Kind {
    match class {
        Class::Upper | Class::Lower | Class::Letter => Kind::Letter,
        Class::Number => Kind::Number,
        Class::Other | Class::Mark => Kind::Symbol,
        Class::Blank | Class::Newline | Class::Space | Class::End => Kind::Blank,
    }
}

/// All of it at the end of the text, else all but its last character.
fn blanks(text: &[u8], start: usize) -> usize {
    let (mut at, mut last) = (start, start);
    loop {
        let (class, next) = class_at(text, at);
        if class == Class::End {
            return at;
        }
        if kind(class) != Kind::Blank {
            return if last == start { at } else { last };
        }
        last = at;
        at = next;
    }
}
