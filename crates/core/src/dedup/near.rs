//! The similarity join: which of the sets have a Jaccard similarity of at least t.
//!
//! Put all shingles of the corpus in an order, the rare ones first. Two sets of n and m shingles with J ≥ t share at least ⌈t·n⌉ of them,
//! so the first n − ⌈t·n⌉ + 1 of the one and the first m − ⌈t·m⌉ + 1 of the other have one in common: only these prefixes are
//! indexed and looked up. A shingle that is in one prefix only has no list at all, so that a text without a duplicate costs
//! little more than counting a fifth of its shingles. Nothing is missed; what is found is verified.
//!
//! Among rare shingles the hash decides, because that order is there already; only those that crowds of texts have in
//! common are counted apart and put behind.

use super::fingerprint::{Fingerprint, Neighbours};
use super::guard::Guard;
use super::hash;

/// A shingle in the prefixes of so many texts is common.
const CROWD: u8 = 64;
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
    list: Vec<Set>,
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

/// A shingle of a prefix that others have too, and where its list begins.
#[derive(Clone, Copy)]
struct Rare {
    frequency: u8,
    shingle: u64,
    head: u32,
}

struct Entry {
    shingle: u64,
    set: u32,
    next: u32,
}

const NONE: u32 = u32::MAX;

