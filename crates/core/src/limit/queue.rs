//! The queue in front of the limits. Those that wait are asked in the order of their class; among one class callers take turns; and
//! each spell of waiting lifts a call by a class, so that nothing starves. A call that has no room holds up those behind it only where
//! they want the same room.
//!
//! Nothing polls: a waiting call looks again when its own account has room by time, and whenever a call ends. A look is O(waiting).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;

use super::accounts::{Accounts, Busy, Key};
use super::settings::{Class, LimitSpec, QueueSettings};
use crate::clock::Clock;
use crate::error::{Error, Kind, Result};
use crate::labels::Labels;

/// Limits, and those that wait for them.
#[derive(Clone)]
pub struct Limits(Arc<Inner>);

struct Inner {
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
}

struct State {
    accounts: Accounts,
    settings: QueueSettings,
    /// By number, the oldest first.
    waiting: BTreeMap<u64, Waiter>,
    n_arrived: u64,
}

struct Waiter {
    keys: Vec<Key>,
    n_tokens: u64,
    class: Class,
    caller: Arc<str>,
    since_us: u64,
    go: oneshot::Sender<Permit>,
}

/// What a call wants.
#[derive(Clone, Copy, Debug, Default)]
pub struct Demand {
    /// Tokens that it may need, input and output.
    pub n_tokens: u64,
    /// How urgent it is.
    pub class: Class,
    /// How long it may wait; the queue's own limit if shorter.
    pub patience: Option<Duration>,
}

/// Room for one call, until it is dropped.
pub struct Permit {
    limits: Limits,
    keys: Vec<Key>,
    n_tokens: u64,
    queued_us: u64,
}

/// How many wait in a class, and how long the first of them has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Depth {
    /// The class.
    pub class: Class,
    /// How many wait.
    pub n_waiting: usize,
    /// The longest wait so far.
    pub longest: Duration,
}

impl Limits {
    /// Limits with nothing used.
    pub fn new(specs: &[LimitSpec], settings: QueueSettings, clock: Arc<dyn Clock>) -> Limits {
        let state = State { accounts: Accounts::new(specs), settings, waiting: BTreeMap::new(), n_arrived: 0 };
        Limits(Arc::new(Inner { clock, state: Mutex::new(state) }))
    }

    /// Waits for room under the limits on callers and routes (`is_of_caller`), or on providers and models.
    ///
    /// Errors: [`Kind::RateLimited`] with when to come again, if the queue is full or the wait too long; [`Kind::NoTarget`] if there
    /// can never be room for so many tokens. Dropping the future leaves the queue.
    pub async fn admit(&self, labels: &Labels, is_of_caller: bool, demand: Demand) -> Result<Permit> {
        let now = self.0.clock.ticks_us();
        let (number, mut gone, patience) = {
            let mut state = self.state();
            let keys = state.accounts.of(labels, is_of_caller);
            if keys.is_empty() {
                return Ok(Permit { limits: self.clone(), keys, n_tokens: 0, queued_us: 0 });
            }
            state.accounts.check(&keys, demand.n_tokens)?;
            // Who comes does not overtake those that wait for the same room.
            let wanted = |waiter: &Waiter| waiter.keys.iter().any(|key| keys.contains(key));
            let is_taken = state.waiting.values().any(wanted);
            if !is_taken && state.accounts.take(&keys, demand.n_tokens, now).is_ok() {
                return Ok(Permit { limits: self.clone(), keys, n_tokens: demand.n_tokens, queued_us: 0 });
            }
            state.make_room(demand.class, &keys)?;
            let number = state.n_arrived;
            state.n_arrived += 1;
            let (go, gone) = oneshot::channel();
            let caller = labels.caller.id.clone().unwrap_or_else(|| Arc::clone(&labels.caller.tenant.0));
            let Demand { n_tokens, class, patience } = demand;
            state.waiting.insert(number, Waiter { keys, n_tokens, class, caller, since_us: now, go });
            let patience = patience.unwrap_or(state.settings.max_wait).min(state.settings.max_wait);
            (number, gone, patience)
        };
        let place = Place { limits: self, number };
        let until = tokio::time::Instant::now() + patience;
        loop {
            let look = self.look(Some(number));
            let look_again = look.unwrap_or(Duration::from_secs(3600)).max(Duration::from_millis(1));
            tokio::select! {
                biased;
                granted = &mut gone => {
                    let mut permit = granted.map_err(|_| self.refused(number, now, None))?;
                    permit.queued_us = self.0.clock.ticks_us().saturating_sub(now);
                    return Ok(permit);
                }
                () = tokio::time::sleep_until(until) => {
                    let error = self.refused(number, now, look);
                    drop(place);
                    return Err(error);
                }
                () = tokio::time::sleep(look_again) => {}
            }
        }
    }

