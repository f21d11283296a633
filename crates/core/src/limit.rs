//! Limits on requests, tokens and calls under way, and the queue of those that wait for them.

pub mod settings;

#[cfg(feature = "router")]
mod accounts;
#[cfg(feature = "router")]
mod gcra;
#[cfg(feature = "router")]
mod line;
#[cfg(feature = "router")]
mod provider;
#[cfg(feature = "router")]
mod queue;
#[cfg(feature = "router")]
mod sync;

#[cfg(feature = "router")]
pub use provider::{exhausted_for, held_for};
#[cfg(feature = "router")]
pub use queue::{Demand, Depth, Limits, Permit};

#[cfg(test)]
#[cfg(feature = "router")]
mod races;
#[cfg(test)]
#[cfg(feature = "router")]
mod tests;
