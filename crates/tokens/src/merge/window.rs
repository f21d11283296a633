//! Merging of up to 256 bytes in the innermost cache: keys in rows of 16, the least of each row beside them, so that a merge
//! looks at one array of 16 and one or two rows.

use super::{NO_KEY, key_of};
use crate::vocab::Vocabulary;

/// The longest window.
pub(super) const MOST: usize = 256;

const ROW: usize = 16;

/// A token of a window: where it begins in the piece, and its id.
pub(super) type Placed = (usize, u32);

/// Appends the tokens of `bytes`, whose first byte is number `offset` of the piece.
pub(super) fn tokens(vocabulary: &Vocabulary, bytes: &[u8], offset: usize, tokens: &mut Vec<Placed>) {
    let length = bytes.len().min(MOST);
    let mut ids = [0_u32; MOST];
    let mut keys = [[NO_KEY; ROW]; MOST / ROW];
    for (id, byte) in ids.iter_mut().zip(bytes) {
        *id = vocabulary.byte(*byte);
    }
    for (at, pair) in bytes.windows(2).enumerate().take(MOST) {
        keys[at / ROW][at % ROW] = key_of(vocabulary.byte_pair(pair[0], pair[1]), at);
    }
    // The place of the token before and after.
    let mut links: [(u8, u8); MOST] =
        std::array::from_fn(|at| ((at as u8).wrapping_sub(1), (at as u8).wrapping_add(1)));
    let mut least = keys.map(least_of);
    let last = length - 1;
    let mut end = last;
    loop {
        let key = least_of(least);
        if key == NO_KEY {
            break;
        }
        let (at, id) = ((key & 0xFF) as usize, (key >> 8) as u32);
        let gone = usize::from(links[at].1);
        ids[at] = id;
        keys[gone / ROW][gone % ROW] = NO_KEY;
        if gone == end {
            end = at;
            keys[at / ROW][at % ROW] = NO_KEY;
        } else {
            let next = links[gone].1;
            links[at].1 = next;
            links[usize::from(next)].0 = at as u8;
            keys[at / ROW][at % ROW] = key_of(vocabulary.pair(id, ids[usize::from(next)]), at);
        }
        if at > 0 {
            let previous = usize::from(links[at].0);
            keys[previous / ROW][previous % ROW] = key_of(vocabulary.pair(ids[previous], id), previous);
            least[previous / ROW] = least_of(keys[previous / ROW]);
        }
        least[at / ROW] = least_of(keys[at / ROW]);
        least[gone / ROW] = least_of(keys[gone / ROW]);
    }
    let mut at = 0;
    loop {
        tokens.push((offset + at, ids[at]));
        if at == end {
            return;
        }
        at = usize::from(links[at].1);
    }
}

#[inline(always)]
fn least_of(row: [i32; ROW]) -> i32 {
    row.iter().copied().fold(NO_KEY, i32::min)
}
