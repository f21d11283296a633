//! Accounts: what is used of each limit by each subject. A call takes from all of its accounts or from none.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::gcra::{Cell, Rate};
use super::settings::LimitSpec;
use crate::error::{Error, Kind, Result};
use crate::labels::Labels;

/// Accounts beyond this are swept of those that nobody uses.
const SWEEP_AT: usize = 4096;

/// A limit and whose share of it.
pub(super) type Key = (usize, Arc<str>);

/// All accounts.
#[derive(Debug, Default)]
pub(super) struct Accounts {
    /// All that ever held, so that a place in the list stays a limit's own; and whether each holds now.
    specs: Vec<(Arc<LimitSpec>, bool)>,
    #[expect(clippy::struct_field_names, reason = "they are the accounts")]
    accounts: BTreeMap<Key, Account>,
    sweep_at: usize,
}

#[derive(Debug, Default)]
struct Account {
    requests: Cell,
    tokens: Cell,
    n_under_way: u32,
}

/// What a call took, and when (ticks).
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Taken {
    pub n_tokens: u64,
    pub at_us: u64,
}

/// Why a call cannot go now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Busy {
    /// The account that has no room.
    pub key: Key,
    /// When it has, as far as time alone decides; `None` if a call under way has to end first.
    pub wait_us: Option<u64>,
}

impl Accounts {
    pub(super) fn new(specs: &[LimitSpec]) -> Accounts {
        let specs = specs.iter().cloned().map(|spec| (Arc::new(spec), true)).collect();
        Accounts { specs, accounts: BTreeMap::new(), sweep_at: SWEEP_AT }
    }

    /// Other limits from now on. What is used under one that only has other numbers stays used.
    pub(super) fn replace(&mut self, specs: &[LimitSpec]) {
        for (_, holds) in &mut self.specs {
            *holds = false;
        }
        for spec in specs {
            let is_same = |old: &LimitSpec| (&old.name, &old.by, &old.only) == (&spec.name, &spec.by, &spec.only);
            let spec = Arc::new(spec.clone());
            match self.specs.iter_mut().find(|(old, holds)| !holds && is_same(old)) {
                Some(old) => *old = (spec, true),
                None => self.specs.push((spec, true)),
            }
        }
    }

    pub(super) fn spec(&self, key: &Key) -> Option<&LimitSpec> {
        self.specs.get(key.0).map(|(spec, _)| &**spec)
    }

    /// The accounts that a call takes from: those of its caller before it has a target, those of its target afterwards.
    pub(super) fn of(&self, labels: &Labels, is_of_caller: bool) -> Vec<Key> {
        let fits = |spec: &LimitSpec| spec.by.is_of_caller() == is_of_caller && labels.have(&spec.only);
        let fitting = self.specs.iter().enumerate().filter(|(_, (spec, holds))| *holds && fits(spec));
        fitting.filter_map(|(index, (spec, _))| Some((index, spec.by.of(labels)?))).collect()
    }

    /// Errors when a call has more tokens than one of its limits can ever give at once, or a limit gives nothing at all.
    pub(super) fn check(&self, keys: &[Key], n_tokens: u64) -> Result<()> {
        for spec in keys.iter().filter_map(|key| self.spec(key)) {
            if spec.rpm == Some(0) || spec.concurrency == Some(0) {
                return Err(Error::new(Kind::NoTarget, format!("the limit `{}` allows no calls", spec.name))
                    .help("raise `rpm` or `concurrency`"));
            }
            let Some(rate) = tokens(spec) else { continue };
            if n_tokens > rate.most() {
                let message = format!(
                    "the limit `{}` allows {} tokens a minute, at most {} at once; this call may need {n_tokens}",
                    spec.name,
                    rate.per_minute,
                    rate.most()
                );
                return Err(Error::new(Kind::NoTarget, message)
                    .help("set a lower limit on output, shorten the prompt, or raise `tpm` or `burst`"));
            }
        }
        Ok(())
    }

