//! What is known of each target: a breaker, a bucket of retries, how long answers take.
//!
//! A breaker is closed until failures in a row, or their share among the calls of a window, reach a limit; then it is open for a
//! while, and then one call is let through to see. What a provider limits (429) is neither success nor failure: it is alive.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::settings::{BreakerSettings, RetrySettings};
use crate::clock::Clock;
use crate::target::Target;

/// What became of an attempt, for its target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It answered.
    Success,
    /// It limits us: alive, but asks to wait.
    Throttled,
    /// It failed.
    Failure,
    /// It did not answer in time.
    Timeout,
    /// Nothing can be said: the request was wrong, the caller went away.
    Neutral,
}

/// All targets.
#[derive(Clone)]
pub struct Health(Arc<Inner>);

struct Inner {
    retry: RetrySettings,
    breaker: BreakerSettings,
    clock: Arc<dyn Clock>,
    targets: Mutex<HashMap<Target, State>>,
}

#[derive(Clone, Debug)]
struct State {
    in_a_row: u32,
    window_from_us: u64,
    n_calls: u32,
    n_failures: u32,
    /// Until when it is left alone; `Some` while open or half open.
    open_until_us: Option<u64>,
    is_probed: bool,
    retry_tokens: u32,
    /// Moving average of the time to the first byte, microseconds.
    latency_us: Option<u64>,
    /// It asked us to wait until then.
    wait_until_us: u64,
}

/// A target that is left alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cooling {
    /// How much longer.
    pub remaining: Duration,
    /// It asked for that, and can be asked afterwards; else it is failing.
    pub is_asked_for: bool,
}

/// Leave to ask a target once. Says what became of it; dropped without a word it says nothing, and a probe is free again.
pub struct Pass {
    health: Health,
    target: Target,
    is_probe: bool,
    is_told: bool,
}

/// A target's health, for reports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TargetHealth {
    /// `provider/model`, with the tier where it is not the standard one: what flex has no room for, standard may have.
    pub target: String,
    /// Left alone for so much longer.
    pub cooling: Option<Duration>,
    /// Calls and failures in the window.
    pub calls: u32,
    /// Failures among them.
    pub failures: u32,
    /// Usual time to the first byte.
    pub latency: Option<Duration>,
}

impl Health {
    /// Nothing is known yet: every target may be asked.
    pub fn new(retry: RetrySettings, breaker: BreakerSettings, clock: Arc<dyn Clock>) -> Health {
        Health(Arc::new(Inner { retry, breaker, clock, targets: Mutex::default() }))
    }

    /// Leave to ask a target, unless it is left alone.
    pub fn pass(&self, target: &Target) -> Result<Pass, Cooling> {
        let now = self.0.clock.ticks_us();
        let is_probe = self.with(target, |state| {
            if state.wait_until_us > now {
                return Err(Cooling {
                    remaining: Duration::from_micros(state.wait_until_us - now),
                    is_asked_for: state.open_until_us.is_none(),
                });
            }
            let Some(until) = state.open_until_us else { return Ok(false) };
            if now < until {
                return Err(Cooling { remaining: Duration::from_micros(until - now), is_asked_for: false });
            }
            if state.is_probed {
                return Err(Cooling { remaining: self.0.breaker.cooldown, is_asked_for: false });
            }
            state.is_probed = true;
            Ok(true)
        })?;
        Ok(Pass { health: self.clone(), target: target.clone(), is_probe, is_told: false })
    }

    /// Whether a target may be asked now, without asking for leave: for plans.
    pub fn is_open(&self, target: &Target) -> bool {
        let now = self.0.clock.ticks_us();
        self.known(target, |state| {
            state.wait_until_us <= now && state.open_until_us.is_none_or(|until| now >= until && !state.is_probed)
        })
        .unwrap_or(true)
    }

    /// Takes a retry from the target's bucket, if there is one: in an outage retries end soon, whatever each call may do. A call whose
    /// failure keeps the breaker open has seen enough.
    pub fn may_retry(&self, target: &Target, after: Verdict) -> bool {
        let cost = if after == Verdict::Timeout { self.0.retry.timeout_cost } else { self.0.retry.cost };
        self.with(target, |state| match state.retry_tokens.checked_sub(cost) {
            Some(_) if state.open_until_us.is_some() && after != Verdict::Throttled => false,
            Some(left) => {
                state.retry_tokens = left;
                true
            }
            None => false,
        })
    }

