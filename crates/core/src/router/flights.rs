//! Calls under way that others may join: by the key of their answer, and so never across tenants.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use super::flow::{Flow, Reader, Writer, flow};
use super::lead::Led;
use super::life::Head;
use crate::cache::BodyKey;

type Shared = Flow<Head, Arc<Led>>;

/// Flights beyond this are swept of those that nobody holds any more.
const SWEEP_AT: usize = 1024;

/// Flights by key. A flight that nobody holds any more is none.
#[derive(Default)]
pub(super) struct Flights(Mutex<Table>);

#[derive(Default)]
struct Table {
    flights: HashMap<BodyKey, Weak<Shared>>,
    sweep_at: usize,
}

impl Flights {
    /// Joins the call that makes this answer, or leads one.
    #[allow(clippy::type_complexity, reason = "the two ends of one flow")]
    pub(super) fn join_or_lead(
        &self,
        key: BodyKey,
    ) -> Result<Reader<Head, Arc<Led>>, (Writer<Head, Arc<Led>>, Reader<Head, Arc<Led>>)> {
        let mut table = self.table();
        if let Some(shared) = table.flights.get(&key).and_then(Weak::upgrade).filter(|shared| !shared.is_over()) {
            return Ok(Reader::of(&shared));
        }
        let (writer, reader) = flow();
        table.flights.insert(key, Arc::downgrade(&writer.shared()));
        Err((writer, reader))
    }

    /// Leads a call for this answer, unless there is one already.
    pub(super) fn lead(&self, key: BodyKey) -> Option<Writer<Head, Arc<Led>>> {
        self.join_or_lead(key).err().map(|(writer, _reader)| writer)
    }

    /// The call is over: who comes now finds the cache, or leads.
    pub(super) fn land(&self, key: &BodyKey) {
        let mut table = self.table();
        table.flights.remove(key);
        // Those that were never landed (their task was cut off) go with time.
        if table.flights.len() > table.sweep_at.max(SWEEP_AT) {
            table.flights.retain(|_, flight| flight.strong_count() > 0);
            table.sweep_at = table.flights.len() * 2;
        }
    }

    /// The call is over because nobody waits for it; `false` if somebody joined meanwhile.
    pub(super) fn land_alone(&self, key: &BodyKey, writer: &Writer<Head, Arc<Led>>) -> bool {
        // Who joins does so under the lock.
        let mut table = self.table();
        let is_alone = writer.n_readers() == 0;
        if is_alone {
            table.flights.remove(key);
        }
        is_alone
    }

    /// How many are under way.
    pub(super) fn len(&self) -> usize {
        self.table().flights.len()
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
