//! Buffers that were used and may be used again: memory that a thread has just worked in is in the cache, while fresh memory
//! is zeroed page by page.

use std::io::{self, Read};
use std::ops::Deref;
use std::sync::{Mutex, PoisonError};

/// Most buffers kept.
const MAX_SPARE: usize = 16;

/// Bytes, and room for more that was written to before, so that a reader can fill it without its being zeroed again.
#[derive(Default)]
pub(crate) struct Buffer {
    bytes: Vec<u8>,
    n: usize,
}

impl Buffer {
    /// Reads once, at most so many bytes; 0 is the end. A pipe gives what it has.
    pub(crate) fn read_from(&mut self, reader: &mut (impl Read + ?Sized), n_most: usize) -> io::Result<usize> {
        let room = self.room(n_most);
        loop {
            match reader.read(room) {
                Ok(n) => {
                    self.n += n;
                    return Ok(n);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Appends bytes.
    pub(crate) fn extend(&mut self, bytes: &[u8]) {
        self.room(bytes.len()).copy_from_slice(bytes);
        self.n += bytes.len();
    }

    /// Room for so many more bytes.
    fn room(&mut self, n_more: usize) -> &mut [u8] {
        let end = self.n + n_more;
        if self.bytes.len() < end {
            self.bytes.resize(end, 0);
        }
        &mut self.bytes[self.n..end]
    }

    /// Forgets all but the first `n` bytes.
    pub(crate) fn truncate(&mut self, n: usize) {
        self.n = self.n.min(n);
    }
}

impl Deref for Buffer {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.bytes[..self.n]
    }
}

/// Buffers at rest.
#[derive(Default)]
pub(crate) struct Spare(Mutex<Vec<Buffer>>);

impl Spare {
    /// An empty buffer with room for so many bytes, mostly.
    pub(crate) fn take(&self, n_bytes: usize) -> Buffer {
        let mut spare = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        spare.pop().unwrap_or_else(|| Buffer { bytes: vec![0; n_bytes], n: 0 })
    }

    /// Takes a buffer back, unless it has grown beyond `n_bytes`.
    pub(crate) fn give(&self, mut buffer: Buffer, n_bytes: usize) {
        let mut spare = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if spare.len() < MAX_SPARE && buffer.bytes.len() <= n_bytes {
            buffer.truncate(0);
            spare.push(buffer);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grown(n: usize) -> Buffer {
        let mut buffer = Buffer::default();
        buffer.extend(&vec![1; n]);
        buffer
    }

    #[test]
    fn a_buffer_comes_back_empty_and_one_that_grew_does_not() {
        let spare = Spare::default();
        spare.give(grown(10), 16);
        let buffer = spare.take(16);
        assert!(buffer.is_empty() && buffer.bytes.len() == 10);
        spare.give(grown(100), 16);
        assert_eq!(spare.take(16).bytes.len(), 16);
    }

    #[test]
    fn what_is_read_follows_what_is_there_and_nothing_old_shows() {
        let mut buffer = grown(10);
        buffer.truncate(2);
        let mut reader = &b"abcdef"[..];
        assert_eq!(buffer.read_from(&mut reader, 4).unwrap(), 4);
        assert_eq!(*buffer, *b"\x01\x01abcd");
        assert_eq!(buffer.read_from(&mut reader, 40).unwrap(), 2);
        assert_eq!(buffer.read_from(&mut reader, 40).unwrap(), 0);
        buffer.extend(b"g");
        assert_eq!(*buffer, *b"\x01\x01abcdefg");
    }
}
