//! Budgets against a list of what happened: any sequence of calls, endings and jumps of the clock.

use std::sync::Arc;

use proptest::prelude::*;

use super::{at, team, usd};
use crate::budget::settings::{BudgetSpec, Period};
use crate::budget::{Budgets, Reservation, Spent};
use crate::clock::{Clock, ManualClock, Timestamp};
use crate::labels::By;
use crate::usd::Usd;

#[derive(Clone, Debug)]
enum Step {
    /// A team's call of up to so much.
    Reserve(u8, i128),
    Sent(usize),
    /// One of those under way has cost so many thousandths of what was set aside.
    Settle(usize, i128),
    Drop(usize),
    /// Time goes by, in seconds.
    Pass(i64),
    /// The clock is set, by seconds.
    Jump(i64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (0_u8..3, 0_i128..60).prop_map(|(team, upper)| Step::Reserve(team, upper)),
        3 => any::<usize>().prop_map(Step::Sent),
        4 => (any::<usize>(), 0_i128..=1000).prop_map(|(which, share)| Step::Settle(which, share)),
        2 => any::<usize>().prop_map(Step::Drop),
        3 => (0_i64..200_000).prop_map(Step::Pass),
        1 => (-4_000_000_i64..4_000_000).prop_map(Step::Jump),
    ]
}

fn specs() -> impl Strategy<Value = Vec<BudgetSpec>> {
    let period = prop_oneof![Just(Period::Day), Just(Period::Month), (1_u64..400_000).prop_map(Period::Rolling)];
    let one = (period, any::<bool>(), proptest::option::of(20_i128..200));
    proptest::collection::vec(one, 1..4).prop_map(|all| {
        let spec = |(index, (period, is_shared, hard)): (usize, (Period, bool, Option<i128>))| BudgetSpec {
            name: index.to_string(),
            by: if is_shared { By::All } else { By::Team },
            hard: hard.map(usd),
            ..super::spec(period, 0)
        };
        all.into_iter().enumerate().map(spec).collect()
    })
}

/// A call under way, and when money for it was set aside.
struct Open {
    held: Reservation,
    team: u8,
    upper: i128,
    at: Timestamp,
    is_sent: bool,
}

/// Money that was spent.
struct Paid {
    team: u8,
    at: Timestamp,
    cost: i128,
}

fn subject(spec: &BudgetSpec, team: u8) -> String {
    if spec.by == By::All { String::new() } else { format!("acme\u{1f}{team}") }
}

/// The settled money of a subject must lie between what was spent within the period and that of a sixtieth more.
fn bounds(spec: &BudgetSpec, subject_is: &str, paid: &[Paid], now: Timestamp) -> (i128, i128) {
    let since = |from: Timestamp| {
        let counts = |paid: &&Paid| paid.at >= from && subject(spec, paid.team) == subject_is;
        paid.iter().filter(counts).map(|paid| paid.cost).sum::<i128>()
    };
    let civil = |text: String| since(text.parse().unwrap());
    let date = now.to_zoned(jiff::tz::TimeZone::UTC).date();
    match spec.period {
        Period::Day => (civil(format!("{date}T00:00:00Z")), civil(format!("{date}T00:00:00Z"))),
        Period::Month => {
            let first = format!("{:04}-{:02}-01T00:00:00Z", date.year(), date.month());
            (civil(first.clone()), civil(first))
        }
        Period::Rolling(seconds) => {
            let before = |micros: i64| Timestamp::from_microsecond(now.as_microsecond() - micros).unwrap();
            let micros = i64::try_from(seconds).unwrap() * 1_000_000;
            // Strictly within: at the edge either is right.
            (since(before(micros - 1)), since(before(micros + micros / 60 + 61)))
        }
    }
}

