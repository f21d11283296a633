//! Every recorded exchange with some 20 providers: the usage they report is read without a contradiction and its parts sum
//! to the provider's own total; requests and replies are read, streamed or not, and the usage found in a reply is the one
//! that was reported.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test's helpers fail loudly and say what they counted")]

#[path = "support/shared.rs"]
mod shared;

use std::cell::Cell;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader};

use promptopt::chat::{ChatRequest, Dialect};
use promptopt::dialect::{read_reply, read_request, wire};
use promptopt::usage::Flaw;
use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
struct Exchange {
    id: String,
    provider: String,
    kind: String,
    status: u16,
    request: Value,
    response: Option<String>,
    response_is_base64: Option<bool>,
    usage: Option<Value>,
}

/// Runs a check over all exchanges, reports every failure, and says how many were checked of each kind.
fn for_each_exchange(what: &str, check: impl Fn(&Exchange) -> Option<Result<(), String>>) {
    let Some(file) = shared::shared_data("recordings/recordings.jsonl.gz") else { return };
    let lines = BufReader::new(flate2::read::MultiGzDecoder::new(File::open(file).unwrap())).lines();
    let mut checked: BTreeMap<String, usize> = BTreeMap::new();
    let mut failures = Vec::new();
    for line in lines {
        let exchange: Exchange = serde_json::from_str(&line.unwrap()).unwrap();
        let Some(result) = check(&exchange) else { continue };
        *checked.entry(exchange.kind.clone()).or_default() += 1;
        if let Err(failure) = result {
            failures.push(format!("{} {} {}: {failure}", exchange.id, exchange.provider, exchange.kind));
        }
    }
    let n: usize = checked.values().sum();
    assert!(failures.is_empty(), "{what}: {} of {n} exchanges fail\n{}", failures.len(), failures.join("\n"));
    assert!(n > 0, "nothing was checked");
    println!("{what}: {n} exchanges pass: {checked:?}");
}

/// The dialect of a recording: its provider and the last word of its path say it.
fn dialect(exchange: &Exchange) -> Option<Dialect> {
    Some(match (exchange.kind.as_str(), exchange.provider.as_str()) {
        ("chat.completions", _) | ("chat", "writer") => Dialect::Chat,
        ("responses" | "batches", _) => Dialect::Responses,
        ("messages", _) => Dialect::Messages,
        ("generateContent" | "streamGenerateContent" | "interactions" | "cachedContents", _) => {
            Dialect::GenerateContent
        }
        ("converse" | "converse-stream", _) => Dialect::Converse,
        ("invoke" | "invoke-stream", _) => Dialect::Invoke,
        ("chat" | "generate", "cohere") => Dialect::Cohere,
        ("chat" | "generate", "ollama") => Dialect::Ollama,
        ("completions", _) => Dialect::Completions,
        ("embeddings" | "rerank", _) => Dialect::Embeddings,
        _ => return None,
    })
}

/// Requests that carry a conversation or a prompt.
fn is_chat_like(exchange: &Exchange) -> bool {
    !matches!(exchange.kind.as_str(), "embeddings" | "rerank" | "batches" | "cachedContents" | "count_tokens")
}

/// Bodies that hold no request: lists of batched requests, changes of a stored cache.
fn is_about_something_else(exchange: &Exchange) -> bool {
    let has = |name: &str| exchange.request.get(name).is_some();
    exchange.kind == "batches" || has("batch") || (exchange.kind == "cachedContents" && !has("contents"))
}

/// Recordings that contradict themselves, and why.
fn is_known_contradiction(exchange: &Exchange, flaw: &Flaw) -> bool {
    match flaw {
        // Azure counts the tokens of a preamble that it puts before Grok's prompts as cached, but not as prompt.
        Flaw::CacheAboveInput { .. } => {
            exchange.provider == "azure"
                && exchange.usage.as_ref().is_some_and(|usage| usage.get("num_sources_used").is_some())
        }
        // Claude and Llama on Bedrock count other outputs than Bedrock's meter in the same stream.
        Flaw::SplitDiffers { what, .. } => exchange.kind == "invoke-stream" && what.starts_with("output tokens"),
        // A made-up recording: of 4 tokens of output, 4 are audio and 3 are reasoning.
        Flaw::PartAboveWhole { .. } => exchange.usage.as_ref().is_some_and(|usage| {
            let n = |name: &str| usage["completion_tokens_details"][name].as_u64().unwrap_or(0);
            n("audio_tokens") + n("reasoning_tokens") > usage["completion_tokens"].as_u64().unwrap_or(0)
        }),
        _ => false,
    }
}

