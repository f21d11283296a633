//! Budgets with a clock that is moved by hand.

use std::sync::Arc;

use super::Budgets;
use super::settings::{BudgetSpec, Period};
use crate::catalog::Unpriced;
use crate::clock::{Clock, ManualClock, Timestamp};
use crate::error::Kind;
use crate::labels::{By, Caller, Labels};
use crate::usd::Usd;

mod machine;

fn usd(pico: i128) -> Usd {
    Usd::from_pico(pico)
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn spec(period: Period, hard: i128) -> BudgetSpec {
    let (name, by, hard) = ("b".to_owned(), By::Team, Some(usd(hard)));
    BudgetSpec { name, by, only: Vec::new(), period, hard, soft: None, unpriced_as: None }
}

fn team(name: &str) -> Labels {
    Labels { caller: Arc::new(Caller::of("acme").team(name)), ..Labels::default() }
}

fn budgets(specs: &[BudgetSpec], now: &str) -> (Budgets, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::at(at(now)));
    (Budgets::new(specs, Arc::clone(&clock) as Arc<dyn Clock>), clock)
}

fn replace(budgets: &Budgets, specs: &[BudgetSpec]) {
    budgets.replace(specs, &Budgets::new(&[], Arc::new(ManualClock::at(Timestamp::UNIX_EPOCH))));
}

/// Spends, if it may.
fn spend(budgets: &Budgets, cost: i128) -> bool {
    budgets.reserve(&team("a"), Ok(usd(cost))).is_ok_and(|mut held| {
        held.sent();
        held.settle(usd(cost)).is_zero()
    })
}

/// What is settled and reserved for all subjects of all budgets.
fn all(budgets: &Budgets) -> (i128, i128) {
    let view = budgets.view();
    let sum = |of: fn(&super::Spent) -> Usd| view.iter().map(of).sum::<Usd>().pico();
    (sum(|spent| spent.settled), sum(|spent| spent.reserved))
}

#[test]
fn a_reservation_settles_once_however_it_ends() {
    let (budgets, _clock) = budgets(&[spec(Period::Day, 1_000)], "2026-11-26T12:00:00Z");
    let reserve = || budgets.reserve(&team("a"), Ok(usd(100))).unwrap();
    let held = reserve();
    assert_eq!((all(&budgets), held.amount()), ((0, 100), usd(100)));
    drop(held);
    assert_eq!(all(&budgets), (0, 0), "not sent: given back");
    let mut held = reserve();
    held.sent();
    drop(held);
    assert_eq!(all(&budgets), (100, 0), "sent and lost: it may have cost all of it");
    let mut held = reserve();
    held.sent();
    assert_eq!((held.settle(usd(30)), all(&budgets)), (Usd::ZERO, (130, 0)));
    assert_eq!((reserve().settle(Usd::ZERO), all(&budgets)), (Usd::ZERO, (130, 0)));
    // A bound that does not hold is told, and counted whole.
    assert_eq!((reserve().settle(usd(250)), all(&budgets)), (usd(150), (380, 0)));
    assert_eq!((reserve().settle(usd(-5)), all(&budgets)), (Usd::ZERO, (380, 0)), "nobody earns money");
}

