//! Claude, wherever it is hosted. Eight tokens around the first message and about three around each further one; thinking
//! adds a fixed note, tools add a preamble that depends on model and `tool_choice`, each definition its JSON and some
//! syntax; calls and results are rendered as markup. Thinking of earlier turns is dropped, that of a running tool loop
//! stays. A schema for the answer is put before the conversation as JSON.
//!
//! Preambles up to Claude 4.1 are documented (docs.anthropic.com, "Tool use pricing and tokens"); those since 4.5 differ
//! from what is documented (346 and 313) and were measured. Fitted on 180 recorded requests to Anthropic, 90 to Bedrock and
//! OpenRouter, of five suites, 2026-11-22.

use serde_json::Value;

use super::schema::{arguments, spaced};
use super::tally::{Slack, Tally, add_media, is_system, last_user, result_text};
use super::{Frame, Profile, Scale, Weight, images};
use crate::chat::{AnswerFormat, ChatRequest, Content, Dialect, Reasoning, Role, Tool, ToolChoice};
use crate::tokens::{Family, Tokenizer};

pub(super) struct Anthropic;

const FIRST_MESSAGE: u64 = 8;
/// The same for a prompt that spells its own `Human:` and `Assistant:`.
const RAW_PROMPT: u64 = 5;
const FURTHER_MESSAGE: u64 = 3;
/// What a prefilled answer saves: the opening of the answer is not added behind it (4 recorded requests, 2 suites).
const OPENING: u64 = 2;
/// Orders how to cite, once a request; and what wraps each document beside its text (6 recorded requests, 2 hosts).
const CITATIONS: u64 = 560;
const DOCUMENT: u64 = 30;
const SYSTEM: u64 = 1;
/// `thinking: enabled` and `adaptive`.
const THINKING: u64 = 29;
const ADAPTIVE: u64 = 17;
/// Syntax of a definition, of a call, of an argument, of a result.
const TOOL: u64 = 15;
const CALL: u64 = 29;
const ARGUMENT: u64 = 11;
const RESULT: u64 = 19;
/// An answer's schema: orders, and its JSON half as dear again.
const SCHEMA: u64 = 98;
const SCHEMA_PER_1000: u64 = 1380;
/// A definition's schema, for a thousand tokens of its JSON with blanks.
const PARAMETERS_PER_1000: u64 = 1130;

/// A model's preamble for tools.
struct Preamble {
    /// What the model's id contains; the first that matches is taken.
    model: &'static str,
    /// For `auto` and `none`.
    auto: u64,
    /// For `any` and `tool`.
    any: u64,
    /// How much shorter it is with parallel calls switched off.
    serial: u64,
}

static PREAMBLES: &[Preamble] = &[
    Preamble { model: "claude-3-opus", auto: 530, any: 281, serial: 0 },
    Preamble { model: "claude-3-sonnet", auto: 159, any: 235, serial: 0 },
    Preamble { model: "claude-3-haiku", auto: 264, any: 340, serial: 0 },
    Preamble { model: "claude-3-5-sonnet-20240620", auto: 294, any: 261, serial: 0 },
    Preamble { model: "claude-3-5-haiku", auto: 264, any: 340, serial: 0 },
    Preamble { model: "claude-3.5-haiku", auto: 264, any: 340, serial: 0 },
    Preamble { model: "claude-3", auto: 346, any: 313, serial: 0 },
    Preamble { model: "-4-20250514", auto: 346, any: 313, serial: 0 },
    Preamble { model: "opus-4-1", auto: 346, any: 313, serial: 0 },
    Preamble { model: "opus-4.1", auto: 346, any: 313, serial: 0 },
    // 4.5, 4.6 and later.
    Preamble { model: "", auto: 492, any: 582, serial: 208 },
];

fn preamble(model: &str) -> &'static Preamble {
    // The last row matches everything.
    PREAMBLES.iter().find(|row| model.contains(row.model)).unwrap_or(&PREAMBLES[PREAMBLES.len() - 1])
}

