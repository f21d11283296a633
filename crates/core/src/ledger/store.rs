//! The ledger's file: opened, checked, brought to the newest form; and the handle that everybody has.

use std::future::Future;
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use rusqlite::Connection;
use tokio::sync::oneshot;

use super::journal::{Journal, Open, Ticket, left_behind};
use super::prompts::Redaction;
use super::record::{Feedback, UsageRecord};
use super::rows;
use super::settings::LedgerSettings;
use super::writer::{Job, Queue, run};
use crate::clock::Clock;
use crate::error::{Error, Kind, Result};

/// How long a transaction waits for another process's.
pub(super) const BUSY: Duration = Duration::from_secs(5);
/// Between two tries to switch a new file to its log.
const SWITCH_AGAIN: Duration = Duration::from_millis(10);
/// Rows that one deletion of old ones takes, so that writing is never held up for long.
const DELETE_AT_ONCE: i64 = 5_000;

/// The ledger. Clones share it.
#[derive(Clone)]
pub struct Ledger(pub(super) Arc<Inner>);

pub(super) struct Inner {
    pub(super) settings: LedgerSettings,
    clock: Arc<dyn Clock>,
    pub(super) queue: Arc<Queue>,
    journal: Option<Arc<Journal>>,
    recovered: Vec<UsageRecord>,
    pub(super) redaction: OnceLock<Redaction>,
    writer: Mutex<Option<JoinHandle<()>>>,
}

/// How the ledger is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    /// Why it cannot write now.
    pub failing: Option<String>,
    /// Records that wait to be written.
    pub n_waiting: usize,
    /// Records that are lost, because too many waited.
    pub n_lost: u64,
}

impl Ledger {
    /// Opens the ledger, or makes it. Attempts of processes that were killed become records at once ([`recovered`](Self::recovered)).
    ///
    /// Errors name the file: not writable, no ledger, damaged, of a newer version.
    pub fn open(settings: &LedgerSettings, clock: Arc<dyn Clock>) -> Result<Ledger> {
        let path = settings.path.as_deref();
        let mut connection = connect(path)?;
        let (mut journal, mut recovered) = (None, Vec::new());
        if let Some(path) = path {
            let failed = |cause| Error::io(path.display().to_string(), cause);
            let left = left_behind(path).map_err(failed)?;
            recovered = left.attempts.iter().filter_map(Open::crashed).collect();
            recovered = recover(&mut connection, recovered).map_err(|cause| database(path, cause))?;
            left.remove().map_err(failed)?;
            journal = Some(Arc::new(Journal::begin(path).map_err(failed)?));
        }
        let queue = Arc::new(Queue::new());
        let writer = std::thread::Builder::new()
            .name("promptopt-ledger".to_owned())
            .spawn({
                let queue = Arc::clone(&queue);
                move || run(&queue, connection)
            })
            .map_err(|cause| Error::new(Kind::Io, "the ledger's thread cannot be started").because(cause))?;
        let ledger = Inner {
            settings: settings.clone(),
            clock,
            queue,
            journal,
            recovered,
            redaction: OnceLock::new(),
            writer: Mutex::new(Some(writer)),
        };
        Ok(Ledger(Arc::new(ledger)))
    }

    /// Writes down that money is set aside for an attempt, before it is sent. What is written survives the end of this process,
    /// however it ends. Some microseconds.
    pub fn reserve(&self, open: &Open) -> Result<Ticket> {
        let Some(journal) = &self.0.journal else { return Ok(Ticket::NONE) };
        journal.reserve(open).map_err(|cause| {
            Error::new(Kind::Io, "the ledger's journal cannot be written")
                .because(cause)
                .help("free space on its disk, or move the ledger")
        })
    }

    /// Nothing was sent after all: what was set aside is nobody's.
    pub fn withdraw(&self, ticket: Ticket) {
        ticket.release();
    }

    /// Writes a record; resolves when it is in the file. It is written whether or not anybody waits for it. An error says that it
    /// could not be written yet: it stays, and is tried again.
    pub fn record(
        &self,
        record: UsageRecord,
        ticket: Option<Ticket>,
    ) -> impl Future<Output = Result<()>> + Send + use<> {
        let (done, written) = oneshot::channel();
        self.0.queue.push(Job::Record { record: Box::new(record), ticket, done: Some(done) });
        async move { written.await.unwrap_or_else(|_| Err(Error::new(Kind::Io, "the ledger is closed"))) }
    }

