//! The door over HTTP: reqwest with rustls. Redirects are not followed and no proxy is taken from the environment: where a secret
//! goes is decided by the configuration alone. Addresses do not appear in errors.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::header::{HeaderMap, HeaderName, HeaderValue};
use tokio::time::{Instant, timeout_at};

use super::address;
use super::door::{Body, Chunks, Incoming, Outgoing, Upstream};
use super::secrets::{Bound, Origin};
use super::settings::{Auth, ProviderSettings, Timeouts};
use crate::error::{Error, Kind, Result};
use crate::secret::SecretRef;

/// Reads secrets; [`super::secrets::read`] is the usual one.
pub type ReadSecret<'r> = dyn Fn(&SecretRef) -> Result<secrecy::SecretString> + 'r;

/// Sends to the configured providers.
pub struct HttpUpstream {
    providers: BTreeMap<Arc<str>, Provider>,
}

struct Provider {
    settings: ProviderSettings,
    client: reqwest::Client,
    secret: Option<Bound>,
    #[cfg(feature = "bedrock")]
    signer: Option<super::sigv4::Signer>,
    headers: HeaderMap,
}

impl HttpUpstream {
    /// Reads the secrets and makes a pool of connections for each provider.
    ///
    /// Errors name the provider and the field.
    pub fn new(providers: &[ProviderSettings], read: &ReadSecret<'_>) -> Result<HttpUpstream> {
        let mut by_name = BTreeMap::new();
        for settings in providers {
            let provider = Provider::new(settings, read)
                .map_err(|error| error.in_field(&format!("providers.{}", settings.name)))?;
            by_name.insert(Arc::clone(&settings.name), provider);
        }
        Ok(HttpUpstream { providers: by_name })
    }
}

impl Provider {
    fn new(settings: &ProviderSettings, read: &ReadSecret<'_>) -> Result<Provider> {
        let base = url(&settings.base_url)?;
        let bound = |reference: &SecretRef| read(reference).map(|secret| Bound::to(secret, Origin::of(&base)));
        let secret = match &settings.auth {
            Auth::None | Auth::SigV4 { .. } => None,
            Auth::Bearer(reference) | Auth::Header(_, reference) => Some(bound(reference)?),
        };
        if let Some(secret) = &secret {
            credential(&settings.auth, secret.for_address(&base)?)?;
        }
        let mut headers = HeaderMap::new();
        for (name, value) in &settings.headers {
            let wrong =
                || Error::new(Kind::Config, format!("`{name}` is no header that can be sent")).in_field("headers");
            let name = HeaderName::try_from(name.as_str()).map_err(|_| wrong())?;
            headers.insert(name, HeaderValue::try_from(value.as_str()).map_err(|_| wrong())?);
        }
        #[cfg(feature = "bedrock")]
        let signer = super::sigv4::Signer::of(&settings.auth, read)?;
        #[cfg(not(feature = "bedrock"))]
        if matches!(settings.auth, Auth::SigV4 { .. }) {
            return Err(Error::new(Kind::Config, "this build cannot sign requests to Bedrock")
                .help("enable the feature `bedrock`"));
        }
        Ok(Provider {
            settings: settings.clone(),
            client: client(&settings.timeouts)?,
            secret,
            #[cfg(feature = "bedrock")]
            signer,
            headers,
        })
    }

