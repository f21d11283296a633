//! Every recorded exchange through the translation: read into the model and written again in its own dialect, nothing is lost; the
//! usage is the provider's; streams fold into what they said; another dialect and back keeps what both can say; errors are told apart.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test's helpers fail loudly and say what they counted")]

#[path = "support/shared.rs"]
mod shared;

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{BufRead, BufReader};

use promptopt::chat::{Dialect, Role};
use promptopt::dialect::{reply_events, wire};
use promptopt::translate::accumulate::Accumulator;
use promptopt::translate::model::{AnswerFormat, FailureClass, Media, Node, Part, Request, Response};
use promptopt::translate::stream::Delta;
use promptopt::translate::{CODECS, Codec, codec, replay};
use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
struct Exchange {
    id: String,
    provider: String,
    kind: String,
    status: u16,
    stream: bool,
    request: Value,
    response: Option<String>,
    response_is_base64: Option<bool>,
    usage: Option<Value>,
}

/// Recordings that a check does not hold for, each with its reason.
const EXCEPTIONS: &[(&str, &str, &str)] = &[
    ("requests", "8cd3e8a6eacbb411", "a batch of requests, sent to another address than its name says"),
    ("answers", "8cd3e8a6eacbb411", "the same"),
    ("streams", "b49e1d959820d966", "the provider behind OpenRouter never says that it has ended, or why"),
    ("streams", "3a45e52ab51daa58", "the same"),
    ("answers", "49880ca9354aeb58", "an error that Azure's filter answered with status 200"),
];

/// A check's outcome: `None` if it is not about this exchange.
type Outcome = Option<Result<(), String>>;

