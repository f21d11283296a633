//! Builds a router: settings, and the doors to the world, each of which can be replaced.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;

use super::alerting::Alerting;
use super::{Inner, Router, Watcher, flights, ids, outputs, reads, state, tasks};
use crate::alert::{Alert, Callback};
use crate::budget::Budgets;
use crate::cache::settings::RedisSettings;
use crate::cache::{self, Guarded, KeySecret, Responses, SecondLevel, SemanticTier};
use crate::catalog::Catalog;
use crate::clock::{Clock, SystemClock, Timestamp};
use crate::config::router::RouterSettings;
use crate::error::{Error, Kind, Result};
use crate::health::Health;
use crate::ledger::{Ledger, Redaction, UsageRecord};
use crate::limit::Limits;
use crate::lint::secrets::hidden;
use crate::route::PromptCaches;
use crate::tokens::memo::Memo;
use crate::upstream::http::HttpUpstream;
use crate::upstream::webhook::Post;
use crate::upstream::{Upstream, secrets};

/// Between two times of tidying up.
const TIDY_EVERY: Duration = Duration::from_secs(30);

/// Read bodies may take this part of what answers may take, besides.
const READ_SHARE: u64 = 4;

/// A router's parts.
#[derive(Default)]
pub struct Builder {
    settings: RouterSettings,
    catalog: Option<Arc<Catalog>>,
    upstream: Option<Arc<dyn Upstream>>,
    clock: Option<Arc<dyn Clock>>,
    watchers: Vec<Watcher>,
    redaction: Option<Redaction>,
    on_alert: Vec<Callback>,
    post: Option<Arc<dyn Post>>,
    second: Option<(Arc<dyn SecondLevel>, KeySecret)>,
    semantic: Option<Arc<dyn SemanticTier>>,
}

impl Builder {
    /// The settings of a `promptopt.toml`.
    pub fn config(mut self, path: impl AsRef<Path>) -> Result<Builder> {
        let catalog = self.catalog.clone().unwrap_or_else(Catalog::shared);
        let read = |path: &Path| std::fs::read_to_string(path);
        self.settings = crate::config::router::from_file(path.as_ref(), &read, &catalog)
            .map_err(crate::config::Problems::into_error)?;
        Ok(self)
    }

    /// These settings.
    #[must_use]
    pub fn settings(mut self, settings: RouterSettings) -> Builder {
        self.settings = settings;
        self
    }

    /// Another catalogue than the embedded one.
    #[must_use]
    pub fn catalog(mut self, catalog: Arc<Catalog>) -> Builder {
        self.catalog = Some(catalog);
        self
    }

    /// Another door than HTTP: for tests, replays and proxies.
    #[must_use]
    pub fn upstream(mut self, upstream: Arc<dyn Upstream>) -> Builder {
        self.upstream = Some(upstream);
        self
    }

    /// Another clock than the machine's.
    #[must_use]
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Builder {
        self.clock = Some(clock);
        self
    }

    /// Somebody to be told of every record as it is settled. On the way of the answer: it must be quick.
    #[must_use]
    pub fn watch(mut self, watcher: impl Fn(&UsageRecord) + Send + Sync + 'static) -> Builder {
        self.watchers.push(Arc::new(watcher));
        self
    }

    /// Somebody to be told of every alert, also of soft limits that no `[[alerts]]` watches. May block: it runs on a thread of its own.
    #[must_use]
    pub fn on_alert(mut self, callback: impl Fn(&Alert) + Send + Sync + 'static) -> Builder {
        self.on_alert.push(Arc::new(callback));
        self
    }

    /// Another door for webhooks than HTTP: for tests and proxies.
    #[must_use]
    pub fn webhooks(mut self, post: Arc<dyn Post>) -> Builder {
        self.post = Some(post);
        self
    }

    /// A second level of the response cache that several instances share, besides or instead of the settings' own. `secret` is the same for
    /// all of them: from it keys are made, so that equal requests meet.
    #[must_use]
    pub fn second_level(mut self, level: Arc<dyn SecondLevel>, secret: KeySecret) -> Builder {
        self.second = Some((level, secret));
        self
    }

    /// A tier that answers by likeness, with a model of the service's own. What it has to keep to stands with [`SemanticTier`]; its
    /// answers are marked [`CacheStatus::Near`](super::CacheStatus::Near).
    #[must_use]
    pub fn semantic(mut self, tier: Arc<dyn SemanticTier>) -> Builder {
        self.semantic = Some(tier);
        self
    }

    /// What a request or an answer goes through before the ledger keeps it, where it is told to (`keeps_prompts`). Without this, secrets are
    /// hidden.
    #[must_use]
    pub fn redact(mut self, hook: impl Fn(&str) -> String + Send + Sync + 'static) -> Builder {
        self.redaction = Some(Arc::new(hook));
        self
    }

