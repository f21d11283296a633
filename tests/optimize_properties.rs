//! The optimizer's promises, over generated input and over all prompts of the shared material: never larger, the same when
//! done again, append-only, restored from the output alone, protected text to the byte, never over a budget, valid output.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking; helpers of integration tests are not seen as tests")]

#[path = "optimize_properties/bad_input.rs"]
mod bad_input;
#[path = "optimize_properties/budgets.rs"]
mod budgets;
#[path = "optimize_properties/corpus.rs"]
mod corpus;
#[path = "optimize_properties/generated.rs"]
mod generated;
#[path = "optimize_properties/promises.rs"]
mod promises;
#[path = "support/shared.rs"]
mod shared;

use std::thread;

use promises::{Case, hold, optimizer};
use promptopt::chat::Dialect;
use promptopt::compress::body::Body;
use promptopt::compress::request::Segments;
use promptopt::compress::{Options, Segment, SegmentKind};
use promptopt::dialect::read_request;
use promptopt::optimize::{Form, Optimizer};
use promptopt::text::json::Json;
use serde_json::{Value, json};

/// Checks all cases on two threads.
fn hold_all(optimizer: &Optimizer, cases: &[Case]) -> (u64, u64) {
    let half = cases.len() / 2;
    let sum = |cases: &[Case]| {
        cases.iter().map(|case| hold(optimizer, case)).fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1))
    };
    thread::scope(|scope| {
        let first = scope.spawn(|| sum(&cases[..half]));
        let second = sum(&cases[half..]);
        let first = first.join().unwrap();
        (first.0 + second.0, first.1 + second.1)
    })
}

#[test]
fn promises_hold_on_recorded_requests() {
    let cases = corpus::recorded();
    let (before, after) = hold_all(&optimizer(None, Options::default()), &cases);
    say(format_args!("{} recorded requests: {before} → {after} tokens", cases.len()));
}

#[test]
fn promises_hold_on_prompts_templates_and_documents() {
    let cases = corpus::prompts();
    let (before, after) = hold_all(&optimizer(Some("gpt-6-sol"), Options::default()), &cases);
    say(format_args!("{} prompts: {before} → {after} tokens", cases.len()));
}

#[test]
fn promises_hold_on_what_tools_return() {
    let outputs = corpus::tool_output();
    for model in [None, Some("claude-sonnet-5-5")] {
        let mut cases = Vec::new();
        for (index, text) in outputs.iter().enumerate() {
            // The same twice: the second is a repeat.
            let messages = [0, 1].map(|_| json!({"role": "tool", "tool_call_id": "c", "content": text}));
            let name = |form: &str| format!("output {index} as {form}");
            cases.push(Case { name: name("message"), text: corpus::body(&Value::Null, &messages), form: Form::Json });
            cases.push(Case { name: name("text"), text: text.clone(), form: Form::of(text) });
        }
        let (before, after) = hold_all(&optimizer(model, Options::default()), &cases);
        say(format_args!("{} outputs of tools: {before} → {after} tokens", cases.len()));
    }
}

