//! Accounts: one a budget and subject, with what is settled and what is reserved. One lock over all of them, so that a call is
//! admitted by all of its budgets or by none.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError};

use super::settings::{BudgetSpec, Period};
use super::sync::{Mutex, MutexGuard};
use super::window::Window;
use crate::catalog::Unpriced;
use crate::clock::{Clock, Timestamp};
use crate::error::{Error, Kind, Result};
use crate::labels::{Labels, readable};
use crate::usd::Usd;

/// Accounts beyond this are swept of those in which nothing counts any more.
const SWEEP_AT: usize = 4096;

/// All budgets. Clocks may jump: one that is set back frees no money, and money that was spent while it was ahead is held until that time
/// comes.
#[derive(Clone)]
pub struct Budgets(Arc<Inner>);

struct Inner {
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    specs: Vec<Arc<BudgetSpec>>,
    /// By budget's name and subject.
    accounts: BTreeMap<Key, Account>,
    sweep_at: usize,
    /// The latest that it ever was: what is spent while the clock is set back is spent then, or it would be free again as soon as the
    /// clock is right.
    latest: Timestamp,
}

/// A budget's name and whose share of it.
type Key = (Arc<str>, Arc<str>);

#[derive(Debug)]
struct Account {
    /// Into whose buckets its money is put.
    period: Period,
    settled: Window,
    reserved: Usd,
}

/// Money set aside for one attempt, in every budget that it counts to. [`settle`](Self::settle) it with what it cost. Dropped before
/// [`sent`](Self::sent), it is given back; dropped after, it counts as spent: the provider may have worked.
#[must_use]
pub struct Reservation {
    budgets: Budgets,
    held: Vec<Held>,
    amount: Usd,
    is_sent: bool,
    is_settled: bool,
}

struct Held {
    spec: Arc<BudgetSpec>,
    account: Key,
    /// The time in which it was reserved: a call over midnight belongs to the day on which it began.
    bucket: i64,
}

/// The state of a budget for one subject.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spent {
    /// The budget's name.
    pub budget: Arc<str>,
    /// Whose: a team's name, a tag's value, …; empty where all share it.
    pub subject: Arc<str>,
    /// The hard limit.
    pub hard: Option<Usd>,
    /// The soft limit.
    pub soft: Option<Usd>,
    /// Spent in the period.
    pub settled: Usd,
    /// Set aside for calls under way.
    pub reserved: Usd,
    /// Since when money counts.
    pub from: Timestamp,
    /// When money of now is free again.
    pub to: Timestamp,
}

impl Budgets {
    /// Nothing is spent yet: [`load`](Self::load) what the ledger knows.
    pub fn new(specs: &[BudgetSpec], clock: Arc<dyn Clock>) -> Budgets {
        let state = State { specs: specs.iter().cloned().map(Arc::new).collect(), ..State::default() };
        Budgets(Arc::new(Inner { clock, state: Mutex::new(state) }))
    }

    /// Other budgets from now on. What is settled and reserved under a name stays, whatever limit and period become: under another
    /// period, what counted under the old one counts as spent now, or what `loaded` knows if that is more.
    pub fn replace(&self, specs: &[BudgetSpec], loaded: &Budgets) {
        let now = self.0.clock.now();
        let counted = std::mem::take(&mut loaded.state().accounts);
        let mut state = self.state();
        state.specs = specs.iter().cloned().map(Arc::new).collect();
        let latest = state.latest(now);
        let State { specs, accounts, .. } = &mut *state;
        accounts.retain(|(name, _), account| {
            let spec = specs.iter().find(|spec| *spec.name == **name);
            if let Some(spec) = spec
                && spec.period != account.period
            {
                account.settled.recast(account.period, spec.period, latest);
                account.period = spec.period;
            }
            spec.is_some() || account.reserved > Usd::ZERO
        });
        for (key, mut other) in counted {
            let Some(spec) = specs.iter().find(|spec| *spec.name == *key.0 && spec.period == other.period) else {
                continue;
            };
            let known = accounts.entry(key).or_insert_with(|| Account::new(spec.period));
            if other.settled.sum(spec.period, now) > known.settled.sum(spec.period, now) {
                known.settled = other.settled;
            }
        }
    }

    /// Those of these budgets that are not kept yet, or for others or another period: what was spent in them the ledger has to tell.
    pub fn unknown(&self, specs: &[BudgetSpec]) -> Vec<BudgetSpec> {
        let state = self.state();
        let is_same = |known: &BudgetSpec, spec: &BudgetSpec| {
            (&known.name, &known.by, &known.only, known.period) == (&spec.name, &spec.by, &spec.only, spec.period)
        };
        specs.iter().filter(|spec| !state.specs.iter().any(|known| is_same(known, spec))).cloned().collect()
    }

