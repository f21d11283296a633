//! Input that nobody wants and somebody sends. Each of these would take minutes if any step took quadratic time.

use promptopt::compress::{Options, TRANSFORMS};
use promptopt::optimize::Form;
use serde_json::{Value, json};

use crate::corpus::body;
use crate::promises::optimizer;

fn all() -> Options {
    Options { with: TRANSFORMS.iter().map(|transform| transform.name.to_owned()).collect(), ..Options::default() }
}

/// Optimised as a text and as a tool's result: no panic, never larger, valid.
fn check(name: &str, text: &str) {
    let optimizer = optimizer(None, all());
    let form = Form::of(text);
    if let Ok(once) = optimizer.optimize_as(text, form) {
        assert!(once.tokens_after <= once.tokens_before, "{name}");
    } else {
        assert_eq!(form, Form::Lines, "{name}");
    }
    let body = body(&Value::Null, &[json!({"role": "tool", "tool_call_id": "c", "content": text})]);
    let once = optimizer.optimize_as(&body, Form::Json).unwrap();
    assert!(once.tokens_after <= once.tokens_before, "{name}");
    serde_json::from_str::<Value>(&once.text).unwrap();
}

#[test]
fn odd_texts_are_no_trouble() {
    for text in [
        "",
        "\u{feff}",
        "\u{feff}{\"a\": 1}",
        "\u{a0}{\"a\": 1}",
        "{\"a\": 1",
        "[1, 2,, 3] and a line long enough to be looked at",
        "```\nhalf a fence",
        "~~~ tildes ```\n``` inside\n~~~",
        "\"\u{201c}\u{ab}'`nested \u{201c}quotes\u{201d} \u{ab}in\u{bb} \"quotes\"`'\u{bb}\u{201d}\"",
        "latin \u{43a}\u{438}\u{440}\u{438}\u{43b} \u{4e2d}\u{6587} \u{639}\u{631}\u{628}\u{64a} \u{939}\u{93f} \u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}",
        "\u{200b}\u{200c}\u{200d}\u{2060}\u{202a}\u{202e}\u{2066}\u{2069}   \n\n\n\n\u{ad}",
        "| a |\n|---|\n| ` | ` |\n| \\| |\n|",
        "[\u{2026} table in the next 99999999999999999999 lines: x \u{2026}]\n1|2",
        "[\u{2026} log in the next 3 lines: 1 templates \u{2026}]\n1: <*>",
        "[\u{2026} 5 lines as in message 1 from line 1: \"\" \u{2026}]",
        "<!-- promptopt: keep --> for ever",
        "\\u00e9 \\ud83d { } [ ] \u{0} \u{1b}[31m\r\r\n",
    ] {
        check(text, text);
    }
}

#[test]
fn long_and_adversarial_texts_take_linear_time() {
    let deep = |n: usize, open: &str, close: &str| format!("{}1{}", open.repeat(n), close.repeat(n));
    let mut nested = "1".to_owned();
    for _ in 0..4000 {
        nested = format!("[{{\"a\":1,\"b\":1}},{{\"a\":1,\"b\":1}},{{\"a\":{nested},\"c.d\":1}}]");
    }
    let wide: Vec<String> = (0..40_000).map(|n| format!("\"key {n}\":{n}")).collect();
    let wide = format!("{{{}}}", wide.join(","));
    let log: Vec<String> =
        (0..50_000).map(|n| format!("2026-11-25 10:00:{:02} INFO {} x{n} done\n", n % 60, n % 7)).collect();
    let cases = [
        ("one line", "word and another \u{a0} word {{ 1 \u{201c} ".repeat(300_000)),
        ("no blank", "a".repeat(2_000_000)),
        ("blanks", " ".repeat(1_000_000)),
        ("line ends", "\n".repeat(1_000_000)),
        ("blank lines", "a   \n\n\n\n".repeat(100_000)),
        ("the same line", "the same line again and again\n".repeat(100_000)),
        ("two lines", "the same line again and again\nand another line that repeats\n\n".repeat(50_000)),
        ("deep arrays", deep(100_000, "[", "]")),
        ("deep objects", deep(100_000, "{\"a\":", "}")),
        ("open brackets", "[\n".repeat(200_000)),
        ("open objects", "{\"a\": [\n".repeat(100_000)),
        ("tables in tables", nested),
        ("wide objects", format!("[{wide},{wide},{wide}]")),
        ("fences", "```\n".repeat(200_000)),
        ("bars", "| a | b |\n|---|---|\n".repeat(50_000)),
        ("tags", "<p>".repeat(200_000)),
        ("open scripts", "<script>".repeat(100_000)),
        ("base64", "iVBORw0KGgoAAAANSUhEUgAA".repeat(40_000)),
        ("keep", "<!-- promptopt: keep -->".repeat(50_000)),
        ("marks", "[\u{2026} ".repeat(200_000)),
        ("heads", "[\u{2026} log in the next 9 lines: x \u{2026}]\n".repeat(50_000)),
        ("escapes", format!("[\"{}\"]", "\\u00e9\\\\".repeat(100_000))),
        ("log", log.concat()),
    ];
    for (name, text) in &cases {
        check(name, text);
    }
}

#[test]
fn a_hundred_thousand_messages_are_read() {
    let messages: Vec<Value> = (0..100_000)
        .map(|n| json!({"role": if n % 2 == 0 { "tool" } else { "assistant" }, "tool_call_id": "c", "content": format!("result {}\nof a call with a number\n{}", n % 100, n % 7)}))
        .collect();
    let text = body(&Value::Null, &messages);
    let once = optimizer(None, all()).optimize(&text).unwrap();
    let after: Value = serde_json::from_str(&once.text).unwrap();
    assert_eq!(after["messages"].as_array().unwrap().len(), 100_000);
}
