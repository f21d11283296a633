//! The hash functions of all tables, and what the build step and the library have to agree about. The build step includes
//! this file.

/// Bytes of a piece that fit beside its length into 16.
pub(crate) const SHORT: usize = 15;

/// Bytes of a piece that fit beside its length into 8.
pub(crate) const TINY: usize = 7;

/// The longest token of all vocabularies has as many bytes.
pub(crate) const LONGEST: usize = 128;

/// Bytes of a token's parts in a packed vocabulary.
pub(crate) const PARTS: usize = 5;

/// In the place of a left part: the token is given by its bytes.
pub(crate) const LITERAL: u32 = (1 << 20) - 1;

/// Of up to 7 bytes with their length in the highest byte. The highest bits are the best.
#[inline(always)]
pub(crate) const fn tiny(key: u64) -> u64 {
    key.wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

/// Of up to 15 bytes and their length, as [`key`] packs them. The highest bits are the best.
#[inline(always)]
pub(crate) const fn short(key: u128) -> u64 {
    let (low, high) = (key as u64, (key >> 64) as u64);
    low.wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_add(high.wrapping_mul(0xD6E8_FEB8_6659_FD93))
}

/// Of more bytes: word by word, then the last 8, some of which were read already.
#[inline(always)]
pub(crate) fn long(bytes: &[u8]) -> u64 {
    let mut hash = (bytes.len() as u64).wrapping_mul(0xD6E8_FEB8_6659_FD93);
    let mut mix = |word: &[u8; 8]| {
        let product = u128::from(hash ^ u64::from_le_bytes(*word)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        hash = (product as u64) ^ ((product >> 64) as u64);
    };
    bytes.as_chunks().0.iter().for_each(&mut mix);
    bytes.last_chunk().into_iter().for_each(&mut mix);
    hash.wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

/// Of a pair of token ids: first where the shift stands, then, with the shift, where the pair does.
#[inline(always)]
pub(crate) const fn pair(left: u32, right: u32) -> u64 {
    (((left as u64) << 32) | right as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

/// Places for pairs, for each shift.
pub(crate) const GROUP: usize = 8;

/// A place among so many, a power of two, by a hash's highest bits.
#[inline(always)]
pub(crate) const fn place(hash: u64, n_places: usize) -> usize {
    (hash >> (64 - n_places.trailing_zeros())) as usize & (n_places - 1)
}

/// The place of a pair among `n_slots`, a power of two.
#[inline(always)]
pub(crate) const fn pair_slot(hash: u64, shift: u16, n_slots: usize) -> usize {
    let folded = hash ^ (hash >> 29) ^ ((shift as u64) << 17);
    (folded.wrapping_mul(0xD6E8_FEB8_6659_FD93) >> 32) as usize & (n_slots - 1)
}

/// Ids in 256 steps, the last for none: how the edges of characters (`build/atoms.rs`) and ids are compared.
#[inline(always)]
pub(crate) const fn level(id: u32) -> u8 {
    (id >> 10) as u8
}

/// A piece of at most 15 bytes with its length in the highest byte.
#[inline]
pub(crate) fn key(bytes: &[u8]) -> u128 {
    let mut key = [0; 16];
    key[..bytes.len()].copy_from_slice(bytes);
    key[SHORT] = bytes.len() as u8;
    u128::from_le_bytes(key)
}
