//! Characters of two or three bytes that merging makes whole before anything joins a part of them to what stands beside them,
//! so that merging may begin with them instead of their bytes.
//!
//! Ids are ranks, and a token's is above those of the two that it is made of; so merges happen in order of ids, as far as
//! they depend on each other. A character that its own merges make whole is whole when all ids up to its own have been dealt
//! with, unless a token that begins or ends within it, and reaches over its edge, was made before: one with a lower id,
//! whose bytes stand there. Once it is whole, only tokens with higher ids are made of it. So nothing changes if it is whole
//! from the start.
//!
//! Of tokens that reach over an edge the tables know the two bytes at the edge and the lowest id; a character may begin whole
//! if its own is lower on both sides.

use std::collections::BTreeMap;

use crate::Vocabulary;
use crate::hash::level;

pub(crate) struct Atoms {
    /// For each 64 characters up to U+FFFF the number of their block.
    pub(crate) index: Vec<u16>,
    /// Ids of the characters, 0 for those that are none. Block 0 is empty.
    pub(crate) blocks: Vec<u32>,
    /// Of tokens that end within a character: the lowest level by the byte before it and its first byte's low 6 bits.
    pub(crate) left: Vec<u8>,
    /// Of tokens that begin within a character: by the low 6 bits of its last byte and the byte behind it.
    pub(crate) right: Vec<u8>,
}

/// `parts`: of the tokens that their own bytes merge into, the two that are merged last.
pub(crate) fn atoms(vocabulary: &Vocabulary, parts: &BTreeMap<u32, (u32, u32)>) -> Atoms {
    for (id, (left, right)) in parts {
        assert!(left < id && right < id && level(*id) < u8::MAX, "ids are not in order of merging");
    }
    let mut atoms = Atoms {
        index: vec![0; 1024],
        blocks: vec![0; 64],
        left: vec![u8::MAX; 256 * 64],
        right: vec![u8::MAX; 64 * 256],
    };
    for (token, id) in vocabulary {
        if let Some(place) = within_last(token).filter(|place| *place > 0) {
            let edge = &mut atoms.left[usize::from(token[place - 1]) << 6 | usize::from(token[place] & 0x3F)];
            *edge = (*edge).min(level(*id));
        }
        let n_continued = token.iter().take_while(|byte| is_continued(**byte)).count();
        if n_continued > 0 && n_continued < token.len() {
            let edge =
                &mut atoms.right[usize::from(token[n_continued - 1] & 0x3F) << 8 | usize::from(token[n_continued])];
            *edge = (*edge).min(level(*id));
        }
        let Some(c) = std::str::from_utf8(token).ok().and_then(|text| text.parse::<char>().ok()) else { continue };
        if (2..=3).contains(&c.len_utf8()) && parts.contains_key(id) {
            let block = &mut atoms.index[c as usize >> 6];
            if *block == 0 {
                *block = (atoms.blocks.len() / 64) as u16;
                atoms.blocks.extend([0; 64]);
            }
            atoms.blocks[usize::from(*block) << 6 | c as usize & 0x3F] = *id;
        }
    }
    atoms
}

const fn is_continued(byte: u8) -> bool {
    byte & 0xC0 == 0x80
}

/// Where a character begins whose end is missing at the end of a token.
fn within_last(token: &[u8]) -> Option<usize> {
    let place = token.iter().rposition(|byte| !is_continued(*byte))?;
    let length = match token[place] {
        0xC0..0xE0 => 2,
        0xE0..0xF0 => 3,
        0xF0.. => 4,
        _ => 1,
    };
    (place + length > token.len()).then_some(place)
}
