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

type Script = fn() -> Vec<Step>;

/// Fails in the same way, whatever was asked for.
const fn both(name: &'static str, steps: Script) -> Fault {
    each(name, steps, steps, Kind::Error)
}

const fn each(name: &'static str, whole: Script, stream: Script, seen: Kind) -> Fault {
    Fault { name, plain: Some(whole), stream: Some(stream), expected: (seen, seen) }
}

const fn whole(name: &'static str, steps: Script, seen: Kind) -> Fault {
    Fault { name, plain: Some(steps), stream: None, expected: (seen, seen) }
}

const fn streamed(name: &'static str, steps: Script, seen: Kind) -> Fault {
    Fault { name, plain: None, stream: Some(steps), expected: (seen, seen) }
}

/// The table.
pub static FAULTS: &[Fault] = &[
    both("429", || error(429, &[])),
    both("429 with seconds", || error(429, &[("retry-after", "0")])),
    both("429 with a date", || error(429, &[("retry-after", "Thu, 26 Nov 2020 12:00:00 GMT")])),
    both("429 with milliseconds", || error(429, &[("retry-after-ms", "1")])),
    both("429 for an hour", || error(429, &[("retry-after", "3600")])),
    both("500", || error(500, &[])),
    both("502", || error(502, &[])),
    both("503", || error(503, &[])),
    both("529", || error(529, &[])),
    both("401", || error(401, &[])),
    both("a redirect", || answer(307, &[("location", "http://127.0.0.1:9/")], b"")),
    both("no answer at all", || vec![Step::Pause(FOR_EVER)]),
    both("a head a byte at a time", slow_head),
    both("a reset before the head", || vec![Step::Reset]),
    both("an end before the head", || vec![Step::Close]),
    each(
        "silence after the head",
        || vec![Step::Bytes(head(200, &[JSON], Some(100))), Step::Pause(FOR_EVER)],
        || stream(&[], &[Step::Pause(FOR_EVER)]),
        Kind::Error,
    ),
    streamed("silence in the middle", || stream(&events()[..2], &[Step::Pause(FOR_EVER)]), Kind::Error),
    each(
        "an end in the middle",
        || vec![Step::Bytes(head(200, &[JSON], Some(400))), Step::Bytes(OK.as_bytes().to_vec()), Step::Close],
        || stream(&events()[..2], &[Step::Close]),
        Kind::Error,
    ),
    streamed(
        "a reset in the middle",
        || stream(&events()[..2], &[Step::Pause(Duration::from_millis(20)), Step::Reset]),
        Kind::Error,
    ),
    streamed("[DONE] missing", || stream(&events()[..events().len() - 1], &[Step::Close]), Kind::Unclean),
    streamed(
        "[DONE] without an end",
        || stream(&[&events()[..2], &events()[events().len() - 1..]].concat(), &[Step::Close]),
        Kind::Error,
    ),
    streamed(
        "an error in the stream",
        || {
            stream(
                &[
                    events()[0].clone(),
                    "data: {\"error\":{\"message\":\"overloaded\",\"type\":\"server_error\"}}\n\n".to_owned(),
                ],
                &[Step::Close],
            )
        },
        Kind::Error,
    ),
    both("an error with status 200", || body(r#"{"error":{"message":"no","type":"server_error"}}"#)),
    streamed(
        "events that are no JSON",
        || stream(&[events()[0].clone(), "data: {oops\n\n".to_owned()], &[Step::Close]),
        Kind::Error,
    ),
    streamed("no blank lines", || stream(&[events().concat().replace("\n\n", "\n")], &[Step::Close]), Kind::Error),
    streamed(
        "carriage returns alone",
        || stream(&[events().concat().replace('\n', "\r")], &[Step::Close]),
        Kind::Answer,
    ),
    streamed("a byte order mark", || stream(&[format!("\u{feff}{}", events().concat())], &[Step::Close]), Kind::Answer),
    streamed("a line of 20 MiB", || stream(&[format!("data: {}", "x".repeat(20 << 20))], &[Step::Close]), Kind::Error),
    streamed("cut inside characters", cut_inside_characters, Kind::Answer),
    each(
        "no UTF-8",
        || answer(200, &[JSON], b"{\"choices\":[\"\xff\"]}"),
        || {
            [
                vec![Step::Bytes(head(200, &[EVENTS], None))],
                vec![Step::Bytes(b"data: \xff\xfe\n\n".to_vec()), Step::Close],
            ]
            .concat()
        },
        Kind::Error,
    ),
    whole("JSON that is cut off", || body(&OK[..60]), Kind::Error),
    both("HTML", || answer(200, &[("content-type", "text/html")], b"<html><body>hello</body></html>")),
    whole(
        "a length that is too long",
        || vec![Step::Bytes(head(200, &[JSON], Some(5000))), Step::Bytes(format!("{OK}}}").into_bytes()), Step::Close],
        Kind::Error,
    ),
    whole(
        "a length that is too short",
        || vec![Step::Bytes(head(200, &[JSON], Some(20))), Step::Bytes(format!("{OK}}}").into_bytes()), Step::Close],
        Kind::Error,
    ),
    each(
        "chunks that are none",
        || {
            vec![
            Step::Bytes(
                b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n{}\r\n"
                    .to_vec()
            ),
            Step::Close
        ]
        },
        || {
            vec![
            Step::Bytes(
                b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n{}\r\n"
                    .to_vec()
            ),
            Step::Close
        ]
        },
        Kind::Error,
    ),
    both("no HTTP", || vec![Step::Bytes(b"hello\r\n\r\n".to_vec()), Step::Close]),
    each(
        "compressed unasked",
        || answer(200, &[JSON, ("content-encoding", "gzip")], b"\x1f\x8b\x08\x00"),
        || answer(200, &[EVENTS, ("content-encoding", "gzip")], b"\x1f\x8b\x08\x00"),
        Kind::Error,
    ),
    each("no usage", || usage(""), || usage_in_stream(""), Kind::Answer),
    each(
        "negative usage",
        || usage(r#","usage":{"prompt_tokens":-5,"completion_tokens":3,"total_tokens":-2}"#),
        || usage_in_stream(r#"{"prompt_tokens":-5,"completion_tokens":3,"total_tokens":-2}"#),
        Kind::Answer,
    ),
    each(
        "usage that contradicts itself",
        || {
            usage(
                r#","usage":{"prompt_tokens":5,"completion_tokens":3,"total_tokens":8,"prompt_tokens_details":{"cached_tokens":50}}"#,
            )
        },
        || {
            usage_in_stream(
                r#"{"prompt_tokens":5,"completion_tokens":3,"total_tokens":8,"prompt_tokens_details":{"cached_tokens":50}}"#,
            )
        },
        Kind::Answer,
    ),
    both("400", || error(400, &[])),
    both("403", || error(403, &[])),
    both("404", || error(404, &[])),
    both("504", || error(504, &[])),
    both("429 with parts of a second", || error(429, &[("retry-after", "0.01")])),
    both("429, compressed unasked", || error(429, &[("content-encoding", "gzip"), ("retry-after", "0")])),
    both("500 that breaks off", || {
        vec![Step::Bytes(head(500, &[JSON], Some(5000))), Step::Bytes(b"{\"error\":".to_vec()), Step::Close]
    }),
    both("500 with a long body", || answer(500, &[JSON], &vec![b'x'; 1 << 20])),
    each("nothing with status 200", || answer(200, &[JSON], b""), || answer(200, &[EVENTS], b""), Kind::Error),
    both("no content", || answer(204, &[], b"")),
    both("null", || body("null")),
    both("another object", || body("{\"hello\":1}")),
    each(
        "no choices",
        || body("{\"id\":\"c\",\"object\":\"chat.completion\",\"choices\":[]}"),
        || {
            stream(
                &["data: {\"id\":\"c\",\"choices\":[]}\n\n".to_owned(), "data: [DONE]\n\n".to_owned()],
                &[Step::Close],
            )
        },
        Kind::Error,
    ),
    whole("a stream that was not asked for", || stream(&events(), &[Step::Close]), Kind::Error),
    streamed("a whole answer to who asked for a stream", || body(&format!("{OK}}}")), Kind::Answer),
    streamed("[DONE] alone", || stream(&events()[events().len() - 1..], &[Step::Close]), Kind::Error),
    streamed("silence after [DONE]", || stream(&events(), &[Step::Pause(FOR_EVER)]), Kind::Answer),
    streamed(
        "a reset after [DONE]",
        || stream(&events(), &[Step::Pause(Duration::from_millis(20)), Step::Reset]),
        Kind::Answer,
    ),
    streamed(
        "more after [DONE]",
        || stream(&[events(), vec!["data: {oops\n\n".to_owned()]].concat(), &[Step::Close]),
        Kind::Answer,
    ),
    streamed(
        "an end inside an event",
        || stream(&[events()[0].clone(), events()[1][..40].to_owned()], &[Step::Close]),
        Kind::Error,
    ),
    each(
        "a chunk that is cut off",
        || vec![Step::Bytes(chunked_head(200, &[JSON])), Step::Bytes(b"fff\r\n{}".to_vec()), Step::Close],
        || vec![Step::Bytes(chunked_head(200, &[EVENTS])), Step::Bytes(chunk(events()[1].as_bytes())), Step::Close],
        Kind::Error,
    ),
    each(
        "a byte at a time",
        || trickled(&body(&format!("{OK}}}"))),
        || trickled(&stream(&events(), &[Step::Close])),
        Kind::Answer,
    ),
    each(
        "a body that never ends",
        || endless(head(200, &[JSON], None), b" "),
        || endless(head(200, &[EVENTS], None), b": ping\n\n"),
        Kind::Error,
    ),
    streamed(
        "a line of 1 MiB",
        || stream(&[format!(": {}\n\n", "x".repeat(1 << 20)), events().concat()], &[Step::Close]),
        Kind::Unclean,
    ),
    each(
        "compressed and cut off",
        || answer(200, &[JSON, ("content-encoding", "gzip")], &GZIPPED[..15]),
        || answer(200, &[EVENTS, ("content-encoding", "gzip")], &GZIPPED[..15]),
        Kind::Error,
    ),
    each("compressed unsaid", || answer(200, &[JSON], &GZIPPED), || answer(200, &[EVENTS], &GZIPPED), Kind::Error),
    each(
        "a compressed bomb",
        || answer(200, &[JSON, ("content-encoding", "br")], &[0x5b; 4096]),
        || answer(200, &[EVENTS, ("content-encoding", "br")], &[0x5b; 4096]),
        Kind::Error,
    ),
    each(
        "huge usage",
        || {
            usage(
                r#","usage":{"prompt_tokens":900000000000000000,"completion_tokens":900000000000000000,"total_tokens":1800000000000000000}"#,
            )
        },
        || {
            usage_in_stream(
                r#"{"prompt_tokens":900000000000000000,"completion_tokens":900000000000000000,"total_tokens":1800000000000000000}"#,
            )
        },
        Kind::Answer,
    ),
    each(
        "usage beyond all numbers",
        || usage(r#","usage":{"prompt_tokens":1e400,"completion_tokens":99999999999999999999999,"total_tokens":5}"#),
        || usage_in_stream(r#"{"prompt_tokens":1e400,"completion_tokens":99999999999999999999999,"total_tokens":5}"#),
        Kind::Answer,
    ),
    each("usage that is no object", || usage(r#","usage":"much""#), || usage_in_stream(r#""much""#), Kind::Answer),
    each(
        "usage twice",
        || {
            usage(
                r#","usage":{"prompt_tokens":7,"completion_tokens":1,"total_tokens":8},"usage":{"prompt_tokens":100,"completion_tokens":10,"total_tokens":110}"#,
            )
        },
        usage_twice,
        Kind::Answer,
    ),
    whole(
        "the limit on output reached",
        || body(&OK.replace("\"stop\"", "\"length\"").replace(']', "]}")),
        Kind::Unclean,
    ),
    whole("a filter's end", || body(&OK.replace("\"stop\"", "\"content_filter\"").replace(']', "]}")), Kind::Unclean),
    whole(
        "no-store",
        || answer(200, &[JSON, ("cache-control", "no-store")], format!("{OK}}}").as_bytes()),
        Kind::Unclean,
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
