//! The replay of a corpus: what it cost, where the money goes, what would save how much, how sure that is.

pub mod kinds;
pub mod report;
pub mod time_use;

pub use report::Report;
