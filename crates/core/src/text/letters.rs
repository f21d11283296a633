//! The letters and digits of a text without what stands between them: how near copies are looked for.

/// Appends the ASCII letters and digits of some bytes, letters in lower case; every other byte is left out. O(n): the bytes are judged
/// 64 at a time, then whole words are copied.
pub fn push_letters(out: &mut Vec<u8>, bytes: &[u8]) {
    // A word is copied as sixteen bytes, of which those that are not its own are written over by the next.
    let begin = out.len();
    out.resize(begin + bytes.len() + WORD, 0);
    let mut n = begin;
    let mut block = [0; BLOCK + WORD];
    for chunk in bytes.chunks(BLOCK) {
        block[..chunk.len()].copy_from_slice(chunk);
        // No letter is zero.
        block[chunk.len()..].fill(0);
        let mut letters = lower_block(&mut block);
        while letters != 0 {
            let from = letters.trailing_zeros() as usize;
            let n_letters = (!(letters >> from)).trailing_zeros() as usize;
            let (mut at, end) = (from, from + n_letters);
            while at < end {
                out[n..n + WORD].copy_from_slice(&block[at..at + WORD]);
                let n_copied = (end - at).min(WORD);
                n += n_copied;
                at += n_copied;
            }
            // In two steps: a shift by 64 is none.
            letters &= (u64::MAX << from) << (n_letters - 1) << 1;
        }
    }
    out.truncate(n);
}

const BLOCK: usize = 64;
const WORD: usize = 16;

/// Puts the letters of the first 64 bytes in lower case; answers which of them are letters or digits, the first by the lowest bit.
fn lower_block(block: &mut [u8; BLOCK + WORD]) -> u64 {
    let mut letters = 0;
    for (place, eight) in block[..BLOCK].chunks_exact_mut(8).enumerate() {
        let mut bytes = [0; 8];
        bytes.copy_from_slice(eight);
        let (lower, found) = lower_eight(u64::from_le_bytes(bytes));
        eight.copy_from_slice(&lower.to_le_bytes());
        // Gathers the highest bits of eight bytes in the highest byte.
        letters |= ((found >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56) << (8 * place);
    }
    letters
}

/// Of eight bytes: themselves with letters in lower case, and the highest bit of each that is a letter or digit.
fn lower_eight(eight: u64) -> (u64, u64) {
    const EACH: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = EACH << 7;
    // With the highest bit set, no byte borrows from the next; the bit stays where the byte is no less.
    let from = |bytes: u64, least: u8| (bytes | HIGH) - EACH * u64::from(least);
    let within = |bytes: u64, first: u8, last: u8| from(bytes, first) & !from(bytes, last + 1) & HIGH & !eight;
    let letters = within(eight | (EACH * 0x20), b'a', b'z');
    (eight | (letters >> 2), letters | within(eight, b'0', b'9'))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn simply(bytes: &[u8]) -> Vec<u8> {
        bytes.iter().filter(|byte| byte.is_ascii_alphanumeric()).map(u8::to_ascii_lowercase).collect()
    }

    #[test]
    fn every_byte_is_judged_as_it_should_be() {
        for byte in 0..=u8::MAX {
            for n in [1, 7, 8, 63, 64, 65, 200] {
                let mut out = b"kept".to_vec();
                push_letters(&mut out, &vec![byte; n]);
                assert_eq!(out, [b"kept", &*simply(&vec![byte; n])].concat(), "{byte} {n} times");
            }
        }
    }

    proptest! {
        #[test]
        fn any_bytes(bytes in prop_oneof![
            proptest::collection::vec(any::<u8>(), 0..300),
            proptest::collection::vec(prop_oneof![Just(b' '), Just(b'a'), Just(b'Z'), Just(b'5')], 0..300),
        ]) {
            let mut out = Vec::new();
            push_letters(&mut out, &bytes);
            prop_assert_eq!(out, simply(&bytes));
        }
    }
}
