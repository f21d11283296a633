//! Limits, targets that ask for time, and outages; in paused time where nothing depends on how long a call took.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use futures_util::future::{BoxFuture, join_all};
use tokio::time::{Instant, sleep};

use super::*;
use crate::clock::Clock;
use crate::error::Error;
use crate::limit::settings::{LimitSpec, QueueSettings};
use crate::upstream::Upstream;

/// Goes with tokio's time, which tests pause.
struct Paused(Instant);

impl Clock for Paused {
    fn now(&self) -> Timestamp {
        let start = "2026-11-26T12:00:00Z".parse::<Timestamp>().unwrap().as_microsecond();
        Timestamp::from_microsecond(start + i64::try_from(self.ticks_us()).unwrap()).unwrap()
    }

    fn ticks_us(&self) -> u64 {
        u64::try_from(self.0.elapsed().as_micros()).unwrap()
    }
}

/// Answers the n-th call after a while.
struct Slow<F> {
    answer: F,
    takes: Duration,
    n_sent: AtomicU32,
    n_under_way: AtomicU32,
    most_under_way: AtomicU32,
}

impl<F: Fn(u32) -> Result<Incoming> + Send + Sync> Upstream for Slow<F> {
    fn send(&self, _call: Outgoing) -> BoxFuture<'_, Result<Incoming>> {
        let n = self.n_sent.fetch_add(1, Ordering::Relaxed);
        Box::pin(async move {
            self.most_under_way.fetch_max(self.n_under_way.fetch_add(1, Ordering::Relaxed) + 1, Ordering::Relaxed);
            sleep(self.takes).await;
            self.n_under_way.fetch_sub(1, Ordering::Relaxed);
            (self.answer)(n)
        })
    }
}

/// A router whose time goes by with tokio's. Paused time leaps whenever all wait, also for the ledger's thread: nothing here may depend on
/// how long a call took.
fn slow<F>(settings: RouterSettings, answer: F) -> (Router, Arc<Slow<F>>)
where
    F: Fn(u32) -> Result<Incoming> + Send + Sync + 'static,
{
    slow_by(Arc::new(Paused(Instant::now())), settings, Duration::from_secs(1), answer)
}

fn slow_by<F>(clock: Arc<dyn Clock>, settings: RouterSettings, takes: Duration, answer: F) -> (Router, Arc<Slow<F>>)
where
    F: Fn(u32) -> Result<Incoming> + Send + Sync + 'static,
{
    let counter = AtomicU32::default;
    let upstream =
        Arc::new(Slow { answer, takes, n_sent: counter(), n_under_way: counter(), most_under_way: counter() });
    let built = Router::builder().settings(settings).upstream(Arc::clone(&upstream) as Arc<dyn Upstream>).clock(clock);
    (built.build().unwrap(), upstream)
}

/// Time that stands.
fn noon() -> Arc<dyn Clock> {
    Arc::new(ManualClock::at("2026-11-26T12:00:00Z".parse().unwrap()))
}

fn numbered(n: usize) -> Request {
    let body = json!({"model": "gpt-4o-mini", "temperature": 0, "max_tokens": 100, "messages": [{"role": "user", "content": format!("hi {n}")}]});
    Request::chat(body.to_string())
}

/// So many calls at once, and what became of them.
async fn at_once(router: &Router, n_calls: usize) -> Vec<Result<crate::router::Answer, Error>> {
    join_all((0..n_calls).map(|n| async move { router.chat(numbered(n), &caller()).await })).await
}

fn limit(by: By) -> LimitSpec {
    LimitSpec { name: "l".to_owned(), by, only: Vec::new(), rpm: None, tpm: None, concurrency: None, burst_s: 60 }
}

