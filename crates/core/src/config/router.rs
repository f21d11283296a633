//! All that a router is told, resolved from `promptopt.toml`: each feature has its own part.

mod alerts;
mod cross;
mod fields;
pub(super) mod hosts;
pub(super) mod keys;
mod ranges;
mod read;
mod shapes;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use toml::de::DeTable;

use super::check::Checker;
use super::{Problems, Reader, plain};
use crate::alert::settings::AlertSpec;
use crate::budget::settings::BudgetSpec;
use crate::cache::settings::CacheSettings;
use crate::catalog::Catalog;
use crate::error::{Error, Kind};
use crate::health::settings::{BreakerSettings, RetrySettings};
use crate::ledger::settings::LedgerSettings;
use crate::limit::settings::{LimitSpec, QueueSettings};
use crate::route::settings::RouteSpec;
use crate::upstream::settings::ProviderSettings;

/// A router's settings.
#[derive(Clone, Debug, PartialEq)]
pub struct RouterSettings {
    /// Providers.
    pub providers: Vec<ProviderSettings>,
    /// Routes, the first that fits is taken. If none is configured, or none fits, a call goes to the cheapest place that
    /// offers the model it asks for.
    pub routes: Vec<RouteSpec>,
    /// Limits.
    pub limits: Vec<LimitSpec>,
    /// The queue.
    pub queue: QueueSettings,
    /// Budgets.
    pub budgets: Vec<BudgetSpec>,
    /// Alerts.
    pub alerts: Vec<AlertSpec>,
    /// The response cache.
    pub cache: CacheSettings,
    /// The ledger.
    pub ledger: LedgerSettings,
    /// Retries.
    pub retry: RetrySettings,
    /// Breakers.
    pub breaker: BreakerSettings,
    /// The largest request body, in bytes.
    pub max_body: u64,
}

impl Default for RouterSettings {
    fn default() -> Self {
        RouterSettings {
            providers: Vec::new(),
            routes: Vec::new(),
            limits: Vec::new(),
            queue: QueueSettings::default(),
            budgets: Vec::new(),
            alerts: Vec::new(),
            cache: CacheSettings::default(),
            ledger: LedgerSettings::default(),
            retry: RetrySettings::default(),
            breaker: BreakerSettings::default(),
            max_body: 16 << 20,
        }
    }
}

/// The settings of a file, with those that it extends under it: what is nearer holds, section by section; providers are added by name.
/// Without a `[ledger]`, the ledger is `promptopt.sqlite` beside the file.
///
/// Errors tell all mistakes at once, each with file, line and column; those under `[lint]` too.
pub fn from_file(path: &Path, read: &Reader<'_>, catalog: &Catalog) -> Result<RouterSettings, Problems> {
    let folder = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let mut chain: Vec<(PathBuf, String, String)> = Vec::new();
    let mut next = Some(plain(&folder));
    while let Some(path) = next.take() {
        let shown = path.display().to_string();
        if chain.iter().any(|(known, ..)| *known == path) {
            return Err(one(Error::new(Kind::Config, format!("`extends` goes in a circle at `{shown}`"))));
        }
        let text = read(&path).map_err(|cause| one(Error::io(shown.clone(), cause)))?;
        let table = DeTable::parse_recoverable(&text).0;
        let extended = table.get_ref().get("extends").and_then(|value| value.get_ref().as_str().map(str::to_owned));
        next = extended.map(|name| plain(&path.parent().unwrap_or(Path::new("")).join(name)));
        drop(table);
        chain.push((path, shown, text));
    }
    let mut settings = RouterSettings::default();
    let problems = from_all(&mut settings, &chain, catalog);
    if settings.ledger.path.is_none() {
        settings.ledger.path = chain.first().and_then(|(path, ..)| Some(path.parent()?.join("promptopt.sqlite")));
    }
    if problems.is_empty() { Ok(settings) } else { Err(Problems(Arc::new(problems))) }
}

/// The settings of a text that stands in no file: the ledger is in memory unless it says otherwise.
pub fn from_text(text: &str, catalog: &Catalog) -> Result<RouterSettings, Problems> {
    let mut settings = RouterSettings::default();
    let file = (PathBuf::from("promptopt.toml"), "promptopt.toml".to_owned(), text.to_owned());
    let problems = from_all(&mut settings, &[file], catalog);
    if problems.is_empty() { Ok(settings) } else { Err(Problems(Arc::new(problems))) }
}

/// Reads the files, the nearest first in the chain, and checks what holds when all are read: a file may name what another brings.
fn from_all(settings: &mut RouterSettings, chain: &[(PathBuf, String, String)], catalog: &Catalog) -> Vec<Error> {
    let mut files = Vec::new();
    for (path, shown, text) in chain.iter().rev() {
        let folder = path.parent().unwrap_or(Path::new(""));
        let mut checker = Checker::new(shown, text, catalog);
        let table = checker.parse();
        checker.members("", 0..0, &table, &super::keys::file());
        ranges::check(&table, &mut checker);
        read::read(settings, &table, folder, &mut checker, catalog);
        files.push((table, checker));
    }
    let mut problems = Vec::new();
    for i in 0..files.len() {
        let (before, nearer) = files.split_at_mut(i + 1);
        let Some((table, checker)) = before.last_mut() else { continue };
        let holds = |section: &str| nearer.iter().all(|(table, _)| !table.contains_key(section));
        cross::check(settings, table, &holds, checker, catalog);
        let mut found = std::mem::take(&mut checker.problems);
        found.sort_by_key(|error| error.place().map(|place| (place.line, place.column)));
        problems.append(&mut found);
    }
    problems
}

fn one(error: Error) -> Problems {
    Problems(Arc::new(vec![error]))
}
