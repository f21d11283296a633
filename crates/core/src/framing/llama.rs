//! Llama 3 and 4. The template is public: header and end marks around each message, and since 3.1 a system message with two
//! dates that is there whether or not the caller wrote one. Tools are written into the first user message as indented JSON.
//! Checked against 30 recorded requests on Groq, Together, Bedrock and Ollama, 2026-11-22.

use super::schema::{function, spaced};
use super::tally::{Slack, Tally};
use super::template::{Arguments, Reasoning, Template, has_system, no_image};
use super::{Frame, Profile, Scale, Weight};
use crate::chat::{ChatRequest, Dialect, Role};
use crate::tokens::{Family, Tokenizer};

pub(super) struct Llama;

const TEMPLATE: Template = Template {
    user: 5,
    system: 5,
    assistant: 5,
    calls: 0,
    call: 9,
    argument: 0,
    result: 5,
    arguments: Arguments::Json,
    reasoning: Reasoning::Dropped,
};

/// The beginning, and the header that invites the answer.
const BEGIN: u64 = 1 + 4;
/// `Cutting Knowledge Date: …`, `Today Date: …`.
const DATES: u64 = 20;
/// The orders before and after the tools.
const TOOLS: u64 = 62;
/// Indentation: tokens of the rendered JSON for a thousand of compact JSON with blanks.
const INDENTED_PER_1000: u64 = 1480;

impl Frame for Llama {
    fn name(&self) -> &'static str {
        "llama"
    }

    fn fits(&self, profile: &Profile<'_>) -> bool {
        profile.tokenizer == Tokenizer::Approx(Family::Llama)
    }

    fn weigh(&self, request: &ChatRequest, scale: &Scale<'_>) -> Weight {
        let mut tally = Tally::new(request, scale);
        // A prompt sent raw carries its own marks.
        let is_raw = matches!(request.dialect, Dialect::Invoke | Dialect::Completions);
        let model = scale.profile.model;
        if model.contains("llama2") || model.contains("llama-2") {
            // A vocabulary of 32,000 entries.
            tally.unsure(0, 40);
        }
        if is_raw {
            RAW.messages(&mut tally, no_image);
            return tally.finish(Slack { tokens: 4, per_mille: 60 });
        }
        let mut framing = BEGIN;
        if has_dates(scale.profile.model) {
            framing += DATES + if has_system(request) { 0 } else { TEMPLATE.system };
            tally.unsure(if request.messages.iter().any(|m| m.role == Role::User) { 0 } else { framing }, 0);
        }
        tally.framing(framing);
        if !request.tools.is_empty() {
            let json: u64 = request.tools.iter().map(|tool| tally.tokens(&spaced(&function(tool)))).sum();
            let tokens = TOOLS + json * INDENTED_PER_1000 / 1000;
            tally.tools(tokens);
            tally.unsure(tokens / 3, tokens / 3);
        }
        TEMPLATE.messages(&mut tally, no_image);
        tally.finish(Slack { tokens: 3, per_mille: 60 })
    }
}

const RAW: Template = Template { user: 0, system: 0, assistant: 0, ..TEMPLATE };

/// Llama 3.1 to 3.3; neither 3.0 nor 4.
fn has_dates(model: &str) -> bool {
    let model = model.to_ascii_lowercase();
    ["3.1", "3.2", "3.3", "3-1", "3-2", "3-3", "3_1", "3_2", "3_3"]
        .iter()
        .any(|version| model.contains(&format!("llama-{version}")) || model.contains(&format!("llama{version}")))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{check, request};
    use super::*;

    #[test]
    fn messages_have_headers() {
        check(&Llama, "llama3-8b-8192", Family::Llama, request(&[(Role::User, "Hello")]), 1 + 10);
    }

    #[test]
    fn since_3_1_there_are_dates() {
        let hello = request(&[(Role::User, "Hello")]);
        check(&Llama, "meta-llama/Llama-3.3-70B-Instruct-Turbo", Family::Llama, hello, 1 + 10 + 25);
        let system = request(&[(Role::System, "Hello"), (Role::User, "Hello")]);
        check(&Llama, "meta.llama3-2-1b-instruct-v1:0", Family::Llama, system, 2 + 10 + 25);
    }

    #[test]
    fn a_raw_prompt_carries_its_own_marks() {
        let mut raw = request(&[(Role::User, "Hello")]);
        raw.dialect = Dialect::Invoke;
        check(&Llama, "meta.llama3-70b-instruct-v1:0", Family::Llama, raw, 1);
    }
}
