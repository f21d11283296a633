//! Gemini's and Vertex' usage metadata, and that of Gemini's interactions. **Inclusive** for the cache: the prompt contains what
//! was read from it. Thoughts stand *beside* the candidates, and input that the provider's own tools fetched
//! (`toolUsePromptTokenCount`) beside the prompt; the counters have both inside.

use serde_json::Value;

use super::count::{Media, Tally, count, count_or_0, nothing_counted, whole_number};
use crate::usage::{Flaw, InclusiveCounts, Reading, Semantics, ServiceTier};

/// Reads such a usage object.
pub(super) fn usage(usage: &Value, provider: Option<&str>) -> Result<Reading, Flaw> {
    let has = |name: &str| usage.get(name).is_some();
    if has("prompt_tokens") || has("completion_tokens") {
        return super::chat_usage::usage(usage, provider);
    }
    if has("total_input_tokens") || has("total_output_tokens") {
        return interactions(usage);
    }
    let stated_total = count(usage, &["totalTokenCount"])?;
    let prompt = count(usage, &["promptTokenCount"])?;
    let candidates = count(usage, &["candidatesTokenCount"])?;
    let thoughts = count_or_0(usage, &["thoughtsTokenCount"])?;
    let tools = count_or_0(usage, &["toolUsePromptTokenCount"])?;
    let cached = count(usage, &["cachedContentTokenCount"])?;
    // What was put into an explicit cache is told as a total alone; it is input.
    if stated_total.is_none() && prompt.is_none() && candidates.is_none() && thoughts == 0 {
        return Err(nothing_counted(usage));
    }
    let is_only_total = prompt.is_none() && candidates.is_none() && thoughts == 0;
    let prompt = if is_only_total { stated_total.unwrap_or(0) } else { prompt.unwrap_or(0) };
    let spent = |details: &[&str], kind| modality(usage, details, kind, "tokenCount");
    let input: &[&str] = &["promptTokensDetails", "promptTokenDetails", "toolUsePromptTokensDetails"];
    let has_cache_details = has("cacheTokensDetails");
    Tally {
        semantics: if cached.is_some() { Semantics::Inclusive } else { Semantics::Unknown },
        counts: InclusiveCounts {
            input: prompt + tools,
            cache_read: cached.unwrap_or(0),
            output: candidates.unwrap_or(0) + thoughts,
            reasoning: thoughts,
            ..InclusiveCounts::default()
        },
        stated_total,
        media: Media {
            audio_in: spent(input, Modality::Audio)?,
            audio_cached: if has_cache_details { Some(spent(&["cacheTokensDetails"], Modality::Audio)?) } else { None },
            image_in: spent(input, Modality::Image)?,
            image_cached: if has_cache_details { Some(spent(&["cacheTokensDetails"], Modality::Image)?) } else { None },
            audio_out: spent(&["candidatesTokensDetails"], Modality::Audio)?,
            image_out: spent(&["candidatesTokensDetails"], Modality::Image)?,
        },
        tier: ["serviceTier", "trafficType"]
            .iter()
            .find_map(|name| ServiceTier::from_wire(usage.get(*name)?.as_str()?)),
        ..Tally::default()
    }
    .reading()
}