/// What the provider itself says the exchange consumed, worked out apart from the library: its stated total; where it
/// states none, input and output as it defines them.
fn own_total(exchange: &Exchange, usage: &Value) -> u64 {
    let n = |path: &str| {
        let value = path.split('.').try_fold(usage, |value, name| value.get(name));
        let text = value.map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned));
        text.and_then(|text| text.trim_end_matches(".0").parse::<u64>().ok())
    };
    let sum = |paths: &[&str]| paths.iter().filter_map(|path| n(path)).sum();
    if let Some(total) = ["total_tokens", "totalTokens", "totalTokenCount"].iter().find_map(|path| n(path)) {
        return total;
    }
    match (exchange.kind.as_str(), exchange.provider.as_str()) {
        ("messages", _) => {
            sum(&["input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens", "output_tokens"])
        }
        ("invoke" | "invoke-stream", _) => {
            let meter = ["input", "output", "cache-read-input", "cache-write-input"]
                .map(|which| n(&format!("_headers.x-amzn-bedrock-{which}-token-count")));
            let metrics =
                ["inputTokenCount", "outputTokenCount", "cacheReadInputTokenCount", "cacheWriteInputTokenCount"].map(n);
            match (meter[0], metrics[0]) {
                (Some(_), _) => meter.iter().flatten().sum(),
                (None, Some(_)) => metrics.iter().flatten().sum(),
                (None, None) => sum(&[
                    "inputTextTokenCount",
                    "input_tokens",
                    "output_tokens",
                    "prompt_token_count",
                    "generation_token_count",
                ]),
            }
        }
        // What is billed.
        (_, "cohere") => sum(&["billed_units.input_tokens", "billed_units.output_tokens", "billed_units.image_tokens"]),
        (_, "ollama") => sum(&["prompt_eval_count", "eval_count"]),
        ("generateContent" | "streamGenerateContent" | "embeddings", "gemini" | "vertex") => {
            sum(&["promptTokenCount", "toolUsePromptTokenCount", "candidatesTokenCount", "thoughtsTokenCount"])
        }
        _ => sum(&["prompt_tokens", "completion_tokens", "input_tokens", "output_tokens"]),
    }
}

#[test]
fn reported_usage_sums_to_the_providers_own_total() {
    let n_contradictions = Cell::new(0);
    for_each_exchange("usage", |exchange| {
        let usage = exchange.usage.as_ref()?;
        let dialect = dialect(exchange)?;
        let reading = match (wire(dialect).unwrap().usage)(usage, Some(&exchange.provider)) {
            Ok(reading) => reading,
            Err(flaw) if is_known_contradiction(exchange, &flaw) => {
                n_contradictions.set(n_contradictions.get() + 1);
                return Some(Ok(()));
            }
            Err(flaw) => return Some(Err(format!("{flaw} in {usage}"))),
        };
        let flaws: Vec<&Flaw> = reading.flaws.iter().filter(|flaw| !is_known_contradiction(exchange, flaw)).collect();
        n_contradictions.set(n_contradictions.get() + usize::from(flaws.len() < reading.flaws.len()));
        let own = own_total(exchange, usage);
        Some(if !flaws.is_empty() {
            Err(format!("{flaws:?} in {usage}"))
        } else if reading.usage.total() == own {
            Ok(())
        } else {
            Err(format!("parts sum to {}, the provider says {own} in {usage}", reading.usage.total()))
        })
    });
    println!("of them known to contradict themselves: {}", n_contradictions.get());
}

#[test]
fn every_usage_belongs_to_a_dialect() {
    for_each_exchange("dialect", |exchange| {
        exchange.usage.as_ref()?;
        Some(dialect(exchange).map(|_| ()).ok_or_else(|| "no dialect".to_owned()))
    });
}

