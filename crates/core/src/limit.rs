//! Limits on requests, tokens and calls under way, and the queue of those that wait for them.

pub mod settings;
