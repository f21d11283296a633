//! Usage objects with `prompt_tokens` and `completion_tokens`: chat completions, text completions and embeddings of OpenAI
//! and of the providers compatible with it. **Inclusive**: the prompt contains cache reads and writes, the completion
//! contains reasoning; where a provider counts reasoning or audio beside them instead, its own total shows it.

use serde_json::Value;

use super::count::{Media, Tally, count, count_or_0, dollars, first_count, nothing_counted};
use crate::usage::{Flaw, InclusiveCounts, Reading, Semantics, ServiceTier};
use crate::usd::Usd;

/// Reads such a usage object; one in the spelling of another dialect is handed to that dialect's reader.
pub(super) fn usage(usage: &Value, provider: Option<&str>) -> Result<Reading, Flaw> {
    let has = |name: &str| usage.get(name).is_some();
    if !has("prompt_tokens") && !has("completion_tokens") {
        if has("input_tokens") {
            return super::responses_usage::usage(usage, provider);
        }
        if has("prompt_eval_count") || has("eval_count") {
            return super::ollama::usage(usage, provider);
        }
        if has("billed_units") || has("tokens") {
            return super::cohere_usage::usage(usage, provider);
        }
    }
    let tally = tally(usage, provider)?;
    tally.reading()
}

fn tally(usage: &Value, provider: Option<&str>) -> Result<Tally, Flaw> {
    let prompt = count(usage, &["prompt_tokens"])?;
    let completion = count(usage, &["completion_tokens"])?;
    let stated_total = count(usage, &["total_tokens"])?;
    if prompt.is_none() && completion.is_none() && stated_total.is_none() {
        return Err(nothing_counted(usage));
    }
    let completion = completion.unwrap_or(0);
    // Voyage and OpenRouter's rerankers state the total alone; all of it is input.
    let prompt = prompt.unwrap_or_else(|| stated_total.map_or(0, |total| total.saturating_sub(completion)));

    let mut flaws = Vec::new();
    let cache = cache(usage, prompt, &mut flaws)?;
    let reasoning = first_count(
        usage,
        &[
            &["completion_tokens_details", "reasoning_tokens"],
            // Writer's spelling.
            &["completion_token_details", "reasoning_tokens"],
            // Perplexity's deep research.
            &["reasoning_tokens"],
        ],
    )?
    .unwrap_or(0);
    let audio_in =
        first_count(usage, &[&["prompt_tokens_details", "audio_tokens"], &["audio_prompt_tokens"]])?.unwrap_or(0);
    let citations = count_or_0(usage, &["citation_tokens"])?;

    let mut counts = InclusiveCounts { input: prompt, output: completion, reasoning, ..cache.counts };
    let beside = stated_total.and_then(|total| total.checked_sub(prompt + completion)).filter(|rest| *rest > 0);
    if citations > 0 || usage.get("num_search_queries").is_some() {
        // Perplexity bills the pages it read and the reasoning over them beside prompt and completion.
        counts.input += citations;
        counts.output += reasoning;
    } else if beside == Some(reasoning) {
        // xAI's chat completions count reasoning beside the completion.
        counts.output += reasoning;
    } else if beside == Some(audio_in) {
        // Mistral counts audio beside the prompt.
        counts.input += audio_in;
    } else if let Some(rest) = beside.filter(|_| reasoning == 0 && is_google(provider)) {
        // Gemini's compatible endpoint has its thoughts in the total alone.
        counts.output += rest;
        counts.reasoning = rest;
    }

    Ok(Tally {
        semantics: if cache.is_told { Semantics::Inclusive } else { Semantics::Unknown },
        counts,
        stated_total,
        media: Media {
            audio_in,
            audio_cached: first_count(
                usage,
                &[
                    &["prompt_tokens_details", "cached_tokens_details", "audio_tokens"],
                    &["prompt_tokens_details", "cached_audio_tokens"],
                ],
            )?,
            image_in: count_or_0(usage, &["prompt_tokens_details", "image_tokens"])?,
            image_cached: count(usage, &["prompt_tokens_details", "cached_tokens_details", "image_tokens"])?,
            audio_out: count_or_0(usage, &["completion_tokens_details", "audio_tokens"])?,
            image_out: count_or_0(usage, &["completion_tokens_details", "image_tokens"])?,
        },
        web_searches: web_searches(usage)?,
        billed: billed(usage)?,
        tier: tier(usage),
        region: None,
        flaws,
    })
}

