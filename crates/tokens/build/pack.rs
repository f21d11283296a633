//! A vocabulary in few bytes: of each token the ids of the two that it is made of, which come before it; of the others the
//! bytes. `src/vocab/unpack.rs` reads it.

use std::collections::{BTreeMap, HashMap};

use crate::Vocabulary;
use crate::hash;

pub(crate) struct Packed {
    /// For each id from 0 on, in five bytes from the lowest up: 20 bits of the left id, 20 of the right one; or
    /// [`hash::LITERAL`] and the number of bytes, 0 where no token has the id.
    pub(crate) parts: Vec<u8>,
    /// The bytes of those tokens, one after the other.
    pub(crate) literals: Vec<u8>,
}

pub(crate) fn pack(vocabulary: &Vocabulary, parts: &BTreeMap<u32, (u32, u32)>, n_ids: u32) -> Packed {
    let tokens: HashMap<u32, &[u8]> = vocabulary.iter().map(|(token, id)| (*id, token.as_slice())).collect();
    let mut packed = Packed { parts: Vec::new(), literals: Vec::new() };
    for id in 0..n_ids {
        let (left, right) = parts.get(&id).copied().unwrap_or_else(|| {
            let token = tokens.get(&id).copied().unwrap_or_default();
            packed.literals.extend_from_slice(token);
            (hash::LITERAL, token.len() as u32)
        });
        assert!(tokens.get(&id).is_none_or(|token| token.len() <= hash::LONGEST), "a longer token than any before");
        assert!(left == hash::LITERAL || left.max(right) < id, "a token is made of later ones");
        let entry = u64::from(left) | u64::from(right) << 20;
        packed.parts.extend_from_slice(&entry.to_le_bytes()[..hash::PARTS]);
    }
    packed
}
