//! How alerts arrive: nobody waits for a receiver, what does not arrive is counted, secrets are not told.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Notify;

use super::super::settings::{AlertSpec, Receiver, Watch};
use super::super::{Alert, Callback, Deliveries, Figures, Kind, State};
use super::{noon, spec};
use crate::error::{Error, Kind as Wrong, Result};
use crate::secret::SecretRef;
use crate::upstream::webhook::Post;

const CANARY: &str = "https://hooks.example.com/canary";

/// Answers what it is told to, and keeps what came.
#[derive(Default)]
struct Hook {
    bodies: Mutex<Vec<String>>,
    /// So many fail first.
    failures: AtomicUsize,
    may_retry: bool,
    /// Waits for this first.
    gate: Option<Arc<Notify>>,
}

impl Post for Hook {
    fn post<'a>(&'a self, address: &'a SecretString, body: Bytes) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            assert_eq!(address.expose_secret(), CANARY);
            if let Some(gate) = &self.gate {
                gate.notified().await;
            }
            if self.failures.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok() {
                let kind = if self.may_retry { Wrong::Unavailable } else { Wrong::Config };
                return Err(Error::new(kind, "the webhook answered with status 503"));
            }
            self.bodies.lock().unwrap().push(String::from_utf8(body.to_vec()).unwrap());
            Ok(())
        })
    }
}

fn alert(name: &str, text: &str) -> Alert {
    Alert {
        name: name.into(),
        kind: Kind::Spent,
        state: State::Raised,
        subject: "s".into(),
        text: text.to_owned(),
        figures: Figures::new(),
        at: noon(),
    }
}

fn to(name: &str, receivers: &[Receiver]) -> AlertSpec {
    AlertSpec { to: receivers.to_vec(), ..spec(name, Watch::Shutdown { days: 1 }) }
}

fn webhook() -> Receiver {
    Receiver::Webhook(SecretRef::Env("HOOK".to_owned()))
}

fn deliveries(specs: &[AlertSpec], callbacks: &[Callback], hook: &Arc<Hook>) -> Result<Deliveries> {
    let post: Arc<dyn Post> = Arc::clone(hook) as Arc<dyn Post>;
    Deliveries::new(specs, callbacks, Some(&post), &|_| Ok(SecretString::from(CANARY)))
}

#[tokio::test(start_paused = true)]
async fn each_alert_goes_to_its_receivers_and_all_to_callbacks() {
    let hook = Arc::new(Hook::default());
    let log = std::env::temp_dir().join(format!("promptopt-alerts-{}.jsonl", fastrand::u64(..)));
    let seen = Arc::new(Mutex::new(Vec::new()));
    let callback: Callback = {
        let seen = Arc::clone(&seen);
        Arc::new(move |alert| seen.lock().unwrap().push(alert.name.to_string()))
    };
    let specs = [to("a", &[webhook(), Receiver::Log(log.clone())]), to("b", &[webhook(), webhook()])];
    let deliveries = deliveries(&specs, &[callback], &hook).unwrap();
    deliveries.tell(alert("a", "one"));
    deliveries.tell(alert("b", "two"));
    deliveries.tell(alert("soft-limit", "three"));
    deliveries.close().await;
    assert_eq!(*seen.lock().unwrap(), ["a", "b", "soft-limit"]);
    assert_eq!(*hook.bodies.lock().unwrap(), ["{\"text\":\":warning: a one\"}", "{\"text\":\":warning: b two\"}"]);
    assert_eq!(std::fs::read_to_string(&log).unwrap().lines().count(), 1);
    std::fs::remove_file(log).unwrap();
    let delivered = deliveries.delivered();
    assert_eq!((delivered.n_told, delivered.n_failed, delivered.n_dropped), (6, 0, 0));
    // Closed is closed.
    deliveries.tell(alert("a", "four"));
    assert_eq!(deliveries.delivered().n_dropped, 3);
}

#[tokio::test(start_paused = true)]
async fn a_webhook_is_asked_again_only_where_that_can_help() {
    for (n_failures, may_retry, n_told) in [(2, true, 1), (3, true, 0), (1, false, 0)] {
        let hook = Arc::new(Hook { failures: AtomicUsize::new(n_failures), may_retry, ..Hook::default() });
        let deliveries = deliveries(&[to("a", &[webhook()])], &[], &hook).unwrap();
        deliveries.tell(alert("a", "one"));
        deliveries.close().await;
        let delivered = deliveries.delivered();
        assert_eq!((delivered.n_told, delivered.n_failed), (n_told, 1 - n_told), "{n_failures}");
        assert!(!format!("{delivered:?}").contains("canary"));
    }
}

#[tokio::test(start_paused = true)]
async fn what_did_not_arrive_is_told_with_the_next() {
    let hook = Arc::new(Hook { failures: AtomicUsize::new(2), ..Hook::default() });
    let deliveries = deliveries(&[to("a", &[webhook()])], &[], &hook).unwrap();
    for text in ["one", "two"] {
        let n_failed = deliveries.delivered().n_failed;
        deliveries.tell(alert("a", text));
        while deliveries.delivered().n_failed == n_failed {
            tokio::task::yield_now().await;
        }
    }
    deliveries.tell(alert("a", "three"));
    deliveries.close().await;
    assert_eq!(
        *hook.bodies.lock().unwrap(),
        ["{\"text\":\":warning: a three (2 alerts before this one could not be delivered)\"}"]
    );
}

#[tokio::test(start_paused = true)]
async fn a_dead_receiver_keeps_nobody_waiting() {
    let gate = Arc::new(Notify::new());
    let hook = Arc::new(Hook { gate: Some(gate), ..Hook::default() });
    let seen = Arc::new(AtomicUsize::new(0));
    let panicking: Callback = Arc::new(|_| panic!("a callback's own mistake"));
    let counting: Callback = {
        let seen = Arc::clone(&seen);
        Arc::new(move |_| _ = seen.fetch_add(1, Ordering::SeqCst))
    };
    let deliveries = deliveries(&[to("a", &[webhook()])], &[panicking, counting], &hook).unwrap();
    // None of these waits, and the one who counts is told of each though the others fail.
    for i in 0..200 {
        deliveries.tell(alert("a", "x"));
        while seen.load(Ordering::SeqCst) <= i {
            tokio::task::yield_now().await;
        }
    }
    assert_eq!(seen.load(Ordering::SeqCst), 200);
    let delivered = deliveries.delivered();
    assert!(delivered.n_dropped >= 100, "{delivered:?}");
    deliveries.close().await;
    assert!(deliveries.delivered().last_failure.is_some());
}

#[test]
fn without_a_runtime_and_without_a_secret() {
    let hook = Arc::new(Hook::default());
    let built = deliveries(&[to("a", &[webhook()])], &[], &hook).unwrap();
    built.tell(alert("a", "one"));
    assert_eq!((built.delivered().n_dropped, built.delivered().n_told), (1, 0));
    let post: Arc<dyn Post> = hook;
    let missing = Deliveries::new(&[to("a", &[webhook()])], &[], Some(&post), &|reference| {
        Err(Error::new(Wrong::Config, format!("the secret `{reference}` is not there")))
    });
    let error = missing.map(drop).unwrap_err().to_string();
    assert_eq!(error, "`alerts.a.to`: the secret `env:HOOK` is not there");
    assert!(Deliveries::new(&[to("a", &[Receiver::Command(Vec::new())])], &[], None, &|_| unreachable!()).is_err());
}
