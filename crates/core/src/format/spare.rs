//! Buffers that were used and may be used again: memory that a thread has just worked in is in the cache, while fresh memory
//! is zeroed page by page.

use std::sync::{Mutex, PoisonError};

/// Most buffers kept.
const MAX_SPARE: usize = 16;

/// Buffers at rest.
#[derive(Default)]
pub(crate) struct Spare(Mutex<Vec<Vec<u8>>>);

impl Spare {
    /// An empty buffer for about so many bytes.
    pub(crate) fn take(&self, n_bytes: usize) -> Vec<u8> {
        let mut spare = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        spare.pop().unwrap_or_else(|| Vec::with_capacity(n_bytes))
    }

    /// Takes a buffer back, unless it has grown beyond `n_bytes`.
    pub(crate) fn give(&self, mut buffer: Vec<u8>, n_bytes: usize) {
        let mut spare = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if spare.len() < MAX_SPARE && buffer.capacity() <= n_bytes {
            buffer.clear();
            spare.push(buffer);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_comes_back_empty_and_one_that_grew_does_not() {
        let spare = Spare::default();
        spare.give(vec![1; 10], 16);
        let buffer = spare.take(16);
        assert!(buffer.is_empty() && buffer.capacity() == 10);
        spare.give(Vec::with_capacity(100), 16);
        assert_eq!(spare.take(16).capacity(), 16);
    }
}
