//! The estimate is the bill: a corpus is estimated, then sent through the router to providers that answer as recorded; the ledger's total
//! is the estimate's, to the pico-dollar.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test's helpers fail loudly and say what they counted")]

#[path = "support/shared.rs"]
mod shared;

use std::collections::VecDeque;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use promptopt::budget::settings::{BudgetSpec, Period};
use promptopt::catalog::Catalog;
use promptopt::chat::Dialect;
use promptopt::clock::{ManualClock, Timestamp};
use promptopt::config::router::{RouterSettings, from_text};
use promptopt::error::Error;
use promptopt::estimate::{self, Options, Report};
use promptopt::labels::{By, Caller};
use promptopt::ledger::{Outcome, UsageRecord};
use promptopt::limit::settings::LimitSpec;
use promptopt::router::{Request, Router};
use promptopt::upstream::canned::Canned;
use promptopt::upstream::{Incoming, Outgoing};
use promptopt::usd::Usd;
use serde::Deserialize;
use serde_json::{Value, json};

const NOW: &str = "2026-11-22T12:00:00Z";
/// When most of the recorded models were there: a router asks none that is shut down.
const THEN: &str = "2025-06-01T12:00:00Z";

/// A router that answers from a queue, and what it recorded.
struct Bench {
    router: Router,
    answers: Arc<Mutex<VecDeque<Result<Incoming, Error>>>>,
    records: Arc<Mutex<Vec<UsageRecord>>>,
}

impl Bench {
    fn new(settings: RouterSettings, at: &str) -> Bench {
        let at: Timestamp = at.parse().unwrap();
        let answers: Arc<Mutex<VecDeque<Result<Incoming, Error>>>> = Arc::default();
        let records: Arc<Mutex<Vec<UsageRecord>>> = Arc::default();
        let upstream = Canned({
            let answers = Arc::clone(&answers);
            move |_: &Outgoing| answers.lock().unwrap().pop_front().expect("an answer for every call")
        });
        let kept = Arc::clone(&records);
        let router = Router::builder()
            .settings(settings)
            .upstream(Arc::new(upstream))
            .clock(Arc::new(ManualClock::at(at)))
            .watch(move |record| kept.lock().unwrap().push(record.clone()))
            .build()
            .unwrap();
        Bench { router, answers, records }
    }

    fn total(&self) -> Usd {
        self.records.lock().unwrap().iter().filter_map(|record| record.cost).sum()
    }
}

fn estimated(name: &str, lines: &[String], at: &str) -> Report {
    let at: Timestamp = at.parse().unwrap();
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("log.jsonl");
    std::fs::write(&file, lines.join("\n")).unwrap();
    let mut options = Options::new(Catalog::shared(), at);
    options.as_of = Some(at);
    estimate::estimate(&[file.to_str().unwrap().to_owned()], &options, &mut |_| {}).unwrap()
}

#[derive(Deserialize)]
struct Exchange {
    provider: String,
    kind: String,
    status: u16,
    stream: bool,
    request: Value,
    response: Option<String>,
    usage: Option<Value>,
}

#[tokio::test]
async fn recorded_calls_cost_in_the_ledger_what_they_are_estimated_at() {
    let Some(file) = shared::shared_data("recordings/recordings.jsonl.gz") else { return };
    let settings = from_text("[providers.openai]\n[providers.anthropic]\n[providers.groq]\n[providers.mistral]\n[providers.deepseek]\n[providers.xai]\n[[routes]]\nname = 'all'\ncache = false\nbreakpoints = false", Catalog::embedded()).unwrap();
    let bench = Bench::new(settings, THEN);
    let (mut lines, mut n_refused) = (Vec::new(), 0);
    for line in BufReader::new(flate2::read::MultiGzDecoder::new(File::open(file).unwrap())).lines() {
        let line = line.unwrap();
        let exchange: Exchange = serde_json::from_str(&line).unwrap();
        let is_known = ["openai", "anthropic", "groq", "mistral", "deepseek", "xai"].contains(&&*exchange.provider);
        let is_chat = matches!(exchange.kind.as_str(), "chat.completions" | "messages");
        if !is_known || !is_chat || exchange.status != 200 || exchange.usage.is_none() {
            continue;
        }
        let (Some(response), Some(model)) = (exchange.response, exchange.request.get("model").and_then(Value::as_str))
        else {
            continue;
        };
        // The provider is part of the name, as where several are configured.
        let mut request = exchange.request.clone();
        request["model"] = format!("{}/{model}", exchange.provider).into();
        let body = Bytes::from(response);
        let answer = if exchange.stream { Incoming::events([body]) } else { Incoming::json(200, body) };
        bench.answers.lock().unwrap().push_back(Ok(answer));
        let dialect = if exchange.kind == "messages" { Dialect::Messages } else { Dialect::Chat };
        let request = Request::new(dialect, request.to_string());
        let caller = Caller::of("acme");
        let seen = if exchange.stream {
            match bench.router.stream(request, &caller).await {
                Ok(mut stream) => {
                    let mut last = Ok(());
                    while let Some(chunk) = futures_util::StreamExt::next(&mut stream).await {
                        last = chunk.map(|_| ());
                    }
                    last
                }
                Err(error) => Err(error),
            }
        } else {
            bench.router.chat(request, &caller).await.map(|_| ())
        };
        match seen {
            Ok(()) => lines.push(line),
            Err(_) => {
                n_refused += 1;
                bench.answers.lock().unwrap().clear();
                // What was recorded of it is no answer.
                bench.records.lock().unwrap().retain(|record| record.outcome == Outcome::Answered);
            }
        }
    }
    let report = estimated("router-bill-recorded", &lines, THEN);
    println!(
        "{} calls, {n_refused} refused (unknown model, capability or end), ledger {}, estimate {}",
        lines.len(),
        bench.total(),
        report.baseline.cost_usd
    );
    assert!(lines.len() > 700 && n_refused * 10 < lines.len(), "{} calls, {n_refused} refused", lines.len());
    assert_eq!(bench.total(), report.baseline.cost_usd);
    let unpriced = bench.records.lock().unwrap().iter().filter(|record| record.cost.is_none()).count() as u64;
    assert_eq!(unpriced, report.baseline.unpriced.iter().map(|group| group.requests).sum::<u64>());
}

