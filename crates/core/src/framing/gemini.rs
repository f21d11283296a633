//! Gemini. Plain text bills as text: no marks on Vertex and before 2.5, one token a turn on the Gemini API since. Function
//! declarations are rendered in one of two ways, found by measuring: up to 2.0, and on Vertex, names and descriptions nearly
//! alone; on the Gemini API since 2.5, with some 18 tokens of syntax a function and 10 to 18 a parameter. Thought signatures
//! are billed by their length while the turn lasts. With Gemma's vocabulary, plain requests come out to the token. Fitted on
//! 160 recorded requests of five suites, 2026-11-22.

use super::schema::{arguments, outline, spaced};
use super::tally::{Slack, Tally, add_media, last_user, result_text};
use super::{Frame, Profile, Scale, Weight, images};
use crate::chat::{AnswerFormat, ChatRequest, Content, Image, Tool};
use crate::tokens::{Family, Tokenizer};

pub(super) struct Gemini;

/// How a model on a host renders what is not text.
#[derive(Clone, Copy)]
struct Manner {
    /// Tokens a turn.
    turn: u64,
    /// Tokens a function.
    function: u64,
    /// Half tokens a parameter.
    parameter_halves: u64,
    /// Tokens an object, array or alternative inside a parameter.
    nested: u64,
    /// Tokens a call and a result each, which are then rendered as JSON; `None`: names and values alone.
    json_call: Option<u64>,
    /// Signatures of this turn are billed.
    bills_signatures: bool,
    /// Tokens around the whole, where the weights are run with their chat template.
    template: u64,
    /// Readable thoughts in the history are billed.
    bills_thoughts: bool,
    /// Tokens of the answer's schema for a thousand of its JSON.
    schema_per_1000: u64,
    /// Images are billed by budget instead of by tiles.
    image_budget: bool,
}

const BARE: Manner = Manner {
    turn: 0,
    function: 1,
    parameter_halves: 4,
    nested: 1,
    json_call: None,
    bills_signatures: true,
    template: 0,
    bills_thoughts: false,
    schema_per_1000: 150,
    image_budget: false,
};

const FULL: Manner = Manner {
    turn: 1,
    function: 18,
    parameter_halves: 19,
    nested: 16,
    json_call: Some(5),
    bills_signatures: false,
    schema_per_1000: 0,
    ..BARE
};

/// Gemma, run by others: `<bos>`, and `<start_of_turn>user` with its end around each message.
const GEMMA: Manner = Manner { turn: 5, template: 5, ..FULL };

fn manner(profile: &Profile<'_>) -> Manner {
    let model = profile.model;
    let is_third = model.contains("gemini-3") || model.contains("gemini-4");
    // OpenRouter sends on to Vertex.
    let is_vertex = profile.host.is_some_and(|host| host.contains("vertex") || host == "openrouter");
    let is_old = ["gemini-1", "gemini-2.0", "gemini-pro"].iter().any(|old| model.contains(old));
    if model.contains("gemma") {
        return GEMMA;
    }
    match (is_vertex, is_third) {
        (true, true) => Manner { function: 8, parameter_halves: 10, schema_per_1000: 1500, image_budget: true, ..BARE },
        (true, false) => BARE,
        (false, true) => {
            Manner { parameter_halves: 36, bills_signatures: true, bills_thoughts: true, image_budget: true, ..FULL }
        }
        (false, false) if is_old => BARE,
        (false, false) => FULL,
    }
}

/// Tokens in a thousand bytes of a thought signature.
const SIGNATURE_PER_1000: u64 = 165;

impl Frame for Gemini {
    fn name(&self) -> &'static str {
        "gemini"
    }

    fn fits(&self, profile: &Profile<'_>) -> bool {
        profile.tokenizer == Tokenizer::Approx(Family::Gemini)
    }

    fn weigh(&self, request: &ChatRequest, scale: &Scale<'_>) -> Weight {
        let manner = manner(&scale.profile);
        let mut tally = Tally::new(request, scale);
        tally.framing(manner.template);
        let definitions: u64 = request.tools.iter().map(|tool| declaration(&tally, tool, manner)).sum();
        tally.tools(definitions);
        tally.unsure(definitions / 4, definitions / 3);
        if let AnswerFormat::JsonSchema { schema, .. } = &request.answer_format {
            let json = tally.tokens(&spaced(schema));
            tally.schema(json * manner.schema_per_1000 / 1000);
            tally.unsure(json * manner.schema_per_1000 / 5000, 8);
        }
        let this_turn = last_user(request);
        for (m, message) in request.messages.iter().enumerate() {
            if !super::tally::is_system(message) {
                tally.marks(m, manner.turn);
            }
            for (p, part) in message.parts.iter().enumerate() {
                let tokens = content(&mut tally, &part.content, m > this_turn, manner);
                tally.part(m, p, tokens);
            }
        }
        tally.finish(Slack { tokens: 3, per_mille: 60 })
    }
}

fn declaration(tally: &Tally<'_>, tool: &Tool, manner: Manner) -> u64 {
    let count = |text: &str| tally.tokens(text);
    let parameters = outline(&tool.parameters, &count);
    count(&tool.name)
        + tool.description.as_deref().map_or(0, count)
        + parameters.tokens
        + manner.function
        + (parameters.n_properties * manner.parameter_halves).div_ceil(2)
        + parameters.n_nested * manner.nested
}