    /// Counts what was spent before this process began.
    pub fn load(&self, at: Timestamp, labels: &Labels, cost: Usd) {
        let mut state = self.state();
        for Held { spec, account, .. } in state.applying(labels) {
            state.account(&spec, account).settled.add(spec.period.bucket(at), cost);
        }
    }

    /// Since when spent money can still count: what the ledger has to tell at the start.
    pub fn counts_since(&self, now: Timestamp) -> Option<Timestamp> {
        self.state().specs.iter().map(|spec| spec.period.bounds(now).0).min()
    }

    /// Sets money aside: `upper` is the most that the attempt can cost. O(budgets).
    ///
    /// Errors ([`Kind::Budget`]) when a hard limit would be passed, with the arithmetic, and when there is no price under a hard
    /// budget that does not say what to take instead.
    pub fn reserve(&self, labels: &Labels, upper: Result<Usd, &Unpriced>) -> Result<Reservation> {
        let at = self.0.clock.now();
        let mut state = self.state();
        let latest = state.latest(at);
        let mut held = state.applying(labels);
        let amount = amount(&held, upper)?;
        for Held { spec, account, .. } in &held {
            let Some(hard) = spec.hard else { continue };
            let known = state.accounts.get_mut(account);
            let (settled, reserved) =
                known.map_or((Usd::ZERO, Usd::ZERO), |known| (known.settled.sum(known.period, at), known.reserved));
            let all = settled.saturating_add(reserved).saturating_add(amount);
            if all > hard {
                let frees = state
                    .accounts
                    .get(account)
                    .and_then(|known| known.settled.frees(known.period, at, all.saturating_sub(hard)));
                return Err(Refusal { spec, subject: &account.1, hard, settled, reserved, amount, frees }.into_error());
            }
        }
        for Held { spec, account, bucket } in &mut held {
            let known = state.account(spec, account.clone());
            known.reserved = known.reserved.saturating_add(amount);
            *bucket = known.period.bucket(latest);
        }
        state.sweep(at);
        Ok(Reservation { budgets: self.clone(), held, amount, is_sent: false, is_settled: false })
    }

    /// What is left of the tightest hard budget of this name for a call, in thousandths of its limit.
    pub fn left_permille(&self, budget: &str, labels: &Labels) -> Option<u32> {
        let now = self.0.clock.now();
        let mut state = self.state();
        let held = state.applying(labels).into_iter().find(|held| held.spec.name == budget)?;
        let limit = held.spec.hard.or(held.spec.soft)?;
        let used = state
            .accounts
            .get_mut(&held.account)
            .map_or(Usd::ZERO, |account| account.settled.sum(account.period, now).saturating_add(account.reserved));
        let left = limit.saturating_sub(used).max(Usd::ZERO);
        let permille = left.checked_scale(1000, limit.pico().max(1)).ok()?.pico();
        u32::try_from(permille).ok()
    }

    /// Every account with money in it.
    pub fn view(&self) -> Vec<Spent> {
        let now = self.0.clock.now();
        let mut state = self.state();
        let State { specs, accounts, .. } = &mut *state;
        let mut view = Vec::new();
        for ((name, subject), account) in accounts.iter_mut() {
            let Some(spec) = specs.iter().find(|spec| *spec.name == **name) else { continue };
            let settled = account.settled.sum(account.period, now);
            if settled <= Usd::ZERO && account.reserved <= Usd::ZERO {
                continue;
            }
            let (from, to) = spec.period.bounds(now);
            view.push(Spent {
                budget: Arc::clone(name),
                subject: Arc::clone(subject),
                hard: spec.hard,
                soft: spec.soft,
                settled,
                reserved: account.reserved,
                from,
                to,
            });
        }
        view
    }

