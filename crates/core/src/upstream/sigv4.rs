//! Signatures for Bedrock: AWS' own crate signs, this file only feeds it.

use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use http::header::{HeaderMap, HeaderName, HeaderValue};
use secrecy::{ExposeSecret, SecretString};

use super::http::ReadSecret;
use super::settings::Auth;
use crate::error::{Error, Kind, Result};

/// Signs requests with one set of credentials.
pub(super) struct Signer {
    key_id: SecretString,
    secret: SecretString,
    session: Option<SecretString>,
    region: String,
}

impl Signer {
    /// `None` if the provider is known otherwise.
    pub(super) fn of(auth: &Auth, read: &ReadSecret<'_>) -> Result<Option<Signer>> {
        let Auth::SigV4 { key_id, secret, session, region } = auth else { return Ok(None) };
        Ok(Some(Signer {
            key_id: read(key_id)?,
            secret: read(secret)?,
            session: session.as_ref().map(read).transpose()?,
            region: region.clone(),
        }))
    }

    /// Adds the signature's headers.
    pub(super) fn sign(&self, url: &reqwest::Url, body: &[u8], headers: &mut HeaderMap) -> Result<()> {
        #[allow(clippy::disallowed_methods, reason = "a signature is of the moment at which it is sent")]
        self.sign_at(url, body, headers, SystemTime::now())
    }

    fn sign_at(&self, url: &reqwest::Url, body: &[u8], headers: &mut HeaderMap, at: SystemTime) -> Result<()> {
        let wrong = |what: &'static str| Error::new(Kind::Config, what);
        let credentials = Credentials::new(
            self.key_id.expose_secret(),
            self.secret.expose_secret(),
            self.session.as_ref().map(|session| session.expose_secret().to_owned()),
            None,
            "promptopt",
        );
        let identity = credentials.into();
        let params = v4::SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name("bedrock")
            .time(at)
            .settings(SigningSettings::default())
            .build()
            .map_err(|_| wrong("the request to Bedrock cannot be signed"))?
            .into();
        let signed_headers = [("content-type", "application/json")];
        let request = SignableRequest::new("POST", url.as_str(), signed_headers.into_iter(), SignableBody::Bytes(body))
            .map_err(|_| wrong("the request to Bedrock cannot be signed"))?;
        let (instructions, _signature) =
            sign(request, &params).map_err(|_| wrong("the request to Bedrock cannot be signed"))?.into_parts();
        for (name, value) in instructions.headers() {
            let name = HeaderName::try_from(name).map_err(|_| wrong("the signature is no header"))?;
            let mut value = HeaderValue::try_from(value).map_err(|_| wrong("the signature is no header"))?;
            value.set_sensitive(true);
            headers.insert(name, value);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_signature_is_of_the_body_the_moment_and_the_place() {
        let signer = Signer {
            key_id: SecretString::from("AKIDEXAMPLE"),
            secret: SecretString::from("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"),
            session: None,
            region: "us-east-1".to_owned(),
        };
        let url = |host: &str| format!("https://{host}/model/a%3A0/converse").parse().unwrap();
        let signed = |host: &str, body: &[u8], second: u64| {
            let mut headers = HeaderMap::new();
            signer
                .sign_at(&url(host), body, &mut headers, SystemTime::UNIX_EPOCH + Duration::from_secs(second))
                .unwrap();
            headers.get("authorization").unwrap().to_str().unwrap().to_owned()
        };
        let one = signed("a.example", b"{}", 1_440_938_160);
        assert!(
            one.starts_with("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/bedrock/aws4_request"),
            "{one}"
        );
        assert_eq!(one, signed("a.example", b"{}", 1_440_938_160));
        for other in [signed("b.example", b"{}", 1_440_938_160), signed("a.example", b"{ }", 1_440_938_160)] {
            assert_ne!(one, other);
        }
    }
}