impl Sets {
    pub(super) fn push(&mut self, fingerprint: &Fingerprint) {
        self.list.push(Set {
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
    pub(super) fn join(self, threshold: f64) -> Found {
        let by_hash = |set: &Set| &self.shingles(*set)[..prefix_of(threshold, set.len as usize)];
        let mut frequencies = Frequencies::count(self.list.iter().map(by_hash));
        let rare = self.rare_prefixes(threshold, &mut frequencies);

        let mut found = Found::default();
        let mut index = Index { heads: vec![NONE; 1 << 10], entries: Vec::new() };
        let mut prefix: Vec<Rare> = Vec::new();
        // Which set looked at a candidate last: each is looked at once.
        let mut looked_at = vec![NONE; self.list.len()];
        let mut next_rare = rare.iter().peekable();
        for (number, set) in (0_u32..).zip(&self.list) {
            let whole = match next_rare.next_if(|(owner, _)| *owner == number) {
                Some((_, prefix)) => prefix,
                None => by_hash(set),
            };
            // All counters first, then all heads of lists: so the memory is asked for many at a time.
            prefix.clear();
            prefix.extend(whole.iter().map(|shingle| Rare {
                frequency: frequencies.of(*shingle),
                shingle: *shingle,
                head: NONE,
            }));
            // Alone in the corpus: no other prefix has it.
            prefix.retain(|rare| rare.frequency >= 2);
            if prefix.is_empty() {
                continue;
            }
            for rare in &mut prefix {
                rare.head = index.head(rare.shingle);
            }
            // The rarest lists first: where a cap is reached, it cuts off what says least.
            prefix.sort_unstable_by_key(|rare| (rare.frequency, rare.shingle));
            let n_matches = self.look_up(number, &prefix, &index, &mut looked_at, threshold, &mut found);
            if n_matches < MAX_MATCHES {
                index.add(number, &prefix);
            }
        }
        found
    }

    /// The prefixes of sets in a crowd: what many have in common (a template that thousands of prompts are made from) goes
    /// to the end of the order, so that they meet in what is their own. They are counted among the `frequencies`.
    fn rare_prefixes(&self, threshold: f64, frequencies: &mut Frequencies) -> Vec<(u32, Vec<u64>)> {
        let by_hash = |set: &Set| &self.shingles(*set)[..prefix_of(threshold, set.len as usize)];
        let is_crowd = |set: &&Set| by_hash(set).iter().any(|shingle| frequencies.of(*shingle) >= CROWD);
        let crowd: Vec<Set> = self.list.iter().filter(is_crowd).copied().collect();
        if crowd.is_empty() {
            return Vec::new();
        }
        let counts = Frequencies::count(crowd.iter().map(|set| self.shingles(*set)));
        let common = Common::of(crowd.iter().flat_map(|set| self.shingles(*set)), &counts);
        let order_of = |shingle: u64| if common.has(shingle) { counts.of(shingle) } else { 0 };
        let mut rare = Vec::new();
        let mut ranked = Vec::new();
        for (number, set) in (0_u32..).zip(&self.list) {
            let prefix = by_hash(set);
            if prefix.iter().all(|shingle| order_of(*shingle) == 0) {
                continue;
            }
            ranked.clear();
            ranked.extend(self.shingles(*set).iter().map(|shingle| (order_of(*shingle), *shingle)));
            if prefix.len() < ranked.len() {
                ranked.select_nth_unstable(prefix.len() - 1);
                ranked.truncate(prefix.len());
            }
            let prefix: Vec<u64> = ranked.iter().map(|(_, shingle)| *shingle).collect();
            for shingle in &prefix {
                frequencies.add(*shingle);
            }
            rare.push((number, prefix));
        }
        rare
    }

    fn shingles(&self, set: Set) -> &[u64] {
        &self.shingles[set.start..set.start + set.len as usize]
    }

    /// Verifies the candidates of a set; how many are duplicates.
    fn look_up(
        &self,
        number: u32,
        prefix: &[Rare],
        index: &Index,
        looked_at: &mut [u32],
        threshold: f64,
        found: &mut Found,
    ) -> usize {
        let set = self.list[number as usize];
        let (mut n_matches, mut n_verified) = (0, 0);
        let mut is_capped = false;
        'prefix: for Rare { shingle, head, .. } in prefix {
            let mut n_seen = 0;
            let mut at = *head;
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
                let other = self.list[entry.set as usize];
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
        let (set_a, set_b) = (self.shingles(a), self.shingles(b));
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

/// How many shingles of n, in an order common to all sets, cannot all be missing in another set, if J ≥ t.
fn prefix_of(threshold: f64, n: usize) -> usize {
    if n == 0 { 0 } else { n - least(threshold, n) + 1 }
}

/// Where a shingle stands in a table. Prefixes hold the smallest hashes: spread anew, lest they crowd at its beginning.
#[inline]
const fn place(shingle: u64, shift: u32) -> usize {
    (shingle.wrapping_mul(hash::K[3] | 1) >> shift) as usize
}

/// How often each shingle occurs, counted up to 255. Two shingles may share a counter: both then count for more frequent
/// than they are, always to the same degree, which changes the order and misses nothing.
struct Frequencies {
    counters: Vec<u8>,
    shift: u32,
}

impl Frequencies {
    fn count<'a>(lists: impl Iterator<Item = &'a [u64]> + Clone) -> Self {
        let n: usize = lists.clone().map(<[u64]>::len).sum();
        let bits = (n * 3).next_power_of_two().trailing_zeros().clamp(10, 30);
        let mut frequencies = Frequencies { counters: vec![0; 1 << bits], shift: 64 - bits };
        for shingle in lists.flatten() {
            frequencies.add(*shingle);
        }
        frequencies
    }

    #[inline]
    fn of(&self, shingle: u64) -> u8 {
        self.counters[place(shingle, self.shift)]
    }

    fn add(&mut self, shingle: u64) {
        let counter = &mut self.counters[place(shingle, self.shift)];
        *counter = counter.saturating_add(1);
    }
}

/// Common shingles, as bits that stay in the nearest cache. One that shares the bit of another counts as common too.
struct Common {
    bits: Vec<u64>,
    shift: u32,
}

impl Common {
    fn of<'a>(shingles: impl Iterator<Item = &'a u64> + Clone, frequencies: &Frequencies) -> Self {
        let common = shingles.filter(|shingle| frequencies.of(**shingle) >= CROWD);
        let n = common.clone().count() / usize::from(CROWD);
        let bits = (n * 32).next_power_of_two().trailing_zeros().clamp(10, 24);
        let mut set = Common { bits: vec![0; 1 << (bits - 6)], shift: 64 - bits };
        for shingle in common {
            let bit = place(*shingle, set.shift);
            set.bits[bit >> 6] |= 1 << (bit & 63);
        }
        set
    }

    #[inline]
    fn has(&self, shingle: u64) -> bool {
        let bit = place(shingle, self.shift);
        self.bits[bit >> 6] & (1 << (bit & 63)) != 0
    }
}

impl Index {
    #[inline]
    fn head(&self, shingle: u64) -> u32 {
        self.heads[shingle as usize & (self.heads.len() - 1)]
    }

    fn add(&mut self, set: u32, prefix: &[Rare]) {
        if self.entries.len() + prefix.len() > self.heads.len() {
            self.grow();
        }
        let mask = self.heads.len() - 1;
        for Rare { shingle, .. } in prefix {
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
