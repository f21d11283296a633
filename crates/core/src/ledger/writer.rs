//! The thread that writes: it takes all that has come since it wrote last, and writes it in one transaction.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::Connection;
use tokio::sync::oneshot;

use super::journal::Ticket;
use super::record::UsageRecord;
use super::rows;
use crate::error::{Error, Kind, Result};

/// Records that wait while the disk is full or the file is locked; more are lost, and counted.
const MAX_WAITING: usize = 200_000;
/// Records of one transaction.
const MAX_BATCH: usize = 4_096;
/// Before a transaction that failed is tried again.
const AGAIN: Duration = Duration::from_millis(250);

/// Work for the writer.
pub(super) enum Job {
    /// A record, whose ticket is released once it is in.
    Record { record: Box<UsageRecord>, ticket: Option<Ticket>, done: Option<oneshot::Sender<Result<()>>> },
    /// Anything else that needs the connection.
    Run(Box<dyn FnOnce(&mut Connection) + Send>),
}

/// What waits for the writer, and how it is.
pub(super) struct Queue {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    jobs: VecDeque<Job>,
    is_closed: bool,
    failing: Option<Failing>,
    n_lost: u64,
}

/// The writer cannot write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Failing {
    pub why: String,
}

impl Queue {
    pub(super) fn new() -> Queue {
        Queue { state: Mutex::default(), changed: Condvar::new() }
    }

    /// Puts a job at the end. A record beyond what may wait is lost, and the caller told.
    pub(super) fn push(&self, job: Job) {
        let mut state = self.state();
        let is_record = matches!(job, Job::Record { .. });
        if state.is_closed || (is_record && state.jobs.len() >= MAX_WAITING) {
            let (why, is_lost) = if state.is_closed {
                ("the ledger is closed", is_record)
            } else {
                ("too many records wait for the ledger", true)
            };
            state.n_lost += u64::from(is_lost);
            drop(state);
            if let Job::Record { done: Some(done), .. } = job {
                let _nobody_waits = done.send(Err(Error::new(Kind::Io, why)));
            }
            return;
        }
        let failing = state.failing.clone().filter(|_| is_record);
        let job = match (job, failing) {
            // It stays and is tried again, as those before it; who waits is told now, not after the next try.
            (Job::Record { record, ticket, done: Some(done) }, Some(failing)) => {
                let _nobody_waits = done.send(Err(cannot_write(&failing.why)));
                Job::Record { record, ticket, done: None }
            }
            (job, _) => job,
        };
        state.jobs.push_back(job);
        drop(state);
        self.changed.notify_one();
    }

    /// Why it cannot write, how many records wait, and how many were lost.
    pub(super) fn health(&self) -> (Option<Failing>, usize, u64) {
        let state = self.state();
        (state.failing.clone(), state.jobs.len(), state.n_lost)
    }

    /// No more jobs are taken; the writer ends when it has done those that wait.
    pub(super) fn close(&self) {
        self.state().is_closed = true;
        self.changed.notify_all();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for jobs; `None` when closed and done.
    fn take(&self) -> Option<Vec<Job>> {
        let mut state = self.state();
        while state.jobs.is_empty() {
            if state.is_closed {
                return None;
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        let n_jobs = state.jobs.len().min(MAX_BATCH);
        Some(state.jobs.drain(..n_jobs).collect())
    }

    /// Records that could not be written go back to the front, in their order.
    fn put_back(&self, jobs: Vec<Job>, why: String) -> bool {
        let mut state = self.state();
        state.failing = Some(Failing { why });
        if state.is_closed {
            state.n_lost += jobs.len() as u64;
            return false;
        }
        for job in jobs.into_iter().rev() {
            state.jobs.push_front(job);
        }
        // Others may wake us; the pause is there so that a full disk is not asked a thousand times a second.
        let _after_a_pause = self.changed.wait_timeout(state, AGAIN);
        true
    }

    fn fails(&self, why: &str) {
        self.state().failing = Some(Failing { why: why.to_owned() });
    }

    fn is_fine(&self) {
        self.state().failing = None;
    }
}

fn cannot_write(why: &str) -> Error {
    Error::new(Kind::Io, format!("the ledger cannot be written: {why}"))
}

/// Writes until the queue is closed.
pub(super) fn run(queue: &Arc<Queue>, mut connection: Connection) {
    while let Some(jobs) = queue.take() {
        let mut records = Vec::with_capacity(jobs.len());
        let mut others = Vec::new();
        for job in jobs {
            match job {
                // What was recorded before a question is seen by it.
                Job::Run(run) => others.push(run),
                record @ Job::Record { .. } => records.push(record),
            }
        }
        if !records.is_empty() {
            write(queue, &mut connection, records);
        }
        for run in others {
            run(&mut connection);
        }
    }
}

fn write(queue: &Queue, connection: &mut Connection, mut jobs: Vec<Job>) {
    loop {
        match try_write(connection, &jobs) {
            Ok(()) => {
                queue.is_fine();
                for job in jobs {
                    let Job::Record { ticket, done, .. } = job else { continue };
                    if let Some(ticket) = ticket {
                        ticket.release();
                    }
                    if let Some(done) = done {
                        let _nobody_waits = done.send(Ok(()));
                    }
                }
                return;
            }
            Err(cause) => {
                let why = cause.to_string();
                queue.fails(&why);
                // Those who wait are told at once; the records stay and are tried again.
                for job in &mut jobs {
                    if let Job::Record { done, .. } = job
                        && let Some(done) = done.take()
                    {
                        let _nobody_waits = done.send(Err(cannot_write(&why)));
                    }
                }
                if !queue.put_back(std::mem::take(&mut jobs), why) {
                    return;
                }
                match queue.take() {
                    None => return,
                    Some(again) => {
                        let (records, others): (Vec<Job>, Vec<Job>) =
                            again.into_iter().partition(|job| matches!(job, Job::Record { .. }));
                        for other in others {
                            if let Job::Run(run) = other {
                                run(connection);
                            }
                        }
                        jobs = records;
                    }
                }
            }
        }
    }
}

fn try_write(connection: &mut Connection, jobs: &[Job]) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    {
        let mut insert = rows::insert(&transaction)?;
        for job in jobs {
            if let Job::Record { record, .. } = job {
                rows::put(&mut insert, record)?;
            }
        }
    }
    transaction.commit()
}
