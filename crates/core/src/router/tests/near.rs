//! A tier that answers by likeness: what it may answer, and what becomes of its answers.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::future::BoxFuture;

use super::*;
use crate::cache::{Entry, Question, SemanticTier};
use crate::ledger::SavedBy;

/// A ground, the length of a text, and its answer.
type Learnt = ([u8; 32], usize, Arc<Entry>);

/// Finds near what it learnt whose text has the same number of characters.
#[derive(Default)]
struct ByLength {
    learnt: Mutex<Vec<Learnt>>,
    n_asked: AtomicUsize,
    hangs: bool,
}

impl SemanticTier for ByLength {
    fn budget(&self) -> Duration {
        Duration::from_millis(50)
    }

    fn find<'a>(&'a self, question: Question<'a>) -> BoxFuture<'a, Option<Arc<Entry>>> {
        Box::pin(async move {
            self.n_asked.fetch_add(1, Ordering::Relaxed);
            if self.hangs {
                std::future::pending::<()>().await;
            }
            let learnt = self.learnt.lock().unwrap();
            let near = learnt.iter().find(|(ground, n, _)| *ground == question.ground && *n == question.text.len());
            near.map(|(_, _, entry)| Arc::clone(entry))
        })
    }

    fn learn<'a>(&'a self, question: Question<'a>, entry: &'a Arc<Entry>) -> BoxFuture<'a, ()> {
        self.learnt.lock().unwrap().push((question.ground, question.text.len(), Arc::clone(entry)));
        Box::pin(async {})
    }
}

fn question(system: &str, text: &str) -> Request {
    let messages = json!([{"role": "system", "content": system}, {"role": "user", "content": text}]);
    Request::chat(json!({"model": "gpt-4o-mini", "temperature": 0, "messages": messages}).to_string())
}

fn with(tier: &Arc<ByLength>) -> (Router, Arc<AtomicUsize>, Arc<Mutex<Vec<UsageRecord>>>) {
    let (n_sent, records) = (Arc::new(AtomicUsize::new(0)), Arc::new(Mutex::new(Vec::new())));
    let (counter, kept) = (Arc::clone(&n_sent), Arc::clone(&records));
    let upstream = Canned(move |_: &Outgoing| {
        counter.fetch_add(1, Ordering::Relaxed);
        Ok(chat_answer("hello"))
    });
    let router = Router::builder()
        .settings(settings())
        .upstream(Arc::new(upstream))
        .clock(Arc::new(ManualClock::at("2026-11-26T12:00:00Z".parse::<Timestamp>().unwrap())))
        .semantic(Arc::clone(tier) as Arc<dyn SemanticTier>)
        .watch(move |record| kept.lock().unwrap().push(record.clone()))
        .build()
        .unwrap();
    (router, n_sent, records)
}

#[tokio::test(start_paused = true)]
async fn a_near_question_has_the_answer_marked_as_such_and_never_kept() {
    let tier = Arc::new(ByLength::default());
    let (router, n_sent, records) = with(&tier);
    let status =
        async |request: Request, tenant: &str| router.chat(request, &Caller::of(tenant)).await.unwrap().report.cache;
    assert_eq!(status(question("s", "hi"), "acme").await, CacheStatus::Miss);
    // What is learnt is learnt beside the answer's way.
    while tier.learnt.lock().unwrap().is_empty() {
        tokio::task::yield_now().await;
    }
    for _ in 0..2 {
        // Asked again each time: it is not in memory.
        assert_eq!(status(question("s", "ho"), "acme").await, CacheStatus::Near);
    }
    assert_eq!((tier.n_asked.load(Ordering::Relaxed), n_sent.load(Ordering::Relaxed)), (3, 1));
    assert_eq!(tier.learnt.lock().unwrap().len(), 1, "likeness is not learnt from");
    let last = records.lock().unwrap().last().cloned().unwrap();
    assert_eq!((last.cost, last.saved_by), (Some(Usd::ZERO), Some(SavedBy::ResponseCache)));
    // All but the text is a wall: another tenant, another prompt, another length, and who wants it fresh.
    assert_eq!(status(question("s", "ho"), "zenith").await, CacheStatus::Miss);
    assert_eq!(status(question("t", "ho"), "acme").await, CacheStatus::Miss);
    assert_eq!(status(question("s", "long"), "acme").await, CacheStatus::Miss);
    let fresh = question("s", "hu").with(super::super::Directives { no_cache: true, ..Default::default() });
    assert_eq!(status(fresh, "acme").await, CacheStatus::Miss);
    assert_eq!(n_sent.load(Ordering::Relaxed), 5);
}

#[tokio::test(start_paused = true)]
async fn a_tier_that_hangs_is_waited_for_no_longer_than_it_says() {
    let tier = Arc::new(ByLength { hangs: true, ..ByLength::default() });
    let (router, n_sent, _) = with(&tier);
    assert_eq!(router.chat(question("s", "hi"), &caller()).await.unwrap().report.cache, CacheStatus::Miss);
    assert_eq!(n_sent.load(Ordering::Relaxed), 1);
}
