//! What the optimizer is worth on real conversations: 37 runs of a coding agent, every call billed by the provider's cache
//! rule as it was sent and as it would have been sent.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking; helpers of integration tests are not seen as tests")]

#[path = "support/shared.rs"]
mod shared;

use promptopt::format::walk::discover;
use promptopt::format::{ReadOptions, Record, read_all};
use promptopt::optimize::bill::{Ledgers, RunBill, bill};
use promptopt::optimize::{Optimizer, Settings, compact};
use promptopt::usd::Usd;

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
    Some(runs)
}

fn bills(model: &str, runs: &[Vec<Record>]) -> Vec<RunBill> {
    let settings = Settings { model: Some(model.to_owned()), ..Settings::default() };
    let optimizer = Optimizer::new(settings).unwrap();
    let mut ledgers = Ledgers::default();
    runs.iter().map(|run| bill(&optimizer, run, &compact::Options::default(), &mut ledgers).unwrap()).collect()
}

fn permille(part: Usd, whole: Usd) -> i128 {
    part.pico() * 1000 / whole.pico()
}

#[test]
fn the_bill_falls_on_every_run_and_by_a_seventh_in_all() {
    let Some(runs) = runs() else { return };
    for model in ["deepseek-chat", "gpt-6-sol", "claude-sonnet-5-5"] {
        let bills = bills(model, &runs);
        let sum = |of: fn(&RunBill) -> Usd| bills.iter().map(of).sum::<Usd>();
        let (without, lossless, compacted) =
            (sum(|bill| bill.without), sum(|bill| bill.lossless), sum(|bill| bill.compacted));
        let quoted: (u64, u64) =
            bills.iter().fold((0, 0), |sum, bill| (sum.0 + bill.n_quoted, sum.1 + bill.n_quoted_kept));
        eprintln!(
            "{model}: {} → {} ({}‰) → {} ({}‰), {} shortened, quoted {quoted:?}",
            without.to_decimal(),
            lossless.to_decimal(),
            permille(lossless, without),
            compacted.to_decimal(),
            permille(compacted, without),
            bills.iter().map(|bill| bill.n_shortened).sum::<u64>(),
        );
        for bill in &bills {
            eprintln!(
                "  {} {} calls: {}‰ {}‰ short {}",
                bill.name,
                bill.n_calls,
                permille(bill.lossless, bill.without),
                permille(bill.compacted, bill.without),
                bill.n_shortened
            );
        }
    }
}
