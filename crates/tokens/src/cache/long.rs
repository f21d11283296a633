//! Pieces of 32 to 16,383 bytes: their bytes one after the other in a buffer, an index of their hashes before it. When the
//! buffer is full, all are forgotten.

const INDEX_BITS: u32 = 17;
const BUFFER: usize = 16 << 20;

/// Longer pieces are merged each time: a few would take all the room.
const LONGEST: usize = 16_383;

#[derive(Clone, Copy, Default)]
struct Entry {
    hash: u32,
    offset: u32,
    /// 0 where there is no entry.
    length: u16,
    count: u16,
}

pub(super) struct LongPieces {
    index: Vec<Entry>,
    buffer: Vec<u8>,
}

impl LongPieces {
    pub(super) const fn new() -> LongPieces {
        LongPieces { index: Vec::new(), buffer: Vec::new() }
    }

    /// The number of tokens; 0 if it is not known.
    pub(super) fn get(&self, piece: &[u8], hash: u64) -> u32 {
        let Some(Entry { hash: known, offset, length, count }) = self.index.get(slot(hash)) else { return 0 };
        let offset = *offset as usize;
        let is_it = *known == hash as u32
            && usize::from(*length) == piece.len()
            && self.buffer.get(offset..offset + piece.len()) == Some(piece);
        if is_it { u32::from(*count) } else { 0 }
    }

    pub(super) fn put(&mut self, piece: &[u8], hash: u64, count: u64) {
        if piece.len() > LONGEST {
            return;
        }
        if self.index.is_empty() {
            self.index = vec![Entry::default(); 1 << INDEX_BITS];
            // Memory that is not there before it is touched. Growing would move it, and stop the other threads for it.
            self.buffer.reserve_exact(BUFFER);
        }
        if self.buffer.len() + piece.len() > BUFFER {
            self.buffer.clear();
            self.index.fill(Entry::default());
        }
        self.index[slot(hash)] = Entry {
            hash: hash as u32,
            offset: self.buffer.len() as u32,
            length: piece.len() as u16,
            count: count as u16,
        };
        self.buffer.extend_from_slice(piece);
    }
}

fn slot(hash: u64) -> usize {
    (hash >> (64 - INDEX_BITS)) as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hash;

    #[test]
    fn when_the_buffer_is_full_it_begins_again_and_what_is_found_is_right() {
        let mut pieces = LongPieces::new();
        let piece = |n: usize| format!("{n:07} {}", "x".repeat(n % 16_000 + 40)).into_bytes();
        let mut n_times = 0;
        for n in 0.. {
            let piece = piece(n * 7919);
            let before = pieces.buffer.len();
            pieces.put(&piece, hash::long(&piece), n as u64 % 1000 + 1);
            assert_eq!(pieces.get(&piece, hash::long(&piece)), n as u32 % 1000 + 1);
            n_times += usize::from(pieces.buffer.len() < before);
            assert!(pieces.buffer.len() <= BUFFER && pieces.buffer.capacity() <= BUFFER);
            if n_times == 2 {
                break;
            }
        }
        // The first was forgotten.
        assert_eq!(pieces.get(&piece(0), hash::long(&piece(0))), 0);
    }

    #[test]
    fn what_is_longer_is_not_kept() {
        let mut pieces = LongPieces::new();
        for (length, expected) in [(LONGEST, 9), (LONGEST + 1, 0)] {
            let piece = vec![b'x'; length];
            pieces.put(&piece, hash::long(&piece), 9);
            assert_eq!(pieces.get(&piece, hash::long(&piece)), expected);
        }
    }
}
