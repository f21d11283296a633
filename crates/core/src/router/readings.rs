//! Requests that were read before. A request whose answer may be kept mostly comes again byte for byte; then it is neither read nor
//! weighed nor cut again. In memory, bounded by bytes, never across tenants: not even the time it takes tells what others asked.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::prepare::Reading;
use crate::chat::Dialect;

/// Bytes of bodies in each of the two generations. With what is read out of them they take some five times that.
const MAX_BYTES: usize = 4 << 20;
/// A longer request is not remembered: reading it is little beside answering it.
const MAX_BODY: usize = 64 << 10;

/// Whose request in which dialect (if that was said), and the digest of its bytes.
type Id = (Arc<str>, Option<Dialect>, [u8; 32]);

/// Readings by request. Those not asked for while others of [`MAX_BYTES`] came are forgotten.
#[derive(Default)]
pub(super) struct Readings(Mutex<Generations>);

#[derive(Default)]
struct Generations {
    young: HashMap<Id, Arc<Reading>>,
    old: HashMap<Id, Arc<Reading>>,
    /// Of the young ones.
    n_bytes: usize,
}

impl Readings {
    /// The reading of a request, if it was kept.
    pub(super) fn find(&self, id: &Id) -> Option<Arc<Reading>> {
        let mut both = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(reading) = both.young.get(id) {
            return Some(Arc::clone(reading));
        }
        let (id, reading) = both.old.remove_entry(id)?;
        both.put(id, &reading);
        Some(reading)
    }

    /// Keeps one.
    pub(super) fn keep(&self, id: Id, reading: &Arc<Reading>) {
        if reading.text.as_str().len() <= MAX_BODY {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).put(id, reading);
        }
    }
}

impl Generations {
    fn put(&mut self, id: Id, reading: &Arc<Reading>) {
        if self.n_bytes > MAX_BYTES {
            self.old = std::mem::take(&mut self.young);
            self.n_bytes = 0;
        }
        if self.young.insert(id, Arc::clone(reading)).is_none() {
            self.n_bytes += reading.text.as_str().len();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::prepare::read;
    use super::*;

    fn reading(n: usize) -> (Id, Arc<Reading>) {
        let text = format!(r#"{{"model":"m","messages":[{{"role":"user","content":"{n:060000}"}}]}}"#);
        let reading = Arc::new(read(Some(Dialect::Chat), &text.into()).unwrap());
        (("t".into(), Some(Dialect::Chat), reading.hash), reading)
    }

    #[test]
    fn what_is_asked_for_stays_and_memory_is_bounded() {
        let readings = Readings::default();
        let (wanted, first) = reading(0);
        readings.keep(wanted.clone(), &first);
        for n in 1..300 {
            let (id, other) = reading(n);
            readings.keep(id.clone(), &other);
            assert!(readings.find(&id).is_some());
            assert!(readings.find(&wanted).is_some(), "{n}");
        }
        let both = readings.0.lock().unwrap();
        assert!(both.young.len() + both.old.len() < 2 * (MAX_BYTES / 60_000 + 2));
        drop(both);
        assert!(readings.find(&("other".into(), wanted.1, wanted.2)).is_none());
        assert!(readings.find(&reading(1).0).is_none());
    }
}
