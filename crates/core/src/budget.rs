//! Budgets: money is reserved before a call (the most it can cost) and settled after it, once. At every moment settled and
//! reserved together stay within the limit.

pub mod settings;

mod accounts;
mod sync;
mod window;

pub use accounts::{Budgets, Reservation, Spent};

#[cfg(test)]
mod races;
#[cfg(test)]
mod tests;
