//! The ledger: one row for each attempt, its cost to the pico-dollar, acknowledged before the answer ends. `SQLite` by default.
//!
//! Rows are written by one thread in batches; reservations of money stand in a journal beside the file until their row is in.

mod record;
pub mod settings;

#[cfg(feature = "router")]
mod books;
#[cfg(feature = "router")]
mod histogram;
#[cfg(feature = "router")]
mod journal;
#[cfg(all(feature = "router", feature = "parquet"))]
pub mod parquet;
#[cfg(feature = "router")]
mod prompts;
#[cfg(feature = "router")]
mod query;
#[cfg(feature = "router")]
pub mod reconcile;
#[cfg(feature = "router")]
pub mod report;
#[cfg(feature = "router")]
mod rows;
#[cfg(feature = "router")]
mod store;
#[cfg(feature = "router")]
mod sums;
#[cfg(feature = "router")]
mod writer;

#[cfg(feature = "router")]
pub use books::Books;
#[cfg(feature = "router")]
pub use journal::{Open, Ticket};
#[cfg(feature = "router")]
pub use prompts::Redaction;
#[cfg(feature = "router")]
pub use query::{GroupBy, Query};
pub use record::{AttemptId, Feedback, Outcome, SavedBy, UsageRecord, UsageSource};
#[cfg(feature = "router")]
pub use store::{Ledger, State};

#[cfg(test)]
#[cfg(feature = "router")]
mod tests;
