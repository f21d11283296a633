//! Any crowd of calls: each is let in, refused in time or gone, and afterwards nothing is held.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use proptest::prelude::*;
use tokio::time::{Instant, sleep, timeout};

use super::{limit, limits_with, of};
use crate::error::Kind;
use crate::labels::By;
use crate::limit::settings::{Class, LimitSpec, QueueSettings};
use crate::limit::{Demand, Limits};

#[derive(Clone, Debug)]
struct Call {
    after_ms: u64,
    caller: u8,
    class: usize,
    n_tokens: u64,
    share: u64,
    lasts_ms: u64,
    patience_ms: Option<u64>,
    /// Goes away by itself.
    gone_after_ms: Option<u64>,
}

fn call() -> impl Strategy<Value = Call> {
    let (after, lasts) = (0_u64..3_000, 0_u64..4_000);
    let patience = proptest::option::weighted(0.3, 0_u64..8_000);
    let gone = proptest::option::weighted(0.2, 0_u64..5_000);
    (after, 0_u8..4, 0_usize..3, 0_u64..300, 0_u64..=1_000, lasts, patience, gone).prop_map(
        |(after_ms, caller, class, n_tokens, share, lasts_ms, patience_ms, gone_after_ms)| Call {
            after_ms,
            caller,
            class,
            n_tokens,
            share,
            lasts_ms,
            patience_ms,
            gone_after_ms,
        },
    )
}

/// What became of a call: when it came, when it was let in, and what it used then.
async fn play(limits: Limits, call: Call, under_way: Arc<AtomicI64>) -> Option<(Duration, u64)> {
    sleep(Duration::from_millis(call.after_ms)).await;
    let start = Instant::now();
    let class = Class::ALL[call.class].0;
    let patience = call.patience_ms.map(Duration::from_millis);
    let labels = of("t", &call.caller.to_string());
    let admitted = limits.admit(&labels, true, Demand { n_tokens: call.n_tokens, class, patience });
    let gone_after = Duration::from_millis(call.gone_after_ms.unwrap_or(1_000_000));
    let mut permit = match timeout(gone_after, admitted).await {
        Err(_) => return None,
        Ok(Err(error)) => {
            assert_eq!(error.kind(), Kind::RateLimited);
            let most = patience.unwrap_or(Duration::MAX).min(Duration::from_secs(10)) + Duration::from_millis(2);
            assert!(start.elapsed() <= most, "{call:?}: refused after {:?}", start.elapsed());
            return None;
        }
        Ok(Ok(permit)) => permit,
    };
    assert!(under_way.fetch_add(1, Ordering::Relaxed) < 3, "three at once, no more");
    let n_used = call.n_tokens * call.share / 1_000;
    let used = (limits_now(&permit), n_used);
    sleep(Duration::from_millis(call.lasts_ms)).await;
    permit.settle(n_used);
    under_way.fetch_sub(1, Ordering::Relaxed);
    Some(used)
}

/// When a permit was given, on the clock of the limits.
fn limits_now(permit: &crate::limit::Permit) -> Duration {
    Duration::from_micros(permit.taken_us())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 120, ..ProptestConfig::default() })]

    #[test]
    fn every_call_ends_and_nothing_is_held_afterwards(calls in proptest::collection::vec(call(), 1..60)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let specs = [
                LimitSpec { concurrency: Some(3), ..limit("three", By::All) },
                LimitSpec { tpm: Some(1_200), burst_s: 15, rpm: Some(40), ..limit("c", By::Caller) },
            ];
            let settings = QueueSettings { max_depth: 20, max_wait: Duration::from_secs(10), ageing: Duration::from_secs(2) };
            let limits = limits_with(&specs, settings);
            let under_way = Arc::new(AtomicI64::new(0));
            let tasks: Vec<_> = calls
                .into_iter()
                .map(|call| (call.caller, tokio::spawn(play(limits.clone(), call, Arc::clone(&under_way)))))
                .collect();
            let mut used = Vec::new();
            for (caller, task) in tasks {
                used.extend(task.await.unwrap().map(|(at, n_used)| (caller, at, n_used)));
            }
            for (caller, from, _) in &used {
                let is_within = |(other, at, _): &&(u8, Duration, u64)| {
                    other == caller && (*from..*from + Duration::from_secs(60)).contains(at)
                };
                let minute: Vec<_> = used.iter().filter(is_within).collect();
                let n_tokens: u64 = minute.iter().map(|(_, _, n_used)| n_used).sum();
                assert!(n_tokens <= 1_200 + 300 + 1 && minute.len() <= 40 + 10 + 1, "{} of {n_tokens}", minute.len());
            }
            assert!(limits.depths().iter().all(|depth| depth.n_waiting == 0));
            sleep(Duration::from_secs(60)).await;
            let all: Vec<_> = (0..3).map(|_| limits.try_admit(&of("t", "0"), true, 100).unwrap()).collect();
            assert!(limits.try_admit(&of("t", "0"), true, 0).is_err());
            drop(all);
        });
    }
}
