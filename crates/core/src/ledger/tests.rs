//! The ledger on the disk: what is acknowledged stays, what was under way is found, faults are told.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::settings::LedgerSettings;
use super::{AttemptId, Books, Feedback, GroupBy, Ledger, Open, Outcome, Query, UsageRecord, UsageSource};
use crate::clock::{Clock, ManualClock, Timestamp};
use crate::labels::By;
use crate::usage::{ServiceTier, Usage};
use crate::usd::Usd;

fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::at("2026-11-26T12:00:00Z".parse().unwrap()))
}

/// A fresh folder, of this test alone.
fn folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("promptopt-ledger-{name}-{}", fastrand::u64(..)));
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

fn settings(path: &Path) -> LedgerSettings {
    LedgerSettings { path: Some(path.to_owned()), ..LedgerSettings::default() }
}

fn record(n: u128) -> UsageRecord {
    UsageRecord {
        id: AttemptId(n),
        call: AttemptId(n + 1000),
        at: clock().now(),
        request: [1; 16],
        template: [2; 16],
        tenant: "acme".into(),
        caller: Some("jo".into()),
        team: None,
        tags: [("feature".into(), "search".into())].into(),
        route: Some("r".into()),
        asked: Some("gpt-4o".into()),
        provider: "openai".into(),
        host: "openai".into(),
        model: "gpt-4o".into(),
        tier: ServiceTier::Standard,
        usage: Usage { input_fresh: 10, cache_read: 5, output_visible: 3, ..Usage::default() },
        source: UsageSource::Provider,
        cost: Some(Usd::from_pico(i128::try_from(n).unwrap() * 1_000_000)),
        saved: Usd::ZERO,
        saved_by: None,
        queued_us: 0,
        first_byte_us: Some(1000),
        total_us: 2000,
        outcome: Outcome::Answered,
        status: Some(200),
        error: None,
    }
}

fn open(n: u128) -> Open {
    Open {
        id: AttemptId(n).to_string(),
        call: AttemptId(n + 1000).to_string(),
        at_us: clock().now().as_microsecond(),
        tenant: "acme".into(),
        caller: None,
        team: None,
        tags: std::collections::BTreeMap::new(),
        route: None,
        asked: None,
        provider: "openai".into(),
        host: "openai".into(),
        model: "gpt-4o".into(),
        upper_pico: Some(77),
    }
}

fn all(ledger: &Ledger) -> Vec<UsageRecord> {
    let (sender, receiver) = std::sync::mpsc::channel();
    ledger.each_since(Timestamp::MIN, move |record| sender.send(record).unwrap()).unwrap();
    receiver.iter().collect()
}

#[tokio::test]
async fn a_record_comes_back_as_it_was_and_once() {
    let path = folder("back").join("l.sqlite");
    let ledger = Ledger::open(&settings(&path), clock()).unwrap();
    let ticket = ledger.reserve(&open(1)).unwrap();
    ledger.record(record(1), Some(ticket)).await.unwrap();
    ledger.record(record(1), None).await.unwrap();
    ledger.post(record(2));
    assert_eq!(all(&ledger), [record(1), record(2)]);
    ledger.close();
    let again = Ledger::open(&settings(&path), clock()).unwrap();
    assert_eq!((all(&again).len(), again.recovered().len()), (2, 0));
}

#[tokio::test]
async fn what_was_under_way_when_a_process_died_is_settled_at_what_was_set_aside() {
    let path = folder("died").join("l.sqlite");
    let ledger = Ledger::open(&settings(&path), clock()).unwrap();
    let recorded = ledger.reserve(&open(1)).unwrap();
    let under_way = ledger.reserve(&open(2)).unwrap();
    ledger.record(record(1), Some(recorded)).await.unwrap();
    // A second process sees that this one lives.
    assert_eq!(Ledger::open(&settings(&path), clock()).unwrap().recovered().len(), 0);
    // As if it had been killed: the journal stays, its lock is gone.
    let journal = std::fs::read_dir(path.parent().unwrap())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.to_string_lossy().contains("-open-"))
        .unwrap();
    let copy = journal.with_file_name("l.sqlite-open-dead");
    std::fs::copy(&journal, &copy).unwrap();
    let next = Ledger::open(&settings(&path), clock()).unwrap();
    let recovered = next.recovered();
    assert_eq!(
        (recovered.len(), recovered[0].id, recovered[0].outcome, recovered[0].source),
        (1, AttemptId(2), Outcome::Crashed, UsageSource::Reserved)
    );
    assert_eq!(recovered[0].cost, Some(Usd::from_pico(77)));
    assert!(!copy.exists());
    drop(under_way);
}

#[test]
fn files_that_are_no_ledger_are_left_as_they_are() {
    let folder = folder("wrong");
    let garbage = folder.join("garbage");
    std::fs::write(
        &garbage,
        "this is no database, and never was one ................................................................",
    )
    .unwrap();
    let other = folder.join("other.sqlite");
    rusqlite::Connection::open(&other).unwrap().execute_batch("CREATE TABLE t (a)").unwrap();
    let newer = folder.join("newer.sqlite");
    rusqlite::Connection::open(&newer).unwrap().execute_batch("PRAGMA user_version = 999").unwrap();
    for (path, part) in [
        (garbage, "no ledger"),
        (other, "another program"),
        (newer, "newer promptopt"),
        (folder.join("none/l.sqlite"), "l.sqlite"),
    ] {
        let before = std::fs::read(&path).ok();
        let error = Ledger::open(&settings(&path), clock()).err().unwrap();
        assert!(error.to_string().contains(part), "{error}");
        assert!(
            error.to_string().contains(path.file_name().unwrap().to_str().unwrap()) && error.advice().is_some(),
            "{error}"
        );
        assert!(before == std::fs::read(&path).ok(), "{} was changed", path.display());
    }
}

