//! Requests of a batch and their results stand in two files; together they are one call. A row with a `custom_id` waits for
//! its other half; what never comes is replayed as it is.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::row::Row;

/// Rows that may wait.
const MAX_WAITING: usize = 1 << 17;

/// Half calls, by id.
#[derive(Default)]
pub(super) struct Halves {
    waiting: BTreeMap<Arc<str>, (u64, Row, Option<u32>)>,
    n_taken: u64,
}

/// What to do with a row now.
pub(super) enum Joined {
    /// It waits for its other half.
    Waits,
    /// These go on: the call made of both halves, or halves that waited too long.
    Ready(Vec<(Row, Option<u32>)>),
}

impl Halves {
    /// Takes a row with the id it is known by.
    pub(super) fn take(&mut self, id: Arc<str>, row: Row, kind: Option<u32>) -> Joined {
        self.n_taken += 1;
        match self.waiting.remove(&id) {
            Some((_, other, other_kind)) if other.keys.is_some() != row.keys.is_some() => {
                let (asked, answered) = if row.keys.is_some() { (row, other) } else { (other, row) };
                Joined::Ready(vec![(asked.with_result(answered), kind.or(other_kind))])
            }
            // Two requests of one id are two calls.
            Some((_, other, other_kind)) => {
                self.waiting.insert(id, (self.n_taken, row, kind));
                Joined::Ready(vec![(other, other_kind)])
            }
            None => {
                self.waiting.insert(id, (self.n_taken, row, kind));
                if self.waiting.len() > MAX_WAITING { Joined::Ready(self.rest()) } else { Joined::Waits }
            }
        }
    }

    /// All that still wait, in the order in which they came.
    pub(super) fn rest(&mut self) -> Vec<(Row, Option<u32>)> {
        let mut rest: Vec<_> = std::mem::take(&mut self.waiting).into_values().collect();
        rest.sort_by_key(|(number, ..)| *number);
        rest.into_iter().map(|(_, row, kind)| (row, kind)).collect()
    }
}