fn for_each_exchange(what: &str, check: impl Fn(&Exchange, &'static Codec) -> Outcome) {
    let Some(file) = shared::shared_data("recordings/recordings.jsonl.gz") else { return };
    let mut counts: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    let (mut failures, mut excused) = (Vec::new(), BTreeSet::new());
    for line in BufReader::new(flate2::read::MultiGzDecoder::new(File::open(file).unwrap())).lines() {
        let exchange: Exchange = serde_json::from_str(&line.unwrap()).unwrap();
        let Some(codec) = dialect(&exchange).and_then(|dialect| codec(dialect).ok()) else { continue };
        let Some(result) = check(&exchange, codec) else { continue };
        let count = counts.entry(codec.dialect.name()).or_default();
        count.0 += 1;
        let Err(failure) = result else { continue };
        if EXCEPTIONS.iter().any(|(check, id, _)| *check == what && *id == exchange.id) {
            excused.insert(exchange.id.clone());
            continue;
        }
        count.1 += 1;
        failures.push(format!("{} {} {}: {failure}", exchange.id, exchange.provider, exchange.kind));
    }
    println!("{what}: {counts:?} (checked, failed), {} known exceptions", excused.len());
    assert!(failures.is_empty(), "{what}: {} fail\n{}", failures.len(), failures.join("\n"));
    let n: usize = counts.values().map(|(n, _)| n).sum();
    assert!(n > 40, "only {n} exchanges were checked");
    for (_, id, why) in EXCEPTIONS.iter().filter(|(check, ..)| *check == what) {
        assert!(excused.contains(*id), "{id} is no exception any more ({why})");
    }
}

fn dialect(exchange: &Exchange) -> Option<Dialect> {
    Some(match (exchange.kind.as_str(), exchange.provider.as_str()) {
        ("chat.completions", _) => Dialect::Chat,
        ("responses", _) => Dialect::Responses,
        ("messages", _) => Dialect::Messages,
        ("generateContent" | "streamGenerateContent", _) => Dialect::GenerateContent,
        ("converse" | "converse-stream", _) => Dialect::Converse,
        _ => return None,
    })
}

fn bytes(exchange: &Exchange) -> Option<Vec<u8>> {
    let response = exchange.response.as_ref()?;
    if exchange.response_is_base64.unwrap_or(false) {
        return promptopt::dialect::media::decode(response);
    }
    Some(response.clone().into_bytes())
}

fn is_success(exchange: &Exchange) -> bool {
    (200..300).contains(&exchange.status)
}

/// The first place where two values differ.
fn difference(a: &Value, b: &Value, at: &str) -> Option<String> {
    match (a, b) {
        (Value::Object(a), Value::Object(b)) => {
            let names: BTreeSet<&String> = a.keys().chain(b.keys()).collect();
            names.into_iter().find_map(|name| match (a.get(name), b.get(name)) {
                (Some(a), Some(b)) => difference(a, b, &format!("{at}/{name}")),
                (one, other) => Some(format!("{at}/{name}: {one:?} → {other:?}")),
            })
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            a.iter().zip(b).enumerate().find_map(|(index, (a, b))| difference(a, b, &format!("{at}/{index}")))
        }
        (a, b) if a == b => None,
        (a, b) => Some(format!("{at}: {a} → {b}").chars().take(300).collect()),
    }
}

fn same(a: &Value, b: &Value) -> Result<(), String> {
    difference(a, b, "").map_or(Ok(()), Err)
}

#[test]
fn a_request_written_in_its_own_dialect_is_the_same() {
    for_each_exchange("requests", |exchange, codec| {
        let read = match (codec.read_request)(&exchange.request) {
            Ok(read) => read,
            // What the provider refused, we may refuse.
            Err(_) if !is_success(exchange) => return None,
            Err(error) => return Some(Err(error.to_string())),
        };
        let written = (codec.write_request)(&read);
        Some(if written.lost.is_empty() {
            same(&exchange.request, &written.body)
        } else {
            Err(format!("{:?}", written.lost))
        })
    });
}

#[test]
fn an_answer_written_in_its_own_dialect_is_the_same_and_its_usage_is_the_providers() {
    for_each_exchange("answers", |exchange, codec| {
        if !is_success(exchange) || exchange.stream {
            return None;
        }
        let body: Value = serde_json::from_slice(&bytes(exchange)?).ok()?;
        body.is_object().then_some(())?;
        let read = match (codec.read_response)(&body) {
            Ok(read) => read,
            Err(error) => return Some(Err(error.to_string())),
        };
        Some(same(&body, &(codec.write_response)(&read).body).and_then(|()| usage(exchange, codec, &read)))
    });
}

fn usage(exchange: &Exchange, codec: &Codec, read: &Response) -> Result<(), String> {
    let told = exchange.usage.as_ref().and_then(|usage| (wire(codec.dialect).unwrap().usage)(usage, None).ok());
    let (told, found) = (told.map(|reading| reading.usage), read.usage.as_ref().map(|reading| reading.usage));
    if told == found { Ok(()) } else { Err(format!("usage: {told:?} → {found:?}")) }
}

fn deltas(codec: &Codec, events: &[Value]) -> Result<Vec<Delta>, String> {
    let mut reader = (codec.stream_reader)();
    let mut deltas = Vec::new();
    for event in events {
        deltas.extend(reader.event(None, event).map_err(|error| error.to_string())?);
    }
    if !reader.has_last_event() {
        deltas.push(Delta::End);
    }
    Ok(deltas)
}

fn folded(dialect: Dialect, deltas: &[Delta]) -> Accumulator {
    let mut folded = Accumulator::new(dialect);
    for delta in deltas {
        folded.fold(delta);
    }
    folded
}

/// What a response says, without what belongs to one dialect.
fn said(response: &Response) -> Vec<String> {
    let mut said = Vec::new();
    for choice in &response.choices {
        said.extend(parts(&choice.parts, true));
        said.push(format!("finish {:?}", choice.finish));
    }
    said
}

fn parts(nodes: &[Node], is_answer: bool) -> Vec<String> {
    let mut said: Vec<String> = Vec::new();
    let mut text = String::new();
    for node in nodes {
        match &node.part {
            Part::Text(more) | Part::Refusal(more) | Part::File { source: Media::Text(more), .. } => {
                if !is_answer {
                    text.push(' ');
                }
                text.push_str(more);
            }
            Part::Reasoning { text: Some(thought), .. } if is_answer => said.push(format!("thought {thought}")),
            Part::Reasoning { .. } | Part::Other(_) => {}
            Part::ToolCall { name, arguments, .. } => {
                let arguments = if arguments.is_empty() { "{}" } else { arguments };
                let arguments: Value = serde_json::from_str(arguments).unwrap_or_else(|_| arguments.into());
                said.push(format!("call {name} {}", sorted(&arguments)));
            }
            Part::ToolResult { parts: inner, .. } => said.push(format!("result {:?}", parts(inner, false))),
            Part::Image { source, .. } => said.push(format!("image {}", media(source))),
            Part::Audio { source } => said.push(format!("audio {}", media(source))),
            Part::File { source, .. } => said.push(format!("file {}", media(source))),
        }
    }
    let words: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if !words.is_empty() {
        said.push(format!("text {words}"));
    }
    said
}

fn media(source: &Media) -> String {
    match source {
        Media::Base64 { data, .. } => data.clone(),
        Media::Url { url, .. } => url.clone(),
        Media::Id(id) => id.clone(),
        Media::Text(text) => text.clone(),
    }
}

fn sorted(value: &Value) -> String {
    match value {
        Value::Object(fields) => {
            let sorted: BTreeMap<&String, String> = fields.iter().map(|(name, value)| (name, sorted(value))).collect();
            format!("{sorted:?}")
        }
        Value::Array(items) => format!("{:?}", items.iter().map(sorted).collect::<Vec<_>>()),
        other => other.to_string(),
    }
}

#[test]
fn a_stream_folds_into_what_it_said() {
    for_each_exchange("streams", |exchange, codec| {
        if !is_success(exchange) || !exchange.stream {
            return None;
        }
        let bytes = bytes(exchange)?;
        let is_done = bytes.windows(6).any(|window| window == b"[DONE]");
        let mut events = reply_events(&bytes).ok()?;
        if is_done {
            events.push("[DONE]".into());
        }
        let steps = match deltas(codec, &events) {
            // As the router does: what has finished has ended, when the bytes have.
            Ok(mut steps) => {
                if !steps.contains(&Delta::End) {
                    steps.push(Delta::End);
                }
                steps
            }
            Err(error) => return Some(Err(error)),
        };
        let folded = folded(codec.dialect, &steps);
        if folded.failure().is_some() {
            return None;
        }
        let response = folded.response();
        // Some end without a last event: that is enough for an answer, though not for keeping it.
        if !folded.is_finished() {
            return Some(Err(format!(
                "not complete: {:?}",
                response.choices.iter().map(|choice| &choice.finish).collect::<Vec<_>>()
            )));
        }
        Some(usage(exchange, codec, &response).and_then(|()| written_again(codec, &steps, &response)))
    });
}

/// A stream in the dialects that callers use, and back, says the same.
fn written_again(codec: &Codec, steps: &[Delta], response: &Response) -> Result<(), String> {
    for to in CODECS.iter().filter(|to| to.dialect != Dialect::Converse) {
        let ways = [("stream", steps.to_vec()), ("replay", replay::deltas(response))];
        for (way, steps) in ways {
            let mut writer =
                (to.stream_writer)(&Request { stream: true, stream_usage: Some(true), ..Request::default() });
            let events: Vec<Value> = steps.iter().flat_map(|step| writer.delta(step)).map(|event| event.data).collect();
            let back = folded(to.dialect, &deltas(to, &events)?);
            if !back.is_finished() {
                return Err(format!("{way} as {} is not complete", to.dialect.name()));
            }
            let (before, after) =
                (single(said(&within(response, to)), codec, to), single(said(&back.response()), codec, to));
            if before != after {
                return Err(format!("{way} as {}: {before:?} → {after:?}", to.dialect.name())
                    .chars()
                    .take(600)
                    .collect());
            }
            let (before, after) = (response.usage.as_ref(), back.response().usage);
            let totals = |reading: Option<&promptopt::usage::Reading>| {
                reading.map(|reading| (reading.usage.input(), reading.usage.output()))
            };
            if before.is_some() && totals(before) != totals(after.as_ref()) {
                return Err(format!("{way} as {}: usage {before:?} → {after:?}", to.dialect.name()));
            }
        }
    }
    Ok(())
}

/// The first answer, where a dialect gives one only.
fn within(response: &Response, to: &Codec) -> Response {
    let mut response = response.clone();
    if to.dialect != Dialect::Chat && to.dialect != Dialect::GenerateContent {
        response.choices.truncate(1);
    }
    response
}

/// Ends are told apart more finely by some: what both can say is compared.
fn single(said: Vec<String>, from: &Codec, to: &Codec) -> Vec<String> {
    let mut said: Vec<String> = said
        .into_iter()
        .map(|line| if from.dialect != to.dialect && line.starts_with("finish") { "finish".to_owned() } else { line })
        .collect();
    said.sort();
    said
}

/// What a request says.
fn asked(request: &Request) -> Vec<String> {
    let mut said = Vec::new();
    for message in &request.messages {
        let role = match message.role {
            Role::Developer | Role::System => "system",
            Role::Assistant => "assistant",
            Role::User | Role::Tool => "user",
        };
        said.extend(
            parts(&message.parts, false)
                .into_iter()
                .map(|part| if part.starts_with("result") { part } else { format!("{role} {part}") }),
        );
    }
    said.extend(request.tools.iter().filter(|tool| tool.server.is_none()).map(|tool| {
        format!(
            "tool {} {:?} {}",
            tool.name,
            tool.description,
            tool.parameters.as_ref().map(sorted).unwrap_or_default()
        )
    }));
    let sampling = &request.sampling;
    said.extend(sampling.max_output.map(|most| format!("max {most}")));
    said.extend(sampling.temperature.as_ref().map(|number| format!("temperature {number}")));
    said.extend(sampling.top_p.as_ref().map(|number| format!("top_p {number}")));
    said.extend(sampling.stop.iter().map(|stop| format!("stop {stop}")));
    if let Some(AnswerFormat::JsonSchema { schema, .. }) = &request.format {
        said.push(format!("schema {}", sorted(schema)));
    }
    said.extend(request.tool_choice.as_ref().map(|choice| format!("choice {choice:?}")));
    said
}

#[test]
fn another_dialect_and_back_keeps_what_both_can_say() {
    for_each_exchange("translations of requests", |exchange, codec| {
        is_success(exchange).then_some(())?;
        let read = (codec.read_request)(&exchange.request).ok()?;
        for to in CODECS.iter().filter(|to| to.dialect != codec.dialect) {
            let written = (to.write_request)(&read);
            let back = match (to.read_request)(&written.body) {
                Ok(back) => back,
                Err(error) => return Some(Err(format!("{}: {error}", to.dialect.name()))),
            };
            let (mut before, after) = (asked(&read), asked(&back));
            // Turns that are joined or split say the same words.
            before.retain(|line| !after.contains(line));
            let words = |lines: &[String]| {
                lines.iter().flat_map(|line| line.split_whitespace().map(str::to_owned)).collect::<BTreeSet<_>>()
            };
            let all = words(&after);
            before.retain(|line| !line.split_whitespace().all(|word| all.contains(word)));
            if before.len() > written.lost.len() {
                let message = format!("{}: {before:?} is gone, told is {:?}", to.dialect.name(), written.lost);
                return Some(Err(message.chars().take(700).collect()));
            }
        }
        Some(Ok(()))
    });
}

#[test]
fn an_answer_in_another_dialect_and_back_says_the_same() {
    for_each_exchange("translations of answers", |exchange, codec| {
        if !is_success(exchange) || exchange.stream {
            return None;
        }
        let body: Value = serde_json::from_slice(&bytes(exchange)?).ok()?;
        let read = (codec.read_response)(&body).ok()?;
        for to in CODECS.iter().filter(|to| to.dialect != codec.dialect) {
            let written = (to.write_response)(&read);
            let back = match (to.read_response)(&written.body) {
                Ok(back) => back,
                Err(error) => return Some(Err(format!("{}: {error}", to.dialect.name()))),
            };
            let (mut before, after) = (single(said(&within(&read, to)), codec, to), single(said(&back), codec, to));
            before.retain(|line| !after.contains(line));
            if before.len() > written.lost.len() {
                return Some(Err(format!("{}: {before:?} → {after:?}, told is {:?}", to.dialect.name(), written.lost)
                    .chars()
                    .take(700)
                    .collect()));
            }
        }
        Some(Ok(()))
    });
}

#[test]
fn every_error_is_of_a_kind() {
    for_each_exchange("errors", |exchange, codec| {
        (exchange.status >= 400).then_some(())?;
        let text = exchange.response.clone().unwrap_or_default();
        let body: Value = serde_json::from_str(&text).unwrap_or(Value::String(text));
        let failure = (codec.read_failure)(exchange.status, &body);
        Some(if failure.class == FailureClass::Unknown || failure.message.is_empty() {
            Err(format!("{failure:?}"))
        } else {
            Ok(())
        })
    });
}
