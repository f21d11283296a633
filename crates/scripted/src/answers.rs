//! Answers as the providers write them, with a text and a usage that the test knows. What they consume is billed when it is said.

use super::{Step, answer, head};

/// A dialect's answers.
pub struct Ready {
    /// `chat`, `responses`, `messages`, `generateContent`.
    pub dialect: &'static str,
    /// A whole answer: text, tokens of input and of output.
    pub whole: fn(&str, u64, u64) -> Vec<Step>,
    /// A streamed one: its events, an event a piece.
    pub events: fn(&str, u64, u64) -> Vec<String>,
}

/// Every dialect's answers.
pub static ANSWERS: [Ready; 4] = [
    Ready { dialect: "chat", whole: chat, events: chat_events },
    Ready { dialect: "responses", whole: responses, events: responses_events },
    Ready { dialect: "messages", whole: messages, events: messages_events },
    Ready { dialect: "generateContent", whole: generate_content, events: generate_content_events },
];

fn whole(body: &str, input: u64, output: u64) -> Vec<Step> {
    let mut steps = vec![Step::Bills(input, output)];
    steps.extend(answer(200, &[("content-type", "application/json")], body.as_bytes()));
    steps
}

/// Billed before the last events, so that the bill stands when the caller has them.
fn streamed(events: Vec<String>, input: u64, output: u64) -> Vec<Step> {
    let mut steps = vec![Step::Bytes(head(200, &[("content-type", "text/event-stream")], None))];
    let before = events.len().saturating_sub(2);
    for (index, event) in events.into_iter().enumerate() {
        if index == before {
            steps.push(Step::Bills(input, output));
        }
        steps.push(Step::Bytes(event.into_bytes()));
    }
    steps.push(Step::Close);
    steps
}

/// A chat completion.
pub fn chat(text: &str, input: u64, output: u64) -> Vec<Step> {
    let total = input + output;
    let body = format!(
        r#"{{"id":"c1","object":"chat.completion","created":1,"model":"scripted","choices":[{{"index":0,"message":{{"role":"assistant","content":"{text}"}},"finish_reason":"stop"}}],"usage":{{"prompt_tokens":{input},"completion_tokens":{output},"total_tokens":{total}}}}}"#
    );
    whole(&body, input, output)
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
    streamed(chat_events(text, input, output), input, output)
}

/// An answer in Anthropic's dialect.
pub fn messages(text: &str, input: u64, output: u64) -> Vec<Step> {
    let body = format!(
        r#"{{"id":"m1","type":"message","role":"assistant","model":"scripted","content":[{{"type":"text","text":"{text}"}}],"stop_reason":"end_turn","stop_sequence":null,"usage":{{"input_tokens":{input},"output_tokens":{output}}}}}"#
    );
    whole(&body, input, output)
}

/// Events with names, as two of the dialects have them: the name is the data's `type`.
fn named(data: &str) -> String {
    let name = data.split('"').nth(3).unwrap_or_default();
    format!("event: {name}\ndata: {data}\n\n")
}

