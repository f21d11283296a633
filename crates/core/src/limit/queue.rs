//! The queue in front of the limits: a call is let in at once, waits in line, or is refused with when to come again.
//!
//! Nothing polls. One of those that wait keeps the time: it looks again when there is room by time alone. Else they are looked at
//! whenever a call ends, gives back, or leaves the line.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, oneshot};

use super::accounts::{Accounts, Busy, Key, Taken};
use super::line::{Line, Look, Waiter};
use super::settings::{Class, LimitSpec, QueueSettings};
use super::sync::{Mutex, MutexGuard};
use crate::clock::Clock;
use crate::error::{Error, Kind, Result};
use crate::labels::{By, Labels};

/// Limits, and those that wait for them.
#[derive(Clone)]
pub struct Limits(Arc<Inner>);

struct Inner {
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
}

struct State {
    accounts: Accounts,
    line: Line<Hand>,
    /// Who of those that wait keeps the time, by number.
    keeper: Option<u64>,
    /// When there is room for somebody by time alone.
    next_us: Option<u64>,
}

/// How one that waits is told.
struct Hand {
    go: oneshot::Sender<Grant>,
    wake: Arc<Notify>,
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
    taken: Taken,
    queued_us: u64,
}

/// A permit on its way to a call, which may have gone away: then it gives back all of it.
struct Grant(Option<Permit>);

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

/// Whether a call has to wait.
pub(super) enum Waits {
    No(Permit),
    Yes(Waiting),
}

/// A call that waits. Leaves the line when it is dropped.
pub(super) struct Waiting {
    place: Place,
    go: oneshot::Receiver<Grant>,
    wake: Arc<Notify>,
    since_us: u64,
}

/// A place in the line.
struct Place {
    limits: Limits,
    number: u64,
}

impl Limits {
    /// Limits with nothing used.
    pub fn new(specs: &[LimitSpec], settings: QueueSettings, clock: Arc<dyn Clock>) -> Limits {
        let state = State { accounts: Accounts::new(specs), line: Line::new(settings), keeper: None, next_us: None };
        Limits(Arc::new(Inner { clock, state: Mutex::new(state) }))
    }

    /// Other limits from now on. Under a limit of the same name and the same labels, what is used stays used; calls that wait go on
    /// waiting for the room that they came for.
    pub fn replace(&self, specs: &[LimitSpec], settings: QueueSettings) {
        let mut state = self.state();
        state.accounts.replace(specs);
        state.line.settings = settings;
        self.look(&mut state);
    }

    /// Waits for room under the limits on callers and routes (`is_of_caller`), or on providers and models.
    ///
    /// Errors: [`Kind::RateLimited`] with when to come again, if the queue is full or the wait too long; [`Kind::NoTarget`] if there
    /// can never be room for so many tokens. Dropping the future leaves the queue.
    pub async fn admit(&self, labels: &Labels, is_of_caller: bool, demand: Demand) -> Result<Permit> {
        let mut waiting = match self.enter(labels, is_of_caller, demand)? {
            Waits::No(permit) => return Ok(permit),
            Waits::Yes(waiting) => waiting,
        };
        let max_wait = self.state().line.settings.max_wait;
        let until = tokio::time::Instant::now() + demand.patience.unwrap_or(max_wait).min(max_wait);
        loop {
            let look_in = self.keeps_time(waiting.place.number);
            tokio::select! {
                biased;
                granted = &mut waiting.go => return waiting.granted(granted.ok()),
                () = tokio::time::sleep_until(until) => return waiting.refused(),
                () = waiting.wake.notified() => {}
                () = tokio::time::sleep(look_in.unwrap_or_default().max(Duration::from_millis(1))), if look_in.is_some() => {
                    self.look(&mut self.state());
                }
            }
        }
    }

    /// Room for a call now, or when to ask again. Does not overtake those that wait for the same room.
    pub fn try_admit(&self, labels: &Labels, is_of_caller: bool, n_tokens: u64) -> Result<Permit> {
        let now = self.0.clock.ticks_us();
        let mut state = self.state();
        let keys = state.accounts.of(labels, is_of_caller);
        state.accounts.check(&keys, n_tokens)?;
        if state.line.wants(&keys) {
            return Err(state.error(&keys, n_tokens, now, "others wait for room"));
        }
        match state.accounts.take(&keys, n_tokens, now) {
            Ok(()) => Ok(self.permit(keys, n_tokens, now)),
            Err(_) => Err(state.error(&keys, n_tokens, now, "there is no room")),
        }
    }

