//! Cohere's usage object: `billed_units` is what is charged, `tokens` what the model processed (Cohere's own preamble and
//! markers included). The counters here are the **billed** ones, because money is reckoned with them; a source without
//! them is read by its `tokens`. No semantics to tell: what the prompt cache held is a part of `tokens` alone (often more than
//! what is billed), and Cohere does not bill it differently.

use serde_json::Value;

use super::count::{Media, Tally, count, count_or_0, nothing_counted};
use crate::usage::{Flaw, InclusiveCounts, Reading, Semantics};

/// Reads such a usage object, of chat, generate, embed or rerank. Reranking is billed by the search, so that its tokens
/// are 0.
pub(super) fn usage(usage: &Value, provider: Option<&str>) -> Result<Reading, Flaw> {
    let has = |name: &str| usage.get(name).is_some();
    if has("prompt_tokens") {
        return super::chat_usage::usage(usage, provider);
    }
    let is_billed = usage.get("billed_units").is_some_and(Value::is_object);
    if !is_billed && !usage.get("tokens").is_some_and(Value::is_object) {
        return Err(nothing_counted(usage));
    }
    let side = if is_billed { "billed_units" } else { "tokens" };
    // Embeddings count images beside the text.
    let images = count_or_0(usage, &["billed_units", "image_tokens"])?;
    let output = count_or_0(usage, &[side, "output_tokens"])?;
    let told = count_or_0(usage, &["tokens", "reasoning_tokens"])?;
    let mut flaws = Vec::new();
    let reasoning = if is_billed && told > output {
        // Cohere does not say which of the billed output was reasoning; here it cannot have been all of it.
        flaws.push(Flaw::ReasoningAboveOutput { reasoning: told, output });
        0
    } else {
        told
    };
    Tally {
        semantics: Semantics::Unknown,
        counts: InclusiveCounts {
            input: count_or_0(usage, &[side, "input_tokens"])? + images,
            cache_read: if is_billed { 0 } else { count(usage, &["cached_tokens"])?.unwrap_or(0) },
            output,
            reasoning,
            ..InclusiveCounts::default()
        },
        media: Media { image_in: images, ..Media::default() },
        flaws,
        ..Tally::default()
    }
    .reading()
}