/// Every conversation: its promises as a whole, and every prefix looked at is rewritten as it is in the whole. All lengths
/// of a conversation would be quadratic work, so of each a third, two thirds and all but the last message are taken.
#[test]
fn conversations_are_append_only() {
    let optimizer = optimizer(None, Options::default());
    let conversations = corpus::conversations();
    let check = |(name, tools, messages): &(String, Value, Vec<Value>)| {
        let case = Case { name: name.clone(), text: corpus::body(tools, messages), form: Form::Json };
        let sums = hold(&optimizer, &case);
        let edits = |text: &str| {
            let json = Json::parse(text).unwrap();
            let body = &Body::find(&json)[0];
            (optimizer.edits(&body.segments, &optimizer.weigher(None)).unwrap(), body.segments.len())
        };
        let (whole, _) = edits(&case.text);
        for n in [messages.len() / 3, messages.len() * 2 / 3, messages.len() - 1].into_iter().filter(|n| *n > 0) {
            let (part, n_segments) = edits(&corpus::body(tools, &messages[..n]));
            let expected: Vec<_> = whole.iter().filter(|edit| edit.segment < n_segments).cloned().collect();
            assert!(part == expected, "{name}: the first {n} messages are rewritten otherwise when more follow");
        }
        sums
    };
    let half = conversations.len() / 2;
    let sums: Vec<(u64, u64)> = thread::scope(|scope| {
        let first = scope.spawn(|| conversations[..half].iter().map(check).collect::<Vec<_>>());
        let second: Vec<_> = conversations[half..].iter().map(check).collect();
        first.join().unwrap().into_iter().chain(second).collect()
    });
    let (before, after) = sums.iter().fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
    say(format_args!("{} conversations: {before} → {after} tokens", sums.len()));
}

/// What was looked at: a test that looks at nothing must be seen.
pub(crate) fn say(what: std::fmt::Arguments<'_>) {
    #[allow(clippy::print_stderr, reason = "a test says what it looked at")]
    {
        eprintln!("{what}");
    }
}

/// The same for every length of every conversation: minutes of work, so only where `PROMPTOPT_EVERY_PREFIX` is set; the test
/// above looks at three lengths of each.
#[test]
fn every_prefix_is_rewritten_as_in_the_whole() {
    #[allow(clippy::disallowed_methods, reason = "a test has no Settings; the variable only says how long it may take")]
    if std::env::var_os("PROMPTOPT_EVERY_PREFIX").is_none() {
        say(format_args!("not run: PROMPTOPT_EVERY_PREFIX is not set"));
        return;
    }
    let optimizer = optimizer(None, Options::default());
    let mut n_prefixes = 0;
    for (name, tools, messages) in corpus::conversations() {
        let whole: Value =
            serde_json::from_str(&optimizer.optimize(&corpus::body(&tools, &messages)).unwrap().text).unwrap();
        let whole = whole["messages"].as_array().unwrap();
        for n in 1..messages.len() {
            let body = corpus::body(&tools, &messages[..n]);
            let json = Json::parse(&body).unwrap();
            let body_of = &Body::find(&json)[0];
            let edits = optimizer.edits(&body_of.segments, &optimizer.weigher(None)).unwrap();
            let part: Value = serde_json::from_str(&body_of.written(&body, &edits)).unwrap();
            assert!(part["messages"].as_array().unwrap()[..] == whole[..n], "{name}: the first {n} of more");
            n_prefixes += 1;
        }
    }
    say(format_args!("{n_prefixes} prefixes"));
}

/// A request as its body shows it and as a dialect reads it has the same segments.
#[test]
fn bodies_and_requests_have_the_same_segments() {
    let mut n_same = 0;
    for case in corpus::recorded() {
        let Ok(request) = read_request(&serde_json::from_str(&case.text).unwrap()) else { continue };
        let dialect = request.dialect;
        if !matches!(dialect, Dialect::Chat | Dialect::Messages) {
            continue;
        }
        let json = Json::parse(&case.text).unwrap();
        let bodies = Body::find(&json);
        let [body] = &bodies[..] else { continue };
        let read = Segments::of(&request);
        // Tools are left out: their JSON is written anew when it is read, and those of the provider are kept elsewhere.
        let tag = |s: &Segment<'_>| (s.kind, s.label.clone(), s.message, s.text.to_string());
        let tags = |segments: &[Segment<'_>]| -> Vec<_> {
            segments.iter().filter(|s| s.kind != SegmentKind::ToolSchema).map(tag).collect()
        };
        let (shown, read) = (tags(&body.segments), tags(&read.segments));
        assert!(shown == read, "{} in {dialect:?}: {shown:#?}\n{read:#?}", case.name);
        n_same += 1;
    }
    say(format_args!("{n_same} requests have the same segments"));
}
