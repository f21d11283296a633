//! What a neighbour says: an answer stands beside the words of its question as often as among them. A fact is near; a
//! discussion or decision is a whole passage, so that its width follows the question.

use super::score::{Field, Found};

/// Relevance with that of the neighbours: the best of what reaches a piece, and what its surroundings hold on average.
pub(crate) fn neighbours(field: &Field<'_>, own: &[f32]) -> Vec<f32> {
    let weights = field.weights;
    let (decay, share) = (weights.decay, weights.neighbour);
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
    let by_mean = weights.mean;
    (0..n).map(|at| (1.0 - share) * own[at] + share * ((1.0 - by_mean) * best[at] + by_mean * mean[at] / top)).collect()
}

/// Relevance of the passage around each piece: BM25 of the surroundings as if they were one document whose words count less
/// the farther away they stand. Distance is in words, not pieces: a passage of short turns is as long as one of long ones.
pub(crate) fn passages(field: &Field<'_>, own: &[f32], found: &Found, idf: &[f32]) -> Vec<f32> {
    let weights = field.weights;
    let n = own.len();
    let n_terms = idf.len();
    let lengths: Vec<f32> = (0..n).map(|at| field.index.range(at).len() as f32).collect();
    // The last column is the length of the surroundings.
    let width = n_terms + 1;
    let mut around = vec![0.0_f32; n * width];
    let mut carried = vec![0.0_f32; width];
    for is_backward in [false, true] {
        carried.fill(0.0);
        for step in 0..n {
            let at = if is_backward { n - 1 - step } else { step };
            let before = if is_backward { at + 1 } else { at.wrapping_sub(1) };
            if step == 0 || field.all.pieces[at].chain != field.all.pieces[before].chain {
                carried.fill(0.0);
            } else {
                // Half of each of the two lies between their middles.
                let fade = (-(lengths[at] + lengths[before]) / 2.0 / weights.reach).exp();
                for value in &mut carried {
                    *value *= fade;
                }
            }
            let row = &mut around[at * width..(at + 1) * width];
            // What lies before on the first way, what lies behind on the second; the piece itself once.
            if is_backward {
                row.iter_mut().zip(&carried).for_each(|(value, carried)| *value += carried);
            }
            for (term, tf) in found.entry(at) {
                carried[usize::from(*term)] += tf;
            }
            carried[n_terms] += lengths[at];
            if !is_backward {
                row.copy_from_slice(&carried);
            }
        }
    }
    let mean = ((0..n).map(|at| around[at * width + n_terms]).sum::<f32>() / n.max(1) as f32).max(1.0);
    let passages: Vec<f32> = around
        .chunks_exact(width)
        .map(|row| {
            let norm = weights.passage_k1 * (1.0 - weights.passage_b + weights.passage_b * row[n_terms] / mean);
            row.iter().zip(idf).map(|(tf, idf)| idf * tf * (weights.passage_k1 + 1.0) / (tf + norm)).sum()
        })
        .collect();
    let best = passages.iter().copied().fold(f32::MIN_POSITIVE, f32::max);
    own.iter()
        .zip(passages)
        .map(|(own, passage)| (1.0 - weights.broad) * own + weights.broad * passage / best)
        .collect()
}
