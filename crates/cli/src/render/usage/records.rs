//! Records for a spreadsheet or a program. Token columns are named as `promptopt estimate` reads them, so that an export can be estimated.

use promptopt::ledger::UsageRecord;
use promptopt::usd::Usd;
use serde::Serialize;
use serde_json::{Value, json};

use crate::render::csv::text;

/// Names of the columns. `input_tokens` includes what was read from and written to the provider's prompt cache.
pub(crate) const CSV_HEADER: &str = "id,call,timestamp,tenant,caller,team,tags,route,asked,provider,host,model,service_tier,input_tokens,\
                                     cache_read_tokens,cache_write_tokens,cache_write_1h_tokens,output_tokens,reasoning_tokens,\
                                     usage_from,cost_usd,saved_usd,saved_by,queued_us,first_byte_us,total_us,outcome,status,error,\
                                     request,template\n";

/// A row.
pub(crate) fn csv_row(record: &UsageRecord) -> String {
    let some = |name: Option<&str>| name.map(text).unwrap_or_default();
    let number = |n: Option<u64>| n.map(|n| n.to_string()).unwrap_or_default();
    let tags: Vec<String> = record.tags.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let usage = &record.usage;
    let cells = [
        record.id.to_string(),
        record.call.to_string(),
        record.at.to_string(),
        text(&record.tenant),
        some(record.caller.as_deref()),
        some(record.team.as_deref()),
        text(&tags.join(";")),
        some(record.route.as_deref()),
        some(record.asked.as_deref()),
        text(&record.provider),
        text(&record.host),
        text(&record.model),
        record.tier.name().to_owned(),
        usage.input().to_string(),
        usage.cache_read.to_string(),
        usage.cache_write_short.to_string(),
        usage.cache_write_long.to_string(),
        usage.output().to_string(),
        usage.output_reasoning.to_string(),
        name(record.source),
        record.cost.map(Usd::to_decimal).unwrap_or_default(),
        record.saved.to_decimal(),
        record.saved_by.map(name).unwrap_or_default(),
        record.queued_us.to_string(),
        number(record.first_byte_us),
        record.total_us.to_string(),
        name(record.outcome),
        number(record.status.map(u64::from)),
        some(record.error.as_deref()),
        hex(record.request),
        hex(record.template),
    ];
    cells.join(",") + "\n"
}

/// A line.
pub(crate) fn json_line(record: &UsageRecord) -> String {
    let line = json!({
        "id": record.id.to_string(),
        "call": record.call.to_string(),
        "timestamp": record.at.to_string(),
        "tenant": record.tenant,
        "caller": record.caller,
        "team": record.team,
        "tags": record.tags,
        "route": record.route,
        "asked": record.asked,
        "provider": record.provider,
        "host": record.host,
        "model": record.model,
        "service_tier": record.tier,
        "usage": record.usage,
        "usage_from": record.source,
        "cost_usd": record.cost,
        "saved_usd": record.saved,
        "saved_by": record.saved_by,
        "queued_us": record.queued_us,
        "first_byte_us": record.first_byte_us,
        "total_us": record.total_us,
        "outcome": record.outcome,
        "status": record.status,
        "error": record.error,
        "request": hex(record.request),
        "template": hex(record.template),
    });
    line.to_string() + "\n"
}

fn name(variant: impl Serialize) -> String {
    match serde_json::to_value(variant) {
        Ok(Value::String(name)) => name,
        _ => String::new(),
    }
}

fn hex(digest: [u8; 16]) -> String {
    format!("{:032x}", u128::from_be_bytes(digest))
}
