//! The letters and digits of a text without what stands between them: how near copies are looked for.

/// Appends the ASCII letters and digits of some bytes, letters in lower case; every other byte is left out. O(n): the
/// bytes are judged 64 at a time, then whole words are copied.
pub fn push_letters(out: &mut Vec<u8>, bytes: &[u8]) {
    out.reserve(bytes.len());
    let mut block = [0; BLOCK + WORD];
    // A word is copied as sixteen bytes, of which those that are not its own are written over by the next.
    let mut kept = [0; BLOCK + WORD];
    for chunk in bytes.chunks(BLOCK) {
        block[..chunk.len()].copy_from_slice(chunk);
        // No letter is zero.
        block[chunk.len()..].fill(0);
        let mut letters = lower(&mut block);
        let mut n = 0;
        while letters != 0 {
            let from = letters.trailing_zeros() as usize;
            let n_letters = (!(letters >> from)).trailing_zeros() as usize;
            let (mut at, end) = (from, from + n_letters);
            while at < end {
                let mut word = [0; WORD];
                word.copy_from_slice(&block[at..at + WORD]);
                kept[n..n + WORD].copy_from_slice(&word);
                let n_copied = (end - at).min(WORD);
                n += n_copied;
                at += n_copied;
            }
            // In two steps: a shift by 64 is none.
            letters &= (u64::MAX << from) << (n_letters - 1) << 1;
        }
        out.extend_from_slice(&kept[..n]);
    }
}

const BLOCK: usize = 64;
const WORD: usize = 16;

/// Puts the letters of the first 64 bytes in lower case; answers which of them are letters or digits, the first by the
/// lowest bit.
fn lower(block: &mut [u8; BLOCK + WORD]) -> u64 {
    let mut found = [0; BLOCK];
    // A loop that the compiler makes wide.
    for (byte, found) in block.iter_mut().zip(&mut found) {
        let is_letter = (*byte | 0x20).wrapping_sub(b'a') < 26;
        let is_digit = byte.wrapping_sub(b'0') < 10;
        *found = u8::from(is_letter | is_digit);
        *byte |= u8::from(is_letter) << 5;
    }
    let mut letters = 0;
    for (place, eight) in found.chunks_exact(8).enumerate() {
        let mut bytes = [0; 8];
        bytes.copy_from_slice(eight);
        // Gathers the lowest bits of eight bytes in the highest byte.
        letters |= (u64::from_le_bytes(bytes).wrapping_mul(0x0102_0408_1020_4080) >> 56) << (8 * place);
    }
    letters
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
