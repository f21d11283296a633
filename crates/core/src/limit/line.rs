//! The line of those that wait: who goes next when there is room.
//!
//! They are asked in the order of their class. Each spell of waiting lifts a call by a class, beyond the highest too, so that nothing
//! starves. Within a class callers take turns. A call that has no room holds up those behind it only in the room that it lacks: were it
//! all that it wants, one caller at the end of its own limit would hold up everybody in the limits that it shares with them. So a call
//! that lacks now one room and now another may be passed until both are free at once, or its time is over.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::accounts::{Accounts, Key};
use super::settings::{Class, QueueSettings};

/// Those that wait. `T` is how each is told.
#[derive(Debug)]
pub(super) struct Line<T> {
    pub(super) settings: QueueSettings,
    /// By number, the oldest first.
    waiting: BTreeMap<u64, Waiter<T>>,
    n_arrived: u64,
    /// When each caller that waits had its last turn.
    turns: BTreeMap<Arc<str>, u64>,
    n_turns: u64,
}

/// One that waits.
#[derive(Debug)]
pub(super) struct Waiter<T> {
    pub keys: Vec<Key>,
    pub n_tokens: u64,
    pub class: Class,
    pub caller: Arc<str>,
    pub since_us: u64,
    pub told: T,
}

/// Who may go, and when there is room for another one, as far as time alone decides.
#[derive(Debug)]
pub(super) struct Look<T> {
    pub gone: Vec<Waiter<T>>,
    pub next_us: Option<u64>,
}

impl<T> Line<T> {
    pub(super) fn new(settings: QueueSettings) -> Line<T> {
        Line { settings, waiting: BTreeMap::new(), n_arrived: 0, turns: BTreeMap::new(), n_turns: 0 }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.waiting.len()
    }

    pub(super) fn get(&self, number: u64) -> Option<&Waiter<T>> {
        self.waiting.get(&number)
    }

    /// The first that came, by number.
    pub(super) fn first(&self) -> Option<u64> {
        self.waiting.first_key_value().map(|(number, _)| *number)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Waiter<T>> {
        self.waiting.values()
    }

    /// Whether somebody waits for any of these rooms.
    pub(super) fn wants(&self, keys: &[Key]) -> bool {
        self.iter().any(|waiter| waiter.keys.iter().any(|key| keys.contains(key)))
    }

    /// Whether one more of a class may wait: there is a place, or the last of a lower class, who is returned, has lost it.
    pub(super) fn make_room(&mut self, class: Class) -> Result<Option<Waiter<T>>, Full> {
        if self.waiting.len() < self.settings.max_depth {
            return Ok(None);
        }
        let last = self.waiting.iter().map(|(number, waiter)| (waiter.class, *number)).max();
        let last = last.filter(|(lowest, _)| *lowest > class).ok_or(Full)?;
        Ok(self.remove(last.1))
    }

    /// Gets in line. Who comes anew is behind the callers that wait already.
    pub(super) fn push(&mut self, waiter: Waiter<T>) -> u64 {
        let number = self.n_arrived;
        self.n_arrived += 1;
        self.turns.entry(Arc::clone(&waiter.caller)).or_insert(self.n_turns);
        self.waiting.insert(number, waiter);
        number
    }

    pub(super) fn remove(&mut self, number: u64) -> Option<Waiter<T>> {
        let waiter = self.waiting.remove(&number)?;
        if !self.iter().any(|other| other.caller == waiter.caller) {
            self.turns.remove(&waiter.caller);
        }
        Some(waiter)
    }

    /// Takes from the accounts for whoever there is room for. O(n log n) of those that wait.
    pub(super) fn look(&mut self, accounts: &mut Accounts, now_us: u64) -> Look<T> {
        let mut look = Look { gone: Vec::new(), next_us: None };
        let mut blocked: BTreeSet<Key> = BTreeSet::new();
        for number in self.order(now_us) {
            let Some(waiter) = self.waiting.get(&number) else { continue };
            if waiter.keys.iter().any(|key| blocked.contains(key)) {
                continue;
            }
            match accounts.take(&waiter.keys, waiter.n_tokens, now_us) {
                Ok(()) => {
                    self.n_turns += 1;
                    if let Some(turn) = self.turns.get_mut(&waiter.caller) {
                        *turn = self.n_turns;
                    }
                    look.gone.extend(self.remove(number));
                }
                Err(busy) => {
                    let next = busy.wait_us.map(|wait| now_us.saturating_add(wait));
                    look.next_us = [look.next_us, next].into_iter().flatten().min();
                    blocked.insert(busy.key);
                }
            }
        }
        look
    }

    /// The order in which those that wait are asked: by rank, which is the class less the spells waited, and in turns.
    fn order(&self, now_us: u64) -> Vec<u64> {
        let ageing = u64::try_from(self.settings.ageing.as_micros()).unwrap_or(u64::MAX).max(1);
        let mut own: BTreeMap<(i64, &str), u64> = BTreeMap::new();
        let mut order = Vec::with_capacity(self.waiting.len());
        for (number, waiter) in &self.waiting {
            let lifted = i64::try_from(now_us.saturating_sub(waiter.since_us) / ageing).unwrap_or(i64::MAX);
            let rank = (waiter.class as i64).saturating_sub(lifted);
            let n_before = own.entry((rank, &waiter.caller)).or_default();
            let turn = self.turns.get(&waiter.caller).copied().unwrap_or_default();
            order.push((rank, *n_before, turn, *number));
            *n_before += 1;
        }
        order.sort_unstable();
        order.into_iter().map(|(_, _, _, number)| number).collect()
    }
}

/// No place is left for a call of this class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Full;
