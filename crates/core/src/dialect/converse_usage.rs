//! Bedrock converse's usage object. **Exclusive**: `inputTokens`, cache reads and cache writes stand beside each other, and
//! `totalTokens` is the sum of all. Reasoning is not told apart from the output.

use serde_json::Value;

use super::chat_usage::split_writes;
use super::count::{Tally, count, count_or_0, first_count, nothing_counted};
use crate::usage::{Flaw, InclusiveCounts, Reading, Semantics};

/// Reads such a usage object, in both spellings of the cache figures.
pub(super) fn usage(usage: &Value, provider: Option<&str>) -> Result<Reading, Flaw> {
    let has = |name: &str| usage.get(name).is_some();
    if has("prompt_tokens") {
        return super::chat_usage::usage(usage, provider);
    }
    if has("input_tokens") {
        return super::messages_usage::usage(usage, provider);
    }
    let mut flaws = Vec::new();
    let [input, output] = [count(usage, &["inputTokens"])?, count(usage, &["outputTokens"])?];
    if input.is_none() && output.is_none() {
        // A stream's meter, where the answer's own usage is missing.
        if has("inputTokenCount") || has("outputTokenCount") {
            return super::invoke_usage::usage(usage, provider);
        }
        return Err(nothing_counted(usage));
    }
    let read = first_count(usage, &[&["cacheReadInputTokens"], &["cacheReadInputTokenCount"]])?;
    let write = first_count(usage, &[&["cacheWriteInputTokens"], &["cacheWriteInputTokenCount"]])?;
    let (short, long) = writes_by_ttl(usage)?;
    let (cache_write_short, cache_write_long) = split_writes(write, short, long, &mut flaws);
    Tally {
        semantics: if read.is_some() || write.is_some() { Semantics::Exclusive } else { Semantics::Unknown },
        counts: InclusiveCounts {
            input: input.unwrap_or(0),
            cache_read: read.unwrap_or(0),
            cache_write_short,
            cache_write_long,
            output: output.unwrap_or(0),
            reasoning: 0,
        },
        stated_total: count(usage, &["totalTokens"])?,
        flaws,
        ..Tally::default()
    }
    .reading()
}

/// `cacheDetails`: writes by time to live.
fn writes_by_ttl(usage: &Value) -> Result<(Option<u64>, u64), Flaw> {
    let Some(details) = usage.get("cacheDetails").and_then(Value::as_array) else { return Ok((None, 0)) };
    let (mut short, mut long) = (0_u64, 0_u64);
    for detail in details {
        let tokens = count_or_0(detail, &["inputTokens"])?;
        let side = if detail.get("ttl").and_then(Value::as_str) == Some("1h") { &mut long } else { &mut short };
        *side = side.saturating_add(tokens);
    }
    Ok((Some(short), long))
}
