//! Which targets can be asked: breakers, retry budgets, pauses.

pub mod settings;

#[cfg(feature = "router")]
mod pause;
#[cfg(feature = "router")]
mod table;

#[cfg(feature = "router")]
pub use pause::{pause, retry_after};
#[cfg(feature = "router")]
pub use table::{Cooling, Health, Pass, TargetHealth, Verdict};

#[cfg(test)]
#[cfg(feature = "router")]
mod tests;
