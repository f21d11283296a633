//! Merges against each other and against `bpe-openai`.

use proptest::prelude::*;

use super::batch::Batch;
use super::window::Placed;
use super::*;
use crate::tests::texts::{N_KINDS, Random, document};
use crate::vocab::{CL100K, O200K, P50K, R50K};

fn by_heap(vocabulary: &Vocabulary, piece: &[u8]) -> Vec<Placed> {
    let mut tokens = Vec::new();
    heap::tokens(vocabulary, piece, 0, &mut tokens);
    tokens
}

fn placed(tokens: &Tokens) -> Vec<Placed> {
    let mut at = 0;
    let place = |(id, length): &(u32, usize)| {
        at += length;
        (at - length, *id)
    };
    tokens.0.iter().map(place).collect()
}

fn check(piece: &[u8]) {
    for (vocabulary, bpe) in [
        (&*O200K, Some(bpe_openai::o200k_base())),
        (&*CL100K, Some(bpe_openai::cl100k_base())),
        (&*P50K, None),
        (&*R50K, None),
    ] {
        let expected = by_heap(vocabulary, piece);
        let ids: Vec<u32> = expected.iter().map(|(_, id)| *id).collect();
        if let (None, Some(bpe)) = (vocabulary.whole(piece), bpe) {
            assert_eq!(ids, bpe.bpe.encode_via_backtracking(piece), "{piece:?}");
        }
        if (2..=short::MOST).contains(&piece.len()) {
            let mut tokens = Tokens::default();
            short::tokens(vocabulary, piece, &mut tokens);
            assert_eq!(placed(&tokens), expected, "{piece:?}");
            assert_eq!(short::count(vocabulary, piece) as usize, expected.len());
            let shorter = &piece[..piece.len() - 1];
            let pieces = [piece, shorter, piece, &piece[1..]];
            let starts = Batch::new().starts(vocabulary, &pieces);
            for (piece, starts) in pieces.iter().zip(starts) {
                let expected = by_heap(vocabulary, piece).iter().fold(0, |starts, (at, _)| starts | 1 << at);
                assert_eq!(starts, expected, "{piece:?}");
            }
        }
        if (1..=window::MOST).contains(&piece.len()) {
            let mut tokens = Vec::new();
            window::tokens(vocabulary, piece, 0, &mut tokens);
            assert_eq!(tokens, expected, "{piece:?}");
        }
        if piece.len() > batch::MOST {
            let count = stretches::count(&mut Batch::new(), vocabulary, piece);
            assert!(count.is_none_or(|count| count == expected.len() as u64), "{piece:?}");
        }
        if piece.len() > 1 {
            let mut tokens = Tokens::default();
            long::tokens(vocabulary, piece, &mut tokens);
            assert_eq!(placed(&tokens), expected, "{piece:?}");
        }
    }
}

#[test]
fn windows_are_joined_into_the_tokens_of_the_whole() {
    let mut random = Random(5);
    for n in 0..260 {
        let text = document(n % N_KINDS, 900, &mut random);
        check(text.as_bytes());
    }
    for c in ["=", " ", "\n", "a", "-", "0", "ab", "e\u{301}", "中", "🦀", "\u{0}", "=-", "aaab"] {
        for n in [63, 64, 65, 255, 256, 257, 300, 511, 513, 1000, 2222] {
            check(c.repeat(n).as_bytes());
        }
    }
}

/// Ranks of pairs fall from left to right: what the end of it is decides how all of it is paired.
const CHAIN: &str = concat!(
    "raminspentestanseroekraanusdadhnaudukatéiricalehrerupraktanianzewaybeamorbenhavenirískaray",
    "inquenisolgfidetamaharleadjdeelmassiscejjäviventarakamutanesaruastragarbeananjobreyerdecbi",
    "ndoidhnelescarenvasuredisaoiumpootoodynermewearystraintrorer"
);

#[test]
fn what_is_decided_far_behind_is_merged_alike() {
    for n_before in [0, 3, 7, 20, 60] {
        for n_behind in [0, 1, 20, 300, 2500] {
            for chain in [CHAIN, &CHAIN[..CHAIN.len() - 1]] {
                check(["qz".repeat(n_before).as_str(), chain, &"qz".repeat(n_behind), chain].concat().as_bytes());
            }
        }
    }
}

#[test]
fn any_length_up_to_two_windows_is_merged() {
    let mut random = Random(6);
    for length in 2..530 {
        let few: Vec<u8> = (0..length).map(|_| b"etaoin "[random.below(7)]).collect();
        check(&few);
    }
}

proptest! {
    #[test]
    fn any_bytes_are_merged_alike(piece in prop::collection::vec(any::<u8>(), 1..700)) {
        check(&piece);
    }

    #[test]
    fn few_bytes_are_merged_alike(piece in prop::collection::vec(prop::sample::select(b" =-\nax0".to_vec()), 1..700)) {
        check(&piece);
    }
}

#[test]
fn stretches_mostly_tell_the_number_of_tokens() {
    let mut random = Random(7);
    let mut n_told = 0;
    for n in 0..200 {
        let piece: String = (0..400).map(|_| char::from(b'a' + random.below(26) as u8)).collect();
        let piece = if n % 2 == 0 { piece } else { document(n % N_KINDS, 900, &mut random) };
        check(piece.as_bytes());
        n_told += u32::from(stretches::count(&mut Batch::new(), &O200K, piece.as_bytes()).is_some());
    }
    assert!(n_told > 150, "{n_told}");
    let run = "ab".repeat(5000);
    let expected = by_heap(&O200K, run.as_bytes()).len() as u64;
    assert_eq!(stretches::count(&mut Batch::new(), &O200K, run.as_bytes()), Some(expected));
}
