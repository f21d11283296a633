//! Anthropic's usage object. **Exclusive**: `input_tokens`, cache reads and cache writes stand beside each other; the
//! output contains thinking. Claude on Bedrock uses it too, with Bedrock's own meter beside it.

use serde_json::Value;

use super::chat_usage::{billed, split_writes, tier, web_searches};
use super::count::{Media, Tally, count, count_or_0, nothing_counted};
use crate::usage::{Flaw, InclusiveCounts, Reading, Semantics, ServiceTier};

/// Reads such a usage object.
pub(super) fn usage(usage: &Value, _provider: Option<&str>) -> Result<Reading, Flaw> {
    let mut flaws = Vec::new();
    let [input, output] = [count(usage, &["input_tokens"])?, count(usage, &["output_tokens"])?];
    if input.is_none() && output.is_none() {
        return Err(nothing_counted(usage));
    }
    let read = count(usage, &["cache_read_input_tokens"])?;
    let write = count(usage, &["cache_creation_input_tokens"])?;
    let short = count(usage, &["cache_creation", "ephemeral_5m_input_tokens"])?;
    let long = count_or_0(usage, &["cache_creation", "ephemeral_1h_input_tokens"])?;
    let (cache_write_short, cache_write_long) = split_writes(write, short, long, &mut flaws);
    Tally {
        semantics: if read.is_some() || write.is_some() || short.is_some() {
            Semantics::Exclusive
        } else {
            Semantics::Unknown
        },
        counts: InclusiveCounts {
            input: input.unwrap_or(0),
            cache_read: read.unwrap_or(0),
            cache_write_short,
            cache_write_long,
            output: output.unwrap_or(0),
            reasoning: count_or_0(usage, &["output_tokens_details", "thinking_tokens"])?,
        },
        stated_total: None,
        media: Media::default(),
        web_searches: web_searches(usage)?,
        billed: billed(usage)?,
        // The fast mode is told beside the tier, which stays `standard`.
        tier: match usage.get("speed").and_then(Value::as_str) {
            Some("fast") => Some(ServiceTier::Fast),
            _ => tier(usage),
        },
        region: region(usage),
        flaws,
    }
    .reading()
}

/// Where it ran, if that was asked for: `us` costs more. `global` and `not_available` are the default.
fn region(usage: &Value) -> Option<String> {
    let region = usage.get("inference_geo")?.as_str()?.to_lowercase();
    (!matches!(region.as_str(), "" | "global" | "not_available")).then_some(region)
}

#[cfg(test)]
mod tests {
    use super::super::messages::WIRE;
    use super::super::outline::check_usage;
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn input_and_cache_stand_beside_each_other() {
        check_usage(
            &WIRE,
            "anthropic",
            &json!({"input_tokens": 4, "cache_read_input_tokens": 100, "cache_creation_input_tokens": 30,
                "cache_creation": {"ephemeral_5m_input_tokens": 10, "ephemeral_1h_input_tokens": 20}, "output_tokens": 9,
                "output_tokens_details": {"thinking_tokens": 5}, "service_tier": "standard", "inference_geo": "US",
                "server_tool_use": {"web_search_requests": 2}}),
            "in 4+100r+10w+20W out 4+5, searches 2/0/0, tier standard, region us, exclusive",
        );
    }

    #[test]
    fn a_split_that_does_not_sum_is_noted() {
        check_usage(
            &WIRE,
            "anthropic",
            &json!({"input_tokens": 4, "cache_creation_input_tokens": 30, "output_tokens": 9,
                "cache_creation": {"ephemeral_5m_input_tokens": 10, "ephemeral_1h_input_tokens": 0}}),
            "in 4+0r+30w+0W out 9+0, exclusive, flaws: cache writes by time to live sum to 10, but should be 30",
        );
    }

    proptest! {
        #[test]
        fn parts_sum_to_the_total(input in 0_u64..1 << 53, read in 0_u64..1 << 53, short in 0_u64..1 << 52,
                                  long in 0_u64..1 << 52, output in 0_u64..1 << 53) {
            let value = json!({"input_tokens": input, "cache_read_input_tokens": read, "output_tokens": output,
                "cache_creation_input_tokens": short + long,
                "cache_creation": {"ephemeral_5m_input_tokens": short, "ephemeral_1h_input_tokens": long}});
            let reading = usage(&value, None).unwrap();
            prop_assert_eq!(reading.usage.total(), input + read + short + long + output);
            prop_assert_eq!(reading.usage.cache_write_long, long);
            prop_assert_eq!(reading.flaws, []);
        }
    }
}
