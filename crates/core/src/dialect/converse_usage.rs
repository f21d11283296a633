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

#[cfg(test)]
mod tests {
    use super::super::converse::WIRE;
    use super::super::outline::check_usage;
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn both_spellings_are_counted_once() {
        check_usage(
            &WIRE,
            "bedrock",
            &json!({"inputTokens": 11, "outputTokens": 264, "totalTokens": 1303, "cacheReadInputTokens": 0,
                "cacheReadInputTokenCount": 0, "cacheWriteInputTokens": 1028, "cacheWriteInputTokenCount": 1028,
                "cacheDetails": [{"inputTokens": 1000, "ttl": "1h"}, {"inputTokens": 28, "ttl": "5m"}]}),
            "in 11+0r+28w+1000W out 264+0, total 1303, exclusive",
        );
    }

    #[test]
    fn a_total_that_is_not_the_sum_is_noted() {
        check_usage(
            &WIRE,
            "bedrock",
            &json!({"inputTokens": 1, "outputTokens": 2, "totalTokens": 4}),
            "in 1+0r+0w+0W out 2+0, total 4, unknown, flaws: the parts sum to 3 tokens, the stated total is 4",
        );
    }

    proptest! {
        #[test]
        fn parts_sum_to_the_total(input in 0_u64..1 << 50, read in 0_u64..1 << 50, write in 0_u64..1 << 50,
                                  output in 0_u64..1 << 50) {
            let total = input + read + write + output;
            let value = json!({"inputTokens": input, "outputTokens": output, "totalTokens": total,
                "cacheReadInputTokens": read, "cacheWriteInputTokenCount": write});
            let reading = usage(&value, None).unwrap();
            prop_assert_eq!(reading.usage.total(), total);
            prop_assert_eq!(reading.flaws, []);
        }
    }
}