    /// Who waits, by class.
    pub fn depths(&self) -> Vec<Depth> {
        let now = self.0.clock.ticks_us();
        let state = self.state();
        let of = |class: Class| {
            let waits = || state.line.iter().filter(|waiter| waiter.class == class);
            let longest = waits().map(|waiter| now.saturating_sub(waiter.since_us)).max().unwrap_or(0);
            Depth { class, n_waiting: waits().count(), longest: Duration::from_micros(longest) }
        };
        Class::ALL.iter().map(|(class, _)| of(*class)).collect()
    }

    /// Accounts in use: subjects come and go, memory does not grow with them.
    pub fn n_accounts(&self) -> usize {
        self.state().accounts.n_accounts()
    }

    /// Lets a call in, or puts it in line.
    pub(super) fn enter(&self, labels: &Labels, is_of_caller: bool, demand: Demand) -> Result<Waits> {
        let now = self.0.clock.ticks_us();
        let Demand { n_tokens, class, .. } = demand;
        let mut state = self.state();
        let keys = state.accounts.of(labels, is_of_caller);
        if keys.is_empty() {
            return Ok(Waits::No(self.permit(keys, 0, now)));
        }
        state.accounts.check(&keys, n_tokens)?;
        // Who comes does not overtake those that wait for the same room.
        if !state.line.wants(&keys) && state.accounts.take(&keys, n_tokens, now).is_ok() {
            return Ok(Waits::No(self.permit(keys, n_tokens, now)));
        }
        // Who loses its place learns it from its sender, which is dropped here.
        let Ok(_) = state.line.make_room(class) else {
            let what = format!("the queue is full ({} calls)", state.line.len());
            return Err(state.error(&keys, n_tokens, now, &what));
        };
        let (sender, go) = oneshot::channel();
        let wake = Arc::new(Notify::new());
        let caller = By::Caller.of(labels).unwrap_or_else(|| Arc::clone(&labels.caller.tenant.0));
        let told = Hand { go: sender, wake: Arc::clone(&wake) };
        let number = state.line.push(Waiter { keys, n_tokens, class, caller, since_us: now, told });
        self.look(&mut state);
        Ok(Waits::Yes(Waiting { place: Place { limits: self.clone(), number }, go, wake, since_us: now }))
    }

    /// Lets go whoever there is room for, and sees to it that somebody keeps the time for the others.
    fn look(&self, state: &mut State) {
        if state.line.is_empty() {
            return;
        }
        let now = self.0.clock.ticks_us();
        let before = (state.keeper, state.next_us);
        loop {
            let Look { gone, next_us } = state.line.look(&mut state.accounts, now);
            state.next_us = next_us;
            let mut is_settled = true;
            for Waiter { keys, n_tokens, told, .. } in gone {
                let grant = Grant(Some(self.permit(keys, n_tokens, now)));
                // It went away just now: there is room for another. The lock is held, so the grant must not be dropped whole.
                if let Err(mut grant) = told.go.send(grant)
                    && let Some(mut permit) = grant.0.take()
                {
                    state.accounts.undo(&std::mem::take(&mut permit.keys), permit.taken);
                    is_settled = false;
                }
            }
            if is_settled {
                break;
            }
        }
        let keeper = state.keeper.filter(|keeper| state.line.get(*keeper).is_some());
        state.keeper = keeper.or_else(|| state.line.first());
        if (state.keeper, state.next_us) != before
            && let Some(keeper) = state.keeper.and_then(|keeper| state.line.get(keeper))
        {
            keeper.told.wake.notify_one();
        }
    }

    /// When to look again, for the one that keeps the time.
    fn keeps_time(&self, number: u64) -> Option<Duration> {
        let now = self.0.clock.ticks_us();
        let state = self.state();
        let next = state.next_us.filter(|_| state.keeper == Some(number))?;
        Some(Duration::from_micros(next.saturating_sub(now)))
    }

