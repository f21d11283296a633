//! Exact, normalised and near duplicates among many texts, without ever merging what differs in a number, a negation, an
//! identifier, a quoted string or a symbol ([`Guard`]).
//!
//! Near duplicates share enough of their word trigrams: every pair is verified by the exact Jaccard similarity of the two
//! sets. Candidates come from prefix filtering over shingles ordered by their frequency, which misses no pair (minwise
//! hashing does): two sets that similar share one of their rarest shingles. Caps keep crowds of similar texts from costing
//! quadratic time ([`Duplicates::n_capped`] says where they were reached).
//!
//! ```
//! use promptopt::dedup::{Deduplicator, Level, Options};
//!
//! let mut deduplicator = Deduplicator::new(Options::default());
//! deduplicator.push("Summarise the text below in plain words for a reader who is new to the field.");
//! deduplicator.push("summarise the text below, in plain words, for a reader who is new to the field");
//! deduplicator.push("Summarise the text below in plain words for a reader who is not new to the field.");
//! let found = deduplicator.finish();
//! assert_eq!(found.clusters.len(), 1);
//! assert_eq!(found.clusters[0].members[1].level, Level::Normalised);
//! ```

mod class;
mod cluster;
mod differences;
mod fingerprint;
mod guard;
mod hash;
mod lexicon;
mod near;
mod run;
mod scan;
mod spans;

use crate::text::DigestMap;

pub use differences::differing_words;
pub use fingerprint::Fingerprint;
pub use guard::{Guard, HardKind, HardToken, hard_tokens};

/// How alike two texts are. Each level holds those before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// The same bytes.
    Exact,
    /// The same words and hard tokens: case, blanks and punctuation may differ.
    Normalised,
    /// Similar word trigrams, the same hard tokens.
    #[default]
    Near,
}

/// Every level, with its name in options and reports.
pub const LEVELS: [(Level, &str); 3] =
    [(Level::Exact, "exact"), (Level::Normalised, "normalised"), (Level::Near, "near")];

/// What counts as a duplicate.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// The loosest level that is looked for.
    pub level: Level,
    /// Least Jaccard similarity of near duplicates, above 0 and at most 1.
    pub threshold: f64,
}

impl Default for Options {
    fn default() -> Self {
        Options { level: Level::Near, threshold: 0.8 }
    }
}

/// Takes texts one at a time and finds the duplicates among them at the end.
///
/// Texts are not kept. A distinct one costs its shingles (eight bytes a word) and about 150 bytes; a copy, even one that
/// differs in case and punctuation, costs 8 to 50 bytes. The same texts in the same order give the same answer.
#[derive(Debug)]
pub struct Deduplicator {
    options: Options,
    scratch: Fingerprint,
    documents: Vec<Document>,
    nodes: Vec<Node>,
    by_normalised: DigestMap<u128, u32>,
    /// Texts whose normalised form was there before: which bytes they are.
    by_exact: DigestMap<u128, u32>,
    n_variants: u32,
    sets: near::Sets,
}

/// A text as pushed.
#[derive(Clone, Copy, Debug)]
struct Document {
    /// Its normalised form.
    node: u32,
    /// Equal for equal bytes.
    variant: u32,
}

/// A normalised form.
#[derive(Clone, Copy, Debug)]
struct Node {
    /// The document that had it first.
    first: u32,
    n_copies: u32,
    /// The bytes of that document.
    exact: u128,
}

/// Duplicates found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Duplicates {
    /// Clusters of two texts and more, in the order of their representatives.
    pub clusters: Vec<Cluster>,
    /// Near duplicates, each pair verified, by the first text that has each of the two forms. In a crowd of similar texts
    /// not every pair is listed.
    pub pairs: Vec<Pair>,
    /// Texts pushed.
    pub n_documents: usize,
    /// Texts for which not all candidates were looked at, because there were too many.
    pub n_capped: usize,
}

/// Texts that say the same.
#[derive(Clone, Debug, PartialEq)]
pub struct Cluster {
    /// The text that the others are duplicates of, by its number in the order pushed, from 0. Every member is verified
    /// against it.
    pub representative: usize,
    /// All members, the representative first, the others in the order pushed.
    pub members: Vec<Member>,
}

/// A text in a cluster.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Member {
    /// Its number in the order pushed.
    pub document: usize,
    /// How it is related to the representative.
    pub level: Level,
    /// Jaccard similarity to the representative; 1 for exact and normalised copies.
    pub similarity: f64,
}

/// Two near duplicates.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pair {
    /// The earlier text.
    pub a: usize,
    /// The later one.
    pub b: usize,
    /// Their Jaccard similarity.
    pub similarity: f64,
}

impl Deduplicator {
    /// With nothing in it. A threshold out of range is taken for the nearest one in it.
    pub fn new(options: Options) -> Self {
        let threshold = if options.threshold.is_nan() { 1.0 } else { options.threshold.clamp(0.01, 1.0) };
        Deduplicator {
            options: Options { threshold, ..options },
            scratch: Fingerprint::default(),
            documents: Vec::new(),
            nodes: Vec::new(),
            by_normalised: DigestMap::default(),
            by_exact: DigestMap::default(),
            n_variants: 0,
            sets: near::Sets::default(),
        }
    }

    /// Takes in a text; its number comes back.
    pub fn push(&mut self, text: &str) -> usize {
        let mut scratch = std::mem::take(&mut self.scratch);
        scratch.read(text);
        let number = self.push_fingerprint(&scratch);
        self.scratch = scratch;
        number
    }

    /// Takes in a text that was read elsewhere, by another thread for instance.
    pub fn push_fingerprint(&mut self, fingerprint: &Fingerprint) -> usize {
        let number = self.documents.len();
        let key = if self.options.level == Level::Exact { fingerprint.exact } else { fingerprint.normalised };
        let next_node = self.nodes.len() as u32;
        let node = *self.by_normalised.entry(key).or_insert(next_node);
        let variant = if node == next_node {
            self.nodes.push(Node { first: number as u32, n_copies: 1, exact: fingerprint.exact });
            if self.options.level == Level::Near {
                self.sets.push(fingerprint);
            }
            self.new_variant()
        } else {
            let known = &mut self.nodes[node as usize];
            known.n_copies += 1;
            if known.exact == fingerprint.exact {
                self.documents[known.first as usize].variant
            } else if let Some(variant) = self.by_exact.get(&fingerprint.exact) {
                *variant
            } else {
                let variant = self.new_variant();
                self.by_exact.insert(fingerprint.exact, variant);
                variant
            }
        };
        self.documents.push(Document { node, variant });
        number
    }

    /// How many texts were pushed.
    pub fn len(&self) -> usize {
        self.documents.len()
    }

    /// Whether none was.
    pub fn is_empty(&self) -> bool {
        self.documents.is_empty()
    }

    /// Finds the duplicates.
    pub fn finish(self) -> Duplicates {
        let found = self.sets.join(self.options.threshold);
        cluster::clusters(&self.documents, &self.nodes, &found)
    }

    fn new_variant(&mut self) -> u32 {
        self.n_variants += 1;
        self.n_variants - 1
    }
}

impl Level {
    /// The name in options and reports.
    pub const fn name(self) -> &'static str {
        match self {
            Level::Exact => "exact",
            Level::Normalised => "normalised",
            Level::Near => "near",
        }
    }
}