/// The same in the spelling of Gemini's interactions.
fn interactions(usage: &Value) -> Result<Reading, Flaw> {
    let thoughts = count_or_0(usage, &["total_thought_tokens"])?;
    let cached = count(usage, &["total_cached_tokens"])?;
    let spent = |details: &str, kind| modality(usage, &[details], kind, "tokens");
    Tally {
        semantics: if cached.is_some() { Semantics::Inclusive } else { Semantics::Unknown },
        counts: InclusiveCounts {
            input: count_or_0(usage, &["total_input_tokens"])? + count_or_0(usage, &["total_tool_use_tokens"])?,
            cache_read: cached.unwrap_or(0),
            output: count_or_0(usage, &["total_output_tokens"])? + thoughts,
            reasoning: thoughts,
            ..InclusiveCounts::default()
        },
        stated_total: count(usage, &["total_tokens"])?,
        media: Media {
            audio_in: spent("input_tokens_by_modality", Modality::Audio)?,
            image_in: spent("input_tokens_by_modality", Modality::Image)?,
            audio_out: spent("output_tokens_by_modality", Modality::Audio)?,
            image_out: spent("output_tokens_by_modality", Modality::Image)?,
            ..Media::default()
        },
        ..Tally::default()
    }
    .reading()
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Modality {
    Audio,
    Image,
}

/// Tokens of a modality in lists of `{"modality", "tokenCount"}`. Documents are read as pictures of their pages, and their cached
/// part is told as images: they count as images here. Vertex' clients write the modality as its number in the protocol
/// buffer: 2 is an image, 4 is audio, 5 a document.
fn modality(usage: &Value, lists: &[&str], wanted: Modality, field: &'static str) -> Result<u64, Flaw> {
    let mut tokens = 0_u64;
    for list in lists {
        for entry in usage.get(*list).and_then(Value::as_array).into_iter().flatten() {
            let kind = entry.get("modality");
            let found = match kind.and_then(Value::as_str) {
                Some("AUDIO" | "audio") => Some(Modality::Audio),
                Some("IMAGE" | "image" | "DOCUMENT" | "document") => Some(Modality::Image),
                Some(_) => None,
                None => match kind.map(whole_number) {
                    Some(Ok(2 | 5)) => Some(Modality::Image),
                    Some(Ok(4)) => Some(Modality::Audio),
                    _ => None,
                },
            };
            if found == Some(wanted) {
                let n = count_or_0(entry, &[field])?;
                tokens = tokens.saturating_add(n);
            }
        }
    }
    Ok(tokens)
}

#[cfg(test)]
mod tests {
    use super::super::generate_content::WIRE;
    use super::super::outline::check_usage;
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn check(usage: &Value, expected: &str) {
        check_usage(&WIRE, "gemini", usage, expected);
    }

    #[test]
    fn thoughts_and_tools_stand_beside() {
        check(
            &json!({"promptTokenCount": 100, "cachedContentTokenCount": 60, "candidatesTokenCount": 20, "thoughtsTokenCount": 30,
                "toolUsePromptTokenCount": 7, "totalTokenCount": 157, "serviceTier": "standard",
                "promptTokensDetails": [{"modality": "AUDIO", "tokenCount": 40}, {"modality": "TEXT", "tokenCount": 60}],
                "cacheTokensDetails": [{"modality": "AUDIO", "tokenCount": 25}]}),
            "in 47+60r+0w+0W out 20+30, audio 15/25/0, tier standard, total 157, inclusive",
        );
    }

    #[test]
    fn modalities_may_be_numbers_and_documents_are_pictures() {
        check(
            &json!({"promptTokenCount": 100, "totalTokenCount": 100, "cachedContentTokenCount": 50,
                "promptTokensDetails": [{"modality": 5, "tokenCount": 90}, {"modality": 1, "tokenCount": 10}],
                "cacheTokensDetails": [{"modality": "IMAGE", "tokenCount": 45}]}),
            "in 50+50r+0w+0W out 0+0, image 45/0/0, total 100, inclusive",
        );
    }

    #[test]
    fn less_than_all_may_be_told() {
        check(&json!({"candidatesTokenCount": 18, "thoughtsTokenCount": 58}), "in 0+0r+0w+0W out 18+58, unknown");
        check(&json!({"totalTokenCount": 1090}), "in 1090+0r+0w+0W out 0+0, total 1090, unknown");
        check(&json!({"trafficType": "ON_DEMAND"}), "flaw: `usage` is no token count: {\"trafficType\":\"ON_DEMAND\"}");
    }

    #[test]
    fn interactions_spell_it_otherwise() {
        check(
            &json!({"total_tokens": 327, "total_input_tokens": 267, "total_cached_tokens": 0, "total_output_tokens": 3,
                "total_tool_use_tokens": 0, "total_thought_tokens": 57,
                "input_tokens_by_modality": [{"modality": "image", "tokens": 258}]}),
            "in 267+0r+0w+0W out 3+57, image 258/0/0, total 327, inclusive",
        );
    }

    proptest! {
        #[test]
        fn parts_sum_to_the_total(prompt in 0_u64..1 << 40, cached in 0_u64..1 << 41, candidates in 0_u64..1 << 30,
                                  thoughts in 0_u64..1 << 30, tools in 0_u64..1 << 20) {
            let total = prompt + candidates + thoughts + tools;
            let value = json!({"promptTokenCount": prompt, "cachedContentTokenCount": cached, "totalTokenCount": total,
                "candidatesTokenCount": candidates, "thoughtsTokenCount": thoughts, "toolUsePromptTokenCount": tools});
            match usage(&value, None) {
                Ok(reading) => {
                    prop_assert_eq!(reading.usage.total(), total);
                    prop_assert_eq!(reading.usage.output_reasoning, thoughts);
                    prop_assert_eq!(reading.flaws, []);
                }
                Err(_) => prop_assert!(cached > prompt + tools),
            }
        }
    }
}