    /// Room for a call now, or when to ask again.
    pub fn try_admit(&self, labels: &Labels, is_of_caller: bool, n_tokens: u64) -> Result<Permit> {
        let now = self.0.clock.ticks_us();
        let mut state = self.state();
        let keys = state.accounts.of(labels, is_of_caller);
        state.accounts.check(&keys, n_tokens)?;
        match state.accounts.take(&keys, n_tokens, now) {
            Ok(()) => Ok(Permit { limits: self.clone(), keys, n_tokens, queued_us: 0 }),
            Err(busy) => Err(state.error(&busy, "there is no room")),
        }
    }

    /// Who waits, by class.
    pub fn depths(&self) -> Vec<Depth> {
        let now = self.0.clock.ticks_us();
        let state = self.state();
        let of = |class: Class| {
            let waits = || state.waiting.values().filter(|waiter| waiter.class == class);
            let longest = waits().map(|waiter| now.saturating_sub(waiter.since_us)).max().unwrap_or(0);
            Depth { class, n_waiting: waits().count(), longest: Duration::from_micros(longest) }
        };
        Class::ALL.iter().map(|(class, _)| of(*class)).collect()
    }

    /// Accounts in use: subjects come and go, memory does not grow with them.
    pub fn n_accounts(&self) -> usize {
        self.state().accounts.n_accounts()
    }

    /// Lets go whoever there is room for. Returns when there is room for one of them, as far as time alone decides.
    fn look(&self, of: Option<u64>) -> Option<Duration> {
        let now = self.0.clock.ticks_us();
        let mut state = self.state();
        let order = state.order(now);
        let mut blocked: BTreeSet<Key> = BTreeSet::new();
        let mut wait = None;
        for number in order {
            let State { accounts, waiting, .. } = &mut *state;
            let Some(waiter) = waiting.get(&number) else { continue };
            if waiter.keys.iter().any(|key| blocked.contains(key)) {
                continue;
            }
            match accounts.take(&waiter.keys, waiter.n_tokens, now) {
                Ok(()) => {
                    let Some(Waiter { keys, n_tokens, go, .. }) = waiting.remove(&number) else { continue };
                    let permit = Permit { limits: self.clone(), keys, n_tokens, queued_us: 0 };
                    if let Err(permit) = go.send(permit) {
                        // It went away just now. Its permit must not be dropped while the lock is held.
                        permit.undo(accounts, now);
                    }
                }
                Err(busy) => {
                    if of == Some(number)
                        || of.is_some_and(|of| waiting.get(&of).is_some_and(|own| own.keys.contains(&busy.key)))
                    {
                        wait = busy.wait_us.map(Duration::from_micros);
                    }
                    blocked.insert(busy.key);
                }
            }
        }
        wait
    }