impl Frame for Anthropic {
    fn name(&self) -> &'static str {
        "anthropic"
    }

    fn fits(&self, profile: &Profile<'_>) -> bool {
        matches!(profile.tokenizer, Tokenizer::Approx(Family::Claude | Family::Claude47))
    }

    fn weigh(&self, request: &ChatRequest, scale: &Scale<'_>) -> Weight {
        let mut tally = Tally::new(request, scale);
        let is_new = scale.family() == Some(Family::Claude47);
        tools(&mut tally, is_new);
        if let AnswerFormat::JsonSchema { schema, .. } = &request.answer_format {
            let json = tally.tokens(&spaced(schema));
            tally.schema(SCHEMA + json * SCHEMA_PER_1000 / 1000);
            tally.unsure(json / 4, json / 4);
        }
        thinking(&mut tally, is_new);
        if request.parameters.iter().any(|(name, _)| &**name == "citations") {
            tally.framing(CITATIONS);
            tally.unsure(CITATIONS / 10, CITATIONS / 10);
        }
        if request.messages.iter().any(|message| is_system(message)) {
            tally.framing(SYSTEM);
        }
        let this_turn = last_user(request);
        let is_raw = is_raw(request);
        let mut speaker = None;
        for (m, message) in request.messages.iter().enumerate() {
            if !is_system(message) {
                // Consecutive messages of one side are one turn; a prefilled answer is left open.
                let side = message.role == Role::Assistant;
                let is_prefill = side && m + 1 == request.messages.len();
                let marks = match speaker {
                    None if is_raw => RAW_PROMPT,
                    None if is_prefilled(request) => FIRST_MESSAGE - OPENING,
                    None => FIRST_MESSAGE,
                    Some(before) if before == side || is_prefill => 0,
                    Some(_) => FURTHER_MESSAGE,
                };
                tally.marks(m, marks);
                speaker = Some(side);
            }
            for (p, part) in message.parts.iter().enumerate() {
                let tokens = content(&mut tally, &part.content, m > this_turn, is_new);
                tally.part(m, p, tokens);
            }
        }
        if is_new {
            // Counts vary with the words: from no more than before to half as much again.
            return tally.finish(Slack { tokens: 8, per_mille: 220 });
        }
        tally.finish(Slack { tokens: 4, per_mille: 90 })
    }
}

/// The answer is begun in the request.
fn is_prefilled(request: &ChatRequest) -> bool {
    request.messages.len() > 1 && request.messages.last().is_some_and(|message| message.role == Role::Assistant)
}

/// One text that spells the turns itself, as Claude 2 was asked.
fn is_raw(request: &ChatRequest) -> bool {
    let [message] = &request.messages[..] else { return false };
    let text = |content: &Content| matches!(content, Content::Text(text) if text.trim_end().ends_with("Assistant:"));
    request.dialect == Dialect::Completions
        || (request.dialect == Dialect::Invoke && message.parts.iter().all(|part| text(&part.content)))
}

fn tools(tally: &mut Tally<'_>, is_new: bool) {
    let request = tally.request;
    if request.tools.is_empty() {
        return;
    }
    let preamble = preamble(tally.scale.profile.written);
    let mut tokens = match request.tool_choice {
        ToolChoice::Required | ToolChoice::Named(_) => preamble.any,
        ToolChoice::Unset | ToolChoice::Auto | ToolChoice::None => preamble.auto,
    };
    if is_serial(request) {
        tokens -= preamble.serial;
    }
    if is_new {
        tally.unsure(tokens / 3, tokens / 3);
    }
    tokens += request.tools.iter().map(|tool| definition(tally, tool)).sum::<u64>();
    tally.tools(tokens);
}

/// Parallel tool calls switched off, in either dialect's words.
fn is_serial(request: &ChatRequest) -> bool {
    request.parameters.iter().any(|(name, value)| match &**name {
        "disable_parallel_tool_use" => value.as_bool() == Some(true),
        // Bedrock hands on Anthropic's own spelling.
        "tool_choice" => value.get("disable_parallel_tool_use").and_then(Value::as_bool) == Some(true),
        "parallel_tool_calls" => value.as_bool() == Some(false),
        _ => false,
    })
}

fn definition(tally: &Tally<'_>, tool: &Tool) -> u64 {
    let parameters = if tool.parameters.is_null() { 0 } else { tally.tokens(&spaced(&tool.parameters)) };
    let description = tool.description.as_deref().map_or(0, |text| tally.tokens(text));
    TOOL + tally.tokens(&tool.name) + description + parameters * PARAMETERS_PER_1000 / 1000
}

fn thinking(tally: &mut Tally<'_>, is_new: bool) {
    match &tally.request.reasoning {
        Some(Reasoning::Budget(_)) => tally.framing(THINKING),
        Some(Reasoning::On) if is_new => tally.unsure(0, ADAPTIVE),
        Some(Reasoning::On) => tally.framing(ADAPTIVE),
        Some(Reasoning::Effort(_)) if tally.request.dialect == Dialect::Messages && is_new => tally.unsure(0, ADAPTIVE),
        // Beside adaptive thinking.
        Some(Reasoning::Effort(_)) if tally.request.dialect == Dialect::Messages => tally.framing(ADAPTIVE),
        // An effort written for another dialect becomes a budget on the way (OpenRouter).
        Some(Reasoning::Effort(effort)) if &**effort != "none" => {
            tally.framing(THINKING);
            tally.unsure(THINKING, 0);
        }
        Some(Reasoning::Effort(_) | Reasoning::Off) | None => {}
    }
}

