//! Many callers at once, and money for some of them.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking; helpers of integration tests are not seen as tests")]

#[path = "support/scripted.rs"]
#[allow(dead_code, reason = "shared with other tests")]
mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use promptopt::budget::settings::{BudgetSpec, Period};
use promptopt::chat::Dialect;
use promptopt::config::router::RouterSettings;
use promptopt::error::Kind;
use promptopt::labels::{By, Caller};
use promptopt::router::Request;
use promptopt::usd::Usd;
use promptopt_scripted::{Scripted, chat};
use support::{provider, router};

fn ask(n: usize) -> Request {
    // A three-digit number, so that all prompts have the same tokens.
    Request::chat(format!(
        r#"{{"model":"gpt-4o-mini","max_tokens":1000,"messages":[{{"role":"user","content":"question {}"}}]}}"#,
        100 + n % 900
    ))
}

#[tokio::test(flavor = "multi_thread")]
async fn money_for_a_hundred_calls_admits_a_hundred() {
    let server = Scripted::start(|_| chat("yes", 11, 1000)).await.unwrap();
    let mut settings = RouterSettings {
        providers: vec![provider("openai", "openai", Dialect::Chat, &server)],
        ..RouterSettings::default()
    };
    settings.providers[0].timeouts.first_byte = Duration::from_secs(60);
    settings.providers[0].timeouts.total = Duration::from_secs(60);
    // What one call can cost at most is what the plan says.
    let alone = router(settings.clone(), |builder| builder);
    let ceiling = alone.explain(ask(0), &Caller::of("t")).unwrap().steps[0].ceiling.clone().unwrap();
    let limit = Usd::from_pico(ceiling.pico() * 100 + ceiling.pico() / 2);
    settings.budgets = vec![BudgetSpec {
        name: "b".to_owned(),
        by: By::All,
        only: Vec::new(),
        period: Period::Month,
        hard: Some(limit),
        soft: None,
        unpriced_as: None,
    }];
    let router = router(settings, |builder| builder);
    let is_over = Arc::new(AtomicBool::new(false));
    let watching = tokio::spawn({
        let (router, is_over) = (router.clone(), Arc::clone(&is_over));
        async move {
            let mut n_looks = 0;
            while !is_over.load(Ordering::SeqCst) {
                for budget in router.status().budgets {
                    assert!(budget.settled.saturating_add(budget.reserved) <= limit, "{budget:?}");
                }
                n_looks += 1;
                tokio::task::yield_now().await;
            }
            n_looks
        }
    });
    let calls: Vec<_> = (0..1000)
        .map(|n| {
            let router = router.clone();
            tokio::spawn(async move { router.chat(ask(n), &Caller::of(format!("t{n}"))).await })
        })
        .collect();
    let (mut admitted, mut refused) = (0, 0);
    for call in calls {
        match call.await.unwrap() {
            Ok(_) => admitted += 1,
            Err(error) => {
                assert_eq!(error.kind(), Kind::Budget, "{error}");
                assert!(!error.may_retry());
                refused += 1;
            }
        }
    }
    is_over.store(true, Ordering::SeqCst);
    assert!(watching.await.unwrap() > 0);
    // The answers cost as much as was set aside: all input and all output that could be.
    assert_eq!((admitted, refused, server.n_calls()), (100, 900, 100));
    let budget = &router.status().budgets[0];
    assert_eq!(budget.reserved, Usd::ZERO);
    assert!(budget.settled <= limit);
}
