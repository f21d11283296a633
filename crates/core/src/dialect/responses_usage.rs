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
