//! Prompts rewritten: cheaper without changing the answer, every change an edit that can be asked for.

pub mod budget;
pub mod measure;
pub mod units;
