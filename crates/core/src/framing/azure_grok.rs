//! Grok on Azure's model catalogue. Unlike xAI, Azure bills the texts alone: the preamble of some 160 tokens shows up in the
//! cached tokens and not in the prompt's (so that the usage contradicts itself). With tools a second preamble is billed.
//! Fitted on 42 recorded requests to one version (grok-4-1-fast-non-reasoning) of one suite, 2026-11-22.

use super::schema::{function, outline, spaced};
use super::tally::{Slack, Tally};
use super::template::{Arguments, Reasoning, Template};
use super::{Frame, Profile, Scale, Weight};
use crate::chat::{AnswerFormat, ChatRequest, Image};
use crate::tokens::{Family, Tokenizer};

pub(super) struct AzureGrok;

const TEMPLATE: Template = Template {
    user: 0,
    system: 0,
    assistant: 11,
    calls: 0,
    call: 6,
    argument: 6,
    result: 6,
    arguments: Arguments::Values,
    reasoning: Reasoning::Dropped,
};

/// Once for all tools, before their JSON.
const TOOLS: u64 = 142;
/// A property's JSON is shortened: so much less than its text counts.
const LESS_A_PROPERTY: u64 = 5;
const JSON_OBJECT: u64 = 9;
const SCHEMA: u64 = 33;
const IMAGE: u64 = 257;

impl Frame for AzureGrok {
    fn name(&self) -> &'static str {
        "azure-grok"
    }

    fn fits(&self, profile: &Profile<'_>) -> bool {
        profile.tokenizer == Tokenizer::Approx(Family::Grok) && profile.host == Some("azure")
    }

    fn weigh(&self, request: &ChatRequest, scale: &Scale<'_>) -> Weight {
        let mut tally = Tally::new(request, scale);
        if !request.tools.is_empty() {
            let mut tokens = TOOLS;
            for tool in request.tools.iter() {
                let n_properties = outline(&tool.parameters, &|_| 0).n_properties;
                tokens += tally.tokens(&spaced(&function(tool)));
                tokens = tokens.saturating_sub(LESS_A_PROPERTY * n_properties);
            }
            tally.tools(tokens);
        }
        match &request.answer_format {
            AnswerFormat::Text => {}
            AnswerFormat::JsonObject => tally.framing(JSON_OBJECT),
            AnswerFormat::JsonSchema { schema, .. } => {
                let tokens = SCHEMA + tally.tokens(&spaced(schema));
                tally.schema(tokens);
            }
        }
        TEMPLATE.messages(&mut tally, |_: &Image| Some(IMAGE));
        tally.finish(Slack { tokens: 8, per_mille: 70 })
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{request, tool, weigh_on};
    use super::*;
    use crate::chat::Role;

    #[test]
    fn texts_alone_are_billed_until_there_are_tools() {
        let mut asked = request(&[(Role::System, "Hello"), (Role::User, "Hello")]);
        let weighed =
            |request: &ChatRequest| weigh_on(&AzureGrok, "grok-4", Some("azure"), Family::Grok, request).total();
        assert!(weighed(&asked).abs_diff(2) <= 1);
        asked.tools = [tool("now", "Tells the time")].into();
        assert!(weighed(&asked) > TOOLS);
    }
}
