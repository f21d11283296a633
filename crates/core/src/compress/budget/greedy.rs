//! The choice: pieces by what they add — their relevance, and terms of the question that nothing kept holds yet — under an
//! exact budget, with everything charged that must be opened for them. What does not fit makes room for smaller ones.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use super::Weights;
use super::pieces::Pieces;

/// What a piece is worth.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Worth {
    /// Relevance, from 0 to about 2.
    pub(crate) score: f32,
    /// The terms of the question that it holds.
    pub(crate) mask: u64,
    /// Pieces of the same words have the same number, from 1; 0 for those that have no twin.
    pub(crate) twin: u32,
}

/// The state of a choice.
pub(crate) struct Choice<'p> {
    all: &'p Pieces,
    pub(crate) kept: Vec<bool>,
    pub(crate) open: Vec<bool>,
    /// Kept pieces below each node.
    n_inside: Vec<u32>,
    /// Tokens, by the prices of the pieces.
    pub(crate) spent: u64,
    /// In the order of choice, without the protected ones.
    pub(crate) order: Vec<u32>,
    /// How often each term has been kept.
    covered: [u16; 64],
    /// How many of each kind of twins are kept.
    twins: Vec<u16>,
    marker: u64,
}

impl<'p> Choice<'p> {
    /// What is protected is kept from the start.
    pub(crate) fn new(all: &'p Pieces, marker: u64) -> Self {
        let mut choice = Choice {
            all,
            kept: vec![false; all.pieces.len()],
            open: vec![false; all.nodes.len()],
            n_inside: vec![0; all.nodes.len()],
            spent: 0,
            order: Vec::new(),
            covered: [0; 64],
            twins: Vec::new(),
            marker,
        };
        for at in 0..all.nodes.len() {
            if all.nodes[at].is_protected {
                choice.open_up(at as u32);
            }
        }
        for at in 0..all.pieces.len() {
            if all.pieces[at].is_protected {
                choice.keep(at as u32);
            }
        }
        choice.order.clear();
        choice
    }

    /// Opens a node and what it lies in; it stays open.
    pub(crate) fn open_up(&mut self, node: u32) {
        let mut next = Some(node);
        while let Some(node) = next {
            let at = node as usize;
            self.n_inside[at] += 1;
            if !self.open[at] {
                self.open[at] = true;
                self.spent += self.all.nodes[at].cost;
            }
            next = self.all.nodes[at].parent;
        }
    }

    /// What keeping a piece costs now; no more is looked up than that it is above `limit`.
    fn price(&self, piece: u32, limit: u64) -> u64 {
        let own = &self.all.pieces[piece as usize];
        let mut price = own.cost + self.gap_price(piece);
        let mut next = Some(own.node);
        while let Some(node) = next {
            if self.open[node as usize] || price > limit {
                break;
            }
            let node = &self.all.nodes[node as usize];
            price += node.cost;
            next = node.parent;
        }
        price
    }

    /// The markers that it needs, at most: one on each side where nothing is kept.
    fn gap_price(&self, piece: u32) -> u64 {
        if self.marker == 0 {
            return 0;
        }
        let at = piece as usize;
        let source = self.all.pieces[at].source;
        let is_kept = |at: usize| self.all.pieces.get(at).is_some_and(|other| other.source == source) && self.kept[at];
        let n_kept = usize::from(at > 0 && is_kept(at - 1)) + usize::from(is_kept(at + 1));
        match n_kept {
            0 => 2 * self.marker,
            1 => self.marker,
            _ => 0,
        }
    }

    fn keep(&mut self, piece: u32) {
        self.spent += self.all.pieces[piece as usize].cost + self.gap_price(piece);
        self.open_up(self.all.pieces[piece as usize].node);
        self.kept[piece as usize] = true;
        self.order.push(piece);
    }

    /// Takes back the piece chosen last; what only it needed is closed again.
    pub(crate) fn undo(&mut self, worth: &[Worth]) -> Option<u32> {
        let piece = self.order.pop()?;
        self.kept[piece as usize] = false;
        self.spent = self.spent.saturating_sub(self.all.pieces[piece as usize].cost);
        let mut next = Some(self.all.pieces[piece as usize].node);
        while let Some(node) = next {
            let at = node as usize;
            self.n_inside[at] -= 1;
            if self.n_inside[at] == 0 {
                self.open[at] = false;
                self.spent = self.spent.saturating_sub(self.all.nodes[at].cost);
            }
            next = self.all.nodes[at].parent;
        }
        for term in bits(worth[piece as usize].mask) {
            self.covered[term] = self.covered[term].saturating_sub(1);
        }
        if let Some(twins) = self.twins.get_mut(worth[piece as usize].twin as usize) {
            *twins = twins.saturating_sub(1);
        }
        Some(piece)
    }

    /// Keeps what is worth most until nothing more fits into `budget`. `terms`: how much each term of the question says,
    /// of 1 in all. Those in `refused` have been tried.
    pub(crate) fn fill(&mut self, worth: &[Worth], terms: &[f32], budget: u64, weights: &Weights, refused: &[bool]) {
        let n_twins = worth.iter().map(|worth| worth.twin as usize + 1).max().unwrap_or(0);
        self.twins.resize(n_twins, 0);
        let mut heap: BinaryHeap<Entry> = (0..self.all.pieces.len() as u32)
            .filter(|at| !self.kept[*at as usize] && !refused[*at as usize])
            .map(|piece| Entry { gain: self.gain(piece, worth, terms, weights), piece })
            .collect();
        while let Some(top) = heap.pop() {
            if self.spent + self.all.pieces[top.piece as usize].cost > budget {
                continue;
            }
            // What has been kept since may have made it worth less: it is asked again when it comes to the top.
            let gain = self.gain(top.piece, worth, terms, weights);
            if heap.peek().is_some_and(|next| gain < next.gain) {
                heap.push(Entry { gain, ..top });
                continue;
            }
            let room = budget - self.spent;
            if self.price(top.piece, room) > room {
                continue;
            }
            self.keep(top.piece);
            for term in bits(worth[top.piece as usize].mask) {
                self.covered[term] = self.covered[term].saturating_add(1);
            }
            self.twins[worth[top.piece as usize].twin as usize] += 1;
        }
    }

    fn gain(&self, piece: u32, worth: &[Worth], terms: &[f32], weights: &Weights) -> f32 {
        let own = worth[piece as usize];
        // What is said already says nothing more.
        if own.twin > 0 && self.twins.get(own.twin as usize).is_some_and(|kept| *kept > 0) {
            return 0.0;
        }
        let new: f32 =
            bits(own.mask).map(|term| terms[term] * weights.again.powi(i32::from(self.covered[term].min(20)))).sum();
        let cost = self.all.pieces[piece as usize].cost.max(1) as f32;
        (own.score + weights.coverage * new) / cost.powf(weights.density)
    }
}

fn bits(mut mask: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let bit = (mask != 0).then(|| mask.trailing_zeros() as usize)?;
        mask &= mask - 1;
        Some(bit)
    })
}

struct Entry {
    gain: f32,
    piece: u32,
}

impl Ord for Entry {
    fn cmp(&self, other: &Self) -> Ordering {
        // Of equals the first in the text.
        self.gain.total_cmp(&other.gain).then(other.piece.cmp(&self.piece))
    }
}

impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Entry {}
