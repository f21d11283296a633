//! Limits and their queue, in paused time.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::time::{Instant, timeout};

use super::settings::{Class, LimitSpec, QueueSettings};
use super::{Demand, Limits, Permit};
use crate::clock::{Clock, Timestamp};
use crate::error::{Error, Kind};
use crate::labels::{By, Caller, Labels};

mod line;
mod storm;

/// Goes with tokio's time, which tests pause. Counts how often it is asked.
struct Paused(Instant, AtomicUsize);

impl Clock for Paused {
    fn now(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH
    }

    fn ticks_us(&self) -> u64 {
        self.1.fetch_add(1, Ordering::Relaxed);
        u64::try_from(self.0.elapsed().as_micros()).unwrap()
    }
}

fn limit(name: &str, by: By) -> LimitSpec {
    let (name, only) = (name.to_owned(), Vec::new());
    LimitSpec { name, by, only, rpm: None, tpm: None, concurrency: None, burst_s: 60 }
}

fn one_at_a_time(by: By) -> LimitSpec {
    LimitSpec { concurrency: Some(1), ..limit("one", by) }
}

fn limits(specs: &[LimitSpec]) -> Limits {
    limits_with(specs, QueueSettings::default())
}

fn limits_with(specs: &[LimitSpec], settings: QueueSettings) -> Limits {
    Limits::new(specs, settings, Arc::new(Paused(Instant::now(), AtomicUsize::new(0))))
}

fn of(tenant: &str, id: &str) -> Labels {
    Labels { caller: Arc::new(Caller::of(tenant).id(id)), ..Labels::default() }
}

fn demand(class: Class, n_tokens: u64) -> Demand {
    Demand { n_tokens, class, patience: None }
}

/// A call that waits by itself, and says its name when it is let in; it ends at once.
fn wait(
    limits: &Limits,
    name: &'static str,
    labels: Labels,
    demand: Demand,
    said: &Said,
) -> tokio::task::JoinHandle<bool> {
    let (limits, said) = (limits.clone(), Arc::clone(said));
    tokio::spawn(async move {
        let permit = limits.admit(&labels, true, demand).await;
        said.lock().unwrap().push(name);
        permit.is_ok()
    })
}

type Said = Arc<std::sync::Mutex<Vec<&'static str>>>;

/// Lets all that is ready run.
async fn settle_down() {
    for _ in 0..50 {
        tokio::task::yield_now().await;
    }
}

async fn admit(limits: &Limits, id: &str, n_tokens: u64) -> Result<Permit, Error> {
    limits.admit(&of("t", id), true, demand(Class::Normal, n_tokens)).await
}

fn seconds(since: Instant) -> u64 {
    since.elapsed().as_secs()
}

#[tokio::test(start_paused = true)]
async fn callers_take_turns_whatever_they_ask_for_and_tenants_are_no_one_caller() {
    let limits = limits(&[one_at_a_time(By::All)]);
    let (said, first) = (Said::default(), admit(&limits, "x", 0).await.unwrap());
    for (name, tenant, id) in [
        ("x1", "t", "x"),
        ("x2", "t", "x"),
        ("x3", "t", "x"),
        ("x4", "t", "x"),
        ("y1", "t", "y"),
        ("y2", "t", "y"),
        ("z1", "u", "x"),
    ] {
        wait(&limits, name, of(tenant, id), demand(Class::Normal, 0), &said);
        settle_down().await;
    }
    drop(first);
    settle_down().await;
    assert_eq!(*said.lock().unwrap(), ["x1", "y1", "z1", "x2", "y2", "x3", "x4"]);
}

