//! Records as rows of `SQLite`, there and back. Money is whole pico-dollars, instants are microseconds since the epoch, ids and digests are
//! 16 bytes. All SQL is fixed text with bound values.

use std::sync::Arc;

use rusqlite::{Connection, Row, Statement, params};

use super::record::{AttemptId, Feedback, Outcome, SavedBy, UsageRecord, UsageSource};
use crate::clock::Timestamp;
use crate::labels::Tags;
use crate::usage::{ServiceTier, Usage};
use crate::usd::Usd;

/// The form of the tables; rises with each change, and `MIGRATIONS` say how.
pub(super) const VERSION: i64 = 1;

/// What makes each version of the one before it.
pub(super) const MIGRATIONS: [&str; 1] = ["
CREATE TABLE attempt (
  id BLOB PRIMARY KEY, call BLOB NOT NULL, at INTEGER NOT NULL,
  request BLOB NOT NULL, template BLOB NOT NULL,
  tenant TEXT NOT NULL, caller TEXT, team TEXT, tags TEXT NOT NULL, route TEXT, asked TEXT,
  provider TEXT NOT NULL, host TEXT NOT NULL, model TEXT NOT NULL, tier TEXT NOT NULL,
  input_fresh INTEGER NOT NULL, cache_read INTEGER NOT NULL, cache_write_short INTEGER NOT NULL,
  cache_write_long INTEGER NOT NULL, output_visible INTEGER NOT NULL, output_reasoning INTEGER NOT NULL,
  usage TEXT NOT NULL, source TEXT NOT NULL,
  cost_pico INTEGER, saved_pico INTEGER NOT NULL, saved_by TEXT,
  queued_us INTEGER NOT NULL, first_byte_us INTEGER, total_us INTEGER NOT NULL,
  outcome TEXT NOT NULL, status INTEGER, error TEXT
) WITHOUT ROWID;
CREATE INDEX attempt_at ON attempt (at);
CREATE INDEX attempt_call ON attempt (call);
CREATE TABLE feedback (call BLOB NOT NULL, at INTEGER NOT NULL, permille INTEGER NOT NULL, label TEXT);
CREATE INDEX feedback_call ON feedback (call);
CREATE TABLE prompt (call BLOB PRIMARY KEY, at INTEGER NOT NULL, request TEXT NOT NULL, answer TEXT) WITHOUT ROWID;
"];

const INSERT: &str = "INSERT OR IGNORE INTO attempt VALUES
 (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,?16,?17,?18,?19,?20,?21,?22,?23,?24,?25,?26,?27,?28,?29,?30,?31,?32)";

/// All columns, in the order of [`read`].
pub(super) const COLUMNS: &str =
    "id,call,at,request,template,tenant,caller,team,tags,route,asked,provider,host,model,tier,
 usage,source,cost_pico,saved_pico,saved_by,queued_us,first_byte_us,total_us,outcome,status,error";

/// The statement that inserts a record. A record whose id is there already changes nothing: an attempt settles once.
pub(super) fn insert(connection: &Connection) -> rusqlite::Result<rusqlite::CachedStatement<'_>> {
    connection.prepare_cached(INSERT)
}

/// Inserts a record.
pub(super) fn put(statement: &mut Statement<'_>, record: &UsageRecord) -> rusqlite::Result<()> {
    let usage = &record.usage;
    statement.execute(params![
        record.id.0.to_be_bytes(),
        record.call.0.to_be_bytes(),
        record.at.as_microsecond(),
        record.request,
        record.template,
        &*record.tenant,
        record.caller.as_deref(),
        record.team.as_deref(),
        json(&record.tags),
        record.route.as_deref(),
        record.asked.as_deref(),
        &*record.provider,
        &*record.host,
        &*record.model,
        record.tier.name(),
        whole(usage.input_fresh),
        whole(usage.cache_read),
        whole(usage.cache_write_short),
        whole(usage.cache_write_long),
        whole(usage.output_visible),
        whole(usage.output_reasoning),
        json(usage),
        name(record.source),
        record.cost.map(pico),
        pico(record.saved),
        record.saved_by.map(name),
        whole(record.queued_us),
        record.first_byte_us.map(whole),
        whole(record.total_us),
        name(record.outcome),
        record.status,
        record.error.as_deref(),
    ])?;
    Ok(())
}

/// Stores what somebody said of a call. False if the ledger has no such call.
pub(super) fn put_feedback(connection: &Connection, feedback: &Feedback) -> rusqlite::Result<bool> {
    let call = feedback.call.0.to_be_bytes();
    let is_known: bool = connection
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM attempt WHERE call = ?1)")?
        .query_row([call], |row| row.get(0))?;
    if is_known {
        connection.prepare_cached("INSERT INTO feedback VALUES (?1, ?2, ?3, ?4)")?.execute(params![
            call,
            feedback.at.as_microsecond(),
            feedback.permille,
            feedback.label.as_deref()
        ])?;
    }
    Ok(is_known)
}

/// Reads a row of [`COLUMNS`].
pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<UsageRecord> {
    let text = |index: usize| row.get::<_, Option<String>>(index).map(|text| text.map(Arc::<str>::from));
    let must = |index: usize| row.get::<_, String>(index).map(Arc::<str>::from);
    let count = |index: usize| row.get::<_, i64>(index).map(i64::unsigned_abs);
    let tags: Tags = serde_json::from_str(&row.get::<_, String>(8)?).unwrap_or_default();
    let usage: Usage = serde_json::from_str(&row.get::<_, String>(15)?).unwrap_or_default();
    Ok(UsageRecord {
        id: AttemptId(u128::from_be_bytes(row.get(0)?)),
        call: AttemptId(u128::from_be_bytes(row.get(1)?)),
        at: Timestamp::from_microsecond(row.get(2)?).unwrap_or(Timestamp::UNIX_EPOCH),
        request: row.get(3)?,
        template: row.get(4)?,
        tenant: must(5)?,
        caller: text(6)?,
        team: text(7)?,
        tags,
        route: text(9)?,
        asked: text(10)?,
        provider: must(11)?,
        host: must(12)?,
        model: must(13)?,
        tier: ServiceTier::from_wire(&must(14)?).unwrap_or_default(),
        usage,
        source: from_name(&must(16)?).unwrap_or(UsageSource::Counted),
        cost: row.get::<_, Option<i64>>(17)?.map(|pico| Usd::from_pico(i128::from(pico))),
        saved: Usd::from_pico(i128::from(row.get::<_, i64>(18)?)),
        saved_by: text(19)?.and_then(|name| from_name::<SavedBy>(&name)),
        queued_us: count(20)?,
        first_byte_us: row.get::<_, Option<i64>>(21)?.map(i64::unsigned_abs),
        total_us: count(22)?,
        outcome: from_name(&must(23)?).unwrap_or(Outcome::Failed),
        status: row.get(24)?,
        error: text(25)?,
    })
}

/// The name under which a variant is stored: that of its serde form.
pub(super) fn name<T: serde::Serialize>(variant: T) -> String {
    match serde_json::to_value(variant) {
        Ok(serde_json::Value::String(name)) => name,
        _ => String::new(),
    }
}

fn from_name<T: serde::de::DeserializeOwned>(name: &str) -> Option<T> {
    serde_json::from_value(serde_json::Value::from(name)).ok()
}

fn json<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_else(|_| "{}".to_owned())
}

fn whole(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// Up to some nine million dollars an attempt.
fn pico(usd: Usd) -> i64 {
    i64::try_from(usd.pico()).unwrap_or(i64::MAX)
}
