//! What each watch tells, and when.

use std::sync::Arc;
use std::time::Duration;

use super::settings::{AlertSpec, Watch};
use super::{Alert, Alerts, Kind, SOFT_LIMIT, State, World};
use crate::budget::Spent;
use crate::budget::settings::{BudgetSpec, Period};
use crate::catalog::{Catalog, ModelSpec, load};
use crate::clock::Timestamp;
use crate::labels::{By, Tags};
use crate::ledger::{AttemptId, Outcome, UsageRecord, UsageSource};
use crate::usage::{ServiceTier, Usage};
use crate::usd::Usd;

#[cfg(feature = "router")]
mod ways;

fn usd(text: &str) -> Usd {
    Usd::parse(text).unwrap()
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn noon() -> Timestamp {
    at("2026-11-26T12:00:00Z")
}

fn later(from: Timestamp, seconds: i64) -> Timestamp {
    Timestamp::from_second(from.as_second() + seconds).unwrap()
}

fn spec(name: &str, watch: Watch) -> AlertSpec {
    AlertSpec { name: name.to_owned(), watch, to: Vec::new(), repeat: Duration::from_secs(3600) }
}

fn budget(name: &str, period: Period, hard: Option<&str>, soft: Option<&str>) -> BudgetSpec {
    BudgetSpec {
        name: name.to_owned(),
        by: By::Team,
        only: Vec::new(),
        period,
        hard: hard.map(usd),
        soft: soft.map(usd),
        unpriced_as: None,
    }
}

/// How a budget stands for one team.
fn spent(spec: &BudgetSpec, team: &str, settled: &str, now: Timestamp) -> Spent {
    let (from, to) = spec.period.bounds(now);
    Spent {
        budget: spec.name.as_str().into(),
        subject: format!("acme\u{1f}{team}").into(),
        hard: spec.hard,
        soft: spec.soft,
        settled: usd(settled),
        reserved: Usd::ZERO,
        from,
        to,
    }
}

fn record(team: &str, at: Timestamp, cost: &str) -> UsageRecord {
    UsageRecord {
        id: AttemptId(1),
        call: AttemptId(1),
        at,
        request: [0; 16],
        template: [0; 16],
        tenant: "acme".into(),
        caller: None,
        team: Some(team.into()),
        tags: Tags::new(),
        route: None,
        asked: None,
        provider: "own".into(),
        host: "x".into(),
        model: "m".into(),
        tier: ServiceTier::Standard,
        usage: Usage { input_fresh: 1000, ..Usage::default() },
        source: UsageSource::Provider,
        cost: Some(usd(cost)),
        saved: Usd::ZERO,
        saved_by: None,
        queued_us: 0,
        first_byte_us: None,
        total_us: 0,
        outcome: Outcome::Answered,
        status: Some(200),
        error: None,
    }
}

fn catalog() -> Catalog {
    let text = "host = \"x\"\n[source.s]\nurl = \"u\"\n[[model]]\nid = \"m\"\naliases = [\"m-dated\"]\ntokenizer = \"claude\"\nshutdown = \"2026-12-20\"\nsuccessor = \"n\"\nsource = \"s\"\nobserved = \"2026-10-01\"\n[[model.prices]]\nstandard = { input = \"1\", output = \"2\" }\n";
    load::parse("x.toml", text).and_then(load::Part::into_catalog).unwrap()
}

fn tick(alerts: &mut Alerts, now: Timestamp, budgets: &[Spent]) -> Vec<Alert> {
    let catalog = catalog();
    alerts.tick(&World { now, budgets, catalog: &catalog, ending: &|spec: &ModelSpec| spec.shutdown })
}

fn said(told: &[Alert]) -> Vec<(&str, State, &str)> {
    told.iter().map(|alert| (&*alert.name, alert.state, &*alert.subject)).collect()
}

#[test]
fn shares_of_budgets_and_soft_limits() {
    use State::{Cleared, Raised};
    let teams = budget("teams", Period::Day, Some("100"), Some("90"));
    let other = budget("other", Period::Day, None, Some("10"));
    let watch = spec("share", Watch::Spent { budget: Some("teams".to_owned()), permille: 800 });
    let mut alerts = Alerts::new(&[watch], &[teams.clone(), other.clone()]).unwrap();
    for (settled, expected) in [
        ("79.99", vec![]),
        ("80", vec![("share", Raised, "teams of acme/a")]),
        ("85", vec![]),
        ("90", vec![("share", Raised, "teams of acme/a (soft limit)")]),
        ("95", vec![]),
        // A new day.
        ("1", vec![("share", Cleared, "teams of acme/a"), ("share", Cleared, "teams of acme/a (soft limit)")]),
    ] {
        let told = tick(&mut alerts, noon(), &[spent(&teams, "a", settled, noon())]);
        assert_eq!(said(&told), expected, "{settled}");
    }
    // One that no alert watches is told all the same, and teams are told apart.
    let told = tick(&mut alerts, noon(), &[spent(&other, "a", "10", noon()), spent(&other, "b", "9", noon())]);
    assert_eq!(said(&told), [(SOFT_LIMIT, Raised, "other of acme/a (soft limit)")]);
    assert_eq!(
        told[0].text,
        "budget `other` of `acme/a`: $10.00 of the soft limit of $10.00 is spent (100 %), $0.00 more is set aside for calls under way"
    );
    assert_eq!(alerts.n_standing(), 1);
    assert_eq!(tick(&mut alerts, noon(), &[]).len(), 1);
}

#[test]
fn names_that_look_alike_are_told_apart() {
    let teams = budget("teams", Period::Day, Some("1"), None);
    let mut alerts = Alerts::new(&[spec("a", Watch::Spent { budget: None, permille: 500 })], &[]).unwrap();
    let long = "x".repeat(300);
    let both = [spent(&teams, &format!("{long}1"), "1", noon()), spent(&teams, &format!("{long}2\n"), "1", noon())];
    let told = tick(&mut alerts, noon(), &both);
    assert_eq!(told.len(), 2);
    assert!(told.iter().all(|alert| alert.text.len() < 400 && !alert.text.contains('\n')), "{told:?}");
    assert!(tick(&mut alerts, noon(), &both).is_empty());
}

#[test]
fn a_pace_that_does_not_last() {
    let check = |period, settled: &str, last_hour: &str, expected: Option<(i64, i64)>| {
        let spec_ = budget("b", period, Some("240"), None);
        let watch = spec("pace", Watch::BurnRate { budget: None, permille: 1500 });
        let mut alerts = Alerts::new(&[watch], std::slice::from_ref(&spec_)).unwrap();
        alerts.observe(&record("a", later(noon(), -1800), last_hour));
        // Too long ago, another team, nobody's.
        alerts.observe(&record("a", later(noon(), -3700), "100"));
        alerts.observe(&record("b", later(noon(), -60), "100"));
        alerts.observe(&UsageRecord { team: None, ..record("a", noon(), "100") });
        let told = tick(&mut alerts, noon(), &[spent(&spec_, "a", settled, noon())]);
        let figure = |name: &str| match told.first().map(|alert| &alert.figures[name]) {
            Some(super::Figure::Count(count)) => Some(*count),
            _ => None,
        };
        assert_eq!(figure("permille").zip(figure("lasts_s")), expected, "{told:?}");
    };
    // Twelve hours are left of the day, 120 dollars: 10 an hour would do.
    check(Period::Day, "120", "14.99", None);
    check(Period::Day, "120", "15", Some((1500, 28_800)));
    check(Period::Day, "120", "40", Some((4000, 10_800)));
    // Nothing is left: no pace is slow enough, but none is none.
    check(Period::Day, "240", "0.01", Some((i64::MAX, 0)));
    check(Period::Day, "240", "0", None);
    // 240 in ten days are one an hour, whatever is spent already.
    check(Period::Rolling(864_000), "200", "1.5", Some((1500, 576_000)));
    check(Period::Rolling(864_000), "0", "1.49", None);
}

#[test]
fn a_spike_is_told_once_history_is_known() {
    let specs = [spec("spike", Watch::Spike { permille: 5000 })];
    let mut alerts = Alerts::new(&specs, &[]).unwrap();
    assert_eq!(alerts.looks_back_to(noon()), Some(later(noon(), -8 * 7 * 86_400)));
    assert!(alerts.waiting(noon())[0].contains("knows 0"));
    for hour in 0..30 * 24 {
        alerts.load(later(noon(), -hour * 3600 - 3600), usd("1.00"));
    }
    assert!(alerts.waiting(noon()).is_empty());
    alerts.observe(&record("a", noon(), "1.40"));
    assert!(tick(&mut alerts, noon(), &[]).is_empty());
    alerts.observe(&record("b", later(noon(), 60), "0.10"));
    let told = tick(&mut alerts, later(noon(), 120), &[]);
    assert_eq!(said(&told), [("spike", State::Raised, "")]);
    assert_eq!(
        told[0].text,
        "$1.50 was spent in the hour from 2026-11-26T12:00:00Z; usual at this hour of the week is $1.00 (median of 4), and this is 5.0 deviations of $0.10 above it"
    );
    let fresh = Alerts::new(&[], &[]).unwrap();
    assert!(fresh.is_idle() && fresh.looks_back_to(noon()).is_none());
}

#[test]
fn models_that_end_and_prices_that_are_old() {
    let specs = [spec("end", Watch::Shutdown { days: 30 }), spec("old", Watch::StalePrice { days: 60 })];
    let mut alerts = Alerts::new(&specs, &[]).unwrap();
    // Not in use, failing, unknown: nothing to tell.
    alerts.observe(&UsageRecord { outcome: Outcome::Failed, ..record("a", noon(), "1") });
    alerts.observe(&UsageRecord { model: "unknown".into(), ..record("a", noon(), "1") });
    assert!(tick(&mut alerts, noon(), &[]).is_empty());
    alerts.observe(&record("a", noon(), "1"));
    alerts.observe(&UsageRecord { model: "m-dated".into(), ..record("a", noon(), "1") });
    let told = tick(&mut alerts, noon(), &[]);
    assert_eq!(said(&told), [("end", State::Raised, "x/m")]);
    assert_eq!(told[0].text, "`x/m` shuts down on 2026-12-20, in 24 days; its successor is `n`");
    // 2026-10-01 is 60 days ago on the 30th, 61 a day later.
    for (day, n_told) in [("2026-11-30T23:59:59Z", 0), ("2026-12-01T00:00:00Z", 1)] {
        let told: Vec<Alert> =
            tick(&mut alerts, at(day), &[]).into_iter().filter(|told| told.kind == Kind::StalePrice).collect();
        assert_eq!(told.len(), n_told, "{day}");
    }
    // Not used for a week: over.
    let told = tick(&mut alerts, later(noon(), 8 * 86_400), &[]);
    assert_eq!(said(&told), [("end", State::Cleared, "x/m"), ("old", State::Cleared, "x/m")]);
}

#[test]
fn a_cache_that_stops_to_hit() {
    let specs = [spec("cache", Watch::HitRateFalls { permille: 500 })];
    let mut alerts = Alerts::new(&specs, &[]).unwrap();
    let call = |second: i64, cache_read: u64, outcome| UsageRecord {
        usage: Usage { input_fresh: 1000 - cache_read, cache_read, ..Usage::default() },
        outcome,
        ..record("a", later(noon(), second), "0.01")
    };
    // A day: of ten calls four from the response cache, the others with 800 of 1,000 tokens from the prompt cache.
    for i in 0..1000 {
        let outcome = if i % 10 < 4 { Outcome::FromCache } else { Outcome::Answered };
        alerts.observe(&call(-86_000 + i * 80, 800, outcome));
    }
    let observe = |alerts: &mut Alerts, n: i64, cache_read, n_kept: i64| {
        for i in 0..n {
            let outcome = if i < n_kept { Outcome::FromCache } else { Outcome::Answered };
            alerts.observe(&call(i, cache_read, outcome));
        }
    };
    // Too few to tell.
    observe(&mut alerts, 40, 0, 0);
    assert!(tick(&mut alerts, later(noon(), 60), &[]).is_empty());
    observe(&mut alerts, 400, 0, 0);
    let told = tick(&mut alerts, later(noon(), 60), &[]);
    assert_eq!(
        said(&told),
        [("cache", State::Raised, "prompt cache of own/m"), ("cache", State::Raised, "response cache")]
    );
    // A day later the low rate is the usual one.
    assert_eq!(tick(&mut alerts, later(noon(), 2 * 86_400), &[]).len(), 2);
    assert_eq!(alerts.n_standing(), 0);
}

#[test]
fn other_watches_from_now_on() {
    let teams = budget("teams", Period::Day, Some("100"), None);
    let share = |permille| spec("share", Watch::Spent { budget: None, permille });
    let mut alerts = Alerts::new(&[share(800)], std::slice::from_ref(&teams)).unwrap();
    let stands = [spent(&teams, "a", "85", noon())];
    assert_eq!(tick(&mut alerts, noon(), &stands).len(), 1);
    // Under the same name it stands already.
    alerts.replace(&[share(850)], std::slice::from_ref(&teams)).unwrap();
    assert!(tick(&mut alerts, noon(), &stands).is_empty());
    let twice = alerts.replace(&[share(1), share(2)], &[]).unwrap_err();
    assert!(twice.to_string().contains("two alerts are called `share`"));
    assert_eq!(alerts.n_standing(), 1);
    // Another name is another alert, and the old one goes without a word.
    alerts.replace(&[spec("new", Watch::Spent { budget: None, permille: 850 })], &[teams]).unwrap();
    assert_eq!(said(&tick(&mut alerts, noon(), &stands)), [("new", State::Raised, "teams of acme/a")]);
}

#[test]
fn an_alert_as_json() {
    let teams = budget("teams", Period::Day, Some("100"), None);
    let mut alerts = Alerts::new(&[spec("share", Watch::Spent { budget: None, permille: 800 })], &[]).unwrap();
    let told = tick(&mut alerts, noon(), &[spent(&teams, "a", "85.5", noon())]);
    let json = serde_json::to_value(&told[0]).unwrap();
    assert_eq!(
        json["figures"],
        serde_json::json!({"limit": "100", "permille": 855, "reserved": "0", "settled": "85.5"})
    );
    assert_eq!(
        (&json["kind"], &json["state"], &json["at"]),
        (&"spent".into(), &"raised".into(), &"2026-11-26T12:00:00Z".into())
    );
    let _is_shared: Arc<str> = Arc::clone(&told[0].name);
}
