//! A router whose providers are scripted.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::StreamExt;
use promptopt::budget::settings::{BudgetSpec, Period};
use promptopt::chat::Dialect;
use promptopt::clock::Timestamp;
use promptopt::config::router::RouterSettings;
use promptopt::error::Error;
use promptopt::health::settings::BreakerSettings;
use promptopt::labels::{By, Caller};
use promptopt::ledger::UsageRecord;
use promptopt::router::{Builder, CacheStatus, Request, Router};
use promptopt::secret::SecretRef;
use promptopt::upstream::http::HttpUpstream;
use promptopt::upstream::settings::{Auth, ProviderSettings, Timeouts};
use promptopt::usd::Usd;
use promptopt_scripted::Scripted;
use secrecy::SecretString;

/// What must never be seen again.
pub(crate) const CANARY: &str = "sk-canary-4f3a9c";

/// A provider at a scripted server, with short limits.
pub(crate) fn provider(name: &str, host: &str, dialect: Dialect, server: &Scripted) -> ProviderSettings {
    ProviderSettings {
        name: name.into(),
        host: host.into(),
        dialect,
        base_url: server.base_url(),
        auth: Auth::Bearer(SecretRef::Env("CANARY".to_owned())),
        headers: Vec::new(),
        api_version: None,
        deployments: Vec::new(),
        region: None,
        tiers: Vec::new(),
        timeouts: Timeouts {
            connect: Duration::from_secs(2),
            first_byte: Duration::from_secs(1),
            idle: Duration::from_secs(1),
            total: Duration::from_secs(3),
        },
    }
}

/// A router that sends over HTTP.
pub(crate) fn router(settings: RouterSettings, more: impl FnOnce(Builder) -> Builder) -> Router {
    let read = |_: &SecretRef| Ok(SecretString::from(CANARY));
    let upstream = HttpUpstream::new(&settings.providers, &read).unwrap();
    more(Router::builder().settings(settings).upstream(Arc::new(upstream))).build().unwrap()
}

/// A hard budget over all calls, so that money is set aside for each.
pub(crate) fn budget(usd: &str) -> BudgetSpec {
    BudgetSpec {
        name: "all".to_owned(),
        by: By::All,
        only: Vec::new(),
        period: Period::Month,
        hard: Some(Usd::parse(usd).unwrap()),
        soft: None,
        unpriced_as: None,
    }
}

/// A budget, short pauses between attempts, and breakers that stay closed.
pub(crate) fn settings(providers: Vec<ProviderSettings>, max_attempts: u32) -> RouterSettings {
    let mut settings = RouterSettings {
        providers,
        budgets: vec![budget("1000")],
        breaker: BreakerSettings { failures: 1000, min_calls: 1000, ..BreakerSettings::default() },
        ..RouterSettings::default()
    };
    settings.retry.max_attempts = max_attempts;
    settings.retry.first_pause = Duration::from_millis(1);
    settings
}

/// Records as they were settled.
pub(crate) type Records = Arc<Mutex<Vec<UsageRecord>>>;

/// A router, and what it settles.
pub(crate) fn watched(settings: RouterSettings) -> (Router, Records) {
    let records = Records::default();
    let kept = Arc::clone(&records);
    (router(settings, move |builder| builder.watch(move |record| kept.lock().unwrap().push(record.clone()))), records)
}

/// A question whose answer may be kept.
pub(crate) fn ask(model: &str) -> Request {
    Request::chat(format!(
        r#"{{"model":"{model}","temperature":0,"max_tokens":100,"messages":[{{"role":"user","content":"hello"}}]}}"#
    ))
}

/// What a caller sees of an answer: the body and where it came from, and the error, if it ends in one.
pub(crate) struct Seen {
    pub body: String,
    pub cache: CacheStatus,
    pub error: Option<Error>,
}

impl Seen {
    pub(crate) fn is_whole(&self) -> bool {
        self.error.is_none()
    }
}

/// Asks, and reads to the end. A call that hangs fails the test.
pub(crate) async fn call(router: &Router, request: Request, is_stream: bool) -> Seen {
    let caller = Caller::of("acme");
    let seen = async {
        let failed = |body: String, error| Seen { body, cache: CacheStatus::Miss, error: Some(error) };
        if !is_stream {
            return match router.chat(request, &caller).await {
                Err(error) => failed(String::new(), error),
                Ok(answer) => Seen {
                    body: String::from_utf8_lossy(&answer.body).into_owned(),
                    cache: answer.report.cache,
                    error: None,
                },
            };
        }
        let mut stream = match router.stream(request, &caller).await {
            Err(error) => return failed(String::new(), error),
            Ok(stream) => stream,
        };
        let mut all = Vec::new();
        while let Some(chunk) = stream.next().await {
            match chunk {
                Ok(chunk) => all.extend_from_slice(&chunk),
                Err(error) => return failed(String::from_utf8_lossy(&all).into_owned(), error),
            }
        }
        let cache = stream.report().unwrap_or_else(|| stream.begun().clone()).cache;
        Seen { body: String::from_utf8_lossy(&all).into_owned(), cache, error: None }
    };
    tokio::time::timeout(Duration::from_secs(20), seen).await.expect("the call hangs")
}

/// What must hold whenever nothing is under way: no call and no flight is left, all money that was set aside is settled, the budget
/// has what the records cost, the ledger has the records, and nowhere is the key.
pub(crate) async fn check_at_rest(router: &Router, records: &Records, what: &str) {
    let at_rest = async {
        while router.status().calls > 0 {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), at_rest).await.expect("a call does not end");
    let (written, records) = (Records::default(), records.lock().unwrap().clone());
    let taken = Arc::clone(&written);
    router.ledger().each_since(Timestamp::MIN, move |record| taken.lock().unwrap().push(record)).unwrap();
    router.shutdown().await;
    let status = router.status();
    assert_eq!((status.calls, status.flights, status.ledger_waiting), (0, 0, 0), "{what}");
    let spent: Usd = records.iter().fold(Usd::ZERO, |sum, record| sum.saturating_add(record.cost.unwrap_or(Usd::ZERO)));
    for budget in &status.budgets {
        assert_eq!((budget.reserved, budget.settled), (Usd::ZERO, spent), "{what}: {budget:?}");
    }
    let mut written = written.lock().unwrap().clone();
    let mut settled = records.clone();
    for record in &mut settled {
        // The ledger keeps microseconds.
        record.at = Timestamp::from_microsecond(record.at.as_microsecond()).unwrap();
    }
    written.sort_by_key(|record| record.id);
    settled.sort_by_key(|record| record.id);
    assert_eq!(written, settled, "{what}");
    assert!(!format!("{router:?} {status:?} {records:?}").contains(CANARY), "{what}: the key is seen");
}

/// Runs checks, some at a time: more would only take each other's time. All that fail are told.
pub(crate) async fn all_hold<C: Future<Output = ()> + Send + 'static>(checks: Vec<C>) {
    let running = futures_util::stream::iter(checks).map(tokio::spawn).buffer_unordered(8);
    let failed: Vec<String> = running
        .filter_map(|ended| async move {
            let panic = ended.err()?.into_panic();
            let words = panic.downcast_ref::<String>().cloned();
            Some(words.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned())).unwrap_or_default())
        })
        .collect()
        .await;
    assert!(failed.is_empty(), "{} failed:\n{}", failed.len(), failed.join("\n"));
}

/// All that an error can be made to say.
pub(crate) fn told(error: &Error) -> String {
    let body = error.provider().map(|told| String::from_utf8_lossy(&told.body).into_owned());
    format!("{error} {error:?} {:?} {body:?}", error.provider())
}
