//! The router: takes a request as the provider's SDK would send it, and answers from the cheapest place that may answer it, within
//! limits and budgets, leaving a ledger that equals the providers' bill.
//!
//! ```no_run
//! use promptopt::labels::Caller;
//! use promptopt::router::{Request, Router};
//!
//! # async fn ask() -> promptopt::error::Result<()> {
//! let router = Router::from_config("promptopt.toml")?;
//! let body = r#"{"model": "gpt-5-mini", "messages": [{"role": "user", "content": "Say hello."}]}"#;
//! let answer = router.chat(Request::chat(body), &Caller::of("acme").id("jo")).await?;
//! println!("{} for ${:?}", answer.json()?["choices"][0]["message"]["content"], answer.report.cost);
//! # Ok(())
//! # }
//! ```
//!
//! What happens to a request stands in `router/life.rs`.

mod alerting;
mod answer;
mod body;
mod builder;
mod ends;
mod flights;
mod flow;
mod follow;
mod further;
mod ids;
mod lead;
mod life;
mod meter;
mod outgoing;
mod outputs;
mod prepare;
mod pump;
mod reads;
mod request;
mod service;
mod settle;
mod state;
mod tasks;

use std::sync::Arc;

use arc_swap::ArcSwap;

pub use alerting::AlertStatus;
pub use answer::{Answer, AnswerStream, CacheStatus, Report};
pub use builder::Builder;
pub use request::{BEHAVIOUR_HEADERS, Directives, Request};
pub use service::Call;

use crate::budget::{Budgets, Spent};
use crate::cache::{Counts, Guarded, KeySecret, Responses, SemanticTier};
use crate::catalog::Catalog;
use crate::clock::Clock;
use crate::config::router::RouterSettings;
use crate::error::{Error, Kind, Result};
use crate::health::{Health, TargetHealth};
use crate::labels::Caller;
use crate::ledger::{AttemptId, Feedback, Ledger, UsageRecord};
use crate::limit::Depth;
use crate::route::{PromptCaches, RoutePlan};
use crate::tokens::memo::Memo;
use crate::upstream::Upstream;

/// The router. Clones share everything; cheap to clone.
#[derive(Clone)]
pub struct Router(Arc<Inner>);

/// What a router is made of.
struct Inner {
    state: ArcSwap<state::State>,
    catalog: Arc<Catalog>,
    upstream: Arc<dyn Upstream>,
    clock: Arc<dyn Clock>,
    ledger: Ledger,
    budgets: Budgets,
    health: Health,
    responses: Responses,
    flights: flights::Flights,
    prompt_caches: PromptCaches,
    outputs: outputs::Outputs,
    memo: Memo,
    reads: reads::Reads,
    ids: ids::Ids,
    tasks: tasks::Tasks,
    key_secret: KeySecret,
    second: Option<Guarded>,
    semantic: Option<Arc<dyn SemanticTier>>,
    watchers: Vec<Watcher>,
    alerting: alerting::Alerting,
}

/// Is told of every record as it is settled.
pub type Watcher = Arc<dyn Fn(&UsageRecord) + Send + Sync>;

/// How a router is, for reports and health checks.
#[derive(Clone, Debug)]
pub struct Status {
    /// Budgets with money in them.
    pub budgets: Vec<Spent>,
    /// Calls that wait, by class.
    pub queue: Vec<Depth>,
    /// Targets that were asked.
    pub targets: Vec<TargetHealth>,
    /// The response cache.
    pub cache: Counts,
    /// Why the ledger cannot write, if it cannot.
    pub ledger_failing: Option<String>,
    /// Records that wait for the ledger.
    pub ledger_waiting: usize,
    /// Alerts.
    pub alerts: AlertStatus,
    /// Calls under way.
    pub calls: usize,
    /// Of them, those that others may join.
    pub flights: usize,
}

impl Router {
    /// Builds a router from its parts.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// A router after a `promptopt.toml`, with secrets from the environment and from files, and the machine's clock.
    ///
    /// Errors tell all mistakes of the file at once, each with its place.
    pub fn from_config(path: impl AsRef<std::path::Path>) -> Result<Router> {
        Router::builder().config(path)?.build()
    }

    /// Answers a request as a whole. The body is in the dialect of the request, whoever answered.
    ///
    /// Errors have a kind, a side, whether asking again can help and when; those of providers keep status, code and body. Dropping the
    /// future neither cuts off others who share the call nor leaves money unsettled.
    pub async fn chat(&self, request: Request, caller: &Caller) -> Result<Answer> {
        let given = life::run(&self.0, request, &Arc::new(caller.clone()), Some(false)).await?;
        follow::whole(&self.0, given).await
    }

