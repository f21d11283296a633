//! Usage of Bedrock invoke: Bedrock's own meter, in headers of the response (kept under `_headers`) or at the end of a
//! stream, and beside it whatever the model's family counts. **Exclusive**: input, cache reads and cache writes stand
//! beside each other. The meter is what is billed, so it counts; a body that says otherwise is noted.

use serde_json::{Map, Value};

use super::chat_usage::split_writes;
use super::count::{Tally, count, count_or_0, first_count, nothing_counted, whole_text};
use crate::usage::{Flaw, InclusiveCounts, Reading, Semantics};

/// The headers with Bedrock's counts, and the field in a stream's last event that says the same.
const METER: [(&str, &str); 4] = [
    ("x-amzn-bedrock-input-token-count", "inputTokenCount"),
    ("x-amzn-bedrock-output-token-count", "outputTokenCount"),
    ("x-amzn-bedrock-cache-read-input-token-count", "cacheReadInputTokenCount"),
    ("x-amzn-bedrock-cache-write-input-token-count", "cacheWriteInputTokenCount"),
];

/// Adds Bedrock's counts from a response's headers to its usage, where [`usage`] looks for them.
pub fn with_headers<'a>(usage: Option<Value>, headers: impl IntoIterator<Item = (&'a str, &'a str)>) -> Option<Value> {
    let mut counts = Map::new();
    for (name, value) in headers {
        let name = name.to_ascii_lowercase();
        if METER.iter().any(|(header, _)| *header == name) {
            counts.insert(name, Value::from(value));
        }
    }
    if counts.is_empty() {
        return usage;
    }
    let mut usage = usage.unwrap_or_else(|| Value::Object(Map::new()));
    if let Value::Object(fields) = &mut usage {
        fields.insert("_headers".to_owned(), Value::Object(counts));
    }
    Some(usage)
}

/// Reads such a usage object.
pub(super) fn usage(usage: &Value, _provider: Option<&str>) -> Result<Reading, Flaw> {
    let [input, output, read, write] = [meter(usage, 0)?, meter(usage, 1)?, meter(usage, 2)?, meter(usage, 3)?];
    let body = body(usage)?;
    if input.is_none() && output.is_none() && body.is_none() {
        return Err(nothing_counted(usage));
    }
    let body = body.unwrap_or_default();
    let mut flaws = body.flaws;
    let mut note = |what, meter: Option<u64>, counted: Option<u64>| {
        if let (Some(meter), Some(counted)) = (meter, counted)
            && meter != counted
        {
            flaws.push(Flaw::SplitDiffers { what, parts: counted, whole: meter });
        }
    };
    note("input tokens in the body and at Bedrock's meter", input, body.input);
    note("output tokens in the body and at Bedrock's meter", output, body.output);
    let read = read.or(body.read);
    let write = write.or(body.write);
    let (cache_write_short, cache_write_long) = split_writes(write, body.short, body.long, &mut flaws);
    Tally {
        semantics: if read.is_some() || write.is_some() { Semantics::Exclusive } else { Semantics::Unknown },
        counts: InclusiveCounts {
            input: input.or(body.input).unwrap_or(0),
            cache_read: read.unwrap_or(0),
            cache_write_short,
            cache_write_long,
            output: output.or(body.output).unwrap_or(0),
            reasoning: body.reasoning,
        },
        stated_total: body.total,
        flaws,
        ..Tally::default()
    }
    .reading()
}

/// What the model's family counted.
#[derive(Default)]
struct Body {
    input: Option<u64>,
    output: Option<u64>,
    read: Option<u64>,
    write: Option<u64>,
    short: Option<u64>,
    long: u64,
    reasoning: u64,
    total: Option<u64>,
    flaws: Vec<Flaw>,
}

/// Claude, Nova, Llama, Mistral and other chat-like bodies, Titan.
fn body(usage: &Value) -> Result<Option<Body>, Flaw> {
    let input = first_count(
        usage,
        &[&["input_tokens"], &["inputTokens"], &["prompt_token_count"], &["prompt_tokens"], &["inputTextTokenCount"]],
    )?;
    let output = first_count(
        usage,
        &[&["output_tokens"], &["outputTokens"], &["generation_token_count"], &["completion_tokens"]],
    )?;
    let output = match output {
        Some(n) => Some(n),
        None => titan_results(usage)?,
    };
    if input.is_none() && output.is_none() {
        return Ok(None);
    }
    Ok(Some(Body {
        input,
        output,
        read: first_count(usage, &[&["cache_read_input_tokens"], &["cacheReadInputTokens"]])?,
        write: first_count(usage, &[&["cache_creation_input_tokens"], &["cacheWriteInputTokens"]])?,
        short: count(usage, &["cache_creation", "ephemeral_5m_input_tokens"])?,
        long: count_or_0(usage, &["cache_creation", "ephemeral_1h_input_tokens"])?,
        reasoning: first_count(
            usage,
            &[&["output_tokens_details", "thinking_tokens"], &["completion_tokens_details", "reasoning_tokens"]],
        )?
        .unwrap_or(0),
        total: first_count(usage, &[&["totalTokens"], &["total_tokens"]])?,
        flaws: Vec::new(),
    }))
}

