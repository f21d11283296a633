//! Budgets under many schedules of threads: the same accounts, over a lock that tries them.

use std::sync::Arc;

use shuttle::thread;

use super::settings::{BudgetSpec, Period};
use super::{settings, window};
use crate::clock::{Clock, ManualClock, Timestamp};
use crate::labels::{By, Caller, Labels};
use crate::usd::Usd;

mod sync {
    pub(super) use shuttle::sync::{Mutex, MutexGuard};
}

#[path = "accounts.rs"]
#[allow(
    clippy::duplicate_mod,
    dead_code,
    unreachable_pub,
    reason = "the same code over another lock; not all of it is used here"
)]
mod accounts;

use accounts::Budgets;

fn spec(name: &str, by: By, hard: i128) -> BudgetSpec {
    let hard = Some(Usd::from_pico(hard));
    BudgetSpec { name: name.to_owned(), by, only: Vec::new(), period: Period::Day, hard, soft: None, unpriced_as: None }
}

fn labels(team: &str) -> Labels {
    Labels { caller: Arc::new(Caller::of("acme").team(team)), ..Labels::default() }
}

fn within_limits(budgets: &Budgets) {
    for spent in budgets.view() {
        let all = spent.settled.saturating_add(spent.reserved);
        assert!(spent.hard.is_none_or(|hard| all <= hard), "{spent:?}");
    }
}

/// Six threads, each with a call of up to 10 and a cost of its own, in two teams under a budget each and one for all.
fn calls_at_once() {
    let clock: Arc<dyn Clock> = Arc::new(ManualClock::at(Timestamp::UNIX_EPOCH));
    let budgets = Budgets::new(&[spec("all", By::All, 40), spec("team", By::Team, 25)], clock);
    let threads: Vec<_> = (0..6_i128)
        .map(|n| {
            let budgets = budgets.clone();
            thread::spawn(move || {
                let Ok(mut held) = budgets.reserve(&labels(if n % 2 == 0 { "a" } else { "b" }), Ok(Usd::from_pico(10)))
                else {
                    return (0, 0);
                };
                within_limits(&budgets);
                match n {
                    // Never sent: given back.
                    0 => return (1, 0),
                    // Sent, and then the task was dropped.
                    1 => {
                        held.sent();
                        return (1, 10);
                    }
                    _ => held.sent(),
                }
                held.settle(Usd::from_pico(n));
                within_limits(&budgets);
                (1, n)
            })
        })
        .collect();
    let done: Vec<(i32, i128)> = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
    let (n_admitted, cost) = done.iter().fold((0, 0), |(n, sum), (admitted, cost)| (n + admitted, sum + cost));
    // Whoever comes first, four calls of 10 fit into 40, and nothing refuses without need.
    assert!(n_admitted >= 4, "{done:?}");
    let of_all = budgets.view().into_iter().find(|spent| &*spent.budget == "all");
    assert_eq!(of_all.as_ref().map_or(0, |spent| spent.settled.pico()), cost);
    assert!(budgets.view().iter().all(|spent| spent.reserved.is_zero()), "reservations drain");
}

#[test]
fn no_schedule_passes_a_limit_or_loses_money() {
    shuttle::check_random(calls_at_once, 2_000);
    shuttle::check_pct(calls_at_once, 1_000, 3);
}

/// Money for two: of three threads exactly two are let through, on every schedule.
#[test]
fn as_many_pass_as_there_is_money_for() {
    let exactly_two = || {
        let clock: Arc<dyn Clock> = Arc::new(ManualClock::at(Timestamp::UNIX_EPOCH));
        let budgets = Budgets::new(&[spec("all", By::All, 20)], clock);
        let call = |budgets: Budgets| {
            thread::spawn(move || {
                budgets.reserve(&labels("a"), Ok(Usd::from_pico(10))).map(|mut held| {
                    held.sent();
                    held.settle(Usd::from_pico(10));
                })
            })
        };
        let threads: Vec<_> = (0..3).map(|_| call(budgets.clone())).collect();
        let n_admitted = threads.into_iter().filter_map(|thread| thread.join().unwrap().ok()).count();
        assert_eq!((n_admitted, budgets.view()[0].settled), (2, Usd::from_pico(20)));
    };
    shuttle::check_dfs(exactly_two, Some(20_000));
}
