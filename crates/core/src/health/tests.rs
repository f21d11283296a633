//! Breakers and buckets of retries, with a clock that is moved by hand.

use std::sync::Arc;
use std::time::Duration;

use super::settings::{BreakerSettings, RetrySettings};
use super::{Health, Verdict};
use crate::clock::{ManualClock, Timestamp};
use crate::target::Target;
use crate::usage::ServiceTier;

fn target(model: &str) -> Target {
    Target { provider: "p".into(), host: "openai".into(), model: model.into(), tier: ServiceTier::Standard }
}

fn health() -> (Health, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::at(Timestamp::UNIX_EPOCH));
    (Health::new(RetrySettings::default(), BreakerSettings::default(), Arc::clone(&clock) as Arc<_>), clock)
}

fn tell(health: &Health, verdict: Verdict) -> bool {
    health.pass(&target("m")).is_ok_and(|pass| {
        pass.report(verdict, None);
        true
    })
}

#[test]
fn failures_in_a_row_open_it_and_one_probe_closes_it() {
    let (health, clock) = health();
    assert!((0..5).all(|_| tell(&health, Verdict::Failure)));
    assert!(!tell(&health, Verdict::Success));
    assert!(health.pass(&target("other")).is_ok());
    clock.advance_micros(15_000_000);
    let probe = health.pass(&target("m")).ok().unwrap();
    assert!(health.pass(&target("m")).is_err(), "one probe at a time");
    probe.report(Verdict::Success, None);
    assert!(tell(&health, Verdict::Success));
}

#[test]
fn a_probe_that_fails_keeps_it_open_and_one_that_is_dropped_is_free_again() {
    let (health, clock) = health();
    assert!((0..5).all(|_| tell(&health, Verdict::Timeout)));
    clock.advance_micros(15_000_000);
    drop(health.pass(&target("m")).ok().unwrap());
    assert!(tell(&health, Verdict::Failure));
    assert!(!tell(&health, Verdict::Success));
    clock.advance_micros(15_000_000);
    assert!(tell(&health, Verdict::Success) && tell(&health, Verdict::Success));
}

#[test]
fn being_limited_is_neither_success_nor_failure() {
    let (health, clock) = health();
    for _ in 0..4 {
        tell(&health, Verdict::Failure);
        tell(&health, Verdict::Throttled);
    }
    assert!(tell(&health, Verdict::Failure));
    assert!(!tell(&health, Verdict::Failure), "429s in between do not reset the count");
    clock.advance_micros(15_000_000);
    assert!(tell(&health, Verdict::Throttled));
    assert!(tell(&health, Verdict::Throttled), "a throttled probe neither closes it nor holds the place");
}

#[test]
fn a_share_of_failures_opens_it_too() {
    let (health, _clock) = health();
    let mut n_asked = 0;
    while tell(&health, if n_asked % 2 == 0 { Verdict::Failure } else { Verdict::Success }) {
        n_asked += 1;
        assert!(n_asked < 100);
    }
    assert_eq!(n_asked, 21);
}

#[test]
fn a_target_that_asks_for_time_gets_it() {
    let (health, clock) = health();
    health.wait(&target("m"), Duration::from_secs(2));
    assert!(health.pass(&target("m")).is_err() && !health.is_open(&target("m")));
    clock.advance_micros(2_000_000);
    assert!(health.pass(&target("m")).is_ok());
}

#[test]
fn in_an_outage_retries_end_soon() {
    let (health, clock) = health();
    let (n_calls, mut n_attempts) = (10_000_u32, 0);
    for _ in 0..n_calls {
        // Every call may try four times; the outage lasts for hours.
        for attempt in 0..4 {
            if attempt > 0 && !health.may_retry(&target("m"), Verdict::Failure) {
                break;
            }
            n_attempts += u32::from(tell(&health, Verdict::Failure));
        }
        clock.advance_micros(100_000);
    }
    assert!(n_attempts <= n_calls + n_calls / 10 + 3, "{n_attempts}");
}

#[test]
fn nobody_asks_again_while_the_breaker_is_open_and_tiers_stand_alone() {
    let (health, clock) = health();
    assert!(health.may_retry(&target("m"), Verdict::Failure));
    assert!((0..5).all(|_| tell(&health, Verdict::Failure)));
    assert!(!health.may_retry(&target("m"), Verdict::Failure));
    clock.advance_micros(60_000_000);
    assert!(tell(&health, Verdict::Failure), "the probe");
    clock.advance_micros(60_000_000);
    assert!(!health.may_retry(&target("m"), Verdict::Timeout), "however long it pauses");
    let flex = Target { tier: ServiceTier::Flex, ..target("m") };
    assert!(health.may_retry(&flex, Verdict::Failure) && health.is_open(&flex));
    health.wait(&flex, Duration::from_secs(1));
    assert_eq!(health.pass(&flex).err().map(|cooling| cooling.is_asked_for), Some(true));
    let names: Vec<String> = health.view().into_iter().map(|known| known.target).collect();
    assert_eq!(names, ["p/m", "p/m@flex"]);
}