    fn request(&self, call: &Outgoing) -> Result<reqwest::Request> {
        let path = address::path(&self.settings, call.dialect, &call.model, call.is_stream)?;
        let url = url(&format!("{}{path}", self.settings.base_url.trim_end_matches('/')))?;
        let mut headers = self.headers.clone();
        headers.insert(http::header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        // What is not asked for is not decoded: an answer that is compressed all the same is refused.
        headers.insert(http::header::ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        for (name, value) in address::headers(call.dialect) {
            headers.entry(HeaderName::from_static(name)).or_insert(HeaderValue::from_static(value));
        }
        for (name, value) in &call.headers {
            if let (Ok(name), Ok(value)) = (HeaderName::try_from(name.as_str()), HeaderValue::try_from(value.as_str()))
            {
                headers.insert(name, value);
            }
        }
        if let Some(secret) = &self.secret {
            let (name, value) = credential(&self.settings.auth, secret.for_address(&url)?)?;
            headers.insert(name, value);
        }
        #[cfg(feature = "bedrock")]
        if let Some(signer) = &self.signer {
            signer.sign(&url, &call.body, &mut headers)?;
        }
        let mut request = reqwest::Request::new(reqwest::Method::POST, url);
        *request.headers_mut() = headers;
        *request.body_mut() = Some(call.body.clone().into());
        Ok(request)
    }
}

impl Upstream for HttpUpstream {
    fn send(&self, call: Outgoing) -> BoxFuture<'_, Result<Incoming>> {
        Box::pin(async move {
            let provider = self
                .providers
                .get(&call.provider)
                .ok_or_else(|| Error::new(Kind::Config, format!("no provider is called `{}`", call.provider)))?;
            let request = provider.request(&call)?;
            let limits = provider.settings.timeouts;
            let begun = Instant::now();
            let total = begun + call.total.map_or(limits.total, |total| total.min(limits.total));
            let head = timeout_at(total.min(begun + limits.first_byte), provider.client.execute(request)).await;
            let response = match head {
                Err(_) => {
                    return Err(late(&call.provider, "did not begin to answer", limits.first_byte.min(total - begun)));
                }
                Ok(Err(error)) => return Err(failed(&call.provider, error)),
                Ok(Ok(response)) => response,
            };
            let status = response.status().as_u16();
            let headers = response.headers().clone();
            if is_encoded(&headers) {
                // An error says enough by its status and headers: when to ask again stands there.
                if status >= 300 {
                    return Ok(Incoming { status, headers, body: Body::of([]) });
                }
                let message = format!("`{}` answered in an encoding that was not asked for", call.provider);
                return Err(Error::new(Kind::Truncated, message));
            }
            let coming = Coming { response, name: Arc::clone(&call.provider), idle: limits.idle, total };
            let body = Body::new(coming);
            Ok(Incoming { status, headers, body })
        })
    }

    fn without_secrets(&self, provider: &str, text: &[u8]) -> Option<Vec<u8>> {
        self.providers.get(provider)?.secret.as_ref()?.hidden_in(text)
    }
}

/// The header that says who asks.
fn credential(auth: &Auth, secret: &str) -> Result<(HeaderName, HeaderValue)> {
    let (name, value) = match auth {
        Auth::Header(name, _) => (name.as_str(), secret.to_owned()),
        _ => ("authorization", format!("Bearer {secret}")),
    };
    let wrong = || Error::new(Kind::Config, "the secret cannot stand in a header").in_field("api-key");
    let mut value = HeaderValue::try_from(value).map_err(|_| wrong())?;
    value.set_sensitive(true);
    Ok((HeaderName::try_from(name).map_err(|_| wrong())?, value))
}

fn is_encoded(headers: &HeaderMap) -> bool {
    let encoding = headers.get(http::header::CONTENT_ENCODING).map(HeaderValue::as_bytes);
    encoding.is_some_and(|encoding| !encoding.is_empty() && !encoding.eq_ignore_ascii_case(b"identity"))
}

/// A body over the network, with its time limits.
struct Coming {
    response: reqwest::Response,
    name: Arc<str>,
    idle: Duration,
    total: Instant,
}

impl Chunks for Coming {
    fn chunk(&mut self) -> BoxFuture<'_, Result<Option<Bytes>>> {
        Box::pin(async move {
            let idle_until = Instant::now() + self.idle;
            match timeout_at(self.total.min(idle_until), self.response.chunk()).await {
                Err(_) if self.total < idle_until => Err(late_at_end(&self.name)),
                Err(_) => Err(late(&self.name, "was silent in the middle of its answer", self.idle)),
                Ok(Err(error)) => Err(Error::new(Kind::Truncated, format!("the answer of `{}` broke off", self.name))
                    .because(error.without_url())),
                Ok(Ok(chunk)) => Ok(chunk),
            }
        })
    }
}

pub(super) fn client(timeouts: &Timeouts) -> Result<reqwest::Client> {
    let wrong =
        |cause: reqwest::Error| Error::new(Kind::Config, "no HTTP client can be made").because(cause.without_url());
    // The crate's own choice of cryptography, whatever others in the process have installed.
    let _installed_before = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .connect_timeout(timeouts.connect)
        .tcp_nodelay(true)
        .tcp_keepalive(Duration::from_secs(60))
        .pool_idle_timeout(Duration::from_secs(90))
        .user_agent(concat!("promptopt/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(wrong)
}

fn url(text: &str) -> Result<reqwest::Url> {
    let wrong = |why: &str| Error::new(Kind::Config, format!("the address {why}")).in_field("base-url");
    let url: reqwest::Url = text.parse().map_err(|_| wrong("cannot be read"))?;
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
        return Err(wrong("is not http or https").help("write it as `https://host/path`"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(wrong("holds a name or password").help("use `api-key` with `env:` or `file:`"));
    }
    Ok(url)
}

fn failed(provider: &str, error: reqwest::Error) -> Error {
    let (kind, what) = if error.is_connect() && error.is_timeout() {
        (Kind::Unreachable, "was not reached in time")
    } else if error.is_connect() {
        (Kind::Unreachable, "cannot be reached")
    } else if error.is_timeout() {
        (Kind::Timeout, "did not answer in time")
    } else {
        (Kind::Truncated, "broke off before it answered")
    };
    Error::new(kind, format!("`{provider}` {what}")).because(error.without_url())
}

fn late(provider: &str, what: &str, limit: Duration) -> Error {
    let message = format!("`{provider}` {what} within {limit:?}");
    Error::new(Kind::Timeout, message).help("raise its limit under `timeouts` if answers take that long")
}

fn late_at_end(provider: &str) -> Error {
    let message = format!("`{provider}` did not end its answer within the time for the whole call");
    Error::new(Kind::Timeout, message).help("raise `timeouts.total`, or the deadline of the call")
}
