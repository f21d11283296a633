//! Counts as providers report them, and the way from them to a [`Reading`]. A count is a whole number from 0 to 2⁵³;
//! anything else is a [`Flaw`], never rounded or clamped. Every dialect's usage reader fills a [`Tally`] and ends in
//! [`Tally::reading`], so that the arithmetic and its checks stand here once.

use serde_json::Value;

use crate::usage::{Flaw, InclusiveCounts, Reading, Semantics, ServiceTier, Usage};
use crate::usd::Usd;

/// The largest count believed: above it JSON readers in other languages lose digits, so no sender can mean it.
const LARGEST: u64 = 1 << 53;

/// What a usage object says, before the parts are told apart.
#[derive(Clone, Debug, Default)]
pub(super) struct Tally {
    /// Whether `input` includes the cache figures.
    pub(super) semantics: Semantics,
    /// Input, cache reads and writes, output with reasoning.
    pub(super) counts: InclusiveCounts,
    /// The total the provider states.
    pub(super) stated_total: Option<u64>,
    /// Audio and image tokens.
    pub(super) media: Media,
    /// Searches billed apiece.
    pub(super) web_searches: u64,
    /// What was charged.
    pub(super) billed: Option<Usd>,
    /// Which tier served.
    pub(super) tier: Option<ServiceTier>,
    /// Which region served.
    pub(super) region: Option<String>,
    /// Contradictions found on the way that leave the counters usable.
    pub(super) flaws: Vec<Flaw>,
}

/// Tokens by modality; each is part of the input or the output, cached ones included.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Media {
    /// Audio in the input.
    pub(super) audio_in: u64,
    /// Of it, read from the cache, where the provider says so.
    pub(super) audio_cached: Option<u64>,
    /// Images in the input.
    pub(super) image_in: u64,
    /// Of them, read from the cache, where the provider says so.
    pub(super) image_cached: Option<u64>,
    /// Audio in the output.
    pub(super) audio_out: u64,
    /// Images in the output.
    pub(super) image_out: u64,
}

impl Tally {
    /// The reading: parts told apart and checked against each other and against the stated total.
    pub(super) fn reading(self) -> Result<Reading, Flaw> {
        let mut usage = match self.semantics {
            Semantics::Exclusive => Usage::from_exclusive(self.counts)?,
            Semantics::Inclusive | Semantics::Unknown => Usage::from_inclusive(self.counts)?,
        };
        self.media.split(&mut usage)?;
        usage.web_searches = self.web_searches;
        let mut flaws = self.flaws;
        flaws.extend(usage.part_flaws());
        if let Some(stated) = self.stated_total.filter(|stated| *stated != usage.total()) {
            flaws.push(Flaw::TotalDiffers { parts: usage.total(), stated });
        }
        Ok(Reading {
            usage,
            semantics: self.semantics,
            stated_total: self.stated_total,
            billed: self.billed,
            tier: self.tier,
            region: self.region,
            flaws,
        })
    }
}

impl Media {
    /// Puts the modalities where they belong. Where the provider does not say how much of the audio or of the images came
    /// from the cache, only what cannot have been fresh counts as cached.
    fn split(self, usage: &mut Usage) -> Result<(), Flaw> {
        let above = |part, tokens, whole| {
            if tokens > whole { Err(Flaw::PartAboveWhole { part, tokens, whole }) } else { Ok(()) }
        };
        above("audio and image input", self.audio_in.saturating_add(self.image_in), usage.input())?;
        above("audio and image output", self.audio_out.saturating_add(self.image_out), usage.output())?;
        above("cached audio", self.audio_cached.unwrap_or(0), self.audio_in)?;
        above("cached images", self.image_cached.unwrap_or(0), self.image_in)?;
        let not_fresh = |tokens: u64| tokens.saturating_sub(usage.input_fresh);
        let audio_cached = self.audio_cached.unwrap_or_else(|| not_fresh(self.audio_in));
        let audio_fresh = self.audio_in - audio_cached;
        let image_cached = self
            .image_cached
            .unwrap_or_else(|| not_fresh(self.image_in.saturating_add(audio_fresh)).min(self.image_in));
        usage.of_which_audio_in = audio_fresh;
        usage.of_which_audio_cached = audio_cached;
        usage.of_which_image_in = self.image_in - image_cached;
        usage.of_which_audio_out = self.audio_out;
        usage.of_which_image_out = self.image_out;
        Ok(())
    }
}

/// The count at a path of field names; `None` if it, or an object on the way, is missing or `null`.
pub(super) fn count(usage: &Value, path: &[&str]) -> Result<Option<u64>, Flaw> {
    let Some(value) = at(usage, path)? else { return Ok(None) };
    whole_number(value).map(Some).map_err(|found| Flaw::NotACount { field: path.join("."), found })
}

