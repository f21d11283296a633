//! A bounded cache from a piece of text (what the pre-tokenizer cuts: a word, a number, a run of blanks) to its token count,
//! one a thread and vocabulary. Most pieces of real text were met before, and a look-up is several times cheaper than a
//! merge. Keys are compared in full, so a hit is exact.

use std::cell::RefCell;

const N_SLOTS: usize = 1 << 15;
/// Longer pieces are rare and are merged each time.
const MAX_KEY: usize = 14;

/// Direct-mapped: a slot holds the bytes of a piece, its length and its count; 512 KiB, allocated on first use.
pub(super) struct PieceCache(Vec<u128>);

thread_local! {
    static CACHES: RefCell<[PieceCache; 4]> = const { RefCell::new([const { PieceCache(Vec::new()) }; 4]) };
}

/// Runs with the thread's cache of one vocabulary.
pub(super) fn with_cache<T>(vocabulary: usize, run: impl FnOnce(&mut PieceCache) -> T) -> T {
    CACHES.with_borrow_mut(|caches| run(&mut caches[vocabulary]))
}

impl PieceCache {
    /// The count of a piece: from its slot, else from `merge`, which then owns the slot.
    pub(super) fn count(&mut self, bytes: &[u8], merge: impl FnOnce(&[u8]) -> usize) -> u64 {
        if bytes.len() == 1 {
            // All vocabularies hold every byte.
            return 1;
        }
        if bytes.len() > MAX_KEY {
            return merge(bytes) as u64;
        }
        if self.0.is_empty() {
            self.0.resize(N_SLOTS, 0);
        }
        let mut key = [0_u8; 16];
        key[..bytes.len()].copy_from_slice(bytes);
        key[14] = bytes.len() as u8;
        let key = u128::from_le_bytes(key);
        let slot = &mut self.0[slot_of(key)];
        if *slot & KEY_BITS == key {
            return (*slot >> 120) as u64;
        }
        // At most 14 bytes, so at most 14 tokens.
        let n_tokens = merge(bytes);
        *slot = key | ((n_tokens as u128) << 120);
        n_tokens as u64
    }
}

const KEY_BITS: u128 = (1 << 120) - 1;

fn slot_of(key: u128) -> usize {
    let folded = (key as u64) ^ ((key >> 64) as u64).rotate_left(29);
    (folded.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> (64 - N_SLOTS.trailing_zeros())) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hit_does_not_merge_and_a_colliding_piece_does() {
        let mut cache = PieceCache(Vec::new());
        assert_eq!(cache.count(b" word", |_| 2), 2);
        assert_eq!(cache.count(b" word", |_| unreachable!()), 2);
        assert_eq!(cache.count(b" word\0", |_| 3), 3);
        assert_eq!(cache.count(b"a piece that is long", |_| 7), 7);
        assert_eq!(cache.count(b"a piece that is long", |_| 8), 8);
    }
}