#[tokio::test(start_paused = true)]
async fn higher_classes_go_first_and_waiting_lifts_by_a_class() {
    let limits = limits(&[one_at_a_time(By::All)]);
    let (said, first) = (Said::default(), admit(&limits, "x", 0).await.unwrap());
    let enter = |name, class| wait(&limits, name, of("t", name), demand(class, 0), &said);
    enter("background", Class::Background);
    settle_down().await;
    enter("normal", Class::Normal);
    settle_down().await;
    enter("interactive", Class::Interactive);
    settle_down().await;
    let depths: Vec<usize> = limits.depths().iter().map(|depth| depth.n_waiting).collect();
    assert_eq!(depths, [1, 1, 1]);
    tokio::time::sleep(Duration::from_secs(21)).await;
    assert_eq!(limits.depths()[2].longest, Duration::from_secs(21));
    enter("later", Class::Interactive);
    enter("later too", Class::Normal);
    settle_down().await;
    drop(first);
    settle_down().await;
    assert_eq!(*said.lock().unwrap(), ["interactive", "normal", "background", "later", "later too"]);
}

#[tokio::test(start_paused = true)]
async fn who_goes_away_leaves_the_line_and_lets_the_next_one_go() {
    let limits = limits(&[LimitSpec { tpm: Some(600), ..limit("t", By::All) }]);
    let (said, start) = (Said::default(), Instant::now());
    let _first = admit(&limits, "x", 500).await.unwrap();
    let large = wait(&limits, "large", of("t", "a"), demand(Class::Normal, 600), &said);
    settle_down().await;
    wait(&limits, "small", of("t", "b"), demand(Class::Normal, 50), &said);
    settle_down().await;
    assert!(said.lock().unwrap().is_empty(), "it does not overtake");
    large.abort();
    settle_down().await;
    assert_eq!((*said.lock().unwrap() == ["small"], seconds(start)), (true, 0));
    assert!(limits.depths().iter().all(|depth| depth.n_waiting == 0));
}

#[tokio::test(start_paused = true)]
async fn a_turn_that_came_for_somebody_who_had_gone_is_given_back_whole() {
    let limits = limits(&[LimitSpec { rpm: Some(2), concurrency: Some(1), tpm: Some(100), ..limit("t", By::All) }]);
    let first = admit(&limits, "x", 10).await.unwrap();
    {
        let labels = of("t", "y");
        let waits = limits.admit(&labels, true, demand(Class::Normal, 90));
        tokio::pin!(waits);
        assert!(timeout(Duration::ZERO, &mut waits).await.is_err());
        // Its turn comes, and it goes away before it sees that.
        drop(first);
    }
    let permit = limits.try_admit(&of("t", "z"), true, 90).unwrap();
    assert!(limits.try_admit(&of("t", "z"), true, 0).is_err());
    permit.cancel();
    assert!(limits.try_admit(&of("t", "z"), true, 90).is_ok(), "what never was does not count");
}

#[tokio::test(start_paused = true)]
async fn what_is_given_back_is_there_for_those_who_wait_before_their_time() {
    let limits = limits(&[LimitSpec { tpm: Some(600), ..limit("t", By::All) }]);
    let (said, start) = (Said::default(), Instant::now());
    let mut first = admit(&limits, "x", 600).await.unwrap();
    wait(&limits, "a", of("t", "a"), demand(Class::Normal, 250), &said);
    settle_down().await;
    first.settle(400);
    settle_down().await;
    assert!(said.lock().unwrap().is_empty(), "200 are not enough");
    // The other 50 come in five seconds, not in twenty-five.
    tokio::time::sleep(Duration::from_secs(6)).await;
    assert_eq!((*said.lock().unwrap() == ["a"], seconds(start)), (true, 6));
}

#[tokio::test(start_paused = true)]
async fn nobody_is_overtaken_by_those_who_only_look_in() {
    let limits = limits(&[LimitSpec { rpm: Some(60), burst_s: 1, ..limit("r", By::All) }]);
    let said = Said::default();
    let mut n_passed = 0;
    let _first = admit(&limits, "x", 0).await.unwrap();
    wait(&limits, "a", of("t", "a"), demand(Class::Background, 0), &said);
    settle_down().await;
    for _ in 0..3_000 {
        n_passed += usize::from(limits.try_admit(&of("t", "y"), true, 0).is_ok() && said.lock().unwrap().is_empty());
        tokio::time::sleep(Duration::from_micros(500)).await;
    }
    assert_eq!((n_passed, said.lock().unwrap().len()), (0, 1));
}

