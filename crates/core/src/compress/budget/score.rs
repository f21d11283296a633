//! How relevant each piece is to the question: BM25F over the piece and the title it stands under, its document's score,
//! its neighbours', and small priors. Every part is a share of the best of its kind, so that the weights mean the same for
//! three sentences and for three thousand.

use super::background::{Asks, Language, language_of};
use super::greedy::Worth;
use super::index::{Index, Matches};
use super::pieces::{NodeKind, Pieces};
use super::query::Query;
use super::{Source, SourceKind, Weights, central, hop, smooth};
use crate::text::DigestMap;

/// What the choice is made by.
#[derive(Debug, Default)]
pub(crate) struct Scores {
    /// For each piece.
    pub(crate) worth: Vec<Worth>,
    /// How much each term of the question says, of 1 in all.
    pub(crate) terms: Vec<f32>,
}

/// The pieces, indexed.
pub(crate) struct Field<'a> {
    pub(crate) sources: &'a [Source<'a>],
    pub(crate) all: &'a Pieces,
    pub(crate) index: Index,
    pub(crate) language: &'static Language,
    pub(crate) weights: &'a Weights,
    /// For each node, the place of its title in the index, if it has one.
    pub(crate) titles: Vec<Option<usize>>,
    /// For each node, itself or the nearest above that has a title; the outermost if none has.
    titled: Vec<usize>,
}