#[tokio::test(start_paused = true)]
async fn in_an_outage_few_more_calls_are_sent_than_were_made() {
    type Fails = fn(u32) -> Result<Incoming>;
    let fails: [Fails; 3] = [
        |_| Ok(Incoming::json(503, "{}")),
        |_| Err(Error::new(Kind::Unreachable, "refused")),
        |_| Err(Error::new(Kind::Timeout, "too late")),
    ];
    for fail in fails {
        for (n_rounds, n_at_once) in [(1, 1), (3, 1), (200, 1), (20, 50)] {
            let (router, upstream) = slow(settings(), fail);
            for _ in 0..n_rounds {
                for answer in at_once(&router, n_at_once).await {
                    let error = answer.err().unwrap();
                    assert!(error.may_retry(), "{error:?}");
                }
            }
            let (n_calls, n_sent) = ((n_rounds * n_at_once) as f64, f64::from(upstream.n_sent.load(Ordering::Relaxed)));
            assert!(n_sent <= 1.1 * n_calls + 3.0, "{n_sent} for {n_calls}");
        }
    }
}

// Not in paused time: it would leap over the pause while the ledger's thread works.
#[tokio::test]
async fn a_target_that_asks_for_time_is_waited_for_by_all_who_have_no_other() {
    let asks =
        || Incoming::of(429, &[("retry-after-ms", "300"), ("content-type", "application/json")], [Bytes::from("{}")]);
    let clock = Arc::new(Paused(Instant::now()));
    let (router, upstream) = slow_by(clock, settings(), Duration::from_millis(20), move |n| match n {
        0 => Ok(asks()),
        _ => Ok(chat_answer("hello")),
    });
    let first = tokio::spawn({
        let router = router.clone();
        async move { router.chat(numbered(0), &caller()).await }
    });
    sleep(Duration::from_millis(100)).await;
    for answer in at_once(&router, 3).await {
        assert!(answer.is_ok(), "{:?}", answer.err());
    }
    assert!(first.await.unwrap().is_ok());
    assert_eq!(upstream.n_sent.load(Ordering::Relaxed), 4, "the fourth was the same as the first");
}

#[tokio::test(start_paused = true)]
async fn nothing_left_by_an_answers_word_holds_the_next_call_back() {
    let (router, upstream) = slow_by(noon(), settings(), Duration::from_secs(1), |_| {
        let mut answer = chat_answer("hello");
        for (name, value) in [("limit", "6"), ("remaining", "0"), ("reset", "60s")] {
            let name = http::HeaderName::try_from(format!("x-ratelimit-{name}-requests")).unwrap();
            answer.headers.insert(name, http::HeaderValue::from_static(value));
        }
        Ok(answer)
    });
    router.chat(numbered(1), &caller()).await.unwrap();
    let error = router.chat(numbered(2), &caller()).await.unwrap_err();
    assert_eq!((error.kind(), error.pause()), (Kind::Unavailable, Some(Duration::from_secs(10))), "{error}");
    assert_eq!(upstream.n_sent.load(Ordering::Relaxed), 1);
}

#[tokio::test(start_paused = true)]
async fn a_failing_target_is_an_error_that_says_when_and_kept_answers_are_given_all_the_same() {
    // Time stands: leaps must not let the breaker close again.
    let (router, _) = slow_by(noon(), settings(), Duration::from_secs(1), |n| match n {
        0 => Ok(chat_answer("hello")),
        _ => Ok(Incoming::json(500, "{}")),
    });
    router.chat(numbered(0), &caller()).await.unwrap();
    for n in 1..6 {
        router.chat(numbered(n), &caller()).await.unwrap_err();
    }
    let error = router.chat(numbered(7), &caller()).await.unwrap_err();
    assert_eq!((error.kind(), error.may_retry()), (Kind::Unavailable, true), "{error}");
    assert!(error.pause().is_some_and(|pause| pause <= Duration::from_secs(15)), "{:?}", error.pause());
    assert_eq!(router.chat(numbered(0), &caller()).await.unwrap().report.cache, CacheStatus::Hit);
}