#[test]
fn an_error_shows_the_arithmetic_and_what_would_help() {
    let rolling = BudgetSpec { name: "hour".to_owned(), ..spec(Period::Rolling(3_600), 1_000_000_000_000) };
    let (budgets, clock) = budgets(&[rolling], "2026-11-26T12:00:00Z");
    let refused = |pico: i128| {
        let error = budgets.reserve(&team("a"), Ok(usd(pico))).err().unwrap();
        assert_eq!((error.kind(), error.may_retry()), (Kind::Budget, false));
        error.to_string()
    };
    assert!(spend(&budgets, 400_000_000_000));
    clock.advance_micros(600_000_000);
    assert!(spend(&budgets, 300_000_000_000));
    let _held = budgets.reserve(&team("a"), Ok(usd(200_000_000_000))).unwrap();
    let text = refused(150_000_000_000);
    for part in
        ["`hour` of `acme/a`", "$1.00 in the last 3600 s", "settled $0.70", "reserved $0.20", "this call up to $0.15"]
    {
        assert!(text.contains(part), "{text}");
    }
    // What was spent at 12:00 is free when its minute is an hour past.
    assert!(text.ends_with("or wait until 2026-11-26T13:01:00Z)"), "{text}");
    assert!(refused(700_000_000_000).ends_with("or wait until 2026-11-26T13:11:00Z)"));
    assert!(refused(900_000_000_000).ends_with("or wait until calls under way are settled)"));
    assert!(refused(1_100_000_000_000).ends_with("set a lower limit on output)"), "no waiting helps");
}

#[test]
fn a_call_over_midnight_belongs_to_the_day_on_which_it_began() {
    let (budgets, clock) = budgets(&[spec(Period::Day, 100)], "2026-11-26T23:59:59Z");
    let mut held = budgets.reserve(&team("a"), Ok(usd(80))).unwrap();
    held.sent();
    clock.advance_micros(2_000_000);
    assert!(!spend(&budgets, 30), "while it is under way it is held against the new day");
    held.settle(usd(80));
    assert_eq!(all(&budgets), (0, 0));
    assert!(spend(&budgets, 100) && !spend(&budgets, 1));
}

#[test]
fn periods_begin_and_end_in_utc() {
    for (period, now, from, to) in [
        (Period::Day, "2024-02-29T23:59:59Z", "2024-02-29T00:00:00Z", "2024-03-01T00:00:00Z"),
        (Period::Day, "1969-12-31T12:00:00Z", "1969-12-31T00:00:00Z", "1970-01-01T00:00:00Z"),
        (Period::Month, "2026-12-31T23:59:59Z", "2026-12-01T00:00:00Z", "2027-01-01T00:00:00Z"),
        (Period::Month, "2028-02-10T00:00:00Z", "2028-02-01T00:00:00Z", "2028-03-01T00:00:00Z"),
        (Period::Rolling(3_600), "2026-11-26T12:00:30Z", "2026-11-26T11:00:00Z", "2026-11-26T13:01:00Z"),
        (Period::Rolling(30), "2026-11-26T12:00:00.2Z", "2026-11-26T11:59:30Z", "2026-11-26T12:00:30.5Z"),
        (
            Period::Rolling(u64::MAX),
            "2026-11-26T12:00:00Z",
            "-009999-01-02T01:59:59Z",
            "9999-12-30T22:00:00.999999999Z",
        ),
    ] {
        assert_eq!(period.bounds(at(now)), (at(from), at(to)), "{period:?} {now}");
    }
    let long = Period::Rolling(u64::MAX);
    assert!(long.bounds(Timestamp::MIN).0 <= Timestamp::MIN && long.bounds(Timestamp::MAX).1 >= Timestamp::MAX);
}

#[test]
fn a_rolling_time_is_never_shorter_than_it_says() {
    for seconds in [0, 1, 7, 59, 60, 61, 90, 119, 3_601, 100_000, 86_400 * 30] {
        let (budgets, clock) = budgets(&[spec(Period::Rolling(seconds), 10)], "2026-11-26T12:00:59.9Z");
        assert!(spend(&budgets, 10));
        let micros = i64::try_from(seconds).unwrap() * 1_000_000;
        clock.advance_micros((micros - 1).max(0));
        assert!(!spend(&budgets, 1), "{seconds} s are not over");
        clock.advance_micros(micros / 60 + 64);
        assert!(spend(&budgets, 10), "{seconds} s and a sixtieth are over");
    }
}

