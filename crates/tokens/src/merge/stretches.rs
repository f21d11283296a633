//! The number of tokens of a long piece: stretches of 64 bytes, each of which reaches into the next, merged side by side and
//! joined where two of them have a token in common. `merge/long.rs` says why that is the encoding of the whole, and does
//! it where two stretches have none.

use super::batch::{Batch, LANES, MOST};
use crate::vocab::Vocabulary;

/// From one stretch to the next.
const STEP: usize = 40;

/// The number of tokens of a piece of more than 64 bytes; `None` if two stretches have no token in common.
#[inline(always)]
pub(crate) fn count(batch: &mut Batch, vocabulary: &Vocabulary, piece: &[u8]) -> Option<u64> {
    let n_stretches = piece.len().saturating_sub(MOST).div_ceil(STEP) + 1;
    // Of the stretch before: where its tokens begin, and from which on they count.
    let (mut known, mut total) = (None, 0);
    // Stretches that wait, and how often each comes again, as in a run of one character.
    let (mut waiting, mut again, mut n_waiting) = ([&piece[..0]; LANES], [0_usize; LANES], 0);
    for n in 0..n_stretches {
        let bytes = &piece[n * STEP..piece.len().min(n * STEP + MOST)];
        if n_waiting > 0 && bytes == waiting[n_waiting - 1] {
            again[n_waiting - 1] += 1;
        } else {
            (waiting[n_waiting], again[n_waiting]) = (bytes, 0);
            n_waiting += 1;
        }
        if n_waiting == LANES || n + 1 == n_stretches {
            let starts = batch.starts(vocabulary, &waiting[..n_waiting]);
            for (starts, again) in starts.iter().zip(&again[..n_waiting]) {
                for _ in 0..=*again {
                    let mut from = 0;
                    if let Some((before, from_before)) = known {
                        from = join(before, *starts)?;
                        total += u64::from((before & places(from_before, from + STEP)).count_ones());
                    }
                    known = Some((*starts, from));
                }
            }
            n_waiting = 0;
        }
    }
    let (starts, from) = known?;
    Some(total + u64::from((starts & places(from, MOST)).count_ones()))
}

/// The places from `from` on up to `to`.
#[inline(always)]
fn places(from: usize, to: usize) -> u64 {
    u64::MAX << from & u64::MAX >> (MOST - to)
}

/// Where the first token begins that two stretches have in common, as a place of the second: it begins and ends at the
/// same places, so it is the same bytes.
#[inline(always)]
fn join(first: u64, second: u64) -> Option<usize> {
    let first = first >> STEP;
    let second = second & u64::MAX >> STEP;
    let (both, mut either) = (first & second, first | second);
    while either != 0 {
        let at = either & either.wrapping_neg();
        either ^= at;
        let next = either & either.wrapping_neg();
        if both & at != 0 && both & next != 0 {
            return Some(at.trailing_zeros() as usize);
        }
    }
    None
}
