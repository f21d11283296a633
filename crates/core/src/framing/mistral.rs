//! Mistral. The templates are public (`mistral-common`): a token each for the beginning, `[INST]`, `[/INST]`,
//! `[SYSTEM_PROMPT]` and its end, the end of an answer, the marks of tool calls and results; tools as JSON between
//! `[AVAILABLE_TOOLS]` marks. With the Tekken vocabulary this gives the billed tokens of 80 recorded requests to the token
//! (2026-11-22).

use super::schema::{spaced, wrapped};
use super::tally::{Slack, Tally};
use super::template::{Arguments, Reasoning, Template};
use super::{Frame, Profile, Scale, Weight, images};
use crate::chat::{AnswerFormat, ChatRequest, ToolChoice};
use crate::tokens::{Family, Tokenizer};

pub(super) struct Mistral;

const TEMPLATE: Template = Template {
    user: 2,
    system: 2,
    assistant: 1,
    calls: 0,
    call: 2,
    argument: 0,
    result: 2,
    arguments: Arguments::Json,
    reasoning: Reasoning::Kept,
};

const BEGIN: u64 = 1;
/// The two marks and the brackets of the list.
const TOOLS: u64 = 3;
/// Models that reason on demand are told the effort: `[MODEL_SETTINGS]{"reasoning_effort": "none"}[/MODEL_SETTINGS]`.
const SETTINGS: u64 = 12;
/// Added when a tool must be called; measured.
const MUST_CALL: u64 = 3;

impl Frame for Mistral {
    fn name(&self) -> &'static str {
        "mistral"
    }

    fn fits(&self, profile: &Profile<'_>) -> bool {
        profile.tokenizer == Tokenizer::Approx(Family::Mistral)
    }

    fn weigh(&self, request: &ChatRequest, scale: &Scale<'_>) -> Weight {
        let mut tally = Tally::new(request, scale);
        let mut framing = BEGIN;
        let reasons_on_demand = scale.profile.model.contains("mistral-small") || request.reasoning.is_some();
        let is_free_text = matches!(request.answer_format, AnswerFormat::Text);
        if reasons_on_demand && is_free_text {
            framing += SETTINGS;
            // Earlier models of the same name had no settings.
            tally.unsure(SETTINGS, 0);
        } else {
            tally.unsure(0, SETTINGS);
        }
        if !request.tools.is_empty() && request.tool_choice != ToolChoice::None {
            let definitions: u64 = request.tools.iter().map(|tool| tally.tokens(&spaced(&wrapped(tool))) + 1).sum();
            tally.tools(TOOLS + definitions);
            if matches!(request.tool_choice, ToolChoice::Required | ToolChoice::Named(_)) {
                framing += MUST_CALL;
            }
        }
        tally.framing(framing);
        TEMPLATE.messages(&mut tally, images::mistral);
        tally.finish(Slack { tokens: 3, per_mille: 60 })
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{call, check, request, result, tool};
    use super::*;
    use crate::chat::Role;

    #[test]
    fn messages_are_framed_by_single_tokens() {
        let turns = [(Role::System, "Hello"), (Role::User, "Hello"), (Role::Assistant, "Hello"), (Role::User, "Hello")];
        check(&Mistral, "mistral-large-latest", Family::Mistral, request(&turns[1..2]), 1 + 3);
        check(&Mistral, "mistral-large-latest", Family::Mistral, request(&turns), 4 + 8);
    }

    #[test]
    fn a_model_that_reasons_on_demand_is_told_the_effort() {
        let mut hello = request(&[(Role::User, "Hello")]);
        check(&Mistral, "mistral-small-latest", Family::Mistral, hello.clone(), 4 + 12);
        hello.answer_format = AnswerFormat::JsonObject;
        check(&Mistral, "mistral-small-latest", Family::Mistral, hello, 4);
    }

    #[test]
    fn a_call_and_its_result() {
        let mut turn = request(&[(Role::User, "Hello")]);
        turn.tools = vec![tool("ping", "Pings a host")].into();
        let definition = 39;
        check(&Mistral, "mistral-large-latest", Family::Mistral, turn.clone(), 4 + 4 + definition);
        turn.messages.push(call("ping", "{}").into());
        turn.messages.push(result("pong").into());
        check(&Mistral, "mistral-large-latest", Family::Mistral, turn, 4 + 4 + definition + 5 + 4);
    }
}
