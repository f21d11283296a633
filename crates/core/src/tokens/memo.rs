//! Counts each distinct text once a run: system prompts, tool definitions and histories come back thousands of times in a
//! log. Shared by all threads; keyed by SipHash with a secret of this memo's and by length, so that a crafted text cannot borrow
//! another's count. (BLAKE3 is four times slower on texts of some hundred bytes, and this is most of what a count costs.)

use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::{Mutex, PoisonError};

use super::{Encoding, Tokenizer};
use crate::text::DigestMap;

const N_SHARDS: usize = 16;
/// Hashing a shorter text and taking a lock costs as much as counting it.
const MIN_LEN: usize = 48;
/// About 4 million entries of some 40 bytes: past that, texts are counted but not remembered.
const MAX_PER_SHARD: usize = 1 << 18;

/// Tokenizer, keyed hash and length of a text.
type Key = (Tokenizer, u64, usize);

/// Counts of texts already met.
#[derive(Debug, Default)]
pub struct Memo {
    shards: [Mutex<DigestMap<Key, u32>>; N_SHARDS],
    secret: RandomState,
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
        let mut hasher = self.secret.build_hasher();
        hasher.write(text.as_bytes());
        let hash = hasher.finish();
        let key = (tokenizer, hash, text.len());
        // The high bits: a map goes by the low ones.
        let shard = &self.shards[(hash >> 60) as usize % N_SHARDS];
        if let Some(n_tokens) = shard.lock().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return u64::from(*n_tokens);
        }
        // Counted outside the lock: two threads may count the same text once each, which costs time but no truth.
        let n_tokens = count();
        if let Ok(small) = u32::try_from(n_tokens) {
            let mut shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
            if shard.len() < MAX_PER_SHARD {
                shard.insert(key, small);
            }
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
