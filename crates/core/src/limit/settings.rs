//! What limits and the queue are told.

use std::time::Duration;

use crate::labels::By;

/// A limit on requests, tokens or calls under way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LimitSpec {
    /// Its name in errors and reports.
    pub name: String,
    /// Whose calls are counted together.
    pub by: By,
    /// Only calls whose labels have these values (`team = "support"`); all if empty.
    pub only: Vec<(By, String)>,
    /// Requests a minute.
    pub rpm: Option<u32>,
    /// Tokens (input and output) a minute.
    pub tpm: Option<u64>,
    /// Calls under way, streams included.
    pub concurrency: Option<u32>,
    /// Seconds of unused allowance that may be used at once (GCRA's burst); 60 if not said.
    pub burst_s: u32,
}

/// The queue in front of the limits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueSettings {
    /// Calls that may wait; more are refused.
    pub max_depth: usize,
    /// How long a call may wait.
    pub max_wait: Duration,
    /// Waiting as long as this lifts a call by a class, so that nothing starves.
    pub ageing: Duration,
}

/// How urgent a call is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// Somebody waits for it.
    Interactive,
    /// In between.
    #[default]
    Normal,
    /// Nobody waits for it.
    Background,
}

impl Default for QueueSettings {
    fn default() -> Self {
        QueueSettings { max_depth: 1000, max_wait: Duration::from_secs(30), ageing: Duration::from_secs(10) }
    }
}

impl Class {
    /// All with their names.
    pub const ALL: [(Class, &'static str); 3] =
        [(Class::Interactive, "interactive"), (Class::Normal, "normal"), (Class::Background, "background")];

    /// The name in files and reports.
    pub fn name(self) -> &'static str {
        Class::ALL.iter().find(|(class, _)| *class == self).map_or("", |(_, name)| name)
    }

    /// From its name.
    pub fn from_name(name: &str) -> Option<Class> {
        Class::ALL.iter().find(|(_, known)| *known == name).map(|(class, _)| *class)
    }
}