#[test]
fn a_clock_that_jumps_frees_nothing() {
    for period in [Period::Day, Period::Month, Period::Rolling(3_600)] {
        let (budgets, clock) = budgets(&[spec(period, 100)], "2026-11-26T12:00:00Z");
        assert!(spend(&budgets, 60));
        // An hour, a year and ages back: what was spent counts, and so does what is spent then.
        for (back, cost) in [("2026-11-26T11:00:00Z", 10), ("2025-11-26T12:00:00Z", 10), ("1970-01-01T00:00:00Z", 20)] {
            clock.set(at(back));
            assert!(spend(&budgets, cost) && !spend(&budgets, 41 - cost), "{period:?} {back}");
        }
        clock.set(at("2026-11-26T12:00:01Z"));
        assert!(!spend(&budgets, 1), "{period:?}: right again");
        // A day and a month too far, and right again.
        clock.set(at("2027-01-02T12:00:00Z"));
        assert!(spend(&budgets, 70), "{period:?}");
        clock.set(at("2026-11-26T12:00:02Z"));
        assert_eq!(all(&budgets), (170, 0), "{period:?}");
        assert!(!spend(&budgets, 1));
    }
}

#[test]
fn another_limit_or_period_keeps_what_was_spent() {
    let (budgets, clock) = budgets(&[spec(Period::Month, 100)], "2026-11-26T12:00:00Z");
    assert!(spend(&budgets, 60));
    let mut held = budgets.reserve(&team("a"), Ok(usd(20))).unwrap();
    held.sent();
    replace(&budgets, &[spec(Period::Month, 50)]);
    assert!(!spend(&budgets, 1));
    for period in [Period::Day, Period::Rolling(3_600), Period::Month] {
        replace(&budgets, &[spec(period, 100)]);
        assert_eq!(all(&budgets), (60, 20), "{period:?}");
        assert!(!spend(&budgets, 21));
    }
    replace(&budgets, &[spec(Period::Day, 100)]);
    // Reserved under another period, settled under this one.
    held.settle(usd(20));
    assert_eq!(all(&budgets), (80, 0));
    clock.advance_micros(12 * 3_600_000_000);
    assert!(spend(&budgets, 100));
    replace(&budgets, &[]);
    assert_eq!((all(&budgets), budgets.n_accounts()), ((0, 0), 0));
}

#[test]
fn a_budget_that_is_new_begins_with_what_the_ledger_knows() {
    let (budgets, clock) = budgets(&[spec(Period::Day, 100)], "2026-11-26T12:00:00Z");
    assert!(spend(&budgets, 60));
    let all_teams = BudgetSpec { name: "all".to_owned(), by: By::All, ..spec(Period::Month, 100) };
    let specs = [spec(Period::Month, 100), all_teams.clone()];
    assert_eq!(budgets.unknown(&[spec(Period::Day, 5), all_teams]), [specs[1].clone()]);
    assert_eq!(budgets.unknown(&specs), specs);
    let loaded = Budgets::new(&specs, Arc::clone(&clock) as Arc<dyn Clock>);
    loaded.load(at("2026-11-03T00:00:00Z"), &team("a"), usd(20));
    loaded.load(at("2026-11-26T12:00:00Z"), &team("a"), usd(60));
    budgets.replace(&specs, &loaded);
    assert_eq!(all(&budgets), (160, 0), "eighty in each");
    assert!(!spend(&budgets, 21) && spend(&budgets, 20));
}

