//! An answer under way: an append-only log that one task writes and any number of callers read, each at their own pace, from the
//! first byte. Nothing is ever dropped on a slow reader, and no reader holds up another or the writer.
//!
//! Every call goes this way, shared or not: so that what a caller does (read slowly, go away) never decides what becomes of the call.
//! Cost: one lock and one wake-up a chunk; a reader that is behind takes all that is there at once.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use tokio::sync::Notify;

use crate::error::{Error, Kind, Result};

/// What is known when an answer begins (`H`) and when it has ended (`E`).
#[derive(Debug)]
pub(super) struct Flow<H, E> {
    log: Mutex<Log<H, E>>,
    changed: Notify,
    left: Notify,
    n_readers: AtomicUsize,
}

#[derive(Debug)]
struct Log<H, E> {
    head: Option<H>,
    chunks: Vec<Bytes>,
    end: Option<Result<E>>,
}

/// Writes an answer. Dropped before its end, it ends the answer with an error.
#[derive(Debug)]
pub(super) struct Writer<H, E>(Arc<Flow<H, E>>);

/// Reads an answer from its beginning.
#[derive(Debug)]
pub(super) struct Reader<H, E> {
    flow: Arc<Flow<H, E>>,
    n_read: usize,
}

/// An answer that nobody has written to yet.
pub(super) fn flow<H: Clone, E: Clone>() -> (Writer<H, E>, Reader<H, E>) {
    let flow = Arc::new(Flow {
        log: Mutex::new(Log { head: None, chunks: Vec::new(), end: None }),
        changed: Notify::new(),
        left: Notify::new(),
        n_readers: AtomicUsize::new(0),
    });
    let reader = Reader::of(&flow);
    (Writer(flow), reader)
}

impl<H, E> Flow<H, E> {
    /// Whether it has ended.
    pub(super) fn is_over(&self) -> bool {
        self.log().end.is_some()
    }

    fn log(&self) -> std::sync::MutexGuard<'_, Log<H, E>> {
        // What is in it is whole at every moment, whoever panicked.
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<H, E> Writer<H, E> {
    /// The answer begins.
    pub(super) fn begin(&self, head: H) {
        self.0.log().head = Some(head);
        self.0.changed.notify_waiters();
    }

    /// More of it.
    pub(super) fn push(&self, chunk: Bytes) {
        self.0.log().chunks.push(chunk);
        self.0.changed.notify_waiters();
    }

    /// It has ended, well or not.
    pub(super) fn end(self, end: Result<E>) {
        self.finish(end);
    }

    fn finish(&self, end: Result<E>) {
        let mut log = self.0.log();
        if log.end.is_none() {
            log.end = Some(end);
            drop(log);
            self.0.changed.notify_waiters();
        }
    }

    /// How many read it.
    pub(super) fn n_readers(&self) -> usize {
        self.0.n_readers.load(Ordering::SeqCst)
    }

    /// Returns once nobody reads any more.
    pub(super) async fn abandoned(&self) {
        loop {
            let left = self.0.left.notified();
            if self.n_readers() == 0 {
                return;
            }
            left.await;
        }
    }

    /// Where others can join.
    pub(super) fn shared(&self) -> Arc<Flow<H, E>> {
        Arc::clone(&self.0)
    }
}

impl<H, E> Drop for Writer<H, E> {
    fn drop(&mut self) {
        self.finish(Err(Error::new(Kind::Truncated, "the call ended before its answer did")));
    }
}

impl<H: Clone, E: Clone> Reader<H, E> {
    /// Reads an answer, whoever else does.
    pub(super) fn of(flow: &Arc<Flow<H, E>>) -> Reader<H, E> {
        flow.n_readers.fetch_add(1, Ordering::SeqCst);
        Reader { flow: Arc::clone(flow), n_read: 0 }
    }