/// Judges all pieces.
pub(crate) fn score(sources: &[Source<'_>], all: &Pieces, query: Option<&str>, weights: &Weights) -> Scores {
    let field = Field::new(sources, all, query, weights);
    let asked = query.map(|text| Query::read(text, field.language)).filter(|query| !query.terms.is_empty());
    let judged = asked.and_then(|query| field.judge(&query));
    // Nothing is asked, or nothing here answers to any of its words.
    let mut scores = judged.unwrap_or_else(|| Scores { worth: central::worth(&field), terms: Vec::new() });
    twins(&field.index, &mut scores.worth);
    scores
}

/// Words below which the same words mean nothing: "OK.", a blank line of a table.
const TWIN: usize = 5;

/// Numbers the pieces that are made of the same words.
fn twins(index: &Index, worth: &mut [Worth]) {
    let mut first: DigestMap<u64, usize> = DigestMap::default();
    let mut n_twins = 0;
    for at in 0..worth.len() {
        let words = &index.stream[index.range(at)];
        if words.len() < TWIN {
            continue;
        }
        let mut digest = xxhash_rust::xxh3::Xxh3::new();
        for id in words {
            digest.update(&id.to_le_bytes());
        }
        let known = *first.entry(digest.digest()).or_insert(at);
        if known != at {
            if worth[known].twin == 0 {
                n_twins += 1;
                worth[known].twin = n_twins;
            }
            worth[at].twin = worth[known].twin;
        }
    }
}

/// Texts looked at to tell the language.
const SAMPLES: usize = 4;

/// The length below which a piece is not thought the better for being shorter: a line of three words that holds one of
/// the question's is no answer.
const SHORT: f32 = 8.0;

impl<'a> Field<'a> {
    fn new(sources: &'a [Source<'a>], all: &'a Pieces, query: Option<&str>, weights: &'a Weights) -> Self {
        let step = (sources.len() / SAMPLES).max(1);
        let sample: Vec<&str> =
            query.into_iter().chain(sources.iter().step_by(step).take(SAMPLES).map(|source| source.text)).collect();
        let mut field = Field {
            sources,
            all,
            index: Index::default(),
            language: language_of(&sample),
            weights,
            titles: vec![None; all.nodes.len()],
            titled: Vec::with_capacity(all.nodes.len()),
        };
        for piece in &all.pieces {
            let text = sources[piece.source as usize].text;
            // A turn's first sentence may end before its speaker's name does.
            let speaker = piece.speaker.clone().map_or(piece.span.start, |speaker| speaker.end);
            let speaker = speaker.clamp(piece.span.start, piece.span.end);
            field.index.add_behind(&text[piece.span.start..speaker], &text[speaker..piece.span.end]);
        }
        let mut place = all.pieces.len();
        for (at, node) in all.nodes.iter().enumerate() {
            let source = &sources[node.source as usize];
            let title = match (&node.label, node.kind, source.kind) {
                (Some(label), ..) => Some(&source.text[label.clone()]),
                (None, NodeKind::Source, SourceKind::Document { title }) => title,
                _ => None,
            };
            if let Some(title) = title.filter(|title| !title.trim().is_empty()) {
                field.index.add(title);
                field.titles[at] = Some(place);
                place += 1;
            }
            // What a node lies in comes before it.
            let above = node.parent.filter(|_| field.titles[at].is_none());
            field.titled.push(above.map_or(at, |parent| field.titled[parent as usize]));
        }
        field
    }

    fn judge(&self, query: &Query) -> Option<Scores> {
        let pieces = &self.all.pieces;
        let (n, n_terms) = (pieces.len(), query.terms.len());
        let matches = Matches::find(&self.index, query, self.language);
        let found = Found::gather(self, &matches, n_terms);
        let idf = found.idf(self, query);
        let total: f32 = idf.iter().sum();
        if total <= 0.0 || found.is_empty() {
            return None;
        }
        let weights = self.weights;
        let mean = (self.index.stream.len() as f32 / n.max(1) as f32).max(SHORT);
        let mut own = vec![0.0_f32; n];
        let mut masks = vec![0_u64; n];
        for at in 0..n {
            let length = (self.index.range(at).len() as f32).max(SHORT);
            let norm = weights.k1 * (1.0 - weights.b + weights.b * length / mean);
            let node = self.titled[pieces[at].node as usize];
            for (term, tf) in found.of(at, node) {
                let tf = tf.0 + weights.title * tf.1;
                own[at] += idf[term] * tf * (weights.k1 + 1.0) / (tf + norm);
                if tf >= 0.5 {
                    masks[at] |= 1 << term;
                }
            }
        }
        let groups = self.group_scores(&found, &idf);
        scale(&mut own);
        let broad = query.is_broad();
        let smoothed = if broad { smooth::passages(self, &own, &found, &idf) } else { smooth::neighbours(self, &own) };
        let mut score = vec![0.0; n];
        let mut chain_start = 0;
        for at in 0..n {
            if at == 0 || pieces[at - 1].node != pieces[at].node {
                chain_start = at;
            }
            let group = groups[pieces[at].node as usize];
            let is_answer = self.may_answer(at, query);
            let relevance = smoothed[at] + weights.document * group;
            let lead = weights.lead / (1.0 + (at - chain_start) as f32);
            score[at] = relevance * (1.0 + if is_answer { weights.ask } else { 0.0 }) + lead * group;
        }
        hop::lift(self, query, &mut score);
        scale(&mut score);
        let worth = score.into_iter().zip(masks).map(|(score, mask)| Worth { score, mask, twin: 0 }).collect();
        let terms = idf.iter().map(|idf| idf / total).collect();
        Some(Scores { worth, terms })
    }

    /// BM25F of each node's whole text and title, as a share of the best.
    fn group_scores(&self, found: &Found, idf: &[f32]) -> Vec<f32> {
        let weights = self.weights;
        let n_nodes = self.all.nodes.len();
        let mut lengths = vec![0.0_f32; n_nodes];
        for (at, piece) in self.all.pieces.iter().enumerate() {
            lengths[piece.node as usize] += self.index.range(at).len() as f32;
        }
        let n_filled = lengths.iter().filter(|length| **length > 0.0).count().max(1);
        let mean = (lengths.iter().sum::<f32>() / n_filled as f32).max(SHORT);
        let mut scores = vec![0.0; n_nodes];
        for (at, piece) in self.all.pieces.iter().enumerate() {
            // Said once in a document is enough.
            let node = &mut scores[piece.node as usize];
            *node = f32::max(*node, weights.document_pair * found.pairs_of(at, idf));
        }
        for (node, terms) in found.in_nodes.iter().enumerate().filter(|(node, _)| lengths[*node] > 0.0) {
            let norm = weights.k1 * (1.0 - weights.document_b + weights.document_b * lengths[node] / mean);
            for (term, idf) in idf.iter().enumerate() {
                let tf = terms.get(term).copied().unwrap_or(0.0)
                    + weights.document_title * found.in_title(self.titled[node], term);
                scores[node] += idf * tf * (weights.k1 + 1.0) / (tf + norm);
            }
        }
        scale(&mut scores);
        scores
    }

    /// Whether a piece holds what kind of thing the question asks for.
    fn may_answer(&self, at: usize, query: &Query) -> bool {
        let range = self.index.range(at);
        let words = || self.index.stream[range.clone()].iter().zip(&self.index.shapes[range.clone()]);
        let is_asked = |word: &str| query.sequence.iter().any(|(asked, _)| asked == word);
        query.asks.iter().any(|ask| match ask {
            Asks::Who | Asks::Where => words().skip(1).any(|(id, shape)| {
                shape.is_capital && !shape.has_digit && {
                    let word = self.index.word(*id);
                    word.len() > 1 && self.language.share(word).is_none() && !is_asked(word)
                }
            }),
            Asks::When => words().any(|(id, shape)| {
                let word = self.index.word(*id);
                (shape.has_digit && is_year(word) && !is_asked(word)) || self.language.is_time(word)
            }),
            Asks::Number => words().any(|(id, shape)| {
                let word = self.index.word(*id);
                (shape.has_digit && !is_asked(word)) || self.language.is_numeral(word)
            }),
            Asks::Broad => false,
        })
    }
}