pub(crate) fn messages_events(text: &str, input: u64, output: u64) -> Vec<String> {
    let mut events = vec![
        named(&format!(
            r#"{{"type":"message_start","message":{{"id":"m1","type":"message","role":"assistant","model":"scripted","content":[],"stop_reason":null,"stop_sequence":null,"usage":{{"input_tokens":{input},"output_tokens":1}}}}}}"#
        )),
        named(r#"{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}"#),
    ];
    events.extend(text.split_inclusive(' ').map(|word| {
        named(&format!(r#"{{"type":"content_block_delta","index":0,"delta":{{"type":"text_delta","text":"{word}"}}}}"#))
    }));
    events.push(named(r#"{"type":"content_block_stop","index":0}"#));
    events.push(named(&format!(
        r#"{{"type":"message_delta","delta":{{"stop_reason":"end_turn","stop_sequence":null}},"usage":{{"output_tokens":{output}}}}}"#
    )));
    events.push(named(r#"{"type":"message_stop"}"#));
    events
}

/// A streamed answer in Anthropic's dialect.
pub fn messages_stream(text: &str, input: u64, output: u64) -> Vec<Step> {
    streamed(messages_events(text, input, output), input, output)
}

fn responses_body(text: &str, input: u64, output: u64) -> String {
    let total = input + output;
    format!(
        r#"{{"id":"r1","object":"response","created_at":1,"status":"completed","error":null,"incomplete_details":null,"model":"scripted","output":[{{"type":"message","id":"i1","status":"completed","role":"assistant","content":[{{"type":"output_text","text":"{text}","annotations":[]}}]}}],"usage":{{"input_tokens":{input},"input_tokens_details":{{"cached_tokens":0}},"output_tokens":{output},"output_tokens_details":{{"reasoning_tokens":0}},"total_tokens":{total}}}}}"#
    )
}

/// An answer in the responses dialect.
pub fn responses(text: &str, input: u64, output: u64) -> Vec<Step> {
    whole(&responses_body(text, input, output), input, output)
}

pub(crate) fn responses_events(text: &str, input: u64, output: u64) -> Vec<String> {
    let mut events = vec![
        named(
            r#"{"type":"response.created","sequence_number":0,"response":{"id":"r1","object":"response","created_at":1,"status":"in_progress","model":"scripted","output":[],"usage":null}}"#,
        ),
        named(
            r#"{"type":"response.output_item.added","sequence_number":1,"output_index":0,"item":{"type":"message","id":"i1","status":"in_progress","role":"assistant","content":[]}}"#,
        ),
        named(
            r#"{"type":"response.content_part.added","sequence_number":2,"item_id":"i1","output_index":0,"content_index":0,"part":{"type":"output_text","text":"","annotations":[]}}"#,
        ),
    ];
    events.extend(text.split_inclusive(' ').map(|word| {
        named(&format!(
            r#"{{"type":"response.output_text.delta","sequence_number":3,"item_id":"i1","output_index":0,"content_index":0,"delta":"{word}"}}"#
        ))
    }));
    events.push(named(&format!(
        r#"{{"type":"response.output_text.done","sequence_number":4,"item_id":"i1","output_index":0,"content_index":0,"text":"{text}"}}"#
    )));
    events.push(named(&format!(
        r#"{{"type":"response.content_part.done","sequence_number":5,"item_id":"i1","output_index":0,"content_index":0,"part":{{"type":"output_text","text":"{text}","annotations":[]}}}}"#
    )));
    events.push(named(&format!(
        r#"{{"type":"response.output_item.done","sequence_number":6,"output_index":0,"item":{{"type":"message","id":"i1","status":"completed","role":"assistant","content":[{{"type":"output_text","text":"{text}","annotations":[]}}]}}}}"#
    )));
    events.push(named(&format!(
        r#"{{"type":"response.completed","sequence_number":7,"response":{}}}"#,
        responses_body(text, input, output)
    )));
    events
}

/// A streamed answer in the responses dialect.
pub fn responses_stream(text: &str, input: u64, output: u64) -> Vec<Step> {
    streamed(responses_events(text, input, output), input, output)
}

fn candidate(text: &str, finish: &str, usage: &str) -> String {
    format!(
        r#"{{"candidates":[{{"content":{{"parts":[{{"text":"{text}"}}],"role":"model"}},"index":0{finish}}}]{usage},"modelVersion":"scripted","responseId":"g1"}}"#
    )
}

fn gemini_usage(input: u64, output: u64) -> String {
    let total = input + output;
    format!(
        r#","usageMetadata":{{"promptTokenCount":{input},"candidatesTokenCount":{output},"totalTokenCount":{total}}}"#
    )
}

/// An answer in Gemini's dialect.
pub fn generate_content(text: &str, input: u64, output: u64) -> Vec<Step> {
    let body = candidate(text, r#","finishReason":"STOP""#, &gemini_usage(input, output));
    whole(&body, input, output)
}

pub(crate) fn generate_content_events(text: &str, input: u64, output: u64) -> Vec<String> {
    let words: Vec<&str> = text.split_inclusive(' ').collect();
    let last = words.len() - 1;
    let event = |(index, word): (usize, &&str)| {
        let finish = if index == last { r#","finishReason":"STOP""# } else { "" };
        format!("data: {}\n\n", candidate(word, finish, &gemini_usage(input, if index == last { output } else { 1 })))
    };
    words.iter().enumerate().map(event).collect()
}

/// A streamed answer in Gemini's dialect.
pub fn generate_content_stream(text: &str, input: u64, output: u64) -> Vec<Step> {
    streamed(generate_content_events(text, input, output), input, output)
}
