//! What the optimizer is worth on real conversations: runs of a coding agent, every call billed by the provider's cache rule
//! as it was sent and as it would have been sent. The whole table is `promptopt eval savings`; here a sample must hold it.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking; helpers of integration tests are not seen as tests")]

#[path = "support/shared.rs"]
mod shared;

use promptopt::format::walk::discover;
use promptopt::format::{ReadOptions, Record, read_all};
use promptopt::optimize::bill::{Ledgers, RunBill, bill};
use promptopt::optimize::{Optimizer, Settings, compact};
use promptopt::usd::Usd;

/// Every fifth run, the shortest of all among them: all of them take half a minute in a build that is not optimised.
fn runs() -> Option<Vec<Vec<Record>>> {
    let path = shared::shared_data("corpora/agent_runs.jsonl.gz")?;
    let found = discover(&[path.display().to_string()]);
    let mut runs: Vec<Vec<Record>> = Vec::new();
    read_all(
        &found.inputs,
        &ReadOptions::default(),
        |record| record,
        |record: promptopt::error::Result<Record>| {
            let record = record.unwrap();
            match runs.last_mut() {
                Some(run) if run[0].origin.line == record.origin.line => run.push(record),
                _ => runs.push(vec![record]),
            }
        },
    );
    assert_eq!(runs.len(), 37);
    let shortest = (0..runs.len()).min_by_key(|run| runs[*run].len()).unwrap();
    let sample = |(index, run)| (index % 5 == 0 || index == shortest).then_some(run);
    Some(runs.into_iter().enumerate().filter_map(sample).collect())
}

fn bills(model: &str, runs: &[Vec<Record>]) -> Vec<RunBill> {
    let settings = Settings { model: Some(model.to_owned()), ..Settings::default() };
    let optimizer = Optimizer::new(settings).unwrap();
    let mut ledgers = Ledgers::default();
    runs.iter().map(|run| bill(&optimizer, run, &compact::Options::default(), &mut ledgers).unwrap()).collect()
}

fn sum(bills: &[RunBill], of: fn(&RunBill) -> Usd) -> i128 {
    bills.iter().map(of).sum::<Usd>().pico()
}

#[test]
fn bills_fall_and_what_is_lost_is_counted() {
    let Some(runs) = runs() else { return };
    for model in ["deepseek-chat", "gpt-6-sol", "claude-sonnet-5-5"] {
        let bills = bills(model, &runs);
        for bill in &bills {
            assert!(bill.lossless <= bill.without, "{model} {}: nothing lost and dearer", bill.n_calls);
            assert!(bill.compacted < bill.without, "{model} {}: cut and not cheaper", bill.n_calls);
            assert!(bill.n_quoted_kept <= bill.n_quoted && bill.n_quoted <= bill.n_quoted_all * 2);
        }
        let (without, lossless) = (sum(&bills, |bill| bill.without), sum(&bills, |bill| bill.lossless));
        let cut = sum(&bills, |bill| bill.compacted);
        assert!(lossless * 100 < without * 98, "{model}: {lossless} of {without} without loss");
        assert!(cut * 100 < without * 88, "{model}: {cut} of {without} with results cut");
        let kept = bills.iter().map(|bill| bill.n_quoted_kept).sum::<u64>();
        let lost = bills.iter().map(|bill| bill.n_quoted).sum::<u64>() - kept;
        let all = bills.iter().map(|bill| bill.n_quoted_all).sum::<u64>();
        assert!(lost * 3 < all, "{model}: {lost} of {all} lines that were wanted later are gone");
    }
}

#[test]
fn batches_alone_cost_a_hundredth_at_most_where_they_do_not_pay() {
    let Some(runs) = runs() else { return };
    let optimizer =
        Optimizer::new(Settings { model: Some("deepseek-chat".to_owned()), ..Settings::default() }).unwrap();
    let options = compact::Options { max_result: 0, n_recent: 6, ..compact::Options::default() };
    let mut ledgers = Ledgers::default();
    for run in &runs {
        let bill = bill(&optimizer, run, &options, &mut ledgers).unwrap();
        assert!(bill.compacted.pico() * 100 <= bill.without.pico() * 101, "{} of {}", bill.compacted, bill.without);
    }
}