    fn refused(&self, number: u64, since_us: u64, wait: Option<Duration>) -> Error {
        let waited = Duration::from_micros(self.0.clock.ticks_us().saturating_sub(since_us));
        let state = self.state();
        let names: Vec<&str> = state
            .waiting
            .get(&number)
            .map(|waiter| waiter.keys.iter().map(|(index, _)| state.accounts.specs[*index].name.as_str()).collect())
            .unwrap_or_default();
        let message =
            format!("no room under the limit `{}` after {} ms in the queue", names.join("`, `"), waited.as_millis());
        Error::new(Kind::RateLimited, message)
            .retry_after(wait.unwrap_or(Duration::from_secs(1)))
            .help("ask again later, or raise the limit")
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Every change is whole before the lock is given back.
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// The order in which those that wait are asked.
    fn order(&self, now_us: u64) -> Vec<u64> {
        let ageing = u64::try_from(self.settings.ageing.as_micros()).unwrap_or(u64::MAX).max(1);
        let mut turns: BTreeMap<(u64, &str), u64> = BTreeMap::new();
        let mut order: Vec<((u64, u64, u64), u64)> = Vec::with_capacity(self.waiting.len());
        for (number, waiter) in &self.waiting {
            let lifted = now_us.saturating_sub(waiter.since_us) / ageing;
            let rank = (waiter.class as u64).saturating_sub(lifted);
            let turn = turns.entry((rank, &waiter.caller)).or_default();
            order.push(((rank, *turn, *number), *number));
            *turn += 1;
        }
        order.sort_unstable();
        order.into_iter().map(|(_, number)| number).collect()
    }

    /// A place in a queue that is full: that of the last of a lower class, or none.
    fn make_room(&mut self, class: Class, keys: &[Key]) -> Result<()> {
        if self.waiting.len() < self.settings.max_depth {
            return Ok(());
        }
        let last = self.waiting.iter().map(|(number, waiter)| (waiter.class, *number)).max();
        match last {
            Some((lowest, number)) if lowest > class => {
                // Its sender is dropped: it learns that it was refused.
                self.waiting.remove(&number);
                Ok(())
            }
            _ => {
                let busy = Busy { key: keys.first().cloned().unwrap_or((0, "".into())), wait_us: None };
                Err(self.error(&busy, &format!("the queue is full ({} calls)", self.waiting.len())))
            }
        }
    }

    fn error(&self, busy: &Busy, what: &str) -> Error {
        let Some(spec) = self.accounts.specs.get(busy.key.0) else {
            return Error::new(Kind::RateLimited, what.to_owned());
        };
        let parts = [
            spec.rpm.map(|rpm| format!("{rpm} requests a minute")),
            spec.tpm.map(|tpm| format!("{tpm} tokens a minute")),
            spec.concurrency.map(|most| format!("{most} calls at once")),
        ];
        let allowed: Vec<String> = parts.into_iter().flatten().collect();
        let message = format!("{what} under the limit `{}` ({} by {})", spec.name, allowed.join(", "), spec.by);
        Error::new(Kind::RateLimited, message)
            .retry_after(busy.wait_us.map_or(Duration::from_secs(1), Duration::from_micros))
            .help("ask again later, or raise the limit")
    }
}

impl Permit {
    /// How long the call waited, in microseconds.
    pub fn queued_us(&self) -> u64 {
        self.queued_us
    }

    /// The call used so many tokens: what was taken too much is there for others at once.
    pub fn settle(&mut self, n_used: u64) {
        let taken = std::mem::replace(&mut self.n_tokens, n_used);
        if taken == n_used || self.keys.is_empty() {
            return;
        }
        let now = self.limits.0.clock.ticks_us();
        self.limits.state().accounts.settle(&self.keys, taken, n_used, now);
        if n_used < taken {
            self.limits.look(None);
        }
    }

    /// Gives all of it back to accounts that are locked already.
    fn undo(mut self, accounts: &mut Accounts, now_us: u64) {
        let keys = std::mem::take(&mut self.keys);
        accounts.settle(&keys, self.n_tokens, 0, now_us);
        accounts.leave(&keys);
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        if !self.keys.is_empty() {
            self.limits.state().accounts.leave(&self.keys);
            self.limits.look(None);
        }
    }
}

/// A place in the queue, left when it is dropped.
struct Place<'a> {
    limits: &'a Limits,
    number: u64,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.limits.state().waiting.remove(&self.number);
    }
}
