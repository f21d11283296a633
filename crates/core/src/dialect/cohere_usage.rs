//! Cohere's usage object: `billed_units` is what is charged, `tokens` what the model processed (Cohere's own preamble and
//! markers included). The counters here are the **billed** ones, because money is reckoned with them; a source without
//! them is read by its `tokens`, **inclusive** of what the prompt cache held. Beside billed units the cache has no semantics: it
//! is a part of `tokens` alone (often more than what is billed), and Cohere does not bill it differently.

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
    let cached = if is_billed { None } else { count(usage, &["cached_tokens"])? };
    Tally {
        semantics: if cached.is_some() { Semantics::Inclusive } else { Semantics::Unknown },
        counts: InclusiveCounts {
            input: count_or_0(usage, &[side, "input_tokens"])? + images,
            cache_read: cached.unwrap_or(0),
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

#[cfg(test)]
mod tests {
    use super::super::cohere::WIRE;
    use super::super::outline::check_usage;
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn check(usage: &Value, expected: &str) {
        check_usage(&WIRE, "cohere", usage, expected);
    }

    #[test]
    fn what_is_billed_counts() {
        check(
            &json!({"billed_units": {"input_tokens": 8, "output_tokens": 50}, "cached_tokens": 1360,
                "tokens": {"input_tokens": 1394, "output_tokens": 55, "reasoning_tokens": 38}}),
            "in 8+0r+0w+0W out 12+38, unknown",
        );
        check(
            &json!({"tokens": {"input_tokens": 9, "output_tokens": 5}, "cached_tokens": 4}),
            "in 5+4r+0w+0W out 5+0, inclusive",
        );
        check(
            &json!({"billed_units": {"input_tokens": 7, "image_tokens": 3}}),
            "in 10+0r+0w+0W out 0+0, image 3/0/0, unknown",
        );
        check(&json!({"billed_units": {"search_units": 1}}), "in 0+0r+0w+0W out 0+0, unknown");
        check(&json!({}), "flaw: `usage` is no token count: {}");
    }

    #[test]
    fn reasoning_above_the_billed_output_is_noted() {
        check(
            &json!({"billed_units": {"output_tokens": 5}, "tokens": {"output_tokens": 99, "reasoning_tokens": 29}}),
            "in 0+0r+0w+0W out 5+0, unknown, \
             flaws: 29 reasoning tokens exceed the 5 output tokens that should include them",
        );
    }

    proptest! {
        #[test]
        fn parts_sum_to_what_is_billed(input in 0_u64..1 << 50, output in 0_u64..1 << 50, reasoning in 0_u64..1 << 51) {
            let value = json!({"billed_units": {"input_tokens": input, "output_tokens": output},
                "tokens": {"input_tokens": input + 500, "output_tokens": output + 3, "reasoning_tokens": reasoning}});
            prop_assert_eq!(usage(&value, None).unwrap().usage.total(), input + output);
        }
    }
}
