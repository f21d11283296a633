//! The estimate from end to end: on the bundled corpora, on small logs written here, and on real ones where they are at hand.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking; helpers of integration tests are not seen as tests")]

#[path = "support/shared.rs"]
mod shared;

use std::path::Path;
use std::sync::Arc;

use promptopt::catalog::Catalog;
use promptopt::clock::Timestamp;
use promptopt::error::Result;
use promptopt::estimate::{self, Batchable, Options, Report};
use promptopt::usd::Usd;

fn options() -> Options {
    let now: Timestamp = "2026-11-22T00:00:00Z".parse().unwrap();
    Options::new(Arc::new(Catalog::embedded().clone()), now)
}

fn run(paths: &[&str], options: &Options) -> Result<Report> {
    let paths: Vec<String> = paths.iter().map(|path| (*path).to_owned()).collect();
    estimate::estimate(&paths, options, &mut |_| {})
}

fn corpora() -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../corpora").to_str().unwrap().to_owned()
}

/// Estimates a log of these lines.
fn run_lines(name: &str, lines: &[&str], options: &Options) -> Result<Report> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("log.jsonl");
    std::fs::write(&file, lines.join("\n")).unwrap();
    run(&[file.to_str().unwrap()], options)
}

fn step<'a>(report: &'a Report, name: &str) -> &'a estimate::report::Step {
    report.steps.iter().find(|step| step.name == name).unwrap_or_else(|| panic!("no step {name}"))
}

/// What must hold of any report: the parts sum to the whole, and the waterfall runs down without a gap.
fn check_sums(report: &Report) {
    let total = report.baseline.cost_usd;
    let sum = |amounts: Vec<Usd>| amounts.into_iter().sum::<Usd>();
    assert_eq!(sum(report.models.iter().map(|group| group.cost.usd).collect()), total, "models");
    assert_eq!(sum(report.sections.iter().map(|section| section.cost_usd).collect()), total, "sections");
    assert_eq!(report.models.iter().map(|group| group.requests).sum::<u64>(), report.baseline.requests);
    assert!(report.baseline.lower_usd <= total && total <= report.baseline.upper_usd);
    let mut left = total;
    for step in &report.steps {
        if step.counted {
            left = left.saturating_sub(step.saved_usd);
        }
        assert_eq!(step.cost_usd, left, "{}", step.name);
        assert_eq!(step.cumulative_saved_usd, total.saturating_sub(left), "{}", step.name);
        assert!(step.lower_usd <= step.saved_usd && step.saved_usd <= step.upper_usd, "{}", step.name);
    }
}

