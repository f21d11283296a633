//! The usage algebra: what a call consumed, as disjoint counters that sum to the provider's totals.
//!
//! Providers disagree on whether `input` includes what was read from the prompt cache and whether `output` includes
//! reasoning. Each dialect and each log format states which it is ([`Semantics`]) when it builds a [`Usage`] through
//! [`Usage::from_inclusive`] or [`Usage::from_exclusive`]; past this door there is one meaning only.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::usd::Usd;

/// Tokens of one call in six disjoint counters, and which of them were audio or image.
///
/// `input() + output()` is the provider's total. The `of_which_*` counters are parts of the six, never added to them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Usage {
    /// Input neither read from nor written to the provider's prompt cache.
    pub input_fresh: u64,
    /// Input read from the prompt cache.
    pub cache_read: u64,
    /// Input written to the prompt cache for the provider's short time to live (minutes).
    pub cache_write_short: u64,
    /// Input written for the long time to live (an hour or more).
    pub cache_write_long: u64,
    /// Output that the caller sees: text, tool calls, audio, images.
    pub output_visible: u64,
    /// Output spent on reasoning.
    pub output_reasoning: u64,
    /// Of the fresh input: audio.
    pub of_which_audio_in: u64,
    /// Of the cached input: audio.
    pub of_which_audio_cached: u64,
    /// Of the fresh input: images.
    pub of_which_image_in: u64,
    /// Of the visible output: audio.
    pub of_which_audio_out: u64,
    /// Of the visible output: images.
    pub of_which_image_out: u64,
    /// Web searches that the provider made and bills apiece.
    pub web_searches: u64,
}

/// Whether a source's `input` figure includes its cache figures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Semantics {
    /// `input` contains cache reads and writes (OpenAI, Gemini, DeepSeek, …).
    Inclusive,
    /// `input`, cache reads and cache writes are disjoint (Anthropic, Bedrock).
    Exclusive,
    /// The source has no cache figures, so both are the same.
    #[default]
    Unknown,
}

/// The speed-for-price class under which a call is billed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ServiceTier {
    /// Answers within 24 hours, from a file of requests.
    Batch,
    /// Answers when capacity is free.
    Flex,
    /// What one gets without asking.
    #[default]
    Standard,
    /// Faster for more (OpenAI and Gemini `priority`, Bedrock `priority`).
    Priority,
    /// Faster than priority or a fast mode of its own (Anthropic `fast`).
    Fast,
    /// The fastest (OpenAI `ultrafast`).
    Ultrafast,
}

/// What a log or a response said about one call's consumption, after reading.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reading {
    /// The counters.
    pub usage: Usage,
    /// How the source counts.
    pub semantics: Semantics,
    /// The total that the source states, if it states one.
    pub stated_total: Option<u64>,
    /// What the source says it charged.
    pub billed: Option<Usd>,
    /// The tier that served the call, where the source says so.
    pub tier: Option<ServiceTier>,
    /// The region that served it, where the source says so and it bears on the price.
    pub region: Option<String>,
    /// What looks wrong but leaves the counters usable, such as a stated total that is not the sum.
    pub flaws: Vec<Flaw>,
}

/// When and how a call ran, as far as it bears on its price.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Conditions {
    /// The tier.
    pub tier: ServiceTier,
    /// The region (`us`, `eu`, …), lower case; `None` is the provider's global default.
    pub region: Option<String>,
    /// The instant, for dated prices and off-peak windows; `None` takes the newest price at its base window.
    pub at: Option<Timestamp>,
    /// Calls that the usage sums up, 1 if not said: the context band goes by the average prompt, fees by the call.
    pub n_calls: Option<u64>,
}

/// Figures with cache reads and writes inside `input` and reasoning inside `output`.
#[derive(Clone, Copy, Debug, Default)]
pub struct InclusiveCounts {
    /// All input.
    pub input: u64,
    /// Of it, read from the cache.
    pub cache_read: u64,
    /// Of it, written with the short time to live.
    pub cache_write_short: u64,
    /// Of it, written with the long time to live.
    pub cache_write_long: u64,
    /// All output.
    pub output: u64,
    /// Of it, reasoning.
    pub reasoning: u64,
}

