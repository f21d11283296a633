//! DeepSeek V3.2 and V4. The template is public (`encoding_dsv32.py` beside the weights): one token each for beginning,
//! user, assistant, end of the reasoning and end of the answer; tools as JSON in a preamble of 221 tokens; calls and results
//! in an XML-like markup (DSML). With DeepSeek's own vocabulary this gives the billed tokens of 2,441 recorded calls of an
//! agent to within a token a turn (2026-11-22); what is left here is the error of the approximate text count.

use super::schema::{function, spaced};
use super::tally::{Slack, Tally};
use super::template::{Arguments, Reasoning, Template, no_image};
use super::{Frame, Profile, Scale, Weight};
use crate::chat::{self, AnswerFormat, ChatRequest, Content, Role, ToolChoice};
use crate::tokens::{Family, Tokenizer};

pub(super) struct DeepSeek;

const TEMPLATE: Template = Template {
    user: 3,
    system: 0,
    assistant: 1,
    calls: 20,
    call: 17,
    argument: 15,
    result: 0,
    arguments: Arguments::Values,
    reasoning: Reasoning::OfThisTurn,
};

/// The beginning of the prompt.
const BEGIN: u64 = 1;
/// "You have access to a set of tools …", measured.
const TOOLS: u64 = 221;
/// An order to call a tool, added for `required` and for a named tool; measured.
const MUST_CALL: u64 = 7;
/// An order to answer in JSON; measured.
const JSON_OBJECT: u64 = 20;
/// Instructions that V4 Flash gets for high effort; measured once, and not seen on V4 Pro.
const HIGH_EFFORT: u64 = 79;
/// Reasoning between a tool's result and the next call, which `deepseek-reasoner` demands back and which transcripts often
/// lack: median and mean of 189 turns were 60 and 133 tokens.
const LOST_REASONING: u64 = 130;

impl Frame for DeepSeek {
    fn name(&self) -> &'static str {
        "deepseek"
    }

    fn fits(&self, profile: &Profile<'_>) -> bool {
        profile.tokenizer == Tokenizer::Approx(Family::DeepSeek)
    }

    fn weigh(&self, request: &ChatRequest, scale: &Scale<'_>) -> Weight {
        let mut tally = Tally::new(request, scale);
        let mut framing = BEGIN;
        if !request.tools.is_empty() && request.tool_choice != ToolChoice::None {
            let definitions: u64 = request.tools.iter().map(|tool| tally.tokens(&spaced(&function(tool))) + 1).sum();
            tally.tools(TOOLS - 1 + definitions);
            if matches!(request.tool_choice, ToolChoice::Required | ToolChoice::Named(_)) {
                framing += MUST_CALL;
            }
        }
        match request.answer_format {
            AnswerFormat::Text => {}
            AnswerFormat::JsonObject | AnswerFormat::JsonSchema { .. } => framing += JSON_OBJECT,
        }
        let effort = matches!(&request.reasoning, Some(chat::Reasoning::Effort(effort)) if &**effort != "none");
        // `deepseek-chat` asks for the same model with its reasoning switched off.
        if scale.profile.asked.contains("v4-flash") && (effort || request.reasoning.is_none()) {
            framing += HIGH_EFFORT;
            tally.unsure(HIGH_EFFORT, 0);
        } else if scale.profile.model.contains("v4") {
            tally.unsure(0, HIGH_EFFORT);
        }
        tally.framing(framing);
        TEMPLATE.messages(&mut tally, no_image);
        lost_reasoning(&mut tally);
        tally.finish(Slack { tokens: 3, per_mille: 50 })
    }
}

/// Adds what `deepseek-reasoner` must have been given back, where the transcript has calls without their reasoning.
fn lost_reasoning(tally: &mut Tally<'_>) {
    let request = tally.request;
    if !tally.scale.profile.asked.contains("reasoner") {
        return;
    }
    for (m, message) in request.messages.iter().enumerate() {
        let has = |what: fn(&Content) -> bool| message.parts.iter().any(|part| what(&part.content));
        let calls = has(|content| matches!(content, Content::ToolCall { .. }));
        let reasons = has(|content| matches!(content, Content::Reasoning { .. }));
        if message.role == Role::Assistant && calls && !reasons {
            tally.marks(m, LOST_REASONING);
            tally.unsure(LOST_REASONING, LOST_REASONING * 2);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{call, check, request, result, tool};
    use super::*;

    const MODEL: &str = "deepseek-chat";

    #[test]
    fn a_message_costs_four_tokens_beside_its_text() {
        check(&DeepSeek, MODEL, Family::DeepSeek, request(&[(Role::User, "Hello")]), 1 + 4);
        let turns = [(Role::User, "Hello"), (Role::Assistant, "Hello"), (Role::User, "Hello")];
        check(&DeepSeek, MODEL, Family::DeepSeek, request(&turns), 3 + 8);
    }

    #[test]
    fn tools_cost_a_preamble_unless_none_may_be_called() {
        let mut with = request(&[(Role::User, "Hello")]);
        with.tools = vec![tool("ping", "Pings a host")].into();
        let definition = 30;
        check(&DeepSeek, MODEL, Family::DeepSeek, with.clone(), 5 + 221 + definition);
        with.tool_choice = ToolChoice::Required;
        check(&DeepSeek, MODEL, Family::DeepSeek, with.clone(), 5 + 221 + definition + 7);
        with.tool_choice = ToolChoice::None;
        check(&DeepSeek, MODEL, Family::DeepSeek, with, 5);
    }

    #[test]
    fn a_reasoner_is_given_its_reasoning_back() {
        let mut turn = request(&[(Role::User, "Hello")]);
        turn.messages.push(call("ping", "{}").into());
        turn.messages.push(result("pong").into());
        let chat = DeepSeek::total("deepseek-chat", &turn);
        assert_eq!(DeepSeek::total("deepseek-reasoner", &turn), chat + LOST_REASONING);
    }

    impl DeepSeek {
        fn total(model: &str, request: &ChatRequest) -> u64 {
            super::super::testing::weigh(&DeepSeek, model, Family::DeepSeek, request).total()
        }
    }
}
