//! Alerts through the whole router: from a settled call to whoever is told.

use futures_util::future::BoxFuture;
use secrecy::SecretString;

use super::*;
use crate::alert::settings::{AlertSpec, Receiver, Watch};
use crate::alert::{Alert, SOFT_LIMIT, State};
use crate::secret::SecretRef;
use crate::upstream::webhook::Post;

fn budget(soft: Option<&str>) -> BudgetSpec {
    BudgetSpec {
        name: "all".to_owned(),
        by: By::All,
        only: Vec::new(),
        period: Period::Day,
        hard: Some(Usd::parse("0.001").unwrap()),
        soft: soft.map(|soft| Usd::parse(soft).unwrap()),
        unpriced_as: None,
    }
}

/// A router with callbacks that keep what they are told. An answer costs $0.00021.
fn told_by(settings: RouterSettings, n_answers: usize) -> (Router, Arc<Mutex<Vec<Alert>>>) {
    let told = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&told);
    let answers = Mutex::new((0..n_answers).map(|i| Ok(chat_answer(&i.to_string()))).collect::<VecDeque<_>>());
    let upstream = Canned(move |_: &Outgoing| answers.lock().unwrap().pop_front().expect("no more answers"));
    let router = Router::builder()
        .settings(settings)
        .upstream(Arc::new(upstream))
        .clock(Arc::new(ManualClock::at("2026-11-26T12:00:00Z".parse::<Timestamp>().unwrap())))
        .on_alert(move |alert| kept.lock().unwrap().push(alert.clone()))
        .build()
        .unwrap();
    (router, told)
}

fn fresh(i: usize) -> Request {
    Request::chat(
        json!({"model": "gpt-4o-mini", "max_tokens": 200, "messages": [{"role": "user", "content": format!("hi {i}")}]}).to_string(),
    )
}

#[tokio::test(start_paused = true)]
async fn a_soft_limit_is_told_to_callbacks_though_nobody_configured_an_alert() {
    let settings = RouterSettings {
        routes: vec![route(&[("openai", "gpt-4o-mini")])],
        budgets: vec![budget(Some("0.0004"))],
        ..settings()
    };
    let (router, told) = told_by(settings, 3);
    for i in 0..3 {
        router.chat(fresh(i), &Caller::of("acme")).await.unwrap();
        router.tidy().await.unwrap();
    }
    assert_eq!(router.status().alerts.n_standing, 1);
    router.shutdown().await;
    let told = told.lock().unwrap();
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!((&*told[0].name, told[0].state, &*told[0].subject), (SOFT_LIMIT, State::Raised, "all (soft limit)"));
    assert_eq!(router.status().alerts.delivered.n_told, 1);
}

/// Keeps what came.
#[derive(Default)]
struct Hook(Mutex<Vec<Bytes>>);

impl Post for Hook {
    fn post<'a>(&'a self, _address: &'a SecretString, body: Bytes) -> BoxFuture<'a, Result<()>> {
        self.0.lock().unwrap().push(body);
        Box::pin(async { Ok(()) })
    }
}

#[tokio::test(start_paused = true)]
async fn a_reload_brings_alerts_and_a_wrong_one_changes_nothing() {
    let base =
        RouterSettings { routes: vec![route(&[("openai", "gpt-4o-mini")])], budgets: vec![budget(None)], ..settings() };
    let (router, told) = told_by(base.clone(), 1);
    router.chat(fresh(0), &Caller::of("acme")).await.unwrap();
    router.tidy().await.unwrap();
    assert_eq!(router.status().alerts.n_standing, 0);
    let watch = AlertSpec {
        name: "share".to_owned(),
        watch: Watch::Spent { budget: None, permille: 100 },
        to: vec![],
        repeat: std::time::Duration::from_secs(60),
    };
    let missing = Receiver::Webhook(SecretRef::Env("PROMPTOPT_NO_SUCH_VARIABLE".to_owned()));
    let wrong = AlertSpec { to: vec![missing], ..watch.clone() };
    let error = router.reload(RouterSettings { alerts: vec![wrong], budgets: vec![], ..base.clone() }).unwrap_err();
    assert!(error.to_string().contains("alerts.share.to"), "{error}");
    assert_eq!(router.status().budgets.len(), 1);
    router.reload(RouterSettings { alerts: vec![watch.clone()], ..base.clone() }).unwrap();
    router.tidy().await.unwrap();
    router.shutdown().await;
    assert_eq!(told.lock().unwrap().iter().map(|alert| &*alert.name).collect::<Vec<_>>(), ["share"]);

    // By webhook, its address from a file.
    let path = std::env::temp_dir().join(format!("promptopt-hook-{}", fastrand::u64(..)));
    std::fs::write(&path, "https://hooks.example.com/canary").unwrap();
    #[cfg(unix)]
    std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let hook = Arc::new(Hook::default());
    let to = vec![Receiver::Webhook(SecretRef::File(path.display().to_string()))];
    let (answers, watch) = (Mutex::new(vec![chat_answer("x")]), AlertSpec { to, ..watch });
    let router = Router::builder()
        .settings(RouterSettings { alerts: vec![watch], ..base })
        .upstream(Arc::new(Canned(move |_: &Outgoing| Ok(answers.lock().unwrap().pop().unwrap()))))
        .webhooks(Arc::clone(&hook) as Arc<dyn Post>)
        .build()
        .unwrap();
    std::fs::remove_file(&path).unwrap();
    router.chat(fresh(0), &Caller::of("acme")).await.unwrap();
    router.shutdown().await;
    let bodies = hook.0.lock().unwrap();
    assert!(bodies.len() == 1 && bodies[0].starts_with(b"{\"text\":\":warning: share budget `all`: "), "{bodies:?}");
}