/// Requests of which every third repeats one before, with the usage that is answered.
fn corpus() -> Vec<(Value, Value)> {
    (0..90_u64)
        .map(|n| {
            let which = if n % 3 == 2 { n / 6 } else { n };
            let model = ["gpt-4o-mini", "gpt-4.1", "gpt-5-mini"][(which % 3) as usize];
            let request = json!({"model": model, "temperature": 0, "messages": [
                {"role": "system", "content": "Answer shortly."}, {"role": "user", "content": format!("What is {which} squared?")}]});
            let usage = json!({"prompt_tokens": 20 + which, "completion_tokens": 3 + which % 5, "total_tokens": 23 + which + which % 5});
            (request, usage)
        })
        .collect()
}

fn answer(usage: &Value) -> Incoming {
    let body = json!({"id": "c", "object": "chat.completion", "created": 1, "model": "m", "choices": [
        {"index": 0, "message": {"role": "assistant", "content": "a number"}, "finish_reason": "stop"}], "usage": usage});
    Incoming::json(200, body.to_string())
}

fn log(corpus: &[(Value, Value)]) -> Vec<String> {
    let line = |(request, usage): &(Value, Value)| {
        let response = json!({"id": "c", "object": "chat.completion", "created": 1_795_000_000, "model": request["model"], "choices": [
            {"index": 0, "message": {"role": "assistant", "content": "a number"}, "finish_reason": "stop"}], "usage": usage});
        json!({"request": request, "response": response, "provider": "openai", "timestamp": NOW}).to_string()
    };
    corpus.iter().map(line).collect()
}

#[tokio::test(start_paused = true)]
async fn with_cache_limits_budgets_and_fallbacks_it_is_the_estimate_all_the_same() {
    let corpus = corpus();
    let report = estimated("router-bill-cached", &log(&corpus), NOW);
    let step = report.steps.iter().find(|step| step.name == "response_cache").unwrap();
    let mut settings = from_text("[providers.openai]\n[providers.spare]\nhost = 'openai'\n[[routes]]\nname = 'all'\ncandidates = ['openai/*']\nfallbacks = ['spare/*']", Catalog::embedded()).unwrap();
    settings.limits = vec![LimitSpec {
        name: "l".to_owned(),
        by: By::Caller,
        only: Vec::new(),
        rpm: Some(600),
        tpm: Some(10_000_000),
        concurrency: Some(4),
        burst_s: 60,
    }];
    settings.budgets = vec![BudgetSpec {
        name: "b".to_owned(),
        by: By::Tenant,
        only: Vec::new(),
        period: Period::Day,
        hard: Some(Usd::parse("50").unwrap()),
        soft: None,
        unpriced_as: None,
    }];
    let bench = Bench::new(settings, NOW);
    for (n, (request, usage)) in corpus.iter().enumerate() {
        {
            let mut answers = bench.answers.lock().unwrap();
            answers.clear();
            // Now and then the first provider fails twice, and the other answers. Not where the answer is asked for again: one of a
            // fallback is kept as that, and given only where the plan would ask it first.
            if n % 10 == 4 && n > 20 {
                answers.extend([
                    Ok(Incoming::json(500, r#"{"error":{"message":"oops"}}"#)),
                    Ok(Incoming::json(500, r#"{"error":{"message":"oops"}}"#)),
                ]);
            }
            answers.push_back(Ok(answer(usage)));
        }
        bench.router.chat(Request::chat(request.to_string()), &Caller::of("acme").id("jo")).await.unwrap();
    }
    let saved: Usd = bench.records.lock().unwrap().iter().map(|record| record.saved).sum();
    assert!(step.saved_usd > Usd::ZERO);
    assert_eq!((bench.total(), saved), (step.cost_usd, step.saved_usd));
    assert_eq!(bench.total().saturating_add(saved), report.baseline.cost_usd);
    let budget = &bench.router.status().budgets[0];
    assert_eq!((budget.settled, budget.reserved), (bench.total(), Usd::ZERO));
    let failed = bench.records.lock().unwrap().iter().filter(|record| record.outcome == Outcome::Failed).count();
    assert!(failed > 0);
}