// Not in paused time: it would leap over the patience of those that wait while the ledger's thread works.
#[tokio::test]
async fn calls_at_once_are_as_many_as_a_limit_allows_streams_included() {
    for by in [By::Caller, By::Provider] {
        let limits = vec![LimitSpec { concurrency: Some(2), ..limit(by.clone()) }];
        let clock = Arc::new(Paused(Instant::now()));
        let settings = RouterSettings { limits, ..settings() };
        let (router, upstream) = slow_by(clock, settings, Duration::from_millis(20), |n| {
            Ok(if n % 2 == 0 { chat_answer("hello") } else { chat_stream("hello") })
        });
        let calls = (0..6).map(|n| {
            let router = router.clone();
            async move {
                match n % 2 {
                    0 => drop(router.chat(numbered(n), &caller()).await.unwrap()),
                    _ => drop(text(router.stream(numbered(n), &caller()).await.unwrap()).await),
                }
            }
        });
        join_all(calls).await;
        assert_eq!(upstream.most_under_way.load(Ordering::Relaxed), 2, "{by}");
        assert!(router.status().queue.iter().all(|depth| depth.n_waiting == 0));
    }
}

#[tokio::test(start_paused = true)]
async fn tokens_are_taken_before_and_settled_after_and_a_reload_forgets_nothing() {
    // A hundred of output and some of input are taken; the answer used 1,100.
    let limits = vec![LimitSpec { tpm: Some(3_000), ..limit(By::Caller) }];
    let queue = QueueSettings { max_wait: Duration::ZERO, ..QueueSettings::default() };
    let settings = RouterSettings { limits, queue, ..settings() };
    let (router, upstream) = slow_by(noon(), settings.clone(), Duration::from_secs(1), |_| Ok(chat_answer("hello")));
    for n in 0..3 {
        router.chat(numbered(n), &caller()).await.unwrap();
    }
    router.reload(settings).unwrap();
    let error = router.chat(numbered(3), &caller()).await.unwrap_err();
    assert_eq!(
        (error.kind(), upstream.n_sent.load(Ordering::Relaxed)),
        (Kind::RateLimited, 3),
        "3,300 are used of 3,000"
    );
    // The 300 above, and what the call may need.
    assert!(error.pause() > Some(Duration::from_secs(6)) && error.pause() < Some(Duration::from_secs(12)), "{error:?}");
}

#[tokio::test(start_paused = true)]
async fn a_call_that_the_budget_refuses_takes_nothing_from_the_targets_limits() {
    let budget = BudgetSpec {
        name: "b".to_owned(),
        by: By::All,
        only: Vec::new(),
        period: Period::Day,
        hard: Some(Usd::ZERO),
        soft: None,
        unpriced_as: None,
    };
    let limits = vec![LimitSpec { rpm: Some(1), ..limit(By::Model) }];
    let queue = QueueSettings { max_wait: Duration::ZERO, ..QueueSettings::default() };
    let poor = RouterSettings { limits, queue, budgets: vec![budget], ..settings() };
    let (router, _) = slow_by(noon(), poor.clone(), Duration::from_secs(1), |_| Ok(chat_answer("hello")));
    for n in 0..3 {
        assert_eq!(router.chat(numbered(n), &caller()).await.unwrap_err().kind(), Kind::Budget);
    }
    router.reload(RouterSettings { budgets: Vec::new(), ..poor }).unwrap();
    router.chat(numbered(0), &caller()).await.unwrap();
    assert_eq!(router.chat(numbered(1), &caller()).await.unwrap_err().kind(), Kind::RateLimited);
}

#[tokio::test(start_paused = true)]
async fn a_budget_that_comes_with_a_reload_knows_what_was_spent() {
    let (router, _) = slow_by(noon(), settings(), Duration::from_secs(1), |_| Ok(chat_answer("hello")));
    for n in 0..2 {
        router.chat(numbered(n), &caller()).await.unwrap();
    }
    let budget = BudgetSpec {
        name: "b".to_owned(),
        by: By::Team,
        only: Vec::new(),
        period: Period::Day,
        hard: Some(Usd::parse("0.0004").unwrap()),
        soft: None,
        unpriced_as: None,
    };
    router.reload(RouterSettings { budgets: vec![budget], ..settings() }).unwrap();
    let spent = &router.status().budgets[0];
    assert_eq!((spent.settled, spent.reserved), (Usd::parse("0.00042").unwrap(), Usd::ZERO));
    assert_eq!(router.chat(numbered(3), &caller()).await.unwrap_err().kind(), Kind::Budget);
}