/// Titan counts each of its results.
fn titan_results(usage: &Value) -> Result<Option<u64>, Flaw> {
    if let Some(total) = count(usage, &["totalOutputTextTokenCount"])? {
        return Ok(Some(total));
    }
    let Some(results) = usage.get("results_tokenCount").and_then(Value::as_array) else { return Ok(None) };
    let mut sum = None;
    for value in results {
        let n = super::count::whole_number(value)
            .map_err(|found| Flaw::NotACount { field: "results_tokenCount".to_owned(), found })?;
        sum = Some(n.saturating_add(sum.unwrap_or(0)));
    }
    Ok(sum)
}

/// A count of the meter: from the headers, where it is text, or from the stream's last event.
fn meter(usage: &Value, which: usize) -> Result<Option<u64>, Flaw> {
    let (header, field) = METER[which];
    let Some(value) = usage.get("_headers").and_then(|headers| headers.get(header)) else {
        return count(usage, &[field]);
    };
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let found = || Flaw::NotACount { field: header.to_owned(), found: crate::text::shorten(&text, 40) };
    whole_text(&text).map(Some).ok_or_else(found)
}

#[cfg(test)]
mod tests {
    use super::super::invoke::WIRE;
    use super::super::outline::check_usage;
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn check(usage: &Value, expected: &str) {
        check_usage(&WIRE, "bedrock", usage, expected);
    }

    #[test]
    fn the_meter_counts_and_the_body_is_compared() {
        check(
            &json!({"_headers": {"x-amzn-bedrock-input-token-count": "10", "x-amzn-bedrock-output-token-count": "7"}}),
            "in 10+0r+0w+0W out 7+0, unknown",
        );
        check(
            &json!({"input_tokens": 702, "output_tokens": 130, "inputTokenCount": 702, "outputTokenCount": 98}),
            "in 702+0r+0w+0W out 98+0, unknown, \
             flaws: output tokens in the body and at Bedrock's meter sum to 130, but should be 98",
        );
        check(
            &json!({"_headers": {"x-amzn-bedrock-input-token-count": "-1"}}),
            "flaw: `x-amzn-bedrock-input-token-count` is no token count: -1",
        );
    }

    #[test]
    fn families_count_in_their_bodies() {
        check(
            &json!({"inputTextTokenCount": 28.0, "results_tokenCount": [100.0, 97]}),
            "in 28+0r+0w+0W out 197+0, unknown",
        );
        check(&json!({"prompt_token_count": 10, "generation_token_count": 60}), "in 10+0r+0w+0W out 60+0, unknown");
        check(
            &json!({"input_tokens": 4, "cache_creation_input_tokens": 9, "cache_read_input_tokens": 2, "output_tokens": 5}),
            "in 4+2r+9w+0W out 5+0, exclusive",
        );
        check(
            &json!({"inputTokens": 16, "outputTokens": 27, "totalTokens": 43, "cacheReadInputTokenCount": 0}),
            "in 16+0r+0w+0W out 27+0, total 43, exclusive",
        );
        check(
            &json!({"prompt_tokens": 6, "completion_tokens": 100, "total_tokens": 106}),
            "in 6+0r+0w+0W out 100+0, total 106, unknown",
        );
        check(&json!({"invocationLatency": 3}), "flaw: `usage` is no token count: {\"invocationLatency\":3}");
    }

    #[test]
    fn headers_are_put_beside_the_body() {
        let headers = [("X-Amzn-Bedrock-Input-Token-Count", "10"), ("Date", "today")];
        assert_eq!(
            with_headers(Some(json!({"a": 1})), headers),
            Some(json!({"a": 1, "_headers": {"x-amzn-bedrock-input-token-count": "10"}}))
        );
        assert_eq!(with_headers(None, [("Date", "today")]), None);
    }

    proptest! {
        #[test]
        fn parts_sum_to_the_meter(counts in proptest::array::uniform4(0_u64..1 << 50)) {
            let headers: Vec<(&str, String)> = METER.iter().zip(counts).map(|((name, _), n)| (*name, n.to_string())).collect();
            let value = with_headers(None, headers.iter().map(|(name, n)| (*name, n.as_str()))).unwrap();
            prop_assert_eq!(usage(&value, None).unwrap().usage.total(), counts.iter().sum::<u64>());
        }
    }
}