/// Conversations logged turn by turn, their turns interleaved, with odd lines among them.
fn conversations() -> Vec<String> {
    let mut lines = Vec::new();
    for turn in 1..5 {
        for n in 0..200 {
            let say = |turn: usize| {
                let said = "Some words of a \\\"turn\\\". ".repeat(1 + (n * turn) % 60);
                format!(
                    r#"{{"role":"user","content":"{n} {turn} {said}"}},{{"role":"assistant","content":"{said} {turn}"}}"#
                )
            };
            let history: Vec<String> = (1..=turn).map(say).collect();
            let system = format!(r#"{{"role":"system","content":"You are number {}."}}"#, n % 3);
            let model = ["gpt-4o-mini", "gpt-5", "deepseek-chat", "claude-sonnet-4-5"][n % 4];
            let last = r#"{"role":"user","content":[{"type":"text","text":"And now?"}]}"#;
            let history = history.join(",");
            lines.push(format!(
                r#"{{"model":"{model}","messages":[{system},{history},{last}],"max_tokens":{}}}"#,
                100 + n % 7
            ));
        }
        lines.push(r#"{"model":"gpt-5","messages":[{"role":"user","content":3}]}"#.to_owned());
        lines.push(r#"{"model":"gpt-5","messages":[{"role":"user","content":"Hello, World!"}]}"#.to_owned());
        lines.push(r#"{"model":"gpt-5","messages":[{"role":"user","content":"hello world"}"#.to_owned());
    }
    lines
}

#[test]
fn what_is_remembered_of_messages_changes_nothing() {
    let lines = conversations();
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let report = |remember, n_threads| {
        let what_if = vec!["claude-sonnet-4-5".to_owned()];
        let options = Options { remember, n_threads, what_if, ..options() };
        serde_json::to_string(&run_lines("remembered", &lines, &options).unwrap()).unwrap()
    };
    let without = report(false, 1);
    assert!(without.contains("\"skipped_total\":8"), "{without}");
    for n_threads in [1, 3] {
        assert_eq!(report(true, n_threads), without, "{n_threads} threads");
    }
}

#[test]
fn the_bundled_corpora_are_read_whole() {
    let report = run(&[&corpora()], &options()).unwrap();
    check_sums(&report);
    // 372 requests and three templates that name no model; the 40 batch results belong to requests.
    assert_eq!((report.baseline.requests, report.baseline.unpriced_requests), (375, 3));
    assert_eq!(report.skipped_total, 0, "{:?}", report.skipped);
    assert!(report.time.is_some() && !report.templates.is_empty());
    // The planted repeats: 18 in support-chat, 10 in rag-answers, 5 in bulk-classification (3 of which pair a call whose
    // time is known with one whose time is not, and do not count), 1 in extraction and 2 in code-review.
    let repeats = step(&report, "response_cache").requests;
    assert!((8..=36).contains(&repeats), "{repeats}");
    let longer = Options {
        response_cache: estimate::ResponseCacheOptions { time_to_live_s: 8 * 86_400, capacity: 10_000 },
        ..options()
    };
    assert_eq!(step(&run(&[&corpora()], &longer).unwrap(), "response_cache").requests, 33);
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let json = |n_threads: usize| {
        let what_if = vec!["gpt-6-luna".to_owned(), "claude-haiku-4-5".to_owned()];
        serde_json::to_string(&run(&[&corpora()], &Options { n_threads, what_if, ..options() }).unwrap()).unwrap()
    };
    let one = json(1);
    for n_threads in [2, 5] {
        assert_eq!(one, json(n_threads));
    }
}

const CALL: &str = r#"{"timestamp":"2026-10-05T09:00:00Z","request":{"model":"gpt-4o-mini","messages":[{"role":"user","content":"Name a river."}],"temperature":0},"response":{"object":"chat.completion","model":"gpt-4o-mini-2024-07-18","choices":[{"index":0,"message":{"role":"assistant","content":"Elbe"},"finish_reason":"stop"}],"usage":{"prompt_tokens":1000,"completion_tokens":100,"total_tokens":1100}}}"#;

#[test]
fn a_call_costs_what_the_price_list_says() {
    let report = run_lines("price", &[CALL], &options()).unwrap();
    // gpt-4o-mini: $0.15 and $0.60 per million.
    assert_eq!(report.baseline.cost_usd.to_decimal(), "0.00021");
    check_sums(&report);
}

#[test]
fn repeats_are_answered_within_the_time_to_live_only() {
    let later = CALL.replace("T09:00", "T09:30");
    let too_late = CALL.replace("T09:00", "T10:15");
    let report = run_lines("repeats", &[CALL, &later, &too_late], &options()).unwrap();
    let cache = step(&report, "response_cache");
    assert_eq!((cache.requests, cache.saved_usd.to_decimal().as_str()), (1, "0.00021"));
    check_sums(&report);
}

#[test]
fn lines_out_of_order_are_replayed_in_time_order() {
    let later = CALL.replace("T09:00", "T09:30");
    let report = run_lines("order", &[&later, CALL], &options()).unwrap();
    assert_eq!(step(&report, "response_cache").requests, 1);
}

#[test]
fn unknown_models_are_unpriced_and_say_so() {
    let unknown = CALL.replace("gpt-4o-mini", "gpt-17-nova");
    let report = run_lines("unknown", &[CALL, &unknown], &options()).unwrap();
    assert_eq!((report.baseline.unpriced_requests, report.baseline.unpriced_tokens), (1, 1100));
    assert!(report.baseline.unpriced[0].reason.contains("gpt-17-nova"));
    assert_eq!(report.baseline.cost_usd.to_decimal(), "0.00021");
    check_sums(&report);
}

#[test]
fn bad_lines_are_counted_and_strict_makes_them_errors() {
    let lines = [CALL, "{\"request\": {", CALL];
    let report = run_lines("bad", &lines, &options()).unwrap();
    assert_eq!((report.baseline.requests, report.skipped_total, report.skipped[0].line), (2, 1, 2));
    let strict = Options { strict: true, ..options() };
    let error = run_lines("strict", &lines, &strict).unwrap_err();
    assert_eq!(error.place().and_then(|place| place.line), Some(2), "{error}");
}

#[test]
fn usage_that_cannot_be_is_flagged() {
    let flawed = CALL.replace(r#""total_tokens":1100"#, r#""prompt_tokens_details":{"cached_tokens":2000}"#);
    let report = run_lines("flawed", &[CALL, &flawed], &options()).unwrap();
    assert_eq!((report.baseline.flawed_requests, report.skipped_total), (1, 1));
    assert!(report.skipped[0].reason.contains("2000 cached tokens"), "{:?}", report.skipped);
    let negative = CALL.replace(r#""prompt_tokens":1000"#, r#""prompt_tokens":-1000"#);
    let report = run_lines("negative", &[CALL, &negative], &options()).unwrap();
    assert_eq!(report.baseline.flawed_requests, 1);
}

#[test]
fn calls_that_can_wait_save_at_the_batch_price() {
    let all = Options { batchable: Batchable::All, ..options() };
    let report = run_lines("batch", &[CALL], &all).unwrap();
    let tier = step(&report, "service_tier");
    assert_eq!((tier.counted, tier.saved_usd.to_decimal().as_str()), (true, "0.000105"));
    let unknown = run_lines("batch-unknown", &[CALL], &options()).unwrap();
    assert!(!step(&unknown, "service_tier").counted);
    check_sums(&report);
}

#[test]
fn another_model_is_counted_with_its_own_tokenizer() {
    let what_if = Options { what_if: vec!["gpt-4.1-nano".to_owned()], ..options() };
    let report = run_lines("what-if", &[CALL], &what_if).unwrap();
    let other = &report.what_if[0];
    assert_eq!((other.requests, other.exact), (1, true));
    assert!(other.cost.usd > Usd::ZERO && other.saved_usd > Usd::ZERO);
    assert_eq!(step(&report, "cheaper_model").requests, 1);
    let unknown = Options { what_if: vec!["gpt4omini".to_owned()], ..options() };
    let error = run_lines("what-if-unknown", &[CALL], &unknown).unwrap_err().to_string();
    assert!(error.contains("did you mean `gpt-4o-mini`"), "{error}");
}

#[test]
fn the_same_model_costs_the_same() {
    let cached = CALL.replace(r#""total_tokens":1100"#, r#""prompt_tokens_details":{"cached_tokens":640}"#);
    let stored = CALL.replace(r#""temperature":0"#, r#""temperature":1"#);
    let what_if = Options { what_if: vec!["gpt-4o-mini".to_owned()], ..options() };
    let report = run_lines("same", &[&cached, &stored], &what_if).unwrap();
    let same = &report.what_if[0];
    assert_eq!(same.requests, 2);
    assert_eq!((same.cost.usd, same.saved_usd), (report.baseline.cost_usd, Usd::ZERO));
    assert_eq!(same.input_tokens, report.baseline.input_tokens);
}

#[test]
fn prompts_without_a_model_are_priced_elsewhere() {
    let nameless = r#"{"messages":[{"role":"user","content":"Name a river that runs through three countries."}]}"#;
    let what_if = Options { what_if: vec!["gpt-4o-mini".to_owned()], output_tokens: Some(50), ..options() };
    let report = run_lines("nameless", &[nameless], &what_if).unwrap();
    assert_eq!(report.baseline.unpriced_requests, 1);
    let other = &report.what_if[0];
    assert!(other.requests == 1 && other.cost.usd > Usd::ZERO && other.saved_usd.is_zero());
}

#[test]
fn a_batch_id_that_comes_again_joins_in_order() {
    let ask = |n: u32| {
        format!(
            r#"{{"custom_id":"request-1","method":"POST","url":"/v1/chat/completions","body":{{"model":"gpt-4o-mini","messages":[{{"role":"user","content":"Name river {n}."}}],"max_tokens":1000}}}}"#
        )
    };
    let answer = r#"{"id":"b","custom_id":"request-1","response":{"status_code":200,"body":{"object":"chat.completion","created":1790000000,"model":"gpt-4o-mini-2024-07-18","choices":[{"index":0,"message":{"role":"assistant","content":"Elbe"},"finish_reason":"stop"}],"usage":{"prompt_tokens":10,"completion_tokens":1,"total_tokens":11}}},"error":null}"#;
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("batches");
    std::fs::create_dir_all(&folder).unwrap();
    for n in [1, 2] {
        std::fs::write(folder.join(format!("in{n}.jsonl")), ask(n)).unwrap();
        std::fs::write(folder.join(format!("out{n}.jsonl")), answer).unwrap();
    }
    let report = run(&[folder.to_str().unwrap()], &options()).unwrap();
    assert_eq!((report.baseline.requests, report.baseline.from_usage), (2, 2));
}

#[test]
fn a_recorded_bill_is_reproduced_to_the_pico_dollar() {
    let Some(file) = shared::shared_data("corpora/agent_runs.jsonl.gz") else { return };
    let report = run(&[file.to_str().unwrap()], &options()).unwrap();
    assert_eq!(report.baseline.cost_usd.to_decimal(), "2.056987128");
    let billed = report.baseline.billed.unwrap();
    assert_eq!((billed.requests, billed.equal), (2633, 2633));
    check_sums(&report);
}

#[test]
fn simulated_cache_hits_come_near_to_the_billed_ones() {
    let Some(file) = shared::shared_data("corpora/agent_runs.jsonl.gz") else { return };
    let billed_input = Usd::parse("1.794916368").unwrap().as_f64();
    let billed_hits = 52_109_376.0;
    for (ignore_usage, ignore_cache_fields) in [(true, false), (false, true)] {
        let blind = Options { ignore_usage, ignore_cache_fields, n_threads: 2, ..options() };
        let report = run(&[file.to_str().unwrap()], &blind).unwrap();
        let cache = step(&report, "prompt_cache");
        let input = cache.cost_usd.saturating_sub(report.baseline.output_usd).as_f64();
        let hits = cache.cache_read_tokens.unwrap().expected as f64;
        assert!((input / billed_input - 1.0).abs() < 0.03, "input cost {input} for {billed_input}");
        assert!((hits / billed_hits - 1.0).abs() < 0.03, "hits {hits} for {billed_hits}");
    }
}

#[test]
fn the_recordings_are_estimated_whole() {
    let Some(file) = shared::shared_data("recordings/recordings.jsonl.gz") else { return };
    let report = run(&[file.to_str().unwrap()], &options()).unwrap();
    check_sums(&report);
    assert!(report.baseline.requests > 2100, "{}", report.baseline.requests);
}

#[test]
fn names_without_end_are_summed_up() {
    let lines: Vec<String> = (0..5_000)
        .map(|n| {
            let tag = n.min(400);
            format!(
                r#"{{"model":"none-{n}","metadata":{{"tag-{tag}":"x"}},"messages":[{{"role":"user","content":"{n}"}}]}}"#
            )
        })
        .collect();
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let report = run_lines("names", &lines, &options()).unwrap();
    assert_eq!(report.baseline.unpriced_requests, 5_000);
    assert_eq!(report.models.iter().map(|group| group.requests).sum::<u64>(), 5_000);
    assert!(report.baseline.unpriced.len() <= 4_098, "{}", report.baseline.unpriced.len());
    assert_eq!(report.baseline.unpriced.iter().map(|group| group.requests).sum::<u64>(), 5_000);
    assert!((200..=258).contains(&report.tags.len()), "{}", report.tags.len());
}