struct Cache {
    counts: InclusiveCounts,
    is_told: bool,
}

/// Cache reads and writes in all their spellings.
fn cache(usage: &Value, prompt: u64, flaws: &mut Vec<Flaw>) -> Result<Cache, Flaw> {
    let hit = count(usage, &["prompt_cache_hit_tokens"])?;
    let miss = count(usage, &["prompt_cache_miss_tokens"])?;
    if let (Some(hit), Some(miss)) = (hit, miss)
        && hit + miss != prompt
    {
        flaws.push(Flaw::SplitDiffers { what: "cache hits and misses", parts: hit + miss, whole: prompt });
    }
    let detailed =
        first_count(usage, &[&["prompt_tokens_details", "cached_tokens"], &["prompt_token_details", "cached_tokens"]])?;
    if let (Some(hit), Some(detailed)) = (hit, detailed)
        && hit != detailed
    {
        flaws.push(Flaw::SplitDiffers { what: "cached tokens", parts: detailed, whole: hit });
    }
    let read = match hit.or(detailed) {
        Some(n) => Some(n),
        // Together and Moonshot have it at the top; proxies such as LiteLLM add Anthropic's spelling.
        None => first_count(usage, &[&["cached_tokens"], &["cache_read_input_tokens"]])?,
    };
    let write = first_count(
        usage,
        &[
            &["prompt_tokens_details", "cache_write_tokens"],
            &["prompt_tokens_details", "cache_creation_tokens"],
            &["cache_creation_input_tokens"],
        ],
    )?;
    let long = first_count(
        usage,
        &[
            &["cache_creation", "ephemeral_1h_input_tokens"],
            &["prompt_tokens_details", "cache_creation", "ephemeral_1h_input_tokens"],
        ],
    )?
    .unwrap_or(0);
    let short = first_count(
        usage,
        &[
            &["cache_creation", "ephemeral_5m_input_tokens"],
            &["prompt_tokens_details", "cache_creation", "ephemeral_5m_input_tokens"],
        ],
    )?;
    let (short, long) = split_writes(write, short, long, flaws);
    Ok(Cache {
        is_told: read.is_some() || write.is_some() || short + long > 0,
        counts: InclusiveCounts {
            cache_read: read.unwrap_or(0),
            cache_write_short: short,
            cache_write_long: long,
            ..InclusiveCounts::default()
        },
    })
}

/// Cache writes by time to live. Where the split does not sum to the whole, the whole is believed and the split noted.
pub(super) fn split_writes(whole: Option<u64>, short: Option<u64>, long: u64, flaws: &mut Vec<Flaw>) -> (u64, u64) {
    match (whole, short) {
        (None, short) => (short.unwrap_or(0), long),
        (Some(whole), Some(short)) if short.saturating_add(long) == whole => (short, long),
        (Some(whole), None) if long <= whole => (whole - long, long),
        (Some(whole), short) => {
            // Streams state the split once, at their start, and the whole again at their end.
            let parts = short.unwrap_or(0).saturating_add(long);
            if parts > 0 {
                flaws.push(Flaw::SplitDiffers { what: "cache writes by time to live", parts, whole });
            }
            (whole, 0)
        }
    }
}

/// What was charged: OpenRouter's `cost`, Perplexity's cost object, xAI's ticks.
pub(super) fn billed(usage: &Value) -> Result<Option<Usd>, Flaw> {
    // A tick is 10⁻¹⁰ dollars. Resellers of xAI's models leave 0 in the field: no charge is told then.
    if let Some(ticks) = count(usage, &["cost_in_usd_ticks"])?.filter(|ticks| *ticks > 0) {
        return Ok(Some(Usd::from_pico(i128::from(ticks) * 100)));
    }
    if usage.get("cost").is_some_and(Value::is_object) {
        return dollars(usage, &["cost", "total_cost"]);
    }
    let Some(cost) = dollars(usage, &["cost"])? else { return Ok(None) };
    // With the caller's own key, `cost` is the reseller's fee alone and the provider charges the rest.
    if usage.get("is_byok").and_then(Value::as_bool) == Some(true) {
        let upstream = dollars(usage, &["cost_details", "upstream_inference_cost"])?.unwrap_or_default();
        return Ok(Some(cost.saturating_add(upstream)));
    }
    Ok(Some(cost))
}