    fn permit(&self, keys: Vec<Key>, n_tokens: u64, now_us: u64) -> Permit {
        Permit { limits: self.clone(), keys, taken: Taken { n_tokens, at_us: now_us }, queued_us: 0 }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Every change is whole before the lock is given back.
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// A refusal that names the limit without room, its numbers, and when to come again.
    fn error(&self, keys: &[Key], n_tokens: u64, now_us: u64, what: &str) -> Error {
        let busy = self.accounts.room(keys, n_tokens, now_us).err();
        let busy = busy.or_else(|| Some(Busy { key: keys.first()?.clone(), wait_us: None }));
        let Some((spec, busy)) = busy.as_ref().and_then(|busy| Some((self.accounts.spec(&busy.key)?, busy))) else {
            return Error::new(Kind::RateLimited, what.to_owned()).retry_after(Duration::from_secs(1));
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

impl Waiting {
    /// Waits for its turn without an end of patience and without a clock: for tests of schedules.
    #[cfg(test)]
    #[allow(dead_code, reason = "asked by `races.rs`, which has this file as a module of its own")]
    pub(super) async fn turn(mut self) -> Result<Permit> {
        let granted = (&mut self.go).await.ok();
        self.granted(granted)
    }

    /// Its turn came, or its place went to a call of a higher class.
    fn granted(self, grant: Option<Grant>) -> Result<Permit> {
        let waited = self.place.limits.0.clock.ticks_us().saturating_sub(self.since_us);
        match grant.and_then(|mut grant| grant.0.take()) {
            Some(mut permit) => {
                permit.queued_us = waited;
                Ok(permit)
            }
            None => Err(Error::new(
                Kind::RateLimited,
                format!("the queue is full, and a call of a higher class came: no room after {} ms", waited / 1000),
            )
            .retry_after(Duration::from_secs(1))
            .help("ask again later, raise the limit or the queue's `max-depth`")),
        }
    }

    /// Its time is over, unless its turn came at the last moment.
    fn refused(mut self) -> Result<Permit> {
        let limits = self.place.limits.clone();
        let now = limits.0.clock.ticks_us();
        let mut state = limits.state();
        let Some(waiter) = state.line.remove(self.place.number) else {
            drop(state);
            let grant = self.go.try_recv().ok();
            return self.granted(grant);
        };
        let what = format!("no room after {} ms in the queue", now.saturating_sub(self.since_us) / 1000);
        let error = state.error(&waiter.keys, waiter.n_tokens, now, &what);
        limits.look(&mut state);
        Err(error)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut state = self.limits.state();
        // Those behind it may have room now.
        if state.line.remove(self.number).is_some() {
            self.limits.look(&mut state);
        }
    }
}

impl Permit {
    /// How long the call waited, in microseconds.
    pub fn queued_us(&self) -> u64 {
        self.queued_us
    }

    /// When it was let in, in ticks.
    #[cfg(test)]
    pub(super) fn taken_us(&self) -> u64 {
        self.taken.at_us
    }

    /// The call used so many tokens: what was taken too much is there for others at once.
    pub fn settle(&mut self, n_used: u64) {
        let taken = self.taken;
        self.taken.n_tokens = n_used;
        if taken.n_tokens == n_used || self.keys.is_empty() {
            return;
        }
        let now = self.limits.0.clock.ticks_us();
        let mut state = self.limits.state();
        state.accounts.settle(&self.keys, taken, n_used, now);
        if n_used < taken.n_tokens {
            self.limits.look(&mut state);
        }
    }

    /// The call never was: nothing of it counts.
    pub fn cancel(mut self) {
        let keys = std::mem::take(&mut self.keys);
        if keys.is_empty() {
            return;
        }
        let mut state = self.limits.state();
        state.accounts.undo(&keys, self.taken);
        self.limits.look(&mut state);
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        if !self.keys.is_empty() {
            let mut state = self.limits.state();
            state.accounts.leave(&self.keys);
            self.limits.look(&mut state);
        }
    }
}

impl Drop for Grant {
    fn drop(&mut self) {
        if let Some(permit) = self.0.take() {
            permit.cancel();
        }
    }
}
