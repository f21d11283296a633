//! A second level of the cache that answers, is empty, fails, hangs, or holds what is too old.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::future::{BoxFuture, join_all};

use super::*;
use crate::cache::{BodyKey, Kept, KeySecret, SecondLevel};
use crate::clock::Clock;
use crate::error::Error;
use crate::labels::Partition;
use crate::ledger::SavedBy;

/// Keeps what it is given, in the mood it is in.
#[derive(Default)]
struct Shared {
    kept: Mutex<HashMap<(BodyKey, Partition), (Kept, Duration)>>,
    n_looks: AtomicUsize,
    mood: Mood,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum Mood {
    #[default]
    Well,
    Fails,
    Hangs,
}

impl SecondLevel for Shared {
    fn get<'a>(&'a self, key: BodyKey, partition: &'a Partition) -> BoxFuture<'a, Result<Option<Kept>>> {
        Box::pin(async move {
            self.n_looks.fetch_add(1, Ordering::Relaxed);
            match self.mood {
                // Those who ask meanwhile join.
                Mood::Well => tokio::task::yield_now().await,
                Mood::Fails => return Err(Error::new(Kind::Unreachable, "no")),
                Mood::Hangs => std::future::pending().await,
            }
            let kept = self.kept.lock().unwrap();
            Ok(kept.get(&(key, partition.clone())).map(|(kept, _)| kept.clone()))
        })
    }

    fn put<'a>(
        &'a self,
        key: BodyKey,
        partition: &'a Partition,
        kept: &'a Kept,
        keep: Duration,
    ) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            match self.mood {
                Mood::Well => {}
                Mood::Fails => return Err(Error::new(Kind::Unreachable, "no")),
                Mood::Hangs => std::future::pending().await,
            }
            self.kept.lock().unwrap().insert((key, partition.clone()), (kept.clone(), keep));
            Ok(())
        })
    }
}

struct Instance {
    router: Router,
    clock: Arc<ManualClock>,
    records: Arc<Mutex<Vec<UsageRecord>>>,
    n_asked: Arc<AtomicUsize>,
}

/// One of several instances. Its provider answers `text`, plain or as a stream as it is asked.
fn instance(shared: &Arc<Shared>, text: &'static str) -> Instance {
    let (records, n_asked) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicUsize::new(0)));
    let clock = Arc::new(ManualClock::at("2026-11-26T12:00:00Z".parse::<Timestamp>().unwrap()));
    let (kept, counter) = (Arc::clone(&records), Arc::clone(&n_asked));
    let upstream = Canned(move |call: &Outgoing| {
        counter.fetch_add(1, Ordering::Relaxed);
        Ok(if call.is_stream { chat_stream(text) } else { chat_answer(text) })
    });
    let router = Router::builder()
        .settings(settings())
        .upstream(Arc::new(upstream))
        .clock(Arc::clone(&clock) as Arc<dyn Clock>)
        .second_level(Arc::clone(shared) as Arc<dyn SecondLevel>, KeySecret::of("same"))
        .watch(move |record| kept.lock().unwrap().push(record.clone()))
        .build()
        .unwrap();
    Instance { router, clock, records, n_asked }
}

impl Instance {
    fn n_asked(&self) -> usize {
        self.n_asked.load(Ordering::Relaxed)
    }
}

#[tokio::test(start_paused = true)]
async fn what_one_instance_paid_answers_all_who_ask_another_at_once() {
    let shared = Arc::new(Shared::default());
    let (one, other) = (instance(&shared, "from one"), instance(&shared, "from the other"));
    let first = one.router.chat(ask("gpt-4o-mini"), &caller()).await.unwrap();
    one.router.shutdown().await;
    assert_eq!(shared.kept.lock().unwrap().len(), 1);
    // It began later, and is older than the process.
    other.clock.advance_micros(600_000_000);
    shared.n_looks.store(0, Ordering::Relaxed);
    let ann = Caller::of("acme").id("ann");
    let all = join_all((0..4).map(|_| other.router.chat(ask("gpt-4o-mini"), &ann))).await;
    for answer in all {
        let answer = answer.unwrap();
        assert_eq!((answer.report.cache, answer.report.cost), (CacheStatus::Hit, Some(Usd::ZERO)));
        assert_eq!((&answer.body, Some(answer.report.saved)), (&first.body, first.report.cost));
        assert_eq!(answer.report.age_s, Some(600));
    }
    assert_eq!((shared.n_looks.load(Ordering::Relaxed), other.n_asked()), (1, 0), "one look for all");
    // From memory now, as a stream too.
    let stream = other.router.stream(ask("gpt-4o-mini"), &caller()).await.unwrap();
    assert!(text(stream).await.0.contains("from one"));
    assert_eq!((shared.n_looks.load(Ordering::Relaxed), other.n_asked()), (1, 0));
    other.router.shutdown().await;
    let records = other.records.lock().unwrap();
    assert_eq!(records.len(), 5);
    for record in records.iter() {
        assert_eq!((record.cost, record.saved_by), (Some(Usd::ZERO), Some(SavedBy::ResponseCache)), "{record:?}");
        assert_eq!(record.saved, first.report.cost.unwrap());
    }
}