/// A contradiction in reported usage. Flagged and shown; never clamped away.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(tag = "flaw", rename_all = "snake_case")]
pub enum Flaw {
    /// Cache reads and writes exceed an input that should include them.
    CacheAboveInput {
        /// Cache reads and writes together.
        cache: u64,
        /// The input that should include them.
        input: u64,
    },
    /// Reasoning exceeds an output that should include it.
    ReasoningAboveOutput {
        /// Reasoning tokens.
        reasoning: u64,
        /// The output that should include them.
        output: u64,
    },
    /// Audio or image tokens exceed the counter they are part of.
    PartAboveWhole {
        /// Which part.
        part: &'static str,
        /// Its tokens.
        tokens: u64,
        /// The counter they belong to.
        whole: u64,
    },
    /// The parts do not sum to the total that the source states.
    TotalDiffers {
        /// Sum of the parts.
        parts: u64,
        /// Stated total.
        stated: u64,
    },
    /// Two splits of the same number disagree (cache writes by time to live, hit + miss).
    SplitDiffers {
        /// Which split.
        what: &'static str,
        /// Sum of its parts.
        parts: u64,
        /// The whole it should be.
        whole: u64,
    },
    /// A count is negative, not whole, or above 2⁵³.
    NotACount {
        /// Which field.
        field: String,
        /// What stood there.
        found: String,
    },
}

impl Usage {
    /// From figures that include their parts. Errors when a part exceeds its whole.
    pub fn from_inclusive(counts: InclusiveCounts) -> Result<Usage, Flaw> {
        let InclusiveCounts { input, cache_read, cache_write_short, cache_write_long, output, reasoning } = counts;
        let cache = cache_read.saturating_add(cache_write_short).saturating_add(cache_write_long);
        let input_fresh = input.checked_sub(cache).ok_or(Flaw::CacheAboveInput { cache, input })?;
        let output_visible = output.checked_sub(reasoning).ok_or(Flaw::ReasoningAboveOutput { reasoning, output })?;
        Ok(Usage {
            input_fresh,
            cache_read,
            cache_write_short,
            cache_write_long,
            output_visible,
            output_reasoning: reasoning,
            ..Usage::default()
        })
    }

    /// From figures where `input` stands beside the cache figures. Errors when reasoning exceeds an output that
    /// includes it.
    pub fn from_exclusive(counts: InclusiveCounts) -> Result<Usage, Flaw> {
        let InclusiveCounts { input, cache_read, cache_write_short, cache_write_long, .. } = counts;
        let cache = cache_read.saturating_add(cache_write_short).saturating_add(cache_write_long);
        Usage::from_inclusive(InclusiveCounts { input: input.saturating_add(cache), ..counts })
    }

    /// All input, cached or not.
    pub const fn input(&self) -> u64 {
        self.input_fresh
            .saturating_add(self.cache_read)
            .saturating_add(self.cache_write_short)
            .saturating_add(self.cache_write_long)
    }

    /// All output, seen or not.
    pub const fn output(&self) -> u64 {
        self.output_visible.saturating_add(self.output_reasoning)
    }

    /// Input and output.
    pub const fn total(&self) -> u64 {
        self.input().saturating_add(self.output())
    }

    /// The same input with nothing cached: what the call weighs without a prompt cache.
    #[must_use]
    pub const fn without_cache(mut self) -> Usage {
        self.input_fresh = self.input();
        self.of_which_audio_in = self.of_which_audio_in.saturating_add(self.of_which_audio_cached);
        self.of_which_audio_cached = 0;
        self.cache_read = 0;
        self.cache_write_short = 0;
        self.cache_write_long = 0;
        self
    }

    /// Counter by counter, staying at the end of the range.
    #[must_use]
    pub fn plus(self, other: Usage) -> Usage {
        let add = u64::saturating_add;
        Usage {
            input_fresh: add(self.input_fresh, other.input_fresh),
            cache_read: add(self.cache_read, other.cache_read),
            cache_write_short: add(self.cache_write_short, other.cache_write_short),
            cache_write_long: add(self.cache_write_long, other.cache_write_long),
            output_visible: add(self.output_visible, other.output_visible),
            output_reasoning: add(self.output_reasoning, other.output_reasoning),
            of_which_audio_in: add(self.of_which_audio_in, other.of_which_audio_in),
            of_which_audio_cached: add(self.of_which_audio_cached, other.of_which_audio_cached),
            of_which_image_in: add(self.of_which_image_in, other.of_which_image_in),
            of_which_audio_out: add(self.of_which_audio_out, other.of_which_audio_out),
            of_which_image_out: add(self.of_which_image_out, other.of_which_image_out),
            web_searches: add(self.web_searches, other.web_searches),
        }
    }

    /// Audio and image splits that exceed the counter they are part of.
    pub fn part_flaws(&self) -> Vec<Flaw> {
        let output_media = self.of_which_audio_out.saturating_add(self.of_which_image_out);
        let input_media = self.of_which_audio_in.saturating_add(self.of_which_image_in);
        [
            ("audio and image input", input_media, self.input_fresh),
            ("cached audio", self.of_which_audio_cached, self.cache_read),
            ("audio and image output", output_media, self.output_visible),
        ]
        .into_iter()
        .filter(|(_, tokens, whole)| tokens > whole)
        .map(|(part, tokens, whole)| Flaw::PartAboveWhole { part, tokens, whole })
        .collect()
    }
}

