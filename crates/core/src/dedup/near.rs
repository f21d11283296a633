//! The similarity join: which of the sets have a Jaccard similarity of at least t.
//!
//! Order all shingles of the corpus, the rarest first. Two sets of n and m shingles with J ≥ t share at least ⌈t·n⌉ of them,
//! so the first n − ⌈t·n⌉ + 1 of the one and the first m − ⌈t·m⌉ + 1 of the other have one in common: only these prefixes are
//! indexed and looked up. A shingle that is alone in the corpus has no list at all, so that a text without a duplicate
//! costs little more than counting its shingles. Nothing is missed; what is found is verified.

use super::fingerprint::{Fingerprint, Neighbours};
use super::guard::Guard;

/// A text stops looking at one shingle's list after so many entries, …
const MAX_LIST: usize = 512;
/// … verifies no more candidates than this, …
const MAX_VERIFIED: usize = 128;
/// … and is content with so many duplicates; whoever has them is not indexed, because its family already is.
const MAX_MATCHES: usize = 16;

/// The sets, one behind the other.
#[derive(Debug, Default)]
pub(super) struct Sets {
    shingles: Vec<u64>,
    neighbours: Vec<Neighbours>,
    sets: Vec<Set>,
}

#[derive(Clone, Copy, Debug)]
struct Set {
    start: usize,
    /// Ends of this set's shingles and neighbours.
    len: u32,
    first_neighbours: u32,
    n_neighbours: u32,
    guard: Guard,
}

/// What the join found, by the numbers of the sets.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Earlier set, later set, similarity.
    pub(super) pairs: Vec<(u32, u32, f64)>,
    pub(super) n_capped: usize,
}

/// Prefix entries in lists by shingle: newest first.
struct Index {
    heads: Vec<u32>,
    entries: Vec<Entry>,
}

struct Entry {
    shingle: u64,
    set: u32,
    next: u32,
}

const NONE: u32 = u32::MAX;

impl Sets {
    pub(super) fn push(&mut self, fingerprint: &Fingerprint) {
        self.sets.push(Set {
            start: self.shingles.len(),
            len: fingerprint.shingles.len() as u32,
            first_neighbours: self.neighbours.len() as u32,
            n_neighbours: fingerprint.neighbours.len() as u32,
            guard: fingerprint.guard,
        });
        self.shingles.extend_from_slice(&fingerprint.shingles);
        self.neighbours.extend_from_slice(&fingerprint.neighbours);
    }

    /// All pairs with J ≥ t, but for what the caps cut off.
    pub(super) fn join(mut self, threshold: f64) -> Found {
        let frequencies = Frequencies::count(&self.shingles);
        let mut found = Found::default();
        let mut index = Index { heads: vec![NONE; 1 << 10], entries: Vec::new() };
        let mut prefix: Vec<(u8, u64)> = Vec::new();
        // Which set looked at a candidate last: each is looked at once.
        let mut looked_at = vec![NONE; self.sets.len()];
        for number in 0..self.sets.len() {
            let set = self.sets[number];
            let shingles = &mut self.shingles[set.start..set.start + set.len as usize];
            // Repeats within the text have been counted as such, so those counted once are distinct.
            let n_alone = shingles.iter().filter(|shingle| frequencies.of(**shingle) < 2).count();
            if shingles.is_empty() || n_alone > shingles.len() - least(threshold, shingles.len()) {
                continue;
            }
            let n = sort_and_dedup(shingles);
            self.sets[number].len = n as u32;
            let n_prefix = n - least(threshold, n) + 1;
            if n_alone >= n_prefix {
                continue;
            }
            prefix.clear();
            prefix.extend(shingles[..n].iter().map(|shingle| (frequencies.of(*shingle), *shingle)));
            if n_prefix < n {
                prefix.select_nth_unstable(n_prefix - 1);
                prefix.truncate(n_prefix);
            }
            prefix.retain(|(frequency, _)| *frequency >= 2);
            // The rarest lists first: where a cap is reached, it cuts off what says least.
            prefix.sort_unstable();
            let n_matches = self.look_up(number as u32, &prefix, &index, &mut looked_at, threshold, &mut found);
            if n_matches < MAX_MATCHES {
                index.add(number as u32, &prefix);
            }
        }
        found
    }

