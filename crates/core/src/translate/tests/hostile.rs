//! Sizes and depths that nobody sends in good faith.

use serde_json::{Value, json};

use super::samples;
use crate::chat::Dialect;
use crate::translate::{CODECS, codec};

/// As deep as serde reads a text.
fn deep(n_levels: usize) -> String {
    format!("{}{}", "[".repeat(n_levels), "]".repeat(n_levels))
}

#[test]
fn arguments_nested_as_deep_as_can_be_read_are_written_so_that_they_can_be_read() {
    for depth in [90, 97, 120, 126, 127] {
        let arguments = format!("{{\"a\":{}}}", deep(depth - 1));
        let mut body = samples::request(Dialect::Chat);
        body["messages"][2]["tool_calls"][0]["function"]["arguments"] = arguments.into();
        let request = (codec(Dialect::Chat).unwrap().read_request)(&body).unwrap();
        for codec in CODECS {
            let text = (codec.write_request)(&request).body.to_string();
            assert!(serde_json::from_str::<Value>(&text).is_ok(), "{} at {depth}", codec.dialect.name());
        }
    }
}

#[test]
fn a_body_as_deep_as_can_be_read_is_taken_and_written() {
    for codec in CODECS {
        let text = samples::request(codec.dialect).to_string();
        let text = format!("{},\"x\":{}}}", &text[..text.len() - 1], deep(126));
        let body: Value = serde_json::from_str(&text).unwrap();
        let request = (codec.read_request)(&body).unwrap();
        assert_eq!((codec.write_request)(&request).body, body);
    }
}

#[test]
fn long_lists_take_time_in_proportion() {
    // Squares of these would not end.
    const N: usize = 30_000;
    let call =
        |at: usize| json!({"id": format!("c{at}"), "type": "function", "function": {"name": "f", "arguments": "{}"}});
    let result = |at: usize| json!({"role": "tool", "tool_call_id": format!("c{at}"), "content": "x"});
    let mut messages = vec![json!({"role": "assistant", "tool_calls": (0..N).map(call).collect::<Vec<_>>()})];
    messages.extend((0..N).map(result));
    let request = (codec(Dialect::Chat).unwrap().read_request)(&json!({"model": "m", "messages": messages})).unwrap();
    for codec in CODECS {
        let written = (codec.write_request)(&request).body;
        assert!(written.to_string().contains(&format!("c{}", N - 1)) || codec.dialect == Dialect::GenerateContent);
    }
}

#[test]
fn a_stream_of_many_calls_takes_time_in_proportion() {
    const N: usize = 20_000;
    for codec in CODECS {
        let mut reader = (codec.stream_reader)();
        let mut writers: Vec<_> =
            CODECS.iter().map(|other| (other.stream_writer)(&crate::translate::model::Request::default())).collect();
        let mut n_written = 0;
        for at in 0..N {
            for event in call(codec.dialect, at) {
                for delta in reader.event(None, &event).unwrap() {
                    n_written += writers.iter_mut().map(|writer| writer.delta(&delta).len()).sum::<usize>();
                }
            }
        }
        assert!(n_written >= N, "{} wrote {n_written}", codec.dialect.name());
    }
}

/// The events of one call in a stream.
fn call(dialect: Dialect, at: usize) -> Vec<Value> {
    let id = format!("c{at}");
    match dialect {
        Dialect::Chat => vec![json!({"id": "i", "choices": [{"index": 0, "delta": {"tool_calls": [
            {"index": at, "id": id, "function": {"name": "f", "arguments": "{}"}}]}}]})],
        Dialect::Responses => vec![
            json!({"type": "response.output_item.added", "output_index": at, "item": {"type": "function_call", "call_id": id, "name": "f"}}),
            json!({"type": "response.output_item.done", "output_index": at}),
        ],
        Dialect::Messages => vec![
            json!({"type": "content_block_start", "index": at, "content_block": {"type": "tool_use", "id": id, "name": "f", "input": {}}}),
            json!({"type": "content_block_stop", "index": at}),
        ],
        Dialect::GenerateContent => {
            vec![json!({"candidates": [{"index": 0, "content": {"parts": [{"functionCall": {"name": "f"}}]}}]})]
        }
        _ => vec![
            json!({"contentBlockStart": {"contentBlockIndex": at, "start": {"toolUse": {"toolUseId": id, "name": "f"}}}}),
            json!({"contentBlockStop": {"contentBlockIndex": at}}),
        ],
    }
}
