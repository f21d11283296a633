//! POSTs to addresses that are secrets themselves: whoever knows a webhook's address can write there. None appears in an error.

use std::net::IpAddr;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use secrecy::{ExposeSecret, SecretString};

use super::http::client;
use super::settings::Timeouts;
use crate::error::{Error, Kind, Result};

/// Sends to webhooks.
pub trait Post: Send + Sync {
    /// Whether an address can be sent to. Errors do not repeat it.
    fn check(&self, _address: &SecretString) -> Result<()> {
        Ok(())
    }

    /// Sends JSON. Errors say whether asking again can help, and do not repeat the address.
    fn post<'a>(&'a self, address: &'a SecretString, body: Bytes) -> BoxFuture<'a, Result<()>>;
}

/// Over HTTP: https only, but for one's own machine. Redirects are not followed: the address is for its own host alone.
pub struct HttpPost(reqwest::Client);

impl HttpPost {
    /// Errors when no HTTP client can be made.
    pub fn new() -> Result<HttpPost> {
        client(&Timeouts::default()).map(HttpPost)
    }
}

impl Post for HttpPost {
    fn check(&self, address: &SecretString) -> Result<()> {
        url(address).map(drop)
    }

    fn post<'a>(&'a self, address: &'a SecretString, body: Bytes) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            let request = self.0.post(url(address)?).header(CONTENT_TYPE, "application/json").body(body);
            let response = request.send().await.map_err(|error| {
                let kind = if error.is_timeout() { Kind::Timeout } else { Kind::Unreachable };
                Error::new(kind, "the webhook cannot be reached").because(error.without_url())
            })?;
            let status = response.status();
            if status.is_success() {
                return Ok(());
            }
            let error =
                Error::new(kind_of(status.as_u16()), format!("the webhook answered with status {}", status.as_u16()));
            let pause = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.trim().parse().ok());
            Err(match pause {
                Some(seconds) => error.retry_after(Duration::from_secs(seconds)),
                None => error,
            })
        })
    }
}

/// Kinds that say by themselves whether asking again can help.
fn kind_of(status: u16) -> Kind {
    match status {
        429 => Kind::RateLimited,
        408 | 500.. => Kind::Unavailable,
        _ => Kind::Config,
    }
}

fn url(address: &SecretString) -> Result<reqwest::Url> {
    let wrong = |why: &str| Error::new(Kind::Config, format!("the webhook's address {why}"));
    // The parser's own words may repeat what it read.
    let url: reqwest::Url = address.expose_secret().parse().map_err(|_| wrong("cannot be read"))?;
    let Some(host) = url.host_str() else { return Err(wrong("has no host")) };
    let number = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    let is_own_machine = number.map_or(host == "localhost", |address| address.is_loopback());
    match url.scheme() {
        "https" => Ok(url),
        "http" if is_own_machine => Ok(url),
        _ => Err(wrong("is not https")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_https_or_of_this_machine_and_never_repeated() {
        let post = HttpPost::new().unwrap();
        for (address, is_right) in [
            ("https://hooks.example.com/T0/canary", true),
            ("http://127.0.0.1:9/canary", true),
            ("http://[::1]:9/canary", true),
            ("http://localhost/canary", true),
            ("http://hooks.example.com/canary", false),
            ("http://localhost.example.com/canary", false),
            ("file:///canary", false),
            ("canary", false),
        ] {
            let checked = post.check(&SecretString::from(address));
            assert_eq!(checked.is_ok(), is_right, "{address}");
            let said = checked.map_err(|error| format!("{error} {error:?}")).err().unwrap_or_default();
            assert!(!said.contains("canary"), "{said}");
        }
    }

    #[test]
    fn what_may_help_is_asked_again() {
        for (status, may) in [(400, false), (404, false), (410, false), (429, true), (500, true), (503, true)] {
            assert_eq!(Error::new(kind_of(status), "").may_retry(), may, "{status}");
        }
    }

    #[tokio::test]
    async fn nobody_there_is_an_error_without_the_address() {
        let post = HttpPost::new().unwrap();
        let address = SecretString::from("http://127.0.0.1:1/canary");
        let error = post.post(&address, Bytes::new()).await.unwrap_err();
        assert!(error.may_retry() && !format!("{error} {error:?}").contains("canary"), "{error}");
    }
}
