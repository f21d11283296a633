//! Brings alerts to whoever is told. Every receiver has a queue and a task of its own: one that is slow or dead keeps neither the
//! others waiting nor a request. What does not fit into a queue is dropped, counted, and told with the next alert that arrives.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use secrecy::SecretString;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::Alert;
use super::settings::{AlertSpec, Receiver};
use super::way::{Letter, Way};
use crate::error::{Error, Result};
use crate::secret::SecretRef;
use crate::upstream::webhook::Post;

/// Alerts that may wait for one receiver.
const QUEUE: usize = 64;
/// How long the last ones are waited for when all ends.
const CLOSE_LIMIT: Duration = Duration::from_secs(10);

/// Is told of every alert. May block; runs on a thread of its own.
pub type Callback = Arc<dyn Fn(&Alert) + Send + Sync>;

/// All receivers.
#[derive(Default)]
pub struct Deliveries {
    lines: Vec<Line>,
    /// Lines of an alert, besides the callbacks, which are told of all.
    by_alert: BTreeMap<String, Vec<usize>>,
    callbacks: Vec<usize>,
}

/// What became of alerts, over all receivers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Delivered {
    /// Arrived.
    pub n_told: u64,
    /// Did not arrive, though it was tried.
    pub n_failed: u64,
    /// Dropped, because too many waited.
    pub n_dropped: u64,
    /// Why the last one that failed did: the receiver and the reason, without addresses.
    pub last_failure: Option<String>,
}

struct Line {
    way: Arc<Way>,
    counts: Arc<Counts>,
    running: Mutex<Running>,
}

/// The task of a line is begun with its first alert: a router may be built before its runtime.
enum Running {
    NotYet,
    Yes(mpsc::Sender<Letter>, JoinHandle<()>),
    Closed,
}

#[derive(Default)]
struct Counts {
    told: AtomicU64,
    failed: AtomicU64,
    dropped: AtomicU64,
    /// Since the last one that arrived.
    missed: AtomicU64,
    last_failure: Mutex<Option<String>>,
}

impl Deliveries {
    /// Reads the secrets of webhooks, so that one that is missing is found at the start. Equal receivers share a queue.
    ///
    /// `post` is only needed for webhooks. Errors name the alert and the reference of the secret.
    pub fn new(
        specs: &[AlertSpec],
        callbacks: &[Callback],
        post: Option<&Arc<dyn Post>>,
        read: &dyn Fn(&SecretRef) -> Result<SecretString>,
    ) -> Result<Deliveries> {
        let mut deliveries = Deliveries::default();
        let mut known: Vec<(&Receiver, usize)> = Vec::new();
        for AlertSpec { name, to, .. } in specs {
            let mut lines = Vec::new();
            for receiver in to {
                let before = known.iter().find(|(other, _)| *other == receiver).map(|(_, line)| *line);
                let line = match before {
                    Some(line) => line,
                    None => {
                        let way =
                            way(receiver, post, read).map_err(|error| error.in_field(&format!("alerts.{name}.to")))?;
                        deliveries.add(way)
                    }
                };
                known.push((receiver, line));
                if !lines.contains(&line) {
                    lines.push(line);
                }
            }
            deliveries.by_alert.insert(name.clone(), lines);
        }
        for callback in callbacks {
            let line = deliveries.add(Way::Call(Arc::clone(callback)));
            deliveries.callbacks.push(line);
        }
        Ok(deliveries)
    }

    fn add(&mut self, way: Way) -> usize {
        self.lines.push(Line { way: Arc::new(way), counts: Arc::default(), running: Mutex::new(Running::NotYet) });
        self.lines.len() - 1
    }

    /// Sends an alert on its ways. Never waits. Outside of a tokio runtime it is dropped, and counted so.
    pub fn tell(&self, alert: Alert) {
        let alert = Arc::new(alert);
        let own = self.by_alert.get(&*alert.name).map(Vec::as_slice).unwrap_or_default();
        for line in self.callbacks.iter().chain(own).filter_map(|line| self.lines.get(*line)) {
            line.tell(&alert);
        }
    }

    /// What became of alerts so far.
    pub fn delivered(&self) -> Delivered {
        let mut all = Delivered::default();
        for Line { counts, .. } in &self.lines {
            all.n_told += counts.told.load(Ordering::Relaxed);
            all.n_failed += counts.failed.load(Ordering::Relaxed);
            all.n_dropped += counts.dropped.load(Ordering::Relaxed);
            let last = counts.last_failure.lock().unwrap_or_else(PoisonError::into_inner);
            all.last_failure = last.clone().or(all.last_failure);
        }
        all
    }

    /// Takes no more, and waits a while for those that are on their way.
    pub async fn close(&self) {
        let ends: Vec<JoinHandle<()>> = self.lines.iter().filter_map(Line::close).collect();
        let all = async {
            for end in ends {
                let _ended = end.await;
            }
        };
        let _in_time = tokio::time::timeout(CLOSE_LIMIT, all).await;
    }
}

impl Line {
    fn tell(&self, alert: &Arc<Alert>) {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        if let (Running::NotYet, Ok(runtime)) = (&*running, tokio::runtime::Handle::try_current()) {
            let (sender, receiver) = mpsc::channel(QUEUE);
            *running =
                Running::Yes(sender, runtime.spawn(work(Arc::clone(&self.way), Arc::clone(&self.counts), receiver)));
        }
        let missed = self.counts.missed.swap(0, Ordering::Relaxed);
        let letter = Letter { alert: Arc::clone(alert), missed };
        let is_sent = matches!(&*running, Running::Yes(sender, _) if sender.try_send(letter).is_ok());
        if !is_sent {
            self.counts.dropped.fetch_add(1, Ordering::Relaxed);
            self.counts.missed.fetch_add(missed + 1, Ordering::Relaxed);
        }
    }

    fn close(&self) -> Option<JoinHandle<()>> {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        match std::mem::replace(&mut *running, Running::Closed) {
            // The sender goes: the task ends when the queue is empty.
            Running::Yes(_, task) => Some(task),
            Running::NotYet | Running::Closed => None,
        }
    }
}

async fn work(way: Arc<Way>, counts: Arc<Counts>, mut letters: mpsc::Receiver<Letter>) {
    while let Some(letter) = letters.recv().await {
        let missed = letter.missed;
        match way.deliver(letter).await {
            Ok(()) => {
                counts.told.fetch_add(1, Ordering::Relaxed);
            }
            Err(error) => {
                counts.failed.fetch_add(1, Ordering::Relaxed);
                counts.missed.fetch_add(missed + 1, Ordering::Relaxed);
                let mut last = counts.last_failure.lock().unwrap_or_else(PoisonError::into_inner);
                *last = Some(error.to_string());
            }
        }
    }
}

fn way(
    receiver: &Receiver,
    post: Option<&Arc<dyn Post>>,
    read: &dyn Fn(&SecretRef) -> Result<SecretString>,
) -> Result<Way> {
    Ok(match receiver {
        Receiver::Webhook(reference) => {
            let post = post.ok_or_else(|| Error::input("there is no door for webhooks"))?;
            let address = read(reference)?;
            post.check(&address).map_err(|error| error.help(format!("see `{reference}`")))?;
            Way::Post { address, post: Arc::clone(post) }
        }
        Receiver::Command(words) if words.is_empty() => return Err(Error::input("the command has no words")),
        Receiver::Command(words) => Way::Run(words.clone()),
        Receiver::Log(path) => Way::Append(path.clone()),
    })
}