fn content(tally: &mut Tally<'_>, content: &Content, is_this_turn: bool, manner: Manner) -> u64 {
    match content {
        Content::Text(text) | Content::Refusal(text) => tally.tokens(text),
        Content::Reasoning { text, n_opaque_bytes } => {
            let signature = n_opaque_bytes * SIGNATURE_PER_1000 / 1000;
            if !is_this_turn {
                // Of an earlier turn: sometimes billed, sometimes not.
                tally.unsure(0, signature);
                return if manner.bills_thoughts { tally.tokens(text) } else { 0 };
            }
            let signature = if manner.bills_signatures {
                tally.unsure(signature / 2, signature / 2);
                signature
            } else {
                tally.unsure(0, signature);
                0
            };
            signature + if manner.bills_thoughts { tally.tokens(text) } else { 0 }
        }
        Content::ToolCall { name, arguments: written, .. } => rendered(tally, Some(name), written, manner),
        Content::ToolResult { name, parts, .. } => {
            let mut tokens = 0;
            for text in result_text(parts) {
                tokens += rendered(tally, None, text, manner);
            }
            for part in parts {
                tokens += media(tally, &part.content, manner);
            }
            tokens + name.as_deref().map_or(0, |name| tally.tokens(name))
        }
        Content::Document { title, text } => {
            title.as_deref().map_or(0, |title| tally.tokens(title)) + tally.tokens(text)
        }
        Content::Other { json, .. } => {
            tally.unknown("part of unknown kind", 300);
            tally.tokens(json)
        }
        other => media(tally, other, manner),
    }
}

fn rendered(tally: &Tally<'_>, name: Option<&str>, written: &str, manner: Manner) -> u64 {
    let count = |text: &str| tally.tokens(text);
    let name = name.map_or(0, count);
    match manner.json_call {
        Some(syntax) => {
            let json = serde_json::from_str(written).map(|value| spaced(&value));
            name + syntax + count(json.as_deref().unwrap_or(written))
        }
        None => name + arguments(written, &count).0,
    }
}

fn media(tally: &mut Tally<'_>, content: &Content, manner: Manner) -> u64 {
    let formula: fn(&Image) -> Option<u64> =
        if manner.image_budget { images::gemini_budget } else { images::gemini_tiles };
    match content {
        Content::Image(image) => {
            let Some(tokens) = formula(image) else {
                add_media(tally, content);
                return PAGE;
            };
            // The formula is documented; which tiles an image falls into is not always what it says.
            tally.unsure(tokens / 4, tokens / 4);
            tokens
        }
        // 32 tokens a second: between 16 kB/s (MP3) and 48 kB/s (WAV of speech) go to a second.
        Content::Audio { n_bytes: Some(n_bytes) } => {
            let tokens = n_bytes / 800;
            tally.unsure(tokens / 2, tokens);
            tokens
        }
        // A page is an image; how many there are is inside.
        Content::File { media_type: Some(media_type), n_bytes: Some(_) } if media_type.ends_with("pdf") => {
            tally.unknown("pdf: pages not counted", PAGE * 50);
            PAGE
        }
        other => {
            add_media(tally, other);
            0
        }
    }
}

/// Tokens of an image of ordinary size, and of a page.
const PAGE: u64 = 258;

#[cfg(test)]
mod tests {
    use super::super::testing::{call, request, result, tool, weigh_on};
    use super::*;
    use crate::chat::Role;

    #[track_caller]
    fn check(model: &str, host: &str, request: &ChatRequest, expected: u64) {
        let total = weigh_on(&Gemini, model, Some(host), Family::Gemini, request).total();
        assert!(total.abs_diff(expected) <= 2, "{total} tokens, expected {expected}");
    }

    #[test]
    fn plain_text_is_nearly_all() {
        let turns = request(&[(Role::User, "Hello there"), (Role::Assistant, "Hello"), (Role::User, "Bye")]);
        check("gemini-2.5-flash", "vertex", &turns, 4);
        check("gemini-2.5-flash", "gemini", &turns, 4 + 3);
    }

    #[test]
    fn declarations_are_rendered_by_host_and_generation() {
        let mut with = request(&[(Role::User, "Hello")]);
        with.tools = vec![tool("ping", "Pings a host")].into();
        check("gemini-2.5-flash", "vertex", &with, 1 + 5 + 1);
        check("gemini-2.5-flash", "gemini", &with, 2 + 5 + 18);
        check("gemini-2.0-flash", "gemini", &with, 1 + 5 + 1);
        check("gemini-3.5-flash", "vertex", &with, 1 + 5 + 8);
    }

    #[test]
    fn signatures_are_billed_while_the_turn_lasts() {
        let mut turn = request(&[(Role::User, "Hello")]);
        let mut asked = call("ping", "{}");
        let content = Content::Reasoning { text: "".into(), n_opaque_bytes: 400 };
        asked.parts.insert(0, crate::chat::Part { content, cache_mark: None });
        turn.messages.push(asked.into());
        turn.messages.push(result("pong").into());
        check("gemini-2.5-flash", "vertex", &turn, 1 + 1 + 66 + 1 + 1);
        turn.messages.push(crate::chat::Message::text(Role::User, "Bye").into());
        check("gemini-2.5-flash", "vertex", &turn, 1 + 1 + 1 + 1 + 1);
    }
}