    /// Verifies the candidates of a set; how many are duplicates.
    fn look_up(
        &self,
        number: u32,
        prefix: &[(u8, u64)],
        index: &Index,
        looked_at: &mut [u32],
        threshold: f64,
        found: &mut Found,
    ) -> usize {
        let set = self.sets[number as usize];
        let (mut n_matches, mut n_verified) = (0, 0);
        let mut is_capped = false;
        'prefix: for (_, shingle) in prefix {
            let mut n_seen = 0;
            let mut at = index.head(*shingle);
            while at != NONE {
                let entry = &index.entries[at as usize];
                at = entry.next;
                n_seen += 1;
                if n_seen > MAX_LIST {
                    is_capped = true;
                    break;
                }
                if entry.shingle != *shingle || looked_at[entry.set as usize] == number {
                    continue;
                }
                looked_at[entry.set as usize] = number;
                let other = self.sets[entry.set as usize];
                let (small, large) = (set.len.min(other.len), set.len.max(other.len));
                if other.guard != set.guard || f64::from(small) / f64::from(large) < threshold {
                    continue;
                }
                if n_verified == MAX_VERIFIED {
                    is_capped = true;
                    break 'prefix;
                }
                n_verified += 1;
                let Some(similarity) = self.similarity(set, other, threshold) else { continue };
                found.pairs.push((entry.set, number, similarity));
                n_matches += 1;
                if n_matches == MAX_MATCHES {
                    break 'prefix;
                }
            }
        }
        found.n_capped += usize::from(is_capped);
        n_matches
    }

    /// The exact Jaccard similarity of two sorted sets, if it reaches the threshold and the neighbourhoods meet.
    fn similarity(&self, a: Set, b: Set, threshold: f64) -> Option<f64> {
        let (n_a, n_b) = (a.len as usize, b.len as usize);
        let (set_a, set_b) = (&self.shingles[a.start..a.start + n_a], &self.shingles[b.start..b.start + n_b]);
        let jaccard = |n_shared: usize| n_shared as f64 / (n_a + n_b - n_shared) as f64;
        let (mut at_a, mut at_b, mut n_shared) = (0, 0, 0);
        while at_a < n_a && at_b < n_b {
            // What may still be shared does not suffice.
            if (at_a + at_b).is_multiple_of(16) && jaccard(n_shared + (n_a - at_a).min(n_b - at_b)) < threshold {
                return None;
            }
            let (one, other) = (set_a[at_a], set_b[at_b]);
            n_shared += usize::from(one == other);
            at_a += usize::from(one <= other);
            at_b += usize::from(other <= one);
        }
        let similarity = jaccard(n_shared);
        (similarity >= threshold && self.neighbours_meet(a, b)).then_some(similarity)
    }

    fn neighbours_meet(&self, a: Set, b: Set) -> bool {
        let of = |set: Set| &self.neighbours[set.first_neighbours as usize..][..set.n_neighbours as usize];
        a.n_neighbours == b.n_neighbours && of(a).iter().zip(of(b)).all(|(one, other)| one.meet(*other))
    }
}

/// The fewest shingles that another set shares with one of n, if J ≥ t.
fn least(threshold: f64, n: usize) -> usize {
    // A little less than the product, so that rounding never asks for one too many.
    ((threshold * n as f64 - 1e-9).ceil() as usize).clamp(1, n.max(1))
}

/// Sorts and moves the distinct ones to the front; how many they are.
fn sort_and_dedup(shingles: &mut [u64]) -> usize {
    shingles.sort_unstable();
    let mut n = 0;
    for at in 0..shingles.len() {
        if n == 0 || shingles[at] != shingles[n - 1] {
            shingles[n] = shingles[at];
            n += 1;
        }
    }
    n
}

/// How often each shingle occurs, counted up to 255. Two shingles may share a counter: both then count for more frequent
/// than they are, always to the same degree, which changes the order and misses nothing.
struct Frequencies {
    counters: Vec<u8>,
    shift: u32,
}

impl Frequencies {
    fn count(shingles: &[u64]) -> Self {
        let bits = (shingles.len() * 2).next_power_of_two().trailing_zeros().clamp(10, 30);
        let mut frequencies = Frequencies { counters: vec![0; 1 << bits], shift: 64 - bits };
        for shingle in shingles {
            let counter = &mut frequencies.counters[(shingle >> frequencies.shift) as usize];
            *counter = counter.saturating_add(1);
        }
        frequencies
    }

    #[inline]
    fn of(&self, shingle: u64) -> u8 {
        self.counters[(shingle >> self.shift) as usize]
    }
}

impl Index {
    #[inline]
    fn head(&self, shingle: u64) -> u32 {
        self.heads[shingle as usize & (self.heads.len() - 1)]
    }

    fn add(&mut self, set: u32, prefix: &[(u8, u64)]) {
        if self.entries.len() + prefix.len() > self.heads.len() {
            self.grow();
        }
        let mask = self.heads.len() - 1;
        for (_, shingle) in prefix {
            let head = &mut self.heads[*shingle as usize & mask];
            let entry = Entry { shingle: *shingle, set, next: *head };
            *head = self.entries.len() as u32;
            self.entries.push(entry);
        }
    }

    fn grow(&mut self) {
        let n = self.heads.len() * 4;
        self.heads = vec![NONE; n];
        for (number, entry) in self.entries.iter_mut().enumerate() {
            let head = &mut self.heads[entry.shingle as usize & (n - 1)];
            entry.next = std::mem::replace(head, number as u32);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_overlap_is_never_one_too_many() {
        assert_eq!(least(0.8, 10), 8);
        assert_eq!(least(0.8, 48), 39);
        assert_eq!(least(0.7, 10), 7);
        assert_eq!(least(1.0, 3), 3);
        assert_eq!(least(0.01, 3), 1);
        assert_eq!(least(0.8, 0), 1);
    }
}