fn spent<'v>(view: &'v [Spent], spec: &BudgetSpec, subject: &str) -> Option<&'v Spent> {
    view.iter().find(|spent| *spent.budget == *spec.name && *spent.subject == *subject)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn settled_and_reserved_stay_within_every_limit(specs in specs(), steps in proptest::collection::vec(step(), 1..80)) {
        let clock = Arc::new(ManualClock::at(at("2026-11-26T12:00:00Z")));
        let budgets = Budgets::new(&specs, Arc::clone(&clock) as Arc<dyn Clock>);
        let (mut open, mut paid): (Vec<Open>, Vec<Paid>) = (Vec::new(), Vec::new());
        let (mut latest, mut seen) = (Timestamp::MIN, clock.now());
        for step in steps {
            let before = budgets.view();
            let which = |n: usize, open: &[Open]| if open.is_empty() { None } else { Some(n % open.len()) };
            match step.clone() {
                Step::Reserve(who, upper) => {
                    let fits = specs.iter().all(|spec| {
                        let used = spent(&before, spec, &subject(spec, who))
                            .map_or(0, |spent| spent.settled.pico() + spent.reserved.pico());
                        spec.hard.is_none_or(|hard| used + upper <= hard.pico())
                    });
                    latest = latest.max(clock.now());
                    let held = budgets.reserve(&team(&who.to_string()), Ok(usd(upper)));
                    prop_assert_eq!(held.is_ok(), fits, "{:?}", before);
                    if let Ok(held) = held {
                        open.push(Open { held, team: who, upper, at: latest, is_sent: false });
                    }
                }
                Step::Sent(n) => if let Some(n) = which(n, &open) {
                    open[n].held.sent();
                    open[n].is_sent = true;
                },
                Step::Settle(n, share) => if let Some(n) = which(n, &open) {
                    let Open { held, team, upper, at, .. } = open.swap_remove(n);
                    let cost = upper * share / 1000;
                    prop_assert_eq!(held.settle(usd(cost)), Usd::ZERO);
                    paid.push(Paid { team, at, cost });
                },
                Step::Drop(n) => if let Some(n) = which(n, &open) {
                    let Open { held, team, upper, at, is_sent } = open.swap_remove(n);
                    drop(held);
                    paid.push(Paid { team, at, cost: if is_sent { upper } else { 0 } });
                },
                Step::Pass(seconds) => clock.advance_micros(seconds * 1_000_000),
                Step::Jump(seconds) => {
                    clock.set(Timestamp::from_second(clock.now().as_second() + seconds).unwrap());
                    let after = budgets.view();
                    for old in before.iter().filter(|_| seconds <= 0) {
                        let new = after.iter().find(|new| (&new.budget, &new.subject) == (&old.budget, &old.subject));
                        prop_assert!(new.is_some_and(|new| new.settled >= old.settled), "a clock set back frees nothing");
                    }
                }
            }
            let view = budgets.view();
            seen = seen.max(clock.now());
            let is_back = clock.now() < seen;
            for (spec, team) in specs.iter().flat_map(|spec| (0..3).map(move |team| (spec, team))) {
                let subject = subject(spec, team);
                let (settled, reserved) =
                    spent(&view, spec, &subject).map_or((0, 0), |spent| (spent.settled.pico(), spent.reserved.pico()));
                let is_own = |open: &&Open| spec.by == By::All || open.team == team;
                prop_assert_eq!(reserved, open.iter().filter(is_own).map(|open| open.upper).sum::<i128>());
                let (least, most) = bounds(spec, &subject, &paid, clock.now());
                // A clock that was set back may bring money of other days together, of which the oldest is forgotten.
                let least = if is_back { 0 } else { least };
                prop_assert!((least..=most).contains(&settled), "{:?}: {} in {}..={}", step, settled, least, most);
                prop_assert!(spec.hard.is_none_or(|hard| is_back || settled + reserved <= hard.pico()), "{:?}", view);
            }
        }
        drop(open);
        prop_assert!(budgets.view().iter().all(|spent| spent.reserved.is_zero()), "reservations drain");
    }
}
