//! Merging of many pieces side by side. A merge asks for two entries of the pair table, which is in the third-level cache at
//! best; so all pieces say what they ask for before the first one reads its answer, and the fetches are under way at once.

use std::hint::select_unpredictable;

use super::symbols::symbols;
use super::{NO_KEY, key_of};
use crate::vocab::{NONE, Place, Vocabulary};

/// Pieces that are merged side by side.
pub(crate) const LANES: usize = 16;

/// The longest piece.
pub(crate) const MOST: usize = 64;

/// Keys that are compared at once.
const ROW: usize = 16;

/// Room for pieces on their way.
pub(crate) struct Batch {
    lanes: [Lane; LANES],
}

/// A piece on its way. Places are those of its bytes; what is in no place of `starts` means nothing.
#[derive(Clone, Copy)]
pub(super) struct Lane {
    /// The places that begin a token.
    pub(super) starts: u64,
    /// Rows of keys that are of this piece.
    n_rows: usize,
    /// The token that begins at a place.
    pub(super) ids: [u32; MOST],
    /// What this token and the next merge into, with the place.
    keys: [[i32; ROW]; MOST / ROW],
}

/// What a merge asks the pair table for: the new token with the one before it, and with the one behind it.
#[derive(Clone, Copy, Default)]
struct Asked {
    lane: u8,
    at: u8,
    previous: u8,
    id: u32,
    previous_id: u32,
    next_id: u32,
    with_previous: Place,
    with_next: Place,
}

impl Batch {
    pub(crate) const fn new() -> Batch {
        Batch { lanes: [Lane::EMPTY; LANES] }
    }

    /// Where the tokens begin in up to [`LANES`] pieces of 1 to [`MOST`] bytes, a bit a byte.
    #[inline(always)]
    pub(crate) fn starts(&mut self, vocabulary: &Vocabulary, pieces: &[&[u8]]) -> [u64; LANES] {
        let mut asked = [Asked::default(); LANES];
        let mut n_active = pieces.len().min(LANES);
        for (n, (lane, piece)) in self.lanes.iter_mut().zip(pieces).enumerate() {
            lane.begin(vocabulary, piece);
            asked[n].lane = n as u8;
        }
        while n_active > 0 {
            let mut n_asking = 0;
            for n in 0..n_active {
                let number = asked[n % LANES].lane;
                let lane = &mut self.lanes[usize::from(number) % LANES];
                let least = lane.least();
                if least != NO_KEY {
                    asked[n_asking % LANES] = Asked { lane: number, ..lane.merge(vocabulary, least) };
                    n_asking += 1;
                }
            }
            n_active = n_asking;
            for asked in &asked[..n_active] {
                self.lanes[usize::from(asked.lane) % LANES].answer(vocabulary, asked);
            }
        }
        let mut starts = [0; LANES];
        for (starts, lane) in starts.iter_mut().zip(&self.lanes[..pieces.len().min(LANES)]) {
            *starts = lane.starts;
        }
        starts
    }
}

impl Lane {
    const EMPTY: Lane = Lane { starts: 0, n_rows: 0, ids: [0; MOST], keys: [[0; ROW]; MOST / ROW] };

    /// The tokens of a piece of 1 to [`MOST`] bytes, by itself.
    pub(super) fn merged(vocabulary: &Vocabulary, piece: &[u8]) -> Lane {
        let mut lane = Lane::EMPTY;
        lane.begin(vocabulary, piece);
        loop {
            let least = lane.least();
            if least == NO_KEY {
                return lane;
            }
            let asked = lane.merge(vocabulary, least);
            lane.answer(vocabulary, &asked);
        }
    }

    #[inline(always)]
    fn begin(&mut self, vocabulary: &Vocabulary, piece: &[u8]) {
        let length = piece.len().min(MOST);
        self.n_rows = length.div_ceil(ROW);
        let keys = self.keys.as_flattened_mut();
        if piece.is_ascii() {
            for (id, byte) in self.ids.iter_mut().zip(piece) {
                *id = vocabulary.byte(*byte);
            }
            for (at, (key, pair)) in keys.iter_mut().zip(piece.windows(2)).enumerate() {
                *key = key_of(vocabulary.byte_pair(pair[0], pair[1]), at);
            }
            keys[length - 1..self.n_rows * ROW].fill(NO_KEY);
            self.starts = u64::MAX >> (MOST - length);
        } else {
            keys[..self.n_rows * ROW].fill(NO_KEY);
            let (mut starts, mut last, mut last_id) = (0, 0, NONE);
            symbols(vocabulary, &piece[..length], |id, at| {
                self.ids[at % MOST] = id;
                starts |= 1 << at;
                // Before the first there is nothing that merges.
                keys[last % MOST] = key_of(vocabulary.pair(last_id, id), last);
                (last, last_id) = (at, id);
            });
            self.starts = starts;
        }
    }

    #[inline(always)]
    fn least(&self) -> i32 {
        let mut least = self.keys[0];
        for row in &self.keys[1..self.n_rows.max(1)] {
            for (least, key) in least.iter_mut().zip(row) {
                *least = (*least).min(*key);
            }
        }
        least.iter().copied().fold(NO_KEY, i32::min)
    }

    /// Makes one token of the pair with this key, and asks what it merges into.
    ///
    /// Whether there is a token before or behind the new one cannot be foreseen, so no branch depends on it: what is not there
    /// has no id, and no pair.
    #[inline(always)]
    fn merge(&mut self, vocabulary: &Vocabulary, least: i32) -> Asked {
        let (at, id) = ((least & 0xFF) as usize % MOST, (least >> 8) as u32);
        let behind = self.starts & (u64::MAX - 1) << at;
        let gone = behind.trailing_zeros() as usize % MOST;
        self.starts ^= 1 << gone;
        self.ids[at] = id;
        self.keys.as_flattened_mut()[gone] = NO_KEY;
        let behind = behind & behind.wrapping_sub(1);
        let next_id = select_unpredictable(behind == 0, NONE, self.ids[behind.trailing_zeros() as usize % MOST]);
        let before = self.starts & !(u64::MAX << at);
        let previous = 63 - (before | 1).leading_zeros() as usize % 64;
        let previous_id = select_unpredictable(before == 0, NONE, self.ids[previous % MOST]);
        let with_previous = vocabulary.fetch_pair(previous_id, id);
        let with_next = vocabulary.fetch_pair(id, next_id);
        let (at, previous) = (at as u8, previous as u8);
        Asked { lane: 0, at, previous, id, previous_id, next_id, with_previous, with_next }
    }

    #[inline(always)]
    fn answer(&mut self, vocabulary: &Vocabulary, asked: &Asked) {
        let Asked { at, previous, id, previous_id, next_id, with_previous, with_next, .. } = *asked;
        let keys = self.keys.as_flattened_mut();
        let (at, previous) = (usize::from(at), usize::from(previous));
        keys[previous % MOST] = key_of(vocabulary.pair_at(with_previous, previous_id, id), previous);
        // The last, because without a token before, `previous` is this place.
        keys[at % MOST] = key_of(vocabulary.pair_at(with_next, id, next_id), at);
    }
}
