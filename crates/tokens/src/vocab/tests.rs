//! The tables hold what the packaged vocabularies hold.

use std::collections::HashMap;

use tiktoken_rs::CoreBPE;

use super::*;
use crate::merge::heap;

fn tokens(bpe: &CoreBPE, n_ids: u32) -> Vec<(Vec<u8>, u32)> {
    (0..n_ids).filter(|id| n_ids > 60_000 || *id != 50_256).map(|id| (bpe.decode_bytes(&[id]).unwrap(), id)).collect()
}

fn all() -> [(&'static Vocabulary, &'static CoreBPE, u32); 4] {
    [
        (&O200K, tiktoken_rs::o200k_base_singleton(), 199_998),
        (&CL100K, tiktoken_rs::cl100k_base_singleton(), 100_256),
        (&P50K, tiktoken_rs::p50k_base_singleton(), 50_281),
        (&R50K, tiktoken_rs::r50k_base_singleton(), 50_256),
    ]
}

#[test]
fn every_token_is_found_whole_and_by_its_merges() {
    for (vocabulary, bpe, n_ids) in all() {
        let tokens = tokens(bpe, n_ids);
        let mut n_unreached = 0;
        for (bytes, id) in &tokens {
            assert_eq!(vocabulary.whole(bytes), Some(*id), "{bytes:?}");
            let mut merged = Vec::new();
            heap::tokens(vocabulary, bytes, 0, &mut merged);
            n_unreached += usize::from(merged != [(0, *id)]);
        }
        // Such tokens exist; were there many, the pair table would lack entries.
        assert!(n_unreached < 2000, "{n_unreached} of {} tokens are not reached", tokens.len());
    }
}

#[test]
fn what_is_no_token_is_not_found() {
    for (vocabulary, bpe, n_ids) in all() {
        let tokens: HashMap<Vec<u8>, u32> = tokens(bpe, n_ids).into_iter().collect();
        let mut n_absent = 0;
        for token in tokens.keys().filter(|token| token.len() < 128) {
            for byte in [b'a', b' ', 0xFF] {
                let longer = [token.as_slice(), &[byte]].concat();
                n_absent += usize::from(!tokens.contains_key(&longer));
                assert_eq!(vocabulary.whole(&longer), tokens.get(&longer).copied());
            }
        }
        assert!(n_absent > 100_000);
    }
}

/// `split` cuts white space at the end of a text after its last line end, where the pattern of `cl100k_base` does not.
#[test]
fn no_token_goes_over_the_last_line_end_of_white_space() {
    let tokens = tokens(tiktoken_rs::cl100k_base_singleton(), 100_256);
    for (bytes, _) in tokens {
        let Ok(text) = std::str::from_utf8(&bytes) else { continue };
        let is_over = text.contains(['\r', '\n']) && !text.ends_with(['\r', '\n']);
        assert!(!(is_over && text.trim().is_empty()), "{text:?}");
    }
}