    /// Builds it: reads secrets, opens the ledger, counts what was spent. Inside a tokio runtime, it tidies up by itself.
    ///
    /// Errors when there is no provider, a secret is missing, a condition cannot be read, or the ledger cannot be opened.
    pub fn build(self) -> Result<Router> {
        let Builder { settings, catalog, upstream, clock, watchers, redaction, on_alert, post, second, semantic } =
            self;
        if settings.providers.is_empty() {
            return Err(Error::new(Kind::Config, "no provider is configured")
                .in_field("providers")
                .help("add a [providers.NAME] to promptopt.toml"));
        }
        let clock = clock.unwrap_or_else(|| Arc::new(SystemClock));
        let catalog = catalog.unwrap_or_else(Catalog::shared);
        let upstream = match upstream {
            Some(upstream) => upstream,
            None => Arc::new(HttpUpstream::new(&settings.providers, &secrets::read)?),
        };
        let ledger = Ledger::open(&settings.ledger, Arc::clone(&clock))?;
        ledger.redact_by(redaction.unwrap_or_else(|| Arc::new(|text| hidden(text).into_owned())));
        let budgets = Budgets::new(&settings.budgets, Arc::clone(&clock));
        count_spent(&budgets, &ledger, clock.now())?;
        let alerting = Alerting::new(&settings.alerts, &settings.budgets, on_alert, post)?;
        alerting.load(&ledger, clock.now())?;
        let second = match second {
            Some(second) => Some(second),
            None => settings.cache.redis.as_ref().map(|redis| second_level(redis, &settings)).transpose()?,
        };
        let budget = settings.cache.redis.as_ref().map_or(cache::settings::BUDGET, |redis| redis.budget);
        let (second, key_secret) = match second {
            Some((level, secret)) => (Some(Guarded::new(level, budget, Arc::clone(&clock))), secret),
            None => (None, KeySecret::random()),
        };
        let max_read_bytes = settings.cache.max_bytes / READ_SHARE;
        let limits = Limits::new(&settings.limits, settings.queue.clone(), Arc::clone(&clock));
        let inner = Inner {
            health: Health::new(settings.retry.clone(), settings.breaker.clone(), Arc::clone(&clock)),
            responses: Responses::new(&settings.cache, Arc::clone(&clock)),
            state: ArcSwap::from_pointee(state::State::new(settings, &catalog, limits)?),
            flights: flights::Flights::default(),
            prompt_caches: PromptCaches::default(),
            outputs: outputs::Outputs::default(),
            memo: Memo::new(),
            reads: reads::Reads::new(max_read_bytes),
            ids: ids::Ids::new(),
            tasks: tasks::Tasks::default(),
            key_secret,
            second,
            semantic,
            catalog,
            upstream,
            clock,
            ledger,
            budgets,
            watchers,
            alerting,
        };
        let router = Router(Arc::new(inner));
        if tokio::runtime::Handle::try_current().is_ok() {
            tidy_by_itself(&router);
        }
        Ok(router)
    }
}

#[cfg(feature = "redis")]
fn second_level(redis: &RedisSettings, settings: &RouterSettings) -> Result<(Arc<dyn SecondLevel>, KeySecret)> {
    let (url, seal) = (secrets::read(&redis.url)?, secrets::read(&redis.seal)?);
    let level = cache::RedisLevel::open(&url, &seal, settings.cache.max_entry_bytes)
        .map_err(|error| error.in_field("cache.redis.url"))?;
    Ok((Arc::new(level), KeySecret::of(secrecy::ExposeSecret::expose_secret(&seal))))
}

#[cfg(not(feature = "redis"))]
fn second_level(_: &RedisSettings, _: &RouterSettings) -> Result<(Arc<dyn SecondLevel>, KeySecret)> {
    Err(Error::new(Kind::Config, "this build cannot use Redis")
        .in_field("cache.redis")
        .help("build with the feature `redis`"))
}

/// Counts what the ledger knows of the time that budgets are for.
pub(super) fn count_spent(budgets: &Budgets, ledger: &Ledger, now: Timestamp) -> Result<()> {
    let Some(since) = budgets.counts_since(now) else { return Ok(()) };
    let budgets = budgets.clone();
    ledger.spent_since(since, move |at, labels, cost| budgets.load(at, labels, cost))
}

/// Tidies up now and then, as long as somebody has the router.
fn tidy_by_itself(router: &Router) {
    let held = Arc::downgrade(&router.0);
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(TIDY_EVERY).await;
            let Some(inner) = held.upgrade() else { return };
            // What cannot be tidied now is tidied next time; the ledger's state tells.
            let _next_time = Router(inner).tidy().await;
        }
    });
}