    /// Whether all of the accounts have room now, or which has not.
    pub(super) fn room(&self, keys: &[Key], n_tokens: u64, now_us: u64) -> Result<(), Busy> {
        let empty = Account::default();
        for key in keys {
            let Some(spec) = self.spec(key) else { continue };
            let account = self.accounts.get(key).unwrap_or(&empty);
            if spec.concurrency.is_some_and(|most| account.n_under_way >= most) {
                return Err(Busy { key: key.clone(), wait_us: None });
            }
            let waits = [
                requests(spec).map(|rate| account.requests.wait_us(rate, 1, now_us)),
                tokens(spec).map(|rate| account.tokens.wait_us(rate, n_tokens, now_us)),
            ];
            let wait = waits.into_iter().flatten().map(|wait| wait.unwrap_or(u64::MAX)).max().unwrap_or(0);
            if wait > 0 {
                return Err(Busy { key: key.clone(), wait_us: Some(wait) });
            }
        }
        Ok(())
    }

    /// Takes from all of the accounts, or says which has no room.
    pub(super) fn take(&mut self, keys: &[Key], n_tokens: u64, now_us: u64) -> Result<(), Busy> {
        self.room(keys, n_tokens, now_us)?;
        for key in keys {
            let Some((spec, _)) = self.specs.get(key.0) else { continue };
            let account = match self.accounts.get_mut(key) {
                Some(account) => account,
                None => self.accounts.entry(key.clone()).or_default(),
            };
            if account.n_under_way == 0 {
                account.requests.forget_lows();
                account.tokens.forget_lows();
            }
            account.n_under_way += 1;
            if let Some(rate) = requests(spec) {
                account.requests.take(rate, 1, now_us);
            }
            if let Some(rate) = tokens(spec) {
                account.tokens.take(rate, n_tokens, now_us);
            }
        }
        if self.accounts.len() > self.sweep_at {
            self.accounts.retain(|_, account| !account.is_idle(now_us));
            self.sweep_at = SWEEP_AT.max(self.accounts.len() * 2);
        }
        Ok(())
    }

    /// A call used other tokens than it took.
    pub(super) fn settle(&mut self, keys: &[Key], taken: Taken, n_used: u64, now_us: u64) {
        for key in keys {
            let Some(rate) = self.spec(key).and_then(tokens) else { continue };
            let Some(account) = self.accounts.get_mut(key) else { continue };
            if n_used > taken.n_tokens {
                account.tokens.take(rate, n_used - taken.n_tokens, now_us);
            } else {
                account.tokens.give_back(rate, taken.n_tokens, n_used, taken.at_us);
            }
        }
    }

    /// A call has ended.
    pub(super) fn leave(&mut self, keys: &[Key]) {
        for key in keys {
            if let Some(account) = self.accounts.get_mut(key) {
                account.n_under_way = account.n_under_way.saturating_sub(1);
            }
        }
    }

    /// A call never was.
    pub(super) fn undo(&mut self, keys: &[Key], taken: Taken) {
        self.settle(keys, taken, 0, taken.at_us);
        for key in keys {
            let Some(rate) = self.spec(key).and_then(requests) else { continue };
            if let Some(account) = self.accounts.get_mut(key) {
                account.requests.give_back(rate, 1, 0, taken.at_us);
            }
        }
        self.leave(keys);
    }

    pub(super) fn n_accounts(&self) -> usize {
        self.accounts.len()
    }
}

impl Account {
    fn is_idle(&self, now_us: u64) -> bool {
        self.n_under_way == 0 && self.requests.is_idle(now_us) && self.tokens.is_idle(now_us)
    }
}

fn requests(spec: &LimitSpec) -> Option<Rate> {
    spec.rpm
        .map(|per_minute| Rate { per_minute: u64::from(per_minute), burst_us: burst_us(spec, u64::from(per_minute)) })
}

fn tokens(spec: &LimitSpec) -> Option<Rate> {
    spec.tpm.map(|per_minute| Rate { per_minute, burst_us: u64::from(spec.burst_s) * 1_000_000 })
}

/// At least one request fits into the burst, however few a minute are allowed.
fn burst_us(spec: &LimitSpec, per_minute: u64) -> u64 {
    (u64::from(spec.burst_s) * 1_000_000).max(60_000_000_u64.div_ceil(per_minute.max(1)))
}