fn is_year(word: &str) -> bool {
    word.len() == 4
        && word.bytes().all(|byte| byte.is_ascii_digit())
        && (word.starts_with('1') || word.starts_with("20"))
}

/// Makes the best 1.
fn scale(values: &mut [f32]) {
    let best = values.iter().copied().fold(0.0, f32::max);
    if best > 0.0 {
        for value in values {
            *value /= best;
        }
    }
}

/// Where the terms stand.
pub(super) struct Found {
    /// Terms of each piece with how often, one piece behind the other; the titles after the pieces.
    terms: Vec<(u16, f32)>,
    starts: Vec<u32>,
    /// Neighbours in the question that are neighbours in the piece, by their first term, one piece behind the other.
    pairs: Vec<u16>,
    pair_starts: Vec<u32>,
    /// How often each term stands in each node, its own pieces together; empty where none does.
    in_nodes: Vec<Vec<f32>>,
    titles: Vec<Option<usize>>,
    n_terms: usize,
    n_pieces: usize,
}

impl Found {
    fn gather(field: &Field<'_>, matches: &Matches, n_terms: usize) -> Found {
        let n_entries = field.index.starts.len().saturating_sub(1);
        let n_pieces = field.all.pieces.len();
        let mut found = Found {
            terms: Vec::new(),
            starts: vec![0],
            pairs: Vec::new(),
            pair_starts: vec![0],
            in_nodes: vec![Vec::new(); field.all.nodes.len()],
            titles: field.titles.clone(),
            n_terms,
            n_pieces,
        };
        let mut counts = vec![0.0_f32; n_terms];
        for at in 0..n_entries {
            let mut mask = 0_u64;
            // The last word that answered to each term.
            let mut last: Option<(usize, u16)> = None;
            let n_speaker = field.index.speakers.get(at).copied().unwrap_or(0) as usize;
            for (place, id) in field.index.stream[field.index.range(at)].iter().enumerate() {
                for (term, alike) in matches.of(*id) {
                    let alike = if place < n_speaker { field.weights.speaker * alike } else { *alike };
                    counts[usize::from(*term)] += alike;
                    mask |= 1 << term;
                    if let Some((before, first)) = last
                        && first + 1 == *term
                        && place - before <= NEAR
                    {
                        found.pairs.push(first);
                    }
                }
                if let Some((term, _)) = matches.of(*id).first() {
                    last = Some((place, *term));
                }
            }
            found.pair_starts.push(found.pairs.len() as u32);
            while mask != 0 {
                let term = mask.trailing_zeros() as usize;
                mask &= mask - 1;
                found.terms.push((term as u16, counts[term]));
                if at < n_pieces {
                    let node = &mut found.in_nodes[field.all.pieces[at].node as usize];
                    if node.is_empty() {
                        node.resize(n_terms, 0.0);
                    }
                    node[term] += counts[term];
                }
                counts[term] = 0.0;
            }
            found.starts.push(found.terms.len() as u32);
        }
        found
    }

