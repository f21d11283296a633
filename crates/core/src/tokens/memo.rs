//! Counts texts that it has met once a run: system prompts, tool definitions and histories come back thousands of times in a
//! log. Shared by all threads; keyed by digests under a secret of this memo's own (`text/keyed.rs`), so that nobody can craft a text
//! that borrows another's count. A cryptographic digest took half the time of a routed request.

use std::sync::{Mutex, PoisonError};

use super::{Encoding, Tokenizer};
use crate::text::DigestMap;
use crate::text::keyed::Secret;

const N_SHARDS: usize = 16;
/// Hashing a shorter text and taking a lock costs as much as counting it.
const MIN_LEN: usize = 48;
/// About 3.6 million entries of some 30 bytes: past that, a part of them begins anew. Just what a table of that size holds before
/// it doubles.
const MAX_PER_SHARD: usize = 7 << 15;

/// A digest first: it is spread evenly, and a map of digests looks no further.
type Key = ([u8; 16], Tokenizer);

/// Counts of texts already met.
#[derive(Default)]
pub struct Memo {
    shards: [Mutex<DigestMap<Key, u32>>; N_SHARDS],
    secret: Secret,
}

impl std::fmt::Debug for Memo {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Memo").finish_non_exhaustive()
    }
}

impl Memo {
    /// An empty memo.
    pub fn new() -> Self {
        Memo::default()
    }

    /// Tokens of the text, counted now or before.
    pub fn count(&self, encoding: Encoding, text: &str) -> u64 {
        self.remember(Tokenizer::Exact(encoding), text, || encoding.counter().count(text))
    }

    /// What `count` says of the text, asked once for a tokenizer and text.
    pub fn remember(&self, tokenizer: Tokenizer, text: &str, count: impl FnOnce() -> u64) -> u64 {
        if text.len() < MIN_LEN {
            return count();
        }
        let key = (self.secret.digest(text.as_bytes()), tokenizer);
        let shard = &self.shards[usize::from(key.0[15]) % N_SHARDS];
        if let Some(n_tokens) = shard.lock().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return u64::from(*n_tokens);
        }
        // Counted outside the lock: two threads may count the same text once each, which costs time but no truth.
        let n_tokens = count();
        if let Ok(small) = u32::try_from(n_tokens) {
            let mut shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
            if shard.len() >= MAX_PER_SHARD {
                shard.clear();
            }
            shard.insert(key, small);
        }
        n_tokens
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_those_of_the_counter() {
        let memo = Memo::new();
        let text = "Nothing is counted twice, and nothing is counted wrong. ".repeat(3);
        let n_tokens = Encoding::O200kBase.counter().count(&text);
        for _ in 0..2 {
            assert_eq!(memo.count(Encoding::O200kBase, &text), n_tokens);
        }
        assert_eq!(memo.count(Encoding::O200kBase, "hi"), 1);
    }
}
