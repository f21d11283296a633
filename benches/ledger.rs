//! The ledger: what a call waits for (a reservation, a record that is acknowledged), what the writer takes in, and the figures of a hundred
//! thousand records.

#![allow(clippy::expect_used, reason = "a bench may panic")]

use std::path::{Path, PathBuf};

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use promptopt::clock::Timestamp;
use promptopt::ledger::{AttemptId, Books, Query, Ticket, UsageRecord};

#[path = "../tests/support/ledger.rs"]
mod support;

fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("bench-ledger-{name}-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    folder
}

fn ledger(c: &mut Criterion) {
    let folder = folder("write");
    let ledger = support::open(&folder.join("l.sqlite"));
    let mut n = 0_u128;
    let mut next = || {
        n += 1;
        UsageRecord { id: AttemptId(n), ..support::record(0, 1) }
    };
    let mut group = c.benchmark_group("ledger");
    let reserved = support::reservation(&next());
    group.bench_function("reserve and withdraw", |b| {
        b.iter(|| ledger.withdraw(ledger.reserve(&reserved).expect("a place in the journal")));
    });
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    group.bench_function("reserve, record, acknowledged", |b| {
        b.iter_batched(
            &mut next,
            |record| {
                let ticket: Ticket = ledger.reserve(&support::reservation(&record)).expect("a place in the journal");
                runtime.block_on(ledger.record(record, Some(ticket))).expect("written");
            },
            BatchSize::SmallInput,
        );
    });
    group.throughput(Throughput::Elements(10_000)).sample_size(10);
    group.bench_function("10,000 records posted and written", |b| {
        b.iter_batched(
            || (0..10_000).map(|_| next()).collect::<Vec<_>>(),
            |records| {
                for record in records {
                    ledger.post(record);
                }
                // A question is answered after all that was recorded before it.
                ledger.spent_since(Timestamp::MAX, |_, _, _| {}).expect("it reads");
            },
            BatchSize::LargeInput,
        );
    });
    ledger.close();

    let path = folder.join("read.sqlite");
    support::write(&path, 100_000, 20);
    let books = Books::open(&path).expect("a ledger");
    let now = support::BEGIN.parse().expect("an instant");
    group.throughput(Throughput::Elements(100_000));
    group.bench_function("figures of 100,000 records", |b| {
        b.iter(|| books.usage(&Query::default(), now).expect("figures"));
    });
    group.finish();
    let _left = std::fs::remove_dir_all(folder);
}

criterion_group!(benches, ledger);
criterion_main!(benches);