    /// Waits until the answer begins; the error, if it never does.
    pub(super) async fn head(&self) -> Result<H> {
        loop {
            let changed = self.flow.changed.notified();
            {
                let log = self.flow.log();
                if let Some(head) = &log.head {
                    return Ok(head.clone());
                }
                if let Some(Err(error)) = &log.end {
                    return Err(error.duplicate());
                }
            }
            changed.await;
        }
    }

    /// The chunks that were not read yet, waiting for the first of them; the end, once all are read.
    pub(super) async fn next(&mut self) -> More<E> {
        loop {
            let changed = self.flow.changed.notified();
            {
                let log = self.flow.log();
                if log.chunks.len() > self.n_read {
                    let chunks = log.chunks[self.n_read..].to_vec();
                    self.n_read = log.chunks.len();
                    return More::Chunks(chunks);
                }
                match &log.end {
                    Some(Ok(end)) => return More::End(Ok(end.clone())),
                    Some(Err(error)) => return More::End(Err(error.duplicate())),
                    None => {}
                }
            }
            changed.await;
        }
    }

    /// Waits for its end, whatever came before.
    pub(super) async fn end(&self) -> Result<E> {
        loop {
            let changed = self.flow.changed.notified();
            match &self.flow.log().end {
                Some(Ok(end)) => return Ok(end.clone()),
                Some(Err(error)) => return Err(error.duplicate()),
                None => {}
            }
            changed.await;
        }
    }
}

impl<H, E> Drop for Reader<H, E> {
    fn drop(&mut self) {
        if self.flow.n_readers.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.flow.left.notify_waiters();
        }
    }
}

/// What a reader gets.
#[derive(Debug)]
pub(super) enum More<E> {
    /// More of the answer.
    Chunks(Vec<Bytes>),
    /// Nothing more.
    End(Result<E>),
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn text(mut reader: Reader<u8, u8>) -> (String, u8) {
        let mut all = Vec::new();
        loop {
            match reader.next().await {
                More::Chunks(chunks) => all.extend(chunks),
                More::End(end) => {
                    let end = end.unwrap();
                    assert_eq!(reader.end().await.unwrap(), end);
                    return (String::from_utf8(all.concat()).unwrap(), end);
                }
            }
        }
    }

    #[tokio::test]
    async fn every_reader_gets_all_from_the_first_byte_whenever_it_comes() {
        let (writer, early) = flow::<u8, u8>();
        let early = tokio::spawn(text(early));
        tokio::task::yield_now().await;
        writer.begin(1);
        writer.push(Bytes::from_static(b"a"));
        let middle = Reader::of(&writer.shared());
        assert_eq!(middle.head().await.unwrap(), 1);
        writer.push(Bytes::from_static(b"b"));
        let shared = writer.shared();
        writer.end(Ok(9));
        let late = Reader::of(&shared);
        for answer in [early.await.unwrap(), text(middle).await, text(late).await] {
            assert_eq!(answer, ("ab".to_owned(), 9));
        }
    }

    #[tokio::test]
    async fn a_writer_that_is_dropped_fails_its_readers() {
        let (writer, mut reader) = flow::<u8, u8>();
        writer.push(Bytes::from_static(b"a"));
        drop(writer);
        assert_eq!(reader.head().await.unwrap_err().kind(), Kind::Truncated);
        assert!(matches!(reader.next().await, More::Chunks(_)));
        assert!(matches!(reader.next().await, More::End(Err(_))));
    }

    #[tokio::test]
    async fn the_writer_learns_when_the_last_reader_has_gone() {
        let (writer, reader) = flow::<u8, u8>();
        let other = Reader::of(&writer.shared());
        drop(reader);
        assert_eq!(writer.n_readers(), 1);
        let gone = tokio::spawn(async move { writer.abandoned().await });
        tokio::task::yield_now().await;
        assert!(!gone.is_finished());
        drop(other);
        gone.await.unwrap();
    }
}
