//! Limits under many schedules of threads: the same queue, over a lock that tries them.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use shuttle::future::block_on;
use shuttle::thread;

use super::settings::{Class, LimitSpec, QueueSettings};
use super::{accounts, line, settings};
use crate::clock::{Clock, ManualClock, Timestamp};
use crate::labels::{By, Caller, Labels};

mod sync {
    pub(super) use shuttle::sync::{Mutex, MutexGuard};
}

#[path = "queue.rs"]
#[allow(
    clippy::duplicate_mod,
    dead_code,
    unreachable_pub,
    reason = "the same code over another lock; not all of it is used here"
)]
mod queue;

use queue::{Demand, Limits, Waits};

const N_ROOMS: u32 = 2;

fn labels(id: usize) -> Labels {
    Labels { caller: Arc::new(Caller::of("t").id(id.to_string())), ..Labels::default() }
}

fn limits() -> Limits {
    let spec = |by, most| LimitSpec {
        name: "n".to_owned(),
        by,
        only: Vec::new(),
        rpm: None,
        tpm: Some(1_000),
        concurrency: Some(most),
        burst_s: 60,
    };
    let clock: Arc<dyn Clock> = Arc::new(ManualClock::at(Timestamp::UNIX_EPOCH));
    Limits::new(&[spec(By::All, N_ROOMS), spec(By::Caller, 1)], QueueSettings::default(), clock)
}

/// Five calls of three callers for two rooms; one goes away while it waits. Time stands: only wakes can help those that wait.
fn crowd() {
    let limits = limits();
    let n_under_way = Arc::new(AtomicU32::new(0));
    let threads: Vec<_> = (0..5)
        .map(|n| {
            let (limits, n_under_way) = (limits.clone(), Arc::clone(&n_under_way));
            thread::spawn(move || {
                let demand = Demand { n_tokens: 500, class: Class::Normal, patience: None };
                let waits = match limits.enter(&labels(n % 3), true, demand).unwrap() {
                    Waits::No(permit) => Ok(permit),
                    Waits::Yes(waiting) if n == 4 => {
                        drop(waiting);
                        return;
                    }
                    Waits::Yes(waiting) => block_on(waiting.turn()),
                };
                let mut permit = waits.unwrap();
                assert!(n_under_way.fetch_add(1, Ordering::Relaxed) < N_ROOMS);
                thread::yield_now();
                permit.settle(10);
                n_under_way.fetch_sub(1, Ordering::Relaxed);
            })
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
    assert!(limits.depths().iter().all(|depth| depth.n_waiting == 0));
    let rooms: Vec<_> = (0..2).map(|id| limits.try_admit(&labels(id), true, 470).unwrap()).collect();
    assert!(limits.try_admit(&labels(2), true, 0).is_err(), "two rooms, and both are taken");
    drop(rooms);
}

#[test]
fn no_schedule_forgets_one_who_waits_or_lets_in_too_many() {
    shuttle::check_random(crowd, 2_000);
    shuttle::check_pct(crowd, 1_000, 3);
}