fn content(tally: &mut Tally<'_>, content: &Content, is_this_turn: bool, is_new: bool) -> u64 {
    match content {
        Content::Text(text) | Content::Refusal(text) => tally.tokens(text),
        Content::Reasoning { text, n_opaque_bytes } => {
            if !is_this_turn {
                return 0;
            }
            if text.is_empty() {
                // Redacted: three quarters of the blob are data, about four bytes a token.
                let tokens = n_opaque_bytes * 3 / 16;
                tally.unsure(tokens, tokens);
                return tokens;
            }
            // The text may be a summary of what was thought and is billed.
            let tokens = tally.tokens(text);
            tally.unsure(tokens / 4, tokens + n_opaque_bytes / 16);
            tokens
        }
        Content::ToolCall { name, arguments: written, .. } => {
            let count = |text: &str| tally.tokens(text);
            let (values, n) = arguments(written, &count);
            CALL + count(name) + values + ARGUMENT * n
        }
        Content::ToolResult { parts, .. } => {
            let mut tokens: u64 = RESULT + result_text(parts).map(|text| tally.tokens(text)).sum::<u64>();
            for part in parts {
                tokens += media(tally, &part.content, is_new);
            }
            tokens
        }
        Content::Document { title, text } => {
            tally.unsure(DOCUMENT, DOCUMENT);
            DOCUMENT + title.as_deref().map_or(0, |title| tally.tokens(title)) + tally.tokens(text)
        }
        Content::Other { json, .. } => {
            tally.unknown("part of unknown kind", 300);
            tally.tokens(json)
        }
        other => media(tally, other, is_new),
    }
}

fn media(tally: &mut Tally<'_>, content: &Content, is_new: bool) -> u64 {
    let tokens = match content {
        Content::Image(image) => images::claude(image, is_new),
        Content::Text(_) | Content::Document { .. } | Content::Other { .. } => Some(0),
        _ => None,
    };
    if tokens.is_none() {
        add_media(tally, content);
    }
    tokens.unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{call, check, request, result, tool, weigh};
    use super::*;
    use crate::chat::Part;

    const MODEL: &str = "claude-haiku-4-5-20251001";

    #[test]
    fn eight_tokens_for_the_first_message_and_three_for_each_further_one() {
        check(&Anthropic, MODEL, Family::Claude, request(&[(Role::User, "Hello")]), 8 + 1);
        let turns = [(Role::User, "Hello"), (Role::Assistant, "Hello"), (Role::User, "Hello")];
        check(&Anthropic, MODEL, Family::Claude, request(&turns), 8 + 3 + 3 + 3);
    }

    #[test]
    fn a_prefilled_answer_is_left_open() {
        let turns = [(Role::User, "Hello"), (Role::Assistant, "{")];
        check(&Anthropic, MODEL, Family::Claude, request(&turns), 8 - 2 + 2);
    }

    #[test]
    fn the_preamble_depends_on_model_and_choice() {
        let mut with = request(&[(Role::User, "Hello")]);
        with.tools = vec![tool("ping", "Pings a host")].into();
        let rest = 9 + 15 + 5 + 12;
        check(&Anthropic, MODEL, Family::Claude, with.clone(), 492 + rest);
        check(&Anthropic, "claude-3-sonnet-20240229", Family::Claude, with.clone(), 159 + rest);
        with.tool_choice = ToolChoice::Required;
        check(&Anthropic, "claude-3-sonnet-20240229", Family::Claude, with.clone(), 235 + rest);
        with.tool_choice = ToolChoice::Auto;
        with.parameters = vec![("parallel_tool_calls".into(), false.into())];
        check(&Anthropic, MODEL, Family::Claude, with, 492 - 208 + rest);
    }

    #[test]
    fn thinking_stays_within_its_turn() {
        let thought = Content::Reasoning { text: "One two three four five.".into(), n_opaque_bytes: 0 };
        let mut asked = call("ping", "{}");
        asked.parts.insert(0, Part { content: thought, cache_mark: None });
        let mut turn = request(&[(Role::User, "Hello")]);
        turn.messages.extend([asked.into(), result("pong").into()]);
        let total = |request: &ChatRequest| weigh(&Anthropic, MODEL, Family::Claude, request).total();
        let within = total(&turn);
        turn.messages.push(crate::chat::Message::text(Role::User, "Hello").into());
        assert!(total(&turn) + 4 < within + 4, "the thought is dropped once the user speaks again");
    }
}
