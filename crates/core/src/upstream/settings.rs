//! What the door is told of a provider: where it is, what it speaks, how it is paid.

use std::sync::Arc;
use std::time::Duration;

use crate::chat::Dialect;
use crate::secret::SecretRef;
use crate::usage::ServiceTier;

/// A provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderSettings {
    /// Its name in the configuration.
    pub name: Arc<str>,
    /// Its host in the catalogue: prices, limits and cache rules are looked up there.
    pub host: Arc<str>,
    /// What it speaks.
    pub dialect: Dialect,
    /// Where it is: scheme, host, port and the path before the dialect's own (`https://api.openai.com/v1`).
    pub base_url: String,
    /// How it knows us.
    pub auth: Auth,
    /// Headers that go with every request (`OpenAI-Organization`, `anthropic-beta`).
    pub headers: Vec<(String, String)>,
    /// `api-version` of Azure's older addresses; `None` uses `/openai/v1`.
    pub api_version: Option<String>,
    /// Azure deployments, where their names are not the model's.
    pub deployments: Vec<(String, String)>,
    /// The region, for prices and for data-region rules.
    pub region: Option<String>,
    /// Tiers that may be asked for; the standard one always may.
    pub tiers: Vec<ServiceTier>,
    /// Time limits.
    pub timeouts: Timeouts,
}

/// How a provider knows us. Secrets are references: they are read when the router starts and never written anywhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Auth {
    /// Not at all.
    None,
    /// `Authorization: Bearer …`.
    Bearer(SecretRef),
    /// A header of its own: `x-api-key` (Anthropic), `api-key` (Azure), `x-goog-api-key` (Gemini).
    Header(String, SecretRef),
    /// AWS signature, version 4.
    SigV4 {
        /// Access key id.
        key_id: SecretRef,
        /// Secret access key.
        secret: SecretRef,
        /// Session token.
        session: Option<SecretRef>,
        /// `us-east-1`.
        region: String,
    },
}

/// Time limits of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// Until the connection stands.
    pub connect: Duration,
    /// From sending until the answer's head.
    pub first_byte: Duration,
    /// Between two pieces of the answer.
    pub idle: Duration,
    /// For all of it.
    pub total: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Timeouts {
            connect: Duration::from_secs(10),
            // Reasoning models are silent for minutes before they answer without a stream.
            first_byte: Duration::from_secs(600),
            idle: Duration::from_secs(120),
            total: Duration::from_secs(1200),
        }
    }
}
