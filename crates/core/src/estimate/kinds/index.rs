//! Which kinds a new text is compared with: those that begin or end alike, have the same system text or the same form,
//! or share rare pairs of words (min-hash); and those whose constant words all occur in it.

use std::collections::HashMap;

use super::pattern::Pattern;
use super::words::{Word, mix};

const N_PAIR_HASHES: usize = 6;
/// Kinds remembered a key, the latest; and compared with a text.
const MAX_PER_KEY: usize = 8;
const MAX_BY_KEY: usize = 6;
const MAX_GENERAL: usize = 12;
const N_BITS: usize = 8 * 64;

/// What a text is found by.
#[derive(Clone, Debug, Default)]
pub(super) struct Keys {
    /// The beginning of the system text; 0 without one.
    pub system: u64,
    /// With the system text: the first three user words, the last three, the beginnings of the last lines. 0 for a text
    /// too short to have one.
    pub first: u64,
    pub last: u64,
    pub form: u64,
    pairs: [u64; N_PAIR_HASHES],
}

impl Keys {
    pub(super) fn of(pattern: &Pattern) -> Keys {
        let [system, user] = &pattern.sections;
        let system = if system.words.is_empty() { 0 } else { fold(1, system.words.iter().take(6)) };
        let words = &user.words;
        let is_long = words.len() > 3;
        let labels = words.iter().filter(|word| word.is_label).rev().take(4);
        let has_labels = labels.clone().count() >= 2;
        Keys {
            system,
            first: if is_long { fold(mix(system, 2), words.iter().take(3)) } else { 0 },
            last: if is_long { fold(mix(system, 3), words.iter().rev().take(3)) } else { 0 },
            form: if has_labels { fold(mix(system, 4), labels) } else { 0 },
            pairs: pair_hashes(pattern),
        }
    }

    fn all(&self) -> impl Iterator<Item = u64> {
        [self.system, self.first, self.last, self.form].into_iter().chain(self.pairs).filter(|key| *key != 0)
    }
}

fn fold<'a>(seed: u64, words: impl Iterator<Item = &'a Word>) -> u64 {
    words.fold(seed, |hash, word| mix(hash, word.key)) | 1
}

/// The least of several hashes over all pairs of neighbours: texts that have most pairs in common have one of these in
/// common almost surely.
fn pair_hashes(pattern: &Pattern) -> [u64; N_PAIR_HASHES] {
    let mut least = [u64::MAX; N_PAIR_HASHES];
    for section in &pattern.sections {
        for pair in section.words.windows(2) {
            let mut hash = mix(pair[0].key, pair[1].key.rotate_left(7));
            for least in &mut least {
                hash = hash.wrapping_mul(0xd134_2543_de82_ef95).rotate_left(25);
                *least = hash.min(*least);
            }
        }
    }
    least.map(|hash| if hash == u64::MAX { 0 } else { hash | 1 })
}

/// Kinds (by place) under their keys, and a signature of the constant words of those that are more than one text.
#[derive(Debug, Default)]
pub(super) struct Index {
    by_key: HashMap<u64, Vec<u32>>,
    general: Vec<(usize, Signature)>,
}

type Signature = [u64; N_BITS / 64];

impl Index {
    pub(super) fn add(&mut self, at: usize, keys: &Keys) {
        for key in keys.all() {
            let places = self.by_key.entry(key).or_default();
            if places.len() >= MAX_PER_KEY {
                places.remove(0);
            }
            places.push(at as u32);
        }
    }

    /// Says that a kind is more than one text, and what all have in common now.
    pub(super) fn set_general(&mut self, at: usize, pattern: &Pattern) {
        let signature = signature(pattern);
        match self.general.binary_search_by_key(&at, |(at, _)| *at) {
            Ok(found) => self.general[found].1 = signature,
            Err(new) => self.general.insert(new, (at, signature)),
        }
    }

    /// Places of the kinds to compare a text with, likeliest first.
    pub(super) fn candidates(&self, keys: &Keys, pattern: &Pattern) -> Vec<usize> {
        let mut votes: Vec<(usize, usize)> = Vec::new();
        for key in keys.all() {
            for at in self.by_key.get(&key).into_iter().flatten() {
                match votes.iter_mut().find(|(_, place)| *place == *at as usize) {
                    Some((n_votes, _)) => *n_votes += 1,
                    None => votes.push((1, *at as usize)),
                }
            }
        }
        votes.sort_unstable_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
        let mut places: Vec<usize> = votes.into_iter().take(MAX_BY_KEY).map(|(_, at)| at).collect();
        let text = signature(pattern);
        let contained = |(_, kind): &&(usize, Signature)| kind.iter().zip(&text).all(|(kind, text)| kind & !text == 0);
        for (at, _) in self.general.iter().filter(contained).take(MAX_GENERAL) {
            if !places.contains(at) {
                places.push(*at);
            }
        }
        places
    }
}

fn signature(pattern: &Pattern) -> Signature {
    let mut bits = Signature::default();
    for key in &pattern.sorted {
        let bit = (key >> 7) as usize % N_BITS;
        bits[bit / 64] |= 1 << (bit % 64);
    }
    bits
}
