//! Hits are exact, and nothing grows.

use super::*;
use crate::vocab::O200K;

#[test]
fn a_piece_has_the_same_count_whenever_and_beside_whatever_it_is_asked() {
    let mut cache = Cache::new();
    cache.prepare();
    for round in 0..3 {
        for n in 0..60_000_u32 {
            let piece = format!(" w{n:x}{}", "q".repeat(n as usize % 40));
            let expected = merge::count(&O200K, piece.as_bytes());
            let count = if piece.len() <= hash::SHORT {
                let key = hash::key(piece.as_bytes());
                let known = cache.front().get(key);
                if known > 0 { u64::from(known) } else { u64::from(cache.short(&O200K, key)) }
            } else {
                cache.longer(&O200K, piece.as_bytes())
            };
            assert_eq!(count, expected, "{piece:?} in round {round}");
        }
    }
    let front: Vec<u128> = cache.front.iter().flatten().copied().filter(|entry| *entry != 0).collect();
    assert!(front.len() > 5000);
    for entry in front {
        assert_eq!(cache.front().get(entry & KEY), (entry >> 124) as u32);
    }
}

#[test]
fn a_key_that_differs_in_one_bit_is_another() {
    let mut cache = Cache::new();
    cache.prepare();
    let key = hash::key(b" word");
    cache.short(&O200K, key);
    assert_eq!(cache.front().get(key), 1);
    for bit in 0..124 {
        assert_eq!(cache.front().get(key ^ 1 << bit), 0);
    }
}
