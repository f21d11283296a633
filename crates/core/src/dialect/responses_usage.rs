//! Usage objects with `input_tokens` and `input_tokens_details`: OpenAI responses and the providers compatible with them.
//! **Inclusive**: the input contains cache reads and writes, the output contains reasoning.

use serde_json::Value;

use super::chat_usage::{billed, tier, web_searches};
use super::count::{Media, Tally, count, count_or_0, first_count, nothing_counted};
use crate::usage::{Flaw, InclusiveCounts, Reading, Semantics};

/// Reads such a usage object.
pub(super) fn usage(usage: &Value, provider: Option<&str>) -> Result<Reading, Flaw> {
    if usage.get("prompt_tokens").is_some() && usage.get("input_tokens").is_none() {
        return super::chat_usage::usage(usage, provider);
    }
    let [input, output, stated_total] =
        [count(usage, &["input_tokens"])?, count(usage, &["output_tokens"])?, count(usage, &["total_tokens"])?];
    if input.is_none() && output.is_none() && stated_total.is_none() {
        return Err(nothing_counted(usage));
    }
    let read = first_count(usage, &[&["input_tokens_details", "cached_tokens"], &["cached_tokens"]])?;
    let write = count(usage, &["input_tokens_details", "cache_write_tokens"])?;
    let details = |name| count_or_0(usage, &["input_tokens_details", name]);
    Tally {
        semantics: if read.is_some() || write.is_some() { Semantics::Inclusive } else { Semantics::Unknown },
        counts: InclusiveCounts {
            input: input.unwrap_or(0),
            cache_read: read.unwrap_or(0),
            cache_write_short: write.unwrap_or(0),
            cache_write_long: 0,
            output: output.unwrap_or(0),
            reasoning: count_or_0(usage, &["output_tokens_details", "reasoning_tokens"])?,
        },
        stated_total,
        media: Media {
            audio_in: details("audio_tokens")?,
            audio_cached: count(usage, &["input_tokens_details", "cached_tokens_details", "audio_tokens"])?,
            image_in: details("image_tokens")?,
            image_cached: count(usage, &["input_tokens_details", "cached_tokens_details", "image_tokens"])?,
            audio_out: count_or_0(usage, &["output_tokens_details", "audio_tokens"])?,
            image_out: count_or_0(usage, &["output_tokens_details", "image_tokens"])?,
        },
        web_searches: web_searches(usage)?,
        billed: billed(usage)?,
        tier: tier(usage),
        region: None,
        flaws: Vec::new(),
    }
    .reading()
}

#[cfg(test)]
mod tests {
    use super::super::outline::check_usage;
    use super::super::responses::WIRE;
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn cache_and_reasoning_are_inside() {
        check_usage(
            &WIRE,
            "openai",
            &json!({"input_tokens": 100, "input_tokens_details": {"cached_tokens": 60, "cache_write_tokens": 30},
                "output_tokens": 50, "output_tokens_details": {"reasoning_tokens": 40}, "total_tokens": 150}),
            "in 10+60r+30w+0W out 10+40, total 150, inclusive",
        );
    }

    #[test]
    fn xai_bills_searches_and_states_the_price_in_ticks() {
        check_usage(
            &WIRE,
            "xai",
            &json!({"input_tokens": 5689, "input_tokens_details": {"cached_tokens": 2048}, "output_tokens": 444,
                "total_tokens": 6133, "cost_in_usd_ticks": 160_708_500_u64,
                "server_side_tool_usage_details": {"web_search_calls": 2, "x_search_calls": 1}}),
            "in 3641+2048r+0w+0W out 444+0, searches 3/0/0, billed 0.01607085, total 6133, inclusive",
        );
    }

    proptest! {
        #[test]
        fn parts_sum_to_the_total(input in 0_u64..1 << 40, output in 0_u64..1 << 30, read in 0_u64..1 << 41,
                                  reasoning in 0_u64..1 << 31) {
            let value = json!({"input_tokens": input, "input_tokens_details": {"cached_tokens": read},
                "output_tokens": output, "output_tokens_details": {"reasoning_tokens": reasoning},
                "total_tokens": input + output});
            match usage(&value, None) {
                Ok(reading) => {
                    prop_assert_eq!(reading.usage.total(), input + output);
                    prop_assert_eq!(reading.flaws, []);
                }
                Err(_) => prop_assert!(read > input || reasoning > output),
            }
        }
    }
}
