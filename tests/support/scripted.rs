//! A router whose providers are scripted.

use std::sync::Arc;
use std::time::Duration;

use promptopt::chat::Dialect;
use promptopt::config::router::RouterSettings;
use promptopt::router::{Builder, Router};
use promptopt::secret::SecretRef;
use promptopt::upstream::http::HttpUpstream;
use promptopt::upstream::settings::{Auth, ProviderSettings, Timeouts};
use promptopt_scripted::Scripted;
use secrecy::SecretString;

/// What must never be seen again.
pub(crate) const CANARY: &str = "sk-canary-4f3a9c";

/// A provider at a scripted server, with short limits.
pub(crate) fn provider(name: &str, host: &str, dialect: Dialect, server: &Scripted) -> ProviderSettings {
    ProviderSettings {
        name: name.into(),
        host: host.into(),
        dialect,
        base_url: server.base_url(),
        auth: Auth::Bearer(SecretRef::Env("CANARY".to_owned())),
        headers: Vec::new(),
        api_version: None,
        deployments: Vec::new(),
        region: None,
        tiers: Vec::new(),
        timeouts: Timeouts {
            connect: Duration::from_secs(2),
            first_byte: Duration::from_millis(400),
            idle: Duration::from_millis(400),
            total: Duration::from_secs(3),
        },
    }
}

/// A router that sends over HTTP.
pub(crate) fn router(settings: RouterSettings, more: impl FnOnce(Builder) -> Builder) -> Router {
    let read = |_: &SecretRef| Ok(SecretString::from(CANARY));
    let upstream = HttpUpstream::new(&settings.providers, &read).unwrap();
    more(Router::builder().settings(settings).upstream(Arc::new(upstream))).build().unwrap()
}
