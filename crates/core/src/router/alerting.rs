//! Alerts in the router: shown every record on the way of its answer, which costs a short lock, and told to look around beside it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arc_swap::ArcSwap;

use crate::alert::settings::{AlertSpec, Receiver};
use crate::alert::{Alerts, Callback, Delivered, Deliveries, World};
use crate::budget::Budgets;
use crate::budget::settings::BudgetSpec;
use crate::catalog::Catalog;
use crate::clock::Timestamp;
use crate::error::Result;
use crate::ledger::{Ledger, UsageRecord};
use crate::upstream::secrets;
use crate::upstream::webhook::{HttpPost, Post};

/// The watches and the ways out.
pub(super) struct Alerting {
    alerts: Arc<Mutex<Alerts>>,
    /// Nothing is watched: nobody takes the lock.
    is_idle: AtomicBool,
    deliveries: ArcSwap<Deliveries>,
    callbacks: Vec<Callback>,
    post: Option<Arc<dyn Post>>,
}

/// How alerts are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AlertStatus {
    /// Alerts that stand.
    pub n_standing: usize,
    /// Alerts that know too little yet, and what they wait for.
    pub waiting: Vec<String>,
    /// What became of those that were told.
    pub delivered: Delivered,
}

impl Alerting {
    /// Errors when two have the same name, or a webhook's secret is missing or no address.
    pub(super) fn new(
        specs: &[AlertSpec],
        budgets: &[BudgetSpec],
        callbacks: Vec<Callback>,
        post: Option<Arc<dyn Post>>,
    ) -> Result<Alerting> {
        let alerts = Alerts::new(specs, budgets)?;
        let deliveries = deliveries(specs, &callbacks, post.as_ref())?;
        Ok(Alerting {
            is_idle: AtomicBool::new(alerts.is_idle()),
            alerts: Arc::new(Mutex::new(alerts)),
            deliveries: ArcSwap::from_pointee(deliveries),
            callbacks,
            post,
        })
    }

    /// Learns what was spent before this process began, where a watch looks at it.
    pub(super) fn load(&self, ledger: &Ledger, now: Timestamp) -> Result<()> {
        let Some(since) = self.alerts().looks_back_to(now) else { return Ok(()) };
        let alerts = Arc::clone(&self.alerts);
        ledger.spent_since(since, move |at, _, cost| locked(&alerts).load(at, cost))
    }

    /// Others from now on. Errors leave everything as it was.
    pub(super) fn replace(&self, specs: &[AlertSpec], budgets: &[BudgetSpec]) -> Result<()> {
        let deliveries = deliveries(specs, &self.callbacks, self.post.as_ref())?;
        let mut alerts = self.alerts();
        alerts.replace(specs, budgets)?;
        self.is_idle.store(alerts.is_idle(), Ordering::Relaxed);
        // What is on its way on the old ones still arrives.
        self.deliveries.store(Arc::new(deliveries));
        Ok(())
    }

    pub(super) fn observe(&self, record: &UsageRecord) {
        if !self.is_idle.load(Ordering::Relaxed) {
            self.alerts().observe(record);
        }
    }

    /// Looks around, and sends what is to be told on its way.
    pub(super) fn tick(&self, now: Timestamp, budgets: &Budgets, catalog: &Catalog) {
        let budgets = budgets.view();
        let ending = |spec: &_| crate::lint::ending(catalog, spec);
        let told = self.alerts().tick(&World { now, budgets: &budgets, catalog, ending: &ending });
        let deliveries = self.deliveries.load();
        for alert in told {
            deliveries.tell(alert);
        }
    }

    pub(super) fn status(&self, now: Timestamp) -> AlertStatus {
        let alerts = self.alerts();
        let (n_standing, waiting) = (alerts.n_standing(), alerts.waiting(now));
        AlertStatus { n_standing, waiting, delivered: self.deliveries.load().delivered() }
    }

    /// Waits a while for alerts on their way.
    pub(super) async fn close(&self) {
        self.deliveries.load_full().close().await;
    }

    fn alerts(&self) -> MutexGuard<'_, Alerts> {
        locked(&self.alerts)
    }
}

/// Every change is whole before the lock is given back.
fn locked(alerts: &Mutex<Alerts>) -> MutexGuard<'_, Alerts> {
    alerts.lock().unwrap_or_else(PoisonError::into_inner)
}

fn deliveries(specs: &[AlertSpec], callbacks: &[Callback], post: Option<&Arc<dyn Post>>) -> Result<Deliveries> {
    let has_webhooks = specs.iter().flat_map(|spec| &spec.to).any(|to| matches!(to, Receiver::Webhook(_)));
    let own: Option<Arc<dyn Post>> = match post {
        None if has_webhooks => Some(Arc::new(HttpPost::new()?)),
        _ => None,
    };
    Deliveries::new(specs, callbacks, post.or(own.as_ref()), &secrets::read)
}
