//! What the ledger is told.

use std::path::PathBuf;

/// Where records are kept, and for how long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerSettings {
    /// The `SQLite` file; `None` keeps records in memory until the process ends.
    pub path: Option<PathBuf>,
    /// Days after which records are dropped; `None` keeps them.
    pub keep_days: Option<u32>,
    /// Keeps requests and answers beside the records (redacted by the router's hook).
    pub keeps_prompts: bool,
}

impl Default for LedgerSettings {
    fn default() -> Self {
        LedgerSettings { path: None, keep_days: Some(400), keeps_prompts: false }
    }
}
