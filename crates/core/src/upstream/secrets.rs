//! Secrets: read once from where the configuration says they are, bound to the place they are for, and never seen again. This is the
//! library's only reader of the environment.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};

use crate::error::{Error, Kind, Result};
use crate::secret::SecretRef;

/// What stands where a secret would.
pub const HIDDEN: &str = "[hidden]";
/// Shorter ones would hide words of every text.
const MIN_HIDDEN: usize = 6;

/// Reads secrets from the environment and from files.
///
/// Errors name the reference, never what was found: a variable that is not set or empty, a file that cannot be read, holds no text,
/// or (on Unix) can be read by everybody.
pub fn read(reference: &SecretRef) -> Result<SecretString> {
    let failed = |what: &str| Error::new(Kind::Config, format!("the secret `{reference}` {what}"));
    let text = match reference {
        SecretRef::Env(name) => variable(name).ok_or_else(|| {
            failed("is not there").help(format!("set the environment variable {name}, or name another place"))
        })?,
        SecretRef::File(path) => {
            if is_open_to_all(path) {
                return Err(failed("can be read by everybody").help(format!("chmod 600 {path}")));
            }
            std::fs::read_to_string(path).map_err(|cause| failed("cannot be read").because(cause))?
        }
    };
    let text = text.trim();
    if text.is_empty() {
        return Err(failed("is empty"));
    }
    Ok(SecretString::from(text))
}

#[allow(clippy::disallowed_methods, reason = "this is the door to the environment, for secrets alone")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

#[cfg(unix)]
fn is_open_to_all(path: &str) -> bool {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(path).is_ok_and(|metadata| metadata.permissions().mode() & 0o004 != 0)
}

#[cfg(not(unix))]
fn is_open_to_all(_path: &str) -> bool {
    false
}

/// Where a secret may be sent: scheme, host and port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    scheme: String,
    host: String,
    port: Option<u16>,
}

impl Origin {
    /// Of an address.
    pub fn of(url: &reqwest::Url) -> Origin {
        Origin {
            scheme: url.scheme().to_owned(),
            host: url.host_str().unwrap_or_default().to_ascii_lowercase(),
            port: url.port_or_known_default(),
        }
    }
}

/// A secret that goes to one place only.
pub struct Bound {
    secret: SecretString,
    origin: Origin,
}

impl Bound {
    /// Binds a secret to a place.
    pub fn to(secret: SecretString, origin: Origin) -> Bound {
        Bound { secret, origin }
    }

    /// The secret, for a request to this address; an error if it is for another place.
    pub fn for_address(&self, url: &reqwest::Url) -> Result<&str> {
        if Origin::of(url) != self.origin {
            let message = format!("a secret for {} is not sent to {}", self.origin, Origin::of(url));
            return Err(Error::new(Kind::Config, message));
        }
        Ok(self.secret.expose_secret())
    }

    /// A text that a provider sent with the secret replaced wherever it stands; `None` if it stands nowhere.
    pub fn hidden_in(&self, text: &[u8]) -> Option<Vec<u8>> {
        let secret = self.secret.expose_secret().as_bytes();
        if secret.len() < MIN_HIDDEN {
            return None;
        }
        let mut places = memchr::memmem::find_iter(text, secret).peekable();
        places.peek()?;
        let (mut out, mut from) = (Vec::with_capacity(text.len()), 0);
        for at in places {
            out.extend_from_slice(&text[from..at]);
            out.extend_from_slice(HIDDEN.as_bytes());
            from = at + secret.len();
        }
        out.extend_from_slice(&text[from..]);
        Some(out)
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme, self.host)?;
        self.port.map_or(Ok(()), |port| write!(f, ":{port}"))
    }
}

impl fmt::Debug for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Bound({HIDDEN} to {})", self.origin)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> reqwest::Url {
        text.parse().unwrap()
    }

    #[test]
    fn a_secret_goes_to_its_own_place_only() {
        let bound = Bound::to(SecretString::from("sk-canary"), Origin::of(&url("https://api.example.com/v1")));
        assert!(bound.for_address(&url("https://api.example.com:443/v1/chat")).is_ok());
        for other in [
            "http://api.example.com/v1",
            "https://api.example.com:8443/",
            "https://evil.example/",
            "https://example.com/",
        ] {
            let error = bound.for_address(&url(other)).unwrap_err();
            assert!(!format!("{error} {error:?} {bound:?}").contains("canary"));
        }
    }

    #[test]
    fn a_secret_in_an_answer_is_hidden() {
        let bound = Bound::to(SecretString::from("sk-canary"), Origin::of(&url("https://a/")));
        let text = bound.hidden_in(b"Incorrect API key: sk-canary. sk-canary!").unwrap();
        assert_eq!(text, b"Incorrect API key: [hidden]. [hidden]!");
        assert_eq!(bound.hidden_in(&text), None);
        // What stands for a secret may hold it.
        let odd = Bound::to(SecretString::from("hidden"), Origin::of(&url("https://a/")));
        assert_eq!(odd.hidden_in(&text).unwrap(), b"Incorrect API key: [[hidden]]. [[hidden]]!");
    }

    #[test]
    fn what_is_not_there_is_named_by_its_reference() {
        let missing = read(&SecretRef::Env("PROMPTOPT_NO_SUCH_VARIABLE".to_owned())).unwrap_err();
        assert!(missing.to_string().contains("env:PROMPTOPT_NO_SUCH_VARIABLE"));
        assert!(read(&SecretRef::File("/no/such/file".to_owned())).is_err());
    }
}