/// Searches billed apiece, in all their spellings.
pub(super) fn web_searches(usage: &Value) -> Result<u64, Flaw> {
    if let Some(calls) = usage.get("server_side_tool_usage_details").filter(|calls| calls.is_object()) {
        return Ok(count_or_0(calls, &["web_search_calls"])? + count_or_0(calls, &["x_search_calls"])?);
    }
    Ok(first_count(
        usage,
        &[
            &["server_tool_use", "web_search_requests"],
            &["server_tool_use_details", "web_search_requests"],
            &["prompt_tokens_details", "web_search_requests"],
            &["num_search_queries"],
        ],
    )?
    .unwrap_or(0))
}

/// The tier, where the usage object names it (Mistral, Anthropic).
pub(super) fn tier(usage: &Value) -> Option<ServiceTier> {
    ServiceTier::from_wire(usage.get("service_tier")?.as_str()?)
}

fn is_google(provider: Option<&str>) -> bool {
    provider.is_some_and(|provider| ["gemini", "google", "vertex"].iter().any(|name| provider.contains(name)))
}

#[cfg(test)]
mod tests {
    use super::super::chat::WIRE;
    use super::super::outline::check_usage;
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn check(provider: &str, usage: impl Into<Value>, expected: &str) {
        check_usage(&WIRE, provider, &usage.into(), expected);
    }

    #[test]
    fn openai() {
        check(
            "openai",
            json!({"prompt_tokens": 100, "completion_tokens": 50, "total_tokens": 150,
                "prompt_tokens_details": {"cached_tokens": 60, "cache_write_tokens": 10, "audio_tokens": 20,
                    "cached_tokens_details": {"audio_tokens": 5}},
                "completion_tokens_details": {"reasoning_tokens": 30, "audio_tokens": 8}}),
            "in 30+60r+10w+0W out 20+30, audio 15/5/8, total 150, inclusive",
        );
    }

    #[test]
    fn deepseek_states_hits_and_misses() {
        check(
            "deepseek",
            json!({"prompt_tokens": 10, "completion_tokens": 2, "total_tokens": 12, "prompt_cache_hit_tokens": 8,
                "prompt_cache_miss_tokens": 2}),
            "in 2+8r+0w+0W out 2+0, total 12, inclusive",
        );
        check(
            "deepseek",
            json!({"prompt_tokens": 10, "completion_tokens": 2, "prompt_cache_hit_tokens": 8, "prompt_cache_miss_tokens": 3}),
            "in 2+8r+0w+0W out 2+0, inclusive, flaws: cache hits and misses sum to 11, but should be 10",
        );
    }

    #[test]
    fn the_total_shows_what_is_counted_beside() {
        let reasoning = json!({"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 45,
            "completion_tokens_details": {"reasoning_tokens": 30}});
        check("xai", reasoning, "in 10+0r+0w+0W out 5+30, total 45, unknown");
        let audio = json!({"prompt_tokens": 9, "completion_tokens": 5, "total_tokens": 64,
            "prompt_tokens_details": {"audio_tokens": 50}});
        check("mistral", audio, "in 59+0r+0w+0W out 5+0, audio 50/0/0, total 64, unknown");
        let thoughts = json!({"prompt_tokens": 9, "completion_tokens": 5, "total_tokens": 64});
        check("gemini", thoughts.clone(), "in 9+0r+0w+0W out 5+50, total 64, unknown");
        check(
            "openai",
            thoughts,
            "in 9+0r+0w+0W out 5+0, total 64, unknown, flaws: the parts sum to 14 tokens, the stated total is 64",
        );
    }