#[tokio::test]
async fn a_locked_file_is_told_and_nothing_is_lost() {
    let path = folder("locked").join("l.sqlite");
    let ledger = Ledger::open(&settings(&path), clock()).unwrap();
    ledger.record(record(1), None).await.unwrap();
    // The disk is full, as far as SQLite sees.
    ledger.ask_blocking(|connection| connection.pragma_update(None, "max_page_count", 1)).unwrap();
    let long: Arc<str> = "x".repeat(100_000).into();
    let error = ledger.record(UsageRecord { error: Some(long), ..record(2) }, None).await.unwrap_err();
    assert!(error.to_string().contains("cannot be written"), "{error}");
    assert!(ledger.state().failing.is_some());
    ledger.ask_blocking(|connection| connection.pragma_update(None, "max_page_count", 1_000_000)).unwrap();
    for _ in 0..200 {
        if ledger.state().failing.is_none() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    assert_eq!(ledger.state().failing, None);
    assert_eq!(all(&ledger).len(), 2);
}

#[tokio::test]
async fn feedback_is_of_a_call_that_is_there() {
    let ledger = Ledger::open(&LedgerSettings::default(), clock()).unwrap();
    ledger.record(record(1), None).await.unwrap();
    let said = |call| Feedback { call: AttemptId(call), at: clock().now(), permille: 900, label: None };
    ledger.feedback(said(1001)).await.unwrap();
    assert!(ledger.feedback(said(5)).await.unwrap_err().to_string().contains("no call"));
}

#[tokio::test]
async fn old_records_go_and_sums_are_right() {
    let path = folder("sums").join("l.sqlite");
    let clock = clock();
    let ledger =
        Ledger::open(&LedgerSettings { keep_days: Some(30), ..settings(&path) }, Arc::clone(&clock) as Arc<_>).unwrap();
    let old = UsageRecord { at: "2026-01-01T00:00:00Z".parse().unwrap(), ..record(9) };
    for record in [
        old,
        record(1),
        record(2),
        UsageRecord { cost: None, outcome: Outcome::Failed, error: Some("x".into()), ..record(3) },
    ] {
        ledger.record(record, None).await.unwrap();
    }
    assert!(!ledger.drop_old().await.unwrap());
    let query = Query { by: GroupBy::Label(By::Tag("feature".into())), ..Query::default() };
    let read = Books::open(&path).unwrap().usage(&query, clock.now()).unwrap();
    assert_eq!(ledger.usage(&query).unwrap(), read);
    assert_eq!((read.total.attempts, read.total.answered, read.total.failed, read.total.unpriced), (3, 2, 1, 1));
    assert_eq!((read.total.cost_usd, read.total.input_tokens), (Usd::from_pico(3_000_000), 45));
    assert_eq!(read.total.latency.map(|times| times.p50_ms), Some(2));
    assert_eq!((read.groups[0].name.as_deref(), read.groups.len(), read.errors[0].attempts), (Some("search"), 1, 1));
    // Thursday, noon.
    assert_eq!(read.heat[3][12], 3);
    assert!(Books::open(&path.with_file_name("none")).err().unwrap().to_string().contains("no ledger"));
}

#[tokio::test]
async fn prompts_are_kept_only_where_asked_for_and_go_through_the_hook() {
    let kept = |settings: LedgerSettings, has_hook: bool| {
        let ledger = Ledger::open(&settings, clock()).unwrap();
        if has_hook {
            ledger.redact_by(Arc::new(|text| text.replace("sk-1234", "***")));
        }
        ledger.keep_prompt(AttemptId(1), "the key is sk-1234", Some("sk-1234, I see"));
        ledger.prompt(AttemptId(1)).unwrap()
    };
    let asked = LedgerSettings { keeps_prompts: true, ..LedgerSettings::default() };
    assert_eq!(kept(LedgerSettings::default(), true), None);
    assert_eq!(kept(asked.clone(), false), None);
    assert_eq!(kept(asked, true), Some(("the key is ***".to_owned(), Some("***, I see".to_owned()))));
}

#[tokio::test]
async fn the_month_is_projected_by_the_pace_of_the_last_seven_days() {
    let ledger = Ledger::open(&LedgerSettings { keep_days: None, ..LedgerSettings::default() }, clock()).unwrap();
    let at = |n: u128, at: &str, usd: i128| UsageRecord {
        at: at.parse().unwrap(),
        cost: Some(Usd::from_pico(usd * 1_000_000_000_000)),
        ..record(n)
    };
    // It is noon of the 26th; four and a half days are left.
    ledger.record(at(1, "2026-10-31T23:59:59Z", 1000), None).await.unwrap();
    ledger.record(at(2, "2026-11-01T00:00:00Z", 10), None).await.unwrap();
    ledger.record(at(3, "2026-11-19T12:00:00Z", 7), None).await.unwrap();
    ledger.record(at(4, "2026-11-26T11:00:00Z", 7), None).await.unwrap();
    ledger.record(at(5, "2026-11-26T12:00:01Z", 500), None).await.unwrap();
    let month = ledger.usage(&Query { since: Some(clock().now()), ..Query::default() }).unwrap().month;
    assert_eq!(
        (&*month.month, month.spent_usd.to_decimal(), month.pace_usd.to_decimal()),
        ("2026-11", "24".into(), "14".into())
    );
    assert_eq!(
        (month.projected_usd.unwrap().to_decimal(), month.hours_left, month.pace_hours),
        ("33".into(), 108, 168)
    );
}
