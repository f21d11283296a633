//! A chat request made of the input, a message a part between `\x01`: it stays a request, its form only grows with its
//! messages, and what users, the model and instructions say stays.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use promptopt::optimize::{Form, Optimizer, Settings};
use serde_json::{Value, json};

static OPTIMIZER: LazyLock<Optimizer> = LazyLock::new(|| Optimizer::new(Settings::default()).unwrap());

fn optimized(messages: &[Value]) -> Vec<Value> {
    let body = serde_json::to_string(&json!({"model": "gpt-4o", "messages": messages})).unwrap();
    let once = OPTIMIZER.optimize_as(&body, Form::Json).unwrap();
    assert!(once.tokens_after <= once.tokens_before);
    assert_eq!(OPTIMIZER.optimize_as(&once.text, Form::Json).unwrap().text, once.text);
    let body: Value = serde_json::from_str(&once.text).unwrap();
    body["messages"].as_array().unwrap().clone()
}

fuzz_target!(|text: &str| {
    let messages: Vec<Value> = text
        .split('\u{1}')
        .take(12)
        .enumerate()
        .map(|(at, text)| match at % 6 {
            1 => json!({"role": "user", "content": text}),
            3 => json!({"role": "assistant", "content": text}),
            _ => json!({"role": "tool", "tool_call_id": "c", "content": text}),
        })
        .collect();
    let whole = optimized(&messages);
    assert_eq!(whole.len(), messages.len());
    for (before, after) in messages.iter().zip(&whole).filter(|(before, _)| before["role"] != "tool") {
        assert_eq!(before, after);
    }
    let n_first = messages.len() / 2;
    assert_eq!(optimized(&messages[..n_first]), whole[..n_first]);
});