impl ServiceTier {
    /// All tiers, slowest first.
    pub const ALL: [ServiceTier; 6] = [
        ServiceTier::Batch,
        ServiceTier::Flex,
        ServiceTier::Standard,
        ServiceTier::Priority,
        ServiceTier::Fast,
        ServiceTier::Ultrafast,
    ];

    /// The name in files and options.
    pub const fn name(self) -> &'static str {
        match self {
            ServiceTier::Batch => "batch",
            ServiceTier::Flex => "flex",
            ServiceTier::Standard => "standard",
            ServiceTier::Priority => "priority",
            ServiceTier::Fast => "fast",
            ServiceTier::Ultrafast => "ultrafast",
        }
    }

    /// Reads what providers write in `service_tier`. `auto` names no tier: it is a wish, not an outcome.
    pub fn from_wire(text: &str) -> Option<ServiceTier> {
        match text {
            "batch" | "batches" => Some(ServiceTier::Batch),
            "flex" | "ON_DEMAND_FLEX" => Some(ServiceTier::Flex),
            "default" | "standard" | "on_demand" | "ON_DEMAND" | "standard_only" => Some(ServiceTier::Standard),
            "priority" | "ON_DEMAND_PRIORITY" => Some(ServiceTier::Priority),
            "fast" => Some(ServiceTier::Fast),
            "ultrafast" => Some(ServiceTier::Ultrafast),
            _ => None,
        }
    }
}

impl fmt::Display for ServiceTier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Flaw::CacheAboveInput { cache, input } => {
                write!(f, "{cache} cached tokens exceed the {input} input tokens that should include them")
            }
            Flaw::ReasoningAboveOutput { reasoning, output } => {
                write!(f, "{reasoning} reasoning tokens exceed the {output} output tokens that should include them")
            }
            Flaw::PartAboveWhole { part, tokens, whole } => {
                write!(f, "{tokens} tokens of {part} exceed the {whole} tokens they are part of")
            }
            Flaw::TotalDiffers { parts, stated } => {
                write!(f, "the parts sum to {parts} tokens, the stated total is {stated}")
            }
            Flaw::SplitDiffers { what, parts, whole } => write!(f, "{what} sum to {parts}, but should be {whole}"),
            Flaw::NotACount { field, found } => write!(f, "`{field}` is no token count: {found}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_cache_read_above_an_inclusive_input_is_a_flaw() {
        let counts = InclusiveCounts { input: 10, cache_read: 11, ..InclusiveCounts::default() };
        assert_eq!(Usage::from_inclusive(counts), Err(Flaw::CacheAboveInput { cache: 11, input: 10 }));
        assert_eq!(Usage::from_exclusive(counts).map(|usage| usage.input()), Ok(21));
    }

    #[test]
    fn auto_is_no_tier() {
        assert_eq!(ServiceTier::from_wire("auto"), None);
        for tier in ServiceTier::ALL {
            assert!(tier == ServiceTier::Standard || ServiceTier::from_wire(tier.name()) == Some(tier));
        }
    }

    proptest! {
        #[test]
        fn parts_sum_to_the_total(input in 0_u64..1 << 40, read in 0_u64..1 << 20, short in 0_u64..1 << 20,
                                  long in 0_u64..1 << 20, output in 0_u64..1 << 30, reasoning in 0_u64..1 << 20) {
            let counts = InclusiveCounts { input, cache_read: read, cache_write_short: short, cache_write_long: long, output, reasoning };
            match Usage::from_inclusive(counts) {
                Ok(usage) => {
                    prop_assert_eq!(usage.input(), input);
                    prop_assert_eq!(usage.total(), input + output);
                    prop_assert_eq!(usage.without_cache().total(), usage.total());
                }
                Err(Flaw::CacheAboveInput { .. }) => prop_assert!(read + short + long > input),
                Err(_) => prop_assert!(reasoning > output),
            }
        }

        #[test]
        fn exclusive_and_inclusive_agree(input in 0_u64..1 << 40, read in 0_u64..1 << 20, output in 0_u64..1 << 30) {
            let exclusive = Usage::from_exclusive(InclusiveCounts { input, cache_read: read, output, ..InclusiveCounts::default() });
            let inclusive = Usage::from_inclusive(InclusiveCounts { input: input + read, cache_read: read, output, ..InclusiveCounts::default() });
            prop_assert_eq!(exclusive, inclusive);
        }
    }
}
