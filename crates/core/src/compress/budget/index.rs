//! The words of all pieces, once: a vocabulary, the pieces as sequences of its numbers, and which of its words answer to
//! which terms of the question. Words are compared as a vocabulary, not as a text: a spelling is judged once however often
//! it stands.

use std::ops::Range;

use super::background::Language;
use super::query::Query;
use super::words::{Shape, words};
use crate::text::DigestMap;

/// Words and where they stand.
#[derive(Default)]
pub(crate) struct Index {
    ids: DigestMap<u64, u32>,
    letters: String,
    ends: Vec<u32>,
    /// The words of all pieces, one behind the other.
    pub(crate) stream: Vec<u32>,
    pub(crate) shapes: Vec<Shape>,
    /// Where each piece begins in the stream; one more at the end.
    pub(crate) starts: Vec<u32>,
    /// How many of the first words of each piece name its speaker.
    pub(crate) speakers: Vec<u32>,
    buffer: String,
}

impl Index {
    /// Adds the words of a piece: its speaker's name, if it has one, and the rest.
    pub(crate) fn add_behind(&mut self, speaker: &str, text: &str) {
        let before = self.stream.len();
        self.push(speaker);
        self.speakers.push((self.stream.len() - before) as u32);
        self.add(text);
    }

    /// Adds the words of a title, or of a piece with what has been pushed before.
    pub(crate) fn add(&mut self, text: &str) {
        if self.starts.is_empty() {
            self.starts.push(0);
        }
        self.push(text);
        self.starts.push(self.stream.len() as u32);
    }

    fn push(&mut self, text: &str) {
        let mut buffer = std::mem::take(&mut self.buffer);
        words(text, &mut buffer, |word, shape| {
            let id = self.intern(word);
            self.stream.push(id);
            self.shapes.push(shape);
        });
        self.buffer = buffer;
    }

    fn intern(&mut self, word: &str) -> u32 {
        let next = self.ends.len() as u32;
        let digest = xxhash_rust::xxh3::xxh3_64(word.as_bytes());
        let id = *self.ids.entry(digest).or_insert(next);
        if id == next {
            self.letters.push_str(word);
            self.ends.push(self.letters.len() as u32);
        }
        id
    }

    /// The number of a word, if it stands anywhere.
    pub(crate) fn find(&self, word: &str) -> Option<u32> {
        self.ids.get(&xxhash_rust::xxh3::xxh3_64(word.as_bytes())).copied()
    }

    pub(crate) fn n_words(&self) -> usize {
        self.ends.len()
    }

    pub(crate) fn word(&self, id: u32) -> &str {
        let start = if id == 0 { 0 } else { self.ends[id as usize - 1] };
        &self.letters[start as usize..self.ends[id as usize] as usize]
    }

    /// Where the words of a piece stand in the stream.
    pub(crate) fn range(&self, piece: usize) -> Range<usize> {
        self.starts[piece] as usize..self.starts[piece + 1] as usize
    }
}

/// Which words answer to which terms.
pub(crate) struct Matches {
    /// For each word of the vocabulary, its part of `pairs`.
    ranges: Vec<(u32, u32)>,
    pairs: Vec<(u16, f32)>,
}

impl Matches {
    /// The terms that a word answers to, with how well.
    pub(crate) fn of(&self, word: u32) -> &[(u16, f32)] {
        let (from, to) = self.ranges[word as usize];
        &self.pairs[from as usize..to as usize]
    }

