//! Every way in which a provider fails, as steps. A test goes through the table.

use std::time::Duration;

use super::answers::chat_events;
use super::{Step, answer, chunk, chunked_head, head};

/// What a caller must see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// An error.
    Error,
    /// An answer; it may be kept.
    Answer,
    /// An answer that is not to be kept.
    Unclean,
}

/// A fault.
pub struct Fault {
    /// Its name.
    pub name: &'static str,
    /// For calls that ask for a whole answer.
    pub plain: Option<fn() -> Vec<Step>>,
    /// For calls that ask for a stream.
    pub stream: Option<fn() -> Vec<Step>>,
    /// What a caller must see of a whole answer, and of a stream.
    pub expected: (Kind, Kind),
}

const JSON: (&str, &str) = ("content-type", "application/json");
const EVENTS: (&str, &str) = ("content-type", "text/event-stream");
/// `{"id":"c"}` in gzip.
const GZIPPED: [u8; 30] = *b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xab\x56\xca\x4c\x51\xb2\x52\x4a\x56\xaa\x05\x00\x2d\x32\x20\x99\x0a\x00\x00\x00";
/// Longer than any limit that a test sets.
const FOR_EVER: Duration = Duration::from_secs(3600);

fn error(status: u16, headers: &[(&str, &str)]) -> Vec<Step> {
    let mut all = vec![JSON];
    all.extend_from_slice(headers);
    answer(status, &all, br#"{"error":{"message":"scripted failure","type":"server_error","code":null}}"#)
}

fn body(text: &str) -> Vec<Step> {
    answer(200, &[JSON], text.as_bytes())
}

fn stream(events: &[String], end: &[Step]) -> Vec<Step> {
    let mut steps = vec![Step::Bytes(head(200, &[EVENTS], None))];
    steps.extend(events.iter().map(|event| Step::Bytes(event.clone().into_bytes())));
    steps.extend_from_slice(end);
    steps
}

fn events() -> Vec<String> {
    chat_events("hello there you", 100, 10)
}

const OK: &str = r#"{"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"hello"},"finish_reason":"stop"}]"#;

fn usage(usage: &str) -> Vec<Step> {
    body(&format!("{OK}{usage}}}"))
}

fn usage_in_stream(usage: &str) -> Vec<Step> {
    let mut events = events();
    let at = events.len() - 2;
    if usage.is_empty() {
        events.remove(at);
    } else {
        events[at] = format!("data: {{\"id\":\"c1\",\"choices\":[],\"usage\":{usage}}}\n\n");
    }
    stream(&events, &[Step::Close])
}

macro_rules! fault {
    ($name:literal, $plain:expr, $stream:expr, $expected:expr) => {
        Fault { name: $name, plain: $plain, stream: $stream, expected: $expected }
    };
}

/// Both ways fail.
const FAILS: (Kind, Kind) = (Kind::Error, Kind::Error);

/// The table.
pub static FAULTS: &[Fault] = &[
    fault!("429", Some(|| error(429, &[])), Some(|| error(429, &[])), FAILS),
    fault!(
        "429 with seconds",
        Some(|| error(429, &[("retry-after", "0")])),
        Some(|| error(429, &[("retry-after", "0")])),
        FAILS
    ),
    fault!(
        "429 with a date",
        Some(|| error(429, &[("retry-after", "Thu, 26 Nov 2020 12:00:00 GMT")])),
        Some(|| error(429, &[("retry-after", "Thu, 26 Nov 2020 12:00:00 GMT")])),
        FAILS
    ),
    fault!(
        "429 with milliseconds",
        Some(|| error(429, &[("retry-after-ms", "1")])),
        Some(|| error(429, &[("retry-after-ms", "1")])),
        FAILS
    ),
    fault!(
        "429 for an hour",
        Some(|| error(429, &[("retry-after", "3600")])),
        Some(|| error(429, &[("retry-after", "3600")])),
        FAILS
    ),
    fault!("500", Some(|| error(500, &[])), Some(|| error(500, &[])), FAILS),
    fault!("502", Some(|| error(502, &[])), Some(|| error(502, &[])), FAILS),
    fault!("503", Some(|| error(503, &[])), Some(|| error(503, &[])), FAILS),
    fault!("529", Some(|| error(529, &[])), Some(|| error(529, &[])), FAILS),
    fault!("401", Some(|| error(401, &[])), Some(|| error(401, &[])), FAILS),
    fault!(
        "a redirect",
        Some(|| answer(307, &[("location", "http://127.0.0.1:9/")], b"")),
        Some(|| answer(307, &[("location", "http://127.0.0.1:9/")], b"")),
        FAILS
    ),
    fault!("no answer at all", Some(|| vec![Step::Pause(FOR_EVER)]), Some(|| vec![Step::Pause(FOR_EVER)]), FAILS),
    fault!("a head a byte at a time", Some(slow_head), Some(slow_head), FAILS),
    fault!("a reset before the head", Some(|| vec![Step::Reset]), Some(|| vec![Step::Reset]), FAILS),
    fault!("an end before the head", Some(|| vec![Step::Close]), Some(|| vec![Step::Close]), FAILS),
    fault!(
        "silence after the head",
        Some(|| vec![Step::Bytes(head(200, &[JSON], Some(100))), Step::Pause(FOR_EVER)]),
        Some(|| stream(&[], &[Step::Pause(FOR_EVER)])),
        FAILS
    ),
    fault!("silence in the middle", None, Some(|| stream(&events()[..2], &[Step::Pause(FOR_EVER)])), FAILS),
    fault!(
        "an end in the middle",
        Some(|| vec![Step::Bytes(head(200, &[JSON], Some(400))), Step::Bytes(OK.as_bytes().to_vec()), Step::Close]),
        Some(|| stream(&events()[..2], &[Step::Close])),
        FAILS
    ),
    fault!(
        "a reset in the middle",
        None,
        Some(|| stream(&events()[..2], &[Step::Pause(Duration::from_millis(20)), Step::Reset])),
        FAILS
    ),
    fault!(
        "[DONE] missing",
        None,
        Some(|| stream(&events()[..events().len() - 1], &[Step::Close])),
        (Kind::Error, Kind::Unclean)
    ),
    fault!(
        "[DONE] without an end",
        None,
        Some(|| stream(&[&events()[..2], &events()[events().len() - 1..]].concat(), &[Step::Close])),
        FAILS
    ),
    fault!(
        "an error in the stream",
        None,
        Some(|| stream(
            &[
                events()[0].clone(),
                "data: {\"error\":{\"message\":\"overloaded\",\"type\":\"server_error\"}}\n\n".to_owned()
            ],
            &[Step::Close]
        )),
        FAILS
    ),
    fault!(
        "an error with status 200",
        Some(|| body(r#"{"error":{"message":"no","type":"server_error"}}"#)),
        Some(|| body(r#"{"error":{"message":"no","type":"server_error"}}"#)),
        FAILS
    ),
    fault!(
        "events that are no JSON",
        None,
        Some(|| stream(&[events()[0].clone(), "data: {oops\n\n".to_owned()], &[Step::Close])),
        FAILS
    ),
    fault!("no blank lines", None, Some(|| stream(&[events().concat().replace("\n\n", "\n")], &[Step::Close])), FAILS),
    fault!(
        "carriage returns alone",
        None,
        Some(|| stream(&[events().concat().replace('\n', "\r")], &[Step::Close])),
        (Kind::Error, Kind::Answer)
    ),
    fault!(
        "a byte order mark",
        None,
        Some(|| stream(&[format!("\u{feff}{}", events().concat())], &[Step::Close])),
        (Kind::Error, Kind::Answer)
    ),
    fault!(
        "a line of 20 MiB",
        None,
        Some(|| stream(&[format!("data: {}", "x".repeat(20 << 20))], &[Step::Close])),
        FAILS
    ),
    fault!("cut inside characters", None, Some(cut_inside_characters), (Kind::Error, Kind::Answer)),
    fault!(
        "no UTF-8",
        Some(|| answer(200, &[JSON], b"{\"choices\":[\"\xff\"]}")),
        Some(|| [
            vec![Step::Bytes(head(200, &[EVENTS], None))],
            vec![Step::Bytes(b"data: \xff\xfe\n\n".to_vec()), Step::Close]
        ]
        .concat()),
        FAILS
    ),
    fault!("JSON that is cut off", Some(|| body(&OK[..60])), None, FAILS),
    fault!(
        "HTML",
        Some(|| answer(200, &[("content-type", "text/html")], b"<html><body>hello</body></html>")),
        Some(|| answer(200, &[("content-type", "text/html")], b"<html><body>hello</body></html>")),
        FAILS
    ),
    fault!(
        "a length that is too long",
        Some(|| vec![
            Step::Bytes(head(200, &[JSON], Some(5000))),
            Step::Bytes(format!("{OK}}}").into_bytes()),
            Step::Close
        ]),
        None,
        FAILS
    ),
    fault!(
        "a length that is too short",
        Some(|| vec![
            Step::Bytes(head(200, &[JSON], Some(20))),
            Step::Bytes(format!("{OK}}}").into_bytes()),
            Step::Close
        ]),
        None,
        FAILS
    ),
    fault!(
        "chunks that are none",
        Some(|| vec![
            Step::Bytes(
                b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n{}\r\n"
                    .to_vec()
            ),
            Step::Close
        ]),
        Some(|| vec![
            Step::Bytes(
                b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n{}\r\n"
                    .to_vec()
            ),
            Step::Close
        ]),
        FAILS
    ),
    fault!(
        "no HTTP",
        Some(|| vec![Step::Bytes(b"hello\r\n\r\n".to_vec()), Step::Close]),
        Some(|| vec![Step::Bytes(b"hello\r\n\r\n".to_vec()), Step::Close]),
        FAILS
    ),
    fault!(
        "compressed unasked",
        Some(|| answer(200, &[JSON, ("content-encoding", "gzip")], b"\x1f\x8b\x08\x00")),
        Some(|| answer(200, &[EVENTS, ("content-encoding", "gzip")], b"\x1f\x8b\x08\x00")),
        FAILS
    ),
    fault!("no usage", Some(|| usage("")), Some(|| usage_in_stream("")), (Kind::Answer, Kind::Answer)),
    fault!(
        "negative usage",
        Some(|| usage(r#","usage":{"prompt_tokens":-5,"completion_tokens":3,"total_tokens":-2}"#)),
        Some(|| usage_in_stream(r#"{"prompt_tokens":-5,"completion_tokens":3,"total_tokens":-2}"#)),
        (Kind::Answer, Kind::Answer)
    ),
    fault!(
        "usage that contradicts itself",
        Some(|| usage(
            r#","usage":{"prompt_tokens":5,"completion_tokens":3,"total_tokens":8,"prompt_tokens_details":{"cached_tokens":50}}"#
        )),
        Some(|| usage_in_stream(
            r#"{"prompt_tokens":5,"completion_tokens":3,"total_tokens":8,"prompt_tokens_details":{"cached_tokens":50}}"#
        )),
        (Kind::Answer, Kind::Answer)
    ),
    fault!("400", Some(|| error(400, &[])), Some(|| error(400, &[])), FAILS),
    fault!("403", Some(|| error(403, &[])), Some(|| error(403, &[])), FAILS),
    fault!("404", Some(|| error(404, &[])), Some(|| error(404, &[])), FAILS),
    fault!("504", Some(|| error(504, &[])), Some(|| error(504, &[])), FAILS),
    fault!(
        "429 with parts of a second",
        Some(|| error(429, &[("retry-after", "0.01")])),
        Some(|| error(429, &[("retry-after", "0.01")])),
        FAILS
    ),
    fault!(
        "429, compressed unasked",
        Some(|| error(429, &[("content-encoding", "gzip"), ("retry-after", "0")])),
        Some(|| error(429, &[("content-encoding", "gzip"), ("retry-after", "0")])),
        FAILS
    ),
    fault!(
        "500 that breaks off",
        Some(|| vec![Step::Bytes(head(500, &[JSON], Some(5000))), Step::Bytes(b"{\"error\":".to_vec()), Step::Close]),
        Some(|| vec![Step::Bytes(head(500, &[JSON], Some(5000))), Step::Bytes(b"{\"error\":".to_vec()), Step::Close]),
        FAILS
    ),
    fault!(
        "500 with a long body",
        Some(|| answer(500, &[JSON], &vec![b'x'; 1 << 20])),
        Some(|| answer(500, &[JSON], &vec![b'x'; 1 << 20])),
        FAILS
    ),
    fault!("nothing with status 200", Some(|| answer(200, &[JSON], b"")), Some(|| answer(200, &[EVENTS], b"")), FAILS),
    fault!("no content", Some(|| answer(204, &[], b"")), Some(|| answer(204, &[], b"")), FAILS),
    fault!("null", Some(|| body("null")), Some(|| body("null")), FAILS),
    fault!("another object", Some(|| body("{\"hello\":1}")), Some(|| body("{\"hello\":1}")), FAILS),
    fault!(
        "no choices",
        Some(|| body("{\"id\":\"c\",\"object\":\"chat.completion\",\"choices\":[]}")),
        Some(|| stream(
            &["data: {\"id\":\"c\",\"choices\":[]}\n\n".to_owned(), "data: [DONE]\n\n".to_owned()],
            &[Step::Close]
        )),
        FAILS
    ),
    fault!("a stream that was not asked for", Some(|| stream(&events(), &[Step::Close])), None, FAILS),
    fault!(
        "a whole answer to who asked for a stream",
        None,
        Some(|| body(&format!("{OK}}}"))),
        (Kind::Error, Kind::Answer)
    ),
    fault!("[DONE] alone", None, Some(|| stream(&events()[events().len() - 1..], &[Step::Close])), FAILS),
    fault!(
        "silence after [DONE]",
        None,
        Some(|| stream(&events(), &[Step::Pause(FOR_EVER)])),
        (Kind::Error, Kind::Answer)
    ),
    fault!(
        "a reset after [DONE]",
        None,
        Some(|| stream(&events(), &[Step::Pause(Duration::from_millis(20)), Step::Reset])),
        (Kind::Error, Kind::Answer)
    ),
    fault!(
        "more after [DONE]",
        None,
        Some(|| stream(&[events(), vec!["data: {oops\n\n".to_owned()]].concat(), &[Step::Close])),
        (Kind::Error, Kind::Answer)
    ),
    fault!(
        "an end inside an event",
        None,
        Some(|| stream(&[events()[0].clone(), events()[1][..40].to_owned()], &[Step::Close])),
        FAILS
    ),
    fault!(
        "a chunk that is cut off",
        Some(|| vec![Step::Bytes(chunked_head(200, &[JSON])), Step::Bytes(b"fff\r\n{}".to_vec()), Step::Close]),
        Some(|| vec![
            Step::Bytes(chunked_head(200, &[EVENTS])),
            Step::Bytes(chunk(events()[1].as_bytes())),
            Step::Close
        ]),
        FAILS
    ),
    fault!(
        "a byte at a time",
        Some(|| trickled(&body(&format!("{OK}}}")))),
        Some(|| trickled(&stream(&events(), &[Step::Close]))),
        (Kind::Answer, Kind::Answer)
    ),
    fault!(
        "a body that never ends",
        Some(|| endless(head(200, &[JSON], None), b" ")),
        Some(|| endless(head(200, &[EVENTS], None), b": ping\n\n")),
        FAILS
    ),
    fault!(
        "a line of 1 MiB",
        None,
        Some(|| stream(&[format!(": {}\n\n", "x".repeat(1 << 20)), events().concat()], &[Step::Close])),
        (Kind::Error, Kind::Unclean)
    ),
    fault!(
        "compressed and cut off",
        Some(|| answer(200, &[JSON, ("content-encoding", "gzip")], &GZIPPED[..15])),
        Some(|| answer(200, &[EVENTS, ("content-encoding", "gzip")], &GZIPPED[..15])),
        FAILS
    ),
    fault!(
        "compressed unsaid",
        Some(|| answer(200, &[JSON], &GZIPPED)),
        Some(|| answer(200, &[EVENTS], &GZIPPED)),
        FAILS
    ),
    fault!(
        "a compressed bomb",
        Some(|| answer(200, &[JSON, ("content-encoding", "br")], &[0x5b; 4096])),
        Some(|| answer(200, &[EVENTS, ("content-encoding", "br")], &[0x5b; 4096])),
        FAILS
    ),
    fault!(
        "huge usage",
        Some(|| usage(
            r#","usage":{"prompt_tokens":900000000000000000,"completion_tokens":900000000000000000,"total_tokens":1800000000000000000}"#
        )),
        Some(|| usage_in_stream(
            r#"{"prompt_tokens":900000000000000000,"completion_tokens":900000000000000000,"total_tokens":1800000000000000000}"#
        )),
        (Kind::Answer, Kind::Answer)
    ),
    fault!(
        "usage beyond all numbers",
        Some(|| usage(
            r#","usage":{"prompt_tokens":1e400,"completion_tokens":99999999999999999999999,"total_tokens":5}"#
        )),
        Some(|| usage_in_stream(
            r#"{"prompt_tokens":1e400,"completion_tokens":99999999999999999999999,"total_tokens":5}"#
        )),
        (Kind::Answer, Kind::Answer)
    ),
    fault!(
        "usage that is no object",
        Some(|| usage(r#","usage":"much""#)),
        Some(|| usage_in_stream(r#""much""#)),
        (Kind::Answer, Kind::Answer)
    ),
    fault!(
        "usage twice",
        Some(|| usage(
            r#","usage":{"prompt_tokens":7,"completion_tokens":1,"total_tokens":8},"usage":{"prompt_tokens":100,"completion_tokens":10,"total_tokens":110}"#
        )),
        Some(|| usage_twice()),
        (Kind::Answer, Kind::Answer)
    ),
    fault!(
        "the limit on output reached",
        Some(|| body(&OK.replace("\"stop\"", "\"length\"").replace("]", "]}"))),
        None,
        (Kind::Unclean, Kind::Error)
    ),
    fault!(
        "a filter's end",
        Some(|| body(&OK.replace("\"stop\"", "\"content_filter\"").replace("]", "]}"))),
        None,
        (Kind::Unclean, Kind::Error)
    ),
    fault!(
        "no-store",
        Some(|| answer(200, &[JSON, ("cache-control", "no-store")], format!("{OK}}}").as_bytes())),
        None,
        (Kind::Unclean, Kind::Error)
    ),
];

fn usage_twice() -> Vec<Step> {
    let mut events = events();
    let at = events.len() - 2;
    events.insert(at, events[at].replace(":100,", ":7,").replace(":110}", ":17}"));
    stream(&events, &[Step::Close])
}

/// A byte at a time, faster than any limit that a test sets.
fn trickled(steps: &[Step]) -> Vec<Step> {
    let mut all = Vec::new();
    for step in steps {
        match step {
            Step::Bytes(bytes) => {
                for piece in bytes.chunks(bytes.len().div_ceil(40).max(1)) {
                    all.extend([Step::Bytes(piece.to_vec()), Step::Pause(Duration::from_millis(1))]);
                }
            }
            other => all.push(other.clone()),
        }
    }
    all
}

/// Never silent for long, and never done.
fn endless(head: Vec<u8>, piece: &[u8]) -> Vec<Step> {
    let mut steps = vec![Step::Bytes(head)];
    for _ in 0..1000 {
        steps.extend([Step::Bytes(piece.to_vec()), Step::Pause(Duration::from_millis(100))]);
    }
    steps
}

fn slow_head() -> Vec<Step> {
    let bytes = head(200, &[JSON], Some(2));
    bytes.into_iter().flat_map(|byte| [Step::Bytes(vec![byte]), Step::Pause(Duration::from_millis(50))]).collect()
}

fn cut_inside_characters() -> Vec<Step> {
    let text = chat_events("grün €uro 😀 ", 100, 10).concat();
    let mut steps = vec![Step::Bytes(head(200, &[EVENTS], None))];
    steps.extend(text.as_bytes().chunks(7).map(|piece| Step::Bytes(piece.to_vec())));
    steps.push(Step::Close);
    steps
}