#[tokio::test(start_paused = true)]
async fn a_full_queue_refuses_the_newest_of_the_lowest_class() {
    let settings = QueueSettings { max_depth: 2, ..QueueSettings::default() };
    let limits = limits_with(&[one_at_a_time(By::All)], settings);
    let (said, first) = (Said::default(), admit(&limits, "x", 0).await.unwrap());
    let older = wait(&limits, "older", of("t", "a"), demand(Class::Background, 0), &said);
    settle_down().await;
    let newer = wait(&limits, "newer", of("t", "a"), demand(Class::Background, 0), &said);
    settle_down().await;
    let refused = |class| {
        let limits = limits.clone();
        async move { limits.admit(&of("t", "b"), true, demand(class, 0)).await.err() }
    };
    let error = refused(Class::Background).await.unwrap();
    assert!(error.kind() == Kind::RateLimited && error.may_retry() && error.pause().is_some());
    assert!(
        error.to_string().starts_with("the queue is full (2 calls) under the limit `one` (1 calls at once by all)")
    );
    let urgent = wait(&limits, "urgent", of("t", "b"), demand(Class::Normal, 0), &said);
    settle_down().await;
    assert_eq!((newer.await.unwrap(), older.is_finished()), (false, false));
    drop(first);
    assert_eq!((urgent.await.unwrap(), older.await.unwrap()), (true, true));
}

#[tokio::test(start_paused = true)]
async fn patience_ends_with_an_error_that_names_the_limit_and_when_to_come_again() {
    let minute = LimitSpec { tpm: Some(60), ..limit("minute", By::Caller) };
    let limits = limits(&[LimitSpec { concurrency: Some(9), ..limit("wide", By::All) }, minute]);
    let start = Instant::now();
    let _first = admit(&limits, "x", 60).await.unwrap();
    let impatient = Demand { patience: Some(Duration::from_millis(2_500)), ..demand(Class::Normal, 30) };
    let error = limits.admit(&of("t", "x"), true, impatient).await.err().unwrap();
    assert_eq!((error.kind(), start.elapsed().as_millis()), (Kind::RateLimited, 2_500));
    assert_eq!(
        error.message(),
        "no room after 2500 ms in the queue under the limit `minute` (60 tokens a minute by caller)"
    );
    assert_eq!(error.pause().unwrap().as_millis(), 27_500);
    // The queue's own limit where nothing else is said.
    assert!(admit(&limits, "x", 60).await.is_err());
    assert_eq!(seconds(start), 32);
}

#[tokio::test(start_paused = true)]
async fn who_has_no_room_holds_up_nobody_who_wants_other_room() {
    let limits = limits(&[one_at_a_time(By::Caller), LimitSpec { concurrency: Some(2), ..limit("two", By::All) }]);
    let said = Said::default();
    let x = admit(&limits, "x", 0).await.unwrap();
    for name in ["x1", "x2"] {
        wait(&limits, name, of("t", "x"), demand(Class::Interactive, 0), &said);
    }
    settle_down().await;
    // All wait for the room of one caller, also after ages: the others pass.
    tokio::time::sleep(Duration::from_secs(29)).await;
    let y = timeout(Duration::ZERO, admit(&limits, "y", 0)).await.unwrap().unwrap();
    wait(&limits, "z", of("t", "z"), demand(Class::Background, 0), &said);
    settle_down().await;
    assert!(said.lock().unwrap().is_empty());
    drop(y);
    settle_down().await;
    assert_eq!(*said.lock().unwrap(), ["z"]);
    drop(x);
    settle_down().await;
    assert_eq!(*said.lock().unwrap(), ["z", "x1", "x2"]);
}

