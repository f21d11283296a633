//! Calls under way that others may join: by the key of their answer, and so never across tenants.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use super::flow::{Flow, Reader, Writer, flow};
use super::lead::Led;
use super::life::Head;
use crate::cache::BodyKey;

type Shared = Flow<Head, Arc<Led>>;

/// Flights by key. A flight that nobody holds any more is none.
#[derive(Default)]
pub(super) struct Flights(Mutex<HashMap<BodyKey, Weak<Shared>>>);

impl Flights {
    /// Joins the call that makes this answer, or leads one.
    #[allow(clippy::type_complexity, reason = "the two ends of one flow")]
    pub(super) fn join_or_lead(
        &self,
        key: BodyKey,
    ) -> Result<Reader<Head, Arc<Led>>, (Writer<Head, Arc<Led>>, Reader<Head, Arc<Led>>)> {
        let mut flights = self.flights();
        if let Some(shared) = flights.get(&key).and_then(Weak::upgrade).filter(|shared| !shared.is_over()) {
            return Ok(Reader::of(&shared));
        }
        let (writer, reader) = flow();
        flights.insert(key, Arc::downgrade(&writer.shared()));
        Err((writer, reader))
    }

    /// Leads a call for this answer, unless there is one already.
    pub(super) fn lead(&self, key: BodyKey) -> Option<Writer<Head, Arc<Led>>> {
        self.join_or_lead(key).err().map(|(writer, _reader)| writer)
    }

    /// The call is over: who comes now finds the cache, or leads.
    pub(super) fn land(&self, key: &BodyKey) {
        let mut flights = self.flights();
        flights.remove(key);
        // Those that were never landed (their task was cut off) go with time.
        if flights.len() > 1024
            && flights.len() > 2 * flights.values().filter(|flight| flight.strong_count() > 0).count()
        {
            flights.retain(|_, flight| flight.strong_count() > 0);
        }
    }

    /// The call is over because nobody waits for it; `false` if somebody joined meanwhile.
    pub(super) fn land_alone(&self, key: &BodyKey, writer: &Writer<Head, Arc<Led>>) -> bool {
        // Who joins does so under the lock.
        let mut flights = self.flights();
        let is_alone = writer.n_readers() == 0;
        if is_alone {
            flights.remove(key);
        }
        is_alone
    }

    /// How many are under way.
    pub(super) fn len(&self) -> usize {
        self.flights().len()
    }

    fn flights(&self) -> MutexGuard<'_, HashMap<BodyKey, Weak<Shared>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
