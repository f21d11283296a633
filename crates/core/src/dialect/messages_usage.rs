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
