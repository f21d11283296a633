//! With this memo and without, the same records and the same errors.

use proptest::prelude::*;

use super::*;
use crate::format::ReadOptions;
use crate::format::testing::read_with;

/// Messages of all forms, some of them wrong, some that another dialect than chat would claim.
const MESSAGES: [&str; 28] = [
    r#"{"role":"system","content":"Be brief."}"#,
    r#"{"role":"user","content":"Name a \u0072iver.\n\"Now\""}"#,
    r#"{ "content" : "Elbe" , "role" : "assistant" }"#,
    r#"{"role":"user","name":"ann","content":[{"type":"text","text":"Look:"},{"type":"image_url","image_url":{"url":"data:image/png;base64,iVBORw0KGgo="}}]}"#,
    r#"{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}}]}"#,
    r#"{"role":"assistant","content":null,"tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":"{\"a\":1}"}}]}"#,
    r#"{"role":"tool","tool_call_id":"c1","content":"7"}"#,
    r#"{"role":"user","content":[{"type":"tool_result","tool_use_id":"t","content":"7"}]}"#,
    r#"{"role":"user","content":[{"text":"bare"}]}"#,
    r#"{"role":"user","content":"x","images":["AAAA"]}"#,
    r#"{"role":"user","content":[{"type":"text","text":"kept","cache_control":{"type":"ephemeral","ttl":"1h"}}]}"#,
    r#"{"role":"assistant","content":"so","reasoning_content":"because"}"#,
    r#"{"role":"user","content":7}"#,
    r#"{"role":7,"content":"x"}"#,
    r#"{"role":"user","content":[{"type":"text","text":8}]}"#,
    r#"{"role":"user","content":"twice","content":"again"}"#,
    r#"{"role":"user","content":"broken\x"}"#,
    r#"{"role":"user","content":"open}"#,
    "{}",
    "[]",
    r#""text""#,
    r#"{"role":"user","content":"","n":1e999}"#,
    r#"{"role":"user","content":"a sign: \u+123"}"#,
    r#"{"role":"user","content":"alone: \ud800"}"#,
    "{\"role\":\"user\",\"content\":\"a raw\ttab\"}",
    r#"{"role":"user","content":"more", }"#,
    r#"{"role":"user","content":7,"content":"x"}"#,
    r#"{"role":"us\u0065r","content":"spelt"}"#,
];

/// What stands around the messages.
const BODIES: [&str; 14] = [
    r#"{"model":"gpt-4o-mini","messages":[@],"max_tokens":200}"#,
    r#"{"messages":[@],"model":"gpt-5","user":"ann","timestamp":"2026-01-02T03:04:05Z"}"#,
    r#"{"model":"gpt-4o", "messages" : [ @ ] , "tools":[{"type":"function","function":{"name":"f","parameters":{"messages":[1]}}}]}"#,
    r#"{"model":"claude-sonnet-4-5","max_tokens":5,"messages":[@]}"#,
    r#"{"model":"claude-sonnet-4-5","system":"s","messages":[@]}"#,
    r#"{"model":"command-r","messages":[@]}"#,
    r#"{"modelId":"amazon.nova","messages":[@]}"#,
    r#"{"model":"llama3","options":{},"messages":[@]}"#,
    r#"{"model":"gpt-4o","messages":[],"messages":[@]}"#,
    r#"{"model":"gpt-4o","mess\u0061ges":[@]}"#,
    r#"{"model":"gpt-4o","messages":{"a":[@]}}"#,
    r#"{"model":"gpt-4o","messages":[@]"#,
    r#"{"model":"gpt-4o","messages":[@]} x"#,
    r#"{"model":7,"messages":[@]}"#,
];

fn both_ways(text: &str) -> [Vec<String>; 2] {
    let format = crate::format::by_name("chat_requests").ok();
    [true, false].map(|remember| {
        let options = ReadOptions { format, remember, threads: 2, ..ReadOptions::default() };
        // The file has another name each time.
        let shown = |record: &Result<Record>| match record {
            Ok(record) => {
                let origin = Origin { line: record.origin.line, ..Origin::default() };
                format!("{:?}", Record { origin, ..record.clone() })
            }
            Err(error) => error.to_string().split_once(':').map(|(_, rest)| rest.to_owned()).unwrap_or_default(),
        };
        read_with(text, &options).iter().map(shown).collect()
    })
}

#[test]
fn repeats_are_found_and_shared() {
    let known = Known::default();
    let file = Arc::from("log");
    let text = BODIES[0].replace('@', &MESSAGES[..3].join(","));
    let line = |number| Line { text: &text, file: &file, number, known: None };
    let whole = |line: &Line<'_>| crate::format::requests::record(line, &crate::format::json::object(line)?);
    let first = known.read(&line(1), whole).and_then(|record| record.request).unwrap();
    let again = known.read(&line(2), whole).unwrap();
    assert_eq!(again.origin.line, 2);
    let again = again.request.unwrap();
    assert_eq!(again.messages.len(), 3);
    assert!(first.messages.iter().zip(&again.messages).all(|(a, b)| Arc::ptr_eq(a, b)));
}

#[test]
fn looking_up_ends_where_nothing_comes_again() {
    let known = Known::default();
    known.gain.store(100, Ordering::Relaxed);
    let file = Arc::from("log");
    let whole = |line: &Line<'_>| crate::format::requests::record(line, &crate::format::json::object(line)?);
    let read = |n: usize| {
        let text = format!(r#"{{"messages":[{{"role":"user","content":"{n} {}"}}]}}"#, "x".repeat(300));
        known.read(&Line { text: &text, file: &file, number: 1, known: None }, whole).is_some()
    };
    assert!(read(0) && !(1..9).all(read));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]
    #[test]
    fn records_and_errors_are_the_same_without(
        lines in proptest::collection::vec(
            (0..BODIES.len(), proptest::collection::vec(0..MESSAGES.len(), 0..4), any::<bool>()), 1..8),
    ) {
        let text: Vec<String> = lines
            .iter()
            .map(|(body, messages, is_good)| {
                // Half of the lines are of the good forms, or most would be errors.
                let messages: Vec<&str> =
                    messages.iter().map(|m| MESSAGES[if *is_good { m % 12 } else { *m }]).collect();
                BODIES[if *is_good { body % 9 } else { *body }].replace('@', &messages.join(","))
            })
            .collect();
        let [with, without] = both_ways(&text.join("\n"));
        prop_assert_eq!(with, without);
    }
}
