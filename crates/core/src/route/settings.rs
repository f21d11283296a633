//! What routing is told: which calls may go where, and what is wanted of them.

use std::sync::Arc;
use std::time::Duration;

use crate::cache::settings::CachePolicy;
use crate::limit::settings::Class;
pub use crate::target::Target;
use crate::usage::ServiceTier;

/// A route, as configured. The first whose condition holds is taken.
#[derive(Clone, Debug, PartialEq)]
pub struct RouteSpec {
    /// Its name.
    pub name: Arc<str>,
    /// A CEL condition over the request; `None` takes every call.
    pub when: Option<String>,
    /// Where it may go; empty: wherever the asked model is offered by the configured providers.
    pub candidates: Vec<CandidateSpec>,
    /// How one is chosen.
    pub objective: ObjectiveSpec,
    /// Asked in this order when the candidates fail.
    pub fallbacks: Vec<CandidateSpec>,
    /// Routes whose candidates are asked after these; no circle.
    pub then: Vec<Arc<str>>,
    /// How urgent its calls are.
    pub class: Class,
    /// By when an answer is needed: allows slower, cheaper tiers.
    pub deadline: Option<Duration>,
    /// Providers' regions that may be used; empty for all.
    pub regions: Vec<String>,
    /// Providers or `provider/model`s that may not be used.
    pub deny: Vec<String>,
    /// What the response cache may do.
    pub cache: CachePolicy,
    /// What may be done to the prompt.
    pub optimize: Rewrite,
    /// Cache breakpoints are put where the model needs explicit ones and they pay.
    pub breakpoints: bool,
    /// Output tokens that a call is expected to have, where neither the ledger nor the request tells.
    pub expected_output: Option<u64>,
}

/// A place where a call may go.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CandidateSpec {
    /// The provider's name in the configuration.
    pub provider: Arc<str>,
    /// The model there; `None` for the one that was asked for.
    pub model: Option<Arc<str>>,
    /// The tier; `None` lets the deadline decide.
    pub tier: Option<ServiceTier>,
    /// Its weight, for the objective `weighted`.
    pub weight: u32,
    /// How good its answers are for this route, in thousandths; `None` if nobody said.
    pub quality: Option<u16>,
}

/// How a target is chosen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ObjectiveSpec {
    /// By effective price.
    #[default]
    Cheapest,
    /// By time to the answer, as seen lately.
    Fastest,
    /// By chance, in proportion to weights; the same call always falls the same way.
    Weighted,
    /// By effective price among those at least this good, in thousandths.
    QualityThenCheapest(u16),
    /// In the order in which they are listed.
    Ordered,
}

/// What may be done to a prompt.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Rewrite {
    /// Nothing.
    #[default]
    Off,
    /// What leaves it the same to the model.
    Identical,
    /// What leaves its meaning.
    Equivalent,
}

impl Default for RouteSpec {
    fn default() -> Self {
        RouteSpec {
            name: "default".into(),
            when: None,
            candidates: Vec::new(),
            objective: ObjectiveSpec::default(),
            fallbacks: Vec::new(),
            then: Vec::new(),
            class: Class::default(),
            deadline: None,
            regions: Vec::new(),
            deny: Vec::new(),
            cache: CachePolicy::default(),
            optimize: Rewrite::default(),
            breakpoints: true,
            expected_output: None,
        }
    }
}
