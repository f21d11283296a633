//! Alerts on spend, prices, models and caches, each told once while it holds.

pub mod settings;
