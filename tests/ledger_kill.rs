//! A process that is killed in the middle of its work, two hundred times: no acknowledged record is lost, none is there twice, and what was
//! under way is settled.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test's helpers fail loudly; the child tells its parent what was acknowledged"
)]
#![cfg(unix)]

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use promptopt::clock::{Clock, SystemClock, Timestamp};
use promptopt::ledger::{AttemptId, Open, Outcome, UsageRecord, UsageSource};
use promptopt::usd::Usd;

#[path = "support/ledger.rs"]
mod support;

const CHILD: &str = "PROMPTOPT_LEDGER_KILL_CHILD";
const N_KILLS: u32 = 200;

#[allow(
    clippy::disallowed_methods,
    reason = "a test has no Settings; the variable says that this process is the child"
)]
fn child_of() -> Option<(PathBuf, u128)> {
    let told = std::env::var(CHILD).ok()?;
    let (round, path) = told.split_once(':')?;
    Some((PathBuf::from(path), round.parse().ok()?))
}

fn record(id: u128) -> UsageRecord {
    UsageRecord { id: AttemptId(id), call: AttemptId(id), at: SystemClock.now(), ..support::record(0, 1) }
}

/// Reserves and records until it is killed; says what was reserved and what was acknowledged.
fn work(path: &Path, round: u128) -> ! {
    let ledger = support::open(path);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let mut stdout = std::io::stdout().lock();
    for n in 0.. {
        let id = round << 64 | n;
        let record = record(id);
        let open = Open { upper_pico: Some(5), ..support::reservation(&record) };
        let ticket = ledger.reserve(&open).unwrap();
        writeln!(stdout, "sent {id}").unwrap();
        runtime.block_on(ledger.record(record, Some(ticket))).unwrap();
        writeln!(stdout, "done {id}").unwrap();
    }
    unreachable!("the loop has no end")
}

#[test]
fn nothing_acknowledged_is_lost_and_nothing_under_way_is_forgotten() {
    if let Some((path, round)) = child_of() {
        work(&path, round);
    }
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("ledger-kill-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("l.sqlite");
    let (mut sent, mut done) = (Vec::new(), Vec::new());
    for round in 1..=N_KILLS {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "nothing_acknowledged_is_lost_and_nothing_under_way_is_forgotten", "--nocapture"])
            .env(CHILD, format!("{round}:{}", path.display()))
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut take = |line: String| {
            // The harness begins its own line before the child's first.
            if let Some((_, id)) = line.rsplit_once("sent ") {
                sent.push(id.parse::<u128>().unwrap());
            } else if let Some((_, id)) = line.rsplit_once("done ") {
                done.push(id.parse::<u128>().unwrap());
            }
        };
        // At another place of its work each time.
        for line in lines.by_ref().map_while(Result::ok).take(6 + (round as usize * 7) % 60) {
            take(line);
        }
        std::thread::sleep(Duration::from_micros(u64::from(round) * 37 % 900));
        child.kill().unwrap();
        child.wait().unwrap();
        // What it had said before it died; a line may be cut off.
        let rest: Vec<String> = lines.map_while(Result::ok).collect();
        let n_whole = rest.len().saturating_sub(1);
        rest.into_iter().take(n_whole).for_each(&mut take);
    }
    let ledger = support::open(&path);
    let (sender, receiver) = std::sync::mpsc::channel();
    ledger.each_since(Timestamp::MIN, move |record| sender.send(record).unwrap()).unwrap();
    let mut found: BTreeMap<u128, UsageRecord> = BTreeMap::new();
    for record in receiver {
        assert!(found.insert(record.id.0, record).is_none(), "a record is there twice");
    }
    assert!(done.len() > 1000, "only {} records were acknowledged", done.len());
    for id in &done {
        assert_eq!(found.get(id).map(|record| record.outcome), Some(Outcome::Answered), "{id} was acknowledged");
    }
    for id in &sent {
        assert!(found.contains_key(id), "{id} was sent, and is nowhere");
    }
    let crashed: Vec<&UsageRecord> = found.values().filter(|record| record.outcome == Outcome::Crashed).collect();
    assert!(
        crashed.iter().all(|record| record.cost == Some(Usd::from_pico(5)) && record.source == UsageSource::Reserved)
    );
    println!("{N_KILLS} kills: {} acknowledged, {} settled as crashed", done.len(), crashed.len());
    ledger.close();
    let left: Vec<_> = std::fs::read_dir(&folder)
        .unwrap()
        .filter(|entry| entry.as_ref().unwrap().file_name().to_string_lossy().contains("-open-"))
        .collect();
    assert!(left.is_empty(), "{left:?}");
}
