//! Cost rules: which target a call goes to, by effective price, and why.
//!
//! A plan is pure: the request, the rules, the prices, and what is remembered of prompt caches and latencies give the targets in their
//! order. The same goes in, the same comes out.

pub mod needs;
pub mod settings;

#[cfg(feature = "router")]
mod candidates;
#[cfg(feature = "router")]
pub mod condition;
#[cfg(feature = "router")]
mod explain;
#[cfg(feature = "router")]
mod objectives;
#[cfg(feature = "router")]
mod plan;
#[cfg(feature = "router")]
mod price;
#[cfg(feature = "router")]
mod prompt_caches;

#[cfg(feature = "router")]
pub use explain::{Explained, ExplainedStep};
#[cfg(feature = "router")]
pub use plan::{PlanInput, Rejected, RoutePlan, Rules, State, Step};
#[cfg(feature = "router")]
pub use prompt_caches::{Known, PromptCaches};
