//! Hits are exact, and nothing grows.

use super::*;
use crate::merge;
use crate::vocab::O200K;

fn in_front(cache: &Cache<'_>, key: u128) -> u32 {
    let front = &cache.front;
    if key >> 120 <= hash::TINY as u128 {
        let key = (key | key >> 64) as u64;
        front.tiny(key, front.fetch_tiny(key))
    } else {
        front.short(key, front.fetch_short(key))
    }
}

#[test]
fn a_piece_has_the_same_count_whenever_and_beside_whatever_it_is_asked() {
    let mut memory = Memory::new();
    let mut cache = memory.open().unwrap();
    let mut n_known = 0;
    for round in 0..3 {
        for n in 0..60_000_u32 {
            let piece = format!(" w{n:x}{}", "q".repeat(n as usize % 40 / (1 + n as usize % 3)));
            let expected = merge::count(&O200K, piece.as_bytes()) as u32;
            let count = if piece.len() <= hash::SHORT {
                let key = hash::key(piece.as_bytes());
                let known = in_front(&cache, key);
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
    let tiny: Vec<u64> = cache.front.tiny.iter().flatten().copied().filter(|entry| *entry != 0).collect();
    let short: Vec<u128> = cache.front.short.iter().flatten().copied().filter(|entry| *entry != 0).collect();
    assert!(tiny.len() > 2000 && short.len() > 5000, "{} and {}", tiny.len(), short.len());
    for entry in tiny {
        let key = entry & u64::MAX >> 4;
        assert_eq!(u64::from(cache.front.tiny(key, cache.front.fetch_tiny(key))), entry >> 60);
    }
    for entry in short {
        assert_eq!(in_front(&cache, entry & u128::MAX >> 4), (entry >> 124) as u32);
    }
}

#[test]
fn a_key_that_differs_in_one_bit_is_another() {
    let mut memory = Memory::new();
    let mut cache = memory.open().unwrap();
    for (word, n_bits) in [(" word", 56), (" question", 120)] {
        let key = hash::key(word.as_bytes());
        assert_eq!(cache.short(&O200K, key), 1);
        assert_eq!(in_front(&cache, key), 1);
        for bit in 0..n_bits {
            assert_eq!(in_front(&cache, key ^ 1 << bit), 0);
        }
    }
}

#[test]
fn what_is_known_stays_known_when_tables_grow() {
    let mut memory = Memory::new();
    let mut cache = memory.open().unwrap();
    let short = |n: u32| hash::key(format!("q{n:09}").as_bytes());
    let longer = |n: u32| format!("a longer piece {n:07}").into_bytes();
    let mut n_lost = 0;
    for n in 0..110_000 {
        cache.put_short(short(n), 1 + n % 15);
        cache.put_longer(&longer(n), u64::from(1 + n % 15));
        if n % 20_000 == 19_999 {
            for n in 0..n {
                let (found, longer_found) = (cache.short(&O200K, short(n)), cache.longer(&longer(n)));
                assert!([0, 1 + n % 15].contains(&found) && [0, 1 + n % 15].contains(&longer_found), "{n}");
                n_lost += u32::from(found == 0) + u32::from(longer_found == 0);
            }
        }
    }
    // Some buckets are full when the others are not.
    assert!(n_lost < 60_000, "{n_lost}");
}