#[tokio::test(start_paused = true)]
async fn what_can_never_fit_is_refused_at_once_with_the_arithmetic() {
    let limits = limits(&[LimitSpec { tpm: Some(600), burst_s: 30, ..limit("t", By::All) }]);
    let error = admit(&limits, "x", 301).await.err().unwrap();
    assert_eq!((error.kind(), error.may_retry()), (Kind::NoTarget, false));
    assert!(error.to_string().contains("allows 600 tokens a minute, at most 300 at once; this call may need 301"));
    assert!(admit(&limits, "x", 300).await.is_ok());
    for none in
        [LimitSpec { rpm: Some(0), ..limit("n", By::All) }, LimitSpec { concurrency: Some(0), ..limit("n", By::All) }]
    {
        assert_eq!(
            admit(&limits_with(&[none], QueueSettings::default()), "x", 0).await.err().unwrap().kind(),
            Kind::NoTarget
        );
    }
}

#[tokio::test(start_paused = true)]
async fn accounts_of_those_who_have_gone_are_dropped() {
    let limits = limits(&[LimitSpec { rpm: Some(60), tpm: Some(600), concurrency: Some(1), ..limit("c", By::Caller) }]);
    let kept = admit(&limits, "kept", 1).await.unwrap();
    for n in 0..20_000 {
        drop(admit(&limits, &n.to_string(), 1).await.unwrap());
        if n % 2_000 == 0 {
            tokio::time::sleep(Duration::from_secs(2)).await;
        }
    }
    assert!(limits.n_accounts() <= 8_200, "{}", limits.n_accounts());
    assert!(limits.try_admit(&of("t", "kept"), true, 1).is_err(), "those in use are not");
    drop(kept);
}

#[tokio::test(start_paused = true)]
async fn other_numbers_keep_what_is_used_and_let_those_go_who_have_room_now() {
    let limits = limits(&[one_at_a_time(By::All), LimitSpec { rpm: Some(2), ..limit("r", By::Caller) }]);
    let said = Said::default();
    let first = admit(&limits, "x", 0).await.unwrap();
    wait(&limits, "a", of("t", "a"), demand(Class::Normal, 0), &said);
    settle_down().await;
    let two = LimitSpec { concurrency: Some(2), ..limit("one", By::All) };
    limits.replace(&[LimitSpec { rpm: Some(1), ..limit("r", By::Caller) }, two.clone()], QueueSettings::default());
    settle_down().await;
    assert_eq!(*said.lock().unwrap(), ["a"]);
    assert!(limits.try_admit(&of("t", "x"), true, 0).is_err(), "its request of a moment ago counts");
    limits.replace(&[two], QueueSettings::default());
    let second = limits.try_admit(&of("t", "x"), true, 0).unwrap();
    assert!(limits.try_admit(&of("t", "x"), true, 0).is_err(), "the first call is under way still");
    drop((first, second));
}

#[tokio::test(start_paused = true)]
async fn those_who_wait_do_not_all_wake_when_there_is_room_for_one() {
    let clock = Arc::new(Paused(Instant::now(), AtomicUsize::new(0)));
    let settings = QueueSettings { max_wait: Duration::from_secs(3_600), ..QueueSettings::default() };
    let limits = Limits::new(
        &[LimitSpec { rpm: Some(60), burst_s: 1, ..limit("r", By::All) }],
        settings,
        Arc::clone(&clock) as Arc<dyn Clock>,
    );
    let said = Said::default();
    let calls: Vec<_> = (0..300).map(|_| wait(&limits, "", of("t", "x"), demand(Class::Normal, 0), &said)).collect();
    for call in calls {
        assert!(call.await.unwrap());
    }
    // Some asks of the clock a call; a herd would ask some hundred times a call.
    let n_asked = clock.1.load(Ordering::Relaxed);
    assert!(n_asked < 300 * 20, "{n_asked}");
}
