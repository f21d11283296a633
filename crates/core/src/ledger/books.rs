//! The ledger read: by the router that writes it, and by whoever has its file. Readers have a connection of their own and never hold up
//! the writer.

use std::path::Path;
use std::sync::Arc;

use rusqlite::{Connection, OpenFlags};

use super::query::{Query, usage};
use super::record::UsageRecord;
use super::report::UsageReport;
use super::rows;
use super::store::{BUSY, Ledger, check, database, not_ours};
use crate::clock::Timestamp;
use crate::error::{Error, Kind, Result};
use crate::labels::{Caller, Labels, Partition};
use crate::usd::Usd;

/// A ledger's file, open to be read. The file may be written meanwhile.
pub struct Books {
    connection: Connection,
    path: Arc<Path>,
}

impl Books {
    /// Opens a file. Errors if there is none, or if it is no ledger.
    pub fn open(path: &Path) -> Result<Books> {
        if !path.exists() {
            return Err(Error::new(Kind::Io, "there is no ledger")
                .in_file(path.display().to_string())
                .help("name it with --ledger, or run a router that writes one"));
        }
        let connection = connect(path).map_err(|cause| database(path, cause))?;
        Ok(Books { connection, path: path.into() })
    }

    /// The figures.
    pub fn usage(&self, query: &Query, now: Timestamp) -> Result<UsageReport> {
        self.failed(usage(&self.connection, query, now))
    }

    /// Every record between two instants (the second exclusive), oldest first.
    pub fn each(
        &self,
        since: Option<Timestamp>,
        until: Option<Timestamp>,
        mut take: impl FnMut(UsageRecord) -> Result<()>,
    ) -> Result<()> {
        let mut outcome = Ok(());
        let read = each(&self.connection, since, until, |record| {
            outcome = take(record);
            outcome.is_ok()
        });
        self.failed(read).and(outcome)
    }

    /// What was spent since an instant: when, by whom, how much. Attempts without a price are left out.
    pub fn spent_since(&self, at: Timestamp, take: impl FnMut(Timestamp, &Labels, Usd)) -> Result<()> {
        self.failed(spent_since(&self.connection, at, take))
    }

    /// What SQLite finds when it reads the whole file; `None` if all is well.
    pub fn damage(&self) -> Result<Option<String>> {
        let said = self.connection.query_row("PRAGMA quick_check(1)", [], |row| row.get::<_, String>(0));
        self.failed(said).map(|said| Some(said).filter(|said| said != "ok"))
    }

    fn failed<T>(&self, outcome: rusqlite::Result<T>) -> Result<T> {
        outcome.map_err(|cause| database(&self.path, cause))
    }
}

impl Ledger {
    /// The figures. Blocks as long as they take (about two seconds for a million rows); the writer goes on meanwhile. Of a ledger in memory
    /// the writer itself has to read.
    pub fn usage(&self, query: &Query) -> Result<UsageReport> {
        let now = self.clock().now();
        match self.path() {
            Some(path) => Books::open(path)?.usage(query, now),
            None => self.ask_blocking({
                let query = query.clone();
                move |connection| usage(connection, &query, now)
            }),
        }
    }

    /// What was spent since an instant: when, by whom, how much. For budgets, at a router's start.
    pub fn spent_since(&self, at: Timestamp, take: impl FnMut(Timestamp, &Labels, Usd) + Send + 'static) -> Result<()> {
        self.ask_blocking(move |connection| spent_since(connection, at, take))
    }

    /// Every record since an instant, oldest first.
    pub fn each_since(&self, at: Timestamp, mut take: impl FnMut(UsageRecord) + Send + 'static) -> Result<()> {
        self.ask_blocking(move |connection| {
            each(connection, Some(at), None, |record| {
                take(record);
                true
            })
        })
    }
}

fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let ready = |connection: Connection| {
        connection.busy_timeout(BUSY)?;
        match check(&connection)? {
            0 => Err(not_ours("nothing was ever written to it".to_owned())),
            _ => Ok(connection),
        }
    };
    let opened = Connection::open_with_flags(path, flags).and_then(ready);
    let has_log = || {
        let mut name = path.as_os_str().to_owned();
        name.push("-wal");
        Path::new(&name).exists()
    };
    match opened {
        // In a folder that cannot be written (a backup), a reader cannot keep its marks. Nobody writes there: it needs none.
        Err(error)
            if matches!(
                error.sqlite_error_code(),
                Some(rusqlite::ErrorCode::CannotOpen | rusqlite::ErrorCode::ReadOnly)
            ) && !has_log() =>
        {
            let url = format!("file:{}?immutable=1", escaped(path));
            Connection::open_with_flags(url, flags | OpenFlags::SQLITE_OPEN_URI).and_then(ready).map_err(|_| error)
        }
        opened => opened,
    }
}

/// A path inside a `file:` address: what has a meaning there is written as a number.
fn escaped(path: &Path) -> String {
    path.to_string_lossy().replace('%', "%25").replace('?', "%3f").replace('#', "%23")
}

fn each(
    connection: &Connection,
    since: Option<Timestamp>,
    until: Option<Timestamp>,
    mut take: impl FnMut(UsageRecord) -> bool,
) -> rusqlite::Result<()> {
    let sql = format!("SELECT {} FROM attempt WHERE at >= ?1 AND at < ?2 ORDER BY at, id", rows::COLUMNS);
    let mut statement = connection.prepare(&sql)?;
    let since = since.map_or(i64::MIN, Timestamp::as_microsecond);
    let until = until.map_or(i64::MAX, Timestamp::as_microsecond);
    let mut found = statement.query([since, until])?;
    while let Some(row) = found.next()? {
        if !take(rows::read(row)?) {
            break;
        }
    }
    Ok(())
}

fn spent_since(
    connection: &Connection,
    at: Timestamp,
    mut take: impl FnMut(Timestamp, &Labels, Usd),
) -> rusqlite::Result<()> {
    let sql = "SELECT at,tenant,caller,team,tags,route,provider,model,cost_pico FROM attempt
 WHERE at >= ?1 AND cost_pico IS NOT NULL AND cost_pico <> 0";
    let mut statement = connection.prepare(sql)?;
    let mut found = statement.query([at.as_microsecond()])?;
    while let Some(row) = found.next()? {
        let text = |column: usize| row.get::<_, Option<String>>(column).map(|text| text.map(Arc::<str>::from));
        let labels = Labels {
            caller: Arc::new(Caller {
                tenant: Partition(text(1)?.unwrap_or_default()),
                id: text(2)?,
                team: text(3)?,
                tags: serde_json::from_str(&row.get::<_, String>(4)?).unwrap_or_default(),
            }),
            route: text(5)?,
            provider: text(6)?,
            model: text(7)?,
        };
        let at = Timestamp::from_microsecond(row.get(0)?).unwrap_or(Timestamp::UNIX_EPOCH);
        take(at, &labels, Usd::from_pico(i128::from(row.get::<_, i64>(8)?)));
    }
    Ok(())
}
