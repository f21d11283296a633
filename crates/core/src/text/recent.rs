//! A map of bounded size for all threads that keeps what was asked for lately, in two generations: when the young weigh as
//! much as they may, they become the old, and what of the old nobody asked for is forgotten.

use std::hash::Hash;
use std::sync::{Mutex, PoisonError};

use super::DigestMap;

const N_SHARDS: usize = 16;

/// What was asked for lately, by digest.
#[derive(Debug)]
pub struct Recent<K, V> {
    shards: [Mutex<Generations<K, V>>; N_SHARDS],
    /// Most that a generation of a shard may weigh.
    most: usize,
}

#[derive(Debug)]
struct Generations<K, V> {
    young: DigestMap<K, (V, usize)>,
    old: DigestMap<K, (V, usize)>,
    weight: usize,
}

impl<K: Copy + Eq + Hash, V: Clone> Recent<K, V> {
    /// An empty map that holds values of this weight, all together.
    pub fn new(most: usize) -> Self {
        let empty = || Mutex::new(Generations { young: DigestMap::default(), old: DigestMap::default(), weight: 0 });
        Recent { shards: std::array::from_fn(|_| empty()), most: most / (2 * N_SHARDS) }
    }

    /// The value of a digest. `spread` is any byte of it: it chooses the shard.
    pub fn get(&self, key: &K, spread: u8) -> Option<V> {
        let mut shard = self.shard(spread);
        if let Some((value, _)) = shard.young.get(key) {
            return Some(value.clone());
        }
        let (value, weight) = shard.old.remove(key)?;
        shard.insert(*key, value.clone(), weight, self.most);
        Some(value)
    }

    /// Keeps a value, unless it alone is too heavy.
    pub fn keep(&self, key: K, spread: u8, value: V, weight: usize) {
        if weight <= self.most {
            self.shard(spread).insert(key, value, weight, self.most);
        }
    }

    fn shard(&self, spread: u8) -> std::sync::MutexGuard<'_, Generations<K, V>> {
        self.shards[usize::from(spread) % N_SHARDS].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Copy + Eq + Hash, V> Generations<K, V> {
    fn insert(&mut self, key: K, value: V, weight: usize, most: usize) {
        if self.weight + weight > most {
            // Emptied, not taken anew: a map that grows again moves all that it holds, each time it doubles.
            std::mem::swap(&mut self.old, &mut self.young);
            self.young.clear();
            self.weight = 0;
        }
        self.weight += weight;
        if let Some((_, replaced)) = self.young.insert(key, (value, weight)) {
            self.weight -= replaced;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_stays_and_the_rest_makes_room() {
        let recent: Recent<u64, u64> = Recent::new(2 * N_SHARDS * 10);
        recent.keep(0, 0, 7, 1);
        for n in 1..1_000 {
            recent.keep(n, 0, n, 1);
            assert_eq!(recent.get(&0, 0), Some(7), "after {n}");
        }
        assert_eq!(recent.get(&5, 0), None);
        let shard = recent.shard(0);
        assert!(shard.young.len() + shard.old.len() <= 20 && shard.weight <= 10);
    }

    #[test]
    fn what_is_too_heavy_is_not_kept() {
        let recent: Recent<u64, u64> = Recent::new(2 * N_SHARDS * 10);
        recent.keep(1, 0, 1, 11);
        assert_eq!(recent.get(&1, 0), None);
    }

    #[test]
    fn a_value_kept_again_weighs_once() {
        let recent: Recent<u64, u64> = Recent::new(2 * N_SHARDS * 10);
        for n in 0..100 {
            recent.keep(1, 0, n, 6);
        }
        assert_eq!((recent.get(&1, 0), recent.shard(0).weight), (Some(99), 6));
    }
}
