//! Requests of a batch and their results stand in two files; together they are one call. A row with a `custom_id` waits for
//! its other half; what never comes is replayed as it is.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use super::row::Row;

/// Rows that may wait, and edges of their prompts.
const MAX_WAITING: usize = 1 << 17;
const MAX_WAITING_EDGES: usize = 1 << 20;

/// Half calls, by id, the oldest first. An id that comes again (`request-1` of the next batch) queues behind itself; all
/// that wait under one id are of the same side.
#[derive(Default)]
pub(super) struct Halves {
    waiting: BTreeMap<Arc<str>, VecDeque<Half>>,
    n_waiting: usize,
    n_edges: usize,
    n_taken: u64,
}

struct Half {
    number: u64,
    row: Row,
    kind: Option<u32>,
}

/// What to do with a row now.
pub(super) enum Joined {
    /// It waits for its other half.
    Waits,
    /// These go on: the call made of both halves, or halves that there is no more room for.
    Ready(Vec<(Row, Option<u32>)>),
}

impl Halves {
    /// Takes a row with the id it is known by.
    pub(super) fn take(&mut self, id: Arc<str>, row: Row, kind: Option<u32>) -> Joined {
        self.n_taken += 1;
        if let Some(other) = self.other_half(&id, row.is_request()) {
            self.n_waiting -= 1;
            self.n_edges -= other.row.shape.edges.len();
            let (asked, answered) = if row.is_request() { (row, other.row) } else { (other.row, row) };
            return Joined::Ready(vec![(asked.with_result(answered), kind.or(other.kind))]);
        }
        self.n_waiting += 1;
        self.n_edges += row.shape.edges.len();
        let half = Half { number: self.n_taken, row, kind };
        self.waiting.entry(id).or_insert_with(|| VecDeque::with_capacity(1)).push_back(half);
        let is_full = self.n_waiting > MAX_WAITING || self.n_edges > MAX_WAITING_EDGES;
        if is_full { Joined::Ready(self.rest()) } else { Joined::Waits }
    }

    /// The oldest half under this id, if it is of the other side. Who has met leaves nothing behind.
    fn other_half(&mut self, id: &str, is_request: bool) -> Option<Half> {
        let queue = self.waiting.get_mut(id)?;
        if queue.front()?.row.is_request() == is_request {
            return None;
        }
        let half = queue.pop_front()?;
        if queue.is_empty() {
            self.waiting.remove(id);
        }
        Some(half)
    }

    /// All that still wait, in the order in which they came.
    pub(super) fn rest(&mut self) -> Vec<(Row, Option<u32>)> {
        (self.n_waiting, self.n_edges) = (0, 0);
        let mut rest: Vec<Half> = std::mem::take(&mut self.waiting).into_values().flatten().collect();
        rest.sort_by_key(|half| half.number);
        rest.into_iter().map(|half| (half.row, half.kind)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cache::CacheKey;
    use crate::format::Origin;

    fn row(line: u64, is_request: bool) -> Row {
        Row {
            origin: Origin { line, ..Origin::default() },
            keys: is_request.then_some((CacheKey([0; 16]), CacheKey([0; 16]))),
            ..Row::default()
        }
    }

    #[test]
    fn halves_that_met_leave_nothing_behind() {
        let mut halves = Halves::default();
        for n in 0..100 {
            let id: Arc<str> = Arc::from(format!("request-{}", n % 7));
            for is_request in [true, true, false, false] {
                let is_joined = matches!(halves.take(id.clone(), row(n, is_request), None), Joined::Ready(_));
                assert_eq!(is_joined, !is_request);
            }
        }
        assert!(halves.waiting.is_empty() && halves.n_waiting == 0);
        let _ = halves.take(Arc::from("alone"), row(1, true), None);
        assert_eq!(halves.rest().len(), 1);
    }
}
