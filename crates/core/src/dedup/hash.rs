//! Hashes of words and shingles: folded multiplication over eight bytes at a time. They are the same on every machine and
//! in every run; nothing here is meant to withstand somebody who looks for collisions.

/// Odd constants without structure (digits of π).
pub(super) const K: [u64; 6] = [
    0x243F_6A88_85A3_08D3,
    0x1319_8A2E_0370_7345,
    0xA409_3822_299F_31D1,
    0x082E_FA98_EC4E_6C89,
    0x4528_21E6_38D0_1377,
    0xBE54_66CF_34E9_0C6D,
];

/// Both halves of the product, folded.
pub(super) const fn mix(a: u64, b: u64) -> u64 {
    let product = (a as u128).wrapping_mul(b as u128);
    (product as u64) ^ (product >> 64) as u64
}

/// Takes in eight bytes of a word.
pub(super) const fn take(hash: u64, block: u64) -> u64 {
    mix(hash ^ block, K[1])
}

/// What a word begins with.
pub(super) const WORD: u64 = K[0];

/// The hash of a folded word: block after block, the last one filled up with zeros.
pub(super) fn word(folded: &[u8]) -> u64 {
    folded.chunks(8).fold(WORD, |hash, chunk| {
        let mut block = [0; 8];
        block[..chunk.len()].copy_from_slice(chunk);
        take(hash, u64::from_le_bytes(block))
    })
}

/// The hash of three words in a row.
pub(super) const fn shingle(first: u64, second: u64, third: u64) -> u64 {
    mix(first.wrapping_mul(K[2]) ^ second.rotate_left(29) ^ K[3], third ^ second.wrapping_mul(K[4]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_words_counts() {
        let [a, b, c] = ["alpha", "beta", "gamma"].map(|text| word(text.as_bytes()));
        let orders = [shingle(a, b, c), shingle(a, c, b), shingle(b, a, c), shingle(b, c, a), shingle(c, a, b)];
        for (at, one) in orders.iter().enumerate() {
            assert!(orders[at + 1..].iter().all(|other| one != other));
        }
        assert_ne!(word(b"internationalisation"), word(b"internationalization"));
    }
}
