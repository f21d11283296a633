//! Small things about text that several floors need: shortening for messages, suggestions for misspelt names, maps keyed
//! by digests, letters without what stands between them, buffers for a moment.

pub mod json;
pub mod keyed;
pub mod letters;
pub mod recent;
pub mod scratch;

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// A map whose keys are digests: they are spread evenly already, hashing them again would only cost time.
pub type DigestMap<K, V> = HashMap<K, V, BuildHasherDefault<DigestHasher>>;

/// Takes the first eight bytes of a digest as its hash.
#[derive(Clone, Copy, Debug, Default)]
pub struct DigestHasher(u64);

impl Hasher for DigestHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        let mut first = [0; 8];
        let n = bytes.len().min(8);
        first[..n].copy_from_slice(&bytes[..n]);
        self.0 = self.0.rotate_left(5) ^ u64::from_le_bytes(first);
    }

    fn write_u64(&mut self, digest: u64) {
        self.0 = self.0.rotate_left(5) ^ digest;
    }

    fn write_usize(&mut self, _length: usize) {
        // The length of an array, the same for all keys.
    }

    fn write_isize(&mut self, variant: isize) {
        self.0 = self.0.rotate_left(5) ^ variant.unsigned_abs() as u64;
    }
}

/// The first half of a BLAKE3 hash: with 128 bits no two texts meet.
pub fn half(hash: &blake3::Hash) -> [u8; 16] {
    let mut half = [0; 16];
    half.copy_from_slice(&hash.as_bytes()[..16]);
    half
}

/// The first `n_chars` characters, with `…` where something was cut. Control characters become spaces.
pub fn shorten(text: &str, n_chars: usize) -> String {
    let mut short: String = text.chars().take(n_chars).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if text.chars().nth(n_chars).is_some() {
        short.push('…');
    }
    short
}

/// The nearest character boundary at or before an offset; the end of the text for offsets beyond it. O(1).
pub fn floor(text: &str, offset: usize) -> usize {
    let mut offset = offset.min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    offset
}

/// The nearest character boundary at or after an offset; the end of the text for offsets beyond it. O(1).
pub fn ceil(text: &str, offset: usize) -> usize {
    let mut offset = offset.min(text.len());
    while !text.is_char_boundary(offset) {
        offset += 1;
    }
    offset
}

/// The names nearest to what was written, best first, at most three: for "did you mean …". Costs one Jaro-Winkler distance
/// a candidate.
pub fn nearest<'a>(written: &str, candidates: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let written = written.to_lowercase();
    let mut scored: Vec<(f64, &str)> = candidates
        .into_iter()
        .map(|name| (strsim::jaro_winkler(&written, &name.to_lowercase()), name))
        .filter(|(score, _)| *score > 0.85)
        .collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.len().cmp(&b.1.len())).then(a.1.cmp(b.1)));
    scored.dedup_by(|a, b| a.1 == b.1);
    scored.into_iter().take(3).map(|(_, name)| name).collect()
}

/// `" (did you mean `a` or `b`?)"`, or nothing.
pub fn did_you_mean<'a>(written: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let names: Vec<String> = nearest(written, candidates).iter().map(|name| format!("`{name}`")).collect();
    (!names.is_empty()).then(|| format!("did you mean {}?", names.join(" or ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names_are_suggested_and_far_ones_are_not() {
        let names = ["gpt-4o", "gpt-4o-mini", "claude-opus-5-5"];
        assert_eq!(nearest("gpt4o", names), ["gpt-4o", "gpt-4o-mini"]);
        assert_eq!(did_you_mean("zzz", names), None);
    }

    #[test]
    fn offsets_inside_a_character_go_to_its_beginning_or_its_end() {
        assert_eq!((floor("aé", 2), ceil("aé", 2)), (1, 3));
        assert_eq!((floor("aé", 1), ceil("aé", 1)), (1, 1));
        assert_eq!((floor("aé", 9), ceil("aé", 9)), (3, 3));
    }

    #[test]
    fn shortening_counts_characters_not_bytes() {
        assert_eq!(shorten("äöü\nß", 4), "äöü …");
        assert_eq!(shorten("abc", 3), "abc");
    }
}
