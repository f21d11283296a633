//! Buffers for texts that are needed for a moment. An allocator hands out memory that was not touched for long, for
//! such a buffer anew each time; a thread's own buffers are in the cache.

use std::cell::Cell;

/// A buffer that grew beyond this is not kept.
const MOST: usize = 1 << 20;
/// Buffers kept: one use within another.
const DEPTH: usize = 3;

thread_local! {
    static SCRATCH: [Cell<Vec<u8>>; DEPTH] = const { [const { Cell::new(Vec::new()) }; DEPTH] };
    static N_LENT: Cell<usize> = const { Cell::new(0) };
}

/// Lends a buffer of this thread's, empty. While it is lent, whoever asks again gets another.
pub fn with_scratch<R>(work: impl FnOnce(&mut Vec<u8>) -> R) -> R {
    let depth = N_LENT.get();
    // Too deep, or the thread is ending: a buffer for once.
    let take = |buffers: &[Cell<Vec<u8>>; DEPTH]| buffers.get(depth).map(Cell::take);
    let mut buffer = SCRATCH.try_with(take).ok().flatten().unwrap_or_default();
    buffer.clear();
    N_LENT.set(depth + 1);
    let lent = Lent(depth);
    let result = work(&mut buffer);
    drop(lent);
    if buffer.capacity() <= MOST {
        let _ = SCRATCH.try_with(|buffers| buffers.get(depth).map(|place| place.set(buffer)));
    }
    result
}

/// Gives a place back, also if the work panics.
struct Lent(usize);

impl Drop for Lent {
    fn drop(&mut self) {
        N_LENT.set(self.0);
    }
}

/// The same for text.
pub fn with_scratch_text<R>(work: impl FnOnce(&mut String) -> R) -> R {
    with_scratch(|buffer| {
        let mut text = String::from_utf8(std::mem::take(buffer)).unwrap_or_default();
        let result = work(&mut text);
        *buffer = text.into_bytes();
        result
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_is_lent_empty_and_once_at_a_time() {
        with_scratch(|outer| {
            outer.extend(b"outer");
            with_scratch_text(|inner| inner.push_str("inner"));
            assert_eq!(outer, b"outer");
        });
        with_scratch(|buffer| {
            assert!(buffer.is_empty() && buffer.capacity() > 0);
            with_scratch(|inner| assert!(inner.is_empty() && inner.capacity() > 0));
        });
        for _ in 0..2 * DEPTH {
            std::panic::catch_unwind(|| with_scratch(|_| panic!("within"))).unwrap_err();
        }
        with_scratch(|buffer| buffer.push(1));
        with_scratch(|buffer| assert!(buffer.capacity() > 0, "no buffer is kept any more"));
        with_scratch(|buffer| buffer.reserve(MOST + 1));
        with_scratch(|buffer| assert!(buffer.capacity() <= MOST));
    }
}
