//! Hits are exact, and nothing grows.

use super::*;
use crate::merge;
use crate::vocab::O200K;

#[test]
fn a_piece_has_the_same_count_whenever_and_beside_whatever_it_is_asked() {
    let mut cache = Cache::new();
    cache.prepare();
    let mut n_known = 0;
    for round in 0..3 {
        for n in 0..60_000_u32 {
            let piece = format!(" w{n:x}{}", "q".repeat(n as usize % 40 / (1 + n as usize % 3)));
            let expected = merge::count(&O200K, piece.as_bytes()) as u32;
            let count = if piece.len() <= hash::SHORT {
                let key = hash::key(piece.as_bytes());
                let known = cache.front().unwrap().get(key);
                let known = if known > 0 { known } else { cache.short(&O200K, key) };
                if known == 0 {
                    cache.put_short(key, expected);
                }
                known
            } else {
                let known = cache.longer(piece.as_bytes());
                if known == 0 {
                    cache.put_longer(piece.as_bytes(), u64::from(expected));
                }
                known
            };
            n_known += usize::from(count > 0);
            assert!(count == 0 || count == expected, "{piece:?} in round {round}");
        }
    }
    assert!(n_known > 40_000, "{n_known}");
    let front: Vec<u128> = cache.front.iter().flatten().copied().filter(|entry| *entry != 0).collect();
    assert!(front.len() > 5000);
    for entry in front {
        assert_eq!(cache.front().unwrap().get(entry & u128::MAX >> 4), (entry >> 124) as u32);
    }
}

#[test]
fn a_key_that_differs_in_one_bit_is_another() {
    let mut cache = Cache::new();
    cache.prepare();
    let key = hash::key(b" word");
    assert_eq!(cache.short(&O200K, key), 1);
    assert_eq!(cache.front().unwrap().get(key), 1);
    for bit in 0..124 {
        assert_eq!(cache.front().unwrap().get(key ^ 1 << bit), 0);
    }
}
