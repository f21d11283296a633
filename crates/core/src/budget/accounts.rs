//! Accounts: one a budget and subject, with what is settled and what is reserved. One lock over all of them, so that a call is
//! admitted by all of its budgets or by none.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::settings::BudgetSpec;
use super::window::Window;
use crate::catalog::Unpriced;
use crate::clock::{Clock, Timestamp};
use crate::error::{Error, Kind, Result};
use crate::labels::Labels;
use crate::usd::Usd;

/// All budgets.
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
    accounts: BTreeMap<(Arc<str>, Arc<str>), Account>,
}

#[derive(Debug, Default)]
struct Account {
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
    at: Timestamp,
    is_sent: bool,
    is_settled: bool,
}

struct Held {
    spec: Arc<BudgetSpec>,
    account: (Arc<str>, Arc<str>),
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
        let budgets = Budgets(Arc::new(Inner { clock, state: Mutex::default() }));
        budgets.replace(specs);
        budgets
    }

    /// Other budgets from now on. What is settled and reserved under a name stays, whatever the limit becomes.
    pub fn replace(&self, specs: &[BudgetSpec]) {
        let mut state = self.state();
        state.specs = specs.iter().cloned().map(Arc::new).collect();
        let State { specs, accounts } = &mut *state;
        accounts
            .retain(|(name, _), account| account.reserved > Usd::ZERO || specs.iter().any(|spec| *spec.name == **name));
    }

    /// Counts what was spent before this process began.
    pub fn load(&self, at: Timestamp, labels: &Labels, cost: Usd) {
        let mut state = self.state();
        for Held { spec, account } in state.applying(labels) {
            let bucket = spec.period.bucket(at);
            state.accounts.entry(account).or_default().settled.add(bucket, cost);
        }
    }

    /// Since when spent money can still count: what the ledger has to tell at the start.
    pub fn counts_since(&self, now: Timestamp) -> Option<Timestamp> {
        self.state().specs.iter().map(|spec| spec.period.bounds(now).0).min()
    }

    /// Whether any hard budget holds for a call: then what cannot be written down must not be spent.
    pub fn is_hard_for(&self, labels: &Labels) -> bool {
        self.state().applying(labels).iter().any(|held| held.spec.hard.is_some())
    }

    /// Sets money aside: `upper` is the most that the attempt can cost. O(budgets).
    ///
    /// Errors ([`Kind::Budget`]) when a hard limit would be passed, with the arithmetic, and when there is no price under a hard
    /// budget that does not say what to take instead.
    pub fn reserve(&self, labels: &Labels, upper: Result<Usd, &Unpriced>) -> Result<Reservation> {
        let at = self.0.clock.now();
        let mut state = self.state();
        let held = state.applying(labels);
        let amount = amount(&held, upper)?;
        for Held { spec, account } in &held {
            let known = state.accounts.get_mut(account);
            let (settled, reserved) =
                known.map_or((Usd::ZERO, Usd::ZERO), |known| (known.settled.sum(spec.period, at), known.reserved));
            if let Some(hard) = spec.hard
                && settled.saturating_add(reserved).saturating_add(amount) > hard
            {
                return Err(refused(spec, &account.1, at, hard, settled, reserved, amount));
            }
        }
        for held in &held {
            let account = state.accounts.entry(held.account.clone()).or_default();
            account.reserved = account.reserved.saturating_add(amount);
        }
        Ok(Reservation { budgets: self.clone(), held, amount, at, is_sent: false, is_settled: false })
    }

    /// What is left of the tightest hard budget of this name for a call, in thousandths of its limit.
    pub fn left_permille(&self, budget: &str, labels: &Labels) -> Option<u32> {
        let now = self.0.clock.now();
        let mut state = self.state();
        let held = state.applying(labels).into_iter().find(|held| held.spec.name == budget)?;
        let limit = held.spec.hard.or(held.spec.soft)?;
        let account = state.accounts.entry(held.account).or_default();
        let used = account.settled.sum(held.spec.period, now).saturating_add(account.reserved);
        let left = limit.checked_sub(used).ok().filter(|left| *left > Usd::ZERO).unwrap_or(Usd::ZERO);
        let permille = left.checked_scale(1000, limit.pico().max(1)).ok()?.pico();
        u32::try_from(permille).ok()
    }

    /// Every account with money in it.
    pub fn view(&self) -> Vec<Spent> {
        let now = self.0.clock.now();
        let mut state = self.state();
        let State { specs, accounts } = &mut *state;
        let mut view = Vec::new();
        for ((name, subject), account) in accounts.iter_mut() {
            let Some(spec) = specs.iter().find(|spec| *spec.name == **name) else { continue };
            let settled = account.settled.sum(spec.period, now);
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

    fn state(&self) -> MutexGuard<'_, State> {
        // Every change is whole before the lock is given back.
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn applying(&self, labels: &Labels) -> Vec<Held> {
        self.specs
            .iter()
            .filter(|spec| spec.only.iter().all(|(by, value)| by.name_of(labels).as_deref() == Some(value.as_str())))
            .filter_map(|spec| {
                let account = (Arc::from(spec.name.as_str()), spec.by.of(labels)?);
                Some(Held { spec: Arc::clone(spec), account })
            })
            .collect()
    }

    /// Moves money from reserved to settled. Accounts with nothing in them are dropped: subjects come and go.
    fn settle(&mut self, held: &[Held], amount: Usd, at: Timestamp, cost: Usd) {
        for Held { spec, account } in held {
            let Some(known) = self.accounts.get_mut(account) else { continue };
            known.reserved = known.reserved.checked_sub(amount).unwrap_or_default();
            if cost > Usd::ZERO {
                // Into the time in which it was reserved: a call over midnight belongs to the day on which it began.
                known.settled.add(spec.period.bucket(at), cost);
            }
            if known.reserved == Usd::ZERO && known.settled.is_empty() {
                self.accounts.remove(account);
            }
        }
    }
}

impl Reservation {
    /// What is set aside.
    pub fn amount(&self) -> Usd {
        self.amount
    }

    /// From now on the provider may be working.
    pub fn sent(&mut self) {
        self.is_sent = true;
    }

    /// What it cost. Returns by how much that is above what was set aside, which a bound that holds never is.
    pub fn settle(mut self, cost: Usd) -> Usd {
        self.finish(cost);
        cost.checked_sub(self.amount).ok().filter(|over| *over > Usd::ZERO).unwrap_or(Usd::ZERO)
    }

    fn finish(&mut self, cost: Usd) {
        if !std::mem::replace(&mut self.is_settled, true) {
            self.budgets.state().settle(&self.held, self.amount, self.at, cost);
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
        Ok(upper) => return Ok(upper),
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

fn refused(
    spec: &BudgetSpec,
    subject: &str,
    at: Timestamp,
    hard: Usd,
    settled: Usd,
    reserved: Usd,
    amount: Usd,
) -> Error {
    let whose = if subject.is_empty() { String::new() } else { format!(" of `{}`", subject.replace('\u{1f}', "/")) };
    let message = format!(
        "the budget `{}`{whose} does not allow this call: limit {hard} in {}, settled {settled}, reserved {reserved}, this call up to {amount}",
        spec.name,
        spec.period.words(),
    );
    let (_, to) = spec.period.bounds(at);
    Error::new(Kind::Budget, message)
        .help(format!("raise the budget, ask a cheaper model, set a lower limit on output, or wait until {to}"))
}