    /// What the pairs of a piece say: as much as the commoner of the two, each pair once.
    fn pairs_of(&self, at: usize, idf: &[f32]) -> f32 {
        let pairs = &self.pairs[self.pair_starts[at] as usize..self.pair_starts[at + 1] as usize];
        let mut seen = 0_u64;
        let mut sum = 0.0;
        for first in pairs {
            if seen & (1 << first) == 0 {
                seen |= 1 << first;
                let first = usize::from(*first);
                sum += idf[first].min(idf[first + 1]);
            }
        }
        sum
    }

    fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    pub(super) fn entry(&self, at: usize) -> &[(u16, f32)] {
        &self.terms[self.starts[at] as usize..self.starts[at + 1] as usize]
    }

    /// The terms of a piece: how often in itself, how often in its title.
    fn of(&self, at: usize, title_node: usize) -> Vec<(usize, (f32, f32))> {
        let mut terms: Vec<(usize, (f32, f32))> =
            self.entry(at).iter().map(|(term, tf)| (usize::from(*term), (*tf, 0.0))).collect();
        for (term, tf) in self.titles[title_node].map_or(&[][..], |title| self.entry(title)) {
            match terms.iter_mut().find(|(known, _)| known == &usize::from(*term)) {
                Some((_, pair)) => pair.1 = *tf,
                None => terms.push((usize::from(*term), (0.0, *tf))),
            }
        }
        terms
    }

    fn in_title(&self, node: usize, term: usize) -> f32 {
        let entry = self.titles[node].map_or(&[][..], |title| self.entry(title));
        entry.iter().find(|(known, _)| usize::from(*known) == term).map_or(0.0, |(_, tf)| *tf)
    }

    /// How much each term says: from how many pieces hold it, blended with what is known of the language as if that had
    /// been seen in some pieces more.
    fn idf(&self, field: &Field<'_>, query: &Query) -> Vec<f32> {
        let mut n_holding = vec![0.0_f32; self.n_terms];
        for at in 0..self.n_pieces {
            for (term, tf) in self.entry(at) {
                n_holding[usize::from(*term)] += tf.min(1.0);
            }
        }
        let prior = field.weights.prior;
        let n = self.n_pieces as f32;
        query
            .terms
            .iter()
            .zip(n_holding)
            .map(|(term, held)| {
                let known = term.share.unwrap_or(CONTENT_SHARE);
                let share = (held + 0.5 + prior * known) / (n + 1.0 + prior);
                let says = if term.share.is_some() { field.weights.function } else { 1.0 };
                says * term.weight * (1.0 / share.min(1.0)).ln()
            })
            .collect()
    }
}

/// Words apart at which two terms are still neighbours: "reign of terror".
const NEAR: usize = 3;

/// The share of sentences that hold a content word of which nothing is known.
const CONTENT_SHARE: f32 = 0.004;
