//! Groups as rows of a spreadsheet. Money is decimal dollars, times are milliseconds, names that look like formulas are marked as text.

use promptopt::ledger::report::{Group, UsageReport};

use crate::render::csv::text;

const HEADER: &str = "name,attempts,answered,from_cache,coalesced,failed,input_tokens,cache_read_tokens,cache_write_tokens,\
                      output_tokens,reasoning_tokens,cost_usd,unpriced,reserved_usd,saved_usd,p50_ms,p95_ms,first_byte_p50_ms,\
                      first_byte_p95_ms,scores,mean_score_permille";

/// The groups, a row each.
pub(crate) fn csv(report: &UsageReport) -> String {
    let mut out = format!("{HEADER}\n");
    for group in &report.groups {
        out.push_str(&row(group));
    }
    out
}

fn row(group: &Group) -> String {
    let time = |ms: Option<u64>| ms.map(|ms| ms.to_string()).unwrap_or_default();
    let cells = [
        group.name.as_deref().map(text).unwrap_or_default(),
        group.attempts.to_string(),
        group.answered.to_string(),
        group.from_cache.to_string(),
        group.coalesced.to_string(),
        group.failed.to_string(),
        group.input_tokens.to_string(),
        group.cache_read_tokens.to_string(),
        group.cache_write_tokens.to_string(),
        group.output_tokens.to_string(),
        group.reasoning_tokens.to_string(),
        group.cost_usd.to_decimal(),
        group.unpriced.to_string(),
        group.reserved_usd.to_decimal(),
        group.saved_usd.to_decimal(),
        time(group.latency.map(|times| times.p50_ms)),
        time(group.latency.map(|times| times.p95_ms)),
        time(group.first_byte.map(|times| times.p50_ms)),
        time(group.first_byte.map(|times| times.p95_ms)),
        time(group.feedback.map(|rating| rating.n)),
        time(group.feedback.map(|rating| rating.mean_permille)),
    ];
    cells.join(",") + "\n"
}
