//! What a neighbour says: an answer stands beside the words of its question as often as among them. A fact is near; a
//! discussion or decision is a whole passage, so that its width follows the question.

use super::score::Field;

/// Relevance with that of the neighbours: the best of what reaches a piece, and what its surroundings hold on average.
pub(crate) fn neighbours(field: &Field<'_>, own: &[f32], is_broad: bool) -> Vec<f32> {
    let weights = field.weights;
    let (decay, share) =
        if is_broad { (weights.broad_decay, weights.broad) } else { (weights.decay, weights.neighbour) };
    let pieces = &field.all.pieces;
    let n = own.len();
    let follows = |at: usize| at > 0 && pieces[at - 1].chain == pieces[at].chain;
    // The reach of the best: each piece passes on what it got, less by `decay`.
    let mut best = own.to_vec();
    for at in 1..n {
        if follows(at) {
            best[at] = best[at].max(decay * best[at - 1]);
        }
    }
    for at in (1..n).rev() {
        if follows(at) {
            best[at - 1] = best[at - 1].max(decay * best[at]);
        }
    }
    // The surroundings: a two-sided exponential mean.
    let mut ahead = vec![(0.0_f32, 0.0_f32); n];
    let mut mean = vec![0.0_f32; n];
    for at in 0..n {
        let carried = if follows(at) { ahead[at - 1] } else { (0.0, 0.0) };
        ahead[at] = (own[at] + decay * carried.0, 1.0 + decay * carried.1);
    }
    let mut behind = (0.0, 0.0);
    for at in (0..n).rev() {
        behind = if at + 1 < n && follows(at + 1) {
            (own[at + 1] + decay * behind.0, 1.0 + decay * behind.1)
        } else {
            (0.0, 0.0)
        };
        // `behind` holds what follows, at a distance of one.
        mean[at] = (ahead[at].0 + decay * behind.0) / (ahead[at].1 + decay * behind.1);
    }
    let top = mean.iter().copied().fold(f32::MIN_POSITIVE, f32::max);
    let by_mean = if is_broad { weights.broad_mean } else { weights.mean };
    (0..n).map(|at| (1.0 - share) * own[at] + share * ((1.0 - by_mean) * best[at] + by_mean * mean[at] / top)).collect()
}