    /// Accounts that are kept: subjects come and go, memory does not grow with them.
    pub fn n_accounts(&self) -> usize {
        self.state().accounts.len()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Every change is whole before the lock is given back.
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn applying(&self, labels: &Labels) -> Vec<Held> {
        self.specs
            .iter()
            .filter(|spec| labels.have(&spec.only))
            .filter_map(|spec| {
                let account = (Arc::from(spec.name.as_str()), spec.by.of(labels)?);
                Some(Held { spec: Arc::clone(spec), account, bucket: i64::MIN })
            })
            .collect()
    }

    fn latest(&mut self, now: Timestamp) -> Timestamp {
        self.latest = self.latest.max(now);
        self.latest
    }

    fn account(&mut self, spec: &BudgetSpec, key: Key) -> &mut Account {
        self.accounts.entry(key).or_insert_with(|| Account::new(spec.period))
    }

    /// Moves money from reserved to settled. Accounts with nothing in them are dropped.
    fn settle(&mut self, held: &[Held], amount: Usd, cost: Usd) {
        let latest = self.latest;
        for Held { spec, account, bucket } in held {
            let known = self.account(spec, account.clone());
            known.reserved = known.reserved.saturating_sub(amount).max(Usd::ZERO);
            if cost > Usd::ZERO {
                // Buckets of another period say nothing in this one.
                let is_same = known.period == spec.period;
                let bucket = if is_same { *bucket } else { known.period.bucket(latest) };
                known.settled.add(bucket, cost);
            }
            if known.reserved.is_zero() && known.settled.is_empty() {
                self.accounts.remove(account);
            }
        }
    }

    /// Drops accounts in which nothing counts any more, when there are many.
    fn sweep(&mut self, now: Timestamp) {
        if self.accounts.len() > self.sweep_at.max(SWEEP_AT) {
            self.accounts.retain(|_, account| {
                account.reserved > Usd::ZERO || account.settled.sum(account.period, now) > Usd::ZERO
            });
            self.sweep_at = self.accounts.len() * 2;
        }
    }
}

impl Account {
    fn new(period: Period) -> Account {
        Account { period, settled: Window::default(), reserved: Usd::ZERO }
    }
}

impl Reservation {
    /// What is set aside.
    pub fn amount(&self) -> Usd {
        self.amount
    }

    /// Whether any of its budgets is hard: then what cannot be written down must not be spent.
    pub fn is_hard(&self) -> bool {
        self.held.iter().any(|held| held.spec.hard.is_some())
    }

    /// From now on the provider may be working.
    pub fn sent(&mut self) {
        self.is_sent = true;
    }

    /// What it cost. Returns by how much that is above what was set aside, which a bound that holds never is.
    pub fn settle(mut self, cost: Usd) -> Usd {
        self.finish(cost);
        cost.saturating_sub(self.amount).max(Usd::ZERO)
    }

    fn finish(&mut self, cost: Usd) {
        if !std::mem::replace(&mut self.is_settled, true) {
            self.budgets.state().settle(&self.held, self.amount, cost);
        }
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        let cost = if self.is_sent { self.amount } else { Usd::ZERO };
        self.finish(cost);
    }
}

/// What to set aside: without a price, what the budgets say instead; nothing where none is hard.
fn amount(held: &[Held], upper: Result<Usd, &Unpriced>) -> Result<Usd> {
    let why = match upper {
        // Nothing gives money back by asking.
        Ok(upper) => return Ok(upper.max(Usd::ZERO)),
        Err(why) => why,
    };
    let mut most = Usd::ZERO;
    for spec in held.iter().map(|held| &held.spec).filter(|spec| spec.hard.is_some()) {
        let Some(instead) = spec.unpriced_as else {
            let message = format!("the budget `{}` does not allow a call whose price is not known: {why}", spec.name);
            return Err(Error::new(Kind::Budget, message)
                .help("add the price to an overlay of the catalogue, or set `unpriced-as` in the budget"));
        };
        most = most.max(instead);
    }
    Ok(most)
}

/// Why a call is not allowed, with the arithmetic.
struct Refusal<'a> {
    spec: &'a BudgetSpec,
    subject: &'a str,
    hard: Usd,
    settled: Usd,
    reserved: Usd,
    amount: Usd,
    /// When enough of what is settled does not count any more; `None` where that alone is not enough.
    frees: Option<Timestamp>,
}

impl Refusal<'_> {
    fn into_error(self) -> Error {
        let Refusal { spec, subject, hard, settled, reserved, amount, frees } = self;
        let whose = if subject.is_empty() { String::new() } else { format!(" of `{}`", readable(subject)) };
        let message = format!(
            "the budget `{}`{whose} does not allow this call: limit {hard} in {}, settled {settled}, reserved {reserved}, this call up to {amount}",
            spec.name,
            spec.period.words(),
        );
        let wait = match frees {
            _ if amount > hard => String::new(),
            Some(at) => format!(", or wait until {at}"),
            None => ", or wait until calls under way are settled".to_owned(),
        };
        Error::new(Kind::Budget, message)
            .help(format!("raise the budget, ask a cheaper model, set a lower limit on output{wait}"))
    }
}
