//! Answers as the providers write them, with a text and a usage that the test knows.

use super::{Step, answer, head};

/// A chat completion.
pub fn chat(text: &str, input: u64, output: u64) -> Vec<Step> {
    let body = format!(
        r#"{{"id":"c1","object":"chat.completion","created":1,"model":"scripted","choices":[{{"index":0,"message":{{"role":"assistant","content":"{text}"}},"finish_reason":"stop"}}],"usage":{{"prompt_tokens":{input},"completion_tokens":{output},"total_tokens":{}}}}}"#,
        input + output
    );
    answer(200, &[("content-type", "application/json")], body.as_bytes())
}

/// The events of a chat completion, one after the other.
pub(crate) fn chat_events(text: &str, input: u64, output: u64) -> Vec<String> {
    let chunk = |delta: &str, finish: &str| {
        format!(
            "data: {{\"id\":\"c1\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"scripted\",\"choices\":[{{\"index\":0,\"delta\":{delta},\"finish_reason\":{finish}}}]}}\n\n"
        )
    };
    let mut events = vec![chunk(r#"{"role":"assistant","content":""}"#, "null")];
    events.extend(text.split_inclusive(' ').map(|word| chunk(&format!(r#"{{"content":"{word}"}}"#), "null")));
    events.push(chunk("{}", "\"stop\""));
    events.push(format!(
        "data: {{\"id\":\"c1\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"scripted\",\"choices\":[],\"usage\":{{\"prompt_tokens\":{input},\"completion_tokens\":{output},\"total_tokens\":{}}}}}\n\n",
        input + output
    ));
    events.push("data: [DONE]\n\n".to_owned());
    events
}

/// A streamed chat completion, an event a piece.
pub fn chat_stream(text: &str, input: u64, output: u64) -> Vec<Step> {
    let mut steps = vec![Step::Bytes(head(200, &[("content-type", "text/event-stream")], None))];
    steps.extend(chat_events(text, input, output).into_iter().map(|event| Step::Bytes(event.into_bytes())));
    steps.push(Step::Close);
    steps
}

/// An answer in Anthropic's dialect.
pub fn messages(text: &str, input: u64, output: u64) -> Vec<Step> {
    let body = format!(
        r#"{{"id":"m1","type":"message","role":"assistant","model":"scripted","content":[{{"type":"text","text":"{text}"}}],"stop_reason":"end_turn","stop_sequence":null,"usage":{{"input_tokens":{input},"output_tokens":{output}}}}}"#
    );
    answer(200, &[("content-type", "application/json")], body.as_bytes())
}

/// A streamed answer in Anthropic's dialect.
pub fn messages_stream(text: &str, input: u64, output: u64) -> Vec<Step> {
    let event = |name: &str, data: String| Step::Bytes(format!("event: {name}\ndata: {data}\n\n").into_bytes());
    vec![
        Step::Bytes(head(200, &[("content-type", "text/event-stream")], None)),
        event(
            "message_start",
            format!(
                r#"{{"type":"message_start","message":{{"id":"m1","type":"message","role":"assistant","model":"scripted","content":[],"stop_reason":null,"stop_sequence":null,"usage":{{"input_tokens":{input},"output_tokens":1}}}}}}"#
            ),
        ),
        event(
            "content_block_start",
            r#"{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}"#.to_owned(),
        ),
        event(
            "content_block_delta",
            format!(r#"{{"type":"content_block_delta","index":0,"delta":{{"type":"text_delta","text":"{text}"}}}}"#),
        ),
        event("content_block_stop", r#"{"type":"content_block_stop","index":0}"#.to_owned()),
        event(
            "message_delta",
            format!(
                r#"{{"type":"message_delta","delta":{{"stop_reason":"end_turn","stop_sequence":null}},"usage":{{"output_tokens":{output}}}}}"#
            ),
        ),
        event("message_stop", r#"{"type":"message_stop"}"#.to_owned()),
        Step::Close,
    ]
}
