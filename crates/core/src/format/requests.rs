//! Bare request bodies, one a line: what the formats of the single dialects have in common.

use serde_json::Value;

use crate::error::Result;
use crate::format::exchange::Exchange;
use crate::format::{Line, Origin, Record, json, when};

/// Reads a body, with an instant and labels where loggers put them beside the fields of the request. The dialect follows
/// from the body, also when the user named another one's format: a file may mix them.
pub(super) fn read(line: &Line<'_>, records: &mut Vec<Record>) -> Result<()> {
    let whole = |line: &Line<'_>| record(line, &json::object(line)?);
    records.push(match line.known.and_then(|known| known.read(line, whole)) {
        Some(record) => record,
        None => whole(line)?,
    });
    Ok(())
}

/// The record of a request body.
pub(super) fn record(line: &Line<'_>, body: &Value) -> Result<Record> {
    let mut record = Record {
        origin: Origin::of(line),
        at: when::from_fields(body, &["timestamp", "created_at", "created", "time"]),
        ..Record::default()
    };
    json::tag(&mut record.tags, "user", body.get("user"));
    json::tag_all(&mut record.tags, body.get("metadata"));
    record.fill(Exchange { request: Some(body), ..Exchange::default() })?;
    Ok(record)
}

/// True if a body has messages of the chat or the messages dialect.
pub(super) fn has_messages(body: &Value) -> bool {
    json::array(body, "messages")
        .is_some_and(|messages| messages.first().is_none_or(|message| message.get("role").is_some()))
}
