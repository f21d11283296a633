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
        let ids: HashMap<&[u8], u32> = tokens.iter().map(|(bytes, id)| (bytes.as_slice(), *id)).collect();
        for (bytes, id) in &tokens {
            assert_eq!(vocabulary.whole(bytes), Some(*id), "{bytes:?}");
            let mut merged = Vec::new();
            heap::tokens(vocabulary, bytes, 0, &mut merged);
            let merged: Vec<u32> = merged.iter().map(|(_, id)| *id).collect();
            assert_eq!(merged, merged_by_ranks(&ids, bytes), "{bytes:?}");
        }
    }
}

/// What bytes merge into, by the ranks of their parts alone, as `tiktoken` does it.
fn merged_by_ranks(ids: &HashMap<&[u8], u32>, bytes: &[u8]) -> Vec<u32> {
    let mut cuts: Vec<usize> = (0..=bytes.len()).collect();
    loop {
        let rank = |n: usize| ids.get(&bytes[cuts[n]..cuts[n + 2]]).map(|rank| (*rank, n));
        let Some((_, n)) = (0..cuts.len().saturating_sub(2)).filter_map(rank).min() else { break };
        cuts.remove(n + 1);
    }
    cuts.windows(2).map(|cut| ids[&bytes[cut[0]..cut[1]]]).collect()
}

/// The published vocabularies; whoever packages others fails here.
#[test]
fn the_vocabularies_are_the_published_ones() {
    let fingerprints = all().map(|(_, bpe, n_ids)| {
        let bytes = tokens(bpe, n_ids).into_iter().flat_map(|(bytes, id)| [bytes, id.to_le_bytes().to_vec()].concat());
        bytes.fold(0, |sum: u64, byte| sum.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ u64::from(byte))
    });
    assert_eq!(
        fingerprints.map(|fingerprint| format!("{fingerprint:x}")),
        ["c6a1c81316c941ef", "396cb80a491480f7", "310be13ed71d6253", "178987ad93ee1f3"]
    );
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
    // White space, and any part of its last character.
    let is_blank = |bytes: &[u8]| match std::str::from_utf8(bytes) {
        Ok(text) => text.trim().is_empty(),
        Err(error) => {
            let (whole, part) = bytes.split_at(error.valid_up_to());
            let is_part = |c: char| c.to_string().as_bytes().starts_with(part);
            std::str::from_utf8(whole).is_ok_and(|text| text.trim().is_empty())
                && ('\u{80}'..=char::MAX).filter(|c| c.is_whitespace()).any(is_part)
        }
    };
    for (bytes, _) in tokens {
        let is_over =
            bytes.iter().any(|byte| b"\r\n".contains(byte)) && !bytes.ends_with(b"\r") && !bytes.ends_with(b"\n");
        assert!(!(is_over && is_blank(&bytes)), "{bytes:?}");
    }
}