    /// Writes a record that nobody waits for.
    pub fn post(&self, record: UsageRecord) {
        self.0.queue.push(Job::Record { record: Box::new(record), ticket: None, done: None });
    }

    /// Stores how good an answer was. Errors if the ledger has no such call.
    pub async fn feedback(&self, feedback: Feedback) -> Result<()> {
        let call = feedback.call;
        let is_known = self.ask(move |connection| rows::put_feedback(connection, &feedback)).await?;
        if is_known {
            return Ok(());
        }
        Err(Error::input(format!("the ledger has no call `{call}`"))
            .help("ids of calls stand in `x-promptopt-call` and in `promptopt usage export`"))
    }

    /// Attempts that processes which were killed had under way, settled at what was set aside for them.
    pub fn recovered(&self) -> &[UsageRecord] {
        &self.0.recovered
    }

    /// Whether it can write.
    pub fn state(&self) -> State {
        let (failing, n_waiting, n_lost) = self.0.queue.health();
        State { failing: failing.map(|failing| failing.why), n_waiting, n_lost }
    }

    /// Drops what is older than the settings keep. A few thousand rows at a time; true if there is more.
    pub async fn drop_old(&self) -> Result<bool> {
        let Some(days) = self.0.settings.keep_days else { return Ok(false) };
        let before = self.0.clock.now().as_microsecond().saturating_sub(i64::from(days) * 86_400_000_000);
        self.ask(move |connection| {
            let gone = connection.execute(
                "DELETE FROM attempt WHERE id IN (SELECT id FROM attempt WHERE at < ?1 LIMIT ?2)",
                [before, DELETE_AT_ONCE],
            )?;
            connection.execute("DELETE FROM feedback WHERE at < ?1", [before])?;
            connection.execute("DELETE FROM prompt WHERE at < ?1", [before])?;
            Ok(i64::try_from(gone) == Ok(DELETE_AT_ONCE))
        })
        .await
    }

    /// Lets the file grow to so many pages of 4 KiB at most, as if the disk ended there; `None` lifts that.
    pub async fn limit_pages(&self, n_pages: Option<u32>) -> Result<()> {
        let n_pages = n_pages.unwrap_or(u32::MAX - 1);
        self.ask(move |connection| connection.pragma_update(None, "max_page_count", n_pages)).await
    }

    /// Writes what waits and closes the file. Blocks until that is done.
    pub fn close(&self) {
        self.0.close();
    }

    /// Runs a question on the writer's connection, after all that was recorded before it.
    async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&mut Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T> {
        let (done, answered) = oneshot::channel();
        self.0.queue.push(Job::Run(Box::new(move |connection| _ = done.send(question(connection)))));
        let answer = answered.await.map_err(|_| Error::new(Kind::Io, "the ledger is closed"))?;
        answer.map_err(|cause| self.failed(cause))
    }

