//! Counters of threads that have ended, for threads that begin: what one has learnt serves the next, and its memory need not
//! be given back and taken anew page by page, which stops the other threads each time.

use std::sync::{Mutex, PoisonError};

use super::Counter;
use crate::Encoding;

/// Most counters kept, of up to 39 MB each; the oldest goes.
const MOST: usize = 4;

/// Counters at rest, the newest last.
pub(super) struct Pool(Mutex<Vec<Rested>>);

type Rested = (Encoding, Box<Counter>);

/// The one for all threads.
pub(super) static POOL: Pool = Pool::new();

impl Pool {
    const fn new() -> Pool {
        Pool(Mutex::new(Vec::new()))
    }

    /// A counter that has counted with this encoding, or a new one.
    pub(super) fn take(&self, encoding: Encoding) -> Box<Counter> {
        self.change(|rested| {
            let newest = rested.iter().rposition(|(of, _)| *of == encoding)?;
            Some(rested.remove(newest).1)
        })
        .unwrap_or_default()
    }

    /// Keeps a counter that has counted with this encoding.
    pub(super) fn give(&self, encoding: Encoding, counter: Box<Counter>) {
        // What goes is freed when others may take and give again.
        let _oldest = self.change(|rested| {
            rested.push((encoding, counter));
            (rested.len() > MOST).then(|| rested.remove(0))
        });
    }

    fn change<T>(&self, change: impl FnOnce(&mut Vec<Rested>) -> T) -> T {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_counter_comes_back_for_its_encoding_and_few_are_kept() {
        let pool = Pool::new();
        let counters: Vec<_> = (0..=MOST).map(|_| pool.take(Encoding::O200kBase)).collect();
        let places: Vec<*const Counter> = counters.iter().map(|counter| std::ptr::from_ref(&**counter)).collect();
        for (n, counter) in counters.into_iter().enumerate() {
            pool.give(if n == 1 { Encoding::Cl100kBase } else { Encoding::O200kBase }, counter);
        }
        assert_eq!(pool.0.lock().unwrap().len(), MOST);
        assert_eq!(std::ptr::from_ref(&*pool.take(Encoding::Cl100kBase)), places[1]);
        // The first one has gone.
        for n in (2..=MOST).rev() {
            assert_eq!(std::ptr::from_ref(&*pool.take(Encoding::O200kBase)), places[n]);
        }
        assert!(pool.0.lock().unwrap().is_empty());
    }
}
