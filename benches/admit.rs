//! What stands between a call and its target, in memory: limits taken and settled, money reserved and settled, a breaker passed.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use promptopt::budget::Budgets;
use promptopt::budget::settings::{BudgetSpec, Period};
use promptopt::clock::{Clock, SystemClock};
use promptopt::health::settings::{BreakerSettings, RetrySettings};
use promptopt::health::{Health, Verdict};
use promptopt::labels::{By, Caller, Labels};
use promptopt::limit::settings::{LimitSpec, QueueSettings};
use promptopt::limit::{Demand, Limits};
use promptopt::target::Target;
use promptopt::usage::ServiceTier;
use promptopt::usd::Usd;

fn labels(n: usize) -> Labels {
    let caller = Caller::of("acme").id(format!("caller {n}")).team("search").tag("feature", "answers");
    Labels { caller: Arc::new(caller), route: Some("default".into()), ..Labels::default() }
}

fn limit(name: &str, by: By) -> LimitSpec {
    let (rpm, tpm, concurrency) = (Some(u32::MAX), Some(u64::MAX / 1_000_000_000), Some(1_000));
    LimitSpec { name: name.to_owned(), by, only: Vec::new(), rpm, tpm, concurrency, burst_s: 60 }
}

fn budget(name: &str, by: By, period: Period) -> BudgetSpec {
    let hard = Some(Usd::from_pico(i128::MAX / 2));
    BudgetSpec { name: name.to_owned(), by, only: Vec::new(), period, hard, soft: None, unpriced_as: None }
}

fn admit(c: &mut Criterion) {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let callers: Vec<Labels> = (0..1_000).map(labels).collect();
    let mut group = c.benchmark_group("admit");
    group.warm_up_time(Duration::from_secs(1)).measurement_time(Duration::from_secs(3));

    for (name, specs) in [
        ("limits, one: take, settle, leave", vec![limit("caller", By::Caller)]),
        ("limits, three", vec![limit("all", By::All), limit("caller", By::Caller), limit("team", By::Team)]),
    ] {
        let limits = Limits::new(&specs, QueueSettings::default(), Arc::clone(&clock));
        let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_time().build() else { return };
        let mut n = 0;
        group.bench_function(name, |b| {
            b.iter(|| {
                n = (n + 1) % callers.len();
                let demand = Demand { n_tokens: 1_200, ..Demand::default() };
                if let Ok(mut permit) = runtime.block_on(limits.admit(&callers[n], true, demand)) {
                    permit.settle(black_box(900));
                }
            });
        });
    }

    let three = vec![
        budget("all", By::All, Period::Day),
        budget("caller", By::Caller, Period::Month),
        budget("team", By::Team, Period::Rolling(3_600)),
    ];
    for (name, specs) in [
        ("budgets, one: reserve, settle", vec![budget("caller", By::Caller, Period::Month)]),
        ("budgets, three", three),
    ] {
        let budgets = Budgets::new(&specs, Arc::clone(&clock));
        let mut n = 0;
        group.bench_function(name, |b| {
            b.iter(|| {
                n = (n + 1) % callers.len();
                budgets.reserve(&callers[n], Ok(Usd::from_pico(2_000_000))).map(|mut reserved| {
                    reserved.sent();
                    reserved.settle(black_box(Usd::from_pico(900_000)))
                })
            });
        });
    }

    let health = Health::new(RetrySettings::default(), BreakerSettings::default(), Arc::clone(&clock));
    let target = Target {
        provider: "openai".into(),
        host: "openai".into(),
        model: "gpt-5-mini".into(),
        tier: ServiceTier::Standard,
    };
    group.bench_function("breaker: pass, report", |b| {
        b.iter(|| {
            if let Ok(pass) = health.pass(&target) {
                pass.report(Verdict::Success, Some(Duration::from_millis(300)));
            }
        });
    });
    group.finish();
}

criterion_group!(benches, admit);
criterion_main!(benches);
