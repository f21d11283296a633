//! Merging of any number of bytes with a heap of pairs: simple, and `n log n`.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::window::Placed;
use crate::vocab::{NONE, Vocabulary};

/// Appends the tokens of `bytes`, whose first byte is number `offset` of the piece.
pub(crate) fn tokens(vocabulary: &Vocabulary, bytes: &[u8], offset: usize, tokens: &mut Vec<Placed>) {
    let n = bytes.len();
    // A place that begins no token any more has no id.
    let mut ids: Vec<u32> = bytes.iter().map(|byte| vocabulary.byte(*byte)).collect();
    let mut next: Vec<usize> = (1..=n).collect();
    let mut previous: Vec<usize> = (0..n).map(|at| at.saturating_sub(1)).collect();
    // Rank, left place, and the two ids: an entry counts only as long as these stand there.
    let mut heap: BinaryHeap<Reverse<(u32, usize, u32, u32)>> = BinaryHeap::new();
    for at in 1..n {
        let id = vocabulary.byte_pair(bytes[at - 1], bytes[at]);
        if id != NONE {
            heap.push(Reverse((id, at - 1, ids[at - 1], ids[at])));
        }
    }
    while let Some(Reverse((id, at, left, right))) = heap.pop() {
        let gone = next[at];
        if ids[at] != left || gone >= n || ids[gone] != right {
            continue;
        }
        (ids[at], ids[gone]) = (id, NONE);
        let after = next[gone];
        next[at] = after;
        if after < n {
            previous[after] = at;
            push(vocabulary, &mut heap, at, id, ids[after]);
        }
        if at > 0 {
            push(vocabulary, &mut heap, previous[at], ids[previous[at]], id);
        }
    }
    let mut at = 0;
    while at < n {
        tokens.push((offset + at, ids[at]));
        at = next[at];
    }
}

fn push(
    vocabulary: &Vocabulary,
    heap: &mut BinaryHeap<Reverse<(u32, usize, u32, u32)>>,
    at: usize,
    left: u32,
    right: u32,
) {
    let id = vocabulary.pair(left, right);
    if id != NONE {
        heap.push(Reverse((id, at, left, right)));
    }
}