    /// Answers a request as a stream of server-sent events in the dialect of the request. Returns when the answer begins.
    ///
    /// Errors before that are as of [`chat`](Self::chat); an answer that breaks off ends in an error. Nothing is asked again once the
    /// caller has seen the beginning.
    pub async fn stream(&self, request: Request, caller: &Caller) -> Result<AnswerStream> {
        let given = life::run(&self.0, request, &Arc::new(caller.clone()), Some(true)).await?;
        follow::streamed(&self.0, given).await
    }

    /// Answers an embeddings request.
    pub async fn embed(&self, request: Request, caller: &Caller) -> Result<Answer> {
        self.chat(request, caller).await
    }

    /// What would be done with a request, without sending it.
    pub fn explain(&self, request: Request, caller: &Caller) -> Result<RoutePlan> {
        let state = self.0.state.load_full();
        let prepared =
            prepare::prepare(request, &Arc::new(caller.clone()), None, state.settings.max_body, &self.0.reads)?;
        Ok(life::plan(&self.0, &state, &prepared))
    }

    /// Says how good an answer was: a score from 0 (useless) to 1,000 (perfect), and why. `call` is that of the answer's report.
    pub async fn feedback(&self, call: AttemptId, permille: u16, label: Option<&str>) -> Result<()> {
        if permille > 1000 {
            return Err(Error::input(format!("expected a score from 0 to 1000, found {permille}")).in_field("score"));
        }
        let at = self.0.clock.now();
        self.0.ledger.feedback(Feedback { call, at, permille, label: label.map(Arc::from) }).await
    }

    /// How it is.
    pub fn status(&self) -> Status {
        let state = self.0.state.load();
        let ledger = self.0.ledger.state();
        Status {
            budgets: self.0.budgets.view(),
            queue: state.limits.depths(),
            targets: self.0.health.view(),
            cache: self.0.responses.counts(),
            ledger_failing: ledger.failing,
            ledger_waiting: ledger.n_waiting,
            alerts: self.0.alerting.status(self.0.clock.now()),
            calls: self.0.tasks.n_running(),
            flights: self.0.flights.len(),
        }
    }

    /// The ledger, to be read.
    pub fn ledger(&self) -> &Ledger {
        &self.0.ledger
    }

    /// Goes by other settings from the next call on. Calls under way end as they began; budgets keep what was spent, limits what is
    /// used. Providers, cache and ledger stay as they were built: only their routes, limits, budgets and alerts change. A budget that
    /// is new begins with what the ledger knows of its period, which is read here; of calls under way it knows nothing.
    ///
    /// Errors leave everything as it was.
    pub fn reload(&self, settings: RouterSettings) -> Result<()> {
        let current = self.0.state.load();
        if settings.providers != current.settings.providers {
            return Err(Error::new(Kind::Config, "providers cannot be changed while a router runs")
                .in_field("providers")
                .help("build another router and let the old one end"));
        }
        let (budgets, limits, queue) = (settings.budgets.clone(), settings.limits.clone(), settings.queue.clone());
        let alerts = settings.alerts.clone();
        let next = state::State::new(settings, &self.0.catalog, current.limits.clone())?;
        let loaded = Budgets::new(&self.0.budgets.unknown(&budgets), Arc::clone(&self.0.clock));
        builder::count_spent(&loaded, &self.0.ledger, self.0.clock.now())?;
        self.0.alerting.replace(&alerts, &budgets)?;
        self.0.budgets.replace(&budgets, &loaded);
        next.limits.replace(&limits, queue);
        self.0.state.store(Arc::new(next));
        Ok(())
    }

    /// Work that has to be done now and then: alerts look around, the cache lets go what is old, the ledger drops what is too old. A
    /// router that is built inside a tokio runtime does it by itself, every 30 seconds.
    pub async fn tidy(&self) -> Result<()> {
        self.0.look_around();
        self.0.responses.tidy();
        while self.0.ledger.drop_old().await? {}
        Ok(())
    }

    /// Takes no more calls, waits for those under way, tells the last alerts, and writes all that was recorded.
    pub async fn shutdown(&self) {
        self.0.tasks.close().await;
        self.0.look_around();
        self.0.alerting.close().await;
        let ledger = self.0.ledger.clone();
        // Joins a thread: not for a runtime's worker.
        let _joined = tokio::task::spawn_blocking(move || ledger.close()).await;
    }
}

impl Inner {
    /// A record is settled: whoever watches is told.
    fn settled(&self, record: &UsageRecord) {
        self.alerting.observe(record);
        for watcher in &self.watchers {
            watcher(record);
        }
    }

    /// Alerts look at how things are.
    fn look_around(&self) {
        self.alerting.tick(self.clock.now(), &self.budgets, &self.catalog);
    }
}

impl std::fmt::Debug for Router {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Router").field("calls", &self.0.tasks.n_running()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
