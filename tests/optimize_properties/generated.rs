//! Prompts made by chance of the pieces that transforms look for, well formed and not.

use promptopt::compress::{Options, SegmentKind, TRANSFORMS, protect};
use promptopt::optimize::Form;
use proptest::prelude::*;
use regex::Regex;
use serde_json::{Value, json};

use crate::corpus::body;
use crate::promises::{Case, hold, optimizer};

/// A piece of text: prose, code, JSON, logs, tables, blanks, HTML, oddities.
fn piece() -> impl Strategy<Value = String> {
    prop_oneof![
        "[ -~]{0,60}",
        "(?s).{0,20}",
        "[\u{a0}\u{200b}\u{200d}\u{ad}\u{feff}\u{202e}a-c \t\r\n]{0,30}",
        (3_u32..9, "[a-z]{1,6}", "[ -~]{0,9}").prop_map(|(n, key, text)| {
            let rows: Vec<Value> = (0..n).map(|i| json!({"id": i, key.clone(): text, "nested": {"ok": true, "n": i * 7}})).collect();
            serde_json::to_string_pretty(&rows).unwrap()
        }),
        ("[a-z\u{e9}]{1,9}", -5.0..5.0_f64).prop_map(|(key, x)| format!("{{ \"{key}\" : [ 1.50,  {x}, \"\\u00e9\\\"x\" ],\n \"list of things\": [ ] }}")),
        (16_u32..22, "[a-z]{1,5}").prop_map(|(n, word)| {
            let line = |i| format!("2026-11-25 10:00:{i:02} INFO {word}[{}]: took {} ms\n", i % 3, i * 37 % 11);
            (0..n).map(line).collect::<Vec<String>>().concat()
        }),
        (1_usize..5, "[a-z|` -]{0,9}").prop_map(|(n, cell)| {
            format!("| name          | value   |\n|:--------------|--------:|\n{}", format!("| {cell}       | 1.5     |\n").repeat(n))
        }),
        Just("```python\ndef f(x):   \n    return x\n\n\n\n```".to_owned()),
        Just("```\nhalf a fence   \n".to_owned()),
        Just("def function_with_a_long_name(argument):\n    return argument + 1\n\n\nclass AnotherThing:\n    value = \"some text\"\n    other_value = 12345".to_owned()),
        Just("The quick brown fox jumps over the lazy dog, 17 times a day.\nIt does \"not\" stop before 5 km, see https://fox.example/a?b=c for {name}.\nThat is all there is to say about foxes and dogs here.".to_owned()),
        (20_usize..24).prop_map(|n| format!("<html><body>{}</body></html>", "<p class=\"x\">one &amp; two</p>\n".repeat(n))),
        Just("{\"broken\": [1, 2, {\"a\": \"b\"".to_owned()),
        Just(format!("{} 1.0  \u{a0} [ 1,  2 ] {}", protect::KEEP, protect::KEEP_END)),
        Just("=".repeat(80)),
        Just("iVBORw0KGgoAAAANSUhEUgAA".repeat(14)),
    ]
}

fn text() -> impl Strategy<Value = String> {
    proptest::collection::vec((piece(), prop_oneof![Just("\n"), Just(" "), Just("\n\n\n\n"), Just("   \n")]), 0..6)
        .prop_map(|pieces| pieces.into_iter().flat_map(|(piece, end)| [piece, end.to_owned()]).collect())
}

/// Messages whose pieces come again.
fn messages() -> impl Strategy<Value = Vec<Value>> {
    let roles = prop_oneof![3 => Just("tool"), 1 => Just("user"), 1 => Just("assistant"), 1 => Just("system")];
    (
        proptest::collection::vec(text(), 1..4),
        proptest::collection::vec((roles, any::<prop::sample::Index>(), text()), 1..7),
    )
        .prop_map(|(pool, messages)| {
            messages
                .into_iter()
                .map(|(role, old, new)| {
                    let content = format!("{}\n{new}", old.get(&pool));
                    json!({"role": role, "tool_call_id": "call_1", "content": content})
                })
                .collect()
        })
}

fn all() -> Options {
    Options {
        touch: SegmentKind::ALL.into_iter().filter(|kind| *kind != SegmentKind::ToolCall).collect(),
        with: TRANSFORMS.iter().map(|transform| transform.name.to_owned()).collect(),
        keep: vec![Regex::new(r"(?m)^.*fox.*\s*$").unwrap(), Regex::new("[0-9]+ ms").unwrap()],
        ..Options::default()
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn promises_hold_on_texts(text in text()) {
        for model in [None, Some("claude-sonnet-5-5")] {
            let form = Form::of(&text);
            if form != Form::Lines {
                hold(&optimizer(model, Options::default()), &Case { name: format!("{text:?}"), text: text.clone(), form });
            }
        }
    }

    #[test]
    fn promises_hold_on_conversations_and_prefixes(messages in messages()) {
        let optimizer = optimizer(None, Options::default());
        let text = body(&Value::Null, &messages);
        hold(&optimizer, &Case { name: text.clone(), text: text.clone(), form: Form::Json });
        let whole: Value = serde_json::from_str(&optimizer.optimize(&text).unwrap().text).unwrap();
        for n in 1..messages.len() {
            let part: Value = serde_json::from_str(&optimizer.optimize(&body(&Value::Null, &messages[..n])).unwrap().text).unwrap();
            prop_assert_eq!(part["messages"].as_array().unwrap(), &whole["messages"].as_array().unwrap()[..n]);
        }
    }

    #[test]
    fn what_is_to_be_kept_is_kept_whatever_else_is_allowed(messages in messages()) {
        let options = all();
        let optimizer = optimizer(None, options.clone());
        let text = body(&Value::Null, &messages);
        let once = optimizer.optimize_as(&text, Form::Json).unwrap();
        prop_assert!(once.tokens_after <= once.tokens_before);
        let after: Value = serde_json::from_str(&once.text).unwrap();
        for (old, new) in messages.iter().zip(after["messages"].as_array().unwrap()) {
            let (old, new) = (old["content"].as_str().unwrap(), new["content"].as_str().unwrap());
            let mut at = 0;
            for span in protect::kept(old, &options.keep) {
                let kept = &old[span];
                let found = new[at..].find(kept);
                prop_assert!(found.is_some(), "{:?} is gone from {:?}", kept, new);
                at += found.unwrap() + kept.len();
            }
        }
        prop_assert_eq!(optimizer.optimize_as(&once.text, Form::Json).unwrap().text, once.text);
    }
}