#[tokio::test(start_paused = true)]
async fn a_stream_is_kept_and_given_with_its_own_events() {
    let shared = Arc::new(Shared::default());
    let (one, other) = (instance(&shared, "streamed"), instance(&shared, "never"));
    let (first, _) = text(one.router.stream(ask("gpt-4o-mini"), &caller()).await.unwrap()).await;
    one.router.shutdown().await;
    let (again, stream) = text(other.router.stream(ask("gpt-4o-mini"), &caller()).await.unwrap()).await;
    assert_eq!((again, stream.report().unwrap().cache, other.n_asked()), (first, CacheStatus::Hit, 0));
    let third = instance(&shared, "never");
    let whole = third.router.chat(ask("gpt-4o-mini"), &caller()).await.unwrap();
    assert_eq!(whole.json().unwrap()["choices"][0]["message"]["content"], "streamed");
}

#[tokio::test(start_paused = true)]
async fn who_may_not_have_it_does_not_get_it() {
    let shared = Arc::new(Shared::default());
    let one = instance(&shared, "from one");
    one.router.chat(ask("gpt-4o-mini"), &caller()).await.unwrap();
    let no_store = ask("gpt-4o-mini").with(super::super::Directives { no_store: true, ..Default::default() });
    one.router.chat(no_store.clone(), &Caller::of("zenith")).await.unwrap();
    one.router.shutdown().await;
    assert_eq!(shared.kept.lock().unwrap().len(), 1, "what is not to be stored is stored nowhere");
    let no_cache = ask("gpt-4o-mini").with(super::super::Directives { no_cache: true, ..Default::default() });
    for (request, tenant, seconds) in [
        (ask("gpt-4o-mini"), "zenith", 0),
        (no_cache, "acme", 0),
        (no_store, "acme", 0),
        // Past its time, whatever the level thinks of it.
        (ask("gpt-4o-mini"), "acme", 4_000),
    ] {
        let other = instance(&shared, "from the other");
        other.clock.advance_micros(seconds * 1_000_000);
        let answer = other.router.chat(request, &Caller::of(tenant)).await.unwrap();
        assert!(answer.report.cache != CacheStatus::Hit && other.n_asked() == 1, "{tenant}, {seconds}");
        // What it tells the others now must not change what the next one finds.
        let held = shared.kept.lock().unwrap().clone();
        other.router.shutdown().await;
        *shared.kept.lock().unwrap() = held;
    }
}

#[tokio::test(start_paused = true)]
async fn who_wants_a_fresh_answer_does_not_join_one_who_takes_a_kept_one() {
    let shared = Arc::new(Shared::default());
    let one = instance(&shared, "from one");
    one.router.chat(ask("gpt-4o-mini"), &caller()).await.unwrap();
    one.router.shutdown().await;
    let other = instance(&shared, "fresh");
    let no_cache = ask("gpt-4o-mini").with(super::super::Directives { no_cache: true, ..Default::default() });
    let acme = caller();
    let (plain, fresh) = tokio::join!(other.router.chat(ask("gpt-4o-mini"), &acme), other.router.chat(no_cache, &acme));
    assert_eq!((plain.unwrap().report.cache, fresh.unwrap().report.cache), (CacheStatus::Hit, CacheStatus::Miss));
    assert_eq!(other.n_asked(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_stream_with_the_usage_is_another_than_one_without() {
    let one = instance(&Arc::default(), "hello");
    let body = |more: &str| {
        format!(
            r#"{{"model":"gpt-4o-mini","temperature":0,"stream":true,{more}"messages":[{{"role":"user","content":"hi"}}]}}"#
        )
    };
    for (n, more) in [(1, ""), (2, r#""stream_options":{"include_usage":true},"#), (2, "")] {
        let stream = one.router.stream(Request::chat(body(more)), &caller()).await.unwrap();
        let (events, _) = text(stream).await;
        assert_eq!((events.contains("prompt_tokens"), one.n_asked()), (!more.is_empty(), n), "{events}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_the_provider_is_to_keep_is_one_of_its_own() {
    let one = instance(&Arc::default(), "hello");
    for (n, store) in [(1, true), (2, true), (3, false), (3, false)] {
        let body = json!({"model": "gpt-4o-mini", "temperature": 0, "store": store, "messages": [{"role": "user", "content": "hi"}]});
        one.router.chat(Request::chat(body.to_string()), &caller()).await.unwrap();
        assert_eq!(one.n_asked(), n, "{store}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_level_that_fails_or_hangs_fails_no_call_and_holds_up_none_for_long() {
    for mood in [Mood::Fails, Mood::Hangs] {
        let shared = Arc::new(Shared { mood, ..Shared::default() });
        let one = instance(&shared, "hello");
        for n in 0..20 {
            let body = json!({"model": "gpt-4o-mini", "temperature": 0, "messages": [{"role": "user", "content": format!("{n}")}]});
            let answer = one.router.chat(Request::chat(body.to_string()), &caller()).await.unwrap();
            assert_eq!(answer.report.cache, CacheStatus::Miss, "{mood:?}");
        }
        one.router.shutdown().await;
        assert_eq!(one.n_asked(), 20);
        // Left alone after five failures.
        assert!(shared.n_looks.load(Ordering::Relaxed) <= 5, "{mood:?}");
    }
}