/// For a usage object without any count that its dialect knows: to read it as 0 tokens would invent a figure.
pub(super) fn nothing_counted(usage: &Value) -> Flaw {
    Flaw::NotACount { field: "usage".to_owned(), found: shown(usage) }
}

/// As [`count`], 0 if missing.
pub(super) fn count_or_0(usage: &Value, path: &[&str]) -> Result<u64, Flaw> {
    Ok(count(usage, path)?.unwrap_or(0))
}

/// The first of several spellings that is there.
pub(super) fn first_count(usage: &Value, paths: &[&[&str]]) -> Result<Option<u64>, Flaw> {
    for path in paths {
        if let Some(n) = count(usage, path)? {
            return Ok(Some(n));
        }
    }
    Ok(None)
}

/// An amount in dollars at a path, from the number's own text (floats of other programs are rounded to the pico-dollar).
pub(super) fn dollars(usage: &Value, path: &[&str]) -> Result<Option<Usd>, Flaw> {
    let Some(value) = at(usage, path)? else { return Ok(None) };
    let text = match value {
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.clone(),
        other => return Err(Flaw::NotACount { field: path.join("."), found: shown(other) }),
    };
    Usd::parse_rounded(&text).map(Some).map_err(|_| Flaw::NotACount { field: path.join("."), found: shown(value) })
}

/// The value as a whole number from 0 to 2⁵³, or what stood there. `28.0` is whole, `28.5` is not.
pub(super) fn whole_number(value: &Value) -> Result<u64, String> {
    let Value::Number(number) = value else { return Err(shown(value)) };
    whole_text(&number.to_string()).ok_or_else(|| shown(value))
}

/// The text as a whole number from 0 to 2⁵³.
pub(super) fn whole_text(text: &str) -> Option<u64> {
    let n = if text.len() <= 16 && text.bytes().all(|b| b.is_ascii_digit()) {
        text.parse().ok()?
    } else {
        // Exact decimals, so that nothing fractional is rounded to a whole number.
        let pico = Usd::parse(text).ok()?.pico();
        let unit = 1_000_000_000_000;
        if pico % unit != 0 {
            return None;
        }
        u64::try_from(pico / unit).ok()?
    };
    (n <= LARGEST).then_some(n)
}

fn at<'a>(usage: &'a Value, path: &[&str]) -> Result<Option<&'a Value>, Flaw> {
    let mut value = usage;
    for (i, name) in path.iter().enumerate() {
        let Value::Object(fields) = value else {
            let field = if i == 0 { "usage".to_owned() } else { path[..i].join(".") };
            return Err(Flaw::NotACount { field, found: shown(value) });
        };
        // Few members and some thirty look-ups: comparing them costs less than hashing each name.
        match fields.iter().find(|(known, _)| known == name) {
            None | Some((_, Value::Null)) => return Ok(None),
            Some((_, inner)) => value = inner,
        }
    }
    Ok(Some(value))
}

fn shown(value: &Value) -> String {
    crate::text::shorten(&value.to_string(), 40)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn check(text: &str, expected: Option<u64>) {
        let value: Value = serde_json::from_str(text).unwrap();
        assert_eq!(whole_number(&value).ok(), expected, "{text}");
    }

    #[test]
    fn only_whole_numbers_from_0_to_2_to_the_53_are_counts() {
        check("0", Some(0));
        check("28.0", Some(28));
        check("1e3", Some(1000));
        check("9007199254740992", Some(1 << 53));
        check("9007199254740993", None);
        check("99999999999999999999999", None);
        check("-1", None);
        check("28.5", None);
        check("0.99999999999999999999999999", None);
        check("\"3\"", None);
        check("true", None);
        check("[1]", None);
        check("1e400", None);
    }

    #[test]
    fn a_flaw_names_the_path() {
        let usage = json!({"prompt_tokens_details": {"cached_tokens": -5}});
        let flaw = count(&usage, &["prompt_tokens_details", "cached_tokens"]).unwrap_err();
        assert_eq!(flaw.to_string(), "`prompt_tokens_details.cached_tokens` is no token count: -5");
    }

    #[test]
    fn media_that_cannot_have_been_fresh_was_cached() {
        let tally = Tally {
            semantics: Semantics::Inclusive,
            counts: InclusiveCounts { input: 100, cache_read: 80, ..InclusiveCounts::default() },
            media: Media { image_in: 50, ..Media::default() },
            ..Tally::default()
        };
        let reading = tally.reading().unwrap();
        assert_eq!((reading.usage.of_which_image_in, reading.flaws.len()), (20, 0));
    }

    proptest! {
        #[test]
        fn whole_numbers_are_read_as_written(n in 0_u64..=LARGEST) {
            prop_assert_eq!(whole_text(&n.to_string()), Some(n));
        }

        #[test]
        fn numbers_never_panic(text in "-?[0-9]{0,30}\\.?[0-9]{0,30}(e-?[0-9]{1,4})?") {
            let _ = whole_text(&text);
        }
    }
}
