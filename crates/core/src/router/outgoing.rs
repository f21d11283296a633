//! The body that goes to a target: the caller's own bytes with the few members changed that the plan has to change, or a
//! translation where the provider speaks another dialect.

use std::borrow::Cow;
use std::sync::Arc;

use bytes::Bytes;
use serde_json::Value;

use super::body::{Body, string};
use super::prepare::Prepared;
use crate::catalog::Catalog;
use crate::chat::Dialect;
use crate::error::Result;
use crate::target::{Target, bare};
use crate::translate::{self, Lost, breakpoints};
use crate::upstream::address;
use crate::upstream::settings::ProviderSettings;
use crate::usage::ServiceTier;

/// Hosts that end every stream with its usage, or whose interface refuses `stream_options`.
const USAGE_UNASKED: [&str; 3] = ["mistral", "perplexity", "cohere"];

/// A body for a target.
pub(super) struct Written {
    pub body: Bytes,
    /// The model as the provider knows it.
    pub model: Arc<str>,
    /// What the target's dialect could not say.
    pub lost: Vec<Lost>,
    /// The usage at the end of the stream was asked for by us: the caller does not see it.
    pub hides_usage: bool,
}

/// What a body is written for.
pub(super) struct Destination<'a> {
    pub provider: &'a ProviderSettings,
    pub target: &'a Target,
    pub catalog: &'a Catalog,
    /// Cache breakpoints are to be set, if the request has none.
    pub sets_breakpoints: bool,
}

/// Writes the body of a request for a target.
pub(super) fn write(prepared: &Prepared, to: &Destination<'_>) -> Result<Written> {
    let dialect = to.provider.dialect;
    let is_embedding = prepared.dialect == Dialect::Embeddings;
    let translated;
    let (mut body, lost) = if dialect == prepared.dialect || is_embedding {
        (Body::over(prepared.text.as_str(), &prepared.members), Vec::new())
    } else {
        let mut request = (translate::codec(prepared.dialect)?.read_request)(&prepared.json)?;
        request.stream = prepared.is_stream;
        let written = (translate::codec(dialect)?.write_request)(&request);
        translated = written.body.to_string();
        (Body::of(&translated)?, written.lost)
    };
    let mut hides_usage = false;
    let model = sent_model(prepared, to.target, to.catalog);
    let model = address::deployment(to.provider, &model);
    let names_model = matches!(dialect, Dialect::Chat | Dialect::Responses | Dialect::Messages);
    if names_model || is_embedding {
        body.set("model", string(model)?);
    }
    if names_model {
        if prepared.is_stream || body.raw("stream").is_some() {
            body.set("stream", prepared.is_stream.to_string());
        }
        set_tier(&mut body, dialect, to.target.tier);
    }
    if dialect == Dialect::Chat && prepared.is_stream && !USAGE_UNASKED.contains(&&*to.provider.host) {
        hides_usage = !prepared.wants_stream_usage;
        ask_for_usage(&mut body);
    }
    if dialect == Dialect::Chat && !prepared.is_stream && body.raw("stream_options").is_some() {
        // Refused without `stream`.
        body.set("stream_options", "null".to_owned());
    }
    let text = body.finish();
    let set = if to.sets_breakpoints { breakpoints::set(dialect, &text) } else { None };
    let body = match (set, text) {
        (Some(text), _) | (None, Cow::Owned(text)) => Bytes::from(text),
        (None, Cow::Borrowed(same)) if same.len() == prepared.text.as_str().len() => prepared.text.bytes(),
        (None, Cow::Borrowed(text)) => Bytes::copy_from_slice(text.as_bytes()),
    };
    Ok(Written { body, model: model.into(), lost, hides_usage })
}

/// The model's name as sent: as the caller wrote it where that is this model (a dated snapshot stays one), else its id.
fn sent_model(prepared: &Prepared, target: &Target, catalog: &Catalog) -> String {
    let Target { host, model, provider, .. } = target;
    let asked = prepared.asked.as_deref().unwrap_or_default();
    let bare = bare(asked, provider);
    let is_this = catalog.find(Some(host), bare).is_some_and(|spec| *spec.id == **model);
    if is_this { bare.to_owned() } else { model.to_string() }
}

fn set_tier(body: &mut Body<'_>, dialect: Dialect, tier: ServiceTier) {
    if dialect == Dialect::Messages {
        return;
    }
    let asked = body.raw("service_tier").map(|raw| raw.trim_matches('"'));
    let is_asked = asked.and_then(ServiceTier::from_wire).unwrap_or_default() == tier;
    if !is_asked {
        let name = if tier == ServiceTier::Standard { "default" } else { tier.name() };
        body.set("service_tier", format!("\"{name}\""));
    }
}

fn ask_for_usage(body: &mut Body<'_>) {
    let written = body.raw("stream_options").and_then(|raw| serde_json::from_str::<Value>(raw).ok());
    match written {
        Some(Value::Object(mut options)) => {
            if options.get("include_usage") != Some(&Value::Bool(true)) {
                options.insert("include_usage".to_owned(), Value::Bool(true));
                body.set("stream_options", Value::Object(options).to_string());
            }
        }
        _ => body.set("stream_options", "{\"include_usage\":true}".to_owned()),
    }
}
