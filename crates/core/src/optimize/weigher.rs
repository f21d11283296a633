//! Tokens as one model counts them: text by its tokenizer, tool definitions as its provider writes them into the prompt.

use crate::catalog::{CacheRule, Catalog, ModelSpec};
use crate::chat::ChatRequest;
use crate::compress::edit::{apply, of_segment};
use crate::compress::{Counter, Edit, Segment};
use crate::dialect::read_request;
use crate::framing::{self, Place, Profile};
use crate::tokens::memo::Memo;
use crate::tokens::{Encoding, Tokenizer, approx};

/// Counts for a model.
#[derive(Clone, Copy, Debug)]
pub struct Weigher<'a> {
    catalog: &'a Catalog,
    profile: Profile<'a>,
    spec: Option<&'a ModelSpec>,
    memo: &'a Memo,
}

impl<'a> Weigher<'a> {
    /// For a model by name; without one, for `o200k_base`, the vocabulary of OpenAI's models since GPT-4o.
    pub fn new(catalog: &'a Catalog, host: Option<&'a str>, model: Option<&'a str>, memo: &'a Memo) -> Weigher<'a> {
        let profile = match model {
            Some(model) => Profile::of(catalog, host, model),
            None => {
                Profile { model: "", written: "", asked: "", host, tokenizer: Tokenizer::Exact(Encoding::O200kBase) }
            }
        };
        let spec = model.and_then(|model| super::spec(catalog, host, model));
        Weigher { catalog, profile, spec, memo }
    }

    /// The model as in the catalogue, or as written; empty if none is known.
    pub fn model(&self) -> &'a str {
        self.profile.model
    }

    /// How text is counted.
    pub fn tokenizer(&self) -> Tokenizer {
        self.profile.tokenizer
    }

    /// What is known of the model.
    pub(super) fn profile(&self) -> Profile<'a> {
        self.profile
    }

    /// The model's row in the catalogue.
    pub fn spec(&self) -> Option<&'a ModelSpec> {
        self.spec
    }

    /// Tokens of a whole request, given as JSON, as its provider counts them; `None` if no dialect knows it.
    pub fn request(&self, json: &str) -> Option<u64> {
        Some(self.weight(&read_request(&serde_json::from_str(json).ok()?).ok()?))
    }

    /// Tokens of a whole request as its provider counts them.
    pub fn weight(&self, request: &ChatRequest) -> u64 {
        framing::weigh(request, self.profile, self.memo).total()
    }

    /// Tokens of the texts alone, with the edits made.
    pub fn texts(&self, segments: &[Segment<'_>], edits: &[Edit]) -> u64 {
        segments
            .iter()
            .enumerate()
            .map(|(index, segment)| self.text(&apply(&segment.text, of_segment(edits, index))))
            .sum()
    }

    /// How the model's provider caches prompts.
    pub fn cache_rule(&self) -> Option<&'a CacheRule> {
        self.catalog.cache_rules.get(self.spec?.cache.as_ref()?)
    }
}

impl Counter for Weigher<'_> {
    fn text(&self, text: &str) -> u64 {
        match self.profile.tokenizer {
            // Fragments around an edit are met once: remembering them would cost more than counting.
            Tokenizer::Exact(encoding) => encoding.counter().count(text),
            Tokenizer::Approx(family) => approx::count(family, text, self.memo),
        }
    }

    fn adds_up(&self) -> bool {
        // OpenAI's vocabularies split text so; the approximations were not fitted to lines.
        matches!(self.profile.tokenizer, Tokenizer::Exact(Encoding::O200kBase | Encoding::Cl100kBase))
    }

    fn tool(&self, json: &str) -> u64 {
        let parse = |dialect: &str| {
            let body = format!("{{{dialect},\"tools\":[{json}]}}");
            let value = serde_json::from_str(&body).ok()?;
            let request = read_request(&value).ok()?;
            let weight = framing::weigh(&request, self.profile, self.memo);
            let tools = weight.pieces.iter().filter(|piece| piece.place == Place::Tools);
            Some(tools.map(|piece| piece.tokens).sum::<u64>()).filter(|tokens| *tokens > 0)
        };
        // A definition is the same tool in each dialect that can write it so.
        parse(r#""max_tokens":1,"system":"","messages":[{"role":"user","content":"x"}]"#)
            .filter(|_| json.contains("input_schema"))
            .or_else(|| parse(r#""messages":[{"role":"user","content":"x"}]"#))
            .or_else(|| parse(r#""input":"x""#))
            .or_else(|| parse(r#""contents":[{"parts":[{"text":"x"}]}]"#))
            .unwrap_or_else(|| self.text(json))
    }
}
