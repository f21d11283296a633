//! Cohere. A response reports two figures: `tokens` (what the model saw, with a preamble of 60 to 1,400 tokens by model
//! and tools) and `billed_units` (what is paid: the caller's text and tool definitions, without preamble and markup). This
//! frame weighs the **billed units**. Of a definition, Command R (2024) bills names and descriptions, Command A most of
//! the JSON. Fitted on 88 recorded requests of three suites, 2026-11-22.

use super::schema::{function, outline, spaced};
use super::tally::{Slack, Tally};
use super::template::{Arguments, Reasoning, Template, no_image};
use super::{Frame, Profile, Scale, Weight};
use crate::chat::{ChatRequest, Dialect, Tool};
use crate::tokens::{Family, Tokenizer};

pub(super) struct Cohere;

/// Markup is free.
const TEMPLATE: Template = Template {
    user: 0,
    system: 0,
    assistant: 0,
    calls: 0,
    call: 0,
    argument: 0,
    result: 1,
    arguments: Arguments::Values,
    reasoning: Reasoning::Dropped,
};

/// Of a tool's JSON, four fifths are billed, less its outer syntax.
const TOOL_PER_MILLE: u64 = 760;
const TOOL_SYNTAX: u64 = 9;

impl Frame for Cohere {
    fn name(&self) -> &'static str {
        "cohere"
    }

    fn fits(&self, profile: &Profile<'_>) -> bool {
        profile.tokenizer == Tokenizer::Approx(Family::Command)
    }

    fn weigh(&self, request: &ChatRequest, scale: &Scale<'_>) -> Weight {
        let mut tally = Tally::new(request, scale);
        let definitions: u64 = request
            .tools
            .iter()
            .map(
                |tool| if scale.profile.model.contains("command-r") { words(&tally, tool) } else { json(&tally, tool) },
            )
            .sum();
        tally.tools(definitions);
        TEMPLATE.messages(&mut tally, no_image);
        // Bedrock's `num_generations` bills the prompt once an answer (2 recorded requests).
        if request.dialect == Dialect::Invoke {
            tally.framing(tally.total() * u64::from(request.n_answers.saturating_sub(1)));
        }
        tally.finish(Slack { tokens: 5, per_mille: 120 })
    }
}

fn words(tally: &Tally<'_>, tool: &Tool) -> u64 {
    let count = |text: &str| tally.tokens(text);
    count(&tool.name) + tool.description.as_deref().map_or(0, count) + outline(&tool.parameters, &count).tokens
}

fn json(tally: &Tally<'_>, tool: &Tool) -> u64 {
    (tally.tokens(&spaced(&function(tool))) * TOOL_PER_MILLE / 1000).saturating_sub(TOOL_SYNTAX)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{check, request};
    use super::*;
    use crate::chat::Role;

    #[test]
    fn markup_and_preamble_are_not_billed() {
        let turns = [(Role::System, "Be brief."), (Role::User, "Hello"), (Role::Assistant, "Hi"), (Role::User, "Bye")];
        check(&Cohere, "command-a-03-2025", Family::Command, request(&turns), 6);
    }
}
