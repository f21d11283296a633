//! promptopt shows where LLM money goes, removes the waste without changing the answers, and proves the saving.
//!
//! The modules, ground floor first; a module uses only those before it. `crates/README.md` in the repository is the map.
#![warn(missing_docs)]

pub mod clock;
pub mod error;
pub mod target;
pub mod text;
pub mod usd;

pub mod chat;
pub mod labels;
pub mod secret;
pub mod tokens;
pub mod usage;

pub mod catalog;

pub mod dedup;
pub mod dialect;
pub mod framing;

pub mod compress;
pub mod format;
pub mod translate;

pub mod alert;
pub mod budget;
pub mod cache;
pub mod health;
pub mod ledger;
pub mod limit;
pub mod prefix_cache;
pub mod route;
pub mod upstream;

pub mod accuracy;
pub mod config;
pub mod lint;
pub mod optimize;

pub mod estimate;
#[cfg(feature = "router")]
pub mod router;
