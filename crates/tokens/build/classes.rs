//! The class of every character, in two stages: blocks of 64 characters, equal blocks once.

use std::collections::HashMap;

use regex_syntax::hir::{Class, HirKind};

pub(crate) struct Classes {
    pub(crate) index: Vec<u16>,
    pub(crate) blocks: Vec<u8>,
}

/// The classes and their numbers; `src/classes.rs` names them. What is in none is 0.
pub(crate) const CLASSES: [(&str, u8); 7] = [
    (r"[\p{Lu}\p{Lt}]", 1),
    (r"\p{Ll}", 2),
    (r"[\p{Lm}\p{Lo}]", 3),
    (r"\p{M}", 4),
    (r"\p{N}", 5),
    (r"\s", 6),
    (r"[\r\n]", 7),
];

pub(crate) fn classes() -> Classes {
    let mut all = vec![0; 0x11_0000];
    for (pattern, number) in CLASSES {
        let HirKind::Class(Class::Unicode(class)) = regex_syntax::parse(pattern).unwrap().into_kind() else {
            panic!("not a class: {pattern}")
        };
        for range in class.ranges() {
            all[range.start() as usize..=range.end() as usize].fill(number);
        }
    }
    all[usize::from(b' ')] = 8;
    let mut known = HashMap::new();
    let mut classes = Classes { index: Vec::new(), blocks: Vec::new() };
    for block in all.chunks(64) {
        let number = *known.entry(block).or_insert_with(|| {
            classes.blocks.extend_from_slice(block);
            (classes.blocks.len() / 64 - 1) as u16
        });
        classes.index.push(number);
    }
    classes
}
