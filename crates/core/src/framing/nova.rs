//! Amazon's own models on Bedrock. Nova 1 bills the text alone; Nova 2 adds some 46 tokens to every request; tools add a
//! preamble of 340 (Nova 1) or 815 tokens (Nova 2). Titan bills the prompt, and `User:` / `Bot:` marks for messages. Fitted
//! on 60 recorded requests of four suites, 2026-11-22.

use super::schema::{function, spaced};
use super::tally::{Slack, Tally};
use super::template::{Arguments, Reasoning, Template, no_image};
use super::{Frame, Profile, Scale, Weight};
use crate::chat::{ChatRequest, Dialect};
use crate::tokens::{Family, Tokenizer};

pub(super) struct Nova;

const NOVA: Template = Template {
    user: 0,
    system: 0,
    assistant: 3,
    calls: 22,
    call: 9,
    argument: 3,
    result: 8,
    arguments: Arguments::Values,
    reasoning: Reasoning::Dropped,
};

const TITAN: Template = Template { user: 3, assistant: 3, ..NOVA };

const NOVA_2: u64 = 46;
const NOVA_2_REASONING: u64 = 50;
const TOOLS_1: u64 = 343;
const TOOLS_2: u64 = 818;

impl Frame for Nova {
    fn name(&self) -> &'static str {
        "nova"
    }

    fn fits(&self, profile: &Profile<'_>) -> bool {
        matches!(profile.tokenizer, Tokenizer::Approx(Family::Nova | Family::Titan))
    }

    fn weigh(&self, request: &ChatRequest, scale: &Scale<'_>) -> Weight {
        let mut tally = Tally::new(request, scale);
        let is_second = scale.profile.model.contains("nova-2");
        if is_second {
            tally.framing(NOVA_2);
            if request.reasoning.is_some() {
                // Seen once, at low effort.
                tally.framing(NOVA_2_REASONING);
                tally.unsure(NOVA_2_REASONING, 20);
            }
        }
        if !request.tools.is_empty() {
            let definitions: u64 = request.tools.iter().map(|tool| tally.tokens(&spaced(&function(tool)))).sum();
            tally.tools(definitions + if is_second { TOOLS_2 } else { TOOLS_1 });
        }
        let is_titan = scale.family() == Some(Family::Titan);
        let template = if is_titan && request.dialect == Dialect::Converse { &TITAN } else { &NOVA };
        template.messages(&mut tally, no_image);
        let slack = if is_titan { Slack { tokens: 6, per_mille: 200 } } else { Slack { tokens: 8, per_mille: 110 } };
        tally.finish(slack)
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{check, request};
    use super::*;
    use crate::chat::Role;

    #[test]
    fn the_first_generation_bills_text_alone_and_the_second_adds_to_it() {
        let hello = request(&[(Role::System, "Be brief."), (Role::User, "Hello")]);
        check(&Nova, "amazon.nova-micro-v1:0", Family::Nova, hello.clone(), 4);
        check(&Nova, "us.amazon.nova-2-lite-v1:0", Family::Nova, hello, 4 + 46);
    }
}
