//! Merging of a piece of any length in linear time, in windows that are joined.
//!
//! A sequence of tokens is the encoding of the text that it spells if, and only if, each two neighbours are the encoding of
//! the text that those two spell. So if the encodings of two overlapping stretches have a token in common, at the same
//! place, then the tokens of the first up to it and those of the second from it on are the encoding of both stretches
//! together: every two neighbours stood beside each other in one of the two.

use super::window::{self, Placed};
use super::{Sink, heap};
use crate::vocab::Vocabulary;

/// How far the next window reaches back, and how long it is, first and then whenever nothing is in common.
const ATTEMPTS: [(usize, usize); 4] = [(48, 256), (128, 256), (240, 1024), (usize::MAX, 4096)];

/// The tokens of a piece of more than 64 bytes.
pub(super) fn tokens(vocabulary: &Vocabulary, piece: &[u8], sink: &mut impl Sink) {
    let (mut known, mut fresh): (Vec<Placed>, Vec<Placed>) = (Vec::new(), Vec::new());
    let mut end = window::MOST.min(piece.len());
    // What the fresh tokens are of.
    let mut merged = 0..0;
    window::tokens(vocabulary, &piece[..end], 0, &mut known);
    while end < piece.len() {
        let joined = ATTEMPTS.iter().find_map(|(back, length)| {
            // Begins with a token of the known stretch, never with its first: that one would be repeated for ever.
            let from = known.partition_point(|(start, _)| *start < end.saturating_sub(*back)).max(1);
            let (start, _) = *known.get(from)?;
            let fresh_end = piece.len().min(start + length);
            let bytes = &piece[start..fresh_end];
            if start > merged.start && bytes == &piece[merged.clone()] {
                // The same bytes again, as in a run of one character: the same tokens.
                let moved = start - merged.start;
                for (place, _) in &mut fresh {
                    *place += moved;
                }
                merged = start..fresh_end;
                let (in_known, in_fresh) = common((&known, end), (&fresh, fresh_end), from)?;
                return (fresh_end > end).then_some((in_known, in_fresh, fresh_end));
            }
            merged = start..fresh_end;
            fresh.clear();
            if bytes.len() <= window::MOST {
                window::tokens(vocabulary, bytes, start, &mut fresh);
            } else {
                heap::tokens(vocabulary, bytes, start, &mut fresh);
            }
            let (in_known, in_fresh) = common((&known, end), (&fresh, fresh_end), from)?;
            (fresh_end > end).then_some((in_known, in_fresh, fresh_end))
        });
        let Some((in_known, in_fresh, fresh_end)) = joined else {
            sink.restart();
            known.clear();
            heap::tokens(vocabulary, piece, 0, &mut known);
            break;
        };
        hand_over(&known[..=in_known], sink);
        known.clear();
        known.extend_from_slice(&fresh[in_fresh..]);
        end = fresh_end;
    }
    known.push((piece.len(), 0));
    hand_over(&known, sink);
}

/// All tokens but the last, which says where the one before ends.
fn hand_over(tokens: &[Placed], sink: &mut impl Sink) {
    for pair in tokens.windows(2) {
        sink.token(pair[0].1, pair[1].0 - pair[0].0);
    }
}

/// The first token that two stretches have in common, by its number in each.
fn common(known: (&[Placed], usize), fresh: (&[Placed], usize), from: usize) -> Option<(usize, usize)> {
    let stop = |(tokens, end): (&[Placed], usize), n: usize| tokens.get(n + 1).map_or(end, |(start, _)| *start);
    let (mut in_known, mut in_fresh) = (from, 0);
    while let (Some((left, id)), Some((right, other))) = (known.0.get(in_known), fresh.0.get(in_fresh)) {
        if left == right && id == other && stop(known, in_known) == stop(fresh, in_fresh) {
            return Some((in_known, in_fresh));
        }
        in_known += usize::from(left <= right);
        in_fresh += usize::from(right <= left);
    }
    None
}
