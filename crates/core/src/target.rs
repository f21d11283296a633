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

/// The model's name where the provider's stands before it (`openai/gpt-5`) or not.
pub fn bare<'a>(asked: &'a str, provider: &str) -> &'a str {
    asked.strip_prefix(provider).and_then(|rest| rest.strip_prefix('/')).unwrap_or(asked)
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.provider, self.model)?;
        if self.tier == ServiceTier::Standard { Ok(()) } else { write!(f, "@{}", self.tier) }
    }
}
