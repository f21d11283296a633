//! The ledger when the disk, the file or another program is at fault: an error that says what to do, and nothing lost.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use promptopt::clock::{SystemClock, Timestamp};
use promptopt::ledger::settings::LedgerSettings;
use promptopt::ledger::{AttemptId, Books, Ledger, UsageRecord};

#[path = "support/ledger.rs"]
mod support;

fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("ledger-{name}-{}", std::process::id()));
    let _left_of_before = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

fn record(n: u64) -> UsageRecord {
    UsageRecord { id: AttemptId(n.into()), ..support::record(0, 1) }
}

fn try_open(path: &Path) -> promptopt::error::Result<Ledger> {
    let settings = LedgerSettings { path: Some(path.to_owned()), keep_days: None, ..LedgerSettings::default() };
    Ledger::open(&settings, Arc::new(SystemClock))
}

fn ids(path: &Path) -> Vec<u128> {
    let mut ids = Vec::new();
    let books = Books::open(path).unwrap();
    books
        .each(None, None, |record| {
            ids.push(record.id.0);
            Ok(())
        })
        .unwrap();
    ids.sort_unstable();
    ids
}

#[tokio::test]
async fn while_another_program_holds_the_file_records_wait_and_are_written_after() {
    let path = folder("locked").join("l.sqlite");
    let ledger = support::open(&path);
    ledger.record(record(0), None).await.unwrap();
    let other = rusqlite::Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let error = ledger.record(record(1), None).await.unwrap_err();
    assert!(error.to_string().contains("cannot be written") && error.to_string().contains("locked"), "{error}");
    // From now on nobody waits for what is known to fail.
    for n in 2..100 {
        let begun = tokio::time::Instant::now();
        assert!(ledger.record(record(n), None).await.is_err());
        assert!(begun.elapsed().as_secs() < 2, "somebody waited for a ledger that is known to fail");
    }
    let state = ledger.state();
    assert!(state.failing.is_some() && state.n_lost == 0, "{state:?}");
    // Readers are not held up.
    assert_eq!(ids(&path), [0]);
    other.execute_batch("COMMIT").unwrap();
    // A question is answered after all that was recorded before it.
    while ledger.state().failing.is_some() {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    ledger.record(record(100), None).await.unwrap();
    assert_eq!(ids(&path), (0..=100).collect::<Vec<_>>());
    assert_eq!(ledger.state().n_waiting, 0);
}

#[tokio::test]
async fn on_a_full_disk_every_record_is_told_as_failed_and_none_is_lost() {
    let path = folder("full").join("l.sqlite");
    // The Nth transaction is the first that fails, for several N.
    for n_pages in [20, 23, 29, 41] {
        let _none_before = std::fs::remove_file(&path);
        let ledger = support::open(&path);
        ledger.limit_pages(Some(n_pages)).await.unwrap();
        let (mut acknowledged, mut refused) = (BTreeSet::new(), BTreeSet::new());
        let mut n = 0;
        while refused.len() < 20 {
            match ledger.record(record(n), None).await {
                Ok(()) => acknowledged.insert(u128::from(n)),
                Err(_) => refused.insert(u128::from(n)),
            };
            n += 1;
        }
        let there: BTreeSet<u128> = ids(&path).into_iter().collect();
        assert!(acknowledged.is_subset(&there), "{n_pages} pages: an acknowledged record is not there");
        ledger.limit_pages(None).await.unwrap();
        ledger.close();
        assert_eq!(ids(&path), (0..u128::from(n)).collect::<Vec<_>>(), "{n_pages} pages");
    }
}

#[tokio::test]
async fn what_cannot_be_written_before_the_end_is_found_in_the_journal() {
    let path = folder("journal").join("l.sqlite");
    let ledger = support::open(&path);
    ledger.record(record(0), None).await.unwrap();
    ledger.limit_pages(Some(1)).await.unwrap();
    let attempt = UsageRecord { error: Some("x".repeat(50_000).into()), ..record(1) };
    let ticket = ledger.reserve(&support::reservation(&attempt)).unwrap();
    assert!(ledger.record(attempt, Some(ticket)).await.is_err());
    ledger.close();
    drop(ledger);
    let next = support::open(&path);
    assert_eq!(next.recovered().iter().map(|record| record.id.0).collect::<Vec<_>>(), [1]);
    assert_eq!(ids(&path), [0, 1]);
}

#[test]
fn a_file_that_cannot_be_written_or_is_damaged_is_named_and_left_as_it_is() {
    let folder = folder("damaged");
    let path = folder.join("l.sqlite");
    support::write(&path, 2_000, 1);
    let whole = std::fs::read(&path).unwrap();
    let complain = |path: &Path| {
        let error = try_open(path).err().expect("an error");
        assert!(error.to_string().contains(&*path.file_name().unwrap().to_string_lossy()), "{error}");
        assert!(error.advice().is_some(), "{error} without advice");
        error.to_string()
    };
    for (name, bytes) in [
        ("garbage", vec![b'x'; 10_000]),
        ("no-header", [&[0; 100], &whole[100..]].concat()),
        ("text", b"id,cost\n1,2\n".repeat(200)),
    ] {
        let path = folder.join(name);
        std::fs::write(&path, &bytes).unwrap();
        assert!(complain(&path).contains("it is no ledger"));
        assert!(std::fs::read(&path).unwrap() == bytes, "{name} was changed");
    }
    // Cut off, or with pages of zeros: whoever reads it is told, nothing panics.
    let mut damaged = vec![whole[..whole.len() / 2].to_vec(), whole[..5_000].to_vec()];
    for page in 1..whole.len() / 4096 {
        let mut bytes = whole.clone();
        bytes[page * 4096..(page + 1) * 4096].fill(0);
        damaged.push(bytes);
    }
    let mut n_told = 0;
    for bytes in damaged {
        let path = folder.join("cut");
        for tail in ["", "-wal", "-shm"] {
            let _none = std::fs::remove_file(folder.join(format!("cut{tail}")));
        }
        std::fs::write(&path, &bytes).unwrap();
        let read = Books::open(&path).and_then(|books| {
            let damage = books.damage()?;
            books.usage(&promptopt::ledger::Query::default(), Timestamp::UNIX_EPOCH).map(|_| damage)
        });
        match read {
            Err(error) => {
                n_told += 1;
                assert!(error.to_string().contains("cut"), "{error}");
            }
            Ok(damage) => n_told += usize::from(damage.is_some()),
        }
        assert!(std::fs::read(&path).unwrap() == bytes, "a damaged file was changed by reading");
    }
    assert!(n_told > 10, "only {n_told} damages were told");
}

#[test]
fn several_that_open_a_new_ledger_at_the_same_time_all_get_it() {
    for round in 0..10 {
        let path = folder(&format!("at-once-{round}")).join("l.sqlite");
        let threads: Vec<_> = (0..8_u64)
            .map(|n| {
                let path = path.clone();
                std::thread::spawn(move || {
                    let ledger = try_open(&path).unwrap();
                    let ticket = ledger.reserve(&support::reservation(&record(n))).unwrap();
                    ledger.post(record(n));
                    ledger.withdraw(ticket);
                    ledger.close();
                })
            })
            .collect();
        for thread in threads {
            thread.join().unwrap();
        }
        assert_eq!(ids(&path), (0..8).collect::<Vec<_>>());
        let left = std::fs::read_dir(path.parent().unwrap()).unwrap();
        let journals = left.filter(|entry| entry.as_ref().unwrap().file_name().to_string_lossy().contains("-open-"));
        assert_eq!(journals.count(), 0, "journals are left");
    }
}