    /// The same for those who may block.
    pub(super) fn ask_blocking<T: Send + 'static>(
        &self,
        question: impl FnOnce(&mut Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T> {
        let (done, answered) = std::sync::mpsc::channel();
        self.0.queue.push(Job::Run(Box::new(move |connection| _ = done.send(question(connection)))));
        let answer = answered.recv().map_err(|_| Error::new(Kind::Io, "the ledger is closed"))?;
        answer.map_err(|cause| self.failed(cause))
    }

    pub(super) fn clock(&self) -> &dyn Clock {
        &*self.0.clock
    }

    pub(super) fn path(&self) -> Option<&Path> {
        self.0.settings.path.as_deref()
    }

    fn failed(&self, cause: rusqlite::Error) -> Error {
        match &self.0.settings.path {
            Some(path) => database(path, cause),
            None => Error::new(Kind::Io, "the ledger in memory failed").because(cause),
        }
    }
}

impl Inner {
    fn close(&self) {
        self.queue.close();
        let writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(writer) = writer
            && writer.thread().id() != std::thread::current().id()
        {
            let _panicked = writer.join();
            if let Some(journal) = &self.journal {
                journal.remove_if_empty();
            }
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.close();
    }
}

fn connect(path: Option<&Path>) -> Result<Connection> {
    let opened = match path {
        None => Connection::open_in_memory(),
        Some(path) => Connection::open(path),
    };
    let ready = opened.and_then(|mut connection| {
        connection.busy_timeout(BUSY)?;
        // Before anything is written: a file of another program's is left as it is.
        check(&connection)?;
        // A commit reaches the kernel: it survives the end of the process. The disk is waited for at checkpoints only.
        switch_to_log(&connection)?;
        connection.pragma_update(None, "synchronous", "NORMAL")?;
        migrate(&mut connection)?;
        Ok(connection)
    });
    ready.map_err(|cause| match path {
        Some(path) => database(path, cause),
        None => Error::new(Kind::Io, "no ledger can be made in memory").because(cause),
    })
}

fn check_version(connection: &Connection) -> rusqlite::Result<i64> {
    let version: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    if version > rows::VERSION {
        return Err(not_ours(format!(
            "its form is version {version}, this program knows {} and older: use a newer promptopt",
            rows::VERSION
        )));
    }
    Ok(version)
}

/// A new file is switched once. SQLite does not wait for another process that is doing the same, so we do.
fn switch_to_log(connection: &Connection) -> rusqlite::Result<()> {
    let mut n_tries = BUSY.as_millis() / SWITCH_AGAIN.as_millis();
    loop {
        match connection.pragma_update(None, "journal_mode", "WAL") {
            Err(error) if n_tries > 0 && error.sqlite_error_code() == Some(rusqlite::ErrorCode::DatabaseBusy) => {
                n_tries -= 1;
                std::thread::sleep(SWITCH_AGAIN);
            }
            done => return done,
        }
    }
}

/// The version of a ledger's form, 0 for a new one. All in one look: another process may be making its tables.
pub(super) fn check(connection: &Connection) -> rusqlite::Result<i64> {
    let snapshot = connection.unchecked_transaction()?;
    is_ours(&snapshot)
}

/// The same inside a transaction.
fn is_ours(connection: &Connection) -> rusqlite::Result<i64> {
    let version = check_version(connection)?;
    let n_tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if version == 0 && n_tables > 0 {
        return Err(not_ours("it is a database of another program".to_owned()));
    }
    Ok(version)
}

fn migrate(connection: &mut Connection) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    let version = is_ours(&transaction)?;
    for step in rows::MIGRATIONS.iter().skip(usize::try_from(version).unwrap_or(0)) {
        transaction.execute_batch(step)?;
    }
    transaction.pragma_update(None, "user_version", rows::VERSION)?;
    transaction.commit()
}

/// Records of attempts that have none; those that have are left as they are.
fn recover(connection: &mut Connection, found: Vec<UsageRecord>) -> rusqlite::Result<Vec<UsageRecord>> {
    let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    let mut recovered = Vec::new();
    {
        let mut insert = rows::insert(&transaction)?;
        for record in found {
            let before = transaction.total_changes();
            rows::put(&mut insert, &record)?;
            if transaction.total_changes() > before {
                recovered.push(record);
            }
        }
    }
    transaction.commit()?;
    Ok(recovered)
}

/// An error of `SQLite`'s on a file, with what to do.
pub(super) fn database(path: &Path, cause: rusqlite::Error) -> Error {
    use rusqlite::ErrorCode::{DatabaseBusy, DatabaseCorrupt, DatabaseLocked, DiskFull, NotADatabase, ReadOnly};
    let (what, help) = match cause.sqlite_error_code() {
        Some(NotADatabase) => ("it is no ledger", "name another file, or move this one away"),
        Some(DatabaseCorrupt) => (
            "the ledger is damaged",
            "move it away and keep it: `sqlite3 FILE .recover` reads what is whole; a new one is made",
        ),
        Some(ReadOnly) => {
            ("the ledger cannot be written", "give the process the right to write the file and its folder")
        }
        Some(DiskFull) => ("the disk is full", "free space, or move the ledger"),
        Some(DatabaseBusy | DatabaseLocked) => {
            ("the ledger is locked by another program", "end the program that holds it")
        }
        _ => ("the ledger cannot be used", "check the file and its folder"),
    };
    Error::new(Kind::Io, what).in_file(path.display().to_string()).because(cause).help(help)
}

pub(super) fn not_ours(why: String) -> rusqlite::Error {
    rusqlite::Error::ToSqlConversionFailure(why.into())
}
