//! The watches together: each record is counted by those that need it, and a look around says what is to be told.

use std::sync::Arc;
use std::time::Duration;

use jiff::civil::Date;

use super::burn::{self, Pace};
use super::caches::Caches;
use super::hours::{Hours, KEPT_WEEKS};
use super::models::Models;
use super::settings::{AlertSpec, Watch};
use super::standing::{Board, Owner, Reading};
use super::{Alert, Kind};
use crate::budget::Spent;
use crate::budget::settings::BudgetSpec;
use crate::catalog::{Catalog, ModelSpec};
use crate::clock::Timestamp;
use crate::error::{Error, Kind as Wrong, Result};
use crate::labels::{Caller, Labels, Partition};
use crate::ledger::UsageRecord;
use crate::usd::Usd;

/// The name of the alert on soft limits that no alert watches.
pub const SOFT_LIMIT: &str = "soft-limit";
/// When that is told again.
const SOFT_LIMIT_REPEAT: Duration = Duration::from_secs(86_400);
/// Days of spend from which on a spike can be told.
const SPIKE_DAYS: i64 = 8;

/// All watches and what they know. No clock, no lock, no way out.
#[derive(Debug)]
pub struct Alerts {
    specs: Vec<(Arc<str>, AlertSpec)>,
    budgets: Vec<BudgetSpec>,
    soft_limit: Arc<str>,
    board: Board,
    pace: Pace,
    hours: Hours,
    caches: Caches,
    models: Models,
}

/// What a look around sees besides the records.
#[derive(Clone, Copy)]
pub struct World<'a> {
    /// The time.
    pub now: Timestamp,
    /// How budgets stand.
    pub budgets: &'a [Spent],
    /// Models and prices.
    pub catalog: &'a Catalog,
    /// When a model ends, if it is on its way out: not every day that a row names means that.
    pub ending: &'a dyn Fn(&ModelSpec) -> Option<Date>,
}

impl Alerts {
    /// Watches over these budgets. Soft limits are watched without being asked.
    ///
    /// Errors when two alerts have the same name.
    pub fn new(specs: &[AlertSpec], budgets: &[BudgetSpec]) -> Result<Alerts> {
        let mut alerts = Alerts {
            specs: Vec::new(),
            budgets: Vec::new(),
            soft_limit: SOFT_LIMIT.into(),
            board: Board::default(),
            pace: Pace::default(),
            hours: Hours::default(),
            caches: Caches::default(),
            models: Models::default(),
        };
        alerts.replace(specs, budgets)?;
        Ok(alerts)
    }

    /// Other watches from now on. What was seen stays known; what stands under a name that stays is not told again. Errors, as of
    /// [`new`](Self::new), leave everything as it was.
    pub fn replace(&mut self, specs: &[AlertSpec], budgets: &[BudgetSpec]) -> Result<()> {
        for (i, spec) in specs.iter().enumerate() {
            if specs[..i].iter().any(|before| before.name == spec.name) {
                return Err(
                    Error::new(Wrong::Config, format!("two alerts are called `{}`", spec.name)).in_field("alerts")
                );
            }
        }
        let is_same =
            |name: &str, kind: Kind| self.specs.iter().any(|(_, old)| old.name == name && old.watch.kind() == kind);
        let kept: Vec<&str> =
            specs.iter().filter(|spec| is_same(&spec.name, spec.watch.kind())).map(|spec| spec.name.as_str()).collect();
        self.board.keep_only(|is_built_in, name| is_built_in || kept.contains(&name));
        self.specs = specs.iter().map(|spec| (spec.name.as_str().into(), spec.clone())).collect();
        self.budgets = budgets.to_vec();
        Ok(())
    }

    /// Whether there is anything to watch.
    pub fn is_idle(&self) -> bool {
        self.specs.is_empty() && self.budgets.iter().all(|budget| budget.soft.is_none())
    }

    /// From when on spend of the past is worth [`load`](Self::load)ing; `None` if no watch looks at it.
    pub fn looks_back_to(&self, now: Timestamp) -> Option<Timestamp> {
        let weeks = jiff::SignedDuration::from_hours(KEPT_WEEKS * 7 * 24);
        self.needs(Kind::Spike).then(|| now.checked_sub(weeks).unwrap_or(Timestamp::MIN))
    }

    /// Counts what was spent before this process began.
    pub fn load(&mut self, at: Timestamp, cost: Usd) {
        self.hours.add(at, cost);
    }

