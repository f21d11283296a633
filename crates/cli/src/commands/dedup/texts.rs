//! Takes records apart into the texts that are compared, each with its place and the model that it was sent to. Equal texts
//! are kept once.

use std::collections::HashMap;
use std::sync::Arc;

use promptopt::catalog::{Catalog, TokenClass};
use promptopt::chat::{Content, Part, Role};
use promptopt::dedup::Fingerprint;
use promptopt::format::{Origin, Record};
use promptopt::tokens::{Encoding, Tokenizer};
use promptopt::usage::Conditions;
use promptopt::usd::Usd;

use crate::args::What;

/// A text out of a record.
pub(super) struct Text {
    kind: &'static str,
    content: Arc<str>,
    fingerprint: Fingerprint,
}

/// The texts of a record.
pub(super) struct Taken {
    origin: Origin,
    rate: Rate,
    texts: Vec<Text>,
}

/// How the model's tokens are counted, and what one of input costs; `None` if no price is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rate {
    pub(super) tokenizer: Tokenizer,
    pub(super) input: Option<Usd>,
}

/// A text in the corpus.
pub(super) struct Unit {
    pub(super) origin: Origin,
    pub(super) kind: &'static str,
    pub(super) rate: Rate,
    text: u32,
}

/// All texts, in the order in which they were read.
#[derive(Default)]
pub(super) struct Corpus {
    units: Vec<Unit>,
    texts: Vec<Arc<str>>,
    by_digest: HashMap<u128, u32>,
}

impl Corpus {
    /// Keeps the texts; their fingerprints come back, in order.
    pub(super) fn add(&mut self, taken: Taken) -> impl Iterator<Item = Fingerprint> {
        let Taken { origin, rate, texts } = taken;
        texts.into_iter().map(move |Text { kind, content, fingerprint }| {
            let next = self.texts.len() as u32;
            let number = *self.by_digest.entry(fingerprint.digest()).or_insert(next);
            if number == next {
                self.texts.push(content);
            }
            self.units.push(Unit { origin: origin.clone(), kind, rate, text: number });
            fingerprint
        })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.units.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.units.len()
    }

    pub(super) fn unit(&self, number: usize) -> &Unit {
        &self.units[number]
    }

    pub(super) fn text(&self, unit: &Unit) -> &Arc<str> {
        &self.texts[unit.text as usize]
    }
}

/// Takes a record apart. Calls that cost nothing (answered from the sender's own cache, failed) hold no texts.
pub(super) fn take(record: &Record, what: What, model: Option<&str>, catalog: &Catalog) -> Taken {
    let mut texts = Vec::new();
    let is_billed = !record.from_cache && record.status.is_none_or(|status| status < 400);
    if let Some(request) = record.request.as_ref().filter(|_| is_billed) {
        if matches!(what, What::Tools | What::All) {
            texts.extend(request.tools.iter().map(|tool| ("tool", Arc::clone(&tool.json))));
        }
        for message in &request.messages {
            for part in &message.parts {
                take_part(part, message.role, what, &mut texts);
            }
        }
    }
    let texts = texts.into_iter().filter(|(_, text)| !text.trim().is_empty());
    let texts = texts.map(|(kind, text)| Text { kind, fingerprint: Fingerprint::of(&text), content: text }).collect();
    Taken { origin: record.origin.clone(), rate: rate(record, model, catalog), texts }
}

fn take_part(part: &Part, role: Role, what: What, texts: &mut Vec<(&'static str, Arc<str>)>) {
    let kind = match role {
        Role::System | Role::Developer => "system",
        Role::User => "prompt",
        Role::Assistant => "answer",
        Role::Tool => "result",
    };
    let is_wanted = |kind| match what {
        What::All => true,
        What::Prompts => kind == "prompt",
        What::System => kind == "system",
        What::Messages => kind != "system" && kind != "document",
        What::Documents => kind == "document",
        What::Tools => false,
    };
    match &part.content {
        Content::Text(text) | Content::Refusal(text) if is_wanted(kind) => texts.push((kind, Arc::clone(text))),
        Content::Document { text, .. } if is_wanted("document") => texts.push(("document", Arc::clone(text))),
        Content::ToolResult { parts, .. } => {
            for part in parts {
                take_part(part, Role::Tool, what, texts);
            }
        }
        _ => {}
    }
}

/// The rate of the call: the model that answered, else the one asked for, else the one given.
fn rate(record: &Record, model: Option<&str>, catalog: &Catalog) -> Rate {
    let host = record.provider.as_deref();
    let names = [record.model.as_deref(), record.asked_model.as_deref(), model];
    let spec =
        names.into_iter().flatten().find_map(|name| catalog.find(host, name).or_else(|| catalog.find(None, name)));
    let reading = record.usage.as_ref().and_then(|usage| usage.as_ref().ok());
    let conditions = Conditions {
        tier: reading.and_then(|reading| reading.tier).unwrap_or(record.tier),
        region: record.region.as_deref().map(str::to_owned),
        at: record.at,
        n_calls: record.n_calls,
    };
    let n_prompt_tokens = reading.map_or(0, |reading| reading.usage.input());
    Rate {
        tokenizer: spec.map_or(Tokenizer::Exact(Encoding::O200kBase), |spec| spec.tokenizer),
        input: spec.and_then(|spec| catalog.rate(spec, TokenClass::Input, n_prompt_tokens, &conditions).ok()),
    }
}