    /// Compares the vocabulary with the question.
    pub(crate) fn find(index: &Index, query: &Query, language: &Language) -> Matches {
        let n_words = index.n_words();
        let mut found: Vec<(u32, u16, f32)> = Vec::new();
        for (place, term) in query.terms.iter().enumerate() {
            if let Some(id) = index.find(&term.text) {
                found.push((id, place as u16, 1.0));
            }
            for form in language.forms(&term.text) {
                if let Some(id) = index.find(form).filter(|_| *form != term.text) {
                    found.push((id, place as u16, SAME_WORD));
                }
            }
        }
        // "Fire fighting" is written in one as well.
        for pair in query.sequence.windows(2) {
            let place = |word: &str| query.terms.iter().position(|term| term.text == word && !term.shape.is_piece);
            if let (Some(first), Some(second)) = (place(&pair[0].0), place(&pair[1].0))
                && let Some(id) = index.find(&format!("{}{}", pair[0].0, pair[1].0))
            {
                found.extend([(id, first as u16, SAME_WORD), (id, second as u16, SAME_WORD)]);
            }
        }
        let loose: Vec<(u16, &str, u32)> = query
            .terms
            .iter()
            .enumerate()
            .filter(|(_, term)| term.share.is_none() && !term.shape.is_piece && term.text.len() >= 4)
            .filter_map(|(place, term)| Some((place as u16, term.text.as_str(), beginning(&term.text)?)))
            .collect();
        for id in 0..n_words as u32 {
            let word = index.word(id);
            let Some(own) = beginning(word) else { continue };
            for (place, term, first) in &loose {
                let alike = if own == *first { kinship(term, word) } else { inside(term, word) };
                if alike > 0.0 && word != *term {
                    found.push((id, *place, alike));
                }
            }
        }
        found.sort_unstable_by(|a, b| (a.0, a.1).cmp(&(b.0, b.1)).then(b.2.total_cmp(&a.2)));
        found.dedup_by(|later, kept| (later.0, later.1) == (kept.0, kept.1));
        let mut ranges = vec![(0, 0); n_words];
        for (at, (id, ..)) in found.iter().enumerate() {
            let range: &mut (u32, u32) = &mut ranges[*id as usize];
            if range.1 == 0 {
                range.0 = at as u32;
            }
            range.1 = at as u32 + 1;
        }
        Matches { ranges, pairs: found.into_iter().map(|(_, place, alike)| (place, alike)).collect() }
    }
}

/// Inflected forms whose beginnings differ.
const SAME_WORD: f32 = 0.8;

/// The first three bytes, which kin share.
fn beginning(word: &str) -> Option<u32> {
    let bytes = word.as_bytes();
    (bytes.len() >= 3).then(|| u32::from(bytes[0]) | u32::from(bytes[1]) << 8 | u32::from(bytes[2]) << 16)
}

/// How likely two words that begin alike are forms of one: `director`, `directed`; `Verteidigung`,
/// `Verteidigungsspieler`.
fn kinship(term: &str, word: &str) -> f32 {
    let (a, b) = (term.as_bytes(), word.as_bytes());
    let common = crate::text::floor(term, a.iter().zip(b).take_while(|(x, y)| x == y).count());
    // Numbers have no kin.
    if a[..common].iter().any(u8::is_ascii_digit) {
        return 0.0;
    }
    let (shorter, longer) = (a.len().min(b.len()), a.len().max(b.len()));
    // Plurals and the like.
    let ending = if a.len() > b.len() { &a[common..] } else { &b[common..] };
    if common == shorter && (ending == b"s" || (longer - shorter <= 2 && common >= 4)) {
        return 0.95;
    }
    let ratio = common as f32 / longer as f32;
    if common >= 4 && ratio >= 0.65 {
        return ratio;
    }
    // A compound that begins with the whole of the other.
    if common == shorter && common >= 6 {
        return 0.6;
    }
    0.0
}

/// How likely a word is a compound that ends in, or holds, the other: `Endspiel` and `Spiel`; an Arabic word under its
/// article.
fn inside(term: &str, word: &str) -> f32 {
    let (short, long) = if term.len() < word.len() { (term, word) } else { (word, term) };
    let is_ascii = short.as_bytes()[0].is_ascii();
    if short.len() < if is_ascii { 6 } else { 8 } || long.len() == short.len() {
        return 0.0;
    }
    if !long.ends_with(short) {
        return 0.0;
    }
    if short.bytes().any(|byte| byte.is_ascii_digit()) {
        return 0.0;
    }
    // A prefix of a letter or two: article, conjunction.
    if !is_ascii && long.len() - short.len() <= 6 { 0.9 } else { 0.6 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kin_are_recognised_and_strangers_are_not() {
        assert!(kinship("director", "directed") > 0.7);
        assert!(kinship("interception", "interceptions") > 0.9);
        assert!(kinship("verteidigung", "verteidigungsspieler") > 0.5);
        assert!(inside("spieler", "verteidigungsspieler") > 0.5);
        assert!(inside("مدينه", "المدينه") > 0.8);
        for (a, b) in [("interest", "internal"), ("1901", "1902"), ("player", "plan"), ("station", "nation")] {
            assert!(kinship(a, b) <= 0.0 && (beginning(a) == beginning(b) || inside(a, b) < 0.7), "{a} {b}");
        }
    }
}
