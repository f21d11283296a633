//! Where a provider's interfaces are. Pure: a provider's settings, a dialect and a model give the address; keys never stand in it.

use super::settings::ProviderSettings;
use crate::chat::Dialect;
use crate::error::{Error, Kind, Result};

/// The version of Anthropic's interface that is spoken (the only one it has had since 2023).
pub const ANTHROPIC_VERSION: &str = "2023-06-01";

/// The address of a call: what stands behind the provider's base address, path and query.
pub fn path(provider: &ProviderSettings, dialect: Dialect, model: &str, is_stream: bool) -> Result<String> {
    let openai = |path: &str| match (&*provider.host, &provider.api_version) {
        // The older addresses have the deployment in the path.
        ("azure", Some(version)) => {
            format!(
                "/openai/deployments/{}{path}?api-version={}",
                encoded(deployment(provider, model)),
                encoded(version)
            )
        }
        _ => path.to_owned(),
    };
    Ok(match dialect {
        Dialect::Chat => openai("/chat/completions"),
        Dialect::Embeddings => openai("/embeddings"),
        // Names the deployment in the body even at the older addresses.
        Dialect::Responses => match (&*provider.host, &provider.api_version) {
            ("azure", Some(version)) => format!("/openai/responses?api-version={}", encoded(version)),
            _ => "/responses".to_owned(),
        },
        Dialect::Messages => "/messages".to_owned(),
        Dialect::GenerateContent if is_stream => format!("/models/{}:streamGenerateContent?alt=sse", encoded(model)),
        Dialect::GenerateContent => format!("/models/{}:generateContent", encoded(model)),
        Dialect::Converse if is_stream => format!("/model/{}/converse-stream", encoded(model)),
        Dialect::Converse => format!("/model/{}/converse", encoded(model)),
        other => {
            let message = format!("requests are not sent in the `{}` dialect", other.name());
            return Err(Error::new(Kind::Config, message)
                .in_field("dialect")
                .help("set `dialect` to chat, responses, messages, generateContent or converse"));
        }
    })
}

/// The model's name in the body, where Azure calls it otherwise.
pub fn deployment<'a>(provider: &'a ProviderSettings, model: &'a str) -> &'a str {
    provider.deployments.iter().find(|(known, _)| known == model).map_or(model, |(_, deployment)| deployment)
}

/// Headers that an interface demands.
pub fn headers(dialect: Dialect) -> &'static [(&'static str, &'static str)] {
    match dialect {
        Dialect::Messages => &[("anthropic-version", ANTHROPIC_VERSION)],
        _ => &[],
    }
}

/// A path's segment, percent-encoded: all but unreserved characters of RFC 3986, since a model's name may hold `/` and `:`.
fn encoded(segment: &str) -> String {
    let mut out = String::with_capacity(segment.len());
    for byte in segment.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(byte as char);
        } else {
            out.extend(['%', hex(byte >> 4), hex(byte & 15)]);
        }
    }
    out
}

fn hex(digit: u8) -> char {
    char::from_digit(u32::from(digit), 16).unwrap_or('0').to_ascii_uppercase()
}