    #[test]
    fn money_is_read_from_the_number_as_written() {
        check(
            "openrouter",
            serde_json::from_str::<Value>(r#"{"prompt_tokens":1,"completion_tokens":1,"cost":5.37e-06}"#).unwrap(),
            "in 1+0r+0w+0W out 1+0, billed 0.00000537, unknown",
        );
        check(
            "openrouter",
            json!({"prompt_tokens": 1, "completion_tokens": 1, "cost": 0, "is_byok": true,
                "cost_details": {"upstream_inference_cost": 0.25}, "server_tool_use_details": {"web_search_requests": 3}}),
            "in 1+0r+0w+0W out 1+0, searches 3/0/0, billed 0.25, unknown",
        );
        check(
            "xai",
            json!({"prompt_tokens": 1, "completion_tokens": 1, "cost_in_usd_ticks": 6_306_000}),
            "in 1+0r+0w+0W out 1+0, billed 0.0006306, unknown",
        );
        check(
            "perplexity",
            json!({"prompt_tokens": 1, "completion_tokens": 1, "cost": {"total_cost": 0.00507}}),
            "in 1+0r+0w+0W out 1+0, billed 0.00507, unknown",
        );
    }

    #[test]
    fn perplexity_counts_pages_and_reasoning_beside() {
        check(
            "perplexity",
            json!({"prompt_tokens": 33, "completion_tokens": 70, "total_tokens": 103, "citation_tokens": 200,
                "num_search_queries": 18, "reasoning_tokens": 700}),
            "in 233+0r+0w+0W out 70+700, searches 18/0/0, total 103, unknown, \
             flaws: the parts sum to 1003 tokens, the stated total is 103",
        );
    }

    #[test]
    fn contradictions_are_flaws() {
        check(
            "azure",
            json!({"prompt_tokens": 10, "completion_tokens": 1, "prompt_tokens_details": {"cached_tokens": 161}}),
            "flaw: 161 cached tokens exceed the 10 input tokens that should include them",
        );
        check(
            "openai",
            json!({"prompt_tokens": 1, "completion_tokens": 1, "completion_tokens_details": {"reasoning_tokens": 2}}),
            "flaw: 2 reasoning tokens exceed the 1 output tokens that should include them",
        );
        check("openai", json!({"prompt_tokens": -1}), "flaw: `prompt_tokens` is no token count: -1");
        check("openai", json!({"prompt_tokens": "12"}), "flaw: `prompt_tokens` is no token count: \"12\"");
        check(
            "openai",
            json!({"prompt_tokens_details": 3, "prompt_tokens": 1}),
            "flaw: `prompt_tokens_details` is no token count: 3",
        );
        check("openai", json!({}), "flaw: `usage` is no token count: {}");
        check("openai", json!(7), "flaw: `usage` is no token count: 7");
    }

    #[test]
    fn smaller_dialects_of_it() {
        check(
            "together",
            json!({"prompt_tokens": 9, "completion_tokens": 1, "cached_tokens": 4}),
            "in 5+4r+0w+0W out 1+0, inclusive",
        );
        check("voyage", json!({"total_tokens": 12}), "in 12+0r+0w+0W out 0+0, total 12, unknown");
        check(
            "writer",
            json!({"prompt_tokens": 9, "completion_tokens": 4, "prompt_token_details": {"cached_tokens": 2},
                "completion_token_details": {"reasoning_tokens": 1}}),
            "in 7+2r+0w+0W out 3+1, inclusive",
        );
    }

    proptest! {
        #[test]
        fn parts_sum_to_the_total(input in 0_u64..1 << 40, output in 0_u64..1 << 30, read in 0_u64..1 << 41,
                                  write in 0_u64..1 << 20, reasoning in 0_u64..1 << 31) {
            let value = json!({"prompt_tokens": input, "completion_tokens": output, "total_tokens": input + output,
                "prompt_tokens_details": {"cached_tokens": read, "cache_write_tokens": write},
                "completion_tokens_details": {"reasoning_tokens": reasoning}});
            match usage(&value, None) {
                Ok(reading) => {
                    prop_assert_eq!(reading.usage.total(), input + output);
                    prop_assert_eq!(reading.flaws, []);
                }
                Err(_) => prop_assert!(read + write > input || reasoning > output),
            }
        }
    }
}