#[test]
fn what_has_no_price_is_refused_under_a_hard_budget_or_taken_for_what_the_budget_says() {
    let unknown = Unpriced::UnknownModel { model: "mystery".to_owned() };
    let reserve = |specs: &[BudgetSpec]| {
        let (budgets, _clock) = budgets(specs, "2026-11-26T12:00:00Z");
        budgets.reserve(&team("a"), Err(&unknown)).map(|held| held.amount())
    };
    let error = reserve(&[spec(Period::Day, 100)]).unwrap_err();
    assert!(error.kind() == Kind::Budget && error.to_string().contains("mystery"), "{error}");
    assert!(error.advice().unwrap().contains("unpriced-as"));
    let taken_as = |pico| BudgetSpec { unpriced_as: Some(usd(pico)), ..spec(Period::Day, 100) };
    assert_eq!(reserve(&[taken_as(40)]).unwrap(), usd(40));
    assert_eq!(reserve(&[taken_as(40), BudgetSpec { name: "c".to_owned(), ..taken_as(70) }]).unwrap(), usd(70));
    assert_eq!(reserve(&[taken_as(400)]).unwrap_err().kind(), Kind::Budget);
    assert_eq!(reserve(&[BudgetSpec { hard: None, ..spec(Period::Day, 0) }]).unwrap(), Usd::ZERO);
}

#[test]
fn a_call_is_admitted_by_all_of_its_budgets_or_by_none() {
    let only_b =
        BudgetSpec { name: "only b".to_owned(), only: vec![(By::Team, "b".to_owned())], ..spec(Period::Day, 5) };
    let shared = BudgetSpec { name: "shared".to_owned(), by: By::All, ..spec(Period::Month, 15) };
    let (budgets, _clock) = budgets(&[shared, spec(Period::Day, 10), only_b], "2026-11-26T12:00:00Z");
    assert!(budgets.reserve(&team("b"), Ok(usd(6))).is_err());
    assert_eq!(all(&budgets), (0, 0), "a refusal leaves nothing behind");
    let a = budgets.reserve(&team("a"), Ok(usd(10))).unwrap();
    let b = budgets.reserve(&team("b"), Ok(usd(5))).unwrap();
    assert!(budgets.reserve(&team("c"), Ok(usd(1))).is_err());
    // Whoever has no team has no team's budget.
    assert!(budgets.reserve(&Labels::default(), Ok(usd(1))).is_err());
    drop((a, b));
    assert!(budgets.reserve(&Labels::default(), Ok(usd(15))).is_ok());
}

#[test]
fn what_the_ledger_knows_counts_and_soft_limits_are_shown() {
    let soft = BudgetSpec { soft: Some(usd(50)), ..spec(Period::Month, 100) };
    let (budgets, clock) = budgets(&[soft], "2026-11-26T12:00:00Z");
    assert_eq!(budgets.counts_since(clock.now()), Some(at("2026-11-01T00:00:00Z")));
    budgets.load(at("2026-10-31T23:59:59Z"), &team("a"), usd(1_000));
    budgets.load(at("2026-11-01T00:00:00Z"), &team("a"), usd(60));
    assert_eq!(
        (budgets.left_permille("b", &team("a")), budgets.left_permille("b", &team("z"))),
        (Some(400), Some(1000))
    );
    assert_eq!(budgets.left_permille("other", &team("a")), None);
    let view = budgets.view();
    assert_eq!(view.len(), 1, "looking at a budget opens no account");
    assert!((view[0].settled, view[0].soft) == (usd(60), Some(usd(50))) && &*view[0].subject == "acme\u{1f}a");
    assert_eq!((view[0].from, view[0].to), (at("2026-11-01T00:00:00Z"), at("2026-12-01T00:00:00Z")));
    assert!(!spend(&budgets, 41) && spend(&budgets, 40));
}

#[test]
fn accounts_of_those_who_have_gone_are_dropped() {
    let (budgets, clock) = budgets(&[spec(Period::Day, 100)], "2026-11-26T12:00:00Z");
    for day in 0..10 {
        for n in 0..3_000 {
            let held = budgets.reserve(&team(&format!("{day}-{n}")), Ok(usd(10))).unwrap();
            held.settle(usd(10));
        }
        clock.advance_micros(86_400_000_000);
    }
    assert!(budgets.n_accounts() <= 10_000, "{}", budgets.n_accounts());
}
