//! The response cache as an estimate replays it: time to live and capacity as configured, least recently used goes first.
//! (moka's admission policy keeps somewhat better company under pressure; below capacity the two do the same.)

use std::collections::VecDeque;

use super::CacheKey;
use crate::text::DigestMap;

/// Keys with their instants; no answers, which an estimate does not need.
#[derive(Debug)]
pub struct ReplayCache {
    time_to_live_us: i64,
    capacity: usize,
    entries: DigestMap<CacheKey, Entry>,
    /// Uses in their order; only the last of a key counts.
    uses: VecDeque<(u64, CacheKey)>,
    n_uses: u64,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    written_at: i64,
    use_number: u64,
}

impl ReplayCache {
    /// An empty cache. Time to live in seconds, capacity in answers.
    pub fn new(time_to_live_s: u64, capacity: usize) -> Self {
        let micros = i64::try_from(time_to_live_s).unwrap_or(i64::MAX).saturating_mul(1_000_000);
        ReplayCache {
            time_to_live_us: micros,
            capacity,
            entries: DigestMap::default(),
            uses: VecDeque::new(),
            n_uses: 0,
        }
    }

    /// True if the answer was there at that instant (microseconds); else it is stored. O(1) on average.
    pub fn hit(&mut self, key: CacheKey, at: i64) -> bool {
        if self.capacity == 0 {
            return false;
        }
        self.n_uses += 1;
        let use_number = self.n_uses;
        self.uses.push_back((use_number, key));
        if let Some(entry) = self.entries.get_mut(&key) {
            entry.use_number = use_number;
            let is_alive = at.saturating_sub(entry.written_at) < self.time_to_live_us;
            if !is_alive {
                entry.written_at = at;
            }
            self.forget_old_uses();
            return is_alive;
        }
        while self.entries.len() >= self.capacity
            && let Some((number, oldest)) = self.uses.pop_front()
        {
            if self.entries.get(&oldest).is_some_and(|entry| entry.use_number == number) {
                self.entries.remove(&oldest);
            }
        }
        self.entries.insert(key, Entry { written_at: at, use_number });
        false
    }

    /// Keeps the uses no more than twice the entries.
    fn forget_old_uses(&mut self) {
        if self.uses.len() > 64 + 2 * self.entries.len() {
            let entries = &self.entries;
            self.uses.retain(|(number, key)| entries.get(key).is_some_and(|entry| entry.use_number == *number));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: i64 = 1_000_000;

    fn key(n: u8) -> CacheKey {
        CacheKey([n; 16])
    }

    #[test]
    fn an_answer_lives_as_long_as_it_should_from_when_it_was_written() {
        let mut cache = ReplayCache::new(60, 10);
        assert!(!cache.hit(key(1), 0));
        assert!(cache.hit(key(1), 59 * SECOND));
        assert!(!cache.hit(key(1), 60 * SECOND));
        assert!(cache.hit(key(1), 61 * SECOND));
    }

    #[test]
    fn the_least_recently_used_goes_first() {
        let mut cache = ReplayCache::new(60, 2);
        cache.hit(key(1), 0);
        cache.hit(key(2), 1);
        cache.hit(key(1), 2);
        cache.hit(key(3), 3);
        assert!(!cache.hit(key(2), 4));
        assert!(cache.hit(key(3), 5));
    }

    #[test]
    fn uses_of_one_answer_take_no_more_room_for_being_many() {
        let mut cache = ReplayCache::new(60, 3);
        cache.hit(key(1), 0);
        cache.hit(key(2), 0);
        for _ in 0..10_000 {
            assert!(cache.hit(key(2), 1) && cache.uses.len() <= 70);
        }
        cache.hit(key(3), 1);
        cache.hit(key(4), 1);
        assert!(cache.hit(key(2), 2) && cache.hit(key(3), 2) && !cache.hit(key(1), 2));
    }

    #[test]
    fn a_cache_without_capacity_never_hits() {
        let mut cache = ReplayCache::new(60, 0);
        assert!(!cache.hit(key(1), 0) && !cache.hit(key(1), 1));
    }
}
