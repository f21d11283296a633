//! What the deduplicator keeps of a text: digests for exact and normalised equality, the guard, and the hashes of its word
//! trigrams. Made once a text; the buffers are used again for the next one.

use std::ops::Range;

use xxhash_rust::xxh3::xxh3_128;

use super::guard::{Guard, HardKind};
use super::hash;
use super::scan::{Sink, scan};

/// What stands around a negation or a number: the two words before it and the one behind. Of two duplicates, one of the two
/// sides is the same in both: a negation that has moved to another sentence is another negation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Neighbours {
    before: u32,
    behind: u32,
}

impl Neighbours {
    pub(super) fn meet(self, other: Neighbours) -> bool {
        self.before == other.before || self.behind == other.behind
    }
}

/// A text, as it is compared. Costs eight bytes a word, however long the text is; one that repeats itself costs each
/// repetition once.
#[derive(Clone, Debug, Default)]
pub struct Fingerprint {
    pub(super) exact: u128,
    pub(super) normalised: u128,
    pub(super) guard: Guard,
    /// Hashes of word trigrams under the guard: sorted, each once.
    pub(super) shingles: Vec<u64>,
    pub(super) neighbours: Vec<Neighbours>,
    sequence: (u64, u64),
    n_words: usize,
    last: (u64, u64),
    is_open: bool,
}

/// Shingles that a buffer has room for between two texts.
const KEPT_BUFFER: usize = 1 << 16;

impl Fingerprint {
    /// Reads a text. Linear time.
    pub fn of(text: &str) -> Fingerprint {
        let mut fingerprint = Fingerprint::default();
        fingerprint.read(text);
        fingerprint
    }

    /// Reads another text into the same buffers.
    pub fn read(&mut self, text: &str) {
        let Fingerprint { mut shingles, mut neighbours, .. } = std::mem::take(self);
        shingles.clear();
        neighbours.clear();
        *self = Fingerprint { shingles, neighbours, exact: xxh3_128(text.as_bytes()), ..Fingerprint::default() };
        scan(text, self);
        if matches!(self.n_words, 1 | 2) {
            self.shingles.push(hash::shingle(0, self.last.0, self.last.1));
        }
        // Texts with different guards are no duplicates: their shingles are made to differ.
        let guard = self.guard.half();
        for shingle in &mut self.shingles {
            *shingle ^= guard;
        }
        self.shingles.sort_unstable();
        self.shingles.dedup();
        // One long text must not hold its memory for all that follow.
        self.shingles.shrink_to(KEPT_BUFFER.max(self.shingles.len()));
        let nothing = self.n_words == 0 && self.guard == Guard::default();
        // Of texts without words and hard tokens (`…`, `?!`) only the same bytes are the same.
        self.normalised = if nothing {
            self.exact
        } else {
            let second = u128::from(self.sequence.1 ^ guard.rotate_left(31));
            (u128::from(self.sequence.0 ^ guard) << 64) | second
        };
    }

    /// The guard: what no duplicate may differ in.
    pub fn guard(&self) -> Guard {
        self.guard
    }

    /// Equal for the same bytes.
    pub fn digest(&self) -> u128 {
        self.exact
    }

    /// Equal for the same words and hard tokens: case, blanks and punctuation may differ.
    pub fn normalised(&self) -> u128 {
        self.normalised
    }

    /// How many words were read, those inside quoted strings included.
    pub fn n_words(&self) -> usize {
        self.n_words
    }

    #[inline]
    fn take_word(&mut self, word: u64) {
        let (first, second) = self.last;
        self.sequence.0 = hash::mix(self.sequence.0 ^ word, hash::K[5]);
        self.sequence.1 = (self.sequence.1.rotate_left(5) ^ word).wrapping_mul(hash::K[4] | 1);
        if self.n_words >= 2 {
            self.shingles.push(hash::shingle(first, second, word));
        }
        self.last = (second, word);
        self.n_words += 1;
    }

    fn close(&mut self, behind: u64) {
        if self.is_open
            && let Some(last) = self.neighbours.last_mut()
        {
            last.behind = behind as u32;
        }
        self.is_open = false;
    }
}

impl Sink for Fingerprint {
    #[inline]
    fn word(&mut self, hash: u64) {
        if self.is_open {
            self.close(hash);
        }
        self.take_word(hash);
    }

    fn hard(&mut self, kind: HardKind, _range: Range<usize>, bytes: &[u8], folded: Option<u64>) {
        let token = self.guard.push(kind, bytes, folded);
        self.close(token);
        if matches!(kind, HardKind::Negation | HardKind::Number) {
            self.neighbours
                .push(Neighbours { before: hash::mix(self.last.0 ^ hash::K[1], self.last.1) as u32, behind: 0 });
            self.is_open = true;
        }
        if let Some(folded) = folded {
            self.take_word(folded);
        }
    }

    fn quoted_word(&mut self, hash: u64) {
        self.take_word(hash);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same(a: &str, b: &str) -> bool {
        Fingerprint::of(a).normalised == Fingerprint::of(b).normalised
    }

    #[test]
    fn case_blanks_and_punctuation_fold_away() {
        assert!(same("Hello, World!", "hello   world"));
        assert!(same("GRÜSSE aus Köln.", "grüsse\taus\nköln"));
        assert!(same("a well-known fact", "A well known fact…"));
        assert!(same("Привет, мир", "привет мир"));
        assert!(same("你好，世界。", "你好世界"));
        assert!(same("it’s fine", "It's fine."));
        assert!(same("internationalisation", "Internationalisation!"));
    }

    #[test]
    fn what_carries_meaning_does_not() {
        for (a, b) in [
            ("pay $5", "pay 5"),
            ("a < b", "a > b"),
            ("Use getUser", "Use getuser"),
            ("say \"Yes\"", "say \"yes\""),
            ("…", "?!"),
            ("one two", "two one"),
            ("7 - 2", "7 2"),
            ("x", ""),
        ] {
            assert!(!same(a, b), "{a} / {b}");
        }
        assert!(same("", ""));
    }

    #[test]
    fn the_quick_way_and_the_slow_way_hash_alike() {
        // A blank behind the word takes the quick way, a symbol far behind it the slow one.
        for word in ["a", "Seven77", "eightlet", "ninelette", "antidisestablishmentarianism"] {
            let slow = format!("{word},{word}");
            assert!(same(&format!("{word} {word}"), &slow) || word.contains('7'), "{word}");
        }
    }
}
