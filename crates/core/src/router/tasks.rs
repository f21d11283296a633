//! Calls under way: each runs in a task of its own, so that a caller who goes away neither cuts off those who share the call nor
//! leaves money unsettled. Shutting down waits for all of them.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use tokio::sync::Notify;

/// Counts tasks.
#[derive(Clone, Debug, Default)]
pub(super) struct Tasks(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    n_running: AtomicUsize,
    is_closed: AtomicBool,
    changed: Notify,
}

/// One task that is counted until it is dropped.
pub(super) struct Running(Arc<Inner>);

impl Tasks {
    /// Counts one more; `None` once shutting down has begun.
    pub(super) fn begin(&self) -> Option<Running> {
        self.0.n_running.fetch_add(1, Ordering::SeqCst);
        let running = Running(Arc::clone(&self.0));
        // Looked at after counting: who closes sees either the count or the flag is seen here.
        (!self.0.is_closed.load(Ordering::SeqCst)).then_some(running)
    }

    /// Runs something to its end, whoever waits for it.
    pub(super) fn spawn(running: Running, task: impl Future<Output = ()> + Send + 'static) {
        // On the heap before it is handed over: it has some kilobytes, and is moved four times on the way.
        let task = Box::pin(task);
        tokio::spawn(async move {
            task.await;
            drop(running);
        });
    }

    /// How many are running.
    pub(super) fn n_running(&self) -> usize {
        self.0.n_running.load(Ordering::SeqCst)
    }

    /// Lets no more begin, and waits until the last has ended.
    pub(super) async fn close(&self) {
        self.0.is_closed.store(true, Ordering::SeqCst);
        loop {
            let changed = self.0.changed.notified();
            if self.n_running() == 0 {
                return;
            }
            changed.await;
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.0.n_running.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.0.changed.notify_waiters();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn closing_waits_for_what_runs_and_lets_nothing_begin() {
        let tasks = Tasks::default();
        let running = tasks.begin().unwrap();
        let (go, gone) = tokio::sync::oneshot::channel::<()>();
        Tasks::spawn(running, async move { _ = gone.await });
        let closing = tokio::spawn({
            let tasks = tasks.clone();
            async move { tasks.close().await }
        });
        while tasks.begin().is_some() {
            tokio::task::yield_now().await;
        }
        assert!(!closing.is_finished());
        go.send(()).unwrap();
        closing.await.unwrap();
        assert_eq!(tasks.n_running(), 0);
    }
}
