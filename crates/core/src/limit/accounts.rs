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
    pub(super) specs: Vec<Arc<LimitSpec>>,
    by_key: BTreeMap<Key, Account>,
    sweep_at: usize,
}

#[derive(Clone, Copy, Debug, Default)]
struct Account {
    requests: Cell,
    tokens: Cell,
    n_under_way: u32,
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
        Accounts { specs: specs.iter().cloned().map(Arc::new).collect(), by_key: BTreeMap::new(), sweep_at: SWEEP_AT }
    }

    /// The accounts that a call takes from: those of its caller before it has a target, those of its target afterwards.
    pub(super) fn of(&self, labels: &Labels, is_of_caller: bool) -> Vec<Key> {
        let fits = |spec: &LimitSpec| {
            spec.by.is_of_caller() == is_of_caller
                && spec.only.iter().all(|(by, value)| by.name_of(labels).as_deref() == Some(value.as_str()))
        };
        let fitting = self.specs.iter().enumerate().filter(|(_, spec)| fits(spec));
        fitting.filter_map(|(index, spec)| Some((index, spec.by.of(labels)?))).collect()
    }

    /// Errors when a call has more tokens than one of its limits can ever give at once.
    pub(super) fn check(&self, keys: &[Key], n_tokens: u64) -> Result<()> {
        for (index, _) in keys {
            let spec = &self.specs[*index];
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

    /// Takes from all of the accounts, or says which has no room.
    pub(super) fn take(&mut self, keys: &[Key], n_tokens: u64, now_us: u64) -> Result<(), Busy> {
        for key in keys {
            let spec = &self.specs[key.0];
            let account = self.by_key.get(key).copied().unwrap_or_default();
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
        for key in keys {
            let spec = &self.specs[key.0];
            let account = self.by_key.entry(key.clone()).or_default();
            account.n_under_way += 1;
            if let Some(rate) = requests(spec) {
                account.requests.take(rate, 1, now_us);
            }
            if let Some(rate) = tokens(spec) {
                account.tokens.take(rate, n_tokens, now_us);
            }
        }
        if self.by_key.len() > self.sweep_at {
            self.by_key.retain(|_, account| !account.is_idle(now_us));
            self.sweep_at = SWEEP_AT.max(self.by_key.len() * 2);
        }
        Ok(())
    }

    /// A call took so many tokens and used others.
    pub(super) fn settle(&mut self, keys: &[Key], taken: u64, used: u64, now_us: u64) {
        for key in keys {
            let (Some(rate), Some(account)) = (tokens(&self.specs[key.0]), self.by_key.get_mut(key)) else {
                continue;
            };
            if used > taken {
                account.tokens.take(rate, used - taken, now_us);
            } else {
                account.tokens.give_back(rate, taken - used);
            }
        }
    }

    /// A call has ended.
    pub(super) fn leave(&mut self, keys: &[Key]) {
        for key in keys {
            if let Some(account) = self.by_key.get_mut(key) {
                account.n_under_way = account.n_under_way.saturating_sub(1);
            }
        }
    }

    pub(super) fn n_accounts(&self) -> usize {
        self.by_key.len()
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