#[test]
fn accepted_requests_are_read() {
    for_each_exchange("requests", |exchange| {
        let dialect = dialect(exchange).filter(|_| (200..300).contains(&exchange.status))?;
        if !exchange.request.is_object() || is_about_something_else(exchange) {
            return None;
        }
        let request = match (wire(dialect).unwrap().request)(&exchange.request) {
            Ok(request) => request,
            Err(error) => return Some(Err(error.to_string())),
        };
        if request.messages.is_empty() && !request.has_stored_context {
            return Some(Err("no messages were found".to_owned()));
        }
        // Without knowing the path.
        Some(match read_request(&exchange.request) {
            Ok(found) if found.dialect == request.dialect || is_read_the_same(&found, &request) => Ok(()),
            Ok(found) => Err(format!("{} is taken for {}", dialect.name(), found.dialect.name())),
            Err(error) => Err(error.to_string()),
        })
    });
}

/// Bodies without anything that only their dialect has are read in another dialect, to the same effect.
fn is_read_the_same(a: &ChatRequest, b: &ChatRequest) -> bool {
    let read = |request: &ChatRequest| {
        let ChatRequest { model, tools, tool_choice, messages, answer_format, max_output, n_answers, .. } = request;
        format!("{model:?} {tools:?} {tool_choice:?} {messages:?} {answer_format:?} {max_output:?} {n_answers}")
    };
    read(a) == read(b)
}

#[test]
fn replies_are_read_and_hold_the_reported_usage() {
    for_each_exchange("replies", |exchange| {
        let dialect = dialect(exchange).filter(|_| (200..300).contains(&exchange.status))?;
        if exchange.usage.is_none() && is_about_something_else(exchange) {
            return None;
        }
        let response = exchange.response.as_deref().filter(|response| !response.trim().is_empty())?;
        let bytes = if exchange.response_is_base64 == Some(true) { decode(response) } else { response.into() };
        let reply = match read_reply(dialect, &bytes) {
            Ok(reply) => reply,
            Err(error) => return Some(Err(error.to_string())),
        };
        let mut reported = exchange.usage.clone();
        if let Some(Value::Object(fields)) = &mut reported {
            // Not in the body.
            fields.remove("_headers");
        }
        let reported = reported.filter(|usage| usage.as_object().is_some_and(|fields| !fields.is_empty()));
        let reading = |usage: &Value| {
            (wire(dialect).unwrap().usage)(usage, Some(&exchange.provider)).ok().map(|reading| reading.usage)
        };
        let is_found = match (&reported, &reply.usage) {
            // The recording's list of usage leaves streams of interactions out.
            (None, found) => found.is_none() || exchange.kind == "interactions",
            (Some(_), None) => false,
            (Some(reported), Some(found)) => says(found, reported) || reading(reported) == reading(found),
        };
        if !is_found {
            return Some(Err(format!("reported {reported:?}, found {:?}", reply.usage)));
        }
        // Models may say nothing, but then they wrote next to nothing.
        let wrote = exchange.usage.as_ref().and_then(|usage| Some(reading(usage)?.output_visible));
        let is_silent = is_chat_like(exchange) && reply.answer.parts.is_empty() && wrote.unwrap_or(0) > 40;
        Some(if is_silent { Err(format!("{wrote:?} tokens of output, but no answer was found")) } else { Ok(()) })
    });
}

/// Whether one usage object has everything that the other has, numbers compared by their value.
fn says(found: &Value, reported: &Value) -> bool {
    match (found, reported) {
        (Value::Object(found), Value::Object(reported)) => {
            reported.iter().all(|(name, value)| found.get(name).is_some_and(|found| says(found, value)))
        }
        (Value::Number(found), Value::Number(reported)) => {
            found.to_string().parse::<f64>().unwrap().to_bits()
                == reported.to_string().parse::<f64>().unwrap().to_bits()
        }
        (Value::Array(found), Value::Array(reported)) => {
            found.len() == reported.len() && found.iter().zip(reported).all(|(found, reported)| says(found, reported))
        }
        (found, reported) => found == reported,
    }
}

/// Base64, for binary bodies.
fn decode(text: &str) -> Vec<u8> {
    let digit = |byte: u8| match byte {
        b'A'..=b'Z' => Some(u32::from(byte - b'A')),
        b'a'..=b'z' => Some(u32::from(byte - b'a' + 26)),
        b'0'..=b'9' => Some(u32::from(byte - b'0' + 52)),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    };
    let digits: Vec<u32> = text.bytes().filter_map(digit).collect();
    digits
        .chunks(4)
        .flat_map(|group| {
            let bits = group.iter().fold(0, |bits, d| (bits << 6) | d) << (6 * (4 - group.len()));
            bits.to_be_bytes()[1..group.len()].to_vec()
        })
        .collect()
}
