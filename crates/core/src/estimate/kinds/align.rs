//! Alignment of two word sequences: which words of one stand for which of the other, in order. Words that occur once in
//! both are anchors (as in patience diff), everything equal next to an anchor or an end is taken along. Not the longest
//! common subsequence but near it where texts come from one template, and linear but for the sorting.

use super::words::{Looks, Word};

/// Anchors are sought again between anchors: words rare in a stretch though frequent in the whole.
const MAX_DEPTH: u32 = 4;

/// Pairs of positions of equal words, increasing in both.
pub(super) fn align(a: &[Word], b: &[Word]) -> Vec<(usize, usize)> {
    let mut pairs = Vec::with_capacity(a.len().min(b.len()));
    align_range(a, b, (0, 0), 0, &mut pairs);
    pairs
}

fn align_range(a: &[Word], b: &[Word], offset: (usize, usize), depth: u32, pairs: &mut Vec<(usize, usize)>) {
    let n_head = a.iter().zip(b).take_while(|(a, b)| a.key == b.key).count();
    pairs.extend((0..n_head).map(|i| (offset.0 + i, offset.1 + i)));
    let (a, b, offset) = (&a[n_head..], &b[n_head..], (offset.0 + n_head, offset.1 + n_head));
    let n_tail = a.iter().rev().zip(b.iter().rev()).take_while(|(a, b)| a.key == b.key).count();
    let (a, a_tail) = a.split_at(a.len() - n_tail);
    let (b, _) = b.split_at(b.len() - n_tail);

    if depth < MAX_DEPTH && !a.is_empty() && !b.is_empty() {
        let mut from = (0, 0);
        let anchors = increasing(&unique_pairs(a, b));
        for &(i, j) in &anchors {
            if i >= from.0 && j >= from.1 {
                let (left, right) = (&a[from.0..i], &b[from.1..j]);
                align_range(left, right, (offset.0 + from.0, offset.1 + from.1), depth + 1, pairs);
                pairs.push((offset.0 + i, offset.1 + j));
                from = (i + 1, j + 1);
            }
        }
        if !anchors.is_empty() {
            let (left, right) = (&a[from.0..], &b[from.1..]);
            align_range(left, right, (offset.0 + from.0, offset.1 + from.1), depth + 1, pairs);
        }
    }
    let tail = (offset.0 + a.len(), offset.1 + b.len());
    pairs.extend((0..a_tail.len()).map(|i| (tail.0 + i, tail.1 + i)));
}

/// Places of the plain words that occur exactly once in both, by their place in `a`.
fn unique_pairs(a: &[Word], b: &[Word]) -> Vec<(usize, usize)> {
    let (a, b) = (once(a), once(b));
    let mut pairs = Vec::new();
    let (mut i, mut j) = (0, 0);
    while let (Some((left, at_left)), Some((right, at_right))) = (a.get(i), b.get(j)) {
        if left == right {
            pairs.push((*at_left, *at_right));
        }
        i += usize::from(left <= right);
        j += usize::from(right <= left);
    }
    pairs.sort_unstable();
    pairs
}

/// Keys of the plain words that occur once, with their places, sorted by key.
fn once(words: &[Word]) -> Vec<(u64, usize)> {
    let plain = words.iter().enumerate().filter(|(_, word)| word.looks == Looks::Plain);
    let mut keys: Vec<(u64, usize)> = plain.map(|(at, word)| (word.key, at)).collect();
    keys.sort_unstable();
    keys.chunk_by(|a, b| a.0 == b.0).filter_map(|group| if let [one] = group { Some(*one) } else { None }).collect()
}

/// The longest part of the pairs (sorted by their first) that increases in the second as well.
fn increasing(pairs: &[(usize, usize)]) -> Vec<(usize, usize)> {
    // `tops[n]` is the pair with the least end of all increasing parts of length n + 1; `before` leads back from a pair.
    let mut tops: Vec<usize> = Vec::new();
    let mut before = vec![None; pairs.len()];
    for (at, pair) in pairs.iter().enumerate() {
        let length = tops.partition_point(|top| pairs[*top].1 < pair.1);
        before[at] = length.checked_sub(1).map(|last| tops[last]);
        if length == tops.len() {
            tops.push(at);
        } else {
            tops[length] = at;
        }
    }
    let mut chain = Vec::with_capacity(tops.len());
    let mut next = tops.last().copied();
    while let Some(at) = next {
        chain.push(pairs[at]);
        next = before[at];
    }
    chain.reverse();
    chain
}

#[cfg(test)]
mod tests {
    use super::super::words::split;
    use super::*;

    fn check(a: &str, b: &str, expected: &str) {
        let (mut left, mut right) = (Vec::new(), Vec::new());
        split(a, 0, &mut left);
        split(b, 0, &mut right);
        let common: Vec<&str> = align(&left, &right).iter().map(|(i, _)| left[*i].of(a)).collect();
        assert_eq!(common.join(" "), expected, "{a:?} and {b:?}");
    }

    #[test]
    fn alignments() {
        check("", "a", "");
        check("a b c", "a b c", "a b c");
        check("x a b", "y z a b", "a b");
        check("a b x", "a b y z", "a b");
        check("a x x b c y d", "a b c z z z d", "a b c d");
        // Crossing words: the longer part stays.
        check("a b c d", "d a b c", "a b c");
        // `the` is frequent in the whole, and unique between the anchors.
        check("the x then the cat now the", "the y then the dog now the", "the then the now the");
    }
}
