//! Where a call goes: a model at a provider, in a tier.

use std::fmt;
use std::sync::Arc;

use crate::usage::ServiceTier;

/// A place where a call goes: decided.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Target {
    /// The provider's name in the configuration.
    pub provider: Arc<str>,
    /// Its host in the catalogue.
    pub host: Arc<str>,
    /// The model's id there.
    pub model: Arc<str>,
    /// The tier.
    pub tier: ServiceTier,
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.provider, self.model)?;
        if self.tier == ServiceTier::Standard { Ok(()) } else { write!(f, "@{}", self.tier) }
    }
}