    /// The target asks to be left alone for a while (`retry-after`).
    pub fn wait(&self, target: &Target, pause: Duration) {
        let until = self.0.clock.ticks_us().saturating_add(u64::try_from(pause.as_micros()).unwrap_or(u64::MAX));
        self.with(target, |state| state.wait_until_us = state.wait_until_us.max(until));
    }

    /// Usual time to the first byte.
    pub fn latency(&self, target: &Target) -> Option<Duration> {
        self.known(target, |state| state.latency_us).flatten().map(Duration::from_micros)
    }

    /// Every target that was asked, by name.
    pub fn view(&self) -> Vec<TargetHealth> {
        let now = self.0.clock.ticks_us();
        let targets = self.0.targets.lock().unwrap_or_else(PoisonError::into_inner);
        let mut view: Vec<TargetHealth> = targets
            .iter()
            .map(|(target, state)| TargetHealth {
                target: target.to_string(),
                cooling: state
                    .open_until_us
                    .into_iter()
                    .chain([state.wait_until_us])
                    .filter(|until| *until > now)
                    .max()
                    .map(|until| Duration::from_micros(until - now)),
                calls: state.n_calls,
                failures: state.n_failures,
                latency: state.latency_us.map(Duration::from_micros),
            })
            .collect();
        view.sort_unstable_by(|one, other| one.target.cmp(&other.target));
        view
    }

    /// What is known of a target, if it was ever asked: a look leaves nothing behind.
    fn known<T>(&self, target: &Target, look: impl FnOnce(&State) -> T) -> Option<T> {
        self.0.targets.lock().unwrap_or_else(PoisonError::into_inner).get(target).map(look)
    }

    fn with<T>(&self, target: &Target, act: impl FnOnce(&mut State) -> T) -> T {
        let mut targets = self.0.targets.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(state) = targets.get_mut(target) {
            return act(state);
        }
        act(targets.entry(target.clone()).or_insert(State {
            in_a_row: 0,
            window_from_us: self.0.clock.ticks_us(),
            n_calls: 0,
            n_failures: 0,
            open_until_us: None,
            is_probed: false,
            retry_tokens: self.0.retry.bucket,
            latency_us: None,
            wait_until_us: 0,
        }))
    }

    fn told(&self, pass: &Pass, verdict: Verdict, first_byte: Option<Duration>) {
        let (retry, breaker) = (&self.0.retry, &self.0.breaker);
        let now = self.0.clock.ticks_us();
        let cooldown = u64::try_from(breaker.cooldown.as_micros()).unwrap_or(u64::MAX);
        let window = u64::try_from(breaker.window.as_micros()).unwrap_or(u64::MAX);
        self.with(&pass.target, |state| {
            if pass.is_probe {
                state.is_probed = false;
            }
            if let Some(first_byte) = first_byte.filter(|_| verdict == Verdict::Success) {
                let seen = u64::try_from(first_byte.as_micros()).unwrap_or(u64::MAX);
                // A fifth of what is new: some ten calls decide.
                state.latency_us = Some(state.latency_us.map_or(seen, |old| old - old / 5 + seen / 5));
            }
            let is_failure = match verdict {
                Verdict::Success => false,
                Verdict::Failure | Verdict::Timeout => true,
                Verdict::Throttled | Verdict::Neutral => return,
            };
            if now.saturating_sub(state.window_from_us) > window {
                (state.window_from_us, state.n_calls, state.n_failures) = (now, 0, 0);
            }
            state.n_calls = state.n_calls.saturating_add(1);
            if !is_failure {
                state.in_a_row = 0;
                state.retry_tokens = state.retry_tokens.saturating_add(retry.refund).min(retry.bucket);
                if pass.is_probe {
                    (state.open_until_us, state.n_calls, state.n_failures) = (None, 0, 0);
                }
                return;
            }
            state.n_failures = state.n_failures.saturating_add(1);
            state.in_a_row = state.in_a_row.saturating_add(1);
            let share = u64::from(state.n_failures) * 1000 / u64::from(state.n_calls);
            let is_bad = state.n_calls >= breaker.min_calls && share >= u64::from(breaker.failure_permille);
            if pass.is_probe || state.in_a_row >= breaker.failures || is_bad {
                state.open_until_us = Some(now.saturating_add(cooldown));
            }
        });
    }
}

impl Pass {
    /// Says what became of it, and how long the first byte took.
    pub fn report(mut self, verdict: Verdict, first_byte: Option<Duration>) {
        self.is_told = true;
        self.health.told(&self, verdict, first_byte);
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        if !self.is_told {
            self.health.told(self, Verdict::Neutral, None);
        }
    }
}
