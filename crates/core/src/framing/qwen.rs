//! Qwen. The `ChatML` template: start, role, newline, end, newline around each message. Tools go into the system message as JSON lines
//! between `<tools>` marks with orders around them. How much that is depends on the server's copy of the template, which is
//! why the interval of requests with tools is wide. Checked against 60 recorded requests on Ollama and `GPUStack`, 2026-11-22.

use super::schema::{spaced, wrapped};
use super::tally::{Slack, Tally};
use super::template::{Arguments, Reasoning, Template, has_system, no_image};
use super::{Frame, Profile, Scale, Weight};
use crate::chat::{AnswerFormat, ChatRequest};
use crate::tokens::{Family, Tokenizer};

pub(super) struct Qwen;

const TEMPLATE: Template = Template {
    user: 5,
    system: 5,
    assistant: 5,
    calls: 0,
    call: 12,
    argument: 0,
    result: 8,
    arguments: Arguments::Json,
    reasoning: Reasoning::OfThisTurn,
};

/// Servers that do not hand reasoning back to the model, and render calls in fewer words.
const FORGETFUL: Template = Template { call: 3, result: 1, reasoning: Reasoning::Dropped, ..TEMPLATE };

/// `<|im_start|>assistant` and a newline.
const INVITE: u64 = 3;
/// Ollama opens the reasoning, too.
const THINK: u64 = 2;
/// The orders around the tools, by server.
const TOOLS_OLLAMA: u64 = 62;
/// Ollama leaves out what it does not know of a schema (`strict`, `additionalProperties`).
const JSON_OLLAMA_PER_1000: u64 = 820;
const TOOLS_OLLAMA_3_6: u64 = 212;
const TOOLS: u64 = 130;

impl Frame for Qwen {
    fn name(&self) -> &'static str {
        "qwen"
    }

    fn fits(&self, profile: &Profile<'_>) -> bool {
        profile.tokenizer == Tokenizer::Approx(Family::Qwen)
    }

    fn weigh(&self, request: &ChatRequest, scale: &Scale<'_>) -> Weight {
        let mut tally = Tally::new(request, scale);
        let on_ollama = scale.profile.host == Some("ollama");
        tally.framing(INVITE + if on_ollama { THINK } else { 0 });
        if !request.tools.is_empty() {
            let json: u64 = request.tools.iter().map(|tool| tally.tokens(&spaced(&wrapped(tool)))).sum();
            let json = if on_ollama { json * JSON_OLLAMA_PER_1000 / 1000 } else { json };
            let orders = match (on_ollama, scale.profile.model.contains("qwen3.")) {
                (true, false) => TOOLS_OLLAMA,
                (true, true) => TOOLS_OLLAMA_3_6,
                (false, _) => TOOLS,
            };
            tally.tools(orders + json + if has_system(request) { 0 } else { TEMPLATE.system });
            tally.unsure((orders + json) / 4, (orders + json) / 3);
        }
        if !matches!(request.answer_format, AnswerFormat::Text) {
            tally.unknown("answer format: servers differ in how they state it", 250);
        }
        let template = if on_ollama { &TEMPLATE } else { &FORGETFUL };
        template.messages(&mut tally, no_image);
        tally.finish(Slack { tokens: 3, per_mille: 50 })
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{check, request};
    use super::*;
    use crate::chat::Role;

    #[test]
    fn messages_are_chatml() {
        let turns = [(Role::System, "Hello"), (Role::User, "Hello")];
        check(&Qwen, "qwen3", Family::Qwen, request(&turns[1..]), 1 + 8);
        check(&Qwen, "qwen3", Family::Qwen, request(&turns), 2 + 13);
    }
}
