//! Ledgers for tests and benches: some days of calls by two teams on two models, written through the library.

#![allow(dead_code, reason = "each test takes what it needs")]

use std::path::Path;
use std::sync::Arc;

use promptopt::clock::{SystemClock, Timestamp};
use promptopt::ledger::settings::LedgerSettings;
use promptopt::ledger::{AttemptId, Ledger, Open, Outcome, SavedBy, UsageRecord, UsageSource};
use promptopt::usage::{ServiceTier, Usage};
use promptopt::usd::Usd;

/// The first call.
pub(crate) const BEGIN: &str = "2026-11-02T08:00:00Z";
/// Seconds between two calls.
pub(crate) const EVERY_S: i64 = 1_800;

/// Opens a ledger that keeps all.
pub(crate) fn open(path: &Path) -> Ledger {
    let settings = LedgerSettings { path: Some(path.to_owned()), keep_days: None, ..LedgerSettings::default() };
    Ledger::open(&settings, Arc::new(SystemClock)).expect("a ledger")
}

/// Writes so many records.
pub(crate) fn write(path: &Path, n: u64, every_s: i64) {
    let ledger = open(path);
    for i in 0..n {
        ledger.post(record(i, every_s));
        // No more may wait than the ledger keeps.
        if i % 100_000 == 99_999 {
            ledger.spent_since(Timestamp::MAX, |_, _, _| {}).expect("it reads");
        }
    }
    ledger.close();
}

/// What is set aside for an attempt.
pub(crate) fn reservation(record: &UsageRecord) -> Open {
    Open {
        id: record.id.to_string(),
        call: record.call.to_string(),
        at_us: record.at.as_microsecond(),
        tenant: Arc::clone(&record.tenant),
        caller: record.caller.clone(),
        team: record.team.clone(),
        tags: record.tags.clone(),
        route: record.route.clone(),
        asked: record.asked.clone(),
        provider: Arc::clone(&record.provider),
        host: Arc::clone(&record.host),
        model: Arc::clone(&record.model),
        upper_pico: Some(1_000_000),
    }
}

/// The call of a number: the same in each run.
pub(crate) fn record(i: u64, every_s: i64) -> UsageRecord {
    let begin: Timestamp = BEGIN.parse().expect("an instant");
    let at = Timestamp::from_second(begin.as_second() + i64::try_from(i).expect("few") * every_s).expect("an instant");
    let is_small = !i.is_multiple_of(3);
    let (host, model, prices) = if is_small {
        ("openai", "gpt-4o-mini", [150, 75, 600])
    } else {
        ("anthropic", "claude-sonnet-4-5", [3000, 300, 15_000])
    };
    let usage = Usage {
        input_fresh: 400 + i * 37 % 900,
        cache_read: if i.is_multiple_of(2) { 1024 } else { 0 },
        output_visible: 80 + i * 13 % 300,
        ..Usage::default()
    };
    // Pico-dollars a token: thousandths of a dollar a million are as many thousand pico-dollars.
    let pico =
        1_000 * (usage.input_fresh * prices[0] + usage.cache_read * prices[1] + usage.output_visible * prices[2]);
    let millis = u128::try_from(at.as_millisecond()).expect("after 1970");
    let answered = UsageRecord {
        id: AttemptId(millis << 80 | u128::from(i) << 32),
        call: AttemptId(millis << 80 | u128::from(i) << 32 | 1),
        at,
        request: [1; 16],
        template: [u8::try_from(i % 4).expect("small") + 1; 16],
        tenant: "".into(),
        caller: Some(if i.is_multiple_of(5) { "jo" } else { "kim" }.into()),
        team: (i % 7 != 6).then(|| if is_small { "support" } else { "search" }.into()),
        tags: [("feature".into(), if i.is_multiple_of(2) { "chat" } else { "summary" }.into())].into(),
        route: Some("default".into()),
        asked: Some(model.into()),
        provider: host.into(),
        host: host.into(),
        model: model.into(),
        tier: ServiceTier::Standard,
        usage,
        source: UsageSource::Provider,
        cost: Some(Usd::from_pico(i128::from(pico))),
        saved: Usd::ZERO,
        saved_by: None,
        queued_us: 100,
        first_byte_us: Some(200_000 + i * 7919 % 400_000),
        total_us: 900_000 + i * 104_729 % 4_000_000,
        outcome: Outcome::Answered,
        status: Some(200),
        error: None,
    };
    let nothing = UsageRecord {
        usage: Usage::default(),
        source: UsageSource::None,
        cost: Some(Usd::ZERO),
        first_byte_us: None,
        total_us: 0,
        ..answered.clone()
    };
    match i % 20 {
        3 => UsageRecord {
            outcome: Outcome::FromCache,
            saved: answered.cost.unwrap_or_default(),
            saved_by: Some(SavedBy::ResponseCache),
            status: None,
            ..nothing
        },
        11 => UsageRecord {
            outcome: Outcome::Failed,
            status: Some(429),
            error: Some("rate_limit_exceeded".into()),
            total_us: 90_000,
            ..nothing
        },
        _ => answered,
    }
}