    /// Counts a record as it is settled. Fast enough for the way of an answer: a few look-ups in maps.
    pub fn observe(&mut self, record: &UsageRecord) {
        // Money is known at the end, and that is when it was spent.
        let took = i64::try_from(record.total_us).map_or(jiff::SignedDuration::ZERO, jiff::SignedDuration::from_micros);
        let at = record.at.checked_add(took).unwrap_or(record.at);
        if let Some(cost) = record.cost.filter(|cost| !cost.is_zero()) {
            if self.needs(Kind::Spike) {
                self.hours.add(at, cost);
            }
            if self.needs(Kind::BurnRate) {
                self.pace.add(&self.budgets, &labels(record), at, cost);
            }
        }
        if self.needs(Kind::HitRateFalls) {
            self.caches.add(record, at);
        }
        if self.needs(Kind::Shutdown) || self.needs(Kind::StalePrice) {
            self.models.add(record, at);
        }
    }

    /// Looks around. Returns what is to be told now, in the order of the configuration.
    pub fn tick(&mut self, world: &World<'_>) -> Vec<Alert> {
        let now = world.now;
        self.pace.sweep(now);
        self.hours.sweep(now);
        self.caches.sweep(now);
        self.models.sweep(now);
        let mut told = Vec::new();
        for (name, spec) in &self.specs {
            let owner = Owner { is_built_in: false, name, kind: spec.watch.kind(), repeat: spec.repeat };
            let readings = self.readings(&spec.watch, world);
            told.extend(self.board.step(owner, now, readings));
        }
        let is_watched = |budget: &str| {
            self.specs.iter().any(|(_, spec)| spec.watch.kind() == Kind::Spent && spec.watch.covers(budget))
        };
        let rest = world.budgets.iter().filter(|spent| !is_watched(&spent.budget)).filter_map(burn::soft).collect();
        let owner = Owner { is_built_in: true, name: &self.soft_limit, kind: Kind::Spent, repeat: SOFT_LIMIT_REPEAT };
        told.extend(self.board.step(owner, now, rest));
        told
    }

    fn readings(&self, watch: &Watch, world: &World<'_>) -> Vec<Reading> {
        let now = world.now;
        let budgets = world.budgets.iter().filter(|spent| watch.covers(&spent.budget));
        match watch {
            Watch::Spent { permille, .. } => {
                budgets.flat_map(|spent| burn::share(spent, *permille).into_iter().chain(burn::soft(spent))).collect()
            }
            Watch::BurnRate { permille, .. } => {
                let period = |spent: &Spent| self.budgets.iter().find(|spec| *spec.name == *spent.budget);
                let reading = |spent: &Spent| {
                    burn::pace(spent, period(spent)?.period, self.pace.last_hour(spent, now), *permille, now)
                };
                budgets.filter_map(reading).collect()
            }
            Watch::Spike { permille } => self.hours.reading(now, *permille).into_iter().collect(),
            Watch::Shutdown { days } => self.models.shutdowns(world.catalog, world.ending, now, *days),
            Watch::StalePrice { days } => self.models.stale_prices(world.catalog, now, *days),
            Watch::HitRateFalls { permille } => self.caches.readings(now, *permille),
        }
    }

    /// How many alerts stand.
    pub fn n_standing(&self) -> usize {
        self.board.len()
    }

    /// Alerts that cannot say anything yet, each with what it waits for.
    pub fn waiting(&self, now: Timestamp) -> Vec<String> {
        let known = self.hours.known_days(now);
        let spikes = self.specs.iter().filter(|(_, spec)| spec.watch.kind() == Kind::Spike && known < SPIKE_DAYS);
        spikes.map(|(name, _)| format!("`{name}` waits for {SPIKE_DAYS} days of spend and knows {known}")).collect()
    }

    fn needs(&self, kind: Kind) -> bool {
        self.specs.iter().any(|(_, spec)| spec.watch.kind() == kind)
    }
}

/// What a record's call was known by.
fn labels(record: &UsageRecord) -> Labels {
    Labels {
        caller: Arc::new(Caller {
            tenant: Partition(Arc::clone(&record.tenant)),
            id: record.caller.clone(),
            team: record.team.clone(),
            tags: record.tags.clone(),
        }),
        route: record.route.clone(),
        provider: Some(Arc::clone(&record.provider)),
        model: Some(Arc::clone(&record.model)),
    }
}
