//! Grok. xAI puts a preamble of some 184 tokens before every request and bills it; tools add one of 31 and their JSON;
//! reasoning comes back encrypted and is billed by its length. Fitted on 48 recorded requests to Grok 4.3 (responses) of
//! one suite, 2026-11-22. Other versions and the chat endpoint may have other preambles: the interval says so.

use super::schema::{function, spaced};
use super::tally::{Slack, Tally};
use super::template::{Arguments, Reasoning, Template, no_image};
use super::{Frame, Profile, Scale, Weight};
use crate::chat::{AnswerFormat, ChatRequest, Content};
use crate::tokens::{Family, Tokenizer};

pub(super) struct Xai;

const TEMPLATE: Template = Template {
    user: 6,
    system: 3,
    assistant: 4,
    calls: 0,
    call: 5,
    argument: 0,
    result: 4,
    arguments: Arguments::Json,
    reasoning: Reasoning::Dropped,
};

/// Before every request to a model that reasons.
const PREAMBLE: u64 = 186;
const TOOLS: u64 = 31;
const JSON_OBJECT: u64 = 20;
const SCHEMA: u64 = 8;
/// Tokens in a thousand bytes of encrypted reasoning: base64 of what is a little longer than the text.
const REASONING_PER_1000: u64 = 165;

impl Frame for Xai {
    fn name(&self) -> &'static str {
        "xai"
    }

    fn fits(&self, profile: &Profile<'_>) -> bool {
        profile.tokenizer == Tokenizer::Approx(Family::Grok)
    }

    fn weigh(&self, request: &ChatRequest, scale: &Scale<'_>) -> Weight {
        let mut tally = Tally::new(request, scale);
        let model = scale.profile.model;
        let reasons = !["non-reasoning", "grok-2", "grok-3", "grok-beta"].iter().any(|plain| model.contains(plain));
        tally.framing(if reasons { PREAMBLE } else { 1 });
        if !request.tools.is_empty() {
            let definitions: u64 = request.tools.iter().map(|tool| tally.tokens(&spaced(&function(tool)))).sum();
            tally.tools(TOOLS + definitions);
        }
        match &request.answer_format {
            AnswerFormat::Text => {}
            AnswerFormat::JsonObject => tally.framing(JSON_OBJECT),
            AnswerFormat::JsonSchema { schema, .. } => {
                let tokens = SCHEMA + tally.tokens(&spaced(schema));
                tally.schema(tokens);
            }
        }
        TEMPLATE.messages(&mut tally, no_image);
        encrypted_reasoning(&mut tally);
        if reasons && !model.contains("grok-4.3") {
            tally.unsure(PREAMBLE, 600);
        }
        tally.finish(Slack { tokens: 6, per_mille: 70 })
    }
}

fn encrypted_reasoning(tally: &mut Tally<'_>) {
    let request = tally.request;
    for (m, message) in request.messages.iter().enumerate() {
        for (p, part) in message.parts.iter().enumerate() {
            if let Content::Reasoning { n_opaque_bytes, .. } = part.content {
                let tokens = n_opaque_bytes * REASONING_PER_1000 / 1000;
                tally.part(m, p, tokens);
                tally.unsure(tokens / 10, tokens / 10);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{check, request};
    use super::*;
    use crate::chat::Role;

    #[test]
    fn every_request_carries_the_preamble() {
        check(&Xai, "grok-4.3", Family::Grok, request(&[(Role::User, "Hello")]), 186 + 6 + 1);
    }

    #[test]
    fn encrypted_reasoning_is_billed_by_its_length() {
        let mut turns = request(&[(Role::User, "Hello"), (Role::Assistant, "Hello"), (Role::User, "Hello")]);
        let mut answer = (*turns.messages[1]).clone();
        let content = Content::Reasoning { text: "Short.".into(), n_opaque_bytes: 1000 };
        answer.parts.insert(0, crate::chat::Part { content, cache_mark: None });
        turns.messages[1] = answer.into();
        check(&Xai, "grok-4.3", Family::Grok, turns, 186 + 6 + 1 + 4 + 1 + 165 + 6 + 1);
    }
}
